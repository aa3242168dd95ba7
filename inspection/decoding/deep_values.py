"""Values that 8 bits cannot hold: what they are, and where Pillow would cut them."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from inspection.errors import ImageError

MOST_BY_DEPTH = 65535
SIZ_MARKER, SIZ_BITS_AT = b"\xff\x4f\xff\x51", 42  # of JPEG 2000: before it the start of the stream


class Alpha(StrEnum):
    """How the channel beside the colours makes them transparent."""

    NONE = "none"
    STRAIGHT = "straight"
    PREMULTIPLIED = "premultiplied"


@dataclass(frozen=True, slots=True, eq=False)
class Deep:
    """Values that 8 bits cannot hold, as stored.

    Attributes:
        values: (H, W) or (H, W, channels), whole or floating-point numbers; alpha comes last.
        white: the value of white where the file says so.
        is_inverted: whether 0 is white.
    """

    values: NDArray[Any]
    white: int | None = None
    is_inverted: bool = False
    alpha: Alpha = Alpha.NONE

    @property
    def colours(self) -> NDArray[Any]:
        """(H, W) or (H, W, 3), without alpha."""
        if self.alpha is Alpha.NONE:
            return self.values
        return self.values[:, :, 0] if self.values.shape[2] == 2 else self.values[:, :, :-1]


def find_cut_bits(picture: ImageFile.ImageFile, path: Path) -> int:
    """Return how many bits the colours have of which Pillow would keep 8; 0 where it keeps all."""
    if picture.mode[0] in "IF" or not picture.tile:
        return 0
    if picture.format == "JPEG2000":
        bits = _read_jpeg2000_bits(path)
        return bits if bits > 8 else 0
    how = picture.tile[0][3]
    is_deep_png = isinstance(how, str) and how.endswith(";16B")
    return 16 if is_deep_png or how == ("RGB", 65535) else 0


def declared_white(picture: ImageFile.ImageFile, path: Path) -> int | None:
    """Return the value of white that a deep file itself names, as Pillow scales it; else None."""
    if picture.format == "PPM" and picture.tile:
        how = picture.tile[0][3]
        return 65535 if isinstance(how, tuple) and how[-1] not in (-1, 65535) else None
    if picture.format == "JPEG2000":
        bits = _read_jpeg2000_bits(path)
        return ((1 << bits) - 1) << (16 - bits) if 8 < bits < 16 else None
    return None


def _read_jpeg2000_bits(path: Path) -> int:
    """Return the bits of a value; 0 where the stream does not begin near the start of the file."""
    with path.open("rb") as file:
        head = file.read(65536)
    at = head.find(SIZ_MARKER) + SIZ_BITS_AT
    return (head[at] & 0x7F) + 1 if SIZ_BITS_AT <= at < len(head) else 0


def take_deep(picture: Image.Image, white: int | None) -> Deep:
    """Return the values of a loaded picture of mode I;16, I;16B, I or F."""
    values = np.asarray(picture)
    # I is a 32-bit container, which Pillow takes for 16-bit images too
    fits = values.dtype == np.int32 and values.min() >= 0 and values.max() <= MOST_BY_DEPTH
    values = values.astype(np.uint16 if fits else values.dtype.newbyteorder("="), copy=False)
    hidden = picture.info.get("transparency")
    if not isinstance(hidden, int):
        return Deep(values, white)
    opacity = np.where(values == hidden, 0, MOST_BY_DEPTH).astype(values.dtype)
    return Deep(np.dstack([values, opacity]), white, alpha=Alpha.STRAIGHT)


def _silence_opencv() -> None:
    """Keep OpenCV from writing what is wrong with a file: we say it in a sentence."""
    rooms: tuple[Any, ...] = (cv2, getattr(cv2.utils, "logging", None))  # before 4.13, and since
    set_level = next(one.setLogLevel for one in rooms if hasattr(one, "setLogLevel"))
    set_level(0)


def decode_deep_colours(path: Path, bits: int) -> Deep:
    """Return colours of so many bits from a file that Pillow has found to be whole."""
    _silence_opencv()
    data = np.frombuffer(path.read_bytes(), np.uint8)  # imread cannot take every script in a path
    try:
        values = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    except cv2.error as error:  # of OpenCV alone: no RuntimeError
        raise MemoryError(str(error)) from error
    if values is None or values.dtype != np.uint16 or values.ndim != 3:
        raise ImageError(f"{path.name} could not be read as an image.", "Export it again.")
    has_alpha = values.shape[2] == 4
    colours = values[:, :, 2::-1]  # BGR(A) to RGB
    if has_alpha:
        colours = np.dstack([colours, values[:, :, 3]])
    white = None if bits == 16 else (1 << bits) - 1
    return Deep(colours, white, alpha=Alpha.STRAIGHT if has_alpha else Alpha.NONE)
