"""Folders on disk become samples: one reader per layout, found by looking."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from inspection import readers, readers_boxes, readers_masks
from inspection.errors import DatasetError
from inspection.folders import DatasetIssue, IssueKind, Listing, natural_key
from inspection.ground_truth import find_mask_issues, has_ground_truth, read_mask
from inspection.types import Sample, Split

__all__ = [
    "LAYOUTS",
    "Dataset",
    "DatasetIssue",
    "IssueKind",
    "check_name",
    "check_trainable",
    "has_ground_truth",
    "read_dataset",
    "read_mask",
    "split_name",
]


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to lay out a dataset: how it looks, and how it is read."""

    name: str
    title: str
    expects: str
    looks_like: Callable[[Listing], bool]
    read: Callable[[Listing], list[Sample]]


LAYOUTS = (  # the first that looks right is taken, so the particular come before the general
    Layout(
        "magnetic_tile",
        "Magnetic Tile",
        "folders MT_<Type>/Imgs with .jpg images and .png masks",
        readers_masks.looks_like_magnetic_tile,
        readers_masks.read_magnetic_tile,
    ),
    Layout(
        "visa",
        "VisA",
        "split_csv/1cls.csv and <category>/Data/Images/Normal, Anomaly",
        readers_masks.looks_like_visa,
        readers_masks.read_visa,
    ),
    Layout(
        "dagm",
        "DAGM 2007",
        "Class1 to Class10, each with Train and Test and a folder Label in them",
        readers_masks.looks_like_dagm,
        readers_masks.read_dagm,
    ),
    Layout(
        "deep_pcb",
        "DeepPCB",
        "group<n>/<n> with pairs _test.jpg and _temp.jpg, boxes in group<n>/<n>_not",
        readers_boxes.looks_like_deep_pcb,
        readers_boxes.read_deep_pcb,
    ),
    Layout(
        "neu_det",
        "NEU-DET",
        "IMAGES and ANNOTATIONS with VOC boxes",
        readers_boxes.looks_like_neu,
        readers_boxes.read_neu,
    ),
    Layout(
        "kolektor_sdd",
        "KolektorSDD",
        "kos01 to kos50 with Part0.jpg and Part0_label.bmp",
        readers_masks.looks_like_kolektor,
        readers_masks.read_kolektor,
    ),
    Layout(
        "mvtec_3d",
        "MVTec 3D-AD",
        "<category>/train/good/rgb, test/<type>/rgb and test/<type>/gt",
        readers.looks_like_mvtec_3d,
        readers.read_mvtec_3d,
    ),
    Layout(
        "mvtec_loco",
        "MVTec LOCO AD",
        "<category>/train/good, test/logical_anomalies and ground_truth/<type>/<image>/000.png",
        readers.looks_like_loco,
        readers.read_mvtec,
    ),
    Layout(
        "btad",
        "BTAD",
        "<category>/train/ok, test/ok, test/ko and ground_truth/ko",
        readers.looks_like_btad,
        readers.read_mvtec,
    ),
    Layout(
        "casting",
        "casting products",
        "train and test, each with ok_front and def_front",
        readers.looks_like_casting,
        readers.read_mvtec,
    ),
    Layout(
        "mvtec",
        "MVTec AD or MPDD",
        "<category>/train/good, test/<type> and ground_truth/<type>/<image>_mask.png",
        readers.looks_like_mvtec,
        readers.read_mvtec,
    ),
    Layout(
        "plain",
        "plain folder",
        "a folder good, normal or ok beside one folder per defect type, masks optional",
        readers.looks_like_plain,
        readers.read_plain,
    ),
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """The samples of one dataset folder, in natural order of their ids, and what is odd in it."""

    root: Path
    name: str
    layout: str
    samples: tuple[Sample, ...]
    issues: tuple[DatasetIssue, ...] = ()

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the categories, sorted."""
        return tuple(sorted({sample.category for sample in self.samples}, key=natural_key))

    def of(self, category: str) -> "Dataset":
        """Return the part of the dataset that belongs to one category.

        Raises:
            DatasetError: there is no such category.
        """
        samples = tuple(sample for sample in self.samples if sample.category == category)
        if not samples:
            raise DatasetError(
                f"The dataset {self.name} has no category {category!r}.",
                f"Choose one of: {', '.join(self.categories)}.",
            )
        issues = tuple(issue for issue in self.issues if issue.category in (category, None))
        return replace(self, samples=samples, issues=issues)


def read_dataset(root: Path, *, layout: str | None = None, name: str | None = None) -> Dataset:
    """Read a dataset folder by its directory listings; the layout is found by looking.

    Raises:
        DatasetError: no such folder, not a folder, no images, none of the known layouts, or a name
            that no dataset can have.
    """
    root = Path(os.path.abspath(root.expanduser()))  # noqa: PTH100 (links stay as they are)
    _check_folder(root)
    name = check_name(name or root.name)
    listing = Listing(root)
    reader = _find_layout(listing) if layout is None else _layout_named(layout)
    samples = reader.read(listing)
    if not samples:
        raise _no_images(root, f"Put images there as {reader.title} has them: {reader.expects}.")
    samples.sort(key=lambda sample: natural_key(sample.id))
    _report_left_out(listing, samples)
    return Dataset(root, name, reader.name, tuple(samples), tuple(listing.issues))


def check_name(name: str) -> str:
    """Return the name of a dataset, of which one folder of checkpoints is called.

    Raises:
        DatasetError: no folder can be called so.
    """
    if name.strip() in ("", ".", "..") or not set(name).isdisjoint("/\\"):
        raise DatasetError(
            f"A dataset cannot be called '{name}'.", "Give it a plain name: --dataset NAME."
        )
    return name


def split_name(given: Path | str) -> tuple[str | None, Path]:
    """Return name and folder of a dataset given as DIR (which has no other name) or NAME=DIR."""
    name, equals, rest = str(given).partition("=")
    if name and equals and not Path(given).expanduser().is_dir():
        return name, Path(rest)
    return None, Path(given)


def check_trainable(
    samples: Sequence[Sample],
    *,
    issues: Sequence[DatasetIssue] = (),
    needs_normal: bool = True,
) -> list[DatasetIssue]:
    """Refuse samples that nothing can be learned from, and return what else is odd in them.

    Args:
        samples: of one category.
        issues: what `read_dataset` noted (`Dataset.issues`); of other categories they are ignored.
        needs_normal: False for a detector that also learns from defects alone.

    Raises:
        DatasetError: no images, no good images for training, or a mask that fits no image.
    """
    if not samples:
        raise DatasetError("There are no images to train on.", "Choose a folder that holds images.")
    has_normal = any(s.split is not Split.TEST and not s.is_anomalous for s in samples)
    if needs_normal and not has_normal:
        raise DatasetError(
            f"The category {samples[0].category!r} has no good images for training.",
            "Put images of parts without defects into train/good (or a folder good, normal or ok).",
        )
    categories = {None, *(sample.category for sample in samples)}
    noted = (issue for issue in issues if issue.category in categories)
    found = [*noted, *find_mask_issues(samples)]
    for issue in found:
        if issue.kind in (IssueKind.STRAY_MASK, IssueKind.MASK_SIZE):
            raise issue.to_error()
    return found


def _check_folder(root: Path) -> None:
    if not root.exists():
        raise DatasetError(
            f"There is no dataset folder {root}.", "Check the path for typing errors."
        )
    if not root.is_dir():
        raise DatasetError(
            f"{root} is a file, not a dataset folder.", "Give the folder that holds the images."
        )
    try:
        os.scandir(root).close()
    except OSError as error:
        raise DatasetError(
            f"The dataset folder {root} cannot be read ({error.strerror}).",
            "Allow reading it, or choose another folder.",
        ) from error


def _find_layout(listing: Listing) -> Layout:
    for layout in LAYOUTS:
        if layout.looks_like(listing):
            return layout
    if not _holds_image(listing, listing.root):
        raise _no_images(listing.root, "Put the images there, or choose another folder.")
    expected = "; ".join(f"{layout.title} ({layout.expects})" for layout in LAYOUTS)
    raise DatasetError(
        f"The folder {listing.root} looks like none of: {expected}.", _advise(listing)
    )


def _advise(listing: Listing) -> str:
    """Return what to do: often the dataset lies one level deeper."""
    for folder in listing.folders(listing.root)[:20]:
        inner = Listing(folder)
        for layout in LAYOUTS:
            if layout.looks_like(inner):
                return f"Its folder {folder.name} looks like {layout.title}: choose that one."
    return "Put the good parts into a folder good and each defect type into a folder of its own."


def _layout_named(name: str) -> Layout:
    for layout in LAYOUTS:
        if layout.name == name:
            return layout
    known = ", ".join(layout.name for layout in LAYOUTS)
    raise DatasetError(f"There is no dataset layout {name!r}.", f"Choose one of: {known}.")


def _report_left_out(listing: Listing, samples: Sequence[Sample]) -> None:
    """Note folders with images that were not read, where each folder should be a category."""
    read = {sample.id.split("/", 1)[0] for sample in samples}
    if listing.root.name in {sample.category for sample in samples}:
        return
    for folder in listing.folders(listing.root):
        if folder.name not in read and _holds_image(listing, folder):
            listing.report(
                IssueKind.LEFT_OUT,
                folder,
                problem=f"The folder {folder.name} is laid out otherwise and was left out.",
                fix="Open it as a dataset of its own.",
            )


def _holds_image(listing: Listing, folder: Path, *, depth: int = 6) -> bool:
    level = [folder]
    for _ in range(depth):
        if any(listing.images(folder) for folder in level):
            return True
        level = list(chain.from_iterable(listing.folders(folder) for folder in level))[:1000]
    return False


def _no_images(root: Path, fix: str) -> DatasetError:
    return DatasetError(f"The dataset folder {root} holds no images.", fix)
