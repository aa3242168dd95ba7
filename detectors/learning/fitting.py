"""Training data of a detector: read the images for `fit`, and record what was seen."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import torch

from detectors.settings import TrainingSettings
from inspection.preprocess import LoadedSamples, Progress, load_samples
from inspection.progress import progress_bar
from inspection.types import Sample, Size, Split, TrainingRecord

VALIDATION_SHARE = 0.1


def learnable(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples that `fit` may look at."""
    return [sample for sample in samples if sample.split in (Split.TRAIN, Split.VALIDATION)]


def read_images(
    samples: Sequence[Sample], size: Size, *, has_bar: bool, progress: Progress | None = None
) -> LoadedSamples:
    """Decode training images, with a bar on stderr if wanted, else telling whoever listens.

    Raises:
        DatasetError: there are no samples.
        ImageError: one of them cannot be read.
    """
    if not has_bar:
        return load_samples(samples, size, progress=progress)
    with progress_bar("reading images") as bar:
        return load_samples(samples, size, progress=bar)


def read_training_data(
    samples: Sequence[Sample], settings: TrainingSettings, *, has_bar: bool
) -> tuple[LoadedSamples, LoadedSamples]:
    """Decode what a network learns from, and what decides which of its epochs was the best."""
    parts = split_validation(samples, seed=settings.seed)
    learned, held = (read_images(part, settings.input_size, has_bar=has_bar) for part in parts)
    return learned, held


def split_validation(samples: Sequence[Sample], *, seed: int) -> tuple[list[Sample], list[Sample]]:
    """Divide samples into training and validation, and leave those of any other split out.

    Without validation samples, a share of the parts of every defect type is held out; where there
    is but one part of each, they serve as both.
    """
    training = [sample for sample in samples if sample.split is Split.TRAIN]
    validation = [sample for sample in samples if sample.split is Split.VALIDATION]
    if validation and training:
        return training, validation
    usable = training or validation
    held = _choose_units(usable, seed=seed)
    if not held:
        return usable, usable
    return (
        [sample for sample in usable if sample.unit not in held],
        [sample for sample in usable if sample.unit in held],
    )


def _choose_units(samples: Sequence[Sample], *, seed: int) -> set[str]:
    """Return a share of the parts of every type, none of a type that has only one."""
    rng = np.random.default_rng(seed)
    chosen: set[str] = set()
    for defect_type in sorted({sample.defect_type or "" for sample in samples}):
        units = sorted({s.unit for s in samples if (s.defect_type or "") == defect_type})
        if len(units) > 1:
            order = rng.permutation(len(units))
            count = max(1, round(VALIDATION_SHARE * len(units)))
            chosen |= {units[index] for index in order[:count]}
    return chosen


def record_training(
    *loaded: LoadedSamples, seed: int, start: float, device: torch.device, summary: str
) -> TrainingRecord:
    """Return what a detector learned from.

    Args:
        loaded: all images it has read; one that is given twice counts once.
        seed: of everything random.
        start: `time.perf_counter()` when the fit began.
        device: where it ran.
        summary: what a panel says about the learning.
    """
    samples = {sample.id: sample for part in loaded for sample in part.samples}
    num_labelled = sum(sample.is_anomalous for sample in samples.values())
    return TrainingRecord(
        category=next(iter(samples.values())).category,
        seen={sample_id: pixels for part in loaded for sample_id, pixels in part.seen.items()},
        num_normal=len(samples) - num_labelled,
        num_labelled=num_labelled,
        seed=seed,
        seconds=round(time.perf_counter() - start, 2),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        device=device.type,
        summary=summary,
    )
