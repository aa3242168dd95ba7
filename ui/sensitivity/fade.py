"""The opening view: the real defect of an image, faded and shrunk, and who still sees it."""

import itertools
import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inspection.errors import DatasetError
from inspection.joint import JOINT
from inspection.overlay import stretch_flags
from inspection.sensitivity.answering import inspect_images
from inspection.sensitivity.fading import (
    DIGITS,
    ENDS,
    HALVINGS,
    SCALES,
    STRENGTHS,
    Fading,
    Limit,
    Look,
    Point,
    choose_between,
    describe_doubts,
    describe_limits,
    find_limit,
)
from inspection.sensitivity.records import Answer
from inspection.types import Mask, Size
from ui.parts.images import MAX_DISPLAY_SIDE, encode_mask
from ui.parts.updates import Payload, Updates
from ui.sensitivity import messages
from ui.sensitivity.frames import describe_scene, encode_frame, encode_picture, read_brush
from ui.sensitivity.scenes import Kept, Scene, Scenes

MOST_FRAMES = 150  # about 4 MB of each image
NUM_NORMALS = 4  # that a defect may be healed from
Sent = dict[str, Any]
"""What a visitor's page holds: the run, and the points of which it has the answer."""


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """A fading with everything that was tried of it by anybody.

    Attributes:
        answers: by point.
        frames: what the browser is sent, by point; of the first points alone, for memory.
    """

    key: Hashable
    fading: Fading = field(repr=False)
    area: str
    answers: dict[Point, Mapping[str, Answer]] = field(default_factory=dict, repr=False)
    frames: dict[Point, Payload] = field(default_factory=dict, repr=False)


class FadeView:
    """Answers what is asked of the opening view; what was tried once is kept for everybody."""

    def __init__(
        self, scenes: Scenes, titles: Mapping[str, str], next_run: Callable[[], int]
    ) -> None:
        self._scenes = scenes
        self._titles = titles
        self._next_run = next_run
        self._kept: Kept[Tried] = Kept()

    def show(self, scene: Scene, *, area: object, brushed: object, sent: Sent) -> Iterator[Updates]:
        """Yield the picture, the answers at its ends, then those of all strengths and sizes.

        Raises:
            InspectionError: no area is known, or it cannot be healed.
        """
        tried = self._open(scene, area, brushed)
        if sent.get("key") != tried.key:
            sent |= {"key": tried.key, "run": self._next_run(), "points": set(), "is_done": False}
            picture = _picture(tried.fading, sent["run"])
            yield {"fade": self._header(scene, tried, sent), "feed": ("fade-picture", picture)}
        if sent["is_done"]:
            return
        for point in ENDS:
            yield from self._send(scene, tried, [point], sent)
        for axis in (STRENGTHS, SCALES):
            yield from self._send_axis(scene, tried, axis, sent)
            yield {"fade": self._header(scene, tried, sent, is_done=axis is SCALES)}
        sent["is_done"] = True

    def look(
        self, scene: Scene, *, area: object, brushed: object, asked: object, sent: Sent
    ) -> list[Payload] | None:
        """Return the answer at a point of what is shown; None where something else is shown.

        Raises:
            InspectionError: no area is known, or it cannot be healed.
        """
        tried = self._open(scene, area, brushed)
        if sent.get("key") != tried.key:
            return None
        return list(itertools.chain(*self._look(scene, tried, [_read_point(asked)])))

    def _open(self, scene: Scene, area: object, brushed: object) -> Tried:
        chosen = _choose_area(scene, area, brushed)
        key = (scene.key, chosen, brushed if chosen == "brushed" else None)

        def begin() -> Tried:
            normals = self._scenes.read_normals(scene, NUM_NORMALS)
            fading = Fading.of(scene.image, _mark(scene, chosen, brushed), normals)
            return Tried(key, fading, chosen)

        return self._kept.get(key, begin)

    def _send_axis(
        self, scene: Scene, tried: Tried, axis: Sequence[Point], sent: Sent
    ) -> Iterator[Updates]:
        """Send an axis, from coarse to fine, and finer where a detector loses the defect."""
        yield from self._send(scene, tried, [*axis[::2], *axis[1::2]], sent)
        known = list(axis)
        for _ in range(HALVINGS):
            middles = choose_between(known, [tried.answers[point] for point in known])
            yield from self._send(scene, tried, middles, sent)
            known += middles

    def _send(
        self, scene: Scene, tried: Tried, points: Sequence[Point], sent: Sent
    ) -> Iterator[Updates]:
        """Send what the browser does not have of these points, a batch at a time."""
        lacking = [one for one in points if one not in sent["points"]]
        for frames in self._look(scene, tried, lacking):
            yield {"feed": ("fade-frames", {"run": sent["run"], "frames": frames})}
            # only what the page was sent in time
            sent["points"].update(tuple(frame["point"]) for frame in frames)

    def _look(self, scene: Scene, tried: Tried, points: Sequence[Point]) -> Iterator[list[Payload]]:
        """Yield the frames at these points: those that are kept, then a batch at a time."""
        known = dict(tried.frames)  # at once: other visitors add to them
        if held := [known[one] for one in points if one in known]:
            yield held
        new = [one for one in points if one not in known]
        for looks in tried.fading.look(new, scene.channels, false_alarm_rate=scene.rate):
            made = {look.point: _encode_look(tried.fading, look) for look in looks}
            tried.answers.update({look.point: look.answers for look in looks})
            if len(tried.frames) < MOST_FRAMES:
                tried.frames.update(made)
            yield list(made.values())

    def _header(self, scene: Scene, tried: Tried, sent: Sent, *, is_done: bool = False) -> Payload:
        limits = {
            "strength": _find_limits(tried, fixed=1),
            "scale": _find_limits(tried, fixed=0),
        }
        alone = {name: one for name, one in limits["strength"].items() if name != JOINT}
        faint = describe_limits(alone, self._titles, scene.kind)
        doubts = describe_doubts(limits["strength"], self._titles)
        sub = faint if limits["strength"] else messages.FADE_BUSY
        taken = messages.FLAGGED_NOTE if tried.area == "flagged" and scene.truth is None else ""
        return {
            **describe_scene(scene, sent["run"]),
            "state": "done" if is_done else "running",
            "title": messages.FADE_TITLE.format(kind=scene.kind),
            "sub": sub,
            "note": " ".join(filter(None, (doubts, taken, scene.note))),
            "area": tried.area,
            "limits": {axis: _encode_limits(found) for axis, found in limits.items()},
        }


def _choose_area(scene: Scene, area: object, brushed: object) -> str:
    """Return which area counts: the wanted one, or what is known best."""
    if area == "brushed":
        if not brushed:
            raise DatasetError(messages.NOT_BRUSHED, messages.NOT_BRUSHED_FIX)
        return "brushed"
    if area == "flagged" or scene.truth is None:
        return "flagged"
    return "truth"


def _mark(scene: Scene, area: str, brushed: object) -> Mask:
    size = (scene.image.shape[0], scene.image.shape[1])
    if area == "brushed":
        return read_brush(brushed, size)
    if area == "truth" and scene.truth is not None:
        return scene.truth
    return mark_flagged(scene, size)


def mark_flagged(scene: Scene, size: Size) -> Mask:
    """Return what any detector outlines, (H, W).

    Raises:
        DatasetError: no detector flags anything.
    """
    (found,) = inspect_images(scene.channels, [scene.image], false_alarm_rate=scene.rate)
    flagged = np.zeros(size, np.bool_)
    for one in found.findings:
        flagged |= stretch_flags(one.flagged, size) > 0
    if not flagged.any():
        raise DatasetError(messages.NOTHING_FLAGGED, messages.NOTHING_FLAGGED_FIX)
    return flagged


def _read_point(point: object) -> Point:
    """Return strength and scale as asked for, as far as a browser can ask for them."""
    match point:
        case [float() | int() as strength, float() | int() as scale] if all(
            math.isfinite(one) for one in (strength, scale)
        ):
            kept = (min(1.0, max(0.0, strength)), min(1.0, max(SCALES[0][1], scale)))
            return (round(kept[0], DIGITS), round(kept[1], DIGITS))
    return ENDS[0]


def _picture(fading: Fading, run: int) -> Payload:
    return encode_picture(fading.healed, run) | {"mask": _encode_mask(fading.mask)}


def _encode_look(fading: Fading, look: Look) -> Payload:
    frame = encode_frame(fading.healed, look.image, look.inspection, look.answers, point=look.point)
    return frame if look.point[1] == 1 else frame | {"mask": _encode_mask(look.mask)}


def _encode_mask(mask: Mask) -> str:
    """Return a mask no larger than the picture: the browser traces it pixel by pixel."""
    scale = min(1.0, MAX_DISPLAY_SIDE / 2 / max(mask.shape))
    size = (max(1, round(scale * mask.shape[0])), max(1, round(scale * mask.shape[1])))
    return encode_mask(stretch_flags(mask, size) > 0)


def _find_limits(tried: Tried, *, fixed: int) -> dict[str, Limit]:
    """Return the limit of every detector along one axis; none before both of its ends are known."""
    along = 1 - fixed
    known = list(tried.answers)  # at once: other visitors add to them
    points = sorted(point for point in known if point[fixed] == 1)
    axis = STRENGTHS if fixed == 1 else SCALES
    if not set(axis) <= set(points):
        return {}
    values = [point[along] for point in points]
    names = list(tried.answers[points[0]])
    return {
        name: find_limit(values, [tried.answers[point][name].relative_score for point in points])
        for name in names
    }


def _encode_limits(limits: Mapping[str, Limit]) -> Payload:
    return {name: {"value": one.value, "isTrace": one.is_trace} for name, one in limits.items()}
