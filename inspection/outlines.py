"""Which pixels of a map are outlined: down to a level of their own, in flagged images only.

The threshold says whether an image is flagged. It must let few normal images through and stands
high; a defect ends lower, or, where a map is blurred, well inside of what lies above it.
`ui/viewer/contour.js` does the same in the browser.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from inspection.types import AT_THRESHOLD, AnomalyMap, Mask, Outline

LEVELS = np.linspace(0.02, 0.5, 13)
"""Tried as levels: these quantiles of the pixels of defects."""
SHARES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7)
"""Tried as shares of the peak."""

REACH = 12
"""A peak counts as far around it as the shorter side of the map divided by this."""


def flagged_mask(
    anomaly_map: AnomalyMap, threshold: float, outline: Outline = AT_THRESHOLD
) -> Mask:
    """Return the pixels that are outlined (h, w); none if and only if none exceeds the threshold.

    They are the 8-connected areas strictly above the outline's level, or the threshold if that is
    lower, and above its share of the highest pixel around them, that hold a pixel above the
    threshold (hysteresis, Canny 1986).
    """
    level = threshold if outline.level is None else min(threshold, outline.level)
    inside = anomaly_map > level
    if outline.peak_share > 0:
        inside &= anomaly_map > np.float32(outline.peak_share) * highest_around(anomaly_map)
    certain = inside & (anomaly_map > threshold)
    count, labels = cv2.connectedComponents(inside.astype(np.uint8), connectivity=8)
    is_kept = np.zeros(count, np.bool_)
    is_kept[labels[certain]] = True
    kept: Mask = is_kept[labels]
    return kept


def highest_around(anomaly_map: AnomalyMap) -> AnomalyMap:
    """Return the highest value in a square around each pixel, (h, w)."""
    side = 2 * (min(anomaly_map.shape) // REACH) + 1
    return np.asarray(cv2.dilate(anomaly_map, np.ones((side, side), np.uint8)), np.float32)


def fit_outline(
    marked: Sequence[tuple[AnomalyMap, Mask]], *, threshold: float | None = None
) -> Outline:
    """Return the outline whose mean overlap (IoU) with masks of defects is the highest.

    Args:
        marked: maps and masks of one size, (h, w) each; those without a marked pixel do not count.
        threshold: above which an image is flagged, in the detector's own units; None where it is
            not known yet.
    """
    usable = [(one, mask) for one, mask in marked if mask.any()]
    if not usable:
        return AT_THRESHOLD
    inside = np.concatenate([one[mask] for one, mask in usable])
    # just below them: what is outlined lies strictly above its level
    levels = np.nextafter(np.unique(np.quantile(inside, LEVELS).astype(np.float32)), np.float32(0))
    tried = [Outline(float(level), share) for level in levels for share in SHARES]
    overlaps = [_mean_overlap(usable, outline, threshold) for outline in tried]
    return tried[int(np.argmax(overlaps))]


def _mean_overlap(
    marked: Sequence[tuple[AnomalyMap, Mask]], outline: Outline, threshold: float | None
) -> float:
    total = 0.0
    for anomaly_map, mask in marked:
        least = outline.level if threshold is None else threshold
        flagged = flagged_mask(anomaly_map, least or 0.0, outline)
        total += float((flagged & mask).sum() / (flagged | mask).sum())
    return total / len(marked)
