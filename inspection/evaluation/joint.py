"""The joint verdict as a row of its own: worked out from the evaluations of its detectors."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from inspection.detector import Appearance, DetectorInfo, Symbol
from inspection.errors import CheckpointError
from inspection.evaluation.evaluate import make_report
from inspection.evaluation.pixels import PixelTally
from inspection.evaluation.records import EvaluationReport, GroundTruth, ScoredImage
from inspection.evaluation.scored import ScoredImages
from inspection.findings import JointFinding
from inspection.joint import JOINT, JointCalibration, join, judge_jointly
from inspection.names import JOINT_TITLE
from inspection.products.checkpoint_folders import read_calibration
from inspection.types import Calibration

FLAGGED_FROM = "flagged_from"
"""Measure of an image: the lowest false-alarm rate at which the joint verdict flags it."""

JOINT_INFO = DetectorInfo(
    name=JOINT,
    title=JOINT_TITLE,
    method="all detectors",
    appearance=Appearance(Symbol.TRIANGLE, "longdashdot", "#22303d", "#dfe7ee", "#4d5b69"),
)


def read_joint(
    product: Path, reports: Sequence[EvaluationReport], detectors: Iterable[str]
) -> EvaluationReport | None:
    """Return the evaluation of the joint verdict from those of its detectors, beside their weights.

    It has metrics of images only. None of fewer than two detectors, without common good parts or
    common images, or where one of the detectors was not evaluated.

    Args:
        product: folder of the checkpoints.
        reports: of its detectors.
        detectors: that answer together; those that give no verdict take no part.
    """
    by_name = {one.detector: one for one in reports}
    try:
        found = {name: read_calibration(product / name).calibration for name in detectors}
    except CheckpointError:  # reported where the detector itself is loaded
        return None
    judging = {name: one for name, one in found.items() if one.gives_verdicts}
    if not judging.keys() <= by_name.keys():
        return None
    return evaluate_jointly([by_name[name] for name in judging], judging)


def evaluate_jointly(
    reports: Sequence[EvaluationReport], calibrations: Mapping[str, Calibration]
) -> EvaluationReport | None:
    """Return the evaluation of the joint verdict; None where there is none."""
    joint = join(calibrations)
    if len(reports) < 2 or joint is None:
        return None
    rate = max(one.false_alarm_rate for one in reports)
    rows = judge_images(reports, joint, rate)
    if not rows:
        return None
    first = reports[0]
    checkpoint = replace(
        first.checkpoint,
        detector=JOINT,
        weights_sha256=_hash(one.checkpoint.weights_sha256 for one in reports),
        calibration_sha256=_hash(one.checkpoint.calibration_sha256 for one in reports),
    )
    origin = replace(
        first.origin,
        created=max(one.origin.created for one in reports),
        digest=_hash(one.origin.digest for one in reports),
        device=_name_devices([one.origin.device for one in reports]),
    )
    # scores are given in multiples of a threshold that is each image's own
    scored = ScoredImages(rows, PixelTally(), 1.0, origin.seed)
    found = make_report(checkpoint, origin, rate, scored, left_out=first.left_out, grid=(0, 0))
    return replace(found, num_excluded=first.num_excluded)


def judge_images(
    reports: Sequence[EvaluationReport], joint: JointCalibration, rate: float
) -> list[ScoredImage]:
    """Return the images that all detectors predicted, with their joint scores."""
    others = [{image.id: image for image in one.images} for one in reports]
    names = [one.detector for one in reports]
    rows = []
    for image in reports[0].images:
        if not all(image.id in known for known in others):
            continue
        same = [known[image.id] for known in others]
        scores = {name: one.image_score for name, one in zip(names, same, strict=True)}
        found = judge_jointly(joint, scores, false_alarm_rate=rate)
        if found is None:
            return []
        rows.append(_row(image, found, seconds=sum(one.seconds for one in same)))
    return rows


def _row(image: ScoredImage, found: JointFinding, *, seconds: float) -> ScoredImage:
    return replace(
        image,
        image_score=found.relative_score,
        seconds=seconds,
        measures={FLAGGED_FROM: found.false_alarm_rate},
        ground_truth=GroundTruth.UNASKED,
        pixels=None,
    )


def _name_devices(devices: Sequence[str]) -> str:
    """Return on what all of them ran; empty where that is not known of all."""
    return " and ".join(sorted(set(devices))) if all(devices) else ""


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
