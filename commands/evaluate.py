"""`cli.py evaluate`: metrics on test images that no detector has seen."""

import contextlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from commands.evaluate_classes import (
    Rival,
    describe_all_classes,
    find_classifier,
    name_classes,
)
from commands.evaluate_trainings import Trainings
from commands.evaluation_text import (
    describe_issues,
    describe_leaderboards,
    describe_product,
    describe_split,
)
from commands.locked_files import tolerate_locked_files
from commands.options import (
    Checkpoints,
    Compared,
    DatasetName,
    Device,
    Folders,
    Pool,
    Rate,
    Seed,
    check_names,
    find_usable,
    one_source,
    open_catalog,
    read_folders,
)
from inspection.datasets.dataset import Dataset
from inspection.datasets.pooling import pool_datasets
from inspection.errors import (
    BREAKDOWNS,
    CheckpointError,
    EvaluationError,
    InspectionError,
    explain,
)
from inspection.evaluation.evaluate import EvaluationJob
from inspection.evaluation.evaluate import evaluate as evaluate_channel
from inspection.evaluation.files import (
    has_evaluation,
    load_evaluation,
    read_identity,
    save_evaluation,
    save_table,
)
from inspection.evaluation.leaderboard import list_entries
from inspection.evaluation.partial import PartialEvaluation
from inspection.evaluation.records import EvaluationReport
from inspection.files import write_csv
from inspection.ground_truth import check_masks
from inspection.paths import quote, quote_all, quote_path
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import read_seen
from inspection.products.dataset_identity import check_dataset
from inspection.products.places import CHECKPOINTS
from inspection.products.product import Product
from inspection.products.reading import load_reading, look_through, read_by
from inspection.products.split_plan import load_split
from inspection.products.splits import find_test_samples
from inspection.progress import progress_bar

LEADERBOARD = "leaderboard.csv"


def evaluate(
    data: Folders,
    category: Annotated[
        list[str] | None,
        typer.Option("--category", help="May be repeated. Default: every trained category."),
    ] = None,
    detector: Compared = None,
    false_alarm_rate: Rate = None,
    seed: Seed = 0,
    again: Annotated[
        bool, typer.Option("--again", help="Evaluate anew what is evaluated already.")
    ] = False,
    pool: Pool = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            help="Another checkpoints folder: its classifier, such as a small-cnn trained from "
            "scratch, is compared on the same images."
        ),
    ] = None,
    curves: Annotated[
        Path | None,
        typer.Option(help="HTML file for the curves of the trainings: losses, accuracy, F1."),
    ] = None,
    device: Device = None,
    checkpoints: Checkpoints = CHECKPOINTS,
    dataset: DatasetName = None,
) -> None:
    """Score the test images, which no detector has seen, and print every metric.

    Figures, the score of every image and the epochs of each training are kept beside the weights
    (evaluation.json, evaluation.csv, training.csv), a table of all metrics above them
    (leaderboard.csv). An interrupted evaluation goes on where it stopped. A category that cannot be
    evaluated is named; the others are done.
    """
    sources = read_folders(data, name=dataset)
    source = one_source(sources) if pool is None else pool_datasets(sources, name=pool)
    typer.echo(source.account)
    catalog = open_catalog(checkpoints, device=device)
    rival = Rival(baseline, device=device)
    trainings = Trainings(curves)
    reports: list[EvaluationReport] = []
    failed: dict[str, InspectionError] = {}
    for product in find_products(catalog, source, category, detector):
        try:
            part = open_part(source, product)
            check_dataset(product.folder, part)
            if (classifier := find_classifier(catalog, product)) is not None:
                name_classes(classifier, part, rival)
                trainings.tell([classifier])
                continue
            exams = make_exams(catalog, product, part, detector, rate=false_alarm_rate, seed=seed)
            issues = check_masks(next(iter(exams.values())).samples)
            found = [evaluate_one(catalog, product, one, is_fresh=again) for one in exams.values()]
            reports.extend(found)
            for line in [
                *describe_product(found),
                *describe_split(load_split(product.folder)),
                *describe_issues(issues),
            ]:
                typer.echo(line)
            for line in describe_all_classes(product, found, part.samples, rival):
                typer.echo(line)
            trainings.tell([product.folder / one.detector for one in found])
        except (InspectionError, *BREAKDOWNS) as error:
            failed[product.key] = explain(error)
    for line in describe_leaderboards(reports):
        typer.echo(line)
    if reports:
        kept = read_reports(catalog, source.name)
        with tolerate_locked_files():
            write_csv(checkpoints / source.name / LEADERBOARD, list_entries(kept))
    trainings.draw()
    refuse_failed(failed)
    rival.check_met()


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
        typer.echo(f"{key}: {error}", err=True)
    raise EvaluationError(
        f"{len(failed)} categories could not be evaluated: {', '.join(failed)}.",
        "The reasons are above.",
    )


def find_products(
    catalog: Catalog,
    source: Dataset,
    categories: Sequence[str] | None,
    detectors: Sequence[str] | None,
) -> list[Product]:
    """Return the trained products asked for; without categories, all that have the detectors.

    Raises:
        CheckpointError: one that was named is not trained, or none is.
        SettingsError: there is no detector of that name.
        DatasetError: there is no category of that name.
    """
    check_names(detectors)
    if categories:
        for name in categories:
            source.of(name)
        return [catalog.find(f"{source.name}/{name}") for name in dict.fromkeys(categories)]
    keys = [f"{source.name}/{name}" for name in source.categories]
    found = [
        catalog.product(key)
        for key in keys
        if key in catalog.products and set(catalog.trained(key)) >= set(detectors or ())
    ]
    if not found:
        also = f" with {' and '.join(detectors)}" if detectors else ""
        own = f" --dataset {quote(source.name)}" if source.name != source.root.name else ""
        raise CheckpointError(
            f"No category of {source.name} is trained{also}.",
            f"Train them: `python cli.py train-all --data {quote_path(source.root)}{own}`.",
        )
    return found


def open_part(source: Dataset, product: Product) -> Dataset:
    """Return the samples of a product as it reads them, and say what is odd about their files.

    Raises:
        CheckpointError: what is stored of its reading is damaged.
    """
    part = source.of(product.category)
    for sentence in look_through(part.samples):
        typer.echo(f"  {sentence}", err=True)
    samples = read_by(part.samples, load_reading(product.folder))
    return replace(part, samples=tuple(samples))


def make_exams(
    catalog: Catalog,
    product: Product,
    source: Dataset,
    names: Sequence[str] | None,
    *,
    rate: float | None,
    seed: int,
) -> dict[str, EvaluationJob]:
    """Return what each detector of a product is asked: all the same images, by the same rate."""
    joined = catalog.joined(product.key)
    chosen = check_names(names) if names else find_usable(catalog, product)
    calibrations = [catalog.channel(product.key, name).calibration for name in chosen]
    used_rate = catalog.rate(product.key, calibrations) if rate is None else rate
    test = find_test_samples(product.folder, source.samples)
    # what one has seen counts for none, so that all are scored on the same images
    seen: Mapping[str, Mapping[str, str]] = {
        name: read_seen(product.folder / name) for name in joined
    }
    return {
        name: EvaluationJob(
            samples=test,
            false_alarm_rate=used_rate,
            checkpoint=read_identity(product.folder / name),
            seen=seen,
            command=quote_all(["python", "cli.py", *sys.argv[1:]]),
            seed=seed,
        )
        for name in chosen
    }


def evaluate_one(
    catalog: Catalog, product: Product, job: EvaluationJob, *, is_fresh: bool
) -> EvaluationReport:
    """Evaluate one detector and keep the report; one that is still true is only read."""
    name = job.checkpoint.detector
    folder = product.folder / name
    partial = PartialEvaluation(folder, job.key)
    if is_fresh:
        partial.clear()
    elif (kept := _kept_report(folder, job)) is not None:
        with tolerate_locked_files():
            save_table(folder, kept)
        return kept
    channel = catalog.channel(product.key, name)
    with progress_bar(f"{product.key} {name}") as progress:
        report = evaluate_channel(channel, job, partial=partial, progress=progress)
    with tolerate_locked_files():
        save_evaluation(folder, report)
    partial.clear()
    return report


def read_reports(catalog: Catalog, dataset: str) -> list[EvaluationReport]:
    """Return every report of a dataset that is true of the checkpoint beside it."""
    found = []
    for product in catalog.products.values():
        if product.dataset == dataset:
            for name in catalog.joined(product.key):
                with contextlib.suppress(EvaluationError, CheckpointError):
                    found.append(load_evaluation(product.folder / name))
    return found


def _kept_report(folder: Path, job: EvaluationJob) -> EvaluationReport | None:
    if not has_evaluation(folder):
        return None
    try:
        report = load_evaluation(folder)
    except EvaluationError:
        return None
    return report if report.origin.exam == job.digest() else None
