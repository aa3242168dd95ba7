"""Which patches the autoencoder learns from: few, and no normal patch is far from all of them.

Patches that are rare on good parts decide whether a defect stands out, so they must be learned as
well as frequent ones: by coverage, not by frequency.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from detectors.cae.networks import MARGIN
from detectors.learning.coreset import PROJECTED, select_coreset
from detectors.learning.features import PatchFeatures, compute_features

SIDE = 2 * MARGIN + 1
MAX_CANDIDATES = 150_000


@torch.inference_mode()
def choose_windows(
    features: PatchFeatures,
    images: NDArray[np.uint8],
    count: int,
    *,
    generator: torch.Generator,
    has_bar: bool = False,
) -> Tensor:
    """Return windows (m, channels, 3, 3), float16, around the patches that cover all others best.

    Features are computed twice, so that not all of them have to be in memory.

    Args:
        features: computes those of the images.
        images: (n, H, W, 3).
        count: how many windows; all of them if there are no more.
        generator: of the CPU; the same state gives the same choice.
        has_bar: whether to show bars on stderr.
    """
    places, (_, width) = _choose_places(features, images, count, generator, has_bar=has_bar)
    used = sorted({image for image, _ in places})
    chosen: dict[int, list[int]] = {image: [] for image in used}
    for image, patch in places:
        chosen[image].append(patch)
    windows: list[Tensor] = []
    waiting = iter(used)
    for batch in compute_features(features, images[used], has_bar=has_bar):
        padded = nn.functional.pad(batch, (MARGIN,) * 4, mode="replicate")
        around = padded.unfold(2, SIDE, 1).unfold(3, SIDE, 1)  # (b, channels, h, w, 3, 3)
        for one in around:
            patches = torch.tensor(chosen[next(waiting)])
            windows.append(one[:, patches // width, patches % width].half().cpu().transpose(0, 1))
    return torch.cat(windows)


def _choose_places(
    features: PatchFeatures,
    images: NDArray[np.uint8],
    count: int,
    generator: torch.Generator,
    *,
    has_bar: bool,
) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Return (image, patch) of each chosen patch, and the grid that patches are numbered on."""
    matrix = torch.randn(features.channels, PROJECTED, generator=generator) / math.sqrt(PROJECTED)
    per_image = -(-MAX_CANDIDATES // len(images))
    rows: list[Tensor] = []
    places: list[tuple[int, int]] = []
    grid = (0, 0)
    for batch in compute_features(features, images, has_bar=has_bar):
        grid = (batch.shape[2], batch.shape[3])
        projected = (batch.flatten(2).transpose(1, 2) @ matrix.to(batch)).cpu()  # (b, h * w, 64)
        for one in projected:
            kept = torch.randperm(len(one), generator=generator)[:per_image]
            image = len(rows)
            rows.append(one[kept])
            places.extend((image, patch) for patch in kept.tolist())
    chosen = select_coreset(torch.cat(rows), count, generator=generator, progress=has_bar)
    return [places[row] for row in chosen.tolist()], grid
