"""Read, check and write images: a file becomes (H, W, 3) sRGB, or a sentence says why not."""

import hashlib
import os
import struct
import tempfile
import warnings
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from inspection.errors import ImageError
from inspection.types import RGBImage, Sample, Size

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})
FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF")
MAX_PIXELS = 64_000_000  # 192 MB decoded; a 20 KB PNG can claim far more
MIN_SIDE = 16
TAG_WIDTH, TAG_HEIGHT, TAG_ORIENTATION = 256, 257, 274  # of TIFF and EXIF
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
TEXT_CHUNKS = (b"eXIf", b"tEXt", b"zTXt", b"iTXt")  # of a PNG
KNOWN = "Use PNG, JPEG, BMP, TIFF or WebP."


def read_image(path: Path) -> RGBImage:
    """Return the first frame as (H, W, 3) uint8 sRGB, upright by its EXIF orientation.

    16-bit images are scaled by bit depth, never stretched by content; an alpha channel is dropped.

    Raises:
        ImageError: no such file, a folder, empty, truncated, not an image, too large or too small.
    """
    array = _decode(path)
    if array.ndim == 2:
        array = np.repeat(array[:, :, None], 3, axis=2)  # (H, W, 3)
    return np.ascontiguousarray(array)


def read_sample(sample: Sample) -> RGBImage:
    """Return the image of a sample; an error tells its id, for many folders have a 000.png.

    Raises:
        ImageError: as in `read_image`.
    """
    try:
        return read_image(sample.image_path)
    except ImageError as error:
        raise ImageError(f"{error.problem} The file is {sample.id}.", error.fix) from error


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Return an image as (H, W) uint8 grey levels, of colours the strongest channel.

    Raises:
        ImageError: as in `read_image`.
    """
    array = _decode(path)
    return array if array.ndim == 2 else array.max(axis=2)


def read_stored(path: Path) -> tuple[Image.Image, str]:
    """Return a file upright, its values and its palette as stored, and its format, such as "PNG".

    Raises:
        ImageError: as in `read_image`.
    """
    try:
        with _open(path) as picture:
            picture.load()
            return _turn_upright(picture).copy(), picture.format or ""
    except UnidentifiedImageError:  # a deep TIFF, or none: `read_image` tells
        return Image.fromarray(read_image(path)), "TIFF"
    except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
        raise ImageError(
            f"{path.name} is damaged or cut off ({error}).", "Copy or export the image again."
        ) from error


def read_image_size(path: Path) -> Size:
    """Return (height, width) as `read_image` would, without decoding a pixel if that can be.

    Raises:
        ImageError: as in `read_image`.
    """
    try:
        with _open(path) as picture:
            width, height = picture.size
            is_known = picture.format != "PNG" or "exif" in picture.info or _has_late_text(path)
            is_turned = is_known and picture.getexif().get(TAG_ORIENTATION, 1) in (5, 6, 7, 8)
    except UnidentifiedImageError as error:
        size = _deep_tiff_size(path)
        if size is None:
            raise ImageError(f"{path.name} could not be read as an image.", KNOWN) from error
        return size
    return (width, height) if is_turned else (height, width)


def read_reduced(path: Path, longest: int | None) -> tuple[NDArray[np.uint8], Size, str]:
    """Return the image no larger than this, its (height, width) as read, and its mode as stored.

    The image is (h, w) or (h, w, 3); None leaves it as large as it is. A JPEG is decoded at a
    fraction of its size, which takes a fraction of the time; libpng can only decode the whole.

    Raises:
        ImageError: as in `read_image`.
    """
    try:
        with _open(path) as picture:
            mode, is_jpeg = picture.mode, picture.format == "JPEG"
    except UnidentifiedImageError:  # a deep TIFF, or none: decoding tells
        mode, is_jpeg = "RGB;16", False
    # the size of a PNG with its turn is known only when it is decoded: once is enough
    size = read_image_size(path) if is_jpeg else None
    array = _decode(path, at_least=longest)
    height, width = array.shape[:2]
    size = size or (height, width)
    return (array if longest is None else shrink(array, longest)), size, mode


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
        handle, name = tempfile.mkstemp(suffix=".tmp-png", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            Image.fromarray(image).save(file, "PNG", compress_level=3)
        Path(name).chmod(0o644)  # mkstemp makes files private
        Path(name).replace(path)
    except OSError as error:
        raise ImageError(
            f"{path} cannot be written ({error.strerror or error}).",
            "Choose a folder that exists and that you may write to.",
        ) from error


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise ImageError(f"{path} is a folder.", "Give the path of one image file.")
    if not path.is_file():
        raise ImageError(f"There is no file {path}.", "Check the path for typing errors.")
    if path.stat().st_size == 0:
        raise ImageError(f"{path.name} is empty (0 bytes).", "Copy or export the image again.")


def _open(path: Path) -> Image.Image:
    """Open and check a file without decoding it; UnidentifiedImageError if Pillow knows it not."""
    _check_file(path)
    try:
        with warnings.catch_warnings():
            # Pillow's own limit is another one, and its advice on odd files is no news to a person
            warnings.simplefilter("ignore")
            picture = Image.open(path, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise ImageError(
            f"{path.name} has more than {MAX_PIXELS // 10**6} megapixels.",
            "Resize or crop it and try again.",
        ) from error
    except PermissionError as error:
        raise ImageError(
            f"{path.name} may not be read.", "Give yourself the right to read it."
        ) from error
    except UnidentifiedImageError:
        raise
    except (OSError, ValueError, SyntaxError) as error:  # Pillow calls a bad header a SyntaxError
        raise ImageError(f"{path.name} is damaged ({error}).", "Export it again.") from error
    try:
        _check_size(picture.size, path)
    except ImageError:
        picture.close()
        raise
    return picture


def _has_late_text(path: Path) -> bool:
    """Tell whether a PNG holds text or EXIF behind its pixels; Pillow decodes them to find it."""
    is_behind = False
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            is_behind = is_behind or kind == b"IDAT"
            if is_behind and kind in TEXT_CHUNKS:
                return True
            file.seek(length + 4, os.SEEK_CUR)  # the chunk and its checksum
    return False


def _check_size(size: tuple[int, int], path: Path) -> None:
    """Refuse (width, height) that are too large or too small."""
    width, height = size
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{path.name} is {width} x {height} pixels; "
            f"the limit is {MAX_PIXELS // 10**6} megapixels.",
            "Resize or crop it and try again.",
        )
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"{path.name} is {width} x {height} pixels, too small to inspect.",
            f"Give an image of at least {MIN_SIDE} x {MIN_SIDE} pixels.",
        )


def _decode(path: Path, *, at_least: int | None = None) -> NDArray[np.uint8]:
    """Return (H, W) or (H, W, 3) uint8; a JPEG may come smaller, but not below `at_least`."""
    try:
        with _open(path) as picture:
            if at_least is not None:
                picture.draft(None, (at_least, at_least))
            picture.load()
            return _to_eight_bits(_turn_upright(picture), path)
    except UnidentifiedImageError as error:
        deep = _decode_deep_tiff(path)  # Pillow knows no 16-bit RGB TIFF
        if deep is None:
            raise ImageError(f"{path.name} could not be read as an image.", KNOWN) from error
        return deep
    except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
        raise ImageError(
            f"{path.name} is damaged or cut off ({error}).", "Copy or export the image again."
        ) from error


def _turn_upright(picture: Image.Image) -> Image.Image:
    """Turn by the EXIF orientation; Pillow's way would write the block anew, damaged or not."""
    turn = TURNS.get(picture.getexif().get(TAG_ORIENTATION, 1))
    return picture if turn is None else picture.transpose(turn)


def _to_eight_bits(picture: Image.Image, path: Path) -> NDArray[np.uint8]:
    if picture.mode.startswith("I"):  # I;16, I;16B: 16 bits; I: 32-bit container of a 16-bit image
        deep = np.asarray(picture).astype(np.int64)
        if deep.min() < 0 or deep.max() > 65535:
            raise ImageError(f"{path.name} holds 32-bit values.", "Save it with 8 or 16 bits.")
        return _scale_16_bits(deep)
    if picture.mode == "F":
        raise ImageError(
            f"{path.name} holds floating-point values, whose white is unknown.",
            "Save it with 8 or 16 bits per channel.",
        )
    if picture.mode in ("1", "L"):
        return np.asarray(picture.convert("L"))
    if picture.mode == "P" and "transparency" in picture.info:
        picture = picture.convert("RGBA")  # Pillow warns of the direct way
    return np.asarray(picture.convert("RGB"))


def _decode_deep_tiff(path: Path) -> NDArray[np.uint8] | None:
    """Return a 16-bit colour TIFF as (H, W, 3) uint8, or None if the file is not one."""
    size = _deep_tiff_size(path)
    if size is None:
        return None
    _check_size(size[::-1], path)
    data = np.frombuffer(path.read_bytes(), np.uint8)  # imread cannot take every script in a path
    try:
        deep = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if deep is None or deep.dtype != np.uint16 or deep.ndim != 3 or deep.shape[2] < 3:
        return None
    return _scale_16_bits(deep[:, :, 2::-1].astype(np.int64))  # BGR(A) to RGB


def _deep_tiff_size(path: Path) -> Size | None:
    """Return (height, width) from the tags of a TIFF that Pillow cannot open, or None."""
    with path.open("rb") as file:
        head = file.read(8)
        if len(head) < 8 or head[:4] not in (b"II*\0", b"MM\0*"):
            return None
        try:
            directory = TiffImagePlugin.ImageFileDirectory_v2(head)
            file.seek(directory.next)
            directory.load(file)
            return int(directory[TAG_HEIGHT]), int(directory[TAG_WIDTH])
        except (KeyError, ValueError, TypeError, OSError, SyntaxError):
            return None


def _scale_16_bits(deep: NDArray[np.int64]) -> NDArray[np.uint8]:
    return ((deep + 128) // 257).astype(np.uint8)  # 65535 / 255 = 257
