"""Test images that a detector is wrong about, or that detectors disagree about."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eda.results.shown import Shown
from inspection.calibration import TINY, relative_score
from inspection.evaluation.records import EvaluationReport, ScoredImage


@dataclass(frozen=True, slots=True)
class Mistake:
    """A test image that a detector was wrong about, or that detectors disagree about.

    Attributes:
        relative_score: image score / threshold, of the detector in question; of disagreeing ones
            the highest.
        flagged_by: titles.
    """

    id: str
    relative_score: float
    flagged_by: tuple[str, ...] = ()


def relative_scores(report: EvaluationReport) -> NDArray[np.float64]:
    """Return image score / deployed threshold of every image; above 1 is flagged."""
    scores = [relative_score(image.image_score, report.threshold) for image in report.images]
    return np.array(scores, np.float64)


def find_misses(report: EvaluationReport) -> list[Mistake]:
    """Return the defective images that were not flagged, the least noticed first."""
    return sorted(
        _list_images(report, lambda image: image.is_anomalous and not report.is_flagged(image)),
        key=lambda one: one.relative_score,
    )


def find_false_alarms(report: EvaluationReport) -> list[Mistake]:
    """Return the normal images that were flagged, the most certain first."""
    return sorted(
        _list_images(report, lambda image: not image.is_anomalous and report.is_flagged(image)),
        key=lambda one: -one.relative_score,
    )


def find_disagreements(shown: Sequence[Shown]) -> list[Mistake]:
    """Return the images that some detectors flag and others do not, the widest apart first."""
    votes = _collect([one for one in shown if not one.is_joint])
    mixed = {
        name: found
        for name, found in votes.items()
        if min(found.values()) <= 1 < max(found.values())
    }
    order = sorted(mixed, key=lambda name: -_gap(mixed[name].values()))
    return [_describe_votes(name, mixed[name]) for name in order]


def find_common_misses(shown: Sequence[Shown]) -> list[Mistake]:
    """Return the defective images that no detector flags, the least noticed first."""
    bad = {image.id for one in shown for image in one.report.images if image.is_anomalous}
    found = [
        _describe_votes(name, votes)
        for name, votes in _collect(shown).items()
        if name in bad and max(votes.values()) <= 1
    ]
    return sorted(found, key=lambda one: one.relative_score)


def _list_images(
    report: EvaluationReport, is_wanted: Callable[[ScoredImage], bool]
) -> list[Mistake]:
    return [
        Mistake(image.id, float(relative))
        for image, relative in zip(report.images, relative_scores(report), strict=True)
        if is_wanted(image)
    ]


def _collect(shown: Sequence[Shown]) -> dict[str, dict[str, float]]:
    """Return id -> title -> score / threshold, of the images that every detector predicted."""
    columns = {
        one.title: {
            image.id: float(relative)
            for image, relative in zip(one.report.images, relative_scores(one.report), strict=True)
        }
        for one in shown
    }
    common = set.intersection(*(set(column) for column in columns.values())) if columns else set()
    order = [image.id for image in shown[0].report.images] if shown else []
    return {
        name: {title: column[name] for title, column in columns.items()}
        for name in order
        if name in common
    }


def _gap(values: Iterable[float]) -> float:
    relative = np.maximum(list(values), TINY)
    return float(np.log(relative.max() / relative.min()))


def _describe_votes(name: str, votes: Mapping[str, float]) -> Mistake:
    flagged = tuple(title for title, relative in votes.items() if relative > 1)
    return Mistake(name, max(votes.values()), flagged)
