"""How good a picture is, apart from what it shows: sharp, well exposed, free of noise and tint."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.types import Mask

DARK, BRIGHT = 5, 250  # grey levels from which on a pixel holds no detail
ENOUGH = 0.25  # share of an image that must lie outside its defects to stand for it
BLUR = 1.0  # standard deviation in pixels of the blur that sharpness is judged by
REACH = 9  # pixels across that a blur and its edges see
NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
NOISE_GAIN = 6.0  # of the kernel: the root of the sum of its squares
TO_DEVIATION = 1.4826  # from the median of absolute deviations, of a normal distribution


@dataclass(frozen=True, slots=True)
class Quality:
    """One picture as measured on a small copy.

    Attributes:
        brightness: mean grey level, 0-255.
        contrast: standard deviation of the grey level.
        sharpness: percent of the strength of all edges that is lost when the picture is blurred
            once more: little where it is blurred already. It does not depend on light or contrast.
        dark: percent of the pixels that are nearly black, up to `DARK`.
        bright: percent of the pixels that are nearly white, from `BRIGHT` on.
        noise: standard deviation of fine grain, in grey levels.
        red: mean a* of CIELAB: positive is red, negative green.
        yellow: mean b*: positive is yellow, negative blue.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    sharpness: float = 0.0
    dark: float = 0.0
    bright: float = 0.0
    noise: float = 0.0
    red: float = 0.0
    yellow: float = 0.0


UNKNOWN = Quality()
"""Of an image that cannot be read."""


def measure_quality(image: NDArray[np.uint8], defects: Mask | None = None) -> Quality:
    """Measure a small copy of an image.

    Args:
        image: (h, w) or (h, w, 3), all of a dataset with the same longer side.
        defects: (h, w), left out where enough lies outside; None leaves nothing out.
    """
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    outside = _outside(defects)
    seen = grey if outside is None else grey[outside]
    mean, deviation = cv2.meanStdDev(seen)
    red, yellow = _tint(image, outside)
    return Quality(
        brightness=float(mean[0, 0]),
        contrast=float(deviation[0, 0]),
        sharpness=_sharpness(grey, outside),
        dark=100 * float(np.count_nonzero(seen <= DARK)) / seen.size,
        bright=100 * float(np.count_nonzero(seen >= BRIGHT)) / seen.size,
        noise=_noise(grey, outside),
        red=red,
        yellow=yellow,
    )


def _outside(defects: Mask | None) -> Mask | None:
    """Return what lies apart from the defects; None for all, also where hardly anything does."""
    if defects is None or not defects.any():
        return None
    near = cv2.dilate(defects.view(np.uint8), np.ones((REACH, REACH), np.uint8))
    outside: Mask = near == 0
    return outside if outside.mean() >= ENOUGH else None


def _sharpness(grey: NDArray[np.uint8], outside: Mask | None) -> float:
    """Return how much of the edges goes with one more blur, in percent."""
    blurred = cv2.GaussianBlur(grey, (0, 0), BLUR)
    before, after = (_edge_energy(one, outside) for one in (grey, blurred))
    return 100 * (1 - math.sqrt(after / before)) if before > 0 else 0.0


def _edge_energy(grey: NDArray[np.uint8], outside: Mask | None) -> float:
    steps = (cv2.Sobel(grey, cv2.CV_32F, *step) for step in ((1, 0), (0, 1)))
    return sum(cv2.norm(one, cv2.NORM_L2SQR, _as_bytes(outside)) for one in steps)


def _noise(grey: NDArray[np.uint8], outside: Mask | None) -> float:
    """Return the deviation of what a kernel leaves that is blind to flat, sloping and edged areas.

    J. Immerkaer, Fast noise variance estimation, CVIU 64 (1996); here with the median, so that
    texture counts less.
    """
    grain = cv2.convertScaleAbs(cv2.filter2D(grey, cv2.CV_16S, NOISE_KERNEL))
    counts = cv2.calcHist([grain], [0], _as_bytes(outside), [256], [0, 256]).ravel()
    total = counts.cumsum()
    middle = int(np.searchsorted(total, total[-1] / 2))
    return TO_DEVIATION * middle / NOISE_GAIN


def _tint(image: NDArray[np.uint8], outside: Mask | None) -> tuple[float, float]:
    """Return mean a* and b*, 0 for a grey image."""
    if image.ndim == 2:
        return 0.0, 0.0
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    means = cv2.mean(lab, _as_bytes(outside))
    return means[1] - 128, means[2] - 128


def _as_bytes(outside: Mask | None) -> NDArray[np.uint8] | None:
    return None if outside is None else outside.view(np.uint8)
