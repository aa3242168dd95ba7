"""Settings of the detector of boxes."""

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
)
from inspection.types import Size


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxesSettings:
    """Settings of the detector of boxes; `detectors.settings` explains the shared ones.

    Attributes:
        input_size: (height, width), multiples of 32.
        backbone: name for `backbones.load_backbone`.
        backbone_weights: file with the weights of that backbone, to be taken first.
        frozen: how many layers of the backbone stay as they are, from the first one on; 3 for all.
        channels: of the feature pyramid and the head.
    """

    input_size: Size = (224, 224)
    backbone: str = STUDENT
    backbone_weights: str | None = None
    frozen: Annotated[int, Range(0, 3)] = 1
    channels: Annotated[int, Range(32, 512)] = 128
    flips: Flips = None
    rotation: Rotation = None
    light: bool = True  # vary brightness and contrast
    max_epochs: Epochs = 24
    epoch_images: EpochImages = 768
    max_seconds: Seconds = None
    patience: Patience = 12
    batch_size: BatchSize = 8
    learning_rate: LearningRate = 1e-3
    seed: Seed = 0

    @property
    def crop(self) -> bool:
        """Whether windows are cut out: never, since they would cut boxes."""
        return False
