"""Every record of the pipeline, with shapes, units and ranges."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from inspection.boxes import KindBox
from inspection.errors import CalibrationError

RGBImage = NDArray[np.uint8]
"""(H, W, 3), sRGB, 0-255."""

Mask = NDArray[np.bool_]
"""(H, W), True where the part is defective."""

AnomalyMap = NDArray[np.float32]
"""(h, w), finite, >= 0, in the detector's own units, higher = more anomalous."""

Size = tuple[int, int]
"""(height, width) in pixels."""

Colour = tuple[int, int, int]
"""Red, green and blue, sRGB, 0-255."""


class Split(StrEnum):
    """What an image may be used for; an image has exactly one use."""

    TRAIN = "train"
    VALIDATION = "validation"  # early stopping and tuning
    CALIBRATION = "calibration"  # thresholds, and nothing else
    TEST = "test"


class Verdict(StrEnum):
    """What one detector says of one image."""

    NORMAL = "normal"
    DEFECT = "defect"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Reading:
    """How the files of a product become colours, settled once, before its first training.

    Attributes:
        white: which value is white in files of more than 8 bits that do not say so: an int for
            whole numbers, a float for floating-point ones; None for the largest that 16 bits hold.
        background: what transparent parts are laid on.
    """

    white: int | float | None = None
    background: Colour = (255, 255, 255)


DEFAULT_READING = Reading()
"""By the depth of each file, on white: where no product has measured its own."""


@dataclass(frozen=True, slots=True)
class Polygon:
    """An outline in pixels: (0.0, 0.0) is the upper left corner of the image.

    A pixel is inside if its centre is, by the even-odd rule.
    """

    points: tuple[tuple[float, float], ...]  # (x, y)


@dataclass(frozen=True, slots=True)
class PixelRuns:
    """Marked pixels as COCO counts them: column by column, first unmarked ones, then in turn."""

    size: Size
    counts: tuple[int, ...]  # they add up to height x width


Shape = Polygon | PixelRuns


@dataclass(frozen=True, slots=True)
class Sample:
    """One image of a dataset; `defect_type` is None for a normal image.

    `id` is the path relative to the dataset folder, with forward slashes. Images of one and the
    same part share a `group`, which no split may tear apart. In a pool of several datasets,
    `dataset` is the one that it comes from; else it is empty. `kinds` are those of the boxes and
    then of the shapes; it is empty where all are of the `defect_type`.
    """

    id: str
    image_path: Path
    category: str
    split: Split
    defect_type: str | None = None
    mask_paths: tuple[Path, ...] = ()
    boxes: tuple[Box, ...] = ()
    group: str | None = None
    shapes: tuple[Shape, ...] = ()
    reading: Reading = DEFAULT_READING
    dataset: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def is_anomalous(self) -> bool:
        return self.defect_type is not None

    @property
    def is_marked(self) -> bool:
        """Whether anything says where the defects are."""
        return bool(self.mask_paths or self.boxes or self.shapes)

    @property
    def has_only_boxes(self) -> bool:
        """Whether boxes are all that is known of the defects."""
        return bool(self.boxes) and not (self.mask_paths or self.shapes)

    @property
    def unit(self) -> str:
        """What counts as one part: the group, or the image itself where there is none."""
        return self.id if self.group is None else self.group


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a detector makes of one image, in its own units; its boxes in pixels of the map.

    `reconstruction` is what a detector that rebuilds images makes of it, (h, w, 3).
    """

    anomaly_map: AnomalyMap = field(repr=False)
    measures: Mapping[str, float] = field(default_factory=dict)
    boxes: tuple[KindBox, ...] = field(default=(), repr=False)
    reconstruction: RGBImage | None = field(default=None, repr=False)

    @property
    def image_score(self) -> float:
        """Maximum of the map, so that verdict and outline cannot contradict each other."""
        return float(self.anomaly_map.max())


@dataclass(frozen=True, slots=True)
class Outline:
    """Where the outline of a flagged image ends (`inspection/outlines.py`).

    Attributes:
        level: of a usual pixel, in the detector's own units; None for the threshold, which counts
            wherever it is lower.
        peak_share: where it ends between the level, 0, and the highest pixel around, 1.
    """

    level: float | None = None
    peak_share: float = 0.0


AT_THRESHOLD = Outline()
"""What lies above the threshold, and nothing else."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Scores of held-out normal parts, and the thresholds that follow from them.

    Split conformal prediction: with n exchangeable normal scores, flagging what lies strictly above
    the order statistic of rank n + 1 - floor(r (n + 1)) raises a false alarm on a new normal part
    with a probability of at most r.

    Attributes:
        normal_scores: float32 (n,), ascending, in the detector's own units.
        units: the part (image id or group) behind each score, in the same order.
        drawn_scores: float32 (n,), of the same parts in the same order, each with a synthetic
            defect drawn on it, the same for every detector; empty where none were drawn.
        outline: where the outline of a flagged image ends.
    """

    normal_scores: NDArray[np.float32] = field(repr=False)
    units: tuple[str, ...] = field(repr=False)
    drawn_scores: NDArray[np.float32] = field(
        default_factory=lambda: np.empty(0, np.float32), repr=False
    )
    outline: Outline = AT_THRESHOLD

    @property
    def num_normal(self) -> int:
        return len(self.normal_scores)

    @property
    def gives_verdicts(self) -> bool:
        """Return whether there is a good part to judge by."""
        return self.num_normal > 0

    @property
    def floor(self) -> float:
        """Lowest false-alarm rate that these normal scores can support, 1 / (n + 1)."""
        return 1.0 / (self.num_normal + 1)

    def threshold(self, false_alarm_rate: float) -> float:
        """Return the level whose strict exceedance has at most this rate on normal parts.

        Raises:
            CalibrationError: the rate is not in (0, 1) or below the floor.
        """
        if not 0.0 < false_alarm_rate < 1.0:
            raise CalibrationError(
                f"A false-alarm rate of {false_alarm_rate:g} is not possible.",
                "Give a share between 0 and 1, such as 0.02 for 2 false alarms per 100 good parts.",
            )
        # 1e-9: 0.29 * 100 is 28.999999999999996 in floating point
        num_above = math.floor(false_alarm_rate * (self.num_normal + 1) + 1e-9)
        if num_above == 0:
            needed = math.ceil(1.0 / false_alarm_rate - 1e-9) - 1
            raise CalibrationError(
                f"{self.num_normal} held-out normal parts cannot support "
                f"{100 * false_alarm_rate:g} false alarms per 100 good parts.",
                f"Ask for {100 * self.floor:.3g} or more, or hold out {needed} normal parts.",
            )
        rank = self.num_normal + 1 - num_above  # 1-based; 1..n
        return float(self.normal_scores[rank - 1])

    def false_alarm_rate(self, image_score: float) -> float:
        """Return the lowest false-alarm rate at which this score is flagged; 1.0 if at none."""
        num_at_or_above = self.num_normal - int(
            np.searchsorted(self.normal_scores, np.float32(image_score), side="left")
        )
        return min(1.0, (num_at_or_above + 1) / (self.num_normal + 1))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an image stands among held-out good parts (`inspection.standing`).

    Attributes:
        num_below: good parts whose score is lower.
        num_normal: good parts in all.
        spreads: beyond the highest of them, in spreads of the logarithms; 0 where it is not beyond.
    """

    num_below: int
    num_normal: int
    spreads: float

    @property
    def position(self) -> float:
        """Standard deviations of good parts: 0 is a typical one, for every detector alike."""
        # a half for none: a rank of 0 has no place on the axis
        rank = max(self.num_below, 0.5) / (self.num_normal + 1)
        return NormalDist().inv_cdf(rank) + self.spreads


@dataclass(frozen=True, slots=True)
class Region:
    """One connected flagged area of the detector's own (h, w) grid, in pixels of the image."""

    box: Box  # rounded outwards to whole pixels
    area: float
    area_share: float  # of the whole map, 0-1
    centroid: tuple[float, float]  # (row, column); a pixel's index is its centre
    peak: float  # the detector's own units
    peak_at: tuple[int, int]  # (row, column)
    elongation: float  # length / width of the ellipse with the same second moments, >= 1


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One detector's answer for one image, measured against its threshold.

    Attributes:
        relative_score: image_score / threshold; above 1 is flagged.
        false_alarm_rate: lowest rate at which this image would be flagged: its sensitivity,
            comparable across detectors.
        standing: how far it stands out from good parts, comparable beyond all of them, too.
        flagged: (h, w), what is outlined; empty if and only if the verdict is normal.
        typical_score: median score of the held-out normal parts; what lies below is not shown.
        seconds: time from image to prediction, resizing included.
        boxes: those whose level is above the threshold, in pixels of the image, the surest first.
    """

    detector: str
    image_score: float
    threshold: float
    relative_score: float
    false_alarm_rate: float
    standing: Standing
    anomaly_map: AnomalyMap = field(repr=False)
    flagged: Mask = field(repr=False)
    regions: tuple[Region, ...] = field(repr=False)
    verdict: Verdict
    measures: Mapping[str, float]
    typical_score: float
    seconds: float
    boxes: tuple[KindBox, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """What a detector learned from, so that nobody tests it on what it has seen.

    Attributes:
        seen: image id -> hash of the decoded pixels (`images.pixel_hash`), for every image used.
        summary: what a panel says about the learning, such as "trained on 48 labelled defects".
        device: where the training ran, such as "cpu" or "cuda".
    """

    category: str
    seen: Mapping[str, str] = field(repr=False)
    num_normal: int
    num_labelled: int
    seed: int
    seconds: float
    created: str  # ISO 8601, UTC
    device: str
    summary: str
