"""Settings of the autoencoder."""

from dataclasses import dataclass
from typing import Annotated

from detectors.settings import (
    BatchSize,
    EpochImages,
    Epochs,
    Flips,
    LearningRate,
    Patience,
    Range,
    Rotation,
    Seconds,
    Seed,
    Share,
    Smoothing,
)
from inspection.types import Size

WIDTHS = (1.0, 1.5, 2.0, 3.0, 4.0, 4.0)  # channels of each stage, in units of `width`


@dataclass(frozen=True, slots=True, kw_only=True)
class CAESettings:
    """Settings of the autoencoder; `detectors.settings` explains the shared ones.

    Attributes:
        input_size: (height, width), multiples of 2 to the power of `depth`.
        width: channels of the first stage.
        depth: number of halvings before the bottleneck.
        bottleneck: channels of the bottleneck.
        ssim_weight: weight of the structural loss beside the squared error of 1.
        damage_share: share of the images that get synthetic defects which it learns to undo.
    """

    input_size: Size = (256, 256)
    width: Annotated[int, Range(4, 256)] = 32
    depth: Annotated[int, Range(1, len(WIDTHS))] = 4
    bottleneck: Annotated[int, Range(1, 1024)] = 32
    ssim_weight: Annotated[float, Range(0.0, 100.0)] = 1.0
    damage_share: Share = 0.5
    smoothing: Smoothing = 3.0
    flips: Flips = None
    rotation: Rotation = None
    crop: bool = True  # learn from random windows
    light: bool = True  # vary brightness and contrast
    max_epochs: Epochs = 100
    epoch_images: EpochImages = 256
    max_seconds: Seconds = None
    patience: Patience = 20
    batch_size: BatchSize = 16
    learning_rate: LearningRate = 2e-3
    seed: Seed = 0
