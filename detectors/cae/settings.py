"""Settings of the autoencoder."""

from dataclasses import dataclass
from typing import Annotated

from detectors.settings import (
    STUDENT,
    BatchSize,
    Epochs,
    LearningRate,
    Patience,
    Range,
    Seconds,
    Seed,
    Smoothing,
)
from inspection.types import Size


@dataclass(frozen=True, slots=True, kw_only=True)
class CAESettings:
    """Settings of the autoencoder; `detectors.settings` explains the shared ones.

    Attributes:
        input_size: (height, width), multiples of 16.
        backbone: name for `backbones.load_backbone`; its weights stay as they are.
        backbone_weights: file with the weights of that backbone, to be taken first.
        layers: feature maps joined into one vector per patch, the finest first; None for those of
            the backbone's record.
        width: channels between features and bottleneck.
        bottleneck: numbers that a patch is rebuilt from.
        num_patches: normal patches to learn from, those that cover all others best; an epoch.
        noise: standard deviation of what is added to them, in units of the features' own.
        batch_size: patches per step.
    """

    input_size: Size = (256, 256)
    backbone: str = STUDENT
    backbone_weights: str | None = None
    layers: tuple[str, ...] | None = None
    width: Annotated[int, Range(4, 4096)] = 256
    bottleneck: Annotated[int, Range(1, 1024)] = 32
    num_patches: Annotated[int, Range(1, 1_000_000)] = 4000
    noise: Annotated[float, Range(0.0, 10.0)] = 0.05
    smoothing: Smoothing = 6.0
    max_epochs: Epochs = 40
    max_seconds: Seconds = None
    patience: Patience = 20
    batch_size: BatchSize = 64
    learning_rate: LearningRate = 1e-3
    seed: Seed = 0

    @property
    def epoch_images(self) -> int:
        """Patches drawn per epoch, for the training loop."""
        return self.num_patches
