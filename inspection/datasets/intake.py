"""Photographs that people give, file by file or as a ZIP, are taken into a folder of a dataset."""

import errno
import os
import shutil
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from inspection.datasets.mask_files import without_mask_name
from inspection.datasets.plain_names import make_file_stem
from inspection.decoding.kinds import IMAGE_SUFFIXES, find_format
from inspection.errors import DatasetError, ImageError, InspectionError
from inspection.images import pixel_hash, read_image, read_reduced

MB = 10**6
SIDE = 128  # of the copies by which photographs are compared before all their pixels are
ENDINGS = {"JPEG": ".jpg", "TIFF": ".tif", "JPEG2000": ".jp2", "PPM": ".ppm"}
ARRIVING = ".arriving-"
SILENT = ("__macosx", ".ds_store", "thumbs.db", "desktop.ini")
"""What systems put into archives and folders by themselves."""
BROKEN_ARCHIVES = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,  # a method of compression that Python does not know
    RuntimeError,  # a password
    EOFError,
    ValueError,
)
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is taken.

    Attributes:
        files: photographs of one product.
        file_bytes: of one photograph.
        entries: files in one ZIP.
        unpacked_bytes: of all files in one ZIP.
        free_bytes: that stay free on the disk.
    """

    files: int = 2000
    file_bytes: int = 100 * MB
    entries: int = 3000
    unpacked_bytes: int = 4000 * MB
    free_bytes: int = 1000 * MB


BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not taken: its name, and why, in a sentence."""

    name: str
    reason: str


@dataclass(slots=True)
class Intake:
    """What became of the files that were given: the paths of the copies, and the refused ones."""

    taken: list[Path] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


class KnownPictures:
    """The photographs of a product by what they show; each is decoded once, as a small copy."""

    def __init__(self) -> None:
        self._looks: dict[Path, tuple[tuple[int, int], str]] = {}

    def find_same(self, path: Path, others: Iterator[Path]) -> Path | None:
        """Return the one of the others that shows the same pixels.

        Raises:
            ImageError: the file itself is no image.
        """
        look = self._look(path, is_trusted=False)
        for other in others:
            with suppress(ImageError, OSError):  # a damaged one is the same as no other
                if self._look(other) == look and _hash(other) == _hash(path):
                    return other
        return None

    def _look(self, path: Path, *, is_trusted: bool = True) -> str:
        state = path.stat()
        stamp = (state.st_size, state.st_mtime_ns)
        if path not in self._looks or self._looks[path][0] != stamp:
            small, size, _, _ = read_reduced(path, SIDE, is_trusted=is_trusted)
            self._looks[path] = (stamp, f"{size} {small.shape} {zlib.crc32(small.tobytes())}")
        return self._looks[path][1]


def take_in(
    given: Path,
    name: str,
    product: Path,
    part: str,
    *,
    known: KnownPictures,
    bounds: Bounds = BOUNDS,
) -> Intake:
    """Copy a photograph, or those in a ZIP, into a product; what is refused stops no other.

    Args:
        given: the file as it has arrived; it is not changed.
        name: as the person's file is called, perhaps with folders before it.
        product: folder of the product.
        part: folder below it, such as train/good.
        known: what the product's photographs show.
        bounds: how much is taken.

    Raises:
        DatasetError: the folder cannot be written, or the disk is full; what was taken stays.
    """
    found = Intake()
    with _LOCK, _writing(product):
        folder = product / part
        folder.mkdir(parents=True, exist_ok=True)
        _remove_litter(folder)
        if zipfile.is_zipfile(given) and find_format(given) is None:
            _take_archive(given, _base(name), folder, found, (product, known, bounds))
        else:
            _take(given, name, folder, found, (product, known, bounds))
    return found


Context = tuple[Path, KnownPictures, Bounds]
"""Folder of the product, what its photographs show, and how much is taken."""


def list_photographs(product: Path) -> list[Path]:
    """Return the files of a product that its dataset may hold, in train and test."""
    return [
        path
        for part in ("train", "test")
        for path in sorted((product / part).glob("*/*"))
        if path.is_file() and not path.name.startswith(".")
    ]


def _take(given: Path, name: str, folder: Path, found: Intake, context: Context) -> None:
    """Take one photograph, or note why not."""
    try:
        found.taken.append(_copy(given, _base(name), folder, context))
    except ImageError as error:  # it names the file on this machine
        said = f"{error.problem} {error.fix}".replace(given.name, _base(name))
        found.refused.append(Refusal(_base(name), said.replace(str(given.parent), "")))
    except _RefusedError as error:
        found.refused.append(Refusal(_base(name), f"{error.problem} {error.fix}"))


class _RefusedError(InspectionError):
    """One file is not taken."""


def _copy(given: Path, name: str, folder: Path, context: Context) -> Path:
    """Copy a photograph under a name that is free.

    Raises:
        _RefusedError: it is too large, one too many, or there already.
        ImageError: it is no image.
    """
    product, known, bounds = context
    size = given.stat().st_size
    if size > bounds.file_bytes:
        raise _RefusedError(
            f"{name} has {size / MB:,.0f} MB; at most {bounds.file_bytes // MB} MB are taken.",
            "Save it smaller.",
        )
    others = list_photographs(product)
    if len(others) >= bounds.files:
        raise _RefusedError(
            f"{name} is one too many: a product takes at most {bounds.files:,} photographs.",
            "Choose those that show all that good parts can look like.",
        )
    same = known.find_same(given, iter(others))
    if same is not None:
        raise _RefusedError(
            f"{name} shows the same pixels as {same.parent.name}/{same.name}, which is there.",
            "Each photograph counts once.",
        )
    check_space(folder, size, bounds)
    target = _free_name(folder, name, find_format(given) or "")
    with _arriving(folder) as fresh:
        shutil.copyfile(given, fresh)
        fresh.replace(target)
    return target


def _take_archive(given: Path, name: str, folder: Path, found: Intake, context: Context) -> None:
    """Take the photographs in a ZIP, wherever they lie in it; nothing is unpacked by its path."""
    bounds = context[2]
    try:
        with zipfile.ZipFile(given) as archive:
            entries = [one for one in archive.infolist() if not _is_silent(one)]
            _check_archive(entries, name, bounds)
            for entry in entries:
                inner = _base(entry.filename) or "a file without a name"
                try:
                    with _arriving(folder) as fresh:
                        _unpack(archive, entry, fresh, bounds)
                        _take(fresh, inner, folder, found, context)
                except _RefusedError as error:
                    found.refused.append(Refusal(inner, f"{error.problem} {error.fix}"))
                except BROKEN_ARCHIVES:
                    found.refused.append(
                        Refusal(
                            inner,
                            f"{inner} in {name} is damaged, or locked with a password. Pack it "
                            "again without one.",
                        )
                    )
    except _RefusedError as error:
        found.refused.append(Refusal(name, f"{error.problem} {error.fix}"))
    except BROKEN_ARCHIVES:
        found.refused.append(
            Refusal(name, f"{name} is damaged: it cannot be unpacked. Pack it again.")
        )


def _check_archive(entries: list[zipfile.ZipInfo], name: str, bounds: Bounds) -> None:
    """Refuse a ZIP by what it says of itself.

    Raises:
        _RefusedError: it holds nothing, too many files, or too much.
    """
    if not entries:
        raise _RefusedError(f"{name} holds no files.", "Pack the photographs into it.")
    if len(entries) > bounds.entries:
        raise _RefusedError(
            f"{name} holds {len(entries):,} files; at most {bounds.entries:,} are looked at.",
            "Pack fewer photographs into it.",
        )
    total = sum(one.file_size for one in entries)
    if total > bounds.unpacked_bytes:
        raise _RefusedError(
            f"{name} would be {total / MB:,.0f} MB unpacked; at most "
            f"{bounds.unpacked_bytes // MB:,} MB are.",
            "Pack fewer photographs into it, or save them smaller.",
        )


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, fresh: Path, bounds: Bounds) -> None:
    """Unpack one file, and stop where it is larger than it may be, whatever it says of itself."""
    inner = _base(entry.filename)
    if PurePosixPath(inner).suffix.lower() not in IMAGE_SUFFIXES:
        raise _RefusedError(
            f"{inner} is no photograph.", "PNG, JPEG, BMP, TIFF and WebP are taken."
        )
    check_space(fresh.parent, entry.file_size, bounds)
    left = min(entry.file_size, bounds.file_bytes)
    with archive.open(entry) as packed, fresh.open("wb") as file:
        while chunk := packed.read(1 << 20):
            left -= len(chunk)
            if left < 0:
                raise _RefusedError(
                    f"{inner} has more than {bounds.file_bytes // MB} MB, or more than the "
                    "archive says.",
                    "Save it smaller, and pack it again.",
                )
            file.write(chunk)


def check_space(folder: Path, size: int, bounds: Bounds = BOUNDS) -> None:
    """Refuse what would leave too little room on the disk.

    Raises:
        DatasetError: it would.
    """
    free = shutil.disk_usage(folder).free
    if free - size < bounds.free_bytes:
        raise _full(f"only {free / MB:,.0f} MB are free")


@contextmanager
def _writing(product: Path) -> Iterator[None]:
    """Turn what writing may end with into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full("it is full") from error
        raise DatasetError(
            f"The photographs cannot be written into {product} ({error.strerror or error}).",
            "Allow writing there, or start the page with another folder: --products DIR.",
        ) from error


def _full(how: str) -> DatasetError:
    return DatasetError(
        f"There is no room for more photographs on this disk: {how}.",
        "Delete what is not needed, and add the rest again; what has arrived is kept.",
    )


@contextmanager
def _arriving(folder: Path) -> Iterator[Path]:
    """Give a file that no reader of the dataset sees; it is gone at the end."""
    handle, name = tempfile.mkstemp(prefix=ARRIVING, dir=folder)
    os.close(handle)
    fresh = Path(name)
    try:
        fresh.chmod(0o644)  # mkstemp makes files private
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)


def _remove_litter(folder: Path) -> None:
    """Remove what a page that was killed has left; nobody else writes while the lock is held."""
    for left in folder.glob(f"{ARRIVING}*"):
        left.unlink(missing_ok=True)


def _free_name(folder: Path, name: str, kind: str) -> Path:
    """Return a path in a folder at which nothing lies, with an ending that images have."""
    given = PurePosixPath(name)
    suffix = given.suffix.lower()
    is_known = suffix in IMAGE_SUFFIXES
    stem = _not_as_a_mask(make_file_stem(given.stem if is_known else given.name))
    ending = suffix if is_known else ENDINGS.get(kind, f".{kind.lower()}")
    taken = {path.stem.casefold() for path in folder.iterdir()}  # a mask has its image's stem
    number, free = 1, stem
    while free.casefold() in taken:
        number += 1
        free = f"{stem} ({number})"
    return folder / f"{free}{ending}"


def _not_as_a_mask(stem: str) -> str:
    """Return a stem that no reader takes for a mask: `part label` would be one of `part`."""
    for form in (stem, f"photo {stem}", f"{stem} photo"):
        if without_mask_name(form) == form:
            return form
    return f"photo {stem} photo"


def _base(name: str) -> str:
    """Return the last part of a path of any system."""
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _is_silent(entry: zipfile.ZipInfo) -> bool:
    parts = entry.filename.replace("\\", "/").casefold().split("/")
    is_system = parts[0] in SILENT or parts[-1] in SILENT or parts[-1].startswith("._")
    return entry.is_dir() or is_system


def _hash(path: Path) -> str:
    return pixel_hash(read_image(path))
