"""How right the classes of a classifier are, beside a baseline, also where no part is good."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from commands.classification_text import describe_baseline, describe_classes
from commands.evaluation_text import describe_split
from detectors import list_detectors
from inspection.datasets.dataset import Dataset
from inspection.errors import CheckpointError, DatasetError, EvaluationError, SettingsError
from inspection.evaluation.class_answers import (
    BASELINE,
    CLASSES,
    ClassAnswers,
    check_baseline,
    find_seen,
    load_baseline,
    make_answers,
    read_answers,
    save_answers,
)
from inspection.evaluation.classes import Labelling, NamedImage, class_of, name_samples
from inspection.evaluation.records import EvaluationReport
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import read_calibration
from inspection.products.product import Product
from inspection.products.reading import load_reading
from inspection.products.split_plan import load_split
from inspection.products.splits import find_test_samples
from inspection.progress import progress_bar
from inspection.types import Sample


class Rival:
    """Another checkpoints folder, whose classifiers answer the same images; or none."""

    def __init__(self, checkpoints: Path | None, *, device: str | None) -> None:
        self.device = device
        self._checkpoints = checkpoints
        self._is_met = False

    def compare(
        self, own: ClassAnswers, folder: Path, samples: Sequence[Sample]
    ) -> ClassAnswers | None:
        """Return the baseline's answers to the images of `own`, new or kept; None without any.

        Args:
            own: the answers to compare with.
            folder: checkpoint that gave them; the baseline's answers are kept there.
            samples: with those that were answered among them.

        Raises:
            InspectionError: the baseline is missing or cannot be compared.
        """
        self._is_met = True
        if self._checkpoints is None:
            return _kept_baseline(folder, own)
        place = own.checkpoint
        rival = self._checkpoints / place.dataset / place.category / place.detector
        check_baseline(own, folder, rival)
        if load_reading(rival.parent).white != load_reading(folder.parent).white:
            raise EvaluationError(
                f"The baseline {rival} takes another value of deep images for white.",
                "Train both on the same images.",
            )
        by_id = {sample.id: sample for sample in samples}
        asked = [by_id[image.id] for image in own.images]
        truths = {image.id: image.truth for image in own.images}
        named = ask(rival, asked, truths, title="baseline", device=self.device)
        baseline = make_answers(rival, named)
        save_answers(folder / BASELINE, baseline)
        return load_baseline(folder, own)

    def check_met(self) -> None:
        """Refuse a baseline that nothing was compared with.

        Raises:
            SettingsError: no classifier was evaluated.
        """
        if self._checkpoints is not None and not self._is_met:
            raise SettingsError(
                "--baseline is for classifiers, and none was evaluated.",
                "Train one: `python cli.py train --data DIR --detector classifier`.",
            )


def describe_all_classes(
    product: Product, reports: Sequence[EvaluationReport], samples: Sequence[Sample], rival: Rival
) -> Iterator[str]:
    """Yield the lines about the classes of every detector that names some."""
    for report in reports:
        folder = product.folder / report.detector
        answers = read_answers(folder, report)
        if answers is not None:
            yield f"  {report.detector}:"
            yield from describe_answers(answers, rival.compare(answers, folder, samples))


def describe_answers(own: ClassAnswers, baseline: ClassAnswers | None) -> Iterator[str]:
    """Yield the lines about one classifier, beside its baseline if there is one."""
    yield from describe_classes(own.judge())
    if baseline is not None:
        yield from describe_baseline(own, baseline)


def find_classifier(catalog: Catalog, product: Product) -> Path | None:
    """Return the checkpoint of a product that only names classes, since it has no good parts.

    A damaged one is no classifier: reading what it has seen says what is wrong with it.
    """
    for name in catalog.joined(product.key):
        if list_detectors()[name].needs_labels and _has_no_good_part(product.folder / name):
            return product.folder / name
    return None


def _has_no_good_part(folder: Path) -> bool:
    try:
        return read_calibration(folder).calibration.num_normal == 0
    except CheckpointError:
        return False


def name_classes(folder: Path, source: Dataset, rival: Rival) -> None:
    """Classify the test images of a dataset of one category, print how right that is, keep it.

    Raises:
        DatasetError: there is no test image that the classifier has not seen.
    """
    test = find_test_samples(folder.parent, source.samples)
    truths = {sample.id: class_of(sample, Labelling.TYPES) for sample in test}
    named = ask(folder, test, truths, title=source.name, device=rival.device)
    left_out = find_seen(folder, named)
    known = {one.id for one in left_out}
    kept = [image for image in named if image.id not in known]
    if not kept:
        raise DatasetError(
            f"There is no test image that {folder.name} has not seen.",
            "Put other images into the test part of the dataset folder.",
        )
    answers = make_answers(folder, kept)
    save_answers(folder / CLASSES, answers)
    typer.echo(f"{source.name}/{source.categories[0]}: {len(kept)} test images, no good parts")
    if left_out:
        typer.echo(f"  left out: {len(left_out)} that it has seen, such as {left_out[0].id}")
    told = describe_answers(answers, rival.compare(answers, folder, test))
    for line in [*told, *describe_split(load_split(folder.parent))]:
        typer.echo(line)


def ask(
    folder: Path,
    samples: Sequence[Sample],
    truths: dict[str, str],
    *,
    title: str,
    device: str | None,
) -> tuple[NamedImage, ...]:
    """Return what the classifier in a checkpoint folder takes samples for."""
    from detectors import load_detector

    detector = load_detector(folder, device=device)
    with progress_bar(f"{title} {detector.name}") as progress:
        return name_samples(detector, samples, truths, progress=progress)


def _kept_baseline(folder: Path, own: ClassAnswers) -> ClassAnswers | None:
    try:
        return load_baseline(folder, own)
    except EvaluationError as error:
        typer.echo(str(error), err=True)
        return None
