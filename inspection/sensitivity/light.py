"""sRGB values as amounts of light, and back: what is added up in light looks as it does outside."""

import numpy as np
from numpy.typing import NDArray

from inspection.types import RGBImage

Light = NDArray[np.float32]
"""(H, W, 3): linear light, 0-1."""

_VALUES = np.arange(256) / 255
_TO_LIGHT = np.where(
    _VALUES <= 0.04045, _VALUES / 12.92, ((_VALUES + 0.055) / 1.055) ** 2.4
).astype(np.float32)  # IEC 61966-2-1
_STEPS = 65535  # at least 19 between two sRGB values
_AMOUNTS = np.arange(_STEPS + 1) / _STEPS
_TO_VALUES = np.rint(
    255 * np.where(_AMOUNTS <= 0.0031308, 12.92 * _AMOUNTS, 1.055 * _AMOUNTS ** (1 / 2.4) - 0.055)
).astype(np.uint8)


def to_linear(image: RGBImage) -> Light:
    """Return the light behind sRGB values."""
    return np.asarray(_TO_LIGHT[image])


def from_linear(light: Light) -> RGBImage:
    """Return the sRGB values of light; what is brighter than white is white."""
    steps = np.rint(np.clip(light, 0, 1) * np.float32(_STEPS)).astype(np.uint16)
    return np.asarray(_TO_VALUES[steps])
