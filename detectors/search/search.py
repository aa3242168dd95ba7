"""Hyperparameter search for a detector, on images of the training part only; kept and resumable.

Optuna (an optional extra) proposes settings; every trial is stored in an SQLite file.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detectors import create_detector, find_entry, parse_settings
from detectors.search.objective import TuningSplit, ValidationImage, measure_objective
from detectors.search.space import Categorical, FloatRange
from detectors.sizes import fit_sides, fit_size
from detectors.training import watch_epochs
from inspection.detector import Detector
from inspection.errors import (
    BREAKDOWNS,
    EvaluationError,
    InspectionError,
    SettingsError,
    explain,
)
from inspection.products.input_size import write_size
from inspection.progress import Monitor
from inspection.types import Size

if TYPE_CHECKING:
    import optuna

STUDY = "study.db"
METRICS = "figures"  # attribute of a trial that came to an end
PROBLEM = "problem"  # attribute of a trial whose settings do not work


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings that were tried, as on the command line, and what came of them."""

    number: int
    settings: Mapping[str, str]
    metrics: Mapping[str, float]
    seconds: float

    @property
    def objective(self) -> float:
        return self.metrics["objective"]


class Search:
    """A study of one detector's settings in a folder of its own.

    Args:
        folder: made if need be.
        name: of the detector.
        split: the samples to learn from and to measure with.
        fixed: settings that are not searched, as on the command line.
        size: input size of the product.
        seed: of the proposals, and of every training.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        split: TuningSplit,
        *,
        fixed: Mapping[str, str],
        size: Size,
        seed: int,
    ) -> None:
        entry = find_entry(name)
        space = fit_sides(entry, size)
        self.name = name
        self.seed = seed
        self._usual = {"input_size": fit_size(entry, size)}
        self.fixed = dict(fixed)
        self.space = {key: values for key, values in space.items() if key not in fixed}
        if not self.space:
            raise SettingsError(
                f"There is no setting of {name} left to search.",
                "Leave one out of --set, or train it as it is.",
            )
        self._learned = split.learned
        self._study = self._open(folder, self._identify(split))

    def run(
        self,
        images: Sequence[ValidationImage],
        *,
        num_trials: int,
        device: str | None,
        monitor: Monitor,
    ) -> Iterator[Trial]:
        """Try settings until so many were tried in all, and yield every trial that came to an end.

        Earlier trials and those whose settings do not work count; the monitor is warned of these.

        Raises:
            SettingsError: a fixed setting does not suit the detector.
            StoppedError: the monitor has stopped it.
        """
        self._create(self.fixed, device, monitor)
        while (number := len(self.trials) + self.num_failed) < num_trials:
            monitor.check()
            title = f"trial {number + 1} of {num_trials}"
            trial = self._study.ask()
            settings = {**self.fixed, **self._propose(trial)}
            trial.set_user_attr("settings", settings)
            start = time.perf_counter()
            try:
                detector = self._create(settings, device, monitor)
                metrics = self._measure(detector, images, title, monitor)
            except (InspectionError, *BREAKDOWNS) as error:
                self._give_up(trial, reason := str(explain(error)))
                monitor.warn(f"{title} failed: {reason}")
                continue
            trial.set_user_attr(METRICS, metrics)
            trial.set_user_attr("seconds", round(time.perf_counter() - start, 2))
            self._study.tell(trial, metrics["objective"])
            yield self.trials[-1]

    def _measure(
        self, detector: Detector, images: Sequence[ValidationImage], title: str, monitor: Monitor
    ) -> dict[str, float]:
        from detectors.devices import memory_bounded_on_cpu  # imports PyTorch

        with memory_bounded_on_cpu():
            detector.fit(self._learned)
            with monitor.step(title) as progress:
                return measure_objective(detector, images, progress=progress)

    def _create(
        self, settings: Mapping[str, str], device: str | None, monitor: Monitor
    ) -> Detector:
        chosen = {"seed": self.seed, **self._usual, **parse_settings(self.name, settings)}
        return create_detector(
            self.name, device=device, progress=watch_epochs(self.name, monitor), **chosen
        )

    def _give_up(self, trial: "optuna.Trial", problem: str) -> None:
        """Mark a trial whose settings do not work, so that nothing tries them again."""
        trial.set_user_attr(PROBLEM, problem)
        self._study.tell(trial, state=import_optuna().trial.TrialState.FAIL)

    @property
    def num_failed(self) -> int:
        """Count the trials whose settings did not work; interrupted ones are none of them."""
        return sum(PROBLEM in trial.user_attrs for trial in self._study.trials)

    @property
    def trials(self) -> list[Trial]:
        """The trials that came to an end, in their order."""
        return [
            Trial(
                number,
                trial.user_attrs["settings"],
                trial.user_attrs[METRICS],
                trial.user_attrs["seconds"],
            )
            for number, trial in enumerate(
                trial for trial in self._study.trials if trial.state.name == "COMPLETE"
            )
        ]

    @property
    def best(self) -> Trial:
        """The trial with the highest objective; of equal ones the first.

        Raises:
            EvaluationError: no trial came to an end.
        """
        if not self.trials:
            raise EvaluationError(
                "No trial came to an end.", "The reasons are above. Fix them, or raise --trials."
            )
        return max(self.trials, key=lambda trial: (trial.objective, -trial.number))

    def _open(self, folder: Path, identity: str) -> "optuna.Study":
        library = import_optuna()
        folder.mkdir(parents=True, exist_ok=True)
        study: optuna.Study = library.create_study(
            storage=f"sqlite:///{(folder / STUDY).resolve().as_posix()}",
            study_name=self.name,
            direction="maximize",
            load_if_exists=True,
        )
        if study.user_attrs.setdefault("identity", identity) != identity:
            raise SettingsError(
                f"{folder / STUDY} is about other images, settings or another seed.",
                "Choose another folder with --out, or delete it.",
            )
        study.set_user_attr("identity", identity)
        for trial in study.get_trials(deepcopy=False):
            if trial.state is library.trial.TrialState.RUNNING:  # an interruption left it
                study.tell(trial.number, state=library.trial.TrialState.FAIL)
                study.enqueue_trial(trial.params, skip_if_exists=False)
        # a resumed search must not propose what the first one began with
        study.sampler = library.samplers.TPESampler(seed=self.seed + len(study.trials))
        if not study.trials:
            study.enqueue_trial(self._defaults())
        return study

    def _identify(self, split: TuningSplit) -> str:
        """Name everything that makes the metrics of two trials comparable."""
        parts = (split.learned, split.normal, split.defective)
        ids = [[sample.id for sample in part] for part in parts]
        space = sorted((key, str(values)) for key, values in self.space.items())
        text = json.dumps([self.name, ids, sorted(self.fixed.items()), self.seed, space])
        return hashlib.sha256(text.encode()).hexdigest()

    def _propose(self, trial: "optuna.Trial") -> dict[str, str]:
        proposed = {}
        for key, values in self.space.items():
            if isinstance(values, Categorical):
                proposed[key] = str(trial.suggest_categorical(key, values.values))
                continue
            number = trial.suggest_float(
                key, values.least, values.most, step=values.step, log=values.step is None
            )
            proposed[key] = f"{number:.4g}"
        return proposed

    def _defaults(self) -> dict[str, Any]:
        """Return the detector's own settings, as far as they lie in the space: the first trial."""
        own = create_detector(self.name, **self._usual).settings
        defaults: dict[str, Any] = {}
        for key, values in self.space.items():
            value = getattr(own, key)
            if isinstance(values, FloatRange):
                if value is not None and values.least <= value <= values.most:
                    defaults[key] = float(value)
            elif (text := _write(key, value)) in values.values:
                defaults[key] = text
        return defaults


def import_optuna() -> Any:
    """Return Optuna, quiet.

    Raises:
        SettingsError: it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise SettingsError(
            "Optuna, which proposes the settings, is not installed.",
            "Run `python -m pip install -r requirements-tune.txt`.",
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _write(key: str, value: Any) -> str:
    """Return a setting as on the command line."""
    if key == "input_size":
        return write_size(value)
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
