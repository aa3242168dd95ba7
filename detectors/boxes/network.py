"""The network of the detector of boxes: a backbone, a feature pyramid, and torchvision's FCOS.

Tian et al. 2019: every cell of the grids at strides 8, 16 and 32 says of each kind whether it lies
near the middle of such a defect, and how far away the four sides of its box are. There are no
anchors to be fitted to a product.
"""

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import (  # type: ignore[import-untyped]
    AnchorGenerator,
)
from torchvision.models.detection.fcos import FCOS, FCOSHead  # type: ignore[import-untyped]
from torchvision.models.detection.image_list import ImageList  # type: ignore[import-untyped]
from torchvision.ops import FeaturePyramidNetwork  # type: ignore[import-untyped]

from detectors.backbones.extractors import Backbone
from detectors.learning.networks import LearningPart

LAYERS = ("layer2", "layer3")
STRIDES = (8, 16, 32)
NUM_CONVOLUTIONS = 2  # of each branch of the head; torchvision's four cost more than they give here
FLOOR = 1e-3  # scores below it are nothing
MOST_BOXES = 100  # of an image, as COCO counts
OVERLAP = 0.5  # of two boxes of one kind, of which only the surer one is kept
BACKBONE = ".backbone.backbone."  # in the names of its tensors
NO_BOX = -1  # the kind in a row that only fills up a table of boxes


class Pyramid(nn.Module):
    """Images (B, 3, h, w) in 0..1 -> one feature map at each of `STRIDES`, all as deep."""

    def __init__(self, backbone: Backbone, *, channels: int, frozen: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.out_channels = channels  # FCOS asks for it
        for name, parameter in backbone.named_parameters():
            parameter.requires_grad_(_depth(name) > frozen)
        widths = [backbone.channels[layer] for layer in LAYERS]
        self.join = FeaturePyramidNetwork(widths, channels)
        self.coarsest = nn.Conv2d(channels, channels, 3, 2, 1)

    def forward(self, images: Tensor) -> list[Tensor]:
        fine, coarse = self.join(self.backbone(images)).values()
        return [fine, coarse, self.coarsest(coarse.relu())]


class BoxNetwork(nn.Module):
    """A backbone with FCOS: boxes to learn from give a loss, images give boxes."""

    def __init__(self, backbone: Backbone, *, num_kinds: int, channels: int, frozen: int) -> None:
        super().__init__()
        self._frozen = frozen
        self.fcos = FCOS(
            Pyramid(backbone, channels=channels, frozen=frozen),
            num_kinds,
            anchor_generator=AnchorGenerator(
                tuple((stride,) for stride in STRIDES), ((1.0,),) * len(STRIDES)
            ),
            head=FCOSHead(channels, 1, num_kinds, NUM_CONVOLUTIONS),
            score_thresh=FLOOR,
            nms_thresh=OVERLAP,
            detections_per_img=MOST_BOXES,
        )

    def forward(self, images: Tensor) -> tuple[dict[str, Tensor], list[Tensor], list[int]]:
        """Return what the head says, the cells of each image, and their number at each stride."""
        features = self.fcos.backbone(images)
        said = {name: part.float() for name, part in self.fcos.head(features).items()}
        cells = self.fcos.anchor_generator(_to_list(images), features)
        return said, cells, [grid.shape[-2] * grid.shape[-1] for grid in features]

    def loss(self, images: Tensor, boxes: Tensor) -> Tensor:
        """Return focal loss of the kinds, GIoU of the boxes and how central a cell is, added up.

        Args:
            images: (B, 3, h, w) in 0..1.
            boxes: (B, n, 5) with left, top, right, bottom and the number of the kind, or `NO_BOX`.
        """
        said, cells, counts = self(images)
        targets = [
            {"boxes": rows[:, :4], "labels": rows[:, 4].long()}
            for rows in (table[table[:, 4] != NO_BOX] for table in boxes)
        ]
        parts: Mapping[str, Tensor] = self.fcos.compute_loss(targets, said, cells, counts)
        return torch.stack(list(parts.values())).sum()

    def detect(self, images: Tensor) -> list[dict[str, Tensor]]:
        """Return "boxes" (n, 4), "scores" and "labels" (n,) of each image, the surest first."""
        said, cells, counts = self(images)
        by_stride = {name: list(part.split(counts, dim=1)) for name, part in said.items()}
        found: list[dict[str, Tensor]] = self.fcos.postprocess_detections(
            by_stride, [list(one.split(counts)) for one in cells], _to_list(images).image_sizes
        )
        return found

    def learning(self, *, share: float) -> list[LearningPart]:
        """Return what learns; the backbone, which has learned before, at a share of the rate."""
        parts: dict[float, list[nn.Parameter]] = {1.0: [], share: []}
        for name, parameter in self.named_parameters():
            if parameter.requires_grad:
                parts[share if BACKBONE in name else 1.0].append(parameter)
        return [(some, rate) for rate, some in parts.items() if some]

    def frozen_tensors(self) -> dict[str, Tensor]:
        """Return what stays the backbone's own: it is found again by its hash, never stored."""
        return {
            name: value
            for name, value in self.state_dict().items()
            if BACKBONE in name and _depth(name) <= self._frozen
        }


def _depth(name: str) -> int:
    """Return the layer that a tensor of a backbone belongs to; 0 for what comes before them."""
    found = re.search(r"layer(\d)", name)
    return 0 if found is None else int(found[1])


def _to_list(images: Tensor) -> ImageList:
    height, width = images.shape[-2:]
    return ImageList(images, [(height, width)] * len(images))
