"""TIFF files: what their tags say, and the values of those that Pillow reads not, or not whole."""

import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inspection.decoding.deep_values import MOST_BY_DEPTH, Alpha, Deep
from inspection.errors import ImageError, first_line
from inspection.types import Size

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage  # 0.2 s to import

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = GREY_OR_RGB = (0, 1, 2)
COLOURS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, 3: 1, 5: 4, 6: 3, 8: 3, 9: 3, 10: 3}
"""Photometric interpretation -> number of its channels."""
NO_PICTURE = 0b101  # flags of a page: a smaller copy of another one, and a mask
MOST_OF_A_CAMERA = 2**14 - 1  # where the values go beyond, 16 bits are used up
PLANES = 2  # one channel after the other
SENSOR_VALUES = (32803, 34892)  # a colour filter's, and linear ones: raw files
DNG_VERSION, PROFILE, ORIENTATION = 50706, 34675, 274
DEVELOP = "Develop it, and export a PNG or TIFF."
DAMAGES = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    OSError,
    struct.error,
)
"""What tifffile and its codecs end with where a file is not what its tags say."""


@dataclass(frozen=True, slots=True)
class TiffHeader:
    """What the tags of a TIFF say about the one picture in it that is used.

    Attributes:
        page: its place among all; thumbnails may come before it.
        num_pages: pictures in the file, thumbnails and masks not counted.
        size: (height, width) as stored, before it is turned upright.
        bits: of one value.
        is_plain: whole numbers of at most 8 bits, without a sign.
        num_colours: channels that make up its colour.
        num_channels: all of them.
    """

    page: int
    num_pages: int
    size: Size
    bits: int
    is_plain: bool
    photometric: int
    num_colours: int
    num_channels: int
    alpha: Alpha
    orientation: int
    profile: bytes | None

    @property
    def is_deep(self) -> bool:
        """Return whether `read_deep` has to read it: grey or RGB that Pillow cuts to 8 bits."""
        return not self.is_plain and self.photometric in GREY_OR_RGB

    @property
    def mode(self) -> str:
        """What the values are, in Pillow's way of naming it, such as I;16 or RGB;12."""
        colours = "RGB" if self.num_colours == 3 else "I"
        return f"{colours}{'' if self.alpha is Alpha.NONE else 'A'};{self.bits}"

    @property
    def white(self) -> int | None:
        """The value that is white by the number of bits, where that number says so."""
        is_declared = self.bits not in (16, 32, 64)
        return 2**self.bits - 1 if is_declared else None


def read_header(path: Path) -> TiffHeader:
    """Return what the tags say.

    Raises:
        ImageError: it is damaged, a camera's raw file, or has channels that cannot be shown.
    """
    with _opened(path) as file:
        pages: Any = file.pages
        full = [page for page in pages if not int(getattr(page, "subfiletype", 0)) & NO_PICTURE]
        first = pages[0]
        if DNG_VERSION in first.tags or first.photometric in SENSOR_VALUES or not full:
            raise ImageError(
                f"{path.name} is a camera's raw file or holds only a thumbnail of its picture.",
                DEVELOP,
            )
        stacked = int((file.imagej_metadata or {}).get("images", 1)) if file.is_imagej else 1
        return _describe(full[0], path, num_pages=max(len(full), stacked))


def read_deep(path: Path, header: TiffHeader) -> Deep:
    """Return the values as stored.

    Raises:
        ImageError: it is damaged, cut off, or packed in a way that is not supported.
    """
    with _opened(path) as file:
        page: Any = file.pages[header.page]
        ends = (a + b for a, b in zip(page.dataoffsets, page.databytecounts, strict=True))
        if max(ends, default=0) > path.stat().st_size:
            raise ImageError(f"{path.name} is cut off.", "Copy or export the image again.")
        values = np.asarray(page.asarray())
        are_planes = page.planarconfig == PLANES
    if are_planes and values.ndim == 3:
        values = np.moveaxis(values, 0, -1)  # (channels, H, W) to (H, W, channels)
    if values.shape[:2] != header.size or values.ndim != (2 if header.num_channels == 1 else 3):
        raise ImageError(
            f"{path.name} holds values of {' x '.join(map(str, values.shape))}.",
            "Export it as a grey or RGB image.",
        )
    if values.ndim == 3:
        num_used = header.num_colours + (header.alpha is not Alpha.NONE)
        values = values[:, :, 0] if num_used == 1 else values[:, :, :num_used]
    is_inverted = header.photometric == WHITE_IS_ZERO
    if is_inverted and values.dtype == np.uint16 and values.max() > MOST_OF_A_CAMERA:
        values, is_inverted = MOST_BY_DEPTH - values, False  # taken from all that 16 bits hold
    return Deep(values, header.white, is_inverted, header.alpha)


@contextmanager
def _opened(path: Path) -> "Iterator[TiffFile]":
    """Open a file; whatever its damages lead to ends in one sentence."""
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)  # what is odd, we say ourselves
    try:
        with np.errstate(all="ignore"), tifffile.TiffFile(path) as file:
            yield file
    except ImageError:
        raise
    except (*DAMAGES, tifffile.TiffFileError) as error:  # no ValueError before 2025.10
        raise ImageError(
            f"{path.name} is damaged ({first_line(error)}).", "Export it again."
        ) from error


def _describe(page: "TiffPage", path: Path, *, num_pages: int) -> TiffHeader:
    num_channels = int(page.samplesperpixel)
    num_colours = COLOURS.get(int(page.photometric), 0)
    if not num_colours <= num_channels <= num_colours + 1 or page.imagedepth > 1:
        raise ImageError(
            f"{path.name} has {num_channels} channels of a kind that cannot be shown.",
            "Export those to inspect as a grey or RGB image.",
        )
    bits = max(np.ravel(page.bitspersample).tolist())
    tags = page.tags
    return TiffHeader(
        page=page.index,
        num_pages=num_pages,
        size=(int(page.imagelength), int(page.imagewidth)),
        bits=bits,
        is_plain=bits <= 8 and max(np.ravel(page.sampleformat).tolist()) == 1,
        photometric=int(page.photometric),
        num_colours=num_colours,
        num_channels=num_channels,
        alpha=_find_alpha(page) if num_channels > num_colours else Alpha.NONE,
        orientation=int(tags.valueof(ORIENTATION, default=1)),
        profile=tags.valueof(PROFILE),
    )


def _find_alpha(page: "TiffPage") -> Alpha:
    code = next(iter(page.extrasamples), 0)
    if code == 1:
        return Alpha.PREMULTIPLIED
    return Alpha.STRAIGHT if code in (2, 999) else Alpha.NONE  # 999 is Corel's
