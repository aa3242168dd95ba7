"""One vector per image from the small backbone, for finding images that are alike."""

import math
import threading
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from detectors.backbones.extractors import Backbone, load_backbone
from detectors.devices import choose_device
from inspection.embedding import FIELDS
from inspection.preprocess import to_input_size
from inspection.types import RGBImage

SIDE = 128
BATCH = 32
GRID = math.isqrt(FIELDS)


class Embedder:
    """Reads the backbone at its first call; may be called from several threads."""

    def __init__(self, *, device: str | None = None) -> None:
        self._device = device
        self._backbone: Backbone | None = None
        self._lock = threading.Lock()

    @property
    def source(self) -> str:
        """Name the weights, and the size to which images are resized."""
        with self._lock:
            return f"{self._load().ref.sha256[:16]}, {SIDE} px"

    def __call__(self, images: Sequence[RGBImage]) -> NDArray[np.float32]:
        """Return (n, d): the mean of every channel in each of 2 x 2 fields.

        Raises:
            BackboneError: the weights are missing or damaged.
            SettingsError: the device is absent.
        """
        with self._lock:
            backbone = self._load()
            parts = [
                self._embed(backbone, images[start : start + BATCH])
                for start in range(0, len(images), BATCH)
            ]
        return np.concatenate(parts)

    def _load(self) -> Backbone:
        if self._backbone is None:
            self._backbone = load_backbone(allow_download=False).to(choose_device(self._device))
        return self._backbone

    @torch.inference_mode()
    def _embed(self, backbone: Backbone, images: Sequence[RGBImage]) -> NDArray[np.float32]:
        batch = np.stack([to_input_size(image, (SIDE, SIDE)) for image in images])
        tensor = torch.from_numpy(batch).to(backbone.prepare.mean.device)
        features = backbone(tensor.permute(0, 3, 1, 2).float().div_(255))  # (B, 3, SIDE, SIDE)
        pooled = [
            torch.nn.functional.adaptive_avg_pool2d(one, GRID).flatten(1)  # (B, channels * 4)
            for one in features.values()
        ]
        vectors: NDArray[np.float32] = torch.cat(pooled, dim=1).cpu().numpy().astype(np.float32)
        return vectors
