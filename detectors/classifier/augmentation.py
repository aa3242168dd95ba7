"""Augment images for the classifier, more boldly than for detectors that learn what is normal."""

from collections.abc import Callable

import torch
from torch import Tensor
from torchvision.transforms import v2  # type: ignore[import-untyped]

from detectors.learning.augmentation import Augmentation
from inspection.types import Size

Augment = Callable[[Tensor], Tensor]
"""Image (3, h, w) in 0..1 in, a varied one out."""

TILT = 8.0  # degrees
BORDER = 0.1  # of the shorter side, mirrored outwards so that a tilted image has no black corners
CROP = (0.8, 1.0)  # share of the area: a smaller one might leave the defect out
LIGHT = 0.2
BLURRED, ERASED = 0.15, 0.2  # shares of the images
ERASED_AREA = (0.005, 0.04)


def build_augment(plan: Augmentation, size: Size) -> Augment:
    """Return the random change of an image, drawn from PyTorch's own generator.

    Args:
        plan: which turns leave a part as it might be, and whether to crop and to vary the light.
        size: (height, width) of the images.
    """
    steps: list[v2.Transform] = []
    if plan.flip_horizontal:
        steps.append(v2.RandomHorizontalFlip())
    if plan.flip_vertical:
        steps.append(v2.RandomVerticalFlip())
    if plan.crop:
        steps += [
            v2.Pad(round(BORDER * min(size)), padding_mode="reflect"),
            v2.RandomRotation(TILT, v2.InterpolationMode.BILINEAR),
            v2.CenterCrop(size),
            v2.RandomResizedCrop(size, scale=CROP, ratio=(0.9, 1.1), antialias=True),
        ]
    if plan.light:
        steps.append(v2.ColorJitter(LIGHT, LIGHT, LIGHT))
        steps.append(v2.RandomApply([v2.GaussianBlur(3, (0.3, 1.2))], BLURRED))
    if plan.crop:
        steps.append(v2.RandomErasing(ERASED, ERASED_AREA, value="random"))
    transform = v2.Compose(steps) if steps else v2.Identity()

    def vary(image: Tensor) -> Tensor:
        if plan.rotation:
            is_square = image.shape[-1] == image.shape[-2]
            quarters = int(torch.randint(4, ())) if is_square else 2 * int(torch.randint(2, ()))
            image = torch.rot90(image, quarters, (-2, -1))
        varied: Tensor = transform(image)
        return varied.clamp(0.0, 1.0)

    return vary
