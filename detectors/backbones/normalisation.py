"""How images are shifted and scaled for a network: as they were when it was trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from detectors.backbones.files import pretrained_config
from detectors.settings import STUDENT

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Normalisation:
    """What a network's images were shifted and divided by when it was trained: red, green, blue."""

    mean: Triple
    std: Triple


IMAGENET = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


class Normalise(nn.Module):
    """Images (B, 3, H, W) in 0..1 -> what a network was trained on; nothing of it is stored."""

    mean: Tensor
    std: Tensor

    def __init__(self, normalisation: Normalisation) -> None:
        super().__init__()
        shape = (1, 3, 1, 1)
        self.register_buffer("mean", torch.tensor(normalisation.mean).view(shape), persistent=False)
        self.register_buffer("std", torch.tensor(normalisation.std).view(shape), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return (images - self.mean) / self.std


def find_normalisation(name: str) -> Normalisation:
    """Return what the weights of a backbone were trained with; the student learned as ImageNet's.

    Raises:
        BackboneError: there is no backbone of that name.
    """
    if name == STUDENT:
        return IMAGENET
    config = pretrained_config(name)
    return Normalisation(config.mean, config.std)


def normalisation_state(normalisation: Normalisation) -> dict[str, Any]:
    """Return what a checkpoint stores of it."""
    return {
        "backbone_mean": list(normalisation.mean),
        "backbone_std": list(normalisation.std),
    }


def stored_normalisation(state: Mapping[str, Any]) -> Normalisation:
    """Return what a checkpoint's backbone was given; ImageNet's, before that was written down.

    Raises:
        ValueError: it is damaged.
    """
    if "backbone_mean" not in state:
        return IMAGENET
    (r, g, b), (dr, dg, db) = state["backbone_mean"], state["backbone_std"]
    return Normalisation((r, g, b), (dr, dg, db))
