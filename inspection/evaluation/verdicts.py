"""Verdicts of detectors on their test images, at any false-alarm rate."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.calibration import relative_score
from inspection.evaluation.joint import FLAGGED_FROM, judge_images
from inspection.evaluation.ranking import Confusion, confusion
from inspection.evaluation.records import EvaluationReport, FalseAlarms, ScoredImage
from inspection.evaluation.summary import count_flagged_parts
from inspection.joint import JOINT, join
from inspection.types import Calibration

ROUND_RATES = tuple(
    value / 100
    for value in (
        *(tenths / 10 for tenths in range(1, 10)),
        *(halves / 2 for halves in range(2, 20)),
        *range(10, 20),
        *range(20, 30, 2),
        *range(30, 55, 5),
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """What one detector, or the joint verdict, says of every test image at one false-alarm rate.

    Attributes:
        rate: false alarms allowed, as a share of the good parts.
        images: n test images.
        is_flagged: (n,).
        relative: (n,), score / threshold; above 1 is flagged.
        flagged_from: (n,), the lowest rate at which each image is flagged, 1 for none: its rank
            among the held-out good parts, and so comparable across detectors.
        num_normal: those good parts.
    """

    detector: str
    rate: float
    images: tuple[ScoredImage, ...]
    is_flagged: NDArray[np.bool_]
    relative: NDArray[np.float64]
    flagged_from: NDArray[np.float64]
    num_normal: int = 0

    @property
    def num_below(self) -> NDArray[np.int64]:
        """(n,), held-out good parts with a lower score than each image."""
        count = self.num_normal + 1
        return np.rint(count - self.flagged_from * count).astype(np.int64)

    @property
    def is_anomalous(self) -> NDArray[np.bool_]:
        return np.array([image.is_anomalous for image in self.images], bool)

    @property
    def confusion(self) -> Confusion:
        """Verdicts against truth, image by image."""
        return confusion(self.is_flagged, self.is_anomalous)

    @property
    def false_alarms(self) -> FalseAlarms:
        """Good parts that are flagged; a part counts once, however many images show it."""
        pairs = zip(self.images, self.is_flagged, strict=True)
        good = [(image.unit, bool(flag)) for image, flag in pairs if not image.is_anomalous]
        return count_flagged_parts(good, self.rate)


def list_rates(calibrations: Iterable[Calibration], own: float) -> list[float]:
    """Return the rates that a slider offers, ascending: only those that move a threshold.

    They are round numbers per 100, finer where they are small; the lowest that all calibrations
    support comes first, and the product's own is among them. The browser has the same arithmetic
    for the detectors of an inspection (`rateSteps` in `ui/viewer/calibration.js`).
    """
    judging = [one.num_normal + 1 for one in calibrations if one.gives_verdicts]
    lowest = max((1.0 / count for count in judging), default=own)
    wanted = sorted([*(rate for rate in ROUND_RATES if rate > lowest), max(own, lowest)])
    steps = [lowest]
    for rate in wanted:
        above = [[math.floor(one * count + 1e-9) for count in judging] for one in (rate, steps[-1])]
        if above[0] != above[1]:
            steps.append(rate)
        elif rate == own:  # of several rates with the same thresholds, people know this one
            steps[-1] = rate
    return steps


def lowest_rate(calibrations: Iterable[Calibration]) -> float:
    """Return the lowest false-alarm rate that all of them support; 0 of none."""
    return max((one.floor for one in calibrations if one.gives_verdicts), default=0.0)


def judge_reports(
    reports: Sequence[EvaluationReport], calibrations: Mapping[str, Calibration], rate: float
) -> list[Verdicts]:
    """Return the verdicts of every evaluated detector at a rate, and of the joint verdict.

    Args:
        reports: of one product; that of the joint verdict, if any, is worked out anew.
        calibrations: of its detectors, by name.
        rate: raised to what all calibrations support.
    """
    rate = max(rate, lowest_rate(calibrations.values()))
    single = [one for one in reports if one.detector != JOINT]
    found = []
    for report in reports:
        if report.detector == JOINT:
            found.append(_judge_jointly(single, calibrations, report, rate))
        else:
            found.append(_judge_one(report, calibrations[report.detector], rate))
    return found


def _judge_one(report: EvaluationReport, calibration: Calibration, rate: float) -> Verdicts:
    threshold = calibration.threshold(rate)
    scores = np.array([image.image_score for image in report.images], np.float64)
    return Verdicts(
        report.detector,
        rate,
        report.images,
        scores > threshold,
        np.array([relative_score(score, threshold) for score in scores], np.float64),
        np.array([calibration.false_alarm_rate(score) for score in scores], np.float64),
        calibration.num_normal,
    )


def _judge_jointly(
    single: Sequence[EvaluationReport],
    calibrations: Mapping[str, Calibration],
    report: EvaluationReport,
    rate: float,
) -> Verdicts:
    """Return the joint verdicts; their scores are worked out only where the rate is another."""
    images: Sequence[ScoredImage] = report.images
    judging = {name: one for name, one in calibrations.items() if one.gives_verdicts}
    joint = join(judging)
    if rate != report.false_alarm_rate and joint is not None:
        images = judge_images([one for one in single if one.detector in judging], joint, rate)
    relative = np.array([image.image_score for image in images], np.float64)
    flagged_from = np.array([image.measures[FLAGGED_FROM] for image in images], np.float64)
    num_normal = 0 if joint is None else len(joint.units)
    return Verdicts(JOINT, rate, tuple(images), relative > 1.0, relative, flagged_from, num_normal)
