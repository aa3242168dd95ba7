"""Bring images to input size, the same way for every detector, and load them for training."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspection.errors import DatasetError, SettingsError
from inspection.ground_truth import read_mask
from inspection.images import pixel_hash, read_sample
from inspection.memory import check_memory
from inspection.processors import map_in_threads
from inspection.types import Mask, RGBImage, Sample, Size

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

LEAST_SIDE = 32  # pixels


def to_input_size(image: RGBImage, size: Size) -> RGBImage:
    """Stretch to (height, width) with antialiasing; an image of that size comes back as it is."""
    height, width = size
    if image.shape[:2] == (height, width):
        return image
    picture = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(picture)


def limit_side(image: RGBImage, longest: int) -> RGBImage:
    """Shrink an image until no side is longer; what is small enough comes back as it is."""
    height, width = image.shape[:2]
    scale = min(1.0, longest / max(height, width))
    return to_input_size(image, (max(1, round(scale * height)), max(1, round(scale * width))))


def mask_to_size(mask: Mask, size: Size) -> Mask:
    """Stretch a mask to (height, width); what covers at least half of a new pixel stays."""
    if mask.shape == size:
        return mask
    height, width = size
    grey = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(grey.resize((width, height), Image.Resampling.BILINEAR)) >= 128


def choose_input_size(shape: Size, *, pixels: int, multiple: int) -> Size:
    """Return the input size for images of a shape: square up to 4:3, beyond it as they are.

    Of the sides that are multiples, those are taken whose ratio is nearest to that of the images,
    and with half the weight whose area is nearest to so many pixels.
    """
    ratio = shape[0] / shape[1]
    if is_nearly_square(shape):
        ratio = 1.0

    def distance(size: Size) -> float:
        height, width = size
        return abs(math.log(height / width / ratio)) + abs(math.log(height * width / pixels)) / 2

    ideal = math.sqrt(pixels * ratio), math.sqrt(pixels / ratio)
    least = multiple * math.ceil(LEAST_SIDE / multiple)
    steps = [math.floor(side / multiple) for side in ideal]
    high, wide = ([max(least, multiple * (step + more)) for more in (0, 1)] for step in steps)
    return min(product(high, wide), key=distance)


def is_nearly_square(shape: Size) -> bool:
    """Say whether images of a shape are stretched to a square."""
    return 3 * max(shape) <= 4 * min(shape)


def check_input_size(size: Size, *, multiple: int, least: int = LEAST_SIDE) -> Size:
    """Return the size if a detector can work with it.

    Raises:
        SettingsError: a side is below `least` or no multiple of `multiple`.
    """
    height, width = size
    if min(size) < least or height % multiple or width % multiple:
        fits = [max(least, multiple * round(side / multiple)) for side in size]
        raise SettingsError(
            f"An input size of {height} x {width} does not fit this detector.",
            f"Use multiples of {multiple} of at least {least}, such as {fits[0]} x {fits[1]}.",
        )
    return size


@dataclass(frozen=True, slots=True, eq=False)
class LoadedSamples:
    """Samples decoded once, at input size; row i of each array belongs to `samples[i]`."""

    samples: tuple[Sample, ...]
    images: NDArray[np.uint8]  # (n, h, w, 3)
    masks: NDArray[np.bool_]  # (n, h, w), all False for a normal image
    seen: dict[str, str]  # id -> pixel hash of the file as decoded, before resizing


def load_samples(
    samples: Sequence[Sample], size: Size, *, progress: Progress | None = None
) -> LoadedSamples:
    """Decode samples and their masks.

    Raises:
        DatasetError: there are no samples.
        ImageError: one of them cannot be read.
        BreakdownError: they do not fit into memory.
    """
    if not samples:
        raise DatasetError(
            "There is no image to train on.",
            "Put normal images into train/good of the dataset folder.",
        )
    height, width = size
    check_memory(
        len(samples) * height * width * 4,  # three channels, and the mask
        f"{len(samples):,} images of {height} x {width} pixels",
        fix="Train with fewer images or a smaller --input-size, or close what else uses memory.",
    )
    images = np.empty((len(samples), height, width, 3), np.uint8)
    masks = np.zeros((len(samples), height, width), np.bool_)
    seen: dict[str, str] = {}

    def load(row: int) -> str:
        image = read_sample(samples[row])
        images[row] = to_input_size(image, size)
        if samples[row].is_marked:
            masks[row] = mask_to_size(read_mask(samples[row], image.shape[:2]), size)
        return pixel_hash(image)

    for row, pixels in enumerate(map_in_threads(load, range(len(samples)))):
        seen[samples[row].id] = pixels
        if progress is not None:
            progress(row + 1, len(samples))
    return LoadedSamples(tuple(samples), images, masks, seen)
