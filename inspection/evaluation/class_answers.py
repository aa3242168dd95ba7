"""The classes that a classifier gave to test images, kept beside its weights, and a baseline's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inspection.errors import CheckpointError, EvaluationError
from inspection.evaluation.classes import ClassReport, NamedImage, judge_named, name_scored
from inspection.evaluation.evaluate import SeenImages
from inspection.evaluation.files import FORMAT, encode, evaluate_again, read_identity, read_record
from inspection.evaluation.records import Checkpoint, EvaluationReport, LeftOut
from inspection.files import write_json
from inspection.paths import name_checkpoint, quote_path
from inspection.products.checkpoint_folders import CARD, read_card, read_seen

CLASSES = "classes.json"
"""Answers of a classifier whose dataset has no good parts, so that it has no evaluation.json."""
BASELINE = "baseline.json"
"""Answers of another classifier to the same images."""


@dataclass(frozen=True, slots=True)
class ClassAnswers:
    """What one classifier took test images for that it has not seen."""

    checkpoint: Checkpoint
    backbone: str
    images: tuple[NamedImage, ...]

    @property
    def title(self) -> str:
        return self.backbone or self.checkpoint.detector

    def judge(self) -> ClassReport:
        return judge_named(self.images)

    def answers_the_same(self, other: "ClassAnswers") -> bool:
        """Tell whether both are about the same images and the same true classes."""
        asked, also = (
            [(image.id, image.pixel_hash, image.truth) for image in one.images]
            for one in (self, other)
        )
        return asked == also


def make_answers(folder: Path, images: Sequence[NamedImage]) -> ClassAnswers:
    """Return answers of the classifier in a checkpoint folder.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    settings = read_card(folder).get("settings", {})
    return ClassAnswers(read_identity(folder), str(settings.get("backbone", "")), tuple(images))


def read_answers(folder: Path, report: EvaluationReport) -> ClassAnswers | None:
    """Return the answers that an evaluation of a checkpoint holds; None if it names no classes."""
    images = name_scored(report.images)
    return make_answers(folder, images) if images else None


def save_answers(path: Path, answers: ClassAnswers) -> None:
    """Write answers as a whole."""
    write_json(path, {"format": FORMAT, **encode(answers)})


def load_answers(folder: Path) -> ClassAnswers:
    """Read the answers of a classifier whose dataset has no good parts.

    Raises:
        EvaluationError: missing, damaged, of another version, or of other weights.
        CheckpointError: the checkpoint itself is missing or damaged.
    """
    answers = _load(folder / CLASSES, evaluate_again(folder))
    if answers.checkpoint != read_identity(folder):
        raise EvaluationError(
            f"{folder / CLASSES} is about other weights than those beside it.",
            evaluate_again(folder),
        )
    return answers


def load_baseline(folder: Path, own: ClassAnswers) -> ClassAnswers | None:
    """Read the answers of the baseline beside those of a checkpoint; None if there are none.

    Raises:
        EvaluationError: damaged, of another version, or about other images.
    """
    path = folder / BASELINE
    if not path.is_file():
        return None
    remedy = "Run `python cli.py evaluate` with `--baseline DIR` again."
    baseline = _load(path, remedy)
    if not baseline.answers_the_same(own):
        raise EvaluationError(f"{path} is about other images than the evaluation.", remedy)
    return baseline


def check_baseline(own: ClassAnswers, own_folder: Path, folder: Path) -> None:
    """Refuse a baseline that cannot be compared.

    Args:
        own: answers that it is to be compared with.
        own_folder: checkpoint that gave them.
        folder: checkpoint of the baseline.

    Raises:
        EvaluationError: it tells other classes apart, or has seen one of the images.
        CheckpointError: it is missing or damaged.
    """
    if not (folder / CARD).is_file():
        raise CheckpointError(
            f"There is no baseline in {folder}.",
            "Train it into that folder: `python cli.py train --data DIR "
            f"{name_checkpoint(folder)} --backbone small-cnn "
            f"--checkpoints {quote_path(folder.parents[2])}`.",
        )
    if set(_classes(folder)) != set(_classes(own_folder)):
        raise EvaluationError(
            f"The baseline in {folder} tells other classes apart "
            f"({', '.join(_classes(folder)) or 'none'}).",
            "Train it on the same data with the same --classes.",
        )
    seen = find_seen(folder, own.images)
    if seen:
        raise EvaluationError(
            f"The baseline in {folder} has seen {len(seen)} of the {len(own.images)} test images, "
            f"such as {seen[0].id}.",
            "Train it with the same split: the same data, --seed and --labelled-defects.",
        )


def count_differences(first: ClassAnswers, second: ClassAnswers) -> tuple[int, int]:
    """Return on how many images only the first, and only the second, is right."""
    right = [
        (one.predicted == one.truth, other.predicted == other.truth)
        for one, other in zip(first.images, second.images, strict=True)
    ]
    return right.count((True, False)), right.count((False, True))


def find_seen(folder: Path, images: Sequence[NamedImage]) -> list[LeftOut]:
    """Return the images that the detector in a checkpoint folder has learned from."""
    seen = SeenImages({folder.name: read_seen(folder)})
    found = (seen.find(image.id, image.pixel_hash) for image in images)
    return [one for one in found if one is not None]


def _classes(folder: Path) -> list[str]:
    return [str(name) for name in read_card(folder).get("state", {}).get("classes", [])]


def _load(path: Path, remedy: str) -> ClassAnswers:
    answers = read_record(path, ClassAnswers, remedy=remedy)
    if not answers.images:
        raise EvaluationError(f"{path} names no image.", remedy)
    return answers
