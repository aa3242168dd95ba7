"""From samples to a kept checkpoint, and from a checkpoint to a channel."""

from collections.abc import Callable, Sequence
from pathlib import Path

from detectors import load_detector
from detectors.checkpoints import save_detector
from inspection.calibration import calibrate, no_calibration
from inspection.detector import Channel, Detector
from inspection.files import replace_folder
from inspection.images import pixel_hash
from inspection.pipeline import predict_samples
from inspection.preprocess import Progress
from inspection.products.checkpoint_folders import (
    StoredCalibration,
    read_calibration,
    save_calibration,
)
from inspection.products.split_plan import SplitPlan, save_split
from inspection.types import Sample, Split


def calibrate_detector(
    detector: Detector, samples: Sequence[Sample], *, progress: Progress | None = None
) -> StoredCalibration:
    """Score the calibration samples, which the detector has not seen.

    A dataset of defects alone gives an empty calibration: there are no good parts to judge by.

    Raises:
        CalibrationError: there is no normal calibration sample.
    """
    held_out = [
        sample
        for sample in samples
        if sample.split is Split.CALIBRATION and not sample.is_anomalous
    ]
    scores: list[float] = []
    seen: dict[str, str] = {}
    for sample, image, prediction in predict_samples(detector, held_out):
        scores.append(prediction.image_score)
        seen[sample.id] = pixel_hash(image)
        if progress is not None:
            progress(len(scores), len(held_out))
    if all(sample.is_anomalous for sample in samples):
        return StoredCalibration(no_calibration(detector.min_threshold), {})
    calibration = calibrate(held_out, scores, min_threshold=detector.min_threshold)
    return StoredCalibration(calibration, seen)


def train_detector(
    detector: Detector,
    samples: Sequence[Sample],
    folder: Path,
    *,
    plan: Callable[[], SplitPlan] | None = None,
    progress: Progress | None = None,
) -> StoredCalibration:
    """Fit and calibrate a detector and put its checkpoint in place of an older one at the very end.

    Args:
        detector: unfitted, or to be fitted anew.
        samples: of one category, with the split of its plan.
        folder: of the product; the checkpoint goes into the folder of the detector's name below it.
        plan: gives the split to keep; asked when all is learned, since another training may have
            widened it meanwhile. Left out, the folder's split stays as it is.
        progress: called while calibrating, with (done, total).
    """
    detector.fit(samples)
    stored = calibrate_detector(detector, samples, progress=progress)
    with replace_folder(folder / detector.name) as fresh:
        save_detector(detector, fresh)
        save_calibration(fresh, stored.calibration, stored.seen)
        if plan is not None:
            save_split(folder, plan())
    return stored


def load_channel(folder: Path, *, device: str | None = None) -> Channel:
    """Read a detector and its calibration, which may be empty (see `Calibration.gives_verdicts`).

    Raises:
        CheckpointError: missing, damaged, foreign or of another version.
    """
    calibration = read_calibration(folder).calibration
    return Channel(load_detector(folder, device=device), calibration)
