"""Losses of the trained networks."""

from collections.abc import Callable

from torch import Tensor, nn

Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]
"""(network, images, targets) -> scalar."""

SLACK = 1 / 2048  # of the pixels of an image; 32 of 256 x 256


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
