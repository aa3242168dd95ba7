"""From deep values to 8 bits, upright, and on a background where they are transparent."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspection.decoding.deep_values import MOST_BY_DEPTH, Alpha, Deep
from inspection.errors import ImageError
from inspection.issues import FileNote, IssueKind
from inspection.types import Colour, Reading

UNKNOWN_WHITE_FIX = (
    "Save it with 8 or 16 bits per channel, or train on such images: their white is then measured."
)
BAND_PIXELS = 1 << 22
TOLERATED = 1 / 255  # of white, below 0: less than one grey level is rounding
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation -> what makes the image upright."""


def turn_upright(picture: Image.Image, orientation: int) -> Image.Image:
    """Turn by the EXIF orientation; Pillow's way would write the block anew, damaged or not."""
    turn = TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def to_eight_bits(
    deep: Deep, reading: Reading, path: Path
) -> tuple[Image.Image, tuple[FileNote, ...]]:
    """Return deep values as a picture of mode L, LA, RGB or RGBA, and a note if some were cut off.

    Args:
        deep: as decoded.
        reading: of the product; its white counts where the file does not name its own.
        path: for what is said.

    Raises:
        ImageError: which value is white is unknown, or they are negative or not numbers.
    """
    white = _find_white(deep, reading, path)
    check_values(deep.values, white, path)
    colours = deep.colours
    levels = _scale(colours, white)
    if deep.is_inverted:
        levels = 255 - levels
    notes = _note_clipped(colours, white, path)
    if deep.alpha is Alpha.NONE:
        return Image.fromarray(levels), notes
    opacity = deep.values[:, :, -1]
    opaque = white if opacity.max() <= white else MOST_BY_DEPTH
    picture = Image.fromarray(np.dstack([levels, _scale(opacity, opaque)]))
    return (_divide_by_alpha(picture) if deep.alpha is Alpha.PREMULTIPLIED else picture), notes


def check_values(values: NDArray[Any], white: float, path: Path) -> None:
    """Refuse values that are no levels of light.

    Raises:
        ImageError: some are negative or not numbers.
    """
    lowest, highest = float(values.min()), float(values.max())
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise ImageError(
            f"{path.name} holds values that are not numbers.", "Replace them and save it again."
        )
    if lowest < -TOLERATED * white:
        raise ImageError(
            f"{path.name} holds negative values, down to {lowest:g}.", "Save it so that 0 is black."
        )


def lay_on(picture: Image.Image, background: Colour) -> NDArray[np.uint8]:
    """Return (H, W) or (H, W, 3) of a picture of mode L, LA, RGB or RGBA on a background."""
    if picture.mode in ("L", "RGB"):
        return to_array(picture)
    alpha = picture.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return to_array(picture.convert(picture.mode[:-1]))
    laid = Image.new("RGB", picture.size, background)
    laid.paste(picture.convert("RGB"), mask=alpha)
    return to_array(laid)


def to_array(picture: Image.Image) -> NDArray[np.uint8]:
    """Return (H, W) or (H, W, 3) of a picture of mode L or RGB.

    In bands: NumPy's own way holds a large picture three times.
    """
    width, height = picture.size
    rows = max(1, BAND_PIXELS // width)
    if rows >= height:
        return np.asarray(picture)
    array = np.empty((height, width, 3)[: 2 if picture.mode == "L" else 3], np.uint8)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        array[top:bottom] = np.asarray(picture.crop((0, top, width, bottom)))
    return array


def _find_white(deep: Deep, reading: Reading, path: Path) -> float:
    """Return which value is white: by the file, by the product, or by what its type can hold."""
    dtype = deep.values.dtype
    if deep.white is not None:
        return deep.white
    if np.issubdtype(dtype, np.floating):
        if isinstance(reading.white, float):
            return reading.white
        raise ImageError(
            f"{path.name} holds floating-point values, whose white is unknown.", UNKNOWN_WHITE_FIX
        )
    if isinstance(reading.white, int):
        return reading.white
    if dtype.itemsize > 2 and deep.values.max() > MOST_BY_DEPTH:
        raise ImageError(f"{path.name} holds 32-bit values.", UNKNOWN_WHITE_FIX)
    return int(min(np.iinfo(dtype).max, MOST_BY_DEPTH))


def _scale(values: NDArray[Any], white: float) -> NDArray[np.uint8]:
    """Return values as 0..255, rounded; what is beyond white is white."""
    if values.dtype == np.uint16:
        levels: NDArray[np.uint8] = _scale(np.arange(MOST_BY_DEPTH + 1), white)[values]
        return levels
    scaled = (
        values.astype(np.float64) * (255 / white) + 0.5
    )  # half a float holds no more than 65504
    return np.clip(scaled, 0, 255).astype(np.uint8)


def _note_clipped(values: NDArray[Any], white: float, path: Path) -> tuple[FileNote, ...]:
    num_above = int((values > white).sum())
    if num_above == 0:
        return ()
    problem = (
        f"{100 * num_above / values.size:.3g} % of the values of {path.name} lie above {white:g}, "
        "the white of this product, and count as white."
    )
    return (FileNote(IssueKind.TOO_BRIGHT, problem, "Expose it like the training images."),)


def _divide_by_alpha(picture: Image.Image) -> Image.Image:
    """Undo that the colours, as stored, were multiplied by alpha."""
    colourful = picture.convert("RGBA")
    divided = Image.frombytes("RGBa", picture.size, colourful.tobytes()).convert("RGBA")
    return divided.convert(picture.mode)
