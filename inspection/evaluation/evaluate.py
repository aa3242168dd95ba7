"""A channel over test samples: how well it ranks, and how right it is at its own threshold."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from inspection.detector import Channel, Detector
from inspection.errors import DatasetError
from inspection.evaluation.files import FORMAT
from inspection.evaluation.intervals import NUM_RESAMPLES
from inspection.evaluation.metrics import METRICS
from inspection.evaluation.partial import Chunk, PartialEvaluation, digest_samples
from inspection.evaluation.pixels import PixelTally
from inspection.evaluation.ranking import Confusion, confusion
from inspection.evaluation.records import (
    Checkpoint,
    EvaluationReport,
    GroundTruth,
    LeftOut,
    Origin,
    ScoredImage,
)
from inspection.evaluation.scored import ScoredImages
from inspection.evaluation.summary import (
    count_false_alarms,
    count_pixels,
    make_curves,
    mean_measures,
    metrics_by_type,
)
from inspection.ground_truth import VERSION, has_ground_truth, read_mask
from inspection.images import pixel_hash, read_sample
from inspection.outlines import flagged_mask
from inspection.pipeline import predict
from inspection.preprocess import Progress, mask_to_size
from inspection.products.checkpoint_folders import fingerprint
from inspection.types import Mask, Prediction, RGBImage, Sample, Size

BATCH = 8
CHUNK = 16
"""Images between two savings of a partial evaluation."""


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationJob:
    """What the evaluation of a detector depends on.

    Attributes:
        samples: test samples; a defective one without ground truth counts for image metrics only.
        seen: detector -> id -> pixel hash of what any of the compared detectors saw in training or
            calibration. What one has seen counts for none, so that all predict the same.
        seed: of the bootstrap.
        device: on which the detector runs.
        num_excluded: test images that are left out on request.
    """

    samples: Sequence[Sample]
    false_alarm_rate: float
    checkpoint: Checkpoint
    seen: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    command: str = ""
    seed: int = 0
    device: str = ""
    num_excluded: int = 0

    @property
    def key(self) -> list[object]:
        """What pixels depend on beside the image files: overlaps follow the rate and the masks."""
        seen = {name: fingerprint(known) for name, known in self.seen.items()}
        return [asdict(self.checkpoint), self.false_alarm_rate, seen, CHUNK, VERSION]

    def digest(self) -> str:
        """Name the files, the weights and whatever else the metrics depend on."""
        return digest_samples([*self.key, self.seed, NUM_RESAMPLES, FORMAT], self.samples)


def evaluate(
    channel: Channel,
    job: EvaluationJob,
    *,
    partial: PartialEvaluation | None = None,
    progress: Progress | None = None,
) -> EvaluationReport:
    """Score test samples; pixels are compared on the detector's own grid.

    Args:
        channel: the detector and its calibration.
        job: the samples, what was seen of them, and the false-alarm rate of the verdicts.
        partial: where an interrupted evaluation goes on; nothing is kept without it.
        progress: called with (done, total).

    Raises:
        DatasetError: there is no sample that was not seen.
        CalibrationError: the rate is below what the calibration supports.
        CheckpointError: a map is not finite; says of which image.
    """
    threshold = channel.calibration.threshold(job.false_alarm_rate)
    seen = SeenImages(job.seen)
    rows: list[ScoredImage] = []
    left_out: list[LeftOut] = []
    tally = PixelTally()
    for start in range(0, len(job.samples), CHUNK):
        samples = job.samples[start : start + CHUNK]
        chunk = partial.load(samples) if partial is not None else None
        if chunk is None:
            chunk = _score(channel, samples, threshold=threshold, seen=seen)
            if partial is not None:
                partial.save(samples, chunk)
        rows.extend(chunk.images)
        left_out.extend(chunk.left_out)
        tally.merge(chunk.fine, chunk.coarse)
        if progress is not None:
            progress(start + len(samples), len(job.samples))
    if not rows:
        raise DatasetError(
            f"There is no test image that no detector has seen ({len(left_out)} were seen).",
            "Put other images into the test part of the dataset folder.",
        )
    scored = ScoredImages(rows, tally, threshold, job.seed)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    report = make_report(
        job.checkpoint,
        Origin(job.command, job.seed, now, job.digest(), job.device),
        job.false_alarm_rate,
        scored,
        left_out=left_out,
        grid=channel.detector.input_size,
    )
    return replace(report, num_excluded=job.num_excluded)


def make_report(
    checkpoint: Checkpoint,
    origin: Origin,
    false_alarm_rate: float,
    scored: ScoredImages,
    *,
    left_out: Sequence[LeftOut],
    grid: Size,
) -> EvaluationReport:
    """Return every metric of scored images."""
    images = scored.images
    return EvaluationReport(
        checkpoint=checkpoint,
        origin=origin,
        false_alarm_rate=false_alarm_rate,
        threshold=scored.threshold,
        data_fingerprint=fingerprint({image.id: image.pixel_hash for image in images}),
        grid=grid,
        pixel_error=scored.tally.error_bound(),
        images=tuple(images),
        left_out=tuple(left_out),
        metrics={key: metric.compute(scored) for key, metric in METRICS.items()},
        confusion=scored.verdicts,
        pixel_confusion=count_pixels(images),
        false_alarms=count_false_alarms(scored, false_alarm_rate),
        by_type=metrics_by_type(scored),
        measures=mean_measures(images),
        curves=make_curves(scored),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Unseen:
    sample: Sample
    image: RGBImage
    pixels: str  # hash


class SeenImages:
    """What the compared detectors saw in training or calibration, by id and by pixels."""

    def __init__(self, seen: Mapping[str, Mapping[str, str]]) -> None:
        self._ids = seen
        self._pixels = {
            name: {pixels: sample_id for sample_id, pixels in known.items()}
            for name, known in seen.items()
        }

    def find(self, sample_id: str, pixels: str) -> LeftOut | None:
        """Return who has seen an image, and as what; None if nobody has."""
        known_as = {
            name: sample_id if sample_id in ids else self._pixels[name].get(pixels)
            for name, ids in self._ids.items()
        }
        names = {name: other for name, other in known_as.items() if other is not None}
        return LeftOut(sample_id, tuple(names), next(iter(names.values()))) if names else None


def _score(
    channel: Channel, samples: Sequence[Sample], *, threshold: float, seen: SeenImages
) -> Chunk:
    """Predict what nobody has seen, a batch in memory at a time."""
    rows: list[ScoredImage] = []
    left_out: list[LeftOut] = []
    tally = PixelTally()
    outline = channel.calibration.outline
    for start in range(0, len(samples), BATCH):
        batch, known = _read_unseen(samples[start : start + BATCH], seen)
        left_out.extend(known)
        for one, prediction, seconds in _predict(channel.detector, batch):
            truth, mask = _read_truth(one.sample, one.image, channel.detector.input_size)
            pixels = None
            if truth is GroundTruth.USED:
                tally.add(prediction.anomaly_map, mask)
                pixels = confusion(flagged_mask(prediction.anomaly_map, threshold, outline), mask)
            rows.append(_row(one, prediction, seconds, truth=truth, pixels=pixels))
    return Chunk(tuple(rows), tuple(left_out), tally.fine(), tuple(tally.images))


def _read_unseen(
    samples: Sequence[Sample], seen: SeenImages
) -> tuple[list[_Unseen], list[LeftOut]]:
    unseen: list[_Unseen] = []
    left_out: list[LeftOut] = []
    for sample in samples:
        image = read_sample(sample)
        pixels = pixel_hash(image)
        known = seen.find(sample.id, pixels)
        if known is None:
            unseen.append(_Unseen(sample, image, pixels))
        else:
            left_out.append(known)
    return unseen, left_out


def _predict(
    detector: Detector, batch: Sequence[_Unseen]
) -> Iterator[tuple[_Unseen, Prediction, float]]:
    """Yield every image of a batch with its prediction and the mean seconds it took."""
    if not batch:
        return
    start = time.perf_counter()
    names = [one.sample.id for one in batch]
    predictions = predict(detector, [one.image for one in batch], names=names)
    seconds = (time.perf_counter() - start) / len(batch)
    for one, prediction in zip(batch, predictions, strict=True):
        yield one, prediction, seconds


def _read_truth(sample: Sample, image: RGBImage, grid: Size) -> tuple[GroundTruth, Mask]:
    """Return the mask on the detector's grid, and whether it can be used."""
    if not has_ground_truth(sample):
        return GroundTruth.MISSING, np.zeros(grid, np.bool_)
    mask = mask_to_size(read_mask(sample, image.shape[:2]), grid)
    is_lost = sample.is_anomalous and not mask.any()
    return (GroundTruth.LOST if is_lost else GroundTruth.USED), mask


def _row(
    one: _Unseen,
    prediction: Prediction,
    seconds: float,
    *,
    truth: GroundTruth,
    pixels: Confusion | None,
) -> ScoredImage:
    sample = one.sample
    return ScoredImage(
        id=sample.id,
        category=sample.category,
        split=sample.split.value,
        defect_type=sample.defect_type,
        unit=sample.unit,
        pixel_hash=one.pixels,
        image_score=prediction.image_score,
        seconds=seconds,
        measures={name: float(value) for name, value in prediction.measures.items()},
        ground_truth=truth,
        pixels=pixels,
        dataset=sample.dataset,
    )
