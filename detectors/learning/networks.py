"""What networks share apart from training: tensors in, maps out, stored model weights."""

from collections.abc import Collection
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inspection.detector import WeightArrays
from inspection.types import AnomalyMap, RGBImage

LARGEST_HALF = 65504.0
EVEN = 12.0
"""Level of a probability of one half."""
LearningPart = tuple[list[nn.Parameter], float]
"""Parameters, and the share of the learning rate at which they learn."""


def to_tensor(image: RGBImage) -> Tensor:
    """Turn (h, w, 3) uint8 into (3, h, w) float32 in 0..1."""
    return torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32) / np.float32(255.0))


def to_batch(images: NDArray[np.uint8]) -> Tensor:
    """Turn (n, h, w, 3) uint8 into (n, 3, h, w) float32 in 0..1."""
    return torch.stack([to_tensor(image) for image in images])


def spread_out(images: NDArray[np.uint8], *, most: int = 64) -> NDArray[np.uint8]:
    """Return at most this many of the images, evenly from first to last."""
    return images[:: -(-len(images) // most)]


def smooth_map(errors: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Smooth (h, w) or (h, w, c) by this standard deviation in pixels; 0 leaves it as it is."""
    if sigma == 0:
        return errors
    smooth = cv2.GaussianBlur(errors, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(smooth, np.float32)


def spread_levels(above: NDArray[np.floating[Any]], below: NDArray[np.floating[Any]]) -> AnomalyMap:
    """Return log-odds as levels: above 0, and `EVEN` where a defect is as likely as none.

    What is nearly certain differs by as much as what is nearly even, and so normal images differ,
    too. Near 0, far below anything that could be a defect, the softplus keeps the order.

    Args:
        above: probability of a defect, of any shape.
        below: probability of none: 1 minus the other has no digits left near 1.
    """
    tiny = np.finfo(np.float64).tiny
    odds = np.log(np.maximum(above, tiny)) - np.log(np.maximum(below, tiny))
    return np.asarray(np.logaddexp(0.0, odds + EVEN), np.float32)


def round_weights(network: nn.Module, *, left: Collection[str] = ()) -> None:
    """Round the parameters to half precision, so that a stored network computes the same.

    Args:
        network: changed in place.
        left: names of parameters that are not stored, and stay as they are.
    """
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name not in left:
                half = parameter.clamp(-LARGEST_HALF, LARGEST_HALF).half()
                parameter.copy_(half.float())


def to_weights(network: nn.Module, *, left: Collection[str] = ()) -> dict[str, NDArray[Any]]:
    """Return parameters in half precision, buffers as they are: a variance may be tiny.

    Args:
        network: that has learned.
        left: names of what is not stored.
    """
    parameters = {name for name, _ in network.named_parameters()}
    return {
        name: (tensor.half() if name in parameters else tensor).cpu().numpy()
        for name, tensor in network.state_dict().items()
        if name not in left
    }


def to_tensors(weights: WeightArrays) -> dict[str, Tensor]:
    """Return stored weights as tensors on the CPU."""
    return {name: torch.from_numpy(values) for name, values in weights.items()}
