"""Textures and a part of which it is known how they may be turned, as if they had been read."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspection.preprocess import LoadedSamples
from inspection.types import RGBImage, Sample, Split


def load_parts(images: Sequence[RGBImage], *, exposures: int = 1) -> LoadedSamples:
    """Return images as if they had been read, so many of each part."""
    samples = tuple(
        Sample(f"{i}.png", Path(f"{i}.png"), "part", Split.TRAIN, group=f"part {i // exposures}")
        for i in range(len(images))
    )
    stacked = np.stack(images)
    return LoadedSamples(samples, stacked, np.zeros(stacked.shape[:3], np.bool_), {})


def draw_grain(rng: np.random.Generator) -> RGBImage:
    """Draw a texture without direction."""
    return rng.integers(90, 160, (64, 64, 3)).astype(np.uint8)


def draw_stripes(rng: np.random.Generator) -> RGBImage:
    """Draw a texture with a direction, which looks the same upside down."""
    phase = np.arange(64) / 64 * 2 * np.pi * 5 + rng.uniform(0, 6)
    stripes = 120 + 40 * np.sin(phase)[:, None] + rng.normal(0, 4, (64, 64))
    return np.repeat(stripes[..., None], 3, axis=2).clip(0, 255).astype(np.uint8)


def draw_arrow(rng: np.random.Generator) -> RGBImage:
    """Draw a part in a fixed pose."""
    image: NDArray[np.float64] = rng.normal(60, 4, (64, 64))
    row, column = rng.integers(-2, 3, 2)
    for step in range(20):
        image[12 + row + step : 14 + row + step, 10 + column : 14 + column + step] += 60
    return np.repeat(image[..., None], 3, axis=2).clip(0, 255).astype(np.uint8)
