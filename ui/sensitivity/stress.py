"""The view of stress: another light, focus or place, and what every detector makes of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inspection.errors import CheckpointError, EvaluationError
from inspection.names import join_names
from inspection.sensitivity.records import Answer
from inspection.sensitivity.response import (
    Point,
    StressedLook,
    describe_response,
    list_range,
    look_stressed,
    make_point,
)
from inspection.sensitivity.robustness import describe_robustness, load_robustness
from inspection.sensitivity.stress import STRESSES, Stress
from ui.parts.updates import Payload, Updates
from ui.sensitivity import messages
from ui.sensitivity.frames import describe_scene, encode_frame, encode_picture
from ui.sensitivity.scenes import Kept, Scene

MAX_FRAMES = 60  # of an image, kept for everybody
FIRST = next(iter(STRESSES.values()))
Sent = dict[str, Any]
"""What a visitor's page holds: the image, the range, and the answers at points of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What a browser is sent of a point, and the answers in it."""

    payload: Payload = field(repr=False)
    answers: Mapping[str, Answer] = field(repr=False)


class StressView:
    """Answers what is asked under stress; holds nothing of any visitor."""

    def __init__(self, titles: Mapping[str, str], next_run: Callable[[], int]) -> None:
        self._titles = titles
        self._next_run = next_run
        self._kept: Kept[dict[Point, Frame]] = Kept()

    def show(
        self, scene: Scene, *, stress: object, levels: object, sent: Sent
    ) -> Iterator[Updates]:
        """Yield the picture and the answer at the wanted levels, then the range of the stress.

        Raises:
            SettingsError: a level is out of its range.
        """
        if sent.get("key") != scene.key:
            sent |= {"key": scene.key, "scene": self._next_run(), "range": None}
            levels = None
        chosen = STRESSES.get(stress, FIRST) if isinstance(stress, str) else FIRST
        point = make_point(_read_levels(levels))
        points = list_range(point, chosen)
        if sent["range"] != points:
            sent |= {"range": points, "stress": chosen, "run": self._next_run(), "points": {}}
            yield {
                "stress": self._header(scene, chosen, point, sent),
                "feed": ("stress-picture", encode_picture(scene.image, sent["run"])),
            }
        yield from self._send(scene, [point], sent)
        yield from self._send(scene, points, sent)
        curve = {
            level: sent["points"][one] for level, one in zip(chosen.levels, points, strict=True)
        }
        yield {"stress": self._header(scene, chosen, point, sent, curve)}

    def look(self, scene: Scene, *, asked: object, sent: Sent) -> list[Payload] | None:
        """Return the answer at a level of the range that is shown; None where another one is.

        Raises:
            SettingsError: a level is out of its range.
        """
        point = make_point(_read_levels(asked))
        if sent.get("key") != scene.key or list_range(point, sent["stress"]) != sent["range"]:
            return None
        return [one.payload for made in self._look(scene, [point]) for one in made.values()]

    def _send(self, scene: Scene, points: Sequence[Point], sent: Sent) -> Iterator[Updates]:
        """Send what the browser does not have of these points, a batch at a time."""
        lacking = [one for one in dict.fromkeys(points) if one not in sent["points"]]
        for frames in self._look(scene, lacking):
            payloads = [one.payload for one in frames.values()]
            yield {"feed": ("stress-frames", {"run": sent["run"], "frames": payloads})}
            # only what the page was sent in time
            sent["points"] |= {point: one.answers for point, one in frames.items()}

    def _look(self, scene: Scene, points: Sequence[Point]) -> Iterator[dict[Point, Frame]]:
        """Yield the frames at these points: those that are kept, then a batch at a time."""
        kept = self._kept.get(scene.key, dict)
        held = {one: frame for one in points if (frame := kept.get(one)) is not None}
        if held:
            yield held
        looked = look_stressed(
            scene.channels,
            scene.image,
            np.zeros(scene.image.shape[:2], np.bool_) if scene.truth is None else scene.truth,
            [one for one in points if one not in held],
            false_alarm_rate=scene.rate,
        )
        for looks in looked:
            made = {look.point: _encode_look(scene, look) for look in looks}
            kept |= made
            for point in list(kept)[:-MAX_FRAMES]:
                kept.pop(point, None)
            yield made

    def _header(
        self,
        scene: Scene,
        stress: Stress,
        point: Point,
        sent: Sent,
        curve: Mapping[float, Mapping[str, Answer]] | None = None,
    ) -> Payload:
        said = describe_response(stress, curve, self._titles) if curve else messages.STRESS_BUSY
        others = [STRESSES[name] for name, _ in point if name != stress.name]
        if others:
            levels = dict(point)
            named = [f"{one.label} {one.write(levels[one.name])}" for one in others]
            said = messages.STRESS_BESIDE.format(others=join_names(named), said=said)
        return {
            **describe_scene(scene, sent["run"]),
            "scene": sent["scene"],
            "state": "running" if curve is None else "done",
            "title": messages.STRESS_TITLE.format(label=stress.label),
            "sub": said,
            "note": scene.note,
            "measured": self._describe_measured(scene, stress),
            "stress": stress.name,
            "levels": dict(point),
            "stresses": [
                {
                    "name": one.name,
                    "label": one.label,
                    "unit": one.unit,
                    "levels": one.levels,
                    "neutral": one.neutral,
                }
                for one in STRESSES.values()
            ],
        }

    def _describe_measured(self, scene: Scene, stress: Stress) -> list[str]:
        """Return what `cli.py stress` has measured of the whole category, if it has."""
        try:
            found = load_robustness(scene.product)
        except (EvaluationError, CheckpointError):
            return []
        said = list(describe_robustness(found, self._titles, stress=stress.name))
        if not said:
            return []
        head = messages.MEASURED.format(good=found.num_good, defective=found.num_defective)
        return [head, *said]


def _read_levels(levels: object) -> dict[str, float]:
    """Return levels as asked for, as far as a browser can ask for them."""
    if not isinstance(levels, Mapping):
        return {}
    return {
        name: float(level)
        for name, level in levels.items()
        if name in STRESSES and isinstance(level, int | float) and not isinstance(level, bool)
    }


def _encode_look(scene: Scene, look: StressedLook) -> Frame:
    payload = encode_frame(
        scene.image,
        look.image,
        look.inspection,
        look.answers,
        point=look.point,
        has_defect=scene.truth is not None,
    )
    return Frame(payload, look.answers)
