"""The images that a U-Net learns from: normal ones, the same with drawn defects, labelled ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from inspection.preprocess import LoadedSamples
from inspection.synthetic import draw_defects
from inspection.types import Mask, RGBImage

MAX_VALIDATION = 64


@dataclass(frozen=True, slots=True, eq=False)
class MarkedImage:
    """An image, the mask of its defects, and the part that it shows."""

    image: RGBImage
    mask: Mask
    unit: str


def normal_images(learned: LoadedSamples) -> list[MarkedImage]:
    """Return the normal images, or all where there is none."""
    return _mark(learned, is_anomalous=False) or _mark(learned, is_anomalous=True)


def draw_training(
    learned: LoadedSamples, synthetic_share: float, *, seed: int
) -> Iterator[MarkedImage]:
    """Draw without an end: normal images, a share of them with defects, and labelled ones.

    Every image comes once before any comes again; as many labelled defects as normal images,
    however few are labelled.
    """
    rng = np.random.default_rng(seed)
    normal, labelled = (_mark(learned, is_anomalous=kind) for kind in (False, True))
    repeats = -(-len(normal) // len(labelled)) if labelled else 0
    lined = normal + (labelled * max(1, repeats))[: max(len(normal), len(labelled))]
    while True:
        for index in rng.permutation(len(lined)):
            one = lined[int(index)]
            if index < len(normal) and rng.uniform() < synthetic_share:
                yield MarkedImage(*draw_defects(one.image, rng), one.unit)
            else:
                yield one


def draw_validation(held: LoadedSamples, *, seed: int) -> list[MarkedImage]:
    """Return validation images; where none is marked, every second one gets defects."""
    rng = np.random.default_rng([seed, 1])
    every = [*_mark(held, is_anomalous=False), *_mark(held, is_anomalous=True)]
    if not held.masks.any():
        every = [
            one if row % 2 else MarkedImage(*draw_defects(one.image, rng), one.unit)
            for row, one in enumerate(every)
        ]
    order = [every[int(row)] for row in rng.permutation(len(every))]
    marked = [one for one in order if one.mask.any()]
    clean = [one for one in order if not one.mask.any()]
    # in turn, so that a cut leaves some of both
    pairs = zip_longest(marked, clean)
    return [one for pair in pairs for one in pair if one is not None][:MAX_VALIDATION]


def _mark(loaded: LoadedSamples, *, is_anomalous: bool) -> list[MarkedImage]:
    return [
        MarkedImage(image, mask, sample.unit)
        for sample, image, mask in zip(loaded.samples, loaded.images, loaded.masks, strict=True)
        if sample.is_anomalous == is_anomalous
    ]
