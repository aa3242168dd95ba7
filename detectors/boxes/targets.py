"""Boxes to learn from: read, brought to input size, and varied together with their images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detectors.boxes.network import NO_BOX
from detectors.learning.augmentation import BRIGHTNESS, Augmentation
from detectors.learning.networks import to_tensor
from inspection.boxes import KindBox
from inspection.ground_truth import read_kind_boxes
from inspection.images import read_image_size
from inspection.preprocess import LoadedSamples
from inspection.types import Sample, Size

LEAST = 2.0  # pixels of the input: what is narrower is widened to it, or no cell would find it


def read_boxes(samples: Sequence[Sample], size: Size) -> list[tuple[KindBox, ...]]:
    """Return the marked boxes of samples, in pixels of the input (height, width).

    Raises:
        InspectionError: an image or a mask cannot be used.
    """
    found = []
    for sample in samples:
        height, width = read_image_size(sample.image_path)
        boxes = read_kind_boxes(sample, (height, width))
        found.append(tuple(box.scaled(size[1] / width, size[0] / height) for box in boxes))
    return found


def to_table(boxes: Sequence[Sequence[KindBox]], kinds: Sequence[str]) -> NDArray[np.float32]:
    """Return boxes as (images, n, 5): edges and number of the kind; `NO_BOX` fills a row up."""
    most = max((len(one) for one in boxes), default=0)
    table = np.full((len(boxes), max(1, most), 5), NO_BOX, np.float32)
    for row, found in enumerate(boxes):
        for place, box in enumerate(found):
            table[row, place] = [*_widen(box), kinds.index(box.kind)]
    return table


def _widen(box: KindBox) -> tuple[float, float, float, float]:
    left, top, right, bottom = box.edges
    across, down = max(0.0, LEAST - box.width) / 2, max(0.0, LEAST - box.height) / 2
    return left - across, top - down, right + across, bottom + down


@dataclass(frozen=True, slots=True, eq=False)
class BoxDrawer:
    """Varied training images by number: the good ones, then at least as many draws of defects."""

    loaded: LoadedSamples
    table: NDArray[np.float32]
    plan: Augmentation
    rows: NDArray[np.int64]

    @classmethod
    def of(
        cls, loaded: LoadedSamples, table: NDArray[np.float32], plan: Augmentation
    ) -> "BoxDrawer":
        """Return a drawer that shows defects as often as good parts, however few are marked."""
        has_box = (table[:, :, 4] != NO_BOX).any(axis=1)
        good, defective = np.flatnonzero(~has_box), np.flatnonzero(has_box)
        repeated = np.resize(defective, max(len(good), len(defective)))
        return cls(loaded, table, plan, np.concatenate([good, repeated]))

    def __call__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return an image (3, h, w) in 0..1 and its boxes (n, 5)."""
        row = int(self.rows[index])
        image = to_tensor(self.loaded.images[row])
        boxes = torch.from_numpy(self.table[row].copy())
        for axis, is_wanted in ((2, self.plan.flip_horizontal), (1, self.plan.flip_vertical)):
            if is_wanted and torch.rand(()) < 0.5:
                image, boxes = mirror(image, boxes, axis)
        if self.plan.rotation:
            for _ in range(_draw_quarters(image)):
                image, boxes = turn(image, boxes)
        if self.plan.light:
            contrast, light = (2 * torch.rand(2) - 1) * 2 * BRIGHTNESS
            image = ((image - 0.5) * (1 + contrast) + 0.5 + light).clamp(0.0, 1.0)
        return image, boxes


def mirror(image: Tensor, boxes: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Mirror an image (3, h, w) and its boxes (n, 5), from left to right along axis 2."""
    near, far = (0, 2) if axis == 2 else (1, 3)
    turned = boxes.clone()
    turned[:, near] = image.shape[axis] - boxes[:, far]
    turned[:, far] = image.shape[axis] - boxes[:, near]
    return image.flip(axis), torch.where(boxes[:, 4:] == NO_BOX, boxes, turned)


def turn(image: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Turn an image (3, h, w) and its boxes (n, 5) by a quarter, against the clock."""
    left, top, right, bottom, kind = boxes.unbind(1)
    width = image.shape[2]
    turned = torch.stack([top, width - right, bottom, width - left, kind], dim=1)
    return torch.rot90(image, 1, (1, 2)), torch.where(boxes[:, 4:] == NO_BOX, boxes, turned)


def _draw_quarters(image: Tensor) -> int:
    """Return a number of quarter turns that keeps the size of an image."""
    is_square = image.shape[1] == image.shape[2]
    return int(torch.randint(4, ())) if is_square else 2 * int(torch.randint(2, ()))
