"""`cli.py tune`: search for a detector's settings, never looking at a test image."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from commands.input_size import AUTO, read_size, side_chooser
from commands.options import (
    NAMES,
    TERMINAL,
    Category,
    Checkpoints,
    Data,
    DatasetName,
    Device,
    Exclude,
    Seed,
    Settings,
    check_names,
    exclude_listed,
    one_category,
    read_pairs,
)
from commands.records import takes, write_command
from commands.train import TrainOptions
from detectors import name_knowing
from detectors.search.search import Trial
from detectors.search.tuning import TuningJob, tune_detector
from inspection.datasets.dataset import read_dataset
from inspection.evaluation.metrics import METRICS
from inspection.products.input_size import write_size
from inspection.products.places import CHECKPOINTS
from inspection.terminal import say

OUT = Path("runs") / "tune"


@dataclass(frozen=True, slots=True)
class TuneOptions:
    """Options of `tune`."""

    data: Data
    detector: Annotated[str, typer.Option("--detector", help=f"{NAMES}.")]
    category: Category = None
    trials: Annotated[
        int, typer.Option(min=1, help="Settings to try in all; those tried before count.")
    ] = 20
    labelled_defects: Annotated[
        float | None,
        typer.Option(
            help="Measure trials with this share of the labelled defects, not synthetic ones; they "
            "never count as test images again. U-Net and classifier learn from half of them."
        ),
    ] = None
    epochs: Annotated[
        int | None,
        typer.Option(
            help=f"{name_knowing('max_epochs')}: most epochs of a trial; the training has its own."
        ),
    ] = None
    input_size: Annotated[
        str | None,
        typer.Option(
            help=f"The one size of all trials, such as 640x256; {AUTO}: sizes around the one that "
            "`train` would find out. Default: around that of the product."
        ),
    ] = None
    settings: Settings = None
    exclude: Exclude = None
    seed: Seed = 0
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the study. Default: runs/tune/DATASET/CATEGORY/DETECTOR."),
    ] = None
    device: Device = None
    checkpoints: Checkpoints = CHECKPOINTS
    dataset: DatasetName = None


@takes(TuneOptions)
def tune(options: TuneOptions) -> None:
    """Search for settings of one detector and print the command that trains with the best ones.

    A quarter of the normal training images is set aside; each trial learns from the rest and must
    separate them from copies with synthetic defects, or from labelled ones. Test images and images
    that calibrate thresholds are never read. Stop and start it as you like: it goes on.
    """
    (detector,) = check_names([options.detector])
    size, fixed = options.input_size, read_pairs(options.settings)
    if size not in (None, AUTO):
        fixed["input_size"] = write_size(read_size(size))
    source = read_dataset(options.data, name=options.dataset)
    source = one_category(exclude_listed(source, options.exclude), options.category)
    job = TuningJob(
        detector=detector,
        checkpoints=options.checkpoints,
        folder=options.out or OUT / source.name / source.category / detector,
        num_trials=options.trials,
        fixed=fixed,
        max_epochs=options.epochs,
        labelled_fraction=options.labelled_defects,
        seed=options.seed,
        device=options.device,
        choose_side=side_chooser(minutes=None, device=options.device) if size == AUTO else None,
    )
    found = tune_detector(source, job, monitor=TERMINAL, on_trial=print_trial)
    say(f"\nBest: {describe_trial(found.best)}")
    say(f"Table and plot: {job.folder}\nTrain with it:\n")
    training = TrainOptions(
        data=[options.data.as_posix()],
        category=source.category,
        detector=[detector],
        labelled_defects=options.labelled_defects if job.learns_labels else None,
        exclude=options.exclude,
        further=[f"{key}={text}" for key, text in found.settings.items()],
        # another seed would calibrate thresholds on images that the settings were chosen with
        seed=options.seed,
        checkpoints=options.checkpoints,
        dataset=options.dataset,
    )
    say(write_command("train", training))


def print_trial(trial: Trial) -> None:
    """Print one line about a trial."""
    say(describe_trial(trial))


def describe_trial(trial: Trial) -> str:
    """Return one line: number, metrics, time and settings."""
    settings = " ".join(f"{key}={value}" for key, value in trial.settings.items())
    parts = [f"{METRICS[key].title} {v:.3f}" for key, v in trial.metrics.items() if key in METRICS]
    metrics = ", ".join([*parts, f"{trial.seconds:.0f} s"])
    return f"{trial.number:>4}  {trial.objective:.4f}  ({metrics})  {settings}"
