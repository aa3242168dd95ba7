"""How well scores separate normal from anomalous, how often verdicts are right: pure functions.

Everything rests on one picture: score levels in ascending order, and how much normal and how much
anomalous weight lies at each. `*_of` functions take these weights as arrays (..., k), so that many
resamples are worked out at once; the others take scores. Sums are float64. A metric that is not
defined, for want of one class, is NaN.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inspection.types import AnomalyMap, Mask

Weights = NDArray[np.float64]
"""(..., k): weight at each of k score levels, in ascending order of the score."""

Values = NDArray[np.float64]
"""(...): one metric for each resample."""


def count_levels(scores: ArrayLike, is_anomalous: ArrayLike) -> tuple[Weights, Weights]:
    """Return how many normal and anomalous scores (n,) lie at each distinct score, ascending."""
    levels, at = np.unique(np.asarray(scores).ravel(), return_inverse=True)
    labels = np.asarray(is_anomalous, bool).ravel()
    normal = np.bincount(at[~labels], minlength=levels.size).astype(np.float64)
    anomalous = np.bincount(at[labels], minlength=levels.size).astype(np.float64)
    return normal, anomalous


def auroc_of(normal: Weights, anomalous: Weights) -> Values:
    """Return the chance that an anomalous score exceeds a normal one, ties counting half.

    The area under the ROC curve, trapezoids between levels (Mann-Whitney U).
    """
    below = np.cumsum(normal, axis=-1) - normal
    wins = (anomalous * (below + normal / 2)).sum(axis=-1)
    return _divide(wins, normal.sum(axis=-1) * anomalous.sum(axis=-1))


def average_precision_of(normal: Weights, anomalous: Weights) -> Values:
    """Return the sum of precision times gain in recall over all levels, from the highest down.

    As scikit-learn defines it: steps, no interpolation. NaN unless both classes are there.
    """
    hits, alarms = _from_above(anomalous), _from_above(normal)
    precision = np.nan_to_num(_divide(hits, hits + alarms))
    recalled = _divide((precision * anomalous).sum(axis=-1), anomalous.sum(axis=-1))
    return np.where(normal.sum(axis=-1) > 0, recalled, np.nan)


def f1_max_of(normal: Weights, anomalous: Weights) -> Values:
    """Return the highest F1 that any threshold reaches; NaN unless both classes are there."""
    hits, alarms = _from_above(anomalous), _from_above(normal)
    total = anomalous.sum(axis=-1, keepdims=True)
    best = np.max(_divide(2 * hits, total + hits + alarms), axis=-1, initial=0.0)
    is_defined = (total[..., 0] > 0) & (normal.sum(axis=-1) > 0)
    return np.where(is_defined, best, np.nan)


def aupro_of(normal: Weights, overlaps: Weights, *, fpr_limit: float = 0.3) -> Values:
    """Return the area under the per-region overlap curve up to a false-positive rate, over it.

    Per-region overlap (Bergmann et al. 2021): the share of a defect that is flagged, averaged over
    all connected defects, whatever their size; against the share of normal pixels that are flagged.
    Trapezoids between levels; at the limit the curve is interpolated.

    Args:
        normal: pixels outside every defect.
        overlaps: pixels inside, each weighing 1 / size of its connected defect (`region_weights`).
        fpr_limit: share of normal pixels, in (0, 1].
    """
    shape = (*normal.shape[:-1], 1)
    rate = np.concatenate([np.zeros(shape), _share_above(normal)], axis=-1)
    overlap = np.concatenate([np.zeros(shape), _share_above(overlaps)], axis=-1)
    left, right = rate[..., :-1], rate[..., 1:]
    end = np.minimum(right, fpr_limit)
    width = np.maximum(end - left, 0.0)
    slope = np.nan_to_num(_divide(overlap[..., 1:] - overlap[..., :-1], right - left))
    area = (width * (overlap[..., :-1] + slope * width / 2)).sum(axis=-1) / fpr_limit
    is_defined = (normal.sum(axis=-1) > 0) & (overlaps.sum(axis=-1) > 0)
    return np.where(is_defined, area, np.nan)


def auroc(normal: ArrayLike, anomalous: ArrayLike) -> float:
    """Return the AUROC of two sets of scores, of any shape."""
    low, high = np.asarray(normal).ravel(), np.asarray(anomalous).ravel()
    return image_auroc(np.concatenate([low, high]), np.arange(low.size + high.size) >= low.size)


def image_auroc(scores: ArrayLike, is_anomalous: ArrayLike) -> float:
    """Return the AUROC of image scores (n,) against labels (n,)."""
    return float(auroc_of(*count_levels(scores, is_anomalous)))


def image_ap(scores: ArrayLike, is_anomalous: ArrayLike) -> float:
    """Return the average precision of image scores (n,) against labels (n,)."""
    return float(average_precision_of(*count_levels(scores, is_anomalous)))


def image_f1_max(scores: ArrayLike, is_anomalous: ArrayLike) -> float:
    """Return the highest F1 over all thresholds, which no deployment can know beforehand."""
    return float(f1_max_of(*count_levels(scores, is_anomalous)))


def pixel_auroc(maps: Sequence[AnomalyMap], masks: Sequence[Mask]) -> float:
    """Return the AUROC over all pixels of maps and masks (h, w); exact, and all in memory.

    `inspection.pixels.PixelTally` is the same for many or large maps.
    """
    return float(auroc_of(*count_levels(_joined(maps), _joined(masks))))


def roc_curve(normal: Weights, anomalous: Weights) -> tuple[Weights, Weights]:
    """Return false-positive and true-positive rate from the highest level down; starts at (0, 0).

    With overlaps in place of anomalous weights this is the PRO curve.
    """
    start = np.zeros(1)
    return (
        np.concatenate([start, _share_above(normal)]),
        np.concatenate([start, _share_above(anomalous)]),
    )


def pr_curve(normal: Weights, anomalous: Weights) -> tuple[Weights, Weights]:
    """Return recall and precision from the highest level down."""
    hits, alarms = _from_above(anomalous)[::-1], _from_above(normal)[::-1]
    return _divide(hits, anomalous.sum()), _divide(hits, hits + alarms)


def thin_curve(x: Weights, y: Weights, *, most: int = 300) -> tuple[Weights, Weights]:
    """Return at most so many points of a curve, evenly spaced along it; both ends stay."""
    if x.size <= most:
        return x, y
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    chosen = np.searchsorted(length, np.linspace(0.0, length[-1], most))
    chosen = np.unique(np.append(chosen.clip(0, x.size - 1), [0, x.size - 1]))[-most:]
    return x[chosen], y[chosen]


@dataclass(frozen=True, slots=True)
class Confusion:
    """Verdicts against truth at one threshold; a positive is a flagged image (or pixel)."""

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int

    @property
    def num_normal(self) -> int:
        return self.false_positives + self.true_negatives

    @property
    def num_anomalous(self) -> int:
        return self.true_positives + self.false_negatives

    @property
    def accuracy(self) -> float:
        right = self.true_positives + self.true_negatives
        return _share(right, right + self.false_positives + self.false_negatives)

    @property
    def precision(self) -> float:
        return _share(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        return _share(self.true_positives, self.num_anomalous)

    @property
    def f1(self) -> float:
        wrong = self.false_positives + self.false_negatives
        return _share(2 * self.true_positives, 2 * self.true_positives + wrong)

    @property
    def iou(self) -> float:
        """Intersection over union; of images it is also called the Jaccard index."""
        wrong = self.false_positives + self.false_negatives
        return _share(self.true_positives, self.true_positives + wrong)

    @property
    def false_alarm_rate(self) -> float:
        return _share(self.false_positives, self.num_normal)


def confusion(is_flagged: ArrayLike, is_anomalous: ArrayLike) -> Confusion:
    """Count verdicts against labels, of the same shape: images (n,) or pixels (h, w)."""
    flagged, labels = np.asarray(is_flagged, bool), np.asarray(is_anomalous, bool)
    return Confusion(
        true_positives=int((flagged & labels).sum()),
        false_positives=int((flagged & ~labels).sum()),
        true_negatives=int((~flagged & ~labels).sum()),
        false_negatives=int((~flagged & labels).sum()),
    )


def _from_above(weights: Weights) -> Weights:
    """Return the weight at or above each level."""
    above: Weights = np.cumsum(weights[..., ::-1], axis=-1)[..., ::-1]
    return above


def _share_above(weights: Weights) -> Weights:
    """Return the same as a share of all weight, listed from the highest level down."""
    total = weights.sum(axis=-1, keepdims=True)
    return _divide(np.cumsum(weights[..., ::-1], axis=-1), total)


def _divide(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Divide, NaN where the divisor is 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    quotient = np.full(part.shape, np.nan)
    np.divide(part, whole, out=quotient, where=whole != 0)
    return quotient


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate([part.ravel() for part in parts]) if parts else np.empty(0)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
