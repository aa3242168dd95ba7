"""Flagged areas of an anomaly map: connected flagged pixels, each area in numbers.

What counts as flagged is decided on the detector's own grid, as for verdict and outline; the
numbers are in pixels of the image. `ui/viewer/contour.js` does the same in the browser.
"""

import math

import cv2
import numpy as np

from inspection.types import AnomalyMap, Box, Mask, Region, Size

PIXEL_SPREAD = 1 / 12  # second moment of a pixel around its own centre: it is a square, not a point


def find_regions(
    anomaly_map: AnomalyMap, flagged: Mask, *, image_size: Size | None = None
) -> tuple[Region, ...]:
    """Return the 8-connected regions of flagged pixels, highest peak first.

    Args:
        anomaly_map: (h, w).
        flagged: (h, w), as `flagged_mask` gives it.
        image_size: of the image that the map belongs to; by default that of the map.
    """
    if not flagged.any():
        return ()
    size = anomaly_map.shape if image_size is None else image_size
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        flagged.astype(np.uint8), connectivity=8
    )
    regions = []
    for label in range(1, count):
        left, top, width, height = (int(value) for value in stats[label, :4])
        window = (slice(top, top + height), slice(left, left + width))
        inside = labels[window] == label
        regions.append(_measure(anomaly_map, inside, (left, top), (int(size[0]), int(size[1]))))
    # equal peaks: from top to bottom, from left to right
    return tuple(sorted(regions, key=lambda region: (-region.peak, region.peak_at)))


def measure_elongation(inside: Mask, *, aspect: float = 1.0) -> float:
    """Return length / width of the ellipse with the same second moments; 1 for a single pixel.

    Args:
        inside: (h, w), not empty.
        aspect: height / width of a pixel of the mask in the image.
    """
    moments = cv2.moments(inside.view(np.uint8), binaryImage=True)
    area = moments["m00"]
    yy = (moments["mu02"] / area + PIXEL_SPREAD) * aspect * aspect
    xx = moments["mu20"] / area + PIXEL_SPREAD
    xy = moments["mu11"] / area * aspect
    middle, spread = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    return math.sqrt((middle + spread) / (middle - spread))


def _measure(
    anomaly_map: AnomalyMap, inside: Mask, corner: tuple[int, int], image_size: Size
) -> Region:
    """Measure one region, which fills a window of the map from its corner (left, top) on."""
    (left, top), (height, width) = corner, inside.shape
    values = np.where(inside, anomaly_map[top : top + height, left : left + width], -np.inf)
    peak_row, peak_column = np.unravel_index(int(values.argmax()), values.shape)
    rows, columns = (axis.astype(np.float64) for axis in np.nonzero(inside))
    map_height, map_width = anomaly_map.shape
    image_height, image_width = image_size
    scale_y, scale_x = image_height / map_height, image_width / map_width
    return Region(
        box=Box(
            left * image_width // map_width,
            top * image_height // map_height,
            -(-(left + width) * image_width // map_width),  # rounded up
            -(-(top + height) * image_height // map_height),
        ),
        area=len(rows) * (image_height * image_width) / anomaly_map.size,
        area_share=len(rows) / anomaly_map.size,
        centroid=(
            (top + float(rows.mean()) + 0.5) * scale_y - 0.5,
            (left + float(columns.mean()) + 0.5) * scale_x - 0.5,
        ),
        peak=float(values.max()),
        peak_at=(
            (2 * (top + int(peak_row)) + 1) * image_height // (2 * map_height),
            (2 * (left + int(peak_column)) + 1) * image_width // (2 * map_width),
        ),
        elongation=measure_elongation(inside, aspect=scale_y / scale_x),
    )
