"""Evaluation of a classifier's classes beside those of a baseline, also where no part is good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inspection.datasets.classes import Labelling, class_of
from inspection.detector import Detector
from inspection.errors import (
    CheckpointError,
    DatasetError,
    EvaluationError,
    InspectionError,
)
from inspection.evaluation.classes import ClassifiedImage, classify_samples
from inspection.evaluation.classification import (
    BASELINE,
    CLASSES,
    Classification,
    check_baseline,
    find_seen,
    load_baseline,
    make_classification,
)
from inspection.evaluation.files import save_record
from inspection.evaluation.records import Checkpoint, LeftOut
from inspection.products.catalog import Catalog
from inspection.products.channels import Loader
from inspection.products.checkpoint_folders import read_calibration
from inspection.products.product import Product
from inspection.products.reading import load_reading
from inspection.progress import Monitor
from inspection.types import Sample


@dataclass(frozen=True, slots=True)
class Baseline:
    """Another checkpoints folder, whose classifiers predict the same images.

    Attributes:
        load: reads a checkpoint folder.
    """

    checkpoints: Path
    load: Loader


@dataclass(frozen=True, slots=True)
class ClassEvaluation:
    """What a classifier takes test images for, and what a baseline does.

    Attributes:
        left_out: what the classifier has seen, where it alone is evaluated.
        problem: why the baseline that was asked for is missing.
    """

    own: Classification
    baseline: Classification | None
    left_out: tuple[LeftOut, ...] = ()
    problem: InspectionError | None = None

    @property
    def checkpoint(self) -> Checkpoint:
        return self.own.checkpoint


def find_namers(catalog: Catalog, product: Product) -> list[str]:
    """Return the detectors of a product that only name classes, since it has no good parts.

    A damaged one is none: reading what it has seen says what is wrong with it.
    """
    names = catalog.checkpoints.matching(product)
    return [name for name in names if _has_no_good_part(product.folder / name)]


def _has_no_good_part(folder: Path) -> bool:
    try:
        return read_calibration(folder).calibration.num_normal == 0
    except CheckpointError:
        return False


def evaluate_classes(
    detector: Detector,
    folder: Path,
    samples: Sequence[Sample],
    baseline: Baseline | None,
    *,
    monitor: Monitor,
) -> ClassEvaluation:
    """Classify test samples of a product without good parts, and keep what they were taken for.

    Args:
        detector: that is stored in the folder.
        folder: checkpoint DATASET/CATEGORY/DETECTOR.
        samples: for testing; what the classifier has seen is left out.
        baseline: to compare with.
        monitor: receives what happens.

    Raises:
        DatasetError: there is no test image that the classifier has not seen.
    """
    truths = {sample.id: class_of(sample, Labelling.TYPES) for sample in samples}
    dataset = folder.parent.parent.name
    named = _name(detector, samples, truths, title=f"{dataset} {folder.name}", monitor=monitor)
    left_out = find_seen(folder, named)
    known = {one.id for one in left_out}
    kept = [image for image in named if image.id not in known]
    if not kept:
        raise DatasetError(
            f"There is no test image that {folder.name} has not seen.",
            "Put other images into the test part of the dataset folder.",
        )
    own = make_classification(folder, kept)
    save_record(folder / CLASSES, own)
    found = add_baseline(own, folder, samples, baseline, monitor)
    return replace(found, left_out=tuple(left_out))


def add_baseline(
    own: Classification,
    folder: Path,
    samples: Sequence[Sample],
    baseline: Baseline | None,
    monitor: Monitor,
) -> ClassEvaluation:
    """Return a classification beside the baseline's of the same images, new or kept, if any.

    Args:
        own: to compare with.
        folder: checkpoint that made it; the baseline's is kept there.
        samples: with those that were classified among them.
        baseline: None for the classification that is kept.
        monitor: receives what happens.
    """
    if baseline is None:
        return ClassEvaluation(own, _read_kept(folder, own, monitor))
    try:
        return ClassEvaluation(own, _classify(own, folder, samples, baseline, monitor))
    except InspectionError as error:  # what is known of the classifier itself stays true
        return ClassEvaluation(own, None, problem=error)


def _classify(
    own: Classification,
    folder: Path,
    samples: Sequence[Sample],
    baseline: Baseline,
    monitor: Monitor,
) -> Classification | None:
    """Return the baseline's classification of the same images, and keep it."""
    place = own.checkpoint
    other = baseline.checkpoints / place.dataset / place.category / place.detector
    check_baseline(own, folder, other)
    if load_reading(other.parent).white != load_reading(folder.parent).white:
        raise EvaluationError(
            f"The baseline {other} takes another value of deep images for white.",
            "Train both on the same images.",
        )
    by_id = {sample.id: sample for sample in samples}
    tested = [by_id[image.id] for image in own.images]
    truths = {image.id: image.truth for image in own.images}
    detector = baseline.load(other).detector
    named = _name(detector, tested, truths, title=f"baseline {detector.name}", monitor=monitor)
    save_record(folder / BASELINE, make_classification(other, named))
    return load_baseline(folder, own)


def _name(
    detector: Detector,
    samples: Sequence[Sample],
    truths: Mapping[str, str],
    *,
    title: str,
    monitor: Monitor,
) -> tuple[ClassifiedImage, ...]:
    with monitor.step(title) as progress:
        return classify_samples(detector, samples, truths, progress=progress)


def _read_kept(folder: Path, own: Classification, monitor: Monitor) -> Classification | None:
    try:
        return load_baseline(folder, own)
    except EvaluationError as error:
        monitor.warn(str(error))
        return None
