"""List the folders of a dataset, each at most once, and collect what is odd in them."""

import os
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from inspection.errors import DatasetError
from inspection.image_kinds import IMAGE_SUFFIXES
from inspection.types import Sample, Split

NORMAL_NAMES = frozenset(
    {"good", "ok", "normal", "ok_front", "no_defect", "defect_free", "defect-free", "non_defective"}
)
MASK_FOLDERS = frozenset({"ground_truth", "groundtruth", "gt", "mask", "masks", "label", "labels"})
MASK_ENDINGS = ("_mask", "_label", "_gt")
SPLIT_SEED = (
    20070  # any fixed number; another one gives another division of every layout without a split
)


class IssueKind(StrEnum):
    """What can be odd about a dataset folder."""

    STRAY_MASK = "mask without an image"
    MASK_SIZE = "mask of another size"
    NO_MASK = "defective image without a mask"
    UNREADABLE = "unreadable"
    MISSING = "missing file"
    LEFT_OUT = "folder left out"


@dataclass(frozen=True, slots=True)
class DatasetIssue:
    """One odd file or folder, with what is wrong and what to do about it."""

    kind: IssueKind
    path: Path
    problem: str
    fix: str
    category: str | None = None

    def to_error(self) -> DatasetError:
        """Return the same sentence as an error to raise."""
        return DatasetError(self.problem, self.fix)


@dataclass(frozen=True, slots=True)
class _Content:
    folders: dict[str, Path]
    files: dict[str, Path]


class Listing:
    """A dataset folder seen by its directory listings alone; nothing is ever written into it.

    Links are followed, but not back to a folder above: its images would be counted twice.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.issues: list[DatasetIssue] = []
        self.aside: dict[Path, str] = {}
        self._prefix = len(root.as_posix().rstrip("/")) + 1
        self._contents: dict[Path, _Content] = {}

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
        return self.files(folder, *IMAGE_SUFFIXES)

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

    def set_aside(self, paths: Iterable[Path], *, reason: str) -> None:
        """Note image files that a rule of the layout leaves out, such as "depth images"."""
        self.aside.update(dict.fromkeys(paths, reason))

    def report_stray_masks(self, masks: Iterable[Path], *, category: str) -> None:
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

    def _content(self, folder: Path) -> _Content:
        if folder not in self._contents:
            self._contents[folder] = self._scan(folder)
        return self._contents[folder]

    def _scan(self, folder: Path) -> _Content:
        folders: list[str] = []
        files: list[str] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith((".", "__MACOSX")):
                        continue
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
        )

    def _sort_in(self, entry: os.DirEntry[str], folders: list[str], files: list[str]) -> None:
        if not entry.name.isascii() and not _is_text(entry.name):
            self.report(
                IssueKind.UNREADABLE,
                Path(entry.path),
                problem=f"The name {entry.name!a} is not text in UTF-8; it was left out.",
                fix="Rename it.",
            )
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


def _leads_back(entry: os.DirEntry[str]) -> bool:
    """Tell whether a link points at the folder that it lies in, or at one above it."""
    target = Path(entry.path).resolve()
    return Path(entry.path).parent.resolve().is_relative_to(target)


def _is_text(name: str) -> bool:
    """Tell whether a file name can be written in UTF-8; on Linux any bytes can be a name."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Return a sort key that puts 9.png before 10.png."""
    parts: list[str | int] = [
        int(part) if index % 2 else part.casefold()
        for index, part in enumerate(re.split(r"(\d+)", name))
    ]
    return parts, name


def is_mask_folder(path: Path) -> bool:
    """Tell whether a folder of this name holds masks."""
    return path.name.casefold() in MASK_FOLDERS


def is_normal_name(name: str) -> bool:
    """Tell whether a folder of this name holds normal images."""
    return name.casefold() in NORMAL_NAMES


def match_masks(
    images: Iterable[Path], masks: Iterable[Path]
) -> tuple[dict[str, tuple[Path, ...]], list[Path]]:
    """Return image stem -> its masks, and the masks that belong to no image.

    `000.png` has the mask `000.png`, `000_mask.png`, `000_label.bmp` or `000_gt.png`.
    """
    stems = {image.stem for image in images}
    matched: defaultdict[str, list[Path]] = defaultdict(list)
    strays: list[Path] = []
    for mask in masks:
        stem = mask.stem if mask.stem in stems else _without_mask_ending(mask.stem)
        (matched[stem] if stem in stems else strays).append(mask)
    return {stem: tuple(paths) for stem, paths in matched.items()}, strays


def split_off_masks(files: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Return (images, masks) of a folder in which both lie, told apart by `MASK_ENDINGS`."""
    images: list[Path] = []
    masks: list[Path] = []
    for path in files:
        (images if _without_mask_ending(path.stem) == path.stem else masks).append(path)
    return images, masks


def _without_mask_ending(stem: str) -> str:
    """Return the stem of the image that a mask of this stem belongs to."""
    for ending in MASK_ENDINGS:
        if stem.casefold().endswith(ending):
            return stem[: -len(ending)]
    return stem


def _choose_training_units(
    strata: Mapping[str, str], share: float, *, weights: Mapping[str, int] | None = None
) -> frozenset[str]:
    """Choose this share of the parts for training, the same ones on every machine.

    Args:
        strata: part -> what it is balanced by, such as its rarest defect type.
        share: 0-1.
        weights: part -> number of images, of which each stratum gives this share; 1 by default.
    """
    shuffled = sorted(strata)
    random.Random(SPLIT_SEED).shuffle(shuffled)  # noqa: S311 (a division, not a secret)
    weigh = weights or dict.fromkeys(strata, 1)
    chosen: set[str] = set()
    num_chosen: Counter[str] = Counter()
    num_all: Counter[str] = Counter()
    for unit in sorted(shuffled, key=lambda name: -weigh[name]):
        stratum = strata[unit]
        num_all[stratum] += weigh[unit]
        if num_chosen[stratum] < share * num_all[stratum] - 1e-9:
            chosen.add(unit)
            num_chosen[stratum] += weigh[unit]
    return frozenset(chosen)


def divide_by_unit(samples: list[Sample], share: float) -> list[Sample]:
    """Give this share of the parts to training and the rest to testing, balanced by defect type."""
    total = Counter(sample.defect_type or "" for sample in samples)
    types: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sample in samples:
        types[sample.unit][sample.defect_type or ""] += 1
    rarest = {
        unit: min(counts, key=lambda kind: (kind == "", total[kind], kind))
        for unit, counts in types.items()
    }
    weights = {unit: types[unit][kind] for unit, kind in rarest.items()}
    chosen = _choose_training_units(rarest, share, weights=weights)
    return [
        replace(sample, split=Split.TRAIN if sample.unit in chosen else Split.TEST)
        for sample in samples
    ]


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
