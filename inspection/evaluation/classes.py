"""How right a classifier is about the classes of parts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.datasets.classes import DEFECTIVE, NORMAL, sort_classes
from inspection.detector import Detector
from inspection.errors import DatasetError
from inspection.evaluation.records import ScoredImage
from inspection.images import pixel_hash
from inspection.measures import class_probabilities
from inspection.pipeline import predict_samples
from inspection.preprocess import Progress
from inspection.types import Sample


@dataclass(frozen=True, slots=True)
class ClassifiedImage:
    """What a classifier took one image for.

    Attributes:
        dataset: that it comes from, in a pool of several; else empty.
        pixel_hash: of the decoded image.
    """

    id: str
    dataset: str
    pixel_hash: str
    truth: str
    predicted: str


@dataclass(frozen=True, slots=True)
class ClassMetrics:
    """How right a classifier is about one class; 0 where a metric is undefined."""

    name: str
    num_images: int  # that are of this class
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, eq=False)
class ClassReport:
    """How right a classifier is about test images.

    Attributes:
        classes: those that occur among the true or the predicted ones.
        confusion: (n, n), images by true class (row) and predicted class (column).
        per_class: in the order of `classes`; the macro metrics are their plain means.
        accuracy_by_dataset: dataset -> accuracy; empty for a single dataset.
    """

    classes: tuple[str, ...]
    confusion: NDArray[np.int64]
    accuracy: float
    precision: float
    recall: float
    f1: float
    per_class: tuple[ClassMetrics, ...]
    accuracy_by_dataset: Mapping[str, float]


def classify_scored(images: Sequence[ScoredImage]) -> tuple[ClassifiedImage, ...]:
    """Return what the class probabilities of scored images say; nothing where there are none.

    The most probable class is the predicted one. Images of a type that the detector has never
    learned count as wrong.
    """
    known = [class_probabilities(image.measures) for image in images]
    if not all(known):
        return ()
    is_binary = bool(known) and known[0].keys() == {NORMAL, DEFECTIVE}
    return tuple(
        ClassifiedImage(
            id=image.id,
            dataset=image.dataset,
            pixel_hash=image.pixel_hash,
            truth=DEFECTIVE if is_binary and image.is_anomalous else image.defect_type or NORMAL,
            predicted=next(iter(found)),
        )
        for image, found in zip(images, known, strict=True)
    )


def classify_samples(
    detector: Detector,
    samples: Sequence[Sample],
    truths: Mapping[str, str],
    *,
    progress: Progress | None = None,
) -> tuple[ClassifiedImage, ...]:
    """Return the most probable class of every sample, by a detector that names classes.

    Args:
        detector: its predictions hold class probabilities.
        samples: to be named.
        truths: sample id -> true class.
        progress: called with (done, total).
    """
    named: list[ClassifiedImage] = []
    for sample, image, prediction in predict_samples(detector, samples):
        found = class_probabilities(prediction.measures)
        truth = truths[sample.id]
        pixels = pixel_hash(image)
        named.append(ClassifiedImage(sample.id, sample.dataset, pixels, truth, next(iter(found))))
        if progress is not None:
            progress(len(named), len(samples))
    return tuple(named)


def judge_images(images: Sequence[ClassifiedImage]) -> ClassReport:
    """Return how right the named classes are.

    Raises:
        DatasetError: there is no image.
    """
    return report_classes(
        [image.truth for image in images],
        [image.predicted for image in images],
        datasets=[image.dataset for image in images],
    )


def report_classes(
    truth: Sequence[str], predicted: Sequence[str], *, datasets: Sequence[str] = ()
) -> ClassReport:
    """Compare true and predicted classes, image by image.

    Args:
        truth: one class per image, also such as the classifier does not know.
        predicted: one class per image.
        datasets: one dataset per image, where several are judged together.

    Raises:
        DatasetError: there is no image.
    """
    if not truth:
        raise DatasetError("There is no test image to classify.", "Add some to the test part.")
    classes = sort_classes({*truth, *predicted})
    matrix = count_confusions(truth, predicted, classes)
    per_class = tuple(_judge_class(matrix, row, name) for row, name in enumerate(classes))
    return ClassReport(
        classes=classes,
        confusion=matrix,
        accuracy=float(np.trace(matrix) / matrix.sum()),
        precision=float(np.mean([one.precision for one in per_class])),
        recall=float(np.mean([one.recall for one in per_class])),
        f1=float(np.mean([one.f1 for one in per_class])),
        per_class=per_class,
        accuracy_by_dataset=_by_dataset(truth, predicted, datasets),
    )


def count_confusions(
    truth: Sequence[str], predicted: Sequence[str], classes: Sequence[str]
) -> NDArray[np.int64]:
    """Return the images (n, n) by true class (row) and predicted class (column)."""
    place = {name: index for index, name in enumerate(classes)}
    matrix = np.zeros((len(classes), len(classes)), np.int64)
    for true, guess in zip(truth, predicted, strict=True):
        matrix[place[true], place[guess]] += 1
    return matrix


def _judge_class(matrix: NDArray[np.int64], row: int, name: str) -> ClassMetrics:
    right, of_class, called = matrix[row, row], matrix[row].sum(), matrix[:, row].sum()
    return ClassMetrics(
        name=name,
        num_images=int(of_class),
        precision=float(right / max(1, called)),
        recall=float(right / max(1, of_class)),
        f1=float(2 * right / max(1, of_class + called)),
    )


def _by_dataset(
    truth: Sequence[str], predicted: Sequence[str], datasets: Sequence[str]
) -> dict[str, float]:
    if len(set(datasets)) < 2:
        return {}
    right: dict[str, list[bool]] = defaultdict(list)
    for true, guess, dataset in zip(truth, predicted, datasets, strict=True):
        right[dataset].append(true == guess)
    return {dataset: float(np.mean(found)) for dataset, found in right.items()}
