"""Vary training images as real parts vary, image and mask together; guess which turns are fine."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms import v2  # type: ignore[import-untyped]
from torchvision.tv_tensors import Image, Mask  # type: ignore[import-untyped]

from inspection.preprocess import LoadedSamples

Augment = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Image (3, h, w) in 0..1 and mask (1, h, w) in, the same of a varied part out."""

CROP_SHARE = 0.75  # of each side; a part is seen whole over a few epochs, at half the work
BRIGHTNESS = 0.08
MAX_COMPARED = 48  # images that the guess looks at
CELLS = 8
BINS = 8
TOLERANCE = 1.15  # a turned part may be this much farther from the others than an unturned one


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Which changes leave a normal part normal."""

    flip_horizontal: bool
    flip_vertical: bool
    rotation: bool  # quarter turns where the input is square, half turns otherwise
    crop: bool
    light: bool


class AugmentationSettings(Protocol):
    """What a detector's settings say about augmentation; None leaves it to the guess."""

    @property
    def flips(self) -> bool | None: ...
    @property
    def rotation(self) -> bool | None: ...
    @property
    def crop(self) -> bool: ...
    @property
    def light(self) -> bool: ...


def build_augment(plan: Augmentation, *, multiple: int) -> Augment:
    """Return the random change of one image and its mask, drawn from PyTorch's own generator.

    Turns are exact, by whole pixels: a bilinear rotation would blur the grain that is learned.

    Args:
        plan: what to vary.
        multiple: sides of a crop are multiples of it.
    """
    steps: list[v2.Transform] = []
    if plan.flip_horizontal:
        steps.append(v2.RandomHorizontalFlip())
    if plan.flip_vertical:
        steps.append(v2.RandomVerticalFlip())
    if plan.light:
        steps.append(v2.ColorJitter(brightness=BRIGHTNESS, contrast=BRIGHTNESS))
    transform = v2.Compose(steps) if steps else v2.Identity()

    def augment(image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        if plan.crop:
            image, mask = _crop(image, mask, multiple)
        if plan.rotation:
            image, mask = _turn(image, mask)
        varied_image, varied_mask = transform(Image(image), Mask(mask))
        return varied_image.as_subclass(Tensor), varied_mask.as_subclass(Tensor)

    return augment


def _crop(image: Tensor, mask: Tensor, multiple: int) -> tuple[Tensor, Tensor]:
    sides = [
        max(multiple, round(CROP_SHARE * side / multiple) * multiple) for side in mask.shape[-2:]
    ]
    top, left = (
        int(torch.randint(whole - side + 1, ()))
        for whole, side in zip(mask.shape[-2:], sides, strict=True)
    )
    window = (..., slice(top, top + sides[0]), slice(left, left + sides[1]))
    return image[window], mask[window]


def _turn(image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    height, width = mask.shape[-2:]
    quarters = int(torch.randint(4, ())) if height == width else 2 * int(torch.randint(2, ()))
    return torch.rot90(image, quarters, (-2, -1)), torch.rot90(mask, quarters, (-2, -1))


def plan_augmentation(loaded: LoadedSamples, settings: AugmentationSettings) -> Augmentation:
    """Decide what to vary; a setting that is None is guessed from the normal images.

    A turn is normal if turned parts lie about as near to the other parts as unturned ones do, in
    brightness and edge directions on a coarse grid.
    """
    is_square = loaded.images.shape[1] == loaded.images.shape[2]
    seen = [_describe(loaded.images[row]) for row in _choose_rows(loaded)]
    flips, rotation = settings.flips, settings.rotation
    if rotation is None:
        rotation = _is_normal(seen, _quarter if is_square else _half)
    return Augmentation(
        flip_horizontal=_is_normal(seen, _mirror) if flips is None else flips,
        flip_vertical=_is_normal(seen, _upend) if flips is None else flips,
        rotation=rotation,
        crop=settings.crop,
        light=settings.light,
    )


def _choose_rows(loaded: LoadedSamples) -> list[int]:
    """Choose normal images to compare, one of each part: its exposures are too much alike.

    Where there are no normal ones, all count.
    """
    has_normal = not all(sample.is_anomalous for sample in loaded.samples)
    first: dict[str, int] = {}
    for row, sample in enumerate(loaded.samples):
        if not (has_normal and sample.is_anomalous):
            first.setdefault(sample.unit, row)
    rows = list(first.values())
    return rows[:: max(1, len(rows) // MAX_COMPARED)][:MAX_COMPARED]


def _describe(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return brightness and edge directions on a coarse grid, (CELLS, CELLS, 1 + BINS)."""
    side = 8 * CELLS
    grey = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    grey = grey.mean(axis=2) / max(1.0, float(grey.std()))
    right = np.asarray(cv2.Sobel(grey, cv2.CV_32F, 1, 0))
    down = np.asarray(cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    strength = np.hypot(right, down)
    # directions, not lines: light from the left differs from light from the right
    direction = np.arctan2(down, right) / (2 * np.pi) * BINS
    planes = [grey - grey.mean()]
    for index in range(BINS):
        distance = np.abs((direction - index + BINS / 2) % BINS - BINS / 2)
        planes.append(strength * np.clip(1.0 - distance, 0.0, None))
    stacked = np.stack(planes, axis=-1)  # (side, side, 1 + BINS)
    cells = stacked.reshape(CELLS, 8, CELLS, 8, 1 + BINS)
    return np.asarray(cells.mean(axis=(1, 3)), np.float32)


def _roll(grid: NDArray[np.float32], order: NDArray[np.intp]) -> NDArray[np.float32]:
    """Reorder the direction planes, leaving brightness in front."""
    return np.concatenate([grid[..., :1], grid[..., 1:][..., order]], axis=-1)


def _mirror(grid: NDArray[np.float32]) -> NDArray[np.float32]:
    return _roll(grid[:, ::-1], (BINS // 2 - np.arange(BINS)) % BINS)


def _upend(grid: NDArray[np.float32]) -> NDArray[np.float32]:
    return _roll(grid[::-1], -np.arange(BINS) % BINS)


def _quarter(grid: NDArray[np.float32]) -> NDArray[np.float32]:
    return _roll(np.rot90(grid), (np.arange(BINS) + BINS // 4) % BINS)


def _half(grid: NDArray[np.float32]) -> NDArray[np.float32]:
    return _upend(_mirror(grid))


def _is_normal(
    seen: list[NDArray[np.float32]],
    change: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> bool:
    """Say whether changed parts lie as near to the other normal parts as unchanged ones do."""
    if len(seen) < 3:
        return False
    others = np.stack([grid.ravel() for grid in seen])  # (n, d)
    changed = np.stack([change(grid).ravel() for grid in seen])
    return bool(
        np.median(_to_nearest_other(changed, others))
        <= TOLERANCE * np.median(_to_nearest_other(others, others))
    )


def _to_nearest_other(
    queries: NDArray[np.float32], others: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return each query's distance to the nearest row that does not come from the same image."""
    distances = np.linalg.norm(queries[:, None] - others[None], axis=2)  # (n, n)
    np.fill_diagonal(distances, np.inf)
    return np.asarray(distances.min(axis=1), np.float32)
