"""What decoding a visitor's file would take, told by its header: refused before it is taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageFile

from inspection.decoding.jpeg import Jpeg
from inspection.errors import ImageError
from inspection.types import Size

MAX_BYTES = 500_000_000
MAX_SECONDS = 5.0
MOST_WHOLE = 24_000_000  # pixels of a visitor's JPEG; the sides of a larger one are halved
MAX_RATIO = 64  # of the sides; lines of 16,384 pixels by 256 of them

# Peaks of `open_image` in bytes per pixel, rounded up from measurements of 16 megapixels each.
CODEC_BYTES: Mapping[str, float] = {"WEBP": 21, "JPEG2000": 21, "AVIF": 18, "HEIF": 18}
DEEP_COLOUR_BYTES, DEEP_GREY_BYTES = 22, 13
MODE_BYTES: Mapping[str, float] = {"1": 6, "L": 6, "RGB": 7.5, "YCbCr": 7.5}
OTHER_MODE_BYTES = 12  # palettes, transparency, CMYK: one copy more
PROFILE_BYTES = 4
PROGRESSIVE_BYTES = 6  # of a JPEG whose coefficients are all kept until its end

# Times of one core of 2024, in nanoseconds per pixel.
CODEC_NANOSECONDS: Mapping[str, float] = {"JPEG2000": 130, "JPEG": 25, "MPO": 25}
USUAL_NANOSECONDS = 60
PYTHON_NANOSECONDS = 1500  # Pillow decodes QOI, plain PPM and some BMP without C
SCAN_NANOSECONDS = 4  # of a progressive JPEG, for each of its scans

SMALLER = "Resize it, or save it with 8 bits per channel as a PNG or a baseline JPEG."


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says of the work to come.

    Attributes:
        kind: as Pillow calls it.
        mode: as Pillow calls it; of what it would cut to 8 bits, as it would.
        size: (height, width).
        is_deep: whether it holds more than 8 bits.
        num_scans: of a progressive JPEG, how often it goes over the picture; else 0.
        is_slow: whether Pillow decodes it without C.
        factor: by which its sides are made smaller as it is decoded.
    """

    kind: str
    mode: str
    size: Size
    is_deep: bool = False
    has_profile: bool = False
    num_scans: int = 0
    is_slow: bool = False
    factor: int = 1

    @property
    def bytes(self) -> float:
        """The memory that decoding takes at its peak."""
        return self.size[0] * self.size[1] * self._bytes_per_pixel()

    @property
    def seconds(self) -> float:
        """The time that decoding takes."""
        usual = PYTHON_NANOSECONDS if self.is_slow else USUAL_NANOSECONDS
        each = CODEC_NANOSECONDS.get(self.kind, usual) + SCAN_NANOSECONDS * self.num_scans
        return self.size[0] * self.size[1] * each / 1e9

    def _bytes_per_pixel(self) -> float:
        if self.is_deep:
            each: float = DEEP_GREY_BYTES if self.mode[0] in "IFL1" else DEEP_COLOUR_BYTES
        else:
            each = MODE_BYTES.get(self.mode, OTHER_MODE_BYTES)
        each = max(each, CODEC_BYTES.get(self.kind, 0)) + PROFILE_BYTES * self.has_profile
        return each / self.factor**2 + (PROGRESSIVE_BYTES if self.num_scans else 0)


def read_picture(
    picture: ImageFile.ImageFile, cut_bits: int, jpeg: Jpeg | None, *, is_trusted: bool
) -> Header:
    """Return what the header of an opened picture says, before a pixel is decoded."""
    width, height = picture.size
    codec = picture.tile[0][0] if picture.tile else ""
    is_large = width * height > MOST_WHOLE
    return Header(
        kind=picture.format or "",
        mode=picture.mode,
        size=(height, width),
        is_deep=bool(cut_bits) or picture.mode[0] in "IF",
        has_profile="icc_profile" in picture.info,
        num_scans=0 if jpeg is None else jpeg.num_kept_scans,
        is_slow=codec in Image.DECODERS,
        factor=2 if is_large and jpeg is not None and not is_trusted else 1,
    )


def check_cost(header: Header, path: Path) -> None:
    """Refuse what takes more memory or time than one picture of a visitor may.

    Raises:
        ImageError: it does.
    """
    height, width = header.size
    shown = f"{path.name} is {width:,} x {height:,} pixels"
    if max(header.size) > MAX_RATIO * min(header.size):
        raise ImageError(
            f"{shown}; one side may be {MAX_RATIO} times as long as the other.",
            "Cut it into shorter pieces.",
        )
    if header.bytes > MAX_BYTES:
        raise ImageError(
            f"{shown}, and reading it would take {header.bytes / 1e6:,.0f} MB of memory; "
            f"the limit is {MAX_BYTES / 1e6:,.0f} MB.",
            SMALLER,
        )
    if header.seconds > MAX_SECONDS:
        raise ImageError(
            f"{shown}, and reading it would take {header.seconds:,.0f} seconds; "
            f"the limit is {MAX_SECONDS:.0f}.",
            SMALLER,
        )
