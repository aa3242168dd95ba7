"""Which pixels of a map are outlined: down to a level of their own, in flagged images only.

The threshold says whether an image is flagged. It must let few normal images through and stands
high. A defect ends elsewhere: where the map has fallen some way from its peak to what is usual, as
the width of a line is taken at half of its height. So a blurred map gets an outline well inside of
what exceeds the threshold, and a map of few high pixels one that goes down below it.
`ui/viewer/contour.js` does the same in the browser.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from inspection.types import AT_THRESHOLD, AnomalyMap, Mask, Outline

REACH = 8
"""Pixels up to which a peak counts, along and across: as far as the maps are blurred."""
USUAL = 0.9
"""Share of the pixels of a normal image that lie below the level."""
SHARES = np.arange(0, 1, 0.05)
"""Tried as shares of the way from the level to the peak."""

Marked = Sequence[tuple[AnomalyMap, Mask]]
"""Maps and masks of one size, (h, w) each."""


def flagged_mask(
    anomaly_map: AnomalyMap, threshold: float, outline: Outline = AT_THRESHOLD
) -> Mask:
    """Return the pixels that are outlined (h, w); none if and only if none exceeds the threshold.

    A pixel has to lie strictly above `peak_share` of the way from the level, or the threshold if
    that is lower, to the highest pixel around it. Of the 8-connected areas of such pixels those
    are outlined that hold one above the threshold (hysteresis, Canny 1986).
    """
    level = np.float32(threshold if outline.level is None else min(threshold, outline.level))
    rise = highest_around(anomaly_map) - level
    inside = anomaly_map - level > np.float32(outline.peak_share) * rise
    certain = inside & (anomaly_map > threshold)
    _, labels = cv2.connectedComponents(inside.astype(np.uint8), connectivity=8)
    kept: Mask = np.isin(labels, np.unique(labels[certain]))
    return kept


def just_below(score: float) -> float:
    """Return a level that the highest pixel of a map exceeds, and hardly another."""
    return float(np.float32(score * (1 - 2.0**-23)))  # one or two float32 numbers lower


def highest_around(anomaly_map: AnomalyMap) -> AnomalyMap:
    """Return the highest value up to `REACH` pixels away from each pixel, (h, w)."""
    square = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    return np.asarray(cv2.dilate(anomaly_map, square), np.float32)


def fit_outline(marked: Marked, *, threshold: float | None = None) -> Outline:
    """Return the outline whose mean overlap (IoU) with the masks is the highest.

    Its level is what one of ten pixels of a usual normal image exceeds, so that it never leaves a
    defect along what is normal. Of several that fit as well it is the narrowest.

    Args:
        marked: maps and masks of defects and, without a marked pixel, of normal images.
        threshold: above which an image is flagged; None where it is not known yet. At least half of
            the images count as flagged.
    """
    usable = [(one, mask) for one, mask in marked if mask.any()]
    if not usable:
        return AT_THRESHOLD
    normal = [one for one, mask in marked if not mask.any()] or [
        np.where(mask, one.min(), one) for one, mask in usable
    ]
    level = float(np.median([np.quantile(one, USUAL) for one in normal]))
    middle = float(np.median([one.max() for one, _ in usable]))
    below = float(np.nextafter(np.float32(middle), np.float32(0)))
    least = below if threshold is None else min(below, threshold)
    tried = [Outline(level, float(share)) for share in SHARES[::-1]]
    overlaps = [_mean_overlap(usable, outline, least) for outline in tried]
    return tried[int(np.argmax(overlaps))]


def _mean_overlap(marked: Marked, outline: Outline, threshold: float) -> float:
    overlaps = []
    for anomaly_map, mask in marked:
        flagged = flagged_mask(anomaly_map, threshold, outline)
        overlaps.append((flagged & mask).sum() / (flagged | mask).sum())
    return float(np.mean(overlaps))
