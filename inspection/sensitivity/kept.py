"""Studies on disk: `sensitivity.json` beside the detectors of a product, with every trial."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from inspection.errors import EvaluationError
from inspection.evaluation.files import encode, read_identity, read_record
from inspection.evaluation.records import Checkpoint
from inspection.files import write_sealed
from inspection.joint import JOINT
from inspection.paths import quote
from inspection.products.product import Product
from inspection.sensitivity.fitting import fit_trials, name_detectors
from inspection.sensitivity.pod import say_limit
from inspection.sensitivity.records import RealDefect, Trial
from inspection.sensitivity.study import StudyOptions
from inspection.types import Size

STUDY = "sensitivity.json"


@dataclass(frozen=True, slots=True)
class Study:
    """Drawn defects on good images of a product, and which detector found them.

    Attributes:
        checkpoints: the detectors that answered.
        false_alarm_rate: behind all verdicts.
        options: what was, or is to be, drawn.
        images: ids of those that were drawn on.
        left_out: ids of good images that a detector flags before anything is drawn.
        size: (height, width) of the first image.
        digest: names the images, the detectors and whatever else all trials depend on.
        created: ISO 8601, UTC.
        notes: sentences that a reader has to know.
        defects: id of a test image with a mask -> its longest defect, where they were measured.
        trials: those that are there, in order; fewer than wanted where the study was stopped.
    """

    dataset: str
    category: str
    checkpoints: tuple[Checkpoint, ...]
    false_alarm_rate: float
    options: StudyOptions
    images: tuple[str, ...]
    left_out: tuple[str, ...]
    size: Size
    digest: str
    command: str
    created: str
    notes: tuple[str, ...] = ()
    defects: Mapping[str, RealDefect] = field(default_factory=dict, repr=False)
    trials: tuple[Trial, ...] = field(default=(), repr=False)

    @property
    def is_whole(self) -> bool:
        return len(self.trials) >= self.options.total

    @property
    def reference(self) -> float:
        """The contrast at which detectors are compared in one line: the middle one, or above."""
        return sorted(self.options.contrasts)[len(self.options.contrasts) // 2]

    def pick(self, kind: str, contrast: float | None = None) -> list[Trial]:
        """Return the trials of a kind, at one contrast or at all."""
        return [
            one
            for one in self.trials
            if one.kind == kind and (contrast is None or one.contrast == contrast)
        ]


def save_study(product: Product, study: Study) -> None:
    """Keep a study beside the detectors of its product.

    Raises:
        OSError: the folder cannot be written.
    """
    write_sealed(product.folder / STUDY, encode(study))


def load_study(product: Product) -> Study:
    """Read the study of a product.

    Raises:
        EvaluationError: there is none, it is damaged, or of other detectors than those there now.
        CheckpointError: one of the detectors is missing or damaged.
    """
    path = product.folder / STUDY
    remedy = f"Run `python cli.py sensitivity --data DIR --category {quote(product.category)}`."
    study = read_record(path, Study, remedy=remedy)
    for one in study.checkpoints:
        if one != read_identity(product.folder / one.detector):
            raise EvaluationError(f"{path} is about another {one.detector} than that now.", remedy)
    return study


def list_trials(trials: Sequence[Trial]) -> Iterator[dict[str, object]]:
    """Yield every trial as a row of a table: what was drawn, then who answered what."""
    for one in trials:
        row: dict[str, object] = {
            "image": one.source,
            "kind": one.kind,
            "size": one.size,
            "contrast": one.contrast,
            "angle": round(one.angle, 2),
            "row": one.row,
            "column": one.column,
            "seed": one.seed,
        }
        for name, answer in one.answers.items():
            row |= {f"{name}_{key}": value for key, value in encode(answer).items()}
        yield row


def list_limits(study: Study) -> Iterator[dict[str, object]]:
    """Yield a50, a90 and a90/95 of every kind, contrast and detector as rows of a table.

    What is not reached is empty, with the reason among the notes.
    """
    for kind in study.options.kinds:
        for contrast in study.options.contrasts:
            for name, fit in fit_trials(study.pick(kind, contrast)).items():
                yield {
                    "kind": kind,
                    "contrast": contrast,
                    "detector": name,
                    "trials": fit.num_trials,
                    "hits": fit.num_hits,
                    "a50": fit.a50,
                    "a90": fit.a90,
                    "a90_95": fit.a90_95,
                    "found_at_most": fit.ceiling,
                    "notes": " ".join(fit.notes),
                }


def describe_study(study: Study, titles: Mapping[str, str]) -> Iterator[str]:
    """Yield one sentence per kind: the smallest defect that each detector finds reliably.

    Args:
        study: with its trials.
        titles: of the detectors, by name; `JOINT` among them.
    """
    if not study.is_whole:
        num_done, wanted = len(study.trials), study.options.total
        yield f"The study was stopped after {num_done} of {wanted} trials."
    for kind in study.options.kinds:
        trials = study.pick(kind, study.reference)
        fits = fit_trials(trials)
        said = [f"{titles[name]} {say_limit(fit, fit.a90)}" for name, fit in fits.items()]
        if said:
            yield (
                f"Smallest {kind.replace('-', ' ')} found 90 % of the time, at "
                f"{study.reference:g} grey levels: {', '.join(said)}."
            )


def describe_real(trials: Sequence[Trial], titles: Mapping[str, str]) -> Iterator[str]:
    """Yield in one sentence, if there are any, the smallest real defect that each finds reliably.

    Args:
        trials: of real test defects.
        titles: of the detectors, by name; `JOINT` among them.
    """
    said = [f"{titles[name]} {say_limit(fit, fit.a90)}" for name, fit in fit_trials(trials).items()]
    if said:
        yield (
            f"Smallest of {len(trials)} real test defects found 90 % of the time: "
            f"{', '.join(said)}."
        )


def studied_names(study: Study) -> tuple[str, ...]:
    """Return who answered: detectors, and `JOINT` last where they have a joint verdict."""
    names = name_detectors(study.trials)
    return tuple(sorted(names, key=lambda name: name == JOINT))
