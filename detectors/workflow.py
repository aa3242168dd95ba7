"""From samples to a kept checkpoint, and from a checkpoint to a channel."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from detectors import load_detector
from detectors.checkpoints import save_detector
from detectors.devices import memory_bounded_on_cpu
from inspection.calibration import calibrate, default_rate, no_calibration
from inspection.detector import Channel, Detector
from inspection.files import replace_folder
from inspection.images import pixel_hash
from inspection.outlines import fit_outline
from inspection.pipeline import predict, predict_samples
from inspection.preprocess import Progress, limit_side, mask_to_size
from inspection.products.checkpoint_folders import (
    StoredCalibration,
    read_calibration,
    save_calibration,
)
from inspection.products.manifest import NO_MANIFEST, has_manifest, write_manifest
from inspection.products.split_plan import SplitPlan, save_split
from inspection.synthetic import draw_defect
from inspection.types import AT_THRESHOLD, AnomalyMap, Mask, Prediction, RGBImage, Sample, Split

DRAWN_SIDE = 512
"""Larger images are drawn on at this size, whatever size the detector takes."""
MOST_MARKED = 64
"""Drawn images whose maps are kept to find the outline."""


def calibrate_detector(
    detector: Detector, samples: Sequence[Sample], *, progress: Progress | None = None
) -> StoredCalibration:
    """Score the calibration samples, which the detector has not seen, and find its outline.

    On each part one defect is drawn, too: what the detector makes of it says where its outlines
    end, unless it knows, and whether it sees defects at all.

    A dataset of defects alone gives an empty calibration: there are no good parts to judge by.

    Raises:
        CalibrationError: there is no normal calibration sample.
    """
    held_out = [
        sample
        for sample in samples
        if sample.split is Split.CALIBRATION and not sample.is_anomalous
    ]
    if all(sample.is_anomalous for sample in samples):
        return StoredCalibration(no_calibration(detector.outline or AT_THRESHOLD), {})
    scores: list[float] = []
    seen: dict[str, str] = {}
    drawn = _DrawnParts(detector, held_out)
    for sample, image, prediction in predict_samples(detector, held_out):
        scores.append(prediction.image_score)
        seen[sample.id] = pixel_hash(image)
        drawn.add(sample, image, prediction)
        if progress is not None:
            progress(len(scores), len(held_out))
    calibration = calibrate(held_out, scores)
    highest = np.array([drawn.scores[unit] for unit in calibration.units], np.float32)
    outline = detector.outline
    if outline is None:
        threshold = calibration.threshold(default_rate([calibration]))
        outline = fit_outline(drawn.marked, threshold=threshold)
    return StoredCalibration(replace(calibration, drawn_scores=highest, outline=outline), seen)


class _DrawnParts:
    """The held-out parts with a synthetic defect on one image of each, as a detector sees them.

    The drawing depends on the image alone, so that detectors of any input size see the same.

    Attributes:
        scores: part -> highest score of its images, the one that was drawn on in its new state.
        marked: maps and masks of at most `MOST_MARKED` of them, with and without the defect.
    """

    def __init__(self, detector: Detector, samples: Sequence[Sample]) -> None:
        self.scores: dict[str, float] = {}
        self.marked: list[tuple[AnomalyMap, Mask]] = []
        self._detector = detector
        units = sorted({sample.unit for sample in samples}, key=_seed_of)
        self._kept = set(units[:MOST_MARKED])

    def add(self, sample: Sample, image: RGBImage, usual: Prediction) -> None:
        """Take up one image and what is made of it; the first of each part is drawn on."""
        if sample.unit in self.scores:
            self.scores[sample.unit] = max(usual.image_score, self.scores[sample.unit])
            return
        rng = np.random.default_rng(_seed_of(sample.id))
        drawn, mask = draw_defect(limit_side(image, DRAWN_SIDE), rng)
        prediction = predict(self._detector, [drawn], names=[sample.id])[0]
        self.scores[sample.unit] = prediction.image_score
        if sample.unit in self._kept:
            sized = mask_to_size(mask, self._detector.input_size)
            self.marked.append((prediction.anomaly_map, sized))
            self.marked.append((usual.anomaly_map, np.zeros_like(sized)))


def _seed_of(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


@memory_bounded_on_cpu()
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
        write_manifest(fresh)
        if plan is not None:
            save_split(folder, plan())
    return stored


def load_channel(folder: Path, *, device: str | None = None) -> Channel:
    """Read a detector and its calibration, which may be empty (see `Calibration.gives_verdicts`).

    Raises:
        CheckpointError: missing, damaged, foreign or of another version.
    """
    calibration = read_calibration(folder).calibration
    note = "" if has_manifest(folder) else NO_MANIFEST
    return Channel(load_detector(folder, device=device), calibration, note)
