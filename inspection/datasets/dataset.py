"""Folders on disk become samples: one reader per layout, found by looking."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inspection.datasets.account import UnusedFiles, account_for, describe_account
from inspection.datasets.folders import Listing
from inspection.datasets.layouts import ad2 as readers_ad2
from inspection.datasets.layouts import boxes as readers_boxes
from inspection.datasets.layouts import coco as readers_coco
from inspection.datasets.layouts import folders as readers
from inspection.datasets.layouts import labelme as readers_labelme
from inspection.datasets.layouts import masks as readers_masks
from inspection.datasets.layouts import voc as readers_voc
from inspection.datasets.layouts import yolo as readers_yolo
from inspection.errors import DatasetError
from inspection.ground_truth import (
    find_mask_issues,
    has_ground_truth,
    read_mask,
    refuse_unusable,
)
from inspection.issues import DatasetIssue, IssueKind
from inspection.paths import natural_key
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


FLAT = "flat"
"""Name of the layout in which nothing says that the images are good."""


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
        "mvtec_ad2",
        "MVTec AD 2",
        "<category>/train/good, validation/good, test_public/<type> and test_public/ground_truth",
        readers_ad2.looks_like_ad2,
        readers_ad2.read_ad2,
    ),
    Layout(
        "coco",
        "COCO",
        "annotations/*.json, or a JSON file beside the images or in each of train, valid and test",
        readers_coco.looks_like_coco,
        readers_coco.read_coco,
    ),
    Layout(
        "yolo",
        "YOLO",
        "images and labels, each with train and val or in them, data.yaml with the names",
        readers_yolo.looks_like_yolo,
        readers_yolo.read_yolo,
    ),
    Layout(
        "voc",
        "Pascal VOC",
        "an XML file beside each image or in a folder Annotations",
        readers_voc.looks_like_voc,
        readers_voc.read_voc,
    ),
    Layout(
        "labelme",
        "LabelMe",
        "a JSON file beside each image that somebody looked at",
        readers_labelme.looks_like_labelme,
        readers_labelme.read_labelme,
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
    Layout(
        FLAT,
        "flat folder",
        "images in the folder itself and in no other",
        readers.looks_like_flat,
        readers.read_flat,
    ),
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """The samples of one dataset folder, in natural order of their ids, and what is odd in it.

    Attributes:
        unused: what is not used, so that samples, masks and these make all image files.
        remarks: how the folder was read, where somebody could think otherwise.
    """

    root: Path
    name: str
    layout: str
    samples: tuple[Sample, ...]
    issues: tuple[DatasetIssue, ...] = ()
    unused: tuple[UnusedFiles, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the categories, sorted."""
        return tuple(sorted({sample.category for sample in self.samples}, key=natural_key))

    @property
    def account(self) -> str:
        """Say what became of every image file, in sentences."""
        return " ".join([describe_account(self.samples, self.unused), *self.remarks])

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
        unused = tuple(one for one in self.unused if one.category == category)
        return replace(self, samples=samples, issues=issues, unused=unused)


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
        for issue in listing.issues:
            if issue.kind is IssueKind.UNLABELLED:  # there are images, but nobody knows what of
                raise issue.to_error()
        raise _no_images(root, f"Put images there as {reader.title} has them: {reader.expects}.")
    samples.sort(key=lambda sample: natural_key(sample.id))
    unused = account_for(listing, samples, title=reader.title)
    return Dataset(
        root,
        name,
        reader.name,
        tuple(samples),
        tuple(listing.issues),
        tuple(unused),
        tuple(listing.remarks),
    )


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
        DatasetError: no images, no good images for training, or a mask that fits no image or whose
            meaning is not certain.
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
    return refuse_unusable([*noted, *find_mask_issues(samples)])


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
    if not listing.holds_image(listing.root):
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


def _no_images(root: Path, fix: str) -> DatasetError:
    return DatasetError(f"The dataset folder {root} holds no images.", fix)
