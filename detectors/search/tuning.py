"""Hyperparameter tuning of a detector on training images; every trial is kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from detectors import find_entry, setting_names
from detectors.search.objective import TuningSplit, divide_training, read_validation
from detectors.search.search import Search, Trial, import_optuna
from inspection.datasets.dataset import Dataset, check_trainable
from inspection.errors import SettingsError
from inspection.files import write_csv, write_whole
from inspection.products.dataset_identity import check_dataset
from inspection.products.input_size import SideChoice, settle_input_size
from inspection.products.preparation import leave_out
from inspection.products.reading import read_by, settle_reading
from inspection.products.split_labels import Labels
from inspection.products.split_plan import save_split
from inspection.products.splits import apply_split, find_split, open_split
from inspection.progress import SILENT, Monitor
from inspection.types import Sample, Size, Split

TABLE = "trials.csv"
PLOT = "trials.html"


@dataclass(frozen=True, slots=True)
class TuningJob:
    """What is to be tuned.

    Attributes:
        detector: whose settings are searched.
        checkpoints: where its products are kept, as DATASET/CATEGORY/DETECTOR.
        folder: of the study, its table and its plot; what was tried there counts.
        num_trials: settings to try in all.
        fixed: settings that are not searched, as on the command line.
        max_epochs: most epochs of a trial; a training has its own.
        labelled_fraction: share of the labelled defects to measure with, instead of synthetic ones.
        seed: of everything that is random.
        device: auto, cpu, cuda or mps.
        choose_side: decides how many pixels images have around which sizes are tried; without it
            those of the product.
    """

    detector: str
    checkpoints: Path
    folder: Path
    num_trials: int = 20
    fixed: Mapping[str, str] = field(default_factory=dict)
    max_epochs: int | None = None
    labelled_fraction: float | None = None
    seed: int = 0
    device: str | None = None
    choose_side: Callable[[Dataset, Size], SideChoice] | None = None

    def product(self, source: Dataset) -> Path:
        """Return where the detectors of a dataset of one category are kept."""
        return self.checkpoints / source.name / source.category

    @property
    def labels(self) -> Labels | None:
        """Which labelled defects leave the test part; None for none.

        Raises:
            SettingsError: the detector needs some, but none are given.
        """
        needs_labels = find_entry(self.detector).info.needs_labels
        if self.labelled_fraction is not None:
            return Labels(self.labelled_fraction, needs_masks=not needs_labels)
        if needs_labels:
            raise SettingsError(
                f"The {self.detector} learns from labelled defects.", "Add --labelled-defects 0.5."
            )
        return None

    @property
    def learns_labels(self) -> bool:
        """Whether a trial learns from some of the labelled defects, too."""
        knows = "labelled" in setting_names(self.detector)
        needs = find_entry(self.detector).info.needs_labels
        return self.labelled_fraction is not None and (knows or needs)

    @property
    def trial_settings(self) -> dict[str, str]:
        """Settings that count for trials alone."""
        own = {} if self.max_epochs is None else {"max_epochs": str(self.max_epochs)}
        needs = find_entry(self.detector).info.needs_labels
        return own | ({"labelled": "true"} if self.learns_labels and not needs else {})


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was tried, and the settings to train with, as on the command line."""

    trials: tuple[Trial, ...]
    best: Trial
    settings: Mapping[str, str]


def tune_detector(
    source: Dataset,
    job: TuningJob,
    *,
    monitor: Monitor = SILENT,
    on_trial: Callable[[Trial], None] = lambda _: None,
) -> Tuning:
    """Search for settings of a detector on the training images of a dataset of one category.

    Args:
        source: the dataset.
        job: what to tune.
        monitor: receives what happens.
        on_trial: called with every trial that came to an end.

    Raises:
        SettingsError: Optuna is missing, or a setting cannot be used.
        EvaluationError: no trial came to an end.
        InspectionError: the dataset cannot be used.
        StoppedError: the monitor has stopped it; the same job goes on.
    """
    import_optuna()
    check_dataset(job.product(source), source)
    source = leave_out(source, job.product(source))
    monitor.begin(source.account)
    split = _divide(source, job, monitor)
    choose = None if job.choose_side is None else partial(job.choose_side, source)
    size, sentences = settle_input_size(
        job.product(source), source.samples, choose_side=choose, is_kept=False
    )
    for sentence in sentences:
        monitor.say(sentence)
    fixed = {**job.fixed, **job.trial_settings}
    search = Search(job.folder, job.detector, split, fixed=fixed, size=size, seed=job.seed)
    images = read_validation(split, seed=job.seed)
    num_defective = sum(image.is_anomalous for image in images)
    monitor.begin(
        f"Each trial learns from {len(split.learned)} training images and is measured "
        f"with {len(images) - num_defective} normal and {num_defective} defective others, no test "
        "image among them."
    )
    monitor.begin(f"{len(search.trials)} of {job.num_trials} trials are done.")
    _keep_trials(job.folder, search.trials, monitor)
    for trial in search.run(images, num_trials=job.num_trials, device=job.device, monitor=monitor):
        on_trial(trial)
        _keep_trials(job.folder, search.trials, monitor)
    best = search.best
    chosen = {key: text for key, text in best.settings.items() if key not in job.trial_settings}
    return Tuning(tuple(search.trials), best, chosen)


def _divide(source: Dataset, job: TuningJob, monitor: Monitor) -> TuningSplit:
    """Return the training images of a dataset of one category, divided for trials."""
    folder, labels = job.product(source), job.labels
    check_trainable([sample for sample in source.samples if sample.split is Split.TRAIN])
    reading, sentences = settle_reading(folder, source.samples, is_kept=False)
    for sentence in sentences:
        monitor.say(sentence)
    source = replace(source, samples=tuple(read_by(source.samples, reading)))
    samples = _split_samples(source, folder, labels, seed=job.seed)
    return divide_training(
        samples,
        seed=job.seed,
        with_labelled=labels is not None,
        keeps_labels=job.learns_labels,
    )


def _split_samples(
    source: Dataset, folder: Path, labels: Labels | None, *, seed: int
) -> list[Sample]:
    """Return the samples with their split, which is only written where labels leave the test."""
    samples = source.samples
    out = None if source.excluded is None else [sample.id for sample in source.excluded]
    if labels is None:
        return apply_split(samples, find_split(folder, samples, seed=seed, excluded=out))
    plan = open_split(folder, samples, seed=seed, labels=labels, excluded=out)
    save_split(folder, plan)
    return apply_split(samples, plan, labels=labels)


def _keep_trials(folder: Path, trials: Sequence[Trial], monitor: Monitor) -> None:
    """Replace the plot and the table of all trials, if there are any."""
    from detectors.search.plot import draw_trials  # slow to import

    if not trials:
        return
    with monitor.tolerate_locked_files():
        write_whole(folder / PLOT, draw_trials(trials))
    with monitor.tolerate_locked_files():
        write_csv(
            folder / TABLE,
            [
                {"trial": one.number, **one.metrics, "seconds": one.seconds, **one.settings}
                for one in trials
            ],
        )
