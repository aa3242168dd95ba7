"""Whether images score otherwise than held-out good parts: light, camera or material may differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inspection.calibration import TINY
from inspection.types import Calibration

LEAST_COMPARED = 8
"""Images below which nothing is said: half of so few lie anywhere."""

SURE = 0.01
"""A shift is told where chance alone would show one as large in fewer batches than this share."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How one detector's scores of several images lie to those of good parts.

    Flagged images, and good parts above the threshold, take no part: the images may show defects.
    Without any shift, what is left of both is distributed alike.

    Attributes:
        ratio: median score of the images, in medians of the good parts.
        chance: probability of a difference as large without any shift (Mann-Whitney, two-sided).
        num_compared: images that are not flagged.
    """

    ratio: float
    chance: float
    num_compared: int

    @property
    def is_sure(self) -> bool:
        return self.chance < SURE


def measure_shift(
    scores: Sequence[float], calibration: Calibration, threshold: float
) -> Shift | None:
    """Return how scores lie to those of the calibration; None where there are too few to say.

    Args:
        scores: of one detector, one per image.
        calibration: of that detector.
        threshold: above which it flags.
    """
    from scipy.stats import mannwhitneyu  # takes a second

    given = np.asarray(scores, np.float32)
    images = given[given <= threshold]
    good = calibration.normal_scores[calibration.normal_scores <= threshold]
    if min(len(images), len(good)) < LEAST_COMPARED:
        return None
    ratio = float(np.median(images)) / max(float(np.median(good)), TINY)
    chance = float(mannwhitneyu(images, good).pvalue)
    return Shift(ratio, 1.0 if np.isnan(chance) else chance, len(images))
