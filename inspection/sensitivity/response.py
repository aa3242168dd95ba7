"""One picture under several stresses at once, and what every detector makes of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from inspection.detector import Channel
from inspection.findings import Inspection
from inspection.names import join_names
from inspection.sensitivity.answering import BATCH, inspect_images, read_answers
from inspection.sensitivity.records import Answer
from inspection.sensitivity.stress import STRESSES, Stress, find_stress
from inspection.types import Mask, RGBImage

Point: TypeAlias = tuple[tuple[str, float], ...]
"""Stress and level, of those that are not neutral, in the order of `STRESSES`."""


@dataclass(frozen=True, slots=True, eq=False)
class StressedLook:
    """What the detectors make of a picture at one point."""

    point: Point
    image: RGBImage = field(repr=False)
    inspection: Inspection
    answers: Mapping[str, Answer]


def make_point(levels: Mapping[str, float]) -> Point:
    """Return the point of some levels.

    Raises:
        SettingsError: a stress is unknown, or its level out of range.
    """
    for name, level in levels.items():
        find_stress(name).check(level)
    return tuple(
        (one.name, float(levels[one.name]))
        for one in STRESSES.values()
        if levels.get(one.name, one.neutral) != one.neutral
    )


def list_range(point: Point, stress: Stress) -> list[Point]:
    """Return the points over the range of one stress, all others as they are."""
    return [make_point({**dict(point), stress.name: level}) for level in stress.levels]


def apply_point(
    image: RGBImage, mask: Mask, point: Point, *, seed: int = 0
) -> tuple[RGBImage, Mask]:
    """Return an image and its mask under all stresses of a point, in the order of their making.

    The part is moved and covered before light falls on it and a camera sees it.
    """
    ordered = sorted(point, key=lambda one: STRESSES[one[0]].move is None)
    for name, level in ordered:
        stress = STRESSES[name]
        image = stress.apply(image, level, seed=seed)
        mask = stress.apply_to_mask(mask, level, seed=seed)
    return image, mask


def look_stressed(
    channels: Mapping[str, Channel],
    image: RGBImage,
    mask: Mask,
    points: Sequence[Point],
    *,
    false_alarm_rate: float,
    seed: int = 0,
) -> Iterator[list[StressedLook]]:
    """Yield what every detector, and all together, make of an image at each point, by batches.

    Args:
        channels: by name; those that give no verdict give no answer.
        image: of any size.
        mask: what is defective in it; it moves with the picture.
        points: to look at.
        false_alarm_rate: behind all verdicts.
        seed: of directions, noise and dust.

    Raises:
        CalibrationError: the rate is below what a calibration supports.
    """
    for start in range(0, len(points), BATCH):
        batch = points[start : start + BATCH]
        changed = [apply_point(image, mask, point, seed=seed) for point in batch]
        found = inspect_images(
            channels, [one for one, _ in changed], false_alarm_rate=false_alarm_rate
        )
        yield [
            StressedLook(point, one, judged, read_answers(judged, moved))
            for point, (one, moved), judged in zip(batch, changed, found, strict=True)
        ]


def describe_response(
    stress: Stress, curve: Mapping[float, Mapping[str, Answer]], titles: Mapping[str, str]
) -> str:
    """Say at which levels the verdict of each detector turns into another than at the neutral one.

    Args:
        stress: whose range it is.
        curve: the answers of each detector by level, the neutral one among them.
        titles: of the detectors.
    """
    before = curve[stress.neutral]
    kept: list[str] = []
    said: list[str] = []
    for name, usual in before.items():
        turned = [one for one in sorted(curve) if curve[one][name].is_flagged != usual.is_flagged]
        below = [level for level in turned if level < stress.neutral][-1:]
        above = [level for level in turned if level > stress.neutral][:1]
        places = " and ".join(stress.write(level) for level in below + above)
        if not places:
            kept.append(titles[name])
        else:
            doing = "no longer flags it" if usual.is_flagged else "flags it"
            said.append(f"{titles[name]} {doing} at {places}")
    if kept:
        names = join_names(kept)
        said.append(f"{names} {'keeps its' if len(kept) == 1 else 'keep their'} verdict throughout")
    return f"{'; '.join(said)}."
