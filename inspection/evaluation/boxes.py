"""How well the boxes of defects are found: average precision of each kind, as COCO counts it.

From the surest box on, a box is right if it overlaps a marked one of its kind that no surer box
has taken; precision is read at 101 recalls, each the best at that recall or beyond, and averaged
(Lin et al. 2014). A test holds it to torchmetrics, which needs PyTorch and the COCO API.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from inspection.boxes import SURE, KindBox

Values = NDArray[np.float64]

OVERLAPS = np.arange(50, 100, 5) / 100  # intersection over union from which on a box is right
RECALLS = np.arange(101) / 100


@dataclass(frozen=True, slots=True)
class BoxedImage:
    """The boxes that a detector has found in one image, and those that a person has marked."""

    found: tuple[KindBox, ...]
    marked: tuple[KindBox, ...]
    unit: str = ""

    def of(self, kind: str) -> Self:
        """Return the same image with the boxes of one kind, the surest first."""
        found = sorted((box for box in self.found if box.kind == kind), key=lambda one: -one.score)
        marked = tuple(box for box in self.marked if box.kind == kind)
        return type(self)(tuple(found), marked, self.unit)


@dataclass(frozen=True, slots=True, eq=False)
class RankedBoxes:
    """All boxes of one kind in test images, from the surest found one on.

    Attributes:
        scores: (n,), descending.
        hits: (overlaps, n), whether each is right at each of `OVERLAPS`.
        rows: (n,), the image that each lies in.
        num_marked: (images,).
    """

    scores: Values
    hits: NDArray[np.bool_]
    rows: NDArray[np.int64]
    num_marked: Values

    def average_precision(self, weights: Values) -> Values:
        """Return average precision (resamples, overlaps); NaN where no box is marked.

        Args:
            weights: (resamples, images), how often each image counts.
        """
        counts = weights[:, self.rows]  # (resamples, n)
        found = counts.cumsum(axis=1)
        whole = weights @ self.num_marked
        precision = np.full((len(weights), len(OVERLAPS)), np.nan)
        for column, hits in enumerate(self.hits):
            right = (counts * hits).cumsum(axis=1)
            share = right / np.maximum(found, 1)
            best = np.maximum.accumulate(share[:, ::-1], axis=1)[:, ::-1]
            for row in np.flatnonzero(whole):
                at = np.searchsorted(right[row] / whole[row], RECALLS, side="left")
                reached = at < len(self.scores)
                precision[row, column] = best[row, at[reached]].sum() / len(RECALLS)
        return precision

    def count_sure(self) -> tuple[int, int]:
        """Return how many boxes surer than `SURE` are right, and wrong, at half overlap."""
        sure = self.scores > SURE
        num_right = int((self.hits[0] & sure).sum())
        return num_right, int(sure.sum()) - num_right


def list_kinds(images: Iterable[BoxedImage]) -> list[str]:
    """Return the kinds of all boxes, found or marked, by name."""
    return sorted({box.kind for image in images for box in (*image.found, *image.marked)})


def rank_boxes(images: Sequence[BoxedImage], kind: str) -> RankedBoxes:
    """Match the boxes of one kind, image by image, and put all of them into one order."""
    chosen = [image.of(kind) for image in images]
    hits = [match_boxes(one.found, one.marked) for one in chosen]
    scores = np.array([box.score for one in chosen for box in one.found])
    rows = np.repeat(np.arange(len(chosen)), [len(one.found) for one in chosen])
    order = np.argsort(-scores, kind="stable")
    return RankedBoxes(
        scores[order],
        np.concatenate([*hits, np.zeros((len(OVERLAPS), 0), np.bool_)], axis=1)[:, order],
        rows[order],
        np.array([len(one.marked) for one in chosen], np.float64),
    )


def match_boxes(found: Sequence[KindBox], marked: Sequence[KindBox]) -> NDArray[np.bool_]:
    """Return (overlaps, n): whether each found box takes a marked one at each of `OVERLAPS`.

    Each takes the one that it overlaps most among those that are left.

    Args:
        found: n boxes in one image, the surest first.
        marked: of the same image.
    """
    shared = measure_overlaps(found, marked)
    hits = np.zeros((len(OVERLAPS), len(found)), np.bool_)
    if not marked:
        return hits
    for row, least in enumerate(OVERLAPS):
        left = np.ones(len(marked), np.bool_)
        for place in np.flatnonzero(shared.max(axis=1) >= least):
            open_to = np.where(left, shared[place], -1.0)
            best = int(open_to.argmax())
            if open_to[best] >= least:
                left[best], hits[row, place] = False, True
    return hits


def measure_overlaps(first: Sequence[KindBox], second: Sequence[KindBox]) -> Values:
    """Return the intersection over union of every pair of boxes, (n, m)."""
    a = np.array([box.edges for box in first], np.float64).reshape(-1, 1, 4)
    b = np.array([box.edges for box in second], np.float64).reshape(1, -1, 4)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.asarray(sides.clip(min=0).prod(axis=2))
    areas = [(box[..., 2:] - box[..., :2]).prod(axis=2) for box in (a, b)]
    return np.asarray(shared / np.maximum(areas[0] + areas[1] - shared, 1e-12))


def find_best_score(images: Sequence[BoxedImage]) -> float:
    """Return the score from which on boxes agree best with marked ones, by F1 at half overlap.

    It lies midway between two found scores; `SURE` where no box is right.
    """
    ranked = [rank_boxes(images, kind) for kind in list_kinds(images)]
    num_marked = sum(one.num_marked.sum() for one in ranked)
    scores = np.concatenate([one.scores for one in ranked]) if ranked else np.zeros(0)
    hits = np.concatenate([one.hits[0] for one in ranked]) if ranked else np.zeros(0, np.bool_)
    if not hits.any():
        return SURE
    order = np.argsort(-scores, kind="stable")
    right = hits[order].cumsum()
    f1 = 2 * right / (np.arange(1, len(order) + 1) + num_marked)
    last = int(f1.argmax())
    lowest = scores[order[last]]
    below = scores[order[last + 1]] if last + 1 < len(order) else 0.0
    return float((lowest + below) / 2)
