"""Every record of an evaluation: what one detector made of the test images of one product."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from inspection.evaluation.ranking import Confusion

STORED_AS = "stored as"
"""In the metadata of a field: its name in files, where it is not the name of the field."""

OMITTED_IF = "omitted if"
"""In the metadata of a field: the value that files leave out."""


class GroundTruth(StrEnum):
    """Whether the pixels of an image could be compared."""

    USED = "used"  # a normal image, or a defective one with a mask
    MISSING = "missing"  # a defective image without a mask
    LOST = "lost"  # its mask covers no half of any pixel of the detector's grid
    UNASKED = "unasked"  # the joint verdict has no map of its own


@dataclass(frozen=True, slots=True)
class ScoredImage:
    """What one detector made of one test image.

    Attributes:
        unit: the part that it shows (`Sample.unit`).
        pixel_hash: of the decoded image.
        seconds: resizing and prediction; the mean over the batch that it was part of.
        measures: the detector's own, such as its mean squared error.
        pixels: flagged against defective pixels at the deployed threshold, on the detector's grid;
            None where the pixels could not be compared.
        dataset: that it comes from, in a pool of several; else empty.
    """

    id: str
    category: str
    split: str
    defect_type: str | None
    unit: str
    pixel_hash: str
    image_score: float
    seconds: float
    measures: Mapping[str, float]
    ground_truth: GroundTruth
    pixels: Confusion | None
    dataset: str = field(default="", metadata={OMITTED_IF: ""})

    @property
    def is_anomalous(self) -> bool:
        return self.defect_type is not None

    @property
    def iou(self) -> float | None:
        """Intersection over union of a defective image; None where it is not defined."""
        return self.pixels.iou if self.pixels is not None and self.is_anomalous else None

    @property
    def dice(self) -> float | None:
        return self.pixels.f1 if self.pixels is not None and self.is_anomalous else None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A test image that a detector had seen in training or calibration, so it counts for none.

    Attributes:
        seen_by: names of the detectors.
        seen_as: the id that they knew it by; another one where its pixels gave it away.
    """

    id: str
    seen_by: tuple[str, ...]
    seen_as: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """One metric with its 95 % interval; whichever of them is None is so for the reason."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


MISSING = Estimate(
    None, reason="Evaluated before this metric was there: run `python cli.py evaluate` again."
)


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """What was promised of good parts, and what was seen on good test parts.

    Attributes:
        promised: share of good parts that may be flagged.
        low, high: exact 95 % interval of the share seen (binomial, parts being independent).
    """

    promised: float
    num_flagged: int
    num_parts: int
    low: float
    high: float

    @property
    def seen(self) -> float | None:
        return self.num_flagged / self.num_parts if self.num_parts else None

    @property
    def is_within_promise(self) -> bool:
        """Whether the promise could still be true, given what was seen."""
        return self.low <= self.promised


@dataclass(frozen=True, slots=True)
class TypeMetrics:
    """One defect type: the share of its images that is flagged, and AUROC against all normal."""

    defect_type: str
    num_images: int
    num_flagged: int
    recall: Estimate
    image_auroc: Estimate


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve from the highest threshold down, thinned to some hundred points.

    Attributes:
        x, y: pixel_roc: false- and true-positive rate; pixel_pr: recall and precision; pro:
            false-positive rate and per-region overlap.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MeasureMeans:
    """Mean of a detector's own measure over normal and over defective test images."""

    normal: float | None
    anomalous: float | None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Which weights and which thresholds were evaluated."""

    dataset: str
    category: str
    detector: str
    weights_sha256: str
    calibration_sha256: str


@dataclass(frozen=True, slots=True)
class Origin:
    """How a report came about, for making it again.

    Attributes:
        seed: of the bootstrap.
        created: ISO 8601, UTC.
        digest: names the image files and all else that the metrics depend on; the same name means
            that evaluating again would give the same metrics.
        device: on which the detector ran, such as "cpu"; empty where nobody noted it.
    """

    command: str
    seed: int
    created: str
    digest: str = field(metadata={STORED_AS: "exam"})
    device: str = field(default="", metadata={OMITTED_IF: ""})


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """All metrics of one detector over the test images of one product.

    Attributes:
        false_alarm_rate: the promise behind the threshold, such as 0.02.
        threshold: the deployed one, in the detector's own units; flagged is strictly above.
        data_fingerprint: names the tested images (ids and pixels); reports with the same one are
            about the same images.
        grid: (height, width) on which pixels were compared: the detector's input size.
        pixel_error: how far the exact pixel AUROC can at most be from the stated one.
        metrics: by key; read by `estimate`, since a stored report may lack a newer one.
        curves: by name, "pixel_roc", "pixel_pr" and "pro"; empty where no pixels were compared.
            Curves of image scores follow from `images`.
        num_excluded: test images that an exclusion list keeps out of the product.
    """

    checkpoint: Checkpoint
    origin: Origin
    false_alarm_rate: float
    threshold: float
    data_fingerprint: str
    grid: tuple[int, int]
    pixel_error: float
    images: tuple[ScoredImage, ...]
    left_out: tuple[LeftOut, ...]
    metrics: Mapping[str, Estimate] = field(metadata={STORED_AS: "figures"})
    confusion: Confusion
    pixel_confusion: Confusion | None
    false_alarms: FalseAlarms
    by_type: tuple[TypeMetrics, ...]
    measures: Mapping[str, MeasureMeans]
    curves: Mapping[str, Curve] = field(default_factory=dict)
    num_excluded: int = field(default=0, metadata={OMITTED_IF: 0})

    @property
    def detector(self) -> str:
        return self.checkpoint.detector

    def estimate(self, key: str) -> Estimate:
        """Return a metric; one that is newer than the report is undefined, and says so."""
        return self.metrics.get(key, MISSING)

    def is_flagged(self, image: ScoredImage) -> bool:
        """Return whether the image is flagged at the deployed threshold."""
        return image.image_score > self.threshold
