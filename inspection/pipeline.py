"""Inference, the straight line: image -> input size -> prediction -> threshold -> finding."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inspection.boxes import SURE, KindBox
from inspection.calibration import decide, default_rate, relative_score
from inspection.detector import Channel, Detector
from inspection.errors import CheckpointError
from inspection.findings import Inspection, JointFinding, Naming
from inspection.images import read_sample
from inspection.joint import join, judge_jointly
from inspection.outlines import flagged_mask, just_below
from inspection.preprocess import to_input_size
from inspection.processors import CROWD, map_in_threads
from inspection.regions import find_regions
from inspection.standing import stand
from inspection.types import Calibration, Finding, Prediction, RGBImage, Sample, Size, Verdict


def predict(
    detector: Detector, images: Sequence[RGBImage], *, names: Sequence[str] = ()
) -> list[Prediction]:
    """Resize images of any size and return the checked predictions.

    Args:
        detector: what predicts.
        images: of any size.
        names: of the images, for the error.

    Raises:
        CheckpointError: a map is not finite, negative or of another size than the detector's input.
    """
    sized = [to_input_size(image, detector.input_size) for image in images]
    predictions = detector.predict(sized)
    for row, prediction in enumerate(predictions):
        _check(prediction, detector, names[row] if names else "")
    return predictions


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a detector makes of one image, before any threshold.

    Attributes:
        seconds: time from image to prediction, resizing included.
    """

    channel: Channel
    prediction: Prediction
    seconds: float


def predict_one(channel: Channel, image: RGBImage) -> Answer:
    """Return what a detector makes of an image."""
    start = time.perf_counter()
    with CROWD.at_work():
        prediction = predict(channel.detector, [image])[0]
    return Answer(channel, prediction, time.perf_counter() - start)


def scale_boxes(prediction: Prediction, size: Size) -> tuple[KindBox, ...]:
    """Return the boxes of a prediction in pixels of its image of (height, width)."""
    height, width = prediction.anomaly_map.shape
    return tuple(box.scaled(size[1] / width, size[0] / height) for box in prediction.boxes)


def judge(answer: Answer, size: Size, *, false_alarm_rate: float) -> Finding:
    """Return what a detector has found in an image of (height, width).

    Raises:
        CalibrationError: the rate is below what the calibration supports.
    """
    calibration, prediction = answer.channel.calibration, answer.prediction
    threshold = calibration.threshold(false_alarm_rate)
    score = prediction.image_score
    flagged = flagged_mask(prediction.anomaly_map, threshold, calibration.outline)
    return Finding(
        detector=answer.channel.detector.name,
        image_score=score,
        threshold=threshold,
        relative_score=relative_score(score, threshold),
        false_alarm_rate=calibration.false_alarm_rate(score),
        standing=stand(score, calibration),
        anomaly_map=prediction.anomaly_map,
        flagged=flagged,
        regions=find_regions(prediction.anomaly_map, flagged, image_size=size),
        verdict=decide(score, threshold),
        measures=prediction.measures,
        typical_score=float(np.median(calibration.normal_scores)),
        seconds=answer.seconds,
        boxes=tuple(box for box in scale_boxes(prediction, size) if box.level > threshold),
    )


def name_defect(answer: Answer, size: Size) -> Naming:
    """Return what a detector that can give no verdict takes an image of (height, width) for."""
    calibration, prediction = answer.channel.calibration, answer.prediction
    return Naming(
        detector=answer.channel.detector.name,
        anomaly_map=prediction.anomaly_map,
        middle=calibration.outline.level or prediction.image_score / 2,
        measures=prediction.measures,
        seconds=answer.seconds,
        boxes=tuple(box for box in scale_boxes(prediction, size) if box.score > SURE),
    )


def inspect_image(
    image: RGBImage,
    channels: Mapping[str, Channel],
    *,
    false_alarm_rate: float | None = None,
    source: str = "",
) -> Inspection:
    """Return what every detector finds in one image, all by the same false-alarm rate."""
    rate = false_alarm_rate
    if rate is None:
        rate = default_rate(channel.calibration for channel in channels.values())
    answers = [predict_one(channel, image) for channel in channels.values()]
    return judge_all(answers, image, false_alarm_rate=rate, source=source)


def judge_all(
    answers: Iterable[Answer], image: RGBImage, *, false_alarm_rate: float, source: str = ""
) -> Inspection:
    """Return what detectors have found in one image, all by the same false-alarm rate.

    Raises:
        CalibrationError: the rate is below what a calibration supports.
    """
    findings: list[Finding] = []
    namings: list[Naming] = []
    calibrations: dict[str, Calibration] = {}
    for answer in answers:
        calibrations[answer.channel.detector.name] = answer.channel.calibration
        if answer.channel.calibration.gives_verdicts:
            findings.append(judge(answer, image.shape[:2], false_alarm_rate=false_alarm_rate))
        else:
            namings.append(name_defect(answer, image.shape[:2]))
    scores = {one.detector: one.image_score for one in findings}
    joint = judge_jointly(join(calibrations), scores, false_alarm_rate=false_alarm_rate)
    if joint is not None and is_flagged_only_jointly(joint, findings):
        place = [one.detector for one in findings].index(joint.strongest)
        findings[place] = outline_peak(findings[place], calibrations[joint.strongest], image)
        joint = replace(joint, outlined=joint.strongest)
    return Inspection(source, image, tuple(findings), namings=tuple(namings), joint=joint)


def is_flagged_only_jointly(joint: JointFinding, findings: Sequence[Finding]) -> bool:
    """Return whether detectors flag an image together that none of them flags by itself."""
    verdicts = {one.verdict for one in findings}
    return joint.verdict is Verdict.DEFECT and Verdict.DEFECT not in verdicts


def outline_peak(finding: Finding, calibration: Calibration, image: RGBImage) -> Finding:
    """Return a finding in which the place where the map is highest is outlined all the same."""
    level = just_below(finding.image_score)
    flagged = flagged_mask(finding.anomaly_map, level, calibration.outline)
    regions = find_regions(finding.anomaly_map, flagged, image_size=image.shape[:2])
    return replace(finding, flagged=flagged, regions=regions)


def predict_samples(
    detector: Detector, samples: Sequence[Sample], *, batch_size: int = 8
) -> Iterator[tuple[Sample, RGBImage, Prediction]]:
    """Yield every sample with its image and prediction, a batch in memory at a time."""
    for start in range(0, len(samples), batch_size):
        batch = samples[start : start + batch_size]
        images = list(map_in_threads(read_sample, batch))
        names = [sample.id for sample in batch]
        yield from zip(batch, images, predict(detector, images, names=names), strict=True)


def _check(prediction: Prediction, detector: Detector, name: str) -> None:
    anomaly_map = prediction.anomaly_map
    is_sound = (
        anomaly_map.shape == tuple(detector.input_size)
        and anomaly_map.dtype == np.float32
        and bool(np.isfinite(anomaly_map).all())
        and float(anomaly_map.min()) >= 0
    )
    if not is_sound:
        raise CheckpointError(
            f"The {detector.name} detector returned a map that is not finite and positive"
            f"{f' for {name}' if name else ''}.",
            "Train again: `python cli.py train --data DIR --category NAME "
            f"--detector {detector.name}`.",
        )
