"""What a classifier took test images for, kept beside its weights; and what a baseline did."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inspection.errors import CheckpointError, EvaluationError
from inspection.evaluation.classes import (
    ClassifiedImage,
    ClassReport,
    classify_scored,
    judge_images,
)
from inspection.evaluation.evaluate import SeenImages
from inspection.evaluation.files import evaluate_again, load_record, read_identity, read_record
from inspection.evaluation.records import Checkpoint, EvaluationReport, LeftOut
from inspection.paths import name_checkpoint, quote_path
from inspection.products.checkpoint_folders import read_card, read_seen
from inspection.products.manifest import CARD

CLASSES = "classes.json"
"""Of a classifier whose dataset has no good parts, so that it has no evaluation.json."""
BASELINE = "baseline.json"
"""Of another classifier, about the same images."""


@dataclass(frozen=True, slots=True)
class Classification:
    """What one classifier took test images for that it has not seen."""

    checkpoint: Checkpoint
    backbone: str
    images: tuple[ClassifiedImage, ...]

    @property
    def title(self) -> str:
        return self.backbone or self.checkpoint.detector

    def judge(self) -> ClassReport:
        return judge_images(self.images)

    def is_about_the_same(self, other: "Classification") -> bool:
        """Return whether both are about the same images and the same true classes."""
        mine, others = (
            [(image.id, image.pixel_hash, image.truth) for image in one.images]
            for one in (self, other)
        )
        return mine == others


def make_classification(folder: Path, images: Sequence[ClassifiedImage]) -> Classification:
    """Return what the classifier in a checkpoint folder took images for.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    settings = read_card(folder).get("settings", {})
    return Classification(read_identity(folder), str(settings.get("backbone", "")), tuple(images))


def find_classification(folder: Path, report: EvaluationReport) -> Classification | None:
    """Return the classification that an evaluation of a checkpoint holds; None if it holds none."""
    images = classify_scored(report.images)
    return make_classification(folder, images) if images else None


def load_classification(folder: Path) -> Classification:
    """Read the classification by a classifier whose dataset has no good parts.

    Raises:
        EvaluationError: missing, damaged, of another version, or of other weights or thresholds.
        CheckpointError: the checkpoint itself is missing or damaged.
    """
    return _refuse_empty(load_record(folder / CLASSES, Classification), folder / CLASSES)


def load_baseline(folder: Path, own: Classification) -> Classification | None:
    """Read the baseline's classification beside that of a checkpoint; None if there is none.

    Raises:
        EvaluationError: damaged, of another version, or about other images.
    """
    path = folder / BASELINE
    if not path.is_file():
        return None
    remedy = "Run `python cli.py evaluate` with `--baseline DIR` again."
    baseline = _refuse_empty(read_record(path, Classification, remedy=remedy), path)
    if not baseline.is_about_the_same(own):
        raise EvaluationError(f"{path} is about other images than the evaluation.", remedy)
    return baseline


def check_baseline(own: Classification, own_folder: Path, folder: Path) -> None:
    """Refuse a baseline that cannot be compared.

    Args:
        own: what it is to be compared with.
        own_folder: checkpoint that made it.
        folder: checkpoint of the baseline.

    Raises:
        EvaluationError: it has other classes, or has seen one of the images.
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
            f"The baseline in {folder} has other classes "
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


def count_differences(first: Classification, second: Classification) -> tuple[int, int]:
    """Return on how many images only the first, and only the second, is right."""
    right = [
        (one.predicted == one.truth, other.predicted == other.truth)
        for one, other in zip(first.images, second.images, strict=True)
    ]
    return right.count((True, False)), right.count((False, True))


def find_seen(folder: Path, images: Sequence[ClassifiedImage]) -> list[LeftOut]:
    """Return the images that the detector in a checkpoint folder has learned from."""
    seen = SeenImages({folder.name: read_seen(folder)})
    found = (seen.find(image.id, image.pixel_hash) for image in images)
    return [one for one in found if one is not None]


def _classes(folder: Path) -> list[str]:
    return [str(name) for name in read_card(folder).get("state", {}).get("classes", [])]


def _refuse_empty(found: Classification, path: Path) -> Classification:
    if not found.images:
        raise EvaluationError(f"{path} names no image.", evaluate_again(path.parent))
    return found
