"""Training images, kept as what the decoder learns from.

The encoder learns nothing, so every drawn image goes through it once, and an epoch takes seconds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from detectors.learning.augmentation import CROP_SHARE

MOST_BYTES = 2**30
"""Memory that kept images may take; fewer of large ones are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptImages:
    """Levels of images in half precision, and their masks.

    Attributes:
        levels: (n, c, h / stride, w / stride) of every level.
        masks: (n, 1, h, w) bool.
    """

    levels: tuple[Tensor, ...]
    masks: Tensor

    def whole(self) -> tuple[Tensor, Tensor]:
        """Return all images, packed (n, length, 1, 1), and their masks as numbers."""
        packed = [pack([level[row] for level in self.levels]) for row in range(len(self.masks))]
        return torch.stack(packed), self.masks.float()

    def draw(self, row: int, *, window: bool, multiple: int) -> tuple[Tensor, Tensor]:
        """Return an image, packed (length, 1, 1), and its mask (1, h, w) as numbers.

        Args:
            row: of the image.
            window: take a random window of it, and of the mask, instead of all.
            multiple: of pixels, where a window may begin and end.
        """
        mask = self.masks[row]
        size = (mask.shape[-2], mask.shape[-1])
        across = [_choose_span(side, multiple) if window else (0, side) for side in size]
        levels = [_cut(level[row], across, size) for level in self.levels]
        return pack(levels), _cut(mask, across, size).float()


def keep_images(compared: Iterable[tuple[Sequence[Tensor], Tensor]], *, most: int) -> KeptImages:
    """Keep levels (1, c, h, w) and mask (1, h, w) of at most this many images, as memory allows."""
    levels: list[Tensor] = []
    masks = torch.empty(0)
    row = 0
    for row, (made, mask) in enumerate(compared, 1):
        if row == 1:  # reserved at once: a list that is joined in the end needs twice the memory
            most = min(most, max(1, MOST_BYTES // (2 * sum(level.numel() for level in made))))
            levels = [torch.empty(most, *level.shape[1:], dtype=torch.half) for level in made]
            masks = torch.empty(most, *mask.shape, dtype=torch.bool)
        for level, one in zip(levels, made, strict=True):
            level[row - 1] = one[0]
        masks[row - 1] = mask > 0.5
        if row == most:
            break
    return KeptImages(tuple(level[:row] for level in levels), masks[:row])


def _choose_span(side: int, multiple: int) -> tuple[int, int]:
    length = max(1, round(CROP_SHARE * side / multiple)) * multiple
    start = multiple * int(torch.randint((side - length) // multiple + 1, ()))
    return start, start + length


def _cut(level: Tensor, across: Sequence[tuple[int, int]], size: tuple[int, int]) -> Tensor:
    """Return a part (c, ...) of a level (c, h, w) of an image of that size in pixels."""
    rows, columns = (
        slice(start * length // side, end * length // side)
        for (start, end), length, side in zip(across, level.shape[1:], size, strict=True)
    )
    return level[:, rows, columns]


def pack(levels: Sequence[Tensor]) -> Tensor:
    """Join the levels (c, h, w) of an image into (length, 1, 1): the loop takes one tensor."""
    return torch.cat([level.flatten() for level in levels])[:, None, None]


def unpack(packed: Tensor, shapes: Sequence[tuple[int, int, int]]) -> list[Tensor]:
    """Return the levels (B, c, h, w), of these shapes (c, h, w), of (B, length, 1, 1)."""
    sizes = [channels * height * width for channels, height, width in shapes]
    parts = torch.split_with_sizes(packed.flatten(1).float(), sizes, dim=1)
    return [part.reshape(-1, *shape) for part, shape in zip(parts, shapes, strict=True)]
