"""Read and write images: a file becomes (H, W, 3) sRGB, or a sentence says why not."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspection.decoding.colours import lay_on, to_eight_bits, turn_upright
from inspection.decoding.decode import Decoded, decode, drop_alpha, read_size
from inspection.decoding.deep_values import Deep
from inspection.decoding.kinds import IMAGE_SUFFIXES, find_format, looks_like_image
from inspection.decoding.profiles import to_srgb
from inspection.errors import ImageError
from inspection.files import replace_file
from inspection.issues import FileNote
from inspection.types import DEFAULT_READING, Reading, RGBImage, Sample, Size

__all__ = [
    "IMAGE_SUFFIXES",
    "OpenedImage",
    "Reduced",
    "looks_like_image",
    "open_image",
    "open_sample",
    "pixel_hash",
    "read_grey",
    "read_image",
    "read_image_size",
    "read_layers",
    "read_reduced",
    "read_sample",
    "read_stored",
    "shrink",
    "write_png",
]


@dataclass(frozen=True, slots=True, eq=False)
class OpenedImage:
    """An image as detectors see it, and what a person should know of its file."""

    pixels: RGBImage
    notes: tuple[FileNote, ...]

    @property
    def note(self) -> str:
        """What to know, in one line; empty for nothing."""
        return " ".join(note.problem for note in self.notes)


class Reduced(NamedTuple):
    """An image for measuring and showing: (h, w) or (h, w, 3), no larger than needed.

    Attributes:
        size: (height, width) as read.
        mode: as stored.
    """

    image: NDArray[np.uint8]
    size: Size
    mode: str
    notes: tuple[FileNote, ...]


def open_image(
    path: Path, *, reading: Reading = DEFAULT_READING, is_trusted: bool = True
) -> OpenedImage:
    """Return the first picture of a file as (H, W, 3) uint8 sRGB, upright by its EXIF orientation.

    Deep images are scaled by the white of the reading or else by bit depth, never stretched by
    content; transparent parts are laid on the background of the reading.

    Args:
        path: of the file.
        reading: of the product.
        is_trusted: whether it may take any memory and time, as files of a dataset may.

    Raises:
        ImageError: no such file, a folder, empty, truncated, not an image, too large or too small.
    """
    array, notes = _develop(decode(path, is_trusted=is_trusted), reading, path)
    if array.ndim == 2:
        array = np.repeat(array[:, :, None], 3, axis=2)  # (H, W, 3)
    return OpenedImage(np.ascontiguousarray(array), notes)


def read_image(path: Path, *, reading: Reading = DEFAULT_READING) -> RGBImage:
    """Return what `open_image` does, without its notes.

    Raises:
        ImageError: as in `open_image`.
    """
    return open_image(path, reading=reading).pixels


def read_sample(sample: Sample) -> RGBImage:
    """Return the image of a sample; an error names its id, for many folders have a 000.png.

    Raises:
        ImageError: as in `open_image`.
    """
    return open_sample(sample).pixels


def open_sample(sample: Sample) -> OpenedImage:
    """Return the image of a sample with what should be known of its file.

    Raises:
        ImageError: as in `open_image`, with the id of the sample.
    """
    try:
        return open_image(sample.image_path, reading=sample.reading)
    except ImageError as error:
        raise ImageError(f"{error.problem} The file is {sample.id}.", error.fix) from error


def read_layers(path: Path, *, reading: Reading) -> NDArray[np.uint8]:
    """Return colours and opacity of an image as (H, W, 4), laid on nothing.

    Raises:
        ImageError: as in `open_image`.
    """
    decoded = decode(path)
    picture, _ = to_srgb(_to_picture(decoded, reading, path)[0], decoded.profile, path)
    return np.asarray(picture.convert("RGBA"))


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Return an image as (H, W) uint8 grey levels, of colours the strongest channel.

    Levels stay as stored: neither colour profiles nor transparency change them.

    Raises:
        ImageError: as in `open_image`.
    """
    decoded = decode(path)
    picture, _ = _to_picture(decoded, DEFAULT_READING, path)
    if "transparency" in picture.info and picture.mode == "P":
        picture = picture.convert("RGBA")  # Pillow warns of the direct way
    picture = drop_alpha(picture)
    array = np.asarray(picture.convert("L" if picture.mode in ("1", "L") else "RGB"))
    return array if array.ndim == 2 else array.max(axis=2)


def read_stored(path: Path) -> tuple[Image.Image, str]:
    """Return a file upright, its values and its palette as stored, and its format, such as "PNG".

    Whole numbers of more than 8 bits come as 32 bits; deep colours with 8 bits.

    Raises:
        ImageError: as in `open_image`.
    """
    decoded = decode(path)
    content = decoded.content
    picture = content if isinstance(content, Image.Image) else _to_stored(content, path)
    return turn_upright(picture, decoded.orientation), find_format(path) or ""


def _to_stored(deep: Deep, path: Path) -> Image.Image:
    values = deep.values
    if values.ndim == 3 or deep.is_inverted:
        return to_eight_bits(deep, DEFAULT_READING, path)[0]
    if np.issubdtype(values.dtype, np.floating):
        return Image.fromarray(values.astype(np.float32))
    most = np.iinfo(np.int32).max
    return Image.fromarray(np.minimum(values.astype(np.int64), most).astype(np.int32))


def read_image_size(path: Path) -> Size:
    """Return (height, width) as `read_image` would, without decoding a pixel if that can be.

    Raises:
        ImageError: as in `open_image`.
    """
    return read_size(path)


def read_reduced(
    path: Path,
    longest: int | None,
    *,
    reading: Reading = DEFAULT_READING,
    is_trusted: bool = True,
) -> Reduced:
    """Return the image no larger than this; None leaves it as large as it is.

    A JPEG is decoded at a fraction of its size, which takes a fraction of the time; libpng can only
    decode the whole. `is_trusted` is that of `open_image`.

    Raises:
        ImageError: as in `open_image`.
    """
    decoded = decode(path, at_least=longest, is_trusted=is_trusted)
    array, notes = _develop(decoded, reading, path)
    if longest is not None:
        array = shrink(array, longest)
    return Reduced(array, decoded.size, decoded.mode, notes)


def shrink(array: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Return (h, w) or (h, w, 3) with no side longer than this; what is small enough stays."""
    height, width = array.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return array
    new = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(array, new, interpolation=cv2.INTER_AREA), np.uint8)


def pixel_hash(image: RGBImage) -> str:
    """Return 16 hex digits that name these pixels, whatever the file is called."""
    digest = hashlib.sha256(f"{image.shape}".encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()[:16]


def write_png(path: Path, image: NDArray[np.uint8]) -> None:
    """Write a (H, W) or (H, W, 3) image; a reader sees the old file or the whole new one.

    Raises:
        ImageError: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(path) as file:
            Image.fromarray(image).save(file, "PNG", compress_level=3)
    except OSError as error:
        raise ImageError(
            f"{path} cannot be written ({error.strerror or error}).",
            "Choose a folder that exists and that you may write to.",
        ) from error


def _develop(
    decoded: Decoded, reading: Reading, path: Path
) -> tuple[NDArray[np.uint8], tuple[FileNote, ...]]:
    """Return (H, W) or (H, W, 3) sRGB, and what to know of the file."""
    picture, clipped = _to_picture(decoded, reading, path)
    picture, damaged = to_srgb(picture, decoded.profile, path)
    return lay_on(picture, reading.background), (*decoded.notes, *clipped, *damaged)


def _to_picture(
    decoded: Decoded, reading: Reading, path: Path
) -> tuple[Image.Image, tuple[FileNote, ...]]:
    """Return an upright picture of 8 bits, its colours as stored."""
    content = decoded.content
    notes: tuple[FileNote, ...] = ()
    if not isinstance(content, Image.Image):
        content, notes = to_eight_bits(content, reading, path)
    return turn_upright(content, decoded.orientation), notes
