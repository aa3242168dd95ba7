"""What a backbone wants: how its images are prepared, and how its features are compared."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn

Triple = tuple[float, float, float]

EUCLIDEAN, COSINE = "euclidean", "cosine"
PREFIX = "backbone_"


@dataclass(frozen=True, slots=True)
class BackboneRecord:
    """What a backbone wants; kept in every checkpoint that was made with it.

    Attributes:
        mean: what its images were shifted by when it was trained: red, green, blue in 0..1.
        std: what they were divided by.
        multiple: images are resized to the nearest multiple of it, in pixels; 1 leaves them.
        layers: where its features are compared, unless settings say otherwise.
        distance: between two features: "euclidean", or "cosine", which ignores their lengths.
    """

    mean: Triple = (0.485, 0.456, 0.406)
    std: Triple = (0.229, 0.224, 0.225)
    multiple: int = 1
    layers: tuple[str, ...] = ("layer2", "layer3")
    distance: str = EUCLIDEAN


IMAGENET = BackboneRecord()
"""Of convolutional networks that learned from ImageNet, and of the student."""


class Prepare(nn.Module):
    """Images (B, 3, H, W) in 0..1 -> what a network was trained on; nothing of it is stored."""

    mean: Tensor
    std: Tensor

    def __init__(self, record: BackboneRecord) -> None:
        super().__init__()
        self.multiple = record.multiple
        shape = (1, 3, 1, 1)
        self.register_buffer("mean", torch.tensor(record.mean).view(shape), persistent=False)
        self.register_buffer("std", torch.tensor(record.std).view(shape), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        height, width = (
            max(1, round(side / self.multiple)) * self.multiple for side in images.shape[-2:]
        )
        if (height, width) != images.shape[-2:]:
            images = nn.functional.interpolate(images, (height, width), mode="bilinear")
        return (images - self.mean) / self.std


def record_state(record: BackboneRecord) -> dict[str, Any]:
    """Return what a checkpoint stores of it."""
    return {
        PREFIX + key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(record).items()
    }


def stored_record(state: Mapping[str, Any]) -> BackboneRecord:
    """Return what a checkpoint's backbone wanted; ImageNet's, before that was written down.

    Raises:
        ValueError: it is damaged.
    """
    found = {
        item.name: state[PREFIX + item.name]
        for item in fields(BackboneRecord)
        if PREFIX + item.name in state
    }
    for key in {"mean", "std", "layers"} & set(found):
        found[key] = tuple(found[key])
    record = BackboneRecord(**found)
    if not len(record.mean) == len(record.std) == 3 or record.multiple < 1:
        raise ValueError(f"a backbone cannot want {found}")
    return record
