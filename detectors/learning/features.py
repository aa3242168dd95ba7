"""Features of images from a frozen backbone: one vector per patch, computed batch by batch."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from detectors.backbones.extractors import Backbone, resample
from detectors.backbones.record import COSINE
from detectors.devices import synchronize
from inspection.types import Size

BATCH_PIXELS = 8 * 256 * 256  # of the images that go through a backbone together


def choose_batch(size: Size) -> int:
    """Return how many images (height, width) go through a backbone together, one at least."""
    return max(1, BATCH_PIXELS // (size[0] * size[1]))


class PatchFeatures(nn.Module):
    """Images (B, 3, H, W) in 0..1 -> (B, channels, H / stride, W / stride).

    Every layer is averaged over 3 x 3 patches and brought to the grid of the finest, as in
    PatchCore (section 3.1 of Roth et al. 2022); a backbone whose vectors are compared by their
    directions gives vectors of length 1.
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone
        self.channels = sum(backbone.channels.values())
        self.stride = backbone.strides[backbone.layers[0]]

    def forward(self, images: Tensor) -> Tensor:
        pooled = [
            nn.functional.avg_pool2d(one, 3, stride=1, padding=1)
            for one in self.backbone(images).values()
        ]
        grid = (pooled[0].shape[-2], pooled[0].shape[-1])
        joined = torch.cat([pooled[0], *(resample(one, grid) for one in pooled[1:])], dim=1)
        if self.backbone.ref.record.distance == COSINE:
            return nn.functional.normalize(joined, dim=1)
        return joined


@torch.inference_mode()
def compute_features(
    features: PatchFeatures,
    images: NDArray[np.uint8],
    *,
    has_bar: bool = False,
) -> Iterator[Tensor]:
    """Yield features (b, channels, h, w) of a few images (n, H, W, 3) after the other.

    They stay on the backbone's device; what is to be kept of them is the caller's choice, since
    those of a thousand images fill gigabytes.
    """
    device = features.backbone.prepare.mean.device
    batch_size = choose_batch((images.shape[1], images.shape[2]))
    starts = range(0, len(images), batch_size)
    for start in tqdm(starts, "computing features", disable=not has_bar, leave=False):
        batch = torch.from_numpy(np.array(images[start : start + batch_size])).to(device)
        found: Tensor = features(batch.permute(0, 3, 1, 2).float().div_(255))
        synchronize(device)
        yield found
