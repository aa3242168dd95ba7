"""Flagged areas of an anomaly map: connected pixels above the threshold, each in numbers."""

import cv2
import numpy as np

from inspection.types import AnomalyMap, Box, Mask, Region


def find_regions(anomaly_map: AnomalyMap, threshold: float) -> tuple[Region, ...]:
    """Return the 8-connected regions strictly above the threshold, highest peak first."""
    flagged = anomaly_map > threshold
    if not flagged.any():
        return ()
    count, labels, stats, centroids = cv2.connectedComponentsWithStats(
        flagged.astype(np.uint8), connectivity=8
    )
    regions = []
    for label in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[label])
        window = (slice(top, top + height), slice(left, left + width))
        inside = labels[window] == label
        values = np.where(inside, anomaly_map[window], -np.inf)
        row, column = np.unravel_index(int(values.argmax()), values.shape)
        regions.append(
            Region(
                box=Box(left, top, left + width, top + height),
                area=area,
                area_share=area / anomaly_map.size,
                centroid=(float(centroids[label][1]), float(centroids[label][0])),
                peak=float(values.max()),
                peak_at=(top + int(row), left + int(column)),
                elongation=_elongation(inside),
            )
        )
    return tuple(sorted(regions, key=lambda region: -region.peak))


def _elongation(inside: Mask) -> float:
    """Return length / width of the minimum-area rectangle around whole pixels."""
    rows, columns = np.nonzero(inside)
    points = np.stack([columns, rows], axis=1).astype(np.float32)  # (n, 2)
    _, (width, height), _ = cv2.minAreaRect(points)
    return float((max(width, height) + 1) / (min(width, height) + 1))  # pixels have an extent
