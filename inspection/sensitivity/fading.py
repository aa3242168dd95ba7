"""A real defect, healed and blended back: how faint and how small each detector sees it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from inspection.detector import Channel
from inspection.errors import SettingsError
from inspection.findings import Inspection
from inspection.names import join_names
from inspection.sensitivity.answering import inspect_images, read_answers
from inspection.sensitivity.healing import fade, heal, shrink
from inspection.sensitivity.records import Answer
from inspection.types import Mask, RGBImage

Point = tuple[float, float]
"""Strength and scale of a defect, 0-1 each; (1.0, 1.0) is the image as it is."""

STRENGTHS: tuple[Point, ...] = tuple((step / 10, 1.0) for step in range(11))
SCALES: tuple[Point, ...] = tuple((1.0, step / 10) for step in range(1, 11))
ENDS: tuple[Point, ...] = ((1.0, 1.0), (0.0, 1.0))
HALVINGS = 2
"""How often the step in which a detector loses the defect is halved."""
BATCH = 4
DIGITS = 3
"""Of strength and scale: nobody sees finer steps."""

SEES = "still sees"
NEEDS = "needs"
UNSEEN_ONE = "{names} does not see it at full strength."
UNSEEN_MANY = "{names} do not see it at full strength."
UNSEEN_ALL = "No detector sees this {kind}, even at full strength."
TRACE = (
    "{names} {verb} the healed image too, at 0 %: healing left a trace, or something else is odd. "
    "What is said of {these} is worth little."
)
UNSTEADY = "{names} {verb} not steady: between faint and strong the verdict changes more than once."


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """An image with its defect at some strength and scale, and what the detectors make of it.

    Attributes:
        mask: where the defect is at that scale, (H, W).
    """

    point: Point
    image: RGBImage = field(repr=False)
    mask: Mask = field(repr=False)
    inspection: Inspection = field(repr=False)
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True, eq=False)
class Fading:
    """An image, its defect, and the image without it."""

    image: RGBImage = field(repr=False)
    mask: Mask = field(repr=False)
    healed: RGBImage = field(repr=False)

    @classmethod
    def of(cls, image: RGBImage, mask: Mask, normals: Sequence[RGBImage] = ()) -> "Fading":
        """Heal a defect, from its surroundings or from normal images.

        Raises:
            MaskError: nothing is marked, or so much that there is nothing to heal it from.
        """
        return cls(image, mask, heal(image, mask, normals=normals))

    def draw(self, point: Point) -> tuple[RGBImage, Mask]:
        """Return the image with its defect at a strength and a scale, and where the defect is."""
        strength, scale = point
        shrunk, mask = shrink(self.healed, self.image, self.mask, scale)
        return fade(self.healed, shrunk, strength), mask

    def look(
        self, points: Sequence[Point], channels: Mapping[str, Channel], *, false_alarm_rate: float
    ) -> Iterator[list[Look]]:
        """Yield what the detectors make of the defect at each point, a batch at a time."""
        for start in range(0, len(points), BATCH):
            batch = points[start : start + BATCH]
            drawn = [self.draw(point) for point in batch]
            images = [image for image, _ in drawn]
            found = inspect_images(channels, images, false_alarm_rate=false_alarm_rate)
            yield [
                Look(point, image, mask, inspection, read_answers(inspection, mask))
                for point, (image, mask), inspection in zip(batch, drawn, found, strict=True)
            ]


@dataclass(frozen=True, slots=True)
class Limit:
    """From where on a detector sees a defect.

    Attributes:
        value: strength or scale from which on it flags all that was tried; None if not at 1.0.
        is_trace: whether it flags the lowest that was tried.
        is_steady: whether its verdict changes once at most.
    """

    value: float | None
    is_trace: bool
    is_steady: bool


def find_limit(values: Sequence[float], relative: Sequence[float]) -> Limit:
    """Return where score / threshold exceeds 1.0 for good, between what was tried.

    Args:
        values: strengths or scales, (n,).
        relative: score / threshold at each.

    Raises:
        SettingsError: something is not finite, or nothing was tried.
    """
    order = np.argsort(values)
    at, scores = np.asarray(values, float)[order], np.asarray(relative, float)[order]
    if at.size == 0 or not (np.isfinite(at).all() and np.isfinite(scores).all()):
        raise SettingsError("A score is missing or not a number.", "Inspect the image again.")
    is_seen = scores > 1
    is_steady = int(np.abs(np.diff(is_seen.astype(int))).sum()) <= 1
    if not is_seen[-1]:
        return Limit(None, bool(is_seen[0]), is_steady)
    if is_seen.all():
        return Limit(float(at[0]), True, True)
    below = int(np.flatnonzero(~is_seen)[-1])
    share = (1 - scores[below]) / (scores[below + 1] - scores[below])
    value = at[below] + share * (at[below + 1] - at[below])
    return Limit(float(value), bool(is_seen[0]), is_steady)


def choose_between(points: Sequence[Point], answers: Sequence[Mapping[str, Answer]]) -> list[Point]:
    """Return the points half-way where a detector begins to see, along what was tried.

    Args:
        points: along one axis; the other stays.
        answers: at each.
    """
    order = sorted(range(len(points)), key=lambda place: points[place])
    middles: set[Point] = set()
    for low, high in pairwise(order):
        changes = any(
            answers[low][name].is_flagged != answers[high][name].is_flagged for name in answers[low]
        )
        if changes:
            (a, b), (c, d) = points[low], points[high]
            middles.add((round((a + c) / 2, DIGITS), round((b + d) / 2, DIGITS)))
    return sorted(middles)


def describe_limits(limits: Mapping[str, Limit], titles: Mapping[str, str], kind: str) -> str:
    """Say from which share of a defect on each detector sees it.

    Args:
        limits: by detector.
        titles: what detectors are called.
        kind: of the defect, in words.
    """
    clean = {name: one for name, one in limits.items() if not one.is_trace}
    seen = {name: one.value for name, one in clean.items() if one.value is not None}
    ranked = sorted(seen, key=lambda name: (seen[name], name))
    said = [_describe_share(titles[name], seen[name], kind, name == ranked[0]) for name in ranked]
    sentences = [f"{', '.join(said)}."] if said else []
    unseen = [titles[name] for name, one in limits.items() if one.value is None]
    if unseen and len(unseen) == len(limits):
        sentences.append(UNSEEN_ALL.format(kind=kind))
    elif unseen:
        form = UNSEEN_ONE if len(unseen) == 1 else UNSEEN_MANY
        sentences.append(form.format(names=join_names(unseen)))
    return " ".join(sentences)


def describe_doubts(limits: Mapping[str, Limit], titles: Mapping[str, str]) -> str:
    """Say of which detectors the limits are worth little, and why; empty if of none."""
    traced = [titles[name] for name, one in limits.items() if one.is_trace]
    unsteady = [titles[name] for name, one in limits.items() if not one.is_steady]
    sentences = []
    if traced:
        verb, these = ("flags", "it") if len(traced) == 1 else ("flag", "them")
        sentences.append(TRACE.format(names=join_names(traced), verb=verb, these=these))
    if unsteady:
        verb = "is" if len(unsteady) == 1 else "are"
        sentences.append(UNSTEADY.format(names=join_names(unsteady), verb=verb))
    return " ".join(sentences)


def _describe_share(title: str, value: float, kind: str, is_first: bool) -> str:
    percent = f"{100 * value:.0f} %"
    if is_first:
        return f"{title} {SEES} {percent} of this {kind}"
    return f"{title} {NEEDS} {percent}"
