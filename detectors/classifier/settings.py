"""Settings of the classifier."""

from dataclasses import dataclass
from typing import Annotated

from detectors.settings import (
    STUDENT,
    BatchSize,
    EpochImages,
    Epochs,
    Flips,
    LearningRate,
    OneOf,
    Patience,
    Range,
    Rotation,
    Seconds,
    Seed,
    Share,
)
from inspection.datasets.classes import Labelling
from inspection.types import Size

SMALL_CNN = "small-cnn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierSettings:
    """Settings of the classifier; `detectors.settings` explains the shared ones.

    Attributes:
        input_size: (height, width), multiples of 32.
        classes: what is distinguished: normal and defective, or normal and every defect type.
        backbone: name for `backbones.load_deepest`, or "small-cnn", which is trained from scratch.
        backbone_weights: file with the weights of that backbone, to be taken first.
        stages: 1 trains the head alone, 2 also the last block, 3 further blocks.
        balance: 0 draws images as often as there are, 1 every class as often as the others.
        views: varied copies of each image whose features the head learns from.
        hidden: width of the head.
        dropout: share of the head's values left out while it is trained.
        smoothing: share of every label that is spread over all classes; without it the head is
            soon too sure, and recognises defects on unseen parts less well.
    """

    input_size: Size = (224, 224)
    classes: Annotated[str, OneOf(tuple(Labelling))] = Labelling.TYPES.value
    backbone: str = STUDENT
    backbone_weights: str | None = None
    stages: Annotated[int, Range(1, 3)] = 2
    balance: Share = 0.5
    views: Annotated[int, Range(1, 64)] = 2
    hidden: Annotated[int, Range(4, 4096)] = 128
    dropout: Annotated[float, Range(0.0, 0.9)] = 0.3
    smoothing: Share = 0.1
    flips: Flips = None
    rotation: Rotation = None
    crop: bool = True  # tilt, enlarge, erase
    light: bool = True  # vary brightness, contrast, colour and sharpness
    max_epochs: Epochs = 30  # of each stage
    epoch_images: EpochImages = 768
    max_seconds: Seconds = None
    patience: Patience = 8
    batch_size: BatchSize = 32
    learning_rate: LearningRate = 1e-3
    seed: Seed = 0
