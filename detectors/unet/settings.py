"""Settings of the U-Net."""

from dataclasses import dataclass
from typing import Annotated

from detectors.settings import (
    STUDENT,
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
    Smoothing,
)
from inspection.types import Size


@dataclass(frozen=True, slots=True, kw_only=True)
class UNetSettings:
    """Settings of the U-Net; `detectors.settings` explains the shared ones.

    Attributes:
        input_size: (height, width), multiples of 16.
        backbone: name for `backbones.load_backbone`; its weights stay as they are.
        backbone_weights: file with the weights of that backbone, to be taken first.
        labelled: learn from the defective samples and their masks; else from drawn defects alone.
        synthetic_share: share of the drawn normal images that get synthetic defects.
        memory_rows: normal patches of each level to compare with, where no labelled defects are.
        kept_images: drawn images to learn from then; fewer where they would take more than 1 GiB.
    """

    input_size: Size = (256, 256)
    backbone: str = STUDENT
    backbone_weights: str | None = None
    labelled: bool = False
    synthetic_share: Annotated[float, Range(0.0, 1.0)] = 0.5
    memory_rows: Annotated[int, Range(1, 100_000)] = 1000
    kept_images: Annotated[int, Range(2, 100_000)] = 640
    smoothing: Smoothing = 3.0
    flips: Flips = None
    rotation: Rotation = None
    crop: bool = True  # learn from random windows
    light: bool = True  # vary brightness and contrast
    max_epochs: Epochs = 36
    epoch_images: EpochImages = 256
    max_seconds: Seconds = None
    patience: Patience = 12
    batch_size: BatchSize = 16
    learning_rate: LearningRate = 2e-3
    seed: Seed = 0


def count_wanted(settings: UNetSettings) -> int:
    """Return how many drawn images are to be kept: no more than the epochs will draw."""
    return min(settings.kept_images, settings.max_epochs * settings.epoch_images)
