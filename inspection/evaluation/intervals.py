"""How sure a metric is: 95 % intervals, by the binomial law for shares, by bootstrap for the rest.

The bootstrap draws whole parts with replacement, normal and defective ones apart (stratified), so
each resample has as many parts of either kind as the test set; the interval reaches from the 2.5th
to the 97.5th percentile of the metric over the resamples. Where the classes separate perfectly
every resample does, and the interval has no width: then the number of images shows how sure it is.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
NUM_RESAMPLES = 1000


def binomial_interval(num_hits: int, num_trials: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share (Clopper and Pearson 1934); (0, 1) of no trial."""
    from scipy.special import betaincinv

    tail = (1.0 - CONFIDENCE) / 2
    misses = num_trials - num_hits
    low = float(betaincinv(num_hits, misses + 1, tail)) if num_hits else 0.0
    high = float(betaincinv(num_hits + 1, misses, 1.0 - tail)) if misses else 1.0
    return low, high


def draw_resamples(
    units: Sequence[str], is_anomalous: Sequence[bool], *, seed: int, count: int = NUM_RESAMPLES
) -> NDArray[np.float64]:
    """Return (count, n): how often each of n images counts in each resample.

    Args:
        units: the part that each image shows; its images are drawn together.
        is_anomalous: of each image.
        seed: of the drawing; the same seed and images give the same resamples.
        count: number of resamples.
    """
    rng = np.random.default_rng(seed)
    weights = np.zeros((count, len(units)))
    labels = np.asarray(is_anomalous, bool)
    for label in (False, True):
        rows = np.flatnonzero(labels == label)
        if rows.size == 0:
            continue
        parts, at = np.unique(np.asarray(units)[rows], return_inverse=True)
        drawn = rng.multinomial(parts.size, np.full(parts.size, 1.0 / parts.size), size=count)
        weights[:, rows] = drawn[:, at]
    return weights


def percentile_interval(
    metrics: NDArray[np.float64], *, around: float
) -> tuple[float, float] | None:
    """Return the middle 95 % of a metric over the resamples; None if it was never defined.

    Args:
        metrics: one for each resample.
        around: the metric itself. Resamples repeat images, so those of a metric that is not a mean
            may nearly all lie on one side of it: the interval then reaches as far as the metric.
    """
    known = metrics[np.isfinite(metrics)]
    if known.size == 0:
        return None
    tail = 100 * (1.0 - CONFIDENCE) / 2
    low, high = np.percentile(known, [tail, 100 - tail])
    return min(float(low), around), max(float(high), around)
