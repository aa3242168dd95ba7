"""How far an image stands out from good parts: one axis, the same for every detector.

A score becomes standard deviations of good parts. Among the held-out scores its rank decides (a
normal-scores transform, so that any monotone score gives the same); beyond all of them it goes on
in robust spreads of their logarithms, which is an extrapolation. `ui/viewer/standing.js` does the
same in the browser.
"""

import numpy as np
from numpy.typing import NDArray

from inspection.calibration import TINY
from inspection.types import Calibration, Standing

Levels = NDArray[np.float64]
"""Logarithms of scores; parts along the first axis."""

UPPER_SHARE, UPPER_NORMAL = 0.9, 1.2816
"""A quantile of the good parts, and where the normal distribution has it."""

LEAST_SPREAD = 0.01
"""Of logarithms, 1 %: a detector whose good parts are all alike must not outweigh the others."""


def stand(score: float, calibration: Calibration) -> Standing:
    """Return where a score stands among the normal ones of its detector.

    Args:
        score: in the detector's own units.
        calibration: of the detector, with at least one good part.
    """
    normal = calibration.normal_scores
    num_below = int(np.searchsorted(normal, np.float32(score), side="left"))
    spreads = 0.0
    if num_below == normal.size:
        levels = to_levels(np.append(normal, np.float32(score)).astype(np.float64))
        _, spread = scale_of(levels[:-1])
        spreads = float((levels[-1] - levels[-2]) / spread)
    return Standing(num_below, int(normal.size), spreads)


def to_levels(scores: NDArray[np.float64]) -> Levels:
    """Return logarithms; a score of 0 becomes that of the smallest number."""
    return np.asarray(np.log(np.maximum(scores, TINY)))


def scale_of(levels: Levels) -> tuple[Levels, Levels]:
    """Return median and spread of logarithms along the first axis.

    The spread is how far the upper tenth of the parts lies above the median, in standard deviations
    of a normal distribution. Both ignore what the highest part has, which may be a defect.
    """
    centre = np.median(levels, axis=0)
    upper = np.quantile(levels, UPPER_SHARE, axis=0) - centre
    return centre, np.maximum(upper / UPPER_NORMAL, LEAST_SPREAD)
