"""What a detector (model) is: what people see of it, what all can do, and what is stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from numpy.typing import NDArray

from inspection.types import (
    Calibration,
    Outline,
    Prediction,
    RGBImage,
    Sample,
    Size,
    TrainingRecord,
)


class Symbol(StrEnum):
    """A symbol of plotly that the style sheet of the page draws as well."""

    SQUARE = "square"
    CIRCLE = "circle"
    DIAMOND = "diamond"
    OPEN_SQUARE = "square-open"
    CROSS = "cross"
    TRIANGLE = "triangle-up"


@dataclass(frozen=True, slots=True)
class Appearance:
    """How a detector stands out in plots and on the page; the symbol says what the colour says.

    Attributes:
        dash: of its lines.
        light: colour on the light page.
        dark: colour on the dark page.
        plot: colour in plots, which are the same on both.
    """

    symbol: Symbol
    dash: str
    light: str
    dark: str
    plot: str


NEUTRAL = Appearance(Symbol.CROSS, "longdash", "#5c6f82", "#9fb0c0", "#7d8fa1")
"""Of a detector that brings none of its own."""


@dataclass(frozen=True, slots=True)
class DetectorInfo:
    """A detector as people meet it.

    Attributes:
        name: in commands, folders and files.
        title: as people write it.
        method: how it works, in two or three words.
        hint: what it has learned, and what is bright on its map.
        needs_labels: whether it learns from labelled defects alone.
        gives_boxes: whether its predictions hold a box for each defect.
        is_default: whether it is trained where none is named, and expected of every product.
    """

    name: str
    title: str
    method: str = ""
    hint: str = ""
    appearance: Appearance = NEUTRAL
    needs_labels: bool = False
    gives_boxes: bool = False
    is_default: bool = False


EpochCallback = Callable[[Mapping[str, float]], None]
"""Called after every epoch with its metrics, of a detector without epochs now and then with the
`share` of its work that is done; what it raises ends the training."""

WeightArrays = Mapping[str, NDArray[Any]]
"""What a detector has learned, array by array."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredDetector:
    """What a checkpoint folder holds of a detector.

    Attributes:
        state: see `Detector.state`.
    """

    folder: Path
    settings: Mapping[str, Any]
    state: dict[str, Any]
    training: TrainingRecord
    weights: WeightArrays


class DetectorSettings(Protocol):
    """What the settings of every detector hold."""

    @property
    def input_size(self) -> Size:
        """(height, width) that images are stretched to."""

    @property
    def seed(self) -> int:
        """Of everything random."""


class Detector(Protocol):
    """What every detector can do; settings are in `__init__`, and a refit forgets the last fit.

    Attributes:
        state: small fitted values that are no arrays, as JSON can hold them; empty before `fit`.
        training: what it learned from; None before `fit`.
    """

    name: ClassVar[str]
    state: dict[str, Any]
    training: TrainingRecord | None

    def __init__(
        self, *, device: str | None = None, progress: bool | EpochCallback = True, **settings: Any
    ) -> None: ...

    @property
    def settings(self) -> DetectorSettings:
        """The record of its settings."""

    @property
    def input_size(self) -> Size:
        """(height, width) of the images that `predict` takes and of the maps that it returns."""

    @property
    def outline(self) -> Outline | None:
        """Where its outlines end; None to find that out on drawn defects when calibrating."""

    def fit(self, samples: Sequence[Sample]) -> Self:
        """Learn from the samples whose split is train or validation; the others are ignored."""

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        """Return one prediction per image of `input_size`; a batch gives what single ones give."""

    def weights(self) -> WeightArrays:
        """Return what it has learned, beside its state; restored, it predicts the same.

        Raises:
            NotFittedError: it has not been trained yet.
        """

    def restore(self, stored: StoredDetector) -> None:
        """Take up the weights of a checkpoint, whose settings and state it has already.

        Raises:
            KeyError: an array or a value is missing.
            InspectionError: they do not fit its settings, or it lacks what it learned with.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """A detector with its calibration: what it takes to give a verdict.

    Attributes:
        note: what is to be known of its checkpoint; mostly nothing.
    """

    detector: Detector
    calibration: Calibration
    note: str = ""

    @property
    def summary(self) -> str:
        """What the detector has learned, how large it sees images, and the note."""
        return " ".join(filter(None, (describe_training(self.detector), self.note)))


def describe_training(detector: Detector) -> str:
    """Return what a detector has learned, and how large it sees images; "" before it has."""
    if detector.training is None:
        return ""
    height, width = detector.input_size
    return f"{detector.training.summary}; images of {height} x {width} pixels"
