"""Two detectors on the same images: is a difference more than chance?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.evaluation.intervals import draw_resamples

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """How many of the same images one flags and another does not.

    Attributes:
        only_first, only_second: images that one of the two flags alone.
        p_value: of McNemar's exact test, two-sided.
        low, high: interval of (first - second) / images, from resamples of whole parts.
    """

    only_first: int
    only_second: int
    p_value: float
    low: float
    high: float

    def is_beyond_chance(self, doubt: float) -> bool:
        """Return whether test and interval agree that there is a difference.

        The test takes images for independent; where several show one part, the interval, which is
        drawn from parts, is the stricter one.
        """
        return self.p_value <= doubt and (self.low > 0 or self.high < 0)


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test (McNemar 1947; binomial)."""
    from scipy.special import bdtr

    total = only_first + only_second
    return min(1.0, 2.0 * float(bdtr(min(only_first, only_second), total, 0.5))) if total else 1.0


def compare_pair(
    first: Flags, second: Flags, units: Sequence[str], *, doubt: float, seed: int = 0
) -> PairedDifference:
    """Compare what two detectors flag of the same n images, at least one.

    Args:
        first: (n,), what one flags.
        second: (n,), what the other flags.
        units: the part that each image shows; the images of one are drawn together.
        doubt: share of the resamples that lie outside the interval, such as 0.05.
        seed: of the resamples.
    """
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    steps = first.astype(np.float64) - second.astype(np.float64)
    weights = draw_resamples(units, [True] * len(units), seed=seed)
    drawn = weights @ steps / weights.sum(axis=1)
    low, high = np.quantile(drawn, [doubt / 2, 1 - doubt / 2])
    return PairedDifference(
        only_first, only_second, mcnemar(only_first, only_second), float(low), float(high)
    )
