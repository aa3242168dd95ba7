"""Patches of normal parts, and how far those of an image are from the nearest of them."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_max_pool2d

from detectors.learning.coreset import select_coreset
from inspection.types import Mask

MAX_CANDIDATES = 60_000
"""Patches of a level to choose among, evenly from all images."""
AT_ONCE = 16_384
"""Patches compared at once: more would take gigabytes."""


@dataclass(frozen=True, slots=True, eq=False)
class NormalPatches:
    """Patches of one level of features, and which part each of them shows.

    Attributes:
        rows: (m, c), rounded to half precision, as a checkpoint stores them.
        units: (m,) str.
    """

    rows: Tensor
    units: NDArray[np.str_]

    def excluded(self, unit: str) -> Tensor:
        """Return which rows (m,) show a part; none where all of them do."""
        own = self.units == unit
        return torch.from_numpy(own & ~own.all()).to(self.rows.device)


class PatchCollector:
    """Collect patches of one level from image after image, then choose some of them.

    Args:
        num_images: that it is going to be given.
        generator: of the CPU.
    """

    def __init__(self, num_images: int, generator: torch.Generator) -> None:
        self._per_image = -(-MAX_CANDIDATES // num_images)
        self._generator = generator
        self._rows: list[Tensor] = []
        self._units: list[str] = []

    def add(self, level: Tensor, mask: Mask, unit: str) -> None:
        """Take up patches (1, c, h, w) of an image that hold no defective pixel, if there are."""
        rows = level[0].flatten(1).T[_clean(mask, level)]  # (h * w, c) at most
        order = torch.randperm(len(rows), generator=self._generator)[: self._per_image]
        self._rows.append(rows[order.to(rows.device)])
        self._units += [unit] * len(order)

    def choose(self, count: int) -> NormalPatches:
        """Choose by the greedy k-center rule, so that rare patches count like usual ones."""
        rows = torch.cat(self._rows)
        kept = select_coreset(rows, count, generator=self._generator)
        return NormalPatches(rows[kept].half().float(), np.array(self._units)[kept.cpu().numpy()])


def measure_distance(patches: Tensor, rows: Tensor, *, excluded: Tensor | None = None) -> Tensor:
    """Return how far patches (1, c, h, w) are from the nearest of the rows (m, c): (1, 1, h, w).

    Args:
        patches: of one image.
        rows: of normal parts.
        excluded: (m,), which rows are not to be compared with.
    """
    queries = patches[0].flatten(1).T  # (h * w, c)
    nearest = [
        _measure(queries[start : start + AT_ONCE], rows, excluded)
        for start in range(0, len(queries), AT_ONCE)
    ]
    return torch.cat(nearest).reshape(1, 1, *patches.shape[2:])


def _measure(queries: Tensor, rows: Tensor, excluded: Tensor | None) -> Tensor:
    # |q - r|^2 = |q|^2 - 2 qr + |r|^2, of which |q|^2 is the same for all rows
    closeness = torch.addmm(rows.square().sum(dim=1), queries, rows.T, alpha=-2)  # (n, m)
    if excluded is not None:
        closeness[:, excluded] = torch.inf
    # the sum has few digits left where a patch is in the memory
    return (queries - rows[closeness.argmin(dim=1)]).square().sum(dim=1).sqrt()


def _clean(mask: Mask, level: Tensor) -> Tensor:
    """Return which patches (h * w,) hold no defective pixel; all of them where each holds one."""
    marked = torch.from_numpy(mask[None].astype(np.float32))
    clean = adaptive_max_pool2d(marked, level.shape[2:]).flatten() == 0
    return (clean | ~clean.any()).to(level.device)
