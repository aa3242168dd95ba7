"""A folder on disk becomes a dataset: its layout is detected, and its samples are read."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inspection.datasets.account import UnusedFiles, account_for, describe_account
from inspection.datasets.layout import Layout
from inspection.datasets.layouts import LAYOUTS
from inspection.datasets.listing import Listing
from inspection.errors import DatasetError
from inspection.ground_truth import find_mask_issues, refuse_unusable
from inspection.issues import DatasetIssue, IssueKind
from inspection.paths import expand_home, natural_key
from inspection.types import Sample, Split

POOL = "pool"  # instead of a layout, of several datasets as one


@dataclass(frozen=True, slots=True)
class Dataset:
    """The samples of one dataset folder, in natural order of their ids, and what is odd in it.

    Attributes:
        layout: its name.
        is_labelled: whether something in the folder says what the images show.
        unused: what is not used, so that samples, masks and these make all image files.
        remarks: how the folder was read, where somebody could think otherwise.
        excluded: what was left out on request, () for nothing; None where nobody has asked.
    """

    root: Path
    name: str
    layout: str
    samples: tuple[Sample, ...]
    is_labelled: bool = True
    issues: tuple[DatasetIssue, ...] = ()
    unused: tuple[UnusedFiles, ...] = ()
    remarks: tuple[str, ...] = ()
    excluded: tuple[Sample, ...] | None = None

    @property
    def is_pool(self) -> bool:
        """Whether it was put together of several datasets."""
        return self.layout == POOL

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the categories, sorted."""
        return tuple(sorted({sample.category for sample in self.samples}, key=natural_key))

    @property
    def category(self) -> str:
        """Name of the only category.

        Raises:
            DatasetError: there are several.
        """
        if len(self.categories) > 1:
            raise DatasetError(
                f"The dataset {self.name} has several categories: {', '.join(self.categories)}.",
                "Take one of them.",
            )
        return self.categories[0]

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
        excluded = self.excluded and tuple(s for s in self.excluded if s.category == category)
        return replace(self, samples=samples, issues=issues, unused=unused, excluded=excluded)


def read_dataset(root: Path, *, layout: str | None = None, name: str | None = None) -> Dataset:
    """Read a dataset folder by its directory listings; the layout is found by looking.

    Raises:
        DatasetError: no such folder, not a folder, no images, none of the known layouts, or a name
            that no dataset can have.
    """
    root = Path(os.path.abspath(expand_home(root)))  # noqa: PTH100 (links stay as they are)
    _check_folder(root)
    name = check_name(name or root.name)
    listing = Listing(root)
    layout = layout or _find_layout(listing)
    chosen = _layout_named(layout)
    samples = chosen.read(listing)
    if not samples:
        for issue in listing.issues:
            if issue.kind is IssueKind.UNLABELLED:  # there are images, but nobody knows what of
                raise issue.to_error()
        raise _no_images(root, f"Put images there as {chosen.title} has them: {chosen.expects}.")
    samples.sort(key=lambda sample: natural_key(sample.id))
    unused = account_for(listing, samples, title=chosen.title)
    return Dataset(
        root,
        name,
        layout,
        tuple(samples),
        is_labelled=chosen.is_labelled,
        issues=tuple(listing.issues),
        unused=tuple(unused),
        remarks=tuple(listing.remarks),
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
    if name and equals and not expand_home(given).is_dir():
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


def _find_layout(listing: Listing) -> str:
    """Return the name of the first layout that looks right."""
    for name, layout in LAYOUTS.items():
        if layout.looks_like(listing):
            return name
    if not listing.holds_image(listing.root):
        raise _no_images(listing.root, "Put the images there, or choose another folder.")
    expected = "; ".join(f"{layout.title} ({layout.expects})" for layout in LAYOUTS.values())
    raise DatasetError(
        f"The folder {listing.root} looks like none of: {expected}.", _advise(listing)
    )


def _advise(listing: Listing) -> str:
    """Return what to do: often the dataset lies one level deeper."""
    for folder in listing.folders(listing.root)[:20]:
        inner = Listing(folder)
        for layout in LAYOUTS.values():
            if layout.looks_like(inner):
                return f"Its folder {folder.name} looks like {layout.title}: choose that one."
    return "Put the good parts into a folder good and each defect type into a folder of its own."


def _layout_named(name: str) -> Layout:
    if name not in LAYOUTS:
        known = ", ".join(LAYOUTS)
        raise DatasetError(f"There is no dataset layout {name!r}.", f"Choose one of: {known}.")
    return LAYOUTS[name]


def _no_images(root: Path, fix: str) -> DatasetError:
    return DatasetError(f"The dataset folder {root} holds no images.", fix)
