"""Thresholds from held-out normal scores, verdicts by them, and the verdict of the majority."""

from collections.abc import Iterable, Sequence

import numpy as np

from inspection.errors import CalibrationError
from inspection.types import Calibration, Outline, Sample, Verdict

DEFAULT_RATE = 0.02
TINY = float(np.finfo(np.float32).tiny)


def calibrate(samples: Sequence[Sample], scores: Sequence[float]) -> Calibration:
    """Make a calibration from held-out normal samples; a group counts once, with its maximum.

    Raises:
        CalibrationError: no sample, an anomalous sample, or a score that is no finite number.
    """
    if not samples:
        raise CalibrationError(
            "There is no held-out normal image to calibrate with.",
            "Add more normal images to the training part.",
        )
    highest: dict[str, float] = {}
    for sample, score in zip(samples, scores, strict=True):
        if sample.is_anomalous:
            raise CalibrationError(
                f"{sample.id} shows a defect and cannot calibrate a threshold.",
                "Calibrate with normal images only.",
            )
        if not np.isfinite(score):
            raise CalibrationError(
                f"The score of {sample.id} is {score}.", "Train the detector again."
            )
        highest[sample.unit] = max(score, highest.get(sample.unit, -np.inf))
    units = sorted(highest, key=lambda unit: (highest[unit], unit))
    ascending = np.array([highest[unit] for unit in units], np.float32)
    return Calibration(ascending, tuple(units))


def no_calibration(outline: Outline) -> Calibration:
    """Return the calibration of a detector that has never seen a good part: it gives no verdict."""
    return Calibration(np.empty(0, np.float32), (), outline=outline)


def default_rate(calibrations: Iterable[Calibration], *, wanted: float = DEFAULT_RATE) -> float:
    """Return the wanted rate, or the largest floor of the detectors that judge if it is higher."""
    return max([wanted, *(one.floor for one in calibrations if one.gives_verdicts)])


def decide(image_score: float, threshold: float) -> Verdict:
    """Return the verdict; a score equal to the threshold is normal."""
    return Verdict.DEFECT if image_score > threshold else Verdict.NORMAL


def relative_score(score: float, threshold: float) -> float:
    """Return a score in multiples of the threshold, which may be 0; above 1 is flagged."""
    return score / max(threshold, TINY)


def is_majority(num_flagged: int, num_detectors: int) -> bool:
    """Return whether strictly more than half of the detectors flag."""
    return 2 * num_flagged > num_detectors


def majority_false_alarm_rate(
    calibrations: Sequence[Calibration], thresholds: Sequence[float]
) -> float | None:
    """Return the share of common calibration parts that a strict majority flags; None if none."""
    common = set.intersection(*(set(c.units) for c in calibrations)) if calibrations else set()
    if not common:
        return None
    votes = dict.fromkeys(common, 0)
    for calibration, threshold in zip(calibrations, thresholds, strict=True):
        for unit, score in zip(calibration.units, calibration.normal_scores, strict=True):
            if unit in common and float(score) > threshold:
                votes[unit] += 1
    return sum(is_majority(n, len(calibrations)) for n in votes.values()) / len(common)
