"""From an image file to its values: opened, checked and decoded, before they become colours."""

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageFile, UnidentifiedImageError

from inspection.decoding import png
from inspection.decoding import tiff as tiff_files
from inspection.decoding.cost import Header, check_cost, read_picture
from inspection.decoding.deep_values import (
    Alpha,
    Deep,
    declared_white,
    decode_deep_colours,
    find_cut_bits,
    take_deep,
)
from inspection.decoding.jpeg import Jpeg, read_jpeg
from inspection.decoding.kinds import RAW, find_format, name_unreadable
from inspection.decoding.tiff import TiffHeader
from inspection.decoding.webp import read_webp_size
from inspection.errors import ImageError, first_line
from inspection.issues import FileNote, IssueKind
from inspection.types import Size

MAX_PIXELS = 64_000_000  # 192 MB decoded; a 20 KB PNG can claim far more
MIN_SIDE = 16
TAG_ORIENTATION = 274  # of TIFF and EXIF
SWAPPED = (5, 6, 7, 8)  # orientations that make the height the width
KNOWN = "Use PNG, JPEG, BMP, TIFF or WebP."
AGAIN = "Copy or export the image again."
DAMAGES = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What Pillow's readers end with where a file is damaged, each with another; all were met."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A decoded file.

    Attributes:
        content: 8-bit pictures as Pillow has them.
        size: (height, width) of the whole picture, upright.
        orientation: by which it is still to be turned upright, 1-8.
        mode: as stored, such as L, RGB, I;16 or RGB;16.
    """

    content: Image.Image | Deep
    size: Size
    orientation: int
    profile: bytes | None
    mode: str
    notes: tuple[FileNote, ...]


@dataclass(frozen=True, slots=True)
class FileTraits:
    """What can be said of a file without decoding it.

    Attributes:
        needs_white: whether it has more than 8 bits and does not say which value is white.
        has_alpha: whether parts of it may be transparent.
    """

    needs_white: bool
    has_alpha: bool
    notes: tuple[FileNote, ...]


def decode(path: Path, *, at_least: int | None = None, is_trusted: bool = True) -> Decoded:
    """Decode the first picture of a file; a JPEG may come smaller, but not below `at_least`.

    Args:
        path: of the file.
        at_least: pixels of the longer side.
        is_trusted: whether it may take any memory and time, as files of a dataset may.

    Raises:
        ImageError: no such file, a folder, empty, truncated, no image, too large or too small.
    """
    kind = _find_kind(path)
    if kind == "TIFF":
        return _decode_tiff(path, is_trusted=is_trusted)
    if kind == "PNG":
        with _reading(path):
            png.check_chunks(path, is_trusted=is_trusted)
    with _opened(path, kind) as picture:
        cut_bits = find_cut_bits(picture, path)
        jpeg = read_jpeg(path) if kind == "JPEG" and (at_least is None or not is_trusted) else None
        header = read_picture(picture, cut_bits, jpeg, is_trusted=is_trusted)
        if not is_trusted:
            _check_header(header, path)
        notes, white = _note_frames(picture, path), declared_white(picture, path)
        mode, (width, height) = picture.mode, picture.size
        content: Image.Image | Deep
        if jpeg is not None and at_least is None:
            content, more = _load_jpeg(picture, jpeg, header.factor)
            notes += more
        else:
            if at_least is not None:
                picture.draft(None, (at_least, at_least))
            picture.load()
            content = picture
        if cut_bits:
            content, mode = decode_deep_colours(path, cut_bits), f"{mode};{cut_bits}"
        elif mode[0] in "IF":
            content = take_deep(picture, white)
        orientation, profile = _orientation(picture), picture.info.get("icc_profile")
        return Decoded(
            content, _upright((height, width), orientation), orientation, profile, mode, notes
        )


def read_size(path: Path) -> Size:
    """Return (height, width) of the upright picture, not decoding a pixel if that can be.

    Raises:
        ImageError: as in `decode`.
    """
    kind = _find_kind(path)
    if kind == "TIFF":
        header = _read_tiff_header(path)
        return _upright(header.size, header.orientation)
    with _opened(path, kind) as picture:
        width, height = picture.size
        is_known = kind != "PNG" or "exif" in picture.info or png.has_late_text(path)
        return _upright((height, width), _orientation(picture) if is_known else 1)


def read_traits(path: Path) -> FileTraits:
    """Read the header of a file.

    Raises:
        ImageError: as in `decode`.
    """
    kind = _find_kind(path)
    if kind == "TIFF":
        header = _read_tiff_header(path)
        needs_white = header.is_deep and header.white is None
        return FileTraits(needs_white, header.alpha is not Alpha.NONE, _note_pages(path, header))
    with _opened(path, kind) as picture:
        is_deep = picture.mode[0] in "IF" or find_cut_bits(picture, path) == 16
        return FileTraits(
            is_deep and declared_white(picture, path) is None,
            picture.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in picture.info,
            _note_frames(picture, path),
        )


def _find_kind(path: Path) -> str:
    """Return the kind of image that a file is, and refuse what cannot be one."""
    if path.is_dir():
        raise ImageError(f"{path} is a folder.", "Give the path of one image file.")
    if not path.is_file():
        raise ImageError(f"There is no file {path}.", "Check the path for typing errors.")
    if path.stat().st_size == 0:
        raise ImageError(f"{path.name} is empty (0 bytes).", AGAIN)
    with _reading(path):
        kind = find_format(path)
    if kind is None:
        title = name_unreadable(path)
        if title is None:
            raise ImageError(f"{path.name} could not be read as an image.", KNOWN)
        fix = tiff_files.DEVELOP if title == RAW else "Export it as PNG, JPEG or TIFF."
        raise ImageError(f"{path.name} is {title}, which cannot be read.", fix)
    return kind


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what reading a file may end with into a sentence."""
    try:
        yield
    except PermissionError as error:
        raise ImageError(
            f"{path.name} may not be read.", "Give yourself permission to read it."
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large(f"{path.name} is larger") from error
    except MemoryError as error:  # of a few megapixels: lengths that are damaged
        raise ImageError(f"{path.name} needs more memory than there is.", AGAIN) from error
    except UnidentifiedImageError as error:
        raise ImageError(f"{path.name} could not be read as an image.", KNOWN) from error
    except DAMAGES as error:
        raise ImageError(
            f"{path.name} is damaged or cut off ({first_line(error)}).", AGAIN
        ) from error


@contextmanager
def _opened(path: Path, kind: str) -> Iterator[ImageFile.ImageFile]:
    """Open and check a file with Pillow without decoding it."""
    with _reading(path):
        _prepare(kind, path)
        # Pillow's own limit is another one, and its advice on odd files is no news to a person; for
        # good, since threads that each put the filters back as they were would mix them up
        warnings.filterwarnings("ignore", module="PIL")
        logging.getLogger("PIL").setLevel(logging.CRITICAL)
        if kind == "WEBP":  # Pillow takes memory for a whole canvas as soon as it opens it
            _check_size(read_webp_size(path), path)
        # by its name Pillow would map a TIFF into memory, which mixes up its sides if it is turned
        with path.open("rb") as file, Image.open(file, formats=(kind,)) as picture:
            _check_size(picture.size, path)
            yield picture


def _prepare(kind: str, path: Path) -> None:
    """Make sure that Pillow can read a kind of image.

    Raises:
        ImageError: it takes a library that is not installed.
    """
    for register in (Image.preinit, Image.init, _register_heif):  # the everyday kinds first
        if kind in Image.OPEN:
            return
        register()
    if kind not in Image.OPEN:
        package = "pillow-heif" if kind == "HEIF" else "--upgrade pillow"
        raise ImageError(
            f"{path.name} is a {kind} picture, which this installation cannot read.",
            f"Run `python -m pip install {package}`, or export it as JPEG or PNG.",
        )


def _register_heif() -> None:
    """Let Pillow read HEIC where the optional library for it is installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return
    register_heif_opener()


def _check_size(size: tuple[int, int], path: Path) -> None:
    """Refuse (width, height) that are too large or too small."""
    width, height = size
    if width * height > MAX_PIXELS:
        raise _too_large(f"{path.name} is {width} x {height} pixels")
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"{path.name} is {width} x {height} pixels, too small to inspect.",
            f"Give an image of at least {MIN_SIDE} x {MIN_SIDE} pixels.",
        )


def _too_large(what: str) -> ImageError:
    return ImageError(
        f"{what}; the limit is {MAX_PIXELS // 10**6} megapixels.",
        "Resize or crop it and try again.",
    )


def _check_header(header: Header, path: Path) -> None:
    """Refuse what costs too much, and a PNG whose header does not fit its pixels."""
    check_cost(header, path)
    if header.kind == "PNG":
        png.check_amount(path)


def _load_jpeg(
    picture: ImageFile.ImageFile, jpeg: Jpeg, factor: int
) -> tuple[Image.Image, tuple[FileNote, ...]]:
    """Return a decoded JPEG, smaller by a factor, and what to know of it."""
    pixels, notes = jpeg.decode(factor)
    width, height = picture.size
    if factor > 1:
        problem = (
            f"{jpeg.path.name} is {width:,} x {height:,} pixels large and was read at 1/{factor} "
            "of its width and height."
        )
        notes += (FileNote(IssueKind.REDUCED, problem, "Cut out what is to be inspected."),)
        picture.draft(None, (width // factor, height // factor))
    if pixels is not None:
        return Image.fromarray(pixels), notes
    picture.load()
    return picture, notes


def _orientation(picture: Image.Image) -> int:
    return int(picture.getexif().get(TAG_ORIENTATION, 1))


def _upright(size: Size, orientation: int) -> Size:
    """Return (height, width) after turning."""
    return size[::-1] if orientation in SWAPPED else size


def _note_frames(picture: Image.Image, path: Path) -> tuple[FileNote, ...]:
    """Say that an animation has further frames; the second picture of a phone's JPEG is no news."""
    count = 1 if picture.format in ("MPO", "JPEG") else getattr(picture, "n_frames", 1)
    return _note_more(path, count, "frames") if count > 1 else ()


def _note_more(path: Path, count: int, what: str) -> tuple[FileNote, ...]:
    return (
        FileNote(
            IssueKind.MORE_PICTURES,
            f"{path.name} has {count:,} {what}; only the first is used.",
            "Export the others as files of their own.",
        ),
    )


def _read_tiff_header(path: Path) -> TiffHeader:
    header = tiff_files.read_header(path)
    _check_size(header.size[::-1], path)
    return header


def _note_pages(path: Path, header: TiffHeader) -> tuple[FileNote, ...]:
    notes = _note_more(path, header.num_pages, "pages") if header.num_pages > 1 else ()
    if header.num_channels > header.num_colours and header.alpha is Alpha.NONE:
        problem = f"{path.name} has a channel beside its colours, which is not used."
        notes += (FileNote(IssueKind.MORE_CHANNELS, problem, "Export it as a file of its own."),)
    return notes


def _decode_tiff(path: Path, *, is_trusted: bool) -> Decoded:
    header = _read_tiff_header(path)
    if not is_trusted:
        mode = {1: "L", 3: "RGB"}.get(header.num_channels, header.mode)
        has_profile = header.profile is not None
        check_cost(Header("TIFF", mode, header.size, header.is_deep, has_profile), path)
    notes = _note_pages(path, header)
    size = _upright(header.size, header.orientation)
    picture = None if header.is_deep else _load_tiff_with_pillow(path, header)
    if picture is not None:  # turned upright already, as far as it says so
        return Decoded(picture, size, _orientation(picture), header.profile, picture.mode, notes)
    deep = tiff_files.read_deep(path, header)
    return Decoded(deep, size, header.orientation, header.profile, header.mode, notes)


def _load_tiff_with_pillow(path: Path, header: TiffHeader) -> Image.Image | None:
    """Return a picture of at most 8 bits; None if Pillow does not know how, but tifffile may.

    Raises:
        ImageError: it is damaged, or neither does.
    """
    try:
        with _opened(path, "TIFF") as picture:
            picture.seek(header.page)
            picture.load()
            return drop_alpha(picture) if header.alpha is Alpha.NONE else picture
    except ImageError as error:
        is_unknown = isinstance(error.__cause__, UnidentifiedImageError)
        if is_unknown and header.photometric in tiff_files.GREY_OR_RGB:
            return None
        raise


def drop_alpha(picture: Image.Image) -> Image.Image:
    """Return a picture without its alpha channel; one that has none stays as it is."""
    if picture.mode in ("LA", "La"):
        return picture.convert("L")
    return picture.convert("RGB") if picture.mode in ("RGBA", "RGBa", "PA") else picture
