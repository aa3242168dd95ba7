"""`cli.py evaluate`: metrics on test images that no detector has seen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from commands.box_text import describe_box_evaluation
from commands.classification_text import describe_classification
from commands.evaluation_text import (
    describe_issues,
    describe_leaderboards,
    describe_product,
    describe_split,
)
from commands.options import (
    TERMINAL,
    Checkpoints,
    Compared,
    DatasetName,
    Device,
    Folders,
    Pool,
    Rate,
    Seed,
    check_names,
    one_source,
    read_folders,
)
from commands.records import takes, write_command
from commands.training_text import describe_trainings
from detectors.catalog import make_loader, open_catalog
from inspection.datasets.pooling import pool_datasets
from inspection.errors import EvaluationError, InspectionError, SettingsError
from inspection.evaluation.class_evaluation import Baseline
from inspection.evaluation.service import (
    EvaluationOptions,
    ProductEvaluation,
    evaluate_products,
    find_products,
)
from inspection.files import write_whole
from inspection.products.places import CHECKPOINTS
from inspection.terminal import say


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """Options of `evaluate`."""

    data: Folders
    category: Annotated[
        list[str] | None,
        typer.Option("--category", help="May be repeated. Default: every trained category."),
    ] = None
    detector: Compared = None
    false_alarm_rate: Rate = None
    seed: Seed = 0
    again: Annotated[
        bool, typer.Option("--again", help="Evaluate anew what is evaluated already.")
    ] = False
    pool: Pool = None
    baseline: Annotated[
        Path | None,
        typer.Option(
            help="Another checkpoints folder: its classifier, such as a small-cnn trained from "
            "scratch, is compared on the same images."
        ),
    ] = None
    curves: Annotated[
        Path | None,
        typer.Option(help="HTML file for the curves of the trainings: losses, accuracy, F1."),
    ] = None
    device: Device = None
    checkpoints: Checkpoints = CHECKPOINTS
    dataset: DatasetName = None


@takes(EvaluateOptions)
def evaluate(options: EvaluateOptions) -> None:
    """Score the test images, which no detector has seen, and print every metric.

    Metrics, the score of every image and the epochs of each training are kept beside the weights
    (evaluation.json, evaluation.csv, training.csv), a table of all metrics above them
    (leaderboard.csv). An interrupted evaluation goes on where it stopped. A category that cannot be
    evaluated is named; the others are done.
    """
    from detectors.devices import choose_device  # it imports PyTorch

    sources = read_folders(options.data, name=options.dataset)
    pool = options.pool
    source = one_source(sources) if pool is None else pool_datasets(sources, name=pool)
    say(source.account)
    catalog = open_catalog(options.checkpoints, device=options.device)
    detectors = check_names(options.detector) if options.detector else ()
    products = find_products(
        catalog, source, categories=options.category or (), detectors=detectors
    )
    baseline = options.baseline
    how = EvaluationOptions(
        detectors=detectors,
        false_alarm_rate=options.false_alarm_rate,
        seed=options.seed,
        is_fresh=options.again,
        baseline=None if baseline is None else Baseline(baseline, make_loader(options.device)),
        command=write_command("evaluate", options),
        device=str(choose_device(options.device)),
    )
    found = evaluate_products(
        catalog, products, source, how, monitor=TERMINAL, on_evaluation=print_product
    )
    for line in describe_leaderboards(found.reports):
        say(line)
    if options.curves is not None:
        draw_curves(options.curves, found.products)
    refuse_failed(found.failed)
    if options.baseline is not None and not any(one.classes for one in found.products):
        raise SettingsError(
            "--baseline is for classifiers, and none was evaluated.",
            "Train one: `python cli.py train --data DIR --detector classifier`.",
        )


def print_product(found: ProductEvaluation) -> None:
    """Print what an evaluation has found."""
    for line in describe_evaluation(found):
        say(line)


def describe_evaluation(found: ProductEvaluation) -> Iterator[str]:
    """Yield the lines about one product: metrics, classes, split, masks, trainings."""
    if found.reports:
        yield from describe_product(found.reports)
    yield from describe_split(found.split)
    if found.num_excluded:
        images = "test image" if found.num_excluded == 1 else "test images"
        yield f"  the exclusion list of the product leaves out {found.num_excluded} {images}"
    yield from describe_issues(found.issues)
    for one in found.classes:
        if found.reports:
            yield f"  {one.checkpoint.detector}:"
        else:
            num_images = len(one.own.images)
            yield f"{found.product.key}: {num_images} test images, no good parts"
        if one.left_out:
            num_seen, example = len(one.left_out), one.left_out[0].id
            yield f"  left out: {num_seen} that it has seen, such as {example}"
        yield from describe_classification(one.own, one.baseline)
    for boxes in found.boxes:
        yield from describe_box_evaluation(boxes)
    yield from describe_trainings(found.histories.items())


def draw_curves(path: Path, found: Sequence[ProductEvaluation]) -> None:
    """Write the curves of all trainings into one HTML file, if there are any.

    Raises:
        ReportError: the file cannot be written.
        SettingsError: none of the detectors was trained in epochs.
    """
    from eda.results.training import make_training_page  # slow to import

    trained = [
        (f"{title}, {one.product.key}", history)
        for one in found
        for title, history in one.histories.items()
        if history.epochs
    ]
    if trained:
        write_whole(path, make_training_page(trained))
        say(f"training curves in {path}")
    elif found:
        raise SettingsError(
            "None of the evaluated detectors was trained in epochs, so there are no curves.",
            "Leave --curves out.",
        )


def refuse_failed(failed: Mapping[str, InspectionError]) -> None:
    """Say which categories could not be evaluated, and why.

    Raises:
        InspectionError: there is one, or there are several.
    """
    if not failed:
        return
    if len(failed) == 1:
        ((key, error),) = failed.items()
        raise type(error)(f"{key}: {error.problem}", error.fix) from error
    for key, error in failed.items():
        say(f"{key}: {error}", err=True)
    raise EvaluationError(
        f"{len(failed)} categories could not be evaluated: {', '.join(failed)}.",
        "The reasons are above.",
    )
