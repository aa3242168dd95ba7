"""A detector in NumPy, which learns nothing, and what goes with it: the page needs no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detectors import list_detectors
from inspection.detector import Channel, DetectorInfo, StoredDetector, WeightArrays
from inspection.embedding import FIELDS
from inspection.pipeline import inspect_image
from inspection.types import (
    Calibration,
    Finding,
    Outline,
    Prediction,
    RGBImage,
    Sample,
    Size,
    TrainingRecord,
)
from tests.doubles.parts import PICTURE_SIDE, SIDE, draw_part

DETECTORS = ("cae", "unet", "patchcore")
LEVEL = 115.0  # grey of a good part


@dataclass(frozen=True, slots=True)
class Eye:
    """How a fake sees: what is above a grey level, blurred by so many pixels, times a gain."""

    gain: float
    blur: float
    level: float = LEVEL


EYES: Mapping[str, Eye] = MappingProxyType(
    {
        "brightness": Eye(1.0, 0.0, 0.0),
        "cae": Eye(0.05 / 255, 2.0),
        "unet": Eye(1.0 / 255, 0.8),
        "patchcore": Eye(3.0 / 255, 3.0),
    }
)


@dataclass(frozen=True, slots=True)
class FakeSettings:
    """Settings of a detector that has none of its own."""

    input_size: Size
    seed: int = 0


class FakeDetector:
    """Finds what is brighter than a part should be; `weakness` (0-1) makes it miss the faint."""

    name: ClassVar[str] = "brightness"

    def __init__(
        self, name: str = "brightness", *, side: int = SIDE, weakness: float = 0.0
    ) -> None:
        self.kind = name
        self.side = side
        self.weakness = weakness
        self.settings = FakeSettings((side, side))
        self.state: dict[str, Any] = {}
        summary = "trained on 48 labelled defects" if name == "unet" else "trained on 300 parts"
        self.training: TrainingRecord | None = TrainingRecord(
            "part", {}, 300, 48, 0, 1.0, "2026-11-20T00:00:00Z", "cpu", summary
        )

    @property
    def input_size(self) -> Size:
        return (self.side, self.side)

    @property
    def outline(self) -> Outline | None:
        return None

    def fit(self, samples: Sequence[Sample]) -> Self:
        return self

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        return [self._predict(image) for image in images]

    def _predict(self, image: RGBImage) -> Prediction:
        eye = EYES.get(self.kind, EYES["cae"])
        excess = np.maximum(image.mean(axis=2) - eye.level - 255 * self.weakness, 0)
        sigma = eye.blur * self.side / SIDE
        blurred = cv2.GaussianBlur(excess, (0, 0), sigma) if sigma else excess
        anomaly_map = (eye.gain * blurred).astype(np.float32)
        measures = {
            "brightness": {"mean_brightness": float(anomaly_map.mean())},
            "cae": {"mean_squared_error": float(np.square(excess / 255).mean())},
            "unet": {"mean_mask_probability": float(anomaly_map.mean())},
        }
        rebuilt = np.full_like(image, 90) if self.kind == "cae" else None
        return Prediction(anomaly_map, measures.get(self.kind, {}), reconstruction=rebuilt)

    def weights(self) -> WeightArrays:
        raise AssertionError("a fake is never saved")

    def restore(self, stored: StoredDetector) -> None:
        raise AssertionError("a fake is never stored")


@cache
def normal_scores(name: str, count: int) -> tuple[float, ...]:
    """Return the scores of good parts, drawn once per test run."""
    images = [draw_part(10_000 + index, side=PICTURE_SIDE)[0] for index in range(count)]
    resized = [np.asarray(Image.fromarray(image).resize((SIDE, SIDE))) for image in images]
    return tuple(found.image_score for found in FakeDetector(name).predict(resized))


def make_calibration(*scores: float) -> Calibration:
    """Make a calibration whose parts are called p0, p1, ... in the order of their scores."""
    ascending = np.sort(np.array(scores, np.float32))
    return Calibration(ascending, tuple(f"p{i}" for i in range(len(scores))))


def make_channel(*scores: float) -> Channel:
    """Make a channel that flags brightness."""
    return Channel(FakeDetector(), make_calibration(*scores))


def make_infos(*names: str) -> dict[str, DetectorInfo]:
    """Return what people see of these detectors, also of one that does not exist."""
    known = list_detectors()
    return {name: known.get(name, DetectorInfo(name, name)) for name in names}


class FakeEmbed:
    """Sees the mean colour and its inverse in each of 2 x 2 fields."""

    def __init__(self, source: str = "fake") -> None:
        self.source = source

    def __call__(self, images: Sequence[RGBImage]) -> NDArray[np.float32]:
        small = np.stack([cv2.resize(one, (2, 2), interpolation=cv2.INTER_AREA) for one in images])
        fields = small.reshape(len(images), FIELDS, 3).astype(np.float32)
        channels = np.concatenate([fields, 255 - fields], axis=2)  # (n, fields, 6)
        return channels.transpose(0, 2, 1).reshape(len(images), -1)


def inspect_with(
    channel: Channel, image: RGBImage, *, false_alarm_rate: float | None = None
) -> Finding:
    """Return what one detector finds."""
    channels = {channel.detector.name: channel}
    (finding,) = inspect_image(image, channels, false_alarm_rate=false_alarm_rate).findings
    return finding
