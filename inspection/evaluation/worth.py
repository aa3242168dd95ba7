"""What a detector is worth on a product: which test images it finds at which rate."""

from collections.abc import Callable
from dataclasses import dataclass

from inspection.evaluation.joint import FLAGGED_FROM
from inspection.evaluation.records import EvaluationReport, ScoredImage
from inspection.types import Calibration


@dataclass(frozen=True, slots=True)
class Worth:
    """Test images by the lowest false-alarm rate at which they are flagged, ascending.

    Attributes:
        defects: of every defective image.
        parts: of every good part; one is flagged when any of its images is.
        is_chance: whether the interval of the image AUROC reaches down to chance.
    """

    defects: tuple[float, ...]
    parts: tuple[float, ...]
    is_chance: bool


def measure_worth(report: EvaluationReport, calibration: Calibration | None) -> Worth | None:
    """Return what a detector is worth; None without a defective test image.

    Args:
        report: of a detector or, without a calibration, of the joint verdict.
        calibration: of the detector.
    """
    flagged_from = _flagged_from if calibration is None else _by(calibration)
    defects = sorted(flagged_from(one) for one in report.images if one.is_anomalous)
    if not defects:
        return None
    parts: dict[str, float] = {}
    for image in report.images:
        if not image.is_anomalous:
            parts[image.unit] = min(flagged_from(image), parts.get(image.unit, 1.0))
    low = report.estimate("image_auroc").low
    return Worth(tuple(defects), tuple(sorted(parts.values())), low is not None and low <= 0.5)


def _flagged_from(image: ScoredImage) -> float:
    return image.measures[FLAGGED_FROM]


def _by(calibration: Calibration) -> Callable[[ScoredImage], float]:
    return lambda image: calibration.false_alarm_rate(image.image_score)
