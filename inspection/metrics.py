"""How well scores separate normal from anomalous, how often verdicts are right: pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inspection.types import AnomalyMap, Mask


def auroc(normal: ArrayLike, anomalous: ArrayLike) -> float:
    """Return the chance that an anomalous score exceeds a normal one, ties counting half.

    NaN if either side is empty. Equal to the area under the ROC curve (Mann-Whitney U).
    """
    low = np.sort(np.asarray(normal).ravel())
    high = np.asarray(anomalous).ravel()
    if low.size == 0 or high.size == 0:
        return float("nan")
    below = np.searchsorted(low, high, side="left").sum(dtype=np.float64)
    up_to = np.searchsorted(low, high, side="right").sum(dtype=np.float64)
    return float((below + up_to) / (2.0 * low.size * high.size))


def image_auroc(scores: ArrayLike, is_anomalous: ArrayLike) -> float:
    """Return the AUROC of image scores (n,) against labels (n,); NaN if one class is absent."""
    values, labels = np.asarray(scores), np.asarray(is_anomalous, bool)
    return auroc(values[~labels], values[labels])


def pixel_auroc(maps: Sequence[AnomalyMap], masks: Sequence[Mask]) -> float:
    """Return the AUROC over all pixels of maps and masks (h, w); exact, not binned."""
    normal = [anomaly_map[~mask] for anomaly_map, mask in zip(maps, masks, strict=True)]
    anomalous = [anomaly_map[mask] for anomaly_map, mask in zip(maps, masks, strict=True)]
    return auroc(_joined(normal), _joined(anomalous))


@dataclass(frozen=True, slots=True)
class Confusion:
    """Verdicts against truth at one threshold; a positive is a flagged image."""

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int

    @property
    def accuracy(self) -> float:
        right = self.true_positives + self.true_negatives
        return _share(right, right + self.false_positives + self.false_negatives)

    @property
    def precision(self) -> float:
        return _share(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        return _share(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float:
        wrong = self.false_positives + self.false_negatives
        return _share(2 * self.true_positives, 2 * self.true_positives + wrong)

    @property
    def false_alarm_rate(self) -> float:
        return _share(self.false_positives, self.false_positives + self.true_negatives)


def confusion(is_flagged: ArrayLike, is_anomalous: ArrayLike) -> Confusion:
    """Count verdicts (n,) against labels (n,)."""
    flagged, labels = np.asarray(is_flagged, bool), np.asarray(is_anomalous, bool)
    return Confusion(
        true_positives=int((flagged & labels).sum()),
        false_positives=int((flagged & ~labels).sum()),
        true_negatives=int((~flagged & ~labels).sum()),
        false_negatives=int((~flagged & labels).sum()),
    )


def _joined(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate(parts) if parts else np.empty(0, np.float32)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
