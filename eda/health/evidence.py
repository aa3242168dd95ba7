"""What the checks of a dataset judge by, put together once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eda.choice import Choice
from eda.frame import GOOD, list_issues, readable, select
from eda.opened import Opened
from eda.verdicts import Verdicts
from inspection.detector import DetectorInfo
from inspection.issues import DatasetIssue
from inspection.types import Split

if TYPE_CHECKING:
    from eda.similarity import ImageComparison


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The chosen part of a dataset.

    Attributes:
        images: the readable ones (`frame.make_frame`), whose index is their row in the dataset,
            with `unit` (the part that they show), `is_bad` and `is_test`.
        unreadable: the others.
        defects: one row per defect (`frame.make_defect_frame`).
        issues: what is odd about files, each with the id of its image, or "".
        detectors: that may learn from the dataset.
        judges: every detector that was evaluated on images of the dataset.
        compare: returns the images compared with each other.
        vectors: (n, d), one embedding per row of `images`; None where there are none.
        get_thumbnails: returns id -> JPEG.
        get_coverages: returns id -> coverage (`facts.decode_coverage`) of images with defects.
    """

    images: pd.DataFrame
    unreadable: pd.DataFrame
    defects: pd.DataFrame
    issues: Sequence[tuple[DatasetIssue, str]]
    detectors: Mapping[str, DetectorInfo]
    judges: Sequence[Verdicts]
    compare: Callable[[], "ImageComparison"]
    vectors: NDArray[np.float32] | None
    get_thumbnails: Callable[[Sequence[str]], Mapping[str, bytes]]
    get_coverages: Callable[[Sequence[str]], Mapping[str, bytes]]

    @property
    def has_many(self) -> bool:
        """Whether there are several categories, so that sentences name them."""
        return bool(self.images["category"].nunique() > 1)

    def categories(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield every category with its images."""
        for name, rows in self.images.groupby("category"):
            yield str(name), rows

    def where(self, category: str) -> str:
        """Return " in CATEGORY", or nothing where there is only one."""
        return f" in {category.replace('_', ' ')}" if self.has_many else ""


def gather(opened: Opened, choice: Choice) -> Evidence:
    """Return what is known of the chosen category, or of all."""
    frame = _with_marks(opened)
    chosen = select(frame, category=choice.category)
    images = readable(chosen)
    ids = {sample.image_path: sample.id for sample in opened.index.samples}
    issues = [
        (issue, ids.get(issue.path, ""))
        for issue in list_issues(opened.index)
        if choice.category in (None, issue.category)
    ]
    return Evidence(
        images=images,
        unreadable=chosen.drop(images.index),
        defects=select(opened.defects, category=choice.category),
        issues=issues,
        detectors=choice.detectors,
        judges=choice.judges,
        compare=lambda: opened.compared(choice.category, choice.vectors),
        vectors=None if choice.vectors is None else choice.vectors[images.index.to_numpy()],
        get_thumbnails=opened.index.thumbnails,
        get_coverages=opened.index.coverages,
    )


def _with_marks(opened: Opened) -> pd.DataFrame:
    frame = opened.images
    return frame.assign(
        unit=[sample.unit for sample in opened.index.samples],
        is_bad=frame["defect_type"] != GOOD,
        is_test=frame["split"] == Split.TEST.value,
    )
