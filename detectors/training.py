"""Training of products: split, reading, fit, calibration, and the familiarity model."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from detectors import LazyEmbedder, create_detector, find_entry
from detectors.sizes import fit_size
from inspection.datasets.classes import Labelling, find_thin_classes
from inspection.datasets.dataset import Dataset
from inspection.datasets.pooling import map_categories, pool_datasets
from inspection.detector import Detector, EpochCallback, describe_training
from inspection.errors import BREAKDOWNS, InspectionError, explain
from inspection.memory import check_memory
from inspection.products.input_size import SideChoice, settle_input_size
from inspection.products.preparation import keep_familiarity, open_plan, prepare_dataset
from inspection.products.product_file import read_settings
from inspection.products.split_labels import Labels
from inspection.products.split_plan import SPLIT, SplitKind, SplitPlan
from inspection.products.splits import apply_split
from inspection.progress import SILENT, Monitor, describe_duration
from inspection.types import Calibration, Sample, Size, Split

MUCH_LONGER = 1.2  # times the time that was given
WORKING = 200_000_000  # bytes that PyTorch takes to train, besides images and layers


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """What is to be trained, the same for every product.

    Attributes:
        checkpoints: where detectors are kept, as DATASET/CATEGORY/DETECTOR.
        settings: detector -> those of its settings that are not the default; in this order. An
            input size that is not among them follows from that of the product.
        labelled_fraction: share of the labelled defects to learn from, if any.
        split: how train and test are divided.
        group: finds the near-duplicates of one category for a grouped split.
        seed: of everything that is random.
        device: auto, cpu, cuda or mps.
        skips_trained: whether detectors that are trained already are left as they are.
        choose_side: decides anew how many pixels the images of a product have for its detectors;
            without it that is decided once, by the shape of the images.
    """

    checkpoints: Path
    settings: Mapping[str, Mapping[str, Any]]
    labelled_fraction: float | None = None
    split: SplitKind = SplitKind.OWN
    group: Callable[[Dataset], Dataset] | None = None
    seed: int = 0
    device: str | None = None
    skips_trained: bool = False
    choose_side: Callable[[Dataset, Size], SideChoice] | None = None

    def folder(self, source: Dataset) -> Path:
        """Return where the detectors of a dataset of one category are kept."""
        return self.checkpoints / source.name / source.category

    def labels(self, detector: str) -> Labels | None:
        """Return what a detector wants of the labelled defects."""
        if find_entry(detector).info.needs_labels:
            return Labels(self.labelled_fraction, needs_masks=False)
        # without a fraction: those that the layout or a random split trains on
        is_wanted = self.settings[detector].get("labelled", False)
        return Labels(self.labelled_fraction) if is_wanted else None


@dataclass(frozen=True, slots=True)
class TrainedDetector:
    """A detector that was trained, calibrated and kept; `seconds` is the time of all that."""

    folder: Path
    calibration: Calibration
    summary: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DatasetTraining:
    """What was trained of a dataset, and why other categories were not, by their names."""

    detectors: tuple[TrainedDetector, ...]
    failed: Mapping[str, InspectionError]


def train_categories(
    source: Dataset, job: TrainingJob, *, monitor: Monitor = SILENT
) -> DatasetTraining:
    """Train one category after the other; one that cannot be trained does not stop the others."""
    trained: list[TrainedDetector] = []
    failed: dict[str, InspectionError] = {}
    for part in source.categories:
        try:
            trained.extend(train_product(source.of(part), job, monitor=monitor))
        except (InspectionError, *BREAKDOWNS) as error:
            failed[part] = explain(error)
            monitor.warn(str(failed[part]))
    return DatasetTraining(tuple(trained), failed)


def train_pool(
    sources: Sequence[Dataset], job: TrainingJob, *, name: str, monitor: Monitor = SILENT
) -> tuple[TrainedDetector, ...]:
    """Train detectors on all categories of all datasets as one product; see `train_product`."""
    find = job.group
    if find is not None:

        def group(_: Dataset) -> Dataset:
            grouped = [map_categories(source, find) for source in sources]
            return pool_datasets(grouped, name=name)

        job = replace(job, group=group)
    return train_product(pool_datasets(sources, name=name), job, monitor=monitor)


def train_product(
    source: Dataset, job: TrainingJob, *, monitor: Monitor = SILENT
) -> tuple[TrainedDetector, ...]:
    """Train detectors on a dataset of one category, then learn what the product looks like.

    Raises:
        DatasetError: another dataset of that name is trained already, or nothing can be learned.
        InspectionError: a setting, an image or the folder cannot be used.
        StoppedError: the monitor has stopped it; what was kept before stays.
    """
    folder = job.folder(source)
    source = prepare_dataset(
        source,
        folder,
        group=job.group if job.split is SplitKind.GROUPED else None,
        needs_normal=not all(find_entry(name).info.needs_labels for name in job.settings),
        monitor=monitor,
    )
    job = _settle_sizes(source, job, monitor)
    trained: list[TrainedDetector] = []
    for position, name in enumerate(job.settings, 1):
        title = f"[{position}/{len(job.settings)}] {name}: {source.name}/{folder.name}"
        monitor.check()
        if job.skips_trained and (folder / name).is_dir():
            monitor.begin(f"{title} is trained already")
            continue
        monitor.begin(title)
        trained.append(_train_one(name, source, job, monitor))
    embed = LazyEmbedder(job.device)
    keep_familiarity(source.samples, folder, embed, has_trained=bool(trained), monitor=monitor)
    return tuple(trained)


def _settle_sizes(source: Dataset, job: TrainingJob, monitor: Monitor) -> TrainingJob:
    """Give the input size that follows from the product's to the detectors that have none."""
    if all("input_size" in settings for settings in job.settings.values()):
        return job
    choose = None if job.choose_side is None else partial(job.choose_side, source)
    size, sentences = settle_input_size(job.folder(source), source.samples, choose_side=choose)
    for sentence in sentences:
        monitor.say(sentence)
    settings = {
        name: {"input_size": fit_size(find_entry(name), size), **own}
        for name, own in job.settings.items()
    }
    return replace(job, settings=settings)


def _train_one(name: str, source: Dataset, job: TrainingJob, monitor: Monitor) -> TrainedDetector:
    """Train, calibrate and keep one detector, and report the result."""
    from detectors.workflow import train_detector  # imports PyTorch

    start = time.perf_counter()
    check_memory(WORKING, "The libraries that train", fix="Close what else uses memory.")
    folder, labels = job.folder(source), job.labels(name)
    settings = {"seed": job.seed, **job.settings[name]}

    def make_plan() -> SplitPlan:
        return open_plan(folder, source, seed=settings["seed"], labels=labels, kind=job.split)

    plan = make_plan()
    if plan.kind is not job.split:
        monitor.say(f"keeps the {plan.kind.value} split that is stored in {folder / SPLIT}")
    used = apply_split(source.samples, plan, labels=labels)
    monitor.say(_describe_samples(used))
    made = create_detector(
        name, device=job.device, progress=watch_epochs(name, monitor), **settings
    )
    if find_entry(name).info.needs_labels:
        for sentence in find_thin_classes(used, Labelling(settings.get("classes", "types"))):
            monitor.warn(f"note: {sentence}")
    with monitor.step("calibrating") as progress:
        stored = train_detector(made, used, folder, plan=make_plan, progress=progress)
    for sentence in _describe_result(made, stored.calibration, folder):
        monitor.say(sentence)
    seconds = time.perf_counter() - start
    most = settings.get("max_seconds")
    if most is not None and seconds > MUCH_LONGER * most:
        monitor.warn(
            f"note: that took {describe_duration(seconds)} instead of {describe_duration(most)}: "
            "there were more images to read and to calibrate with than fit into it"
        )
    monitor.say(f"{seconds:.0f} s; checkpoint in {folder / name}")
    return TrainedDetector(folder / name, stored.calibration, describe_training(made), seconds)


def watch_epochs(name: str, monitor: Monitor) -> bool | EpochCallback:
    """Return what a detector calls after every epoch; True where it draws its own bars."""
    on_epoch = monitor.epoch
    if on_epoch is None:
        return True

    def watch(metrics: Mapping[str, float]) -> None:
        on_epoch(name, metrics)
        monitor.check()

    return watch


def _describe_samples(used: Sequence[Sample]) -> str:
    """Return how many images serve what."""
    normal = {split: sum(s.split is split and not s.is_anomalous for s in used) for split in Split}
    learned = sum(s.is_anomalous and s.split in (Split.TRAIN, Split.VALIDATION) for s in used)
    also = f" and {learned} defective ones" if learned else ""
    return (
        f"learns from {normal[Split.TRAIN] + normal[Split.VALIDATION]} normal images{also}, "
        f"thresholds from {normal[Split.CALIBRATION]} others"
    )


def _describe_result(detector: Detector, calibration: Calibration, folder: Path) -> list[str]:
    """Return what a detector has learned, and its threshold at the rate of its product."""
    learned = [describe_training(detector)]
    if calibration.num_normal == 0:
        none = "no threshold: there is no good part to calibrate with; it names classes only"
        return [*learned, none]
    rate = read_settings(folder).rate([calibration])
    return [
        *learned,
        f"threshold {calibration.threshold(rate):.4g} at {100 * rate:.3g} false alarms per 100 "
        f"good parts ({calibration.num_normal} held-out parts)",
    ]
