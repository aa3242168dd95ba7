"""How far a product is with learning: as the page shows it, and as it outlives the page."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from inspection.errors import CheckpointError
from inspection.files import FORMAT, checked_content, read_json, write_json

STATE = "learning.json"
KILLED = (-9, 137)  # by the system, as a rule for want of memory
KEPT = "What was finished is kept."
CLOSED = f"The page was closed while it learned. {KEPT} Learn the rest again."


class Phase(StrEnum):
    """Where a product or one of its detectors stands."""

    WAITING = "waiting"
    LEARNING = "learning"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        """Whether something is still to come."""
        return self in (Phase.WAITING, Phase.LEARNING, Phase.PAUSED)


@dataclass(slots=True)
class DetectorProgress:
    """How far one detector is.

    Attributes:
        step: what it does, such as "calibrating".
        share: of all its work, 0-1.
        epochs: the metrics of each, as (epoch, loss, validation loss).
        begun: when, in seconds since 1970; a pause moves it.
        seconds: that it took.
        result: what it finds, in numbers (see `detectors.learn_product`).
    """

    phase: Phase = Phase.WAITING
    step: str = ""
    share: float = 0.0
    epochs: list[list[float | None]] = field(default_factory=list)
    begun: float = 0.0
    seconds: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)

    def take(self, message: Mapping[str, Any]) -> None:
        """Take note of a message about it."""
        match message["event"]:
            case "begin":
                self.phase, self.begun = Phase.LEARNING, time.time()
            case "share":
                self.share, self.step = float(message["share"]), str(message["step"])
            case "epoch":
                self.epochs.append([message["epoch"], message["loss"], message["validation"]])
            case "kept":
                self.phase, self.share, self.step = Phase.DONE, 1.0, ""
                self.seconds, self.result = float(message["seconds"]), dict(message["result"])


@dataclass(slots=True)
class LearningState:
    """How far a product is.

    Attributes:
        detectors: by name, in the order in which they learn.
        version: counts how often the product has learned.
        ids: of the photographs that it learns from, and is tested with.
        problem: why it has ended before its time, in sentences.
        notes: what is odd about the photographs.
    """

    detectors: dict[str, DetectorProgress]
    version: int = 1
    ids: list[str] = field(default_factory=list)
    phase: Phase = Phase.WAITING
    problem: str = ""
    notes: list[str] = field(default_factory=list)
    paused: float = 0.0

    def take(self, message: Mapping[str, Any]) -> None:
        """Take note of a message of the process that learns."""
        match message.get("event"):
            case "failed":
                self.problem = str(message["problem"])
            case "note" if message["text"] not in self.notes:
                self.notes.append(str(message["text"]))
            case "paused":
                self.phase, self.paused = Phase.PAUSED, time.time()
            case "goes on" if self.phase is Phase.PAUSED:
                self._go_on()
        if message.get("detector") in self.detectors:
            self.detectors[message["detector"]].take(message)

    def _go_on(self) -> None:
        self.phase = Phase.LEARNING
        for one in self.detectors.values():
            if one.phase is Phase.LEARNING:
                one.begun += time.time() - self.paused

    def end(self, code: int, *, is_stopped: bool = False) -> None:
        """Take note of the end of the process by its exit code, and say what it means."""
        if all(one.phase is Phase.DONE for one in self.detectors.values()):
            self.phase, self.problem = Phase.DONE, ""
            return
        self.phase = Phase.STOPPED if is_stopped else Phase.FAILED
        if is_stopped:
            self.problem = f"It was stopped. {KEPT}"
        elif not self.problem and code in KILLED:
            self.problem = (
                f"The system has ended the learning, most likely since memory ran out. {KEPT} "
                "Close other programs, and learn the rest again."
            )
        elif not self.problem:
            self.problem = (
                f"The learning has ended unexpectedly (code {code}). {KEPT} Learn the rest again; "
                "`python app.py --verbose` shows more."
            )
        for one in self.detectors.values():
            if one.phase.is_open:
                one.phase = self.phase


def save_state(folder: Path, state: LearningState) -> None:
    """Write `learning.json` into the folder of a product's detectors.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / STATE, {"format": FORMAT, **asdict(state)})


def load_state(folder: Path) -> LearningState | None:
    """Return how far a product was when the page ended; None where that is not known."""
    path = folder / STATE
    try:
        content = read_json(path)
        with checked_content(path):
            del content["format"]
            content["phase"] = Phase(content["phase"])
            content["detectors"] = {
                str(name): DetectorProgress(**{**one, "phase": Phase(one["phase"])})
                for name, one in content["detectors"].items()
            }
            state = LearningState(**content)
    except CheckpointError:  # missing or damaged: nothing hangs on it
        return None
    if state.phase.is_open:
        state.end(0, is_stopped=True)
        state.problem = CLOSED
    return state
