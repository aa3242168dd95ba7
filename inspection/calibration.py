"""Thresholds from held-out normal scores, and verdicts by them."""

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
