"""The straight line: image -> input size -> prediction -> threshold -> finding."""

import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from inspection.calibration import decide, default_rate, relative_score
from inspection.detector import Channel, Detector
from inspection.errors import CheckpointError
from inspection.images import read_sample
from inspection.preprocess import to_input_size
from inspection.regions import find_regions
from inspection.types import Finding, Inspection, Naming, Prediction, RGBImage, Sample


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


def inspect_with(
    channel: Channel, image: RGBImage, *, false_alarm_rate: float | None = None
) -> Finding:
    """Return what one detector finds in one image; without a rate, at the default one.

    Raises:
        CalibrationError: the rate is below what the calibration supports.
    """
    calibration = channel.calibration
    rate = default_rate([calibration]) if false_alarm_rate is None else false_alarm_rate
    threshold = calibration.threshold(rate)
    start = time.perf_counter()
    prediction = predict(channel.detector, [image])[0]
    score = prediction.image_score
    return Finding(
        detector=channel.detector.name,
        image_score=score,
        threshold=threshold,
        relative_score=relative_score(score, threshold),
        false_alarm_rate=calibration.false_alarm_rate(score),
        anomaly_map=prediction.anomaly_map,
        regions=find_regions(prediction.anomaly_map, threshold, image_size=image.shape[:2]),
        verdict=decide(score, threshold),
        measures=prediction.measures,
        typical_score=float(np.median(calibration.normal_scores)),
        seconds=time.perf_counter() - start,
    )


def name_with(channel: Channel, image: RGBImage) -> Naming:
    """Return what a detector without verdicts takes an image for."""
    start = time.perf_counter()
    prediction = predict(channel.detector, [image])[0]
    return Naming(
        detector=channel.detector.name,
        anomaly_map=prediction.anomaly_map,
        middle=channel.calibration.min_threshold or prediction.image_score / 2,
        measures=prediction.measures,
        seconds=time.perf_counter() - start,
    )


def answer(channel: Channel, image: RGBImage, *, false_alarm_rate: float) -> Finding | Naming:
    """Return what a detector finds, or what it takes an image for if it can give no verdict."""
    if channel.calibration.gives_verdicts:
        return inspect_with(channel, image, false_alarm_rate=false_alarm_rate)
    return name_with(channel, image)


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
    answers = [answer(channel, image, false_alarm_rate=rate) for channel in channels.values()]
    return Inspection.of(source, image, answers)


def predict_samples(
    detector: Detector, samples: Sequence[Sample], *, batch_size: int = 8
) -> Iterator[tuple[Sample, RGBImage, Prediction]]:
    """Yield every sample with its image and prediction, a batch in memory at a time."""
    for start in range(0, len(samples), batch_size):
        batch = samples[start : start + batch_size]
        images = [read_sample(sample) for sample in batch]
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
