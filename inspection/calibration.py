"""From held-out normal images to thresholds and verdicts, and what the majority of detectors says.

`calibration.json` lies beside the weights of a detector, whose hash it holds; `product.json` one
folder above holds what a product has decided for all its detectors. Both are replaced whole.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inspection.command_line import quote, train_again
from inspection.errors import CalibrationError, CheckpointError
from inspection.files import FORMAT, read_json, write_json
from inspection.types import Calibration, Sample, Verdict

CALIBRATION = "calibration.json"
CARD = "detector.json"
PRODUCT = "product.json"
DEFAULT_RATE = 0.02
TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True, slots=True, eq=False)
class StoredCalibration:
    """A calibration with the images behind it (id -> pixel hash), never to be tested on."""

    calibration: Calibration
    seen: Mapping[str, str]


def calibrate(
    samples: Sequence[Sample], scores: Sequence[float], *, min_threshold: float = 0.0
) -> Calibration:
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
    return Calibration(ascending, tuple(units), min_threshold)


def no_calibration(min_threshold: float) -> Calibration:
    """Return the calibration of a detector that has never seen a good part: it gives no verdict."""
    return Calibration(np.empty(0, np.float32), (), min_threshold)


def default_rate(calibrations: Iterable[Calibration]) -> float:
    """Return 2 per 100, or the largest floor of the detectors that judge if that is higher."""
    return max([DEFAULT_RATE, *_floors(calibrations)])


def product_rate(folder: Path, calibrations: Iterable[Calibration]) -> float:
    """Return a product's own false-alarm rate, or the default; never below a detector's floor.

    Raises:
        CheckpointError: `product.json` is damaged.
    """
    own = load_product_rate(folder)
    return max([DEFAULT_RATE if own is None else own, *_floors(calibrations)])


def _floors(calibrations: Iterable[Calibration]) -> Iterator[float]:
    return (one.floor for one in calibrations if one.gives_verdicts)


def decide(image_score: float, threshold: float) -> Verdict:
    """Return the verdict; a score equal to the threshold is normal."""
    return Verdict.DEFECT if image_score > threshold else Verdict.NORMAL


def relative_score(score: float, threshold: float) -> float:
    """Return a score in multiples of the threshold, which may be 0; above 1 is flagged."""
    return score / max(threshold, TINY)


def is_majority(num_flagged: int, num_detectors: int) -> bool:
    """Tell whether strictly more than half of the detectors flag."""
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


def save_calibration(folder: Path, calibration: Calibration, seen: Mapping[str, str]) -> None:
    """Write `calibration.json` into a checkpoint folder that a detector was saved into before.

    Raises:
        CheckpointError: the folder holds no detector.
    """
    # repr of a float32 as float64 comes back as the same float32
    scores = [float(score) for score in calibration.normal_scores]
    content = {
        "format": FORMAT,
        "weights_sha256": _weights_hash(folder),
        "min_threshold": calibration.min_threshold,
        "normal_scores": dict(zip(calibration.units, scores, strict=True)),
        "seen": dict(seen),
    }
    write_json(folder / CALIBRATION, content)


def load_calibration(folder: Path) -> StoredCalibration:
    """Read `calibration.json`.

    Raises:
        CheckpointError: missing, damaged, of another version, made for other weights, or without
            a good part to judge by.
    """
    stored = read_calibration(folder)
    if not stored.calibration.gives_verdicts:
        raise no_verdict(folder.name)
    return stored


def no_verdict(detector: str) -> CheckpointError:
    """Return the error of a detector that was asked to judge and has never seen a good part."""
    return CheckpointError(
        f"{detector} has learned from defects alone: it names them, but gives no verdict.",
        "Add good images to the dataset and train again.",
    )


def read_calibration(folder: Path) -> StoredCalibration:
    """Read `calibration.json`, also one without good parts.

    Raises:
        CheckpointError: missing, damaged, of another version or made for other weights.
    """
    content = read_json(folder / CALIBRATION)
    if content.get("weights_sha256") != _weights_hash(folder):
        raise CheckpointError(
            f"{folder / CALIBRATION} was not made for the weights beside it.", train_again(folder)
        )
    try:
        scores = content["normal_scores"]
        ascending = np.array(list(scores.values()), np.float32)
        if not np.isfinite(ascending).all() or (np.diff(ascending) < 0).any():
            raise ValueError("its normal scores are not finite or not in order")
        calibration = Calibration(ascending, tuple(scores), float(content["min_threshold"]))
        return StoredCalibration(calibration, dict(content["seen"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"{folder / CALIBRATION} is damaged ({error}).", train_again(folder)
        ) from error


def _weights_hash(folder: Path) -> str:
    """Return the hash of the weights as the detector's card has it, which loading them checks."""
    return str(read_json(folder / CARD).get("weights_sha256", ""))


def save_product_rate(folder: Path, false_alarm_rate: float) -> None:
    """Store a product's own false-alarm rate in the folder that holds its detectors."""
    write_json(folder / PRODUCT, {**_read_product(folder), "false_alarm_rate": false_alarm_rate})


def load_opening(folder: Path) -> str | None:
    """Return the id of the sample that a page opens with, if the product names one.

    Raises:
        CheckpointError: the file is damaged.
    """
    opening = _read_product(folder).get("opens_with")
    return opening if isinstance(opening, str) else None


def load_product_rate(folder: Path) -> float | None:
    """Return a product's own false-alarm rate, or None if it has none.

    Raises:
        CheckpointError: the file is damaged.
    """
    rate = _read_product(folder).get("false_alarm_rate")
    if rate is not None and (not isinstance(rate, float) or not 0 < rate < 1):
        raise CheckpointError(
            f"{folder / PRODUCT} holds no rate between 0 and 1.", _store_again(folder)
        )
    return rate


def _read_product(folder: Path) -> dict[str, Any]:
    path = folder / PRODUCT
    return read_json(path, fix=_store_again(folder)) if path.is_file() else {"format": FORMAT}


def _store_again(folder: Path) -> str:
    """Return the remedy for what is stored of a product DATASET/CATEGORY."""
    key = quote(f"{folder.parent.name}/{folder.name}")
    return (
        "Delete it, then store the product's rate anew: "
        f"`python cli.py calibrate --category {key} --false-alarm-rate R`."
    )
