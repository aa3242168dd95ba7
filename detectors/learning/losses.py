"""Losses of the trained networks, and the structural similarity map behind one of them."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]
"""(network, images, targets) -> scalar."""

SIGMA = 1.5  # Wang et al. 2004, as in Bergmann et al. 2019: an 11 x 11 Gaussian window
REACH = 5
SLACK = 1 / 2048  # of the pixels of an image; 32 of 256 x 256


def ssim_map(first: Tensor, second: Tensor) -> Tensor:
    """Return the structural similarity of two (B, C, H, W) tensors in 0..1 at every pixel.

    The window is renormalised at the borders instead of being padded. Filtering is written as two
    products with banded matrices, five times faster to train through on a CPU than a convolution of
    one channel. It is computed as exactly as the tensors are given, also in mixed precision: a
    variance is the small difference of two large numbers.
    """
    rows = _window(first.shape[-2], first)
    columns = _window(first.shape[-1], first)
    moments = torch.cat((first, second, first * first, second * second, first * second))
    with torch.autocast(first.device.type, enabled=False):
        windowed = rows @ moments @ columns.T
    mean_1, mean_2, square_1, square_2, product = windowed.chunk(5)
    c_1, c_2 = 0.01**2, 0.03**2
    mean_12, mean_11, mean_22 = mean_1 * mean_2, mean_1 * mean_1, mean_2 * mean_2
    covariance = product - mean_12
    variance = square_1 - mean_11 + square_2 - mean_22
    similarity: Tensor = ((2 * mean_12 + c_1) * (2 * covariance + c_2)) / (
        (mean_11 + mean_22 + c_1) * (variance + c_2)
    )
    return similarity


def dice_per_image(logits: Tensor, masks: Tensor) -> Tensor:
    """Return the mean over images of 1 - Dice, of logits and masks (B, 1, H, W).

    `SLACK` of the pixels are added above and below. An image without a defect so asks for an answer
    that is small beside them; with a single pixel added, the many images without a defect would
    hold every probability down.
    """
    probability, truth = logits.sigmoid().flatten(1), masks.flatten(1)
    slack = SLACK * truth.shape[1]
    shared = (probability * truth).sum(dim=1)
    overlap = (2 * shared + slack) / (probability.sum(dim=1) + truth.sum(dim=1) + slack)
    return (1 - overlap).mean()


def _window(length: int, like: Tensor) -> Tensor:
    """Return the Gaussian window around every position as rows of a (length, length) matrix."""
    position = torch.arange(length, device=like.device, dtype=like.dtype)
    offset = position[:, None] - position[None, :]
    weight = torch.exp(-0.5 * (offset / SIGMA) ** 2) * (offset.abs() <= REACH)
    return weight / weight.sum(dim=1, keepdim=True)
