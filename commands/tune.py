"""`cli.py tune`: search for a detector's settings, never looking at a test image."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from commands.options import (
    NAMES,
    TERMINAL,
    Category,
    Checkpoints,
    Data,
    DatasetName,
    Device,
    Seed,
    Settings,
    check_names,
    one_category,
    read_pairs,
)
from commands.tune_figure import draw_trials
from detectors import list_detectors, setting_names
from detectors.search import search as search_module
from detectors.search.rehearsal import Question, Rehearsal, divide_training, prepare_questions
from detectors.search.search import Trial
from inspection.datasets.dataset import check_trainable, read_dataset
from inspection.errors import SettingsError
from inspection.evaluation.metric_list import METRICS
from inspection.files import write_csv, write_whole
from inspection.paths import quote, quote_path
from inspection.products.dataset_identity import check_dataset
from inspection.products.places import CHECKPOINTS
from inspection.products.reading import read_by, settle_reading
from inspection.products.split_labels import Labels
from inspection.products.split_plan import save_split
from inspection.products.splits import apply_split, find_split, open_split
from inspection.types import Sample, Split

OUT = Path("runs") / "tune"
TABLE = "trials.csv"
FIGURE = "trials.html"


def tune(
    data: Data,
    detector: Annotated[str, typer.Option("--detector", help=f"{NAMES}.")],
    category: Category = None,
    trials: Annotated[
        int, typer.Option(min=1, help="Settings to try in all; those tried before count.")
    ] = 20,
    labelled_defects: Annotated[
        float | None,
        typer.Option(
            help="Ask about this share of the labelled defects instead of synthetic ones; they "
            "never count as test images again. U-Net and classifier learn from half of them."
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(help="CAE and U-Net: most epochs of a trial; the training has its own."),
    ] = None,
    settings: Settings = None,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the study. Default: runs/tune/DATASET/CATEGORY/DETECTOR."),
    ] = None,
    device: Device = None,
    checkpoints: Checkpoints = CHECKPOINTS,
    dataset: DatasetName = None,
) -> None:
    """Search for settings of one detector and print the command that trains with the best ones.

    A quarter of the normal training images is set aside; each trial learns from the rest and must
    tell them from copies with synthetic defects, or from labelled ones. Test images and images that
    calibrate thresholds are never read. Stop and start it as you like: it goes on.
    """
    search_module.import_optuna()
    check_names([detector])
    part = one_category(read_dataset(data, name=dataset), category)
    check_trainable([one for one in part.samples if one.split is Split.TRAIN])
    labels = choose_labels(detector, labelled_defects)
    product = Path(part.name) / part.categories[0]
    check_dataset(checkpoints / product, part)
    reading, sentences = settle_reading(checkpoints / product, part.samples, is_kept=False)
    for sentence in sentences:
        typer.echo(sentence)
    used = read_by(part.samples, reading)
    samples = split_samples(used, checkpoints / product, seed=seed, labels=labels)
    learns_labels = labels is not None and knows_labels(detector)
    rehearsal = divide_training(
        samples, seed=seed, with_labelled=labels is not None, keeps_labels=learns_labels
    )
    trial_only = {"max_epochs": str(epochs)} if epochs is not None else {}
    trial_only |= {"labelled": "true"} if learns_labels and not needs_labels(detector) else {}
    folder = out or OUT / product / detector
    fixed = {**read_pairs(settings), **trial_only}
    search = search_module.Search(folder, detector, rehearsal, fixed=fixed, seed=seed)
    questions = prepare_questions(rehearsal, seed=seed)
    describe_questions(rehearsal, questions)
    typer.echo(f"{len(search.trials)} of {trials} trials are done.")
    keep_trials(folder, search.trials)

    def watch(trial: Trial) -> None:
        typer.echo(describe_trial(trial))
        keep_trials(folder, search.trials)

    search.run(questions, num_trials=trials, device=device, watch=watch, complain=complain)
    typer.echo(f"\nBest: {describe_trial(search.best)}")
    typer.echo(f"Table and figure: {folder}\nTrain with it:\n")
    options = {
        "--data": quote_path(data),
        "--category": quote(part.categories[0]),
        "--detector": detector,
        "--labelled-defects": f"{labelled_defects:g}" if learns_labels else None,
        # another seed would calibrate thresholds on images that the settings were chosen with
        "--seed": str(seed) if seed else None,
        "--dataset": quote(dataset) if dataset is not None else None,
        "--checkpoints": quote_path(checkpoints) if checkpoints != CHECKPOINTS else None,
    }
    best = {key: value for key, value in search.best.settings.items() if key not in trial_only}
    typer.echo(write_command(options, best))


def complain(sentence: str) -> None:
    """Say what went wrong, on the error stream."""
    typer.echo(sentence, err=True)


def write_command(options: Mapping[str, str | None], settings: Mapping[str, str]) -> str:
    """Return the command that trains with such settings.

    Args:
        options: with their values, quoted; those without are left out.
        settings: of the detector.
    """
    words = [f"{option} {value}" for option, value in options.items() if value is not None]
    words += [f"--set {quote(f'{key}={value}')}" for key, value in settings.items()]
    return " ".join(["python cli.py train", *words])


def needs_labels(detector: str) -> bool:
    """Tell whether a detector learns from labelled defects only."""
    return list_detectors()[detector].needs_labels


def knows_labels(detector: str) -> bool:
    """Tell whether a detector can learn from labelled defects."""
    return needs_labels(detector) or "labelled" in setting_names(detector)


def choose_labels(detector: str, fraction: float | None) -> Labels | None:
    """Return which labelled defects leave the test part; None for none.

    Raises:
        SettingsError: the detector needs some, but none are given.
    """
    if fraction is not None:
        return Labels(fraction, needs_masks=not needs_labels(detector))
    if needs_labels(detector):
        raise SettingsError(
            f"The {detector} learns from labelled defects.", "Add --labelled-defects 0.5."
        )
    return None


def split_samples(
    samples: Sequence[Sample], folder: Path, *, seed: int, labels: Labels | None
) -> list[Sample]:
    """Return the samples with their split, which is only written where labels leave the test."""
    if labels is None:
        return apply_split(samples, find_split(folder, samples, seed=seed))
    plan = open_split(folder, samples, seed=seed, labels=labels)
    save_split(folder, plan)
    return apply_split(samples, plan, labels=labels)


def describe_questions(rehearsal: Rehearsal, questions: Sequence[Question]) -> None:
    """Say what each trial learns from, and what it is asked."""
    num_defective = sum(question.is_anomalous for question in questions)
    typer.echo(
        f"Each trial learns from {len(rehearsal.learned)} training images and is asked about "
        f"{len(questions) - num_defective} normal and {num_defective} defective others, no test "
        "image among them."
    )


def describe_trial(trial: Trial) -> str:
    """Return one line: number, figures, time and settings."""
    settings = " ".join(f"{key}={value}" for key, value in trial.settings.items())
    parts = [f"{METRICS[key].title} {v:.3f}" for key, v in trial.figures.items() if key in METRICS]
    figures = ", ".join([*parts, f"{trial.seconds:.0f} s"])
    return f"{trial.number:>4}  {trial.objective:.4f}  ({figures})  {settings}"


def keep_trials(folder: Path, trials: Sequence[Trial]) -> None:
    """Replace the figure and the table of all trials, if there are any."""
    if not trials:
        return
    with TERMINAL.tolerate_locked_files():
        write_whole(folder / FIGURE, draw_trials(trials))
    with TERMINAL.tolerate_locked_files():
        write_csv(
            folder / TABLE,
            [
                {"trial": one.number, **one.figures, "seconds": one.seconds, **one.settings}
                for one in trials
            ],
        )
