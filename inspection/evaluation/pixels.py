"""Pixel metrics of any number of maps in bounded memory.

Maps are float32 and not negative, so the first bits of a value (its exponent and 12 bits of its
mantissa) are a bin number that rises with the value: 4,096 bins per factor of two, whatever the
detector's units are, without a first pass for the range. Values in one bin, which differ by at most
0.025 %, count as ties. A tie counts half in the AUROC, so the exact metric lies within
`PixelTally.error_bound` of the binned one.

Pixels are compared on the detector's own grid, to which the ground truth is brought: verdict,
outline and metrics then speak of the same numbers, and published metrics are made in the same way
(ground truth brought to the 224 or 256 px of the map).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.evaluation.ranking import Weights
from inspection.types import AnomalyMap, Mask

BIN_SHIFT = 23 - 12  # of the 23 bits of a float32's mantissa, 12 stay
NUM_BINS = 0x7F800000 >> BIN_SHIFT  # infinity would be the first bin that is not there
COARSE_SHIFT = 7  # 32 bins per factor of two, kept for each image: enough for intervals

Bins = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class SparseTally:
    """Pixels by bin, of one image or of many; only bins that hold something.

    Attributes:
        bins: (k,), ascending.
        weights: (3, k): normal pixels, anomalous pixels, anomalous pixels weighing 1 / size of
            their connected defect.
    """

    bins: Bins
    weights: Weights

    def coarse(self) -> "SparseTally":
        """Return the same in bins 128 times as wide."""
        bins, at = np.unique(self.bins >> COARSE_SHIFT, return_inverse=True)
        counts = [np.bincount(at, row, minlength=bins.size) for row in self.weights]
        return SparseTally(bins, np.stack(counts).astype(np.float64))


def tally_map(anomaly_map: AnomalyMap, mask: Mask) -> SparseTally:
    """Sort the pixels of one map (h, w) into bins; the mask is of the same size."""
    bits = np.ascontiguousarray(anomaly_map, np.float32).ravel().view(np.int32)
    numbers = np.maximum(bits, 0) >> BIN_SHIFT  # -0.0 is 0
    lowest = int(numbers.min())
    within = numbers - lowest
    truth = mask.ravel()
    shares = region_weights(mask).ravel()[truth]
    span = int(within.max()) + 1
    weights = np.stack(
        [
            np.bincount(within[~truth], minlength=span).astype(np.float64),
            np.bincount(within[truth], minlength=span).astype(np.float64),
            np.bincount(within[truth], shares, minlength=span),
        ]
    )
    used = np.flatnonzero(weights[:2].sum(axis=0))
    return SparseTally((used + lowest).astype(np.int32), weights[:, used])


def region_weights(mask: Mask) -> NDArray[np.float64]:
    """Return (h, w): 1 / size of the connected defect (8 neighbours) at its pixels, else 0."""
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    sizes = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    shares = 1.0 / np.maximum(sizes, 1.0)
    shares[0] = 0.0  # what is no defect
    return np.asarray(shares[numbers])


@dataclass(slots=True, eq=False)
class PixelTally:
    """Pixels of all images in fine bins, and of each image in coarse ones; made by adding up.

    25 MB, and some 10 kB per image.
    """

    images: list[SparseTally] = field(default_factory=list)
    _fine: Weights = field(default_factory=lambda: np.zeros((3, NUM_BINS)))

    def add(self, anomaly_map: AnomalyMap, mask: Mask) -> None:
        """Add one image."""
        tally = tally_map(anomaly_map, mask)
        self.merge(tally, [tally.coarse()])

    def merge(self, fine: SparseTally, images: Iterable[SparseTally]) -> None:
        """Add what was counted elsewhere."""
        self._fine[:, fine.bins] += fine.weights
        self.images.extend(images)

    def fine(self) -> SparseTally:
        """Return the used bins of all images together."""
        used = np.flatnonzero(self._fine[:2].sum(axis=0))
        return SparseTally(used.astype(np.int32), self._fine[:, used])

    def error_bound(self) -> float:
        """Return how far the exact pixel AUROC can at most be from that of the bins."""
        normal, anomalous, _ = self.fine().weights
        pairs = normal.sum() * anomalous.sum()
        return float((normal * anomalous).sum() / (2 * pairs)) if pairs else 0.0


def stack_tallies(tallies: Sequence[SparseTally]) -> NDArray[np.float64]:
    """Return (3, n, k): the weights of n images at the k bins that any of them uses."""
    if not tallies:
        return np.zeros((3, 0, 0))
    bins = np.unique(np.concatenate([tally.bins for tally in tallies]))
    stacked = np.zeros((3, len(tallies), bins.size))
    for row, tally in enumerate(tallies):
        stacked[:, row, np.searchsorted(bins, tally.bins)] = tally.weights
    return stacked
