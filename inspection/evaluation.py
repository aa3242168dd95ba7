"""A channel over test samples: how well it ranks, and how right it is at its own threshold."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from inspection.calibration import decide
from inspection.dataset import has_ground_truth, read_mask
from inspection.errors import DatasetError
from inspection.images import pixel_hash
from inspection.metrics import Confusion, confusion, image_auroc, pixel_auroc
from inspection.pipeline import predict_samples
from inspection.preprocess import Progress, mask_to_size
from inspection.types import AnomalyMap, Channel, Mask, Sample, Verdict


@dataclass(frozen=True, slots=True)
class ScoredImage:
    """What one detector made of one test image."""

    id: str
    defect_type: str | None
    image_score: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Figures of one detector over test images; NaN where a figure is undefined.

    Attributes:
        auroc_by_type: defect type -> image AUROC of that type against all normal images.
        seconds_per_image: decoding, hashing, resizing and prediction.
        seen: ids of the images left out because a detector had seen them, by id or by pixels.
    """

    detector: str
    threshold: float
    false_alarm_rate: float
    images: tuple[ScoredImage, ...]
    image_auroc: float
    pixel_auroc: float
    auroc_by_type: Mapping[str, float]
    confusion: Confusion
    seconds_per_image: float
    seen: tuple[str, ...]


def evaluate(
    channel: Channel,
    samples: Sequence[Sample],
    *,
    false_alarm_rate: float,
    seen: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> EvaluationReport:
    """Score test samples; pixels are compared on the detector's own grid.

    Args:
        channel: the detector and its calibration.
        samples: test samples; a defective one without ground truth counts for image figures only.
        false_alarm_rate: at which the verdicts are given.
        seen: id -> pixel hash of what any of the compared detectors saw; left out and reported.
        progress: called with (done, total).

    Raises:
        DatasetError: there is no sample that was not seen.
        CalibrationError: the rate is below what the calibration supports.
    """
    threshold = channel.calibration.threshold(false_alarm_rate)
    seen = seen or {}
    known_pixels = set(seen.values())
    left_out: list[str] = []
    rows: list[ScoredImage] = []
    maps: list[AnomalyMap] = []
    masks: list[Mask] = []
    start = time.perf_counter()
    for sample, image, prediction in predict_samples(channel.detector, samples):
        if sample.id in seen or pixel_hash(image) in known_pixels:
            left_out.append(sample.id)
            continue
        score = prediction.image_score
        rows.append(ScoredImage(sample.id, sample.defect_type, score, decide(score, threshold)))
        if has_ground_truth(sample):
            maps.append(prediction.anomaly_map)
            mask = read_mask(sample, image.shape[:2])
            masks.append(mask_to_size(mask, channel.detector.input_size))
        if progress is not None:
            progress(len(rows) + len(left_out), len(samples))
    if not rows:
        raise DatasetError(
            f"There is no test image that no detector has seen ({len(left_out)} were seen).",
            "Put other images into the test part of the dataset folder.",
        )
    seconds = time.perf_counter() - start
    scores = np.array([row.image_score for row in rows])
    labels = np.array([row.defect_type is not None for row in rows])
    flagged = np.array([row.verdict is Verdict.DEFECT for row in rows])
    return EvaluationReport(
        detector=channel.detector.name,
        threshold=threshold,
        false_alarm_rate=false_alarm_rate,
        images=tuple(rows),
        image_auroc=image_auroc(scores, labels),
        pixel_auroc=pixel_auroc(maps, masks),
        auroc_by_type=_by_type(rows),
        confusion=confusion(flagged, labels),
        seconds_per_image=seconds / len(samples),
        seen=tuple(left_out),
    )


def _by_type(rows: Sequence[ScoredImage]) -> dict[str, float]:
    types = sorted({row.defect_type for row in rows if row.defect_type is not None})
    figures = {}
    for defect_type in types:
        chosen = [row for row in rows if row.defect_type in (None, defect_type)]
        figures[defect_type] = image_auroc(
            [row.image_score for row in chosen], [row.defect_type is not None for row in chosen]
        )
    return figures
