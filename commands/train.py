"""`cli.py train` and `cli.py train-all`: fit, calibrate and keep detectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.input_size import AUTO, MINUTES, read_size, side_chooser
from commands.options import (
    TERMINAL,
    AllGood,
    Category,
    Checkpoints,
    DatasetName,
    Detectors,
    Device,
    Exclude,
    Folders,
    Pool,
    Seed,
    Settings,
    check_flat,
    check_names,
    exclude_listed,
    one_category,
    one_source,
    read_folders,
    read_pairs,
)
from commands.records import takes
from detectors import (
    LazyEmbedder,
    find_entry,
    list_detectors,
    name_knowing,
    parse_settings,
    setting_names,
)
from detectors.training import TrainingJob, train_categories, train_pool, train_product
from eda.near_duplicates import group_near_duplicates
from inspection.datasets.classes import Labelling
from inspection.datasets.dataset import Dataset
from inspection.errors import DatasetError, SettingsError
from inspection.products.places import CHECKPOINTS
from inspection.products.split_plan import SplitKind
from inspection.terminal import say

RENAMED = {"max_epochs": "epochs", "max_seconds": "minutes", "labelled": "labelled_defects"}
"""Setting of a detector -> option that gives it, where their names differ."""


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """Options of `train` and `train-all`."""

    data: Folders
    category: Category = None
    detector: Detectors = None
    labelled_defects: Annotated[
        float | None,
        typer.Option(
            help="U-Net and classifier: learn from this share of the labelled defects (such as "
            "0.5), which then never count as test images again. Default: the U-Net learns from "
            "synthetic defects, the classifier from those in the training part."
        ),
    ] = None
    input_size: Annotated[
        str | None,
        typer.Option(
            help="Pixels that images are brought to: height x width such as 640x256, the side of "
            f"a square, or {AUTO}: the fewest that keep the labelled defects visible, or without "
            f"masks the most that are read in {MINUTES:g} (or --minutes) minutes. Default: what "
            "was decided for the product; at first as many as 256x256, in the shape of its images "
            "where that is beyond 4:3."
        ),
    ] = None
    backbone: Annotated[
        str | None,
        typer.Option(
            help="student, resnet18, vit_small_patch14_reg4_dinov2, ...: `cli.py backbones` lists "
            "them. The classifier also takes small-cnn, trained from scratch."
        ),
    ] = None
    backbone_weights: Annotated[
        Path | None, typer.Option(help="File with the weights of the backbone.")
    ] = None
    classes: Annotated[
        Labelling | None,
        typer.Option(
            help=f"{name_knowing('classes')}: normal and defective, or every defect type."
        ),
    ] = None
    stages: Annotated[
        int | None,
        typer.Option(
            help=f"{name_knowing('stages')}: 1 trains the head, 2 the last block too, 3 more."
        ),
    ] = None
    epochs: Annotated[
        int | None, typer.Option(help=f"{name_knowing('max_epochs')}: most epochs.")
    ] = None
    minutes: Annotated[
        float | None,
        typer.Option(
            help="Most minutes for each detector, from reading its images to its thresholds. What "
            "there is no time for is told. Learning what the product looks like comes after them, "
            "and takes about as long as reading its images."
        ),
    ] = None
    flips: Annotated[
        bool | None,
        typer.Option("--flips/--no-flips", help="Mirror images while training. Default: a guess."),
    ] = None
    rotation: Annotated[
        bool | None,
        typer.Option("--rotation/--no-rotation", help="Turn images. Default: a guess."),
    ] = None
    pool: Pool = None
    split: Annotated[
        SplitKind,
        typer.Option(
            help="own: as the dataset's folders say. grouped: near-duplicates stay on one side of "
            "train and test. random: image by image, every class in the same proportion, which "
            "flatters."
        ),
    ] = SplitKind.OWN
    exclude: Exclude = None
    all_good: AllGood = False
    further: Settings = None
    seed: Seed = 0
    device: Device = None
    checkpoints: Checkpoints = CHECKPOINTS
    dataset: DatasetName = None

    @property
    def is_auto_sized(self) -> bool:
        """Whether the number of pixels is to be found out."""
        return self.input_size == AUTO

    def settings(self) -> dict[str, Any]:
        """Return those settings of detectors that were given.

        Raises:
            SettingsError: the input size is none.
        """
        minutes, weights, size = self.minutes, self.backbone_weights, self.input_size
        settings = {
            "input_size": None if size is None or self.is_auto_sized else read_size(size),
            "backbone": self.backbone,
            "backbone_weights": None if weights is None else str(weights.resolve()),
            "classes": None if self.classes is None else self.classes.value,
            "stages": self.stages,
            "max_epochs": self.epochs,
            "max_seconds": None if minutes is None else 60 * minutes,
            "flips": self.flips,
            "rotation": self.rotation,
            "labelled": True if self.labelled_defects is not None else None,
        }
        return {key: value for key, value in settings.items() if value is not None}


@takes(TrainOptions)
def train(options: TrainOptions) -> None:
    """Train detectors on the normal images of one category and calibrate their thresholds.

    20 % of the normal images (at least 20, at most half) are held out for the thresholds. An
    interrupted training leaves an older checkpoint as it was. The classifier learns from labelled
    defects, too, and is trained when it is named: `--detector classifier`.
    """
    job = make_job(options)
    sources = read_sources(options)
    if options.pool is not None:
        train_pool(sources, job, name=options.pool, monitor=TERMINAL)
        return
    source = one_category(one_source(sources), options.category)
    train_product(source, job, monitor=TERMINAL)


@takes(TrainOptions)
def train_all(options: TrainOptions) -> None:
    """Train every category of a dataset as `train` does, and leave what is trained already.

    After an interruption the same command goes on.
    """
    if options.category is not None or options.pool is not None:
        raise SettingsError(
            "train-all takes every category by itself.", "Use `python cli.py train` for one."
        )
    job = replace(make_job(options), skips_trained=True)
    source = one_source(read_sources(options))
    failed = train_categories(source, job, monitor=TERMINAL).failed
    if failed:
        raise DatasetError(
            f"{len(failed)} of {len(source.categories)} categories were not trained to the end: "
            f"{', '.join(failed)}.",
            "The reasons are above. Fix them and run the same command again.",
        )


def read_sources(options: TrainOptions) -> list[Dataset]:
    """Read the datasets, and refuse images without labels unless they are said to be good."""
    sources = read_folders(options.data, name=options.dataset)
    check_flat(sources, all_good=options.all_good)
    if options.exclude is None:
        return sources
    if len(sources) > 1 or options.pool is not None:
        raise SettingsError(
            "An exclusion list counts for one dataset.", "Leave --exclude out, or --pool."
        )
    return [exclude_listed(sources[0], options.exclude)]


def make_job(options: TrainOptions) -> TrainingJob:
    """Return what is to be trained.

    Raises:
        SettingsError: no such detector, or an option that would change nothing.
    """
    names = check_names(options.detector)
    given, texts = options.settings(), read_pairs(options.further)
    check_settings(given, texts, names)
    embed = LazyEmbedder(options.device)
    return TrainingJob(
        checkpoints=options.checkpoints,
        settings={name: select_settings(name, given, texts) for name in names},
        labelled_fraction=options.labelled_defects,
        split=options.split,
        group=lambda source: group_near_duplicates(source, embed, monitor=TERMINAL),
        seed=options.seed,
        device=options.device,
        choose_side=side_chooser(minutes=options.minutes, device=options.device)
        if options.is_auto_sized
        else None,
    )


def select_settings(
    name: str, given: Mapping[str, Any], texts: Mapping[str, str]
) -> dict[str, Any]:
    """Return the settings that a detector knows; those from texts count more."""
    known = setting_names(name)
    values = {key: value for key, value in given.items() if key in known}
    return values | parse_settings(name, {k: text for k, text in texts.items() if k in known})


def check_settings(
    given: Mapping[str, Any], texts: Mapping[str, str], names: Sequence[str]
) -> None:
    """Refuse options that no chosen detector knows; say for which ones the others count.

    Raises:
        SettingsError: an option that would change nothing.
    """
    flags = {key: f"--{RENAMED.get(key, key).replace('_', '-')}" for key in given}
    for setting, flag in {**flags, **{key: f"--set {key}" for key in texts}}.items():
        knowing = [name for name in names if _knows(name, setting)]
        if not knowing:
            others = [name for name in list_detectors() if _knows(name, setting)]
            remedy = f", or train {' or '.join(others)}" if others else ""
            raise SettingsError(
                f"The option {flag} does not apply to {' and '.join(names)}.",
                f"Leave it out{remedy}.",
            )
        if len(knowing) < len(names):
            say(f"{flag} counts for {' and '.join(knowing)}")


def _knows(name: str, setting: str) -> bool:
    return setting in setting_names(name) or (
        setting == "labelled" and find_entry(name).info.needs_labels
    )
