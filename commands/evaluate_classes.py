"""How right the classes of a classifier are, also where there is no good part to judge by."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from commands.classification_text import describe_classes
from inspection.calibration import read_calibration
from inspection.catalog import Catalog, Product
from inspection.classification import (
    Labelling,
    class_of,
    judge_images,
    predict_classes,
    report_classes,
)
from inspection.dataset import Dataset
from inspection.evaluation_types import EvaluationReport
from inspection.pooling import dataset_of
from inspection.progress import progress_bar
from inspection.split_plan import load_split
from inspection.splits import apply_split, make_split
from inspection.types import Split


def describe_all_classes(reports: Sequence[EvaluationReport]) -> Iterator[str]:
    """Yield the lines about the classes of every detector that names some."""
    for report in reports:
        classes = judge_images(report.images)
        if classes is not None:
            yield f"  {report.detector}:"
            yield from describe_classes(classes)


def find_classifier(catalog: Catalog, product: Product) -> Path | None:
    """Return the checkpoint of a product that only names classes, since it has no good parts."""
    for name in catalog.trained(product.key):
        folder = product.folder / name
        if read_calibration(folder).calibration.num_normal == 0:
            return folder
    return None


def name_classes(folder: Path, source: Dataset, *, device: str | None) -> None:
    """Classify the test images of a dataset of one category, and print how right that is."""
    from detectors import load_detector

    detector = load_detector(folder, device=device)
    plan = load_split(folder.parent) or make_split(source.samples, needs_normal=False)
    test = [s for s in apply_split(source.samples, plan) if s.split is Split.TEST]
    with progress_bar(f"{source.name} {detector.name}") as progress:
        predicted = predict_classes(detector, test, progress=progress)
    typer.echo(f"{source.name}/{source.categories[0]}: {len(test)} test images, no good parts")
    report = report_classes(
        [class_of(sample, Labelling.TYPES) for sample in test],
        predicted,
        datasets=[dataset_of(sample) for sample in test],
    )
    for line in describe_classes(report):
        typer.echo(line)
