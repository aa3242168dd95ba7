"""What a detector is: what people see of it, what every one can do, and its calibration."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Protocol, Self

from inspection.types import (
    Calibration,
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
class Mark:
    """How a detector stands out among others; the symbol tells what the colour tells.

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


NEUTRAL = Mark(Symbol.CROSS, "longdash", "#5c6f82", "#9fb0c0", "#7d8fa1")
"""Of a detector that brings no mark of its own."""


@dataclass(frozen=True, slots=True)
class DetectorInfo:
    """A detector as people meet it.

    Attributes:
        name: in commands, folders and files.
        title: as people write it.
        method: how it works, in two or three words.
        hint: what it has learned, and what is bright on its map.
        needs_labels: whether it learns from labelled defects alone.
        is_default: whether it is trained where no detector is named.
    """

    name: str
    title: str
    method: str = ""
    hint: str = ""
    mark: Mark = NEUTRAL
    needs_labels: bool = False
    is_default: bool = True


class Detector(Protocol):
    """What every detector can do; settings are in `__init__`, and a refit forgets the last fit."""

    name: ClassVar[str]

    @property
    def input_size(self) -> Size:
        """(height, width) of the images that `predict` takes and of the maps that it returns."""

    @property
    def min_threshold(self) -> float:
        """Smallest meaningful threshold, in the detector's own units; 0 where it knows none."""

    @property
    def training(self) -> TrainingRecord | None:
        """What it learned from; None before `fit`."""

    def fit(self, samples: Sequence[Sample]) -> Self:
        """Learn from the samples whose split is train or validation; the others are ignored."""

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        """Return one prediction per image of `input_size`; a batch gives what single ones give."""

    def save(self, folder: Path) -> None:
        """Write `weights.safetensors` and `detector.json` into an existing folder."""

    @classmethod
    def load(cls, folder: Path, *, device: str | None = None) -> Self:
        """Read what `save` wrote; the prediction is the same as before."""


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """A detector with its calibration: what it takes to give a verdict."""

    detector: Detector
    calibration: Calibration
