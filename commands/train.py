"""`cli.py train`: fit, calibrate and keep detectors."""

import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.options import (
    Category,
    Checkpoints,
    Data,
    DatasetName,
    Detectors,
    Device,
    Seed,
    check_names,
    one_category,
)
from detectors import CLASSES, create_detector, setting_names
from inspection.calibration import product_rate
from inspection.catalog import CHECKPOINTS
from inspection.dataset import Dataset, DatasetIssue, check_trainable, read_dataset
from inspection.errors import SettingsError
from inspection.index import embed_index, open_index
from inspection.progress import progress_bar
from inspection.splits import apply_split, group_samples, open_split
from inspection.types import Sample, Split

FLAGS = {
    "input_size": "--input-size",
    "backbone": "--backbone",
    "backbone_weights": "--backbone-weights",
    "max_epochs": "--epochs",
    "max_seconds": "--minutes",
    "flips": "--flips",
    "rotation": "--rotation",
    "labelled": "--labelled-defects",
}
"""Setting of a detector -> option that gives it, for those that not every detector knows."""


class SplitKind(StrEnum):
    """How train and test are told apart."""

    OWN = "own"
    GROUPED = "grouped"


def train(
    data: Data,
    category: Category = None,
    detector: Detectors = None,
    labelled_defects: Annotated[
        float | None,
        typer.Option(
            help="U-Net: learn from this share of the labelled defects (such as 0.5), which then "
            "never count as test images again. Default: learn from synthetic defects."
        ),
    ] = None,
    input_size: Annotated[
        int | None, typer.Option(help="Side of the square that images are stretched to, in pixels.")
    ] = None,
    backbone: Annotated[
        str | None, typer.Option(help="PatchCore: student, resnet18, wide_resnet50_2, ...")
    ] = None,
    backbone_weights: Annotated[
        Path | None, typer.Option(help="PatchCore: file with the weights of the backbone.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="CAE and U-Net: most epochs.")] = None,
    minutes: Annotated[
        float | None, typer.Option(help="CAE and U-Net: stop each training after this time.")
    ] = None,
    flips: Annotated[
        bool | None,
        typer.Option("--flips/--no-flips", help="Mirror images while training. Default: a guess."),
    ] = None,
    rotation: Annotated[
        bool | None,
        typer.Option("--rotation/--no-rotation", help="Turn images. Default: a guess."),
    ] = None,
    every: Annotated[
        bool,
        typer.Option("--all", help="Every category; detectors that are trained already are left."),
    ] = False,
    split: Annotated[
        SplitKind,
        typer.Option(
            help="grouped: near-duplicates stay on one side of train and test. own: as the "
            "dataset's folders say."
        ),
    ] = SplitKind.OWN,
    seed: Seed = 0,
    device: Device = None,
    checkpoints: Checkpoints = CHECKPOINTS,
    dataset: DatasetName = None,
) -> None:
    """Train detectors on the normal images of one category and calibrate their thresholds.

    20 % of the normal images (at least 20, at most half) are held out for the thresholds. An
    interrupted training leaves an older checkpoint as it was.
    """
    names = check_names(detector)
    options = {
        "input_size": None if input_size is None else (input_size, input_size),
        "backbone": backbone,
        "backbone_weights": None if backbone_weights is None else str(backbone_weights.resolve()),
        "max_epochs": epochs,
        "max_seconds": None if minutes is None else 60 * minutes,
        "flips": flips,
        "rotation": rotation,
        "labelled": True if labelled_defects is not None else None,
        "seed": seed,
        "device": device,
    }
    check_options(options, names)
    source = read_dataset(data, name=dataset)
    is_grouped = split is SplitKind.GROUPED
    for part in source.categories if every else one_category(source, category).categories:
        samples = source.of(part).samples
        report_issues(check_trainable(samples, issues=source.issues))
        if is_grouped:
            samples = group_near_duplicates(source.of(part), device=device)
        folder = checkpoints / source.name / part
        for position, name in enumerate(names, 1):
            title = f"[{position}/{len(names)}] {name}: {source.name}/{part}"
            if every and (folder / name).is_dir():
                typer.echo(f"{title} is trained already")
                continue
            typer.echo(title)
            train_one(
                name,
                samples,
                folder,
                options=options,
                labelled=labelled_defects,
                is_grouped=is_grouped,
            )


def check_options(options: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse options that no chosen detector knows; say for which ones the others count.

    Raises:
        SettingsError: an option that would change nothing.
    """
    for setting, flag in FLAGS.items():
        if options[setting] is None:
            continue
        knowing = [name for name in names if setting in setting_names(name)]
        if not knowing:
            others = [name for name in CLASSES if setting in setting_names(name)]
            raise SettingsError(
                f"The option {flag} means nothing to {' and '.join(names)}.",
                f"Leave it out, or train {' or '.join(others)}.",
            )
        if len(knowing) < len(names):
            typer.echo(f"{flag} counts for {' and '.join(knowing)}")


def group_near_duplicates(dataset: Dataset, *, device: str | None) -> tuple[Sample, ...]:
    """Return the samples of one category with near-duplicates as groups, and say how many."""
    from detectors.embedding import Embedder
    from eda.similarity import find_near_duplicates, group_duplicates

    with progress_bar("measuring") as progress:
        index = open_index(dataset, progress=progress)
    with progress_bar("comparing") as progress:
        vectors = embed_index(index, Embedder(device=device), progress=progress)
    if vectors is None:
        return dataset.samples
    pairs = find_near_duplicates(vectors, [sample.category for sample in dataset.samples])
    groups = group_duplicates(pairs, [sample.unit for sample in dataset.samples])
    grouped = group_samples(dataset.samples, groups)
    moved = sum(
        new.split is not old.split for new, old in zip(grouped, dataset.samples, strict=True)
    )
    typer.echo(
        f"{len(pairs.first)} pairs of near-duplicates: {len(grouped)} images make "
        f"{len(set(groups))} parts, {moved} images change sides"
    )
    return tuple(grouped)


def train_one(
    name: str,
    samples: Sequence[Sample],
    folder: Path,
    *,
    options: dict[str, Any],
    labelled: float | None,
    is_grouped: bool = False,
) -> None:
    """Train, calibrate and keep one detector, and say what came of it."""
    from detectors.workflow import train_detector

    known = setting_names(name) | {"device"}
    settings = {k: v for k, v in options.items() if v is not None and k in known}
    fraction = labelled if "labelled" in known else None
    plan = open_split(
        folder, samples, seed=options["seed"], labelled_fraction=fraction, is_grouped=is_grouped
    )
    used = apply_split(samples, plan, labelled_fraction=fraction)
    counts = {split: sum(s.split is split and not s.is_anomalous for s in used) for split in Split}
    typer.echo(
        f"  learns from {counts[Split.TRAIN] + counts[Split.VALIDATION]} normal images, "
        f"thresholds from {counts[Split.CALIBRATION]} others"
    )
    start = time.perf_counter()
    made = create_detector(name, **settings)
    with progress_bar("  calibrating") as progress:
        stored = train_detector(made, used, folder, progress=progress)
    calibration = stored.calibration
    rate = product_rate(folder, [calibration])
    summary = made.training.summary if made.training is not None else ""
    typer.echo(
        f"  {summary}\n"
        f"  threshold {calibration.threshold(rate):.4g} at {100 * rate:.3g} false alarms per 100 "
        f"good parts ({calibration.num_normal} held-out parts)\n"
        f"  {time.perf_counter() - start:.0f} s; checkpoint in {folder / name}"
    )


def report_issues(issues: Sequence[DatasetIssue]) -> None:
    """Print what is odd in a dataset but does not stop a training."""
    for issue in issues:
        typer.echo(f"  note: {issue}", err=True)
