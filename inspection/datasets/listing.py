"""The folders of a dataset, each listed at most once, and what is odd in them."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from inspection.decoding.kinds import IMAGE_SUFFIXES, UNREADABLE, looks_like_image, name_unreadable
from inspection.issues import DatasetIssue, IssueKind
from inspection.paths import natural_key

OTHER_SUFFIXES = frozenset(
    {".7z", ".cfg", ".ckpt", ".csv", ".db", ".doc", ".docx", ".gz", ".htm", ".html", ".ini"}
    | {".ipynb", ".json", ".jsonl", ".log", ".mat", ".md", ".npy", ".npz", ".onnx", ".parquet"}
    | {".pcd", ".pdf", ".pkl", ".ply", ".pt", ".pth", ".py", ".rar", ".rst", ".safetensors", ".sh"}
    | {".tar", ".toml", ".tsv", ".txt", ".xls", ".xlsx", ".xml", ".yaml", ".yml", ".zip"}
)
"""Endings that no image has: such files are not opened to see."""


class FileKind(Enum):
    """What a file is to a dataset."""

    IMAGE = auto()
    UNREAD = auto()  # an image of a kind that is not read
    OTHER = auto()


def kind_of(path: Path) -> FileKind:
    """Return the kind of a file; only one with an unknown ending is opened."""
    suffix = path.suffix.lower()
    if suffix in IMAGE_SUFFIXES:
        return FileKind.IMAGE
    if suffix in UNREADABLE:
        return FileKind.UNREAD
    if suffix in OTHER_SUFFIXES:
        return FileKind.OTHER
    if looks_like_image(path):
        return FileKind.IMAGE
    return FileKind.OTHER if name_unreadable(path) is None else FileKind.UNREAD


@dataclass(frozen=True, slots=True)
class _Content:
    """What lies in a folder; `hidden` are image files below it whose path begins with a dot."""

    folders: dict[str, Path]
    files: dict[str, Path]
    hidden: list[Path]


class Listing:
    """A dataset folder seen by its directory listings alone; nothing is ever written into it.

    Links are followed, but not back to a folder above: its images would be counted twice.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.issues: list[DatasetIssue] = []
        self.remarks: list[str] = []
        self.aside: dict[Path, str] = {}
        self.unnamed: list[Path] = []
        self._prefix = len(root.as_posix().rstrip("/")) + 1
        self._contents: dict[Path, _Content] = {}
        self._kinds: dict[Path, FileKind] = {}

    def folders(self, folder: Path) -> list[Path]:
        """Return the folders in a folder, in natural order."""
        return list(self._content(folder).folders.values())

    def folder(self, parent: Path, name: str) -> Path | None:
        """Return the folder of this name in any case, or None."""
        found = self._content(parent).folders
        exact = found.get(name)
        if exact is not None:
            return exact
        wanted = name.casefold()
        return next((path for key, path in found.items() if key.casefold() == wanted), None)

    def files(self, folder: Path, *suffixes: str) -> list[Path]:
        """Return the files in a folder with one of these lower-case suffixes, in natural order."""
        return [
            path for path in self._content(folder).files.values() if path.suffix.lower() in suffixes
        ]

    def images(self, folder: Path) -> list[Path]:
        """Return the image files in a folder, in natural order."""
        found = self._content(folder).files.values()
        return [path for path in found if self.kind(path) is FileKind.IMAGE]

    def kind(self, path: Path) -> FileKind:
        """Return what a file is; opened at most once, and only if its ending is unknown."""
        if path not in self._kinds:
            self._kinds[path] = kind_of(path)
        return self._kinds[path]

    def holds_image(self, folder: Path, *, depth: int = 6) -> bool:
        """Return whether there is an image in a folder or not too deep below it."""
        return bool(self.images(folder)) or (
            depth > 0
            and any(self.holds_image(inner, depth=depth - 1) for inner in self.folders(folder))
        )

    def walk(self) -> Iterator[tuple[Path, list[Path], list[Path]]]:
        """Yield every folder with its files, and with the hidden image files in and below it."""
        pending = [self.root]
        while pending:
            folder = pending.pop()
            content = self._content(folder)
            yield folder, list(content.files.values()), content.hidden
            pending.extend(reversed(content.folders.values()))

    def file(self, folder: Path, name: str) -> Path | None:
        """Return the file of this name, or None."""
        return self._content(folder).files.get(name)

    def sample_id(self, path: Path) -> str:
        """Return the path relative to the dataset folder, with forward slashes."""
        return path.as_posix()[self._prefix :]

    def report(
        self, kind: IssueKind, path: Path, *, problem: str, fix: str, category: str | None = None
    ) -> None:
        """Note something odd."""
        self.issues.append(DatasetIssue(kind, path, problem, fix, category))

    def remark(self, sentence: str) -> None:
        """Note how the folder was read, where somebody could think otherwise."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def set_aside(self, paths: Iterable[Path], *, reason: str) -> None:
        """Note image files that a rule of the layout leaves out, such as "depth images"."""
        self.aside.update(dict.fromkeys(paths, reason))

    def report_stray_masks(self, masks: Iterable[Path], *, category: str | None) -> None:
        """Note masks or annotations that no image belongs to."""
        for mask in masks:
            noun = "mask" if mask.suffix.lower() in IMAGE_SUFFIXES else "annotation"
            self.report(
                IssueKind.STRAY_MASK,
                mask,
                problem=f"The {noun} {self.sample_id(mask)} belongs to no image.",
                fix=f"Add the image that it marks, or remove the {noun}.",
                category=category,
            )

    def report_shared_masks(
        self, shared: Mapping[Path, Sequence[Path]], *, category: str | None
    ) -> None:
        """Note masks that fit several images, none of which is given them."""
        for mask, images in shared.items():
            first, second = (self.sample_id(path) for path in images[:2])
            holder = images[0].parent
            self.report(
                IssueKind.SHARED_MASK,
                mask,
                problem=f"The mask {self.sample_id(mask)} could belong to {first} or to {second}.",
                fix="Give the two images different names, and the mask that of its own."
                if all(path.parent == holder for path in images)
                else f"Put it into a folder called as that of its image, such as {holder.name}.",
                category=category,
            )

    def _content(self, folder: Path) -> _Content:
        if folder not in self._contents:
            self._contents[folder] = self._scan(folder)
        return self._contents[folder]

    def _scan(self, folder: Path) -> _Content:
        folders: list[str] = []
        files: list[str] = []
        hidden: list[Path] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith((".", "__MACOSX")):
                        hidden += _images_by_ending(Path(entry.path))
                    else:
                        self._sort_in(entry, folders, files)
        except OSError as error:
            self.report(
                IssueKind.UNREADABLE,
                folder,
                problem=f"The folder {folder} cannot be read ({error.strerror}).",
                fix="Allow reading it, or move it out of the dataset.",
            )
        return _Content(
            {name: folder / name for name in sorted(folders, key=natural_key)},
            {name: folder / name for name in sorted(files, key=natural_key)},
            hidden,
        )

    def _sort_in(self, entry: os.DirEntry[str], folders: list[str], files: list[str]) -> None:
        if not entry.name.isascii() and not _is_text(entry.name):
            self.report(
                IssueKind.UNREADABLE,
                Path(entry.path),
                problem=f"The name {entry.name!a} is not text in UTF-8; it was left out.",
                fix="Rename it.",
            )
            self.unnamed += _images_by_ending(Path(entry.path))
            return
        try:
            if entry.is_dir():
                if entry.is_symlink() and _leads_back(entry):
                    self._report_loop(entry)
                else:
                    folders.append(entry.name)
                return
            if entry.is_file():
                files.append(entry.name)
                return
        except OSError:  # a link that points at itself
            pass
        if entry.is_symlink():
            self.report(
                IssueKind.MISSING,
                Path(entry.path),
                problem=f"The link {entry.path} leads nowhere.",
                fix="Restore the file that it points at, or remove the link.",
            )

    def _report_loop(self, entry: os.DirEntry[str]) -> None:
        self.report(
            IssueKind.LEFT_OUT,
            Path(entry.path),
            problem=f"The link {entry.path} leads back to a folder above it; it was left out.",
            fix="Remove the link.",
        )


def _images_by_ending(path: Path) -> list[Path]:
    """Return the files with the ending of an image below a hidden folder, or a hidden file."""
    if not path.is_dir():
        return [path] if path.is_file() and path.suffix.lower() in IMAGE_SUFFIXES else []
    return [
        Path(folder) / name
        for folder, _, names in os.walk(path)
        for name in names
        if Path(name).suffix.lower() in IMAGE_SUFFIXES
    ]


def _leads_back(entry: os.DirEntry[str]) -> bool:
    """Return whether a link points at the folder that it lies in, or at one above it."""
    target = Path(entry.path).resolve()
    return Path(entry.path).parent.resolve().is_relative_to(target)


def _is_text(name: str) -> bool:
    """Return whether a file name can be written in UTF-8; on Linux any bytes can be a name."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def find_categories(
    listing: Listing, is_category: Callable[[Listing, Path], bool]
) -> list[tuple[str, Path]]:
    """Return (name, folder) of the categories in the root, or of the root if it is one itself."""
    if is_category(listing, listing.root):
        return [(listing.root.name, listing.root)]
    return [
        (folder.name, folder)
        for folder in listing.folders(listing.root)
        if is_category(listing, folder)
    ]


def walk_folders(listing: Listing, folder: Path) -> Iterator[Path]:
    """Yield a folder and all folders below it."""
    yield folder
    for inner in listing.folders(folder):
        yield from walk_folders(listing, inner)


def images_below(listing: Listing, folder: Path) -> Iterator[Path]:
    """Yield the images in a folder and in the folders below it, in natural order."""
    yield from listing.images(folder)
    for inner in listing.folders(folder):
        yield from images_below(listing, inner)


def descend(listing: Listing, folder: Path, *names: str) -> Path | None:
    """Return a folder below this one, found in any case, or None."""
    found: Path | None = folder
    for name in names:
        found = None if found is None else listing.folder(found, name)
    return found
