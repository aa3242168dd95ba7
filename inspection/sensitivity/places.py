"""Where on an image defects are drawn: on the part, and where normal images are most alike."""

from collections.abc import Sequence

import cv2
import numpy as np

from inspection.preprocess import limit_side, mask_to_size
from inspection.synthetic import Field
from inspection.types import Mask, RGBImage

SIDE = 128  # pixels of the longer side at which parts are looked for
BORDER = 2  # pixels of that picture which show the background, if there is one
ALIKE = 12.0  # CIE Lab: colours of one background differ by less
MOST_OF_BORDER = 0.2  # that a part may touch
LEAST_PART = 0.02  # of the image; what is smaller is no part
STEADY = 0.5  # of the part: its pixels that vary least
FEWEST = 5  # normal images that say what varies


def find_part(image: RGBImage) -> Mask:
    """Return the pixels (H, W) that show the part: all of them where no background is seen.

    A background has one colour all along the border of the image.
    """
    small = limit_side(image, SIDE)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    border = np.ones(lab.shape[:2], np.bool_)
    border[BORDER:-BORDER, BORDER:-BORDER] = False
    colour = np.median(lab[border], axis=0)
    smooth = cv2.GaussianBlur(lab, (0, 0), 1)
    apart = np.linalg.norm(smooth - colour, axis=2)
    part = apart > ALIKE
    everywhere = np.ones(image.shape[:2], np.bool_)
    found = cv2.morphologyEx(part.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    if part[border].mean() > MOST_OF_BORDER or found.mean() < LEAST_PART:  # specks are no part
        return everywhere
    sized = mask_to_size(found.astype(np.bool_), (image.shape[0], image.shape[1]))
    return sized if sized.any() else everywhere


def find_places(
    image: RGBImage, normals: Sequence[RGBImage] = (), *, is_everywhere: bool = False
) -> Mask:
    """Return the pixels (H, W) on which a defect may be centred.

    Args:
        image: to draw on.
        normals: other images of good parts; fewer than five say nothing about what varies.
        is_everywhere: whether the background and what varies count, too.
    """
    if is_everywhere:
        return np.ones(image.shape[:2], np.bool_)
    part = find_part(image)
    if len(normals) < FEWEST:
        return part
    spread = _measure_spread(image, normals)
    steady = part & (spread <= np.quantile(spread[part], STEADY))
    return steady if steady.any() else part


def _measure_spread(image: RGBImage, normals: Sequence[RGBImage]) -> Field:
    """Return by how many grey levels normal images differ from each other, (H, W)."""
    height, width = image.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(scale * width)), max(1, round(scale * height))
    greys = np.stack(
        [cv2.resize(one, size, interpolation=cv2.INTER_AREA).mean(axis=2) for one in normals]
    ).astype(np.float32)
    greys -= greys.mean(axis=(1, 2), keepdims=True)  # light as a whole is no matter of place
    spread = cv2.GaussianBlur(greys.std(axis=0), (0, 0), 1.5)
    return np.asarray(cv2.resize(spread, (width, height)), np.float32)
