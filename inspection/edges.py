"""Edges inside the flagged regions: what the surface looks like where a detector points.

`ui/viewer/edges.js` draws the same in the browser.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.overlay import draw_outlines, stretch_flags
from inspection.types import Finding, Mask, RGBImage

LEAST_HIGHEST = 4 * 24.0  # gradient of a step of 24 grey levels: plain noise does not shine
DIM = 0.25  # brightness of the image outside the regions


def find_edges(image: RGBImage) -> NDArray[np.uint8]:
    """Return the Sobel gradient magnitude (H, W) on a square-root scale; the strongest is 255."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    along_x = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3, borderType=cv2.BORDER_REPLICATE)
    along_y = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, borderType=cv2.BORDER_REPLICATE)
    magnitude = np.hypot(along_x, along_y)
    highest = max(float(magnitude.max()), LEAST_HIGHEST)
    edges: NDArray[np.uint8] = np.rint(255 * np.sqrt(magnitude / highest)).astype(np.uint8)
    return edges


def draw_edges(image: RGBImage, flagged: Mask) -> RGBImage:
    """Return edges where the map (h, w) is flagged and the dimmed image (H, W, 3) elsewhere."""
    height, width = image.shape[:2]
    inside = stretch_flags(flagged, (height, width)).astype(bool)[:, :, None]
    outside = np.rint(image * DIM).astype(np.uint8)
    drawn: RGBImage = np.where(inside, find_edges(image)[:, :, None], outside)
    return draw_outlines(drawn, flagged)


def draw_finding_edges(image: RGBImage, finding: Finding) -> RGBImage:
    """Return the edge view of one detector."""
    return draw_edges(image, finding.flagged)
