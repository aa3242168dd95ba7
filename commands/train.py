"""`cli.py train`: fit, calibrate and keep detectors."""

import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.familiarity import keep_look
from commands.near_duplicates import group_near_duplicates
from commands.options import (
    AllGood,
    Category,
    Checkpoints,
    DatasetName,
    Detectors,
    Device,
    Folders,
    Pool,
    Seed,
    Settings,
    check_flat,
    check_names,
    one_category,
    one_source,
    read_folders,
    read_pairs,
)
from detectors import create_detector, list_detectors, parse_settings, setting_names
from inspection.datasets.classes import Labelling, find_thin_classes
from inspection.datasets.dataset import Dataset, check_trainable
from inspection.datasets.pooling import pool_datasets
from inspection.detector import Detector
from inspection.errors import (
    BREAKDOWNS,
    DatasetError,
    InspectionError,
    SettingsError,
    explain,
)
from inspection.issues import summarise_issues
from inspection.products.checkpoint_folders import check_writable
from inspection.products.dataset_identity import check_dataset
from inspection.products.places import CHECKPOINTS
from inspection.products.product_file import read_settings
from inspection.products.reading import read_by, settle_reading
from inspection.products.split_labels import Labels
from inspection.products.split_plan import SPLIT, SplitKind, SplitPlan
from inspection.products.splits import apply_split, open_split
from inspection.progress import progress_bar
from inspection.types import Calibration, Sample, Split

TRAIN_ALL_HELP = (
    "Train every category of a dataset as `train` does, and leave what is trained already: after "
    "an interruption the same command goes on."
)

FLAGS = {
    "input_size": "--input-size",
    "backbone": "--backbone",
    "backbone_weights": "--backbone-weights",
    "classes": "--classes",
    "stages": "--stages",
    "max_epochs": "--epochs",
    "max_seconds": "--minutes",
    "flips": "--flips",
    "rotation": "--rotation",
    "labelled": "--labelled-defects",
}
"""Setting of a detector -> option that gives it, for those that not every detector knows."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be trained, the same for every category.

    Attributes:
        settings: of the detectors, by name; None where the default counts.
        texts: further settings as `--set` gives them; they count where a detector knows them.
        fraction: share of the labelled defects to learn from, if any.
    """

    names: Sequence[str]
    settings: Mapping[str, Any]
    texts: Mapping[str, str]
    fraction: float | None
    split: SplitKind
    checkpoints: Path
    leaves_trained: bool

    def folder(self, source: Dataset) -> Path:
        """Return where the detectors of a dataset of one category are kept."""
        (part,) = source.categories
        return self.checkpoints / source.name / part

    def labels(self, name: str) -> Labels | None:
        """Return what a detector wants of the labelled defects."""
        if list_detectors()[name].needs_labels:
            return Labels(self.fraction, needs_masks=False)
        # `--set labelled=true`: those that the layout or a random split trains on
        is_wanted = self.fraction is not None or self.texts.get("labelled", "").lower() == "true"
        return Labels(self.fraction) if is_wanted and "labelled" in setting_names(name) else None


def train(
    data: Folders,
    category: Category = None,
    detector: Detectors = None,
    labelled_defects: Annotated[
        float | None,
        typer.Option(
            help="U-Net and classifier: learn from this share of the labelled defects (such as "
            "0.5), which then never count as test images again. Default: the U-Net learns from "
            "synthetic defects, the classifier from those in the training part."
        ),
    ] = None,
    input_size: Annotated[
        int | None, typer.Option(help="Side of the square that images are stretched to, in pixels.")
    ] = None,
    backbone: Annotated[
        str | None,
        typer.Option(
            help="student, resnet18, resnet50, efficientnet_b0, ... Not for the CAE; the "
            "classifier also small-cnn, trained from scratch."
        ),
    ] = None,
    backbone_weights: Annotated[
        Path | None, typer.Option(help="File with the weights of the backbone.")
    ] = None,
    classes: Annotated[
        Labelling | None,
        typer.Option(help="Classifier: tell normal from defective, or every defect type."),
    ] = None,
    stages: Annotated[
        int | None,
        typer.Option(help="Classifier: 1 trains the head, 2 the last block too, 3 further ones."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="CAE, U-Net and classifier: most epochs.")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="CAE, U-Net and classifier: stop each training after this time."),
    ] = None,
    flips: Annotated[
        bool | None,
        typer.Option("--flips/--no-flips", help="Mirror images while training. Default: a guess."),
    ] = None,
    rotation: Annotated[
        bool | None,
        typer.Option("--rotation/--no-rotation", help="Turn images. Default: a guess."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", hidden=True)] = False,  # by `train_all`
    pool: Pool = None,
    split: Annotated[
        SplitKind,
        typer.Option(
            help="own: as the dataset's folders say. grouped: near-duplicates stay on one side of "
            "train and test. random: image by image, every class in the same proportion, which "
            "flatters."
        ),
    ] = SplitKind.OWN,
    all_good: AllGood = False,
    further: Settings = None,
    seed: Seed = 0,
    device: Device = None,
    checkpoints: Checkpoints = CHECKPOINTS,
    dataset: DatasetName = None,
) -> None:
    """Train detectors on the normal images of one category and calibrate their thresholds.

    20 % of the normal images (at least 20, at most half) are held out for the thresholds. An
    interrupted training leaves an older checkpoint as it was. The classifier learns from labelled
    defects, too, and is trained when it is named: `--detector classifier`.
    """
    names = check_names(detector)
    settings = {
        "input_size": None if input_size is None else (input_size, input_size),
        "backbone": backbone,
        "backbone_weights": None if backbone_weights is None else str(backbone_weights.resolve()),
        "classes": None if classes is None else classes.value,
        "stages": stages,
        "max_epochs": epochs,
        "max_seconds": None if minutes is None else 60 * minutes,
        "flips": flips,
        "rotation": rotation,
        "labelled": True if labelled_defects is not None else None,
        "seed": seed,
        "device": device,
    }
    texts = read_pairs(further)
    check_options(settings, texts, names)
    order = Order(
        names, settings, texts, labelled_defects, split, checkpoints, leaves_trained=every
    )
    sources = read_folders(data, name=dataset)
    check_flat(sources, all_good=all_good)
    if pool is not None:
        train_category(pool_sources(sources, order, name=pool), order)
        return
    source = one_source(sources)
    if every:
        train_categories(source, order)
    else:
        train_category(prepare(one_category(source, category), order), order)


@functools.wraps(train)  # with its options
def train_all(**options: Any) -> None:
    """Train every category of a dataset, and leave what is trained already.

    Raises:
        SettingsError: one category is named.
    """
    if options["category"] is not None or options["pool"] is not None:
        raise SettingsError(
            "train-all takes every category by itself.", "Use `python cli.py train` for one."
        )
    train(**{**options, "every": True})


def train_categories(source: Dataset, order: Order) -> None:
    """Train one category after the other; one that cannot be trained does not stop the others.

    Raises:
        DatasetError: some could not be trained.
    """
    problems: list[str] = []
    for part in source.categories:
        try:
            train_category(prepare(source.of(part), order), order)
        except (InspectionError, *BREAKDOWNS) as error:
            typer.echo(f"  {explain(error)}", err=True)
            problems.append(part)
    if problems:
        raise DatasetError(
            f"{len(problems)} of {len(source.categories)} categories were not trained to the end: "
            f"{', '.join(problems)}.",
            "The reasons are above; mend them and give the same command again.",
        )


def check_options(
    settings: Mapping[str, Any], texts: Mapping[str, str], names: Sequence[str]
) -> None:
    """Refuse options that no chosen detector knows; say for which ones the others count.

    Raises:
        SettingsError: an option that would change nothing.
    """
    given = {key: flag for key, flag in FLAGS.items() if settings[key] is not None}
    for setting, flag in {**given, **{key: f"--set {key}" for key in texts}}.items():
        knowing = [name for name in names if _knows(name, setting)]
        if not knowing:
            others = [name for name in list_detectors() if _knows(name, setting)]
            remedy = f", or train {' or '.join(others)}" if others else ""
            raise SettingsError(
                f"The option {flag} means nothing to {' and '.join(names)}.",
                f"Leave it out{remedy}.",
            )
        if len(knowing) < len(names):
            typer.echo(f"{flag} counts for {' and '.join(knowing)}")


def _knows(name: str, setting: str) -> bool:
    return setting in setting_names(name) or (
        setting == "labelled" and list_detectors()[name].needs_labels
    )


def prepare(source: Dataset, order: Order) -> Dataset:
    """Return one category with its near-duplicates grouped, if they are to be.

    Raises:
        DatasetError: another dataset of that name is trained already.
    """
    check_dataset(order.folder(source), source)
    return group(source, order)


def group(source: Dataset, order: Order) -> Dataset:
    """Return one category with its near-duplicates grouped, if they are to be."""
    if order.split is not SplitKind.GROUPED:
        return source
    return replace(source, samples=group_near_duplicates(source, device=order.settings["device"]))


def pool_sources(sources: Sequence[Dataset], order: Order, *, name: str) -> Dataset:
    """Return all categories of all datasets as one.

    Raises:
        DatasetError: other datasets are pooled by that name already.
    """
    pooled = pool_datasets(sources, name=name)
    check_dataset(order.folder(pooled), pooled)
    prepared = [
        replace(
            source,
            samples=tuple(
                sample
                for part in source.categories
                for sample in group(source.of(part), order).samples
            ),
        )
        for source in sources
    ]
    return pool_datasets(prepared, name=name)


def train_category(source: Dataset, order: Order) -> None:
    """Train every detector that was ordered on a dataset of one category."""
    typer.echo(source.account)
    needs_normal = not all(list_detectors()[name].needs_labels for name in order.names)
    issues = check_trainable(source.samples, issues=source.issues, needs_normal=needs_normal)
    for sentence in summarise_issues(issues):
        typer.echo(f"  note: {sentence}", err=True)
    folder = order.folder(source)
    check_writable(folder)
    source = settle_reading_of(source, folder)
    is_fresh = True
    for position, name in enumerate(order.names, 1):
        title = f"[{position}/{len(order.names)}] {name}: {source.name}/{folder.name}"
        if order.leaves_trained and (folder / name).is_dir():
            typer.echo(f"{title} is trained already")
            continue
        typer.echo(title)
        train_one(name, source, order)
        is_fresh = False
    keep_look(source.samples, folder, device=order.settings["device"], is_fresh=is_fresh)


def settle_reading_of(source: Dataset, folder: Path) -> Dataset:
    """Return the dataset as its product reads it, and say what there is to know of that."""
    with progress_bar("  looking for white") as progress:
        reading, sentences = settle_reading(folder, source.samples, progress=progress)
    for sentence in sentences:
        typer.echo(f"  {sentence}", err=sentence.startswith("note:"))
    return replace(source, samples=tuple(read_by(source.samples, reading)))


def train_one(name: str, source: Dataset, order: Order) -> None:
    """Train, calibrate and keep one detector, and say what came of it."""
    from detectors.workflow import train_detector

    folder, samples = order.folder(source), source.samples
    known = setting_names(name) | {"device"}
    settings = {k: v for k, v in order.settings.items() if v is not None and k in known}
    settings |= parse_settings(name, {k: v for k, v in order.texts.items() if k in known})
    labels = order.labels(name)

    def make_plan() -> SplitPlan:
        check_dataset(folder, source)  # another training may have come first meanwhile
        return open_split(folder, samples, seed=settings["seed"], labels=labels, kind=order.split)

    plan = make_plan()
    if plan.kind is not order.split:
        typer.echo(f"  keeps the {plan.kind.value} split that is stored in {folder / SPLIT}")
    used = apply_split(samples, plan, labels=labels)
    describe_samples(used)
    made = create_detector(name, **settings)
    if list_detectors()[name].needs_labels:
        for sentence in find_thin_classes(used, Labelling(settings.get("classes", "types"))):
            typer.echo(f"  note: {sentence}", err=True)
    start = time.perf_counter()
    with progress_bar("  calibrating") as progress:
        stored = train_detector(made, used, folder, plan=make_plan, progress=progress)
    describe_result(made, stored.calibration, folder)
    typer.echo(f"  {time.perf_counter() - start:.0f} s; checkpoint in {folder / name}")


def describe_samples(used: Sequence[Sample]) -> None:
    """Say how many images serve what."""
    normal = {split: sum(s.split is split and not s.is_anomalous for s in used) for split in Split}
    learned = sum(s.is_anomalous and s.split in (Split.TRAIN, Split.VALIDATION) for s in used)
    also = f" and {learned} defective ones" if learned else ""
    typer.echo(
        f"  learns from {normal[Split.TRAIN] + normal[Split.VALIDATION]} normal images{also}, "
        f"thresholds from {normal[Split.CALIBRATION]} others"
    )


def describe_result(detector: Detector, calibration: Calibration, folder: Path) -> None:
    """Say what a detector has learned, and its threshold at the rate of its product."""
    if detector.training is not None:
        typer.echo(f"  {detector.training.summary}")
    if calibration.num_normal == 0:
        typer.echo("  no threshold: there is no good part to calibrate with; it names classes only")
        return
    rate = read_settings(folder).rate([calibration])
    typer.echo(
        f"  threshold {calibration.threshold(rate):.4g} at {100 * rate:.3g} false alarms per 100 "
        f"good parts ({calibration.num_normal} held-out parts)"
    )
