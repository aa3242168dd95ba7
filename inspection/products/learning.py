"""Products learn in a process of their own, one at a time, whoever asks.

The process is told what to learn by the first line of its stdin, and then takes the words of
`Word`; the end of its stdin, as when the page is gone, stops it. It writes messages to stdout, one
JSON object a line (see `LearningState.take`).
"""

import contextlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import IO, Any

from inspection.errors import DatasetError, SettingsError
from inspection.files import recover_folder
from inspection.products.learning_state import (
    DetectorProgress,
    LearningState,
    Phase,
    load_state,
    save_state,
)
from inspection.products.own import OwnProducts
from inspection.products.places import HERE

PATIENCE = 10.0  # seconds that a process has to end by itself
MOST_WAITING = 8
TOLD = 4000  # characters of what a process that failed has written to stderr

logger = logging.getLogger(__name__)


class Word(StrEnum):
    """What the process takes."""

    PAUSE = "pause"
    GO = "go"
    STOP = "stop"


class LearningQueue:
    """Products that learn one after the other; safe to share between threads.

    Args:
        own: the products.
        command: starts the process.
        device: for the detectors.
        on_kept: called when a detector can be used.
    """

    def __init__(
        self,
        own: OwnProducts,
        command: Sequence[str],
        *,
        device: str | None = None,
        on_kept: Callable[[], None] = lambda: None,
    ) -> None:
        self._own, self._command, self._device = own, list(command), device
        self._on_kept = on_kept
        self._lock = threading.RLock()
        self._waiting: list[str] = []
        self._running = ""
        self._process: subprocess.Popen[str] | None = None
        self._is_stopped = False
        self._early: list[Word] = []  # said before the process was there
        self._states: dict[str, LearningState] = {}
        self._thread: threading.Thread | None = None

    def ask(self, name: str, detectors: Sequence[str]) -> None:
        """Let detectors of a product learn when its turn comes; those that it has are replaced.

        Raises:
            SettingsError: it learns or waits already, too many wait, or no detector is named.
            DatasetError: it has no photographs, or what it learns cannot be kept.
        """
        source = self._own.read(name)
        if not detectors:
            raise SettingsError("No detector is chosen.", "Choose at least one.")
        with self._lock:
            self.check_idle(name)
            if len(self._waiting) >= MOST_WAITING:
                raise SettingsError(f"{MOST_WAITING} products wait already.", "Ask again later.")
            former = self.find(name)
            state = LearningState(
                {one: DetectorProgress() for one in detectors},
                version=1 if former is None else former.version + 1,
                ids=[sample.id for sample in source.samples],
            )
            try:
                save_state(self._own.checkpoints / name, state)
            except OSError as error:
                raise DatasetError(
                    f"What {name} learns cannot be kept in {self._own.checkpoints} "
                    f"({error.strerror or error}).",
                    "Allow writing there, and free some room on the disk.",
                ) from error
            self._states[name] = state
            self._waiting.append(name)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()

    def find(self, name: str) -> LearningState | None:
        """Return how far a product is, also one of an earlier page; None if it has never learned.

        The record goes on changing while the product learns.
        """
        with self._lock:
            if name not in self._states:
                kept = load_state(self._own.checkpoints / name)
                if kept is None:
                    return None
                self._states[name] = kept
            return self._states[name]

    def snapshot(self, name: str) -> dict[str, Any] | None:
        """Return how far a product is, as JSON, with its place among those that wait."""
        with self._lock:
            state = self.find(name)
            if state is None:
                return None
            place = self._waiting.index(name) + 1 if name in self._waiting else 0
            return {**asdict(state), "place": place}

    def tell(self, name: str, word: Word) -> None:
        """Pause a product that learns, let it go on, or stop it; one that waits is only stopped."""
        with self._lock:
            if self._running == name:
                self._is_stopped = self._is_stopped or word is Word.STOP
                self._tell_process(word)
            elif word is Word.STOP and name in self._waiting:
                self._waiting.remove(name)
                self._states[name].end(0, is_stopped=True)
                self._keep(name)

    def forget(self, name: str) -> None:
        """Forget what is known of a product that is called otherwise now, or has been forgotten."""
        with self._lock:
            self._states.pop(name, None)

    def check_idle(self, name: str) -> None:
        """Refuse what cannot be done while a product learns.

        Raises:
            SettingsError: it does, or waits for it.
        """
        state = self.find(name)
        if state is not None and state.phase.is_open:
            raise SettingsError(f"{name} is learning.", "Wait for it, or stop it first.")

    def close(self, seconds: float = 1.0) -> None:
        """Stop what runs and drop what waits, as the page ends."""
        with self._lock:
            self._waiting.clear()
            self._is_stopped = True
            self._tell_process(Word.STOP)
            process = self._process
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            process.kill()
        self.wait(seconds)

    def wait(self, seconds: float) -> None:
        """Wait until nothing learns, for so many seconds at most."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _work(self) -> None:
        """Let one product after the other learn, until none waits."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                name = self._running = self._waiting.pop(0)
                self._is_stopped = False
                self._early.clear()
                self._states[name].phase = Phase.LEARNING
            code = self._run(name)
            self._clean(name)
            with self._lock:
                self._states[name].end(code, is_stopped=self._is_stopped)
                self._running = ""
                self._keep(name)
            self._on_kept()

    def _run(self, name: str) -> int:
        """Run the process to its end, and return its exit code."""
        job = {
            "root": os.fspath(self._own.root.resolve()),
            "checkpoints": os.fspath(self._own.checkpoints.resolve()),
            "name": name,
            "detectors": list(self._states[name].detectors),
            "device": self._device,
        }
        with tempfile.TemporaryFile() as errors:
            try:
                process = _start(self._command, errors)
            except OSError as error:
                self._states[name].problem = (
                    f"The learning cannot begin ({error.strerror or error}). Free some memory, "
                    "and learn again."
                )
                return 1
            with process:
                with self._lock:
                    self._process = process
                    _write(process, json.dumps(job))
                    for word in self._early:
                        self._tell_process(word)
                self._follow(name, process)
                code = process.wait()
            self._process = None
            if code != 0:
                _log(errors)
            return code

    def _follow(self, name: str, process: "subprocess.Popen[str]") -> None:
        """Take the messages of a process until it ends."""
        for line in process.stdout or ():
            try:
                message = json.loads(line)
                with self._lock:
                    self._states[name].take(message)
                    if message["event"] in ("kept", "begin"):
                        self._keep(name)
            except (ValueError, KeyError, TypeError):  # a library has written something
                logger.info("not understood: %s", line.rstrip())
                continue
            if message["event"] == "kept":
                self._on_kept()

    def _tell_process(self, word: Word) -> None:
        process = self._process
        if process is None:
            self._early.append(word)
            return
        _write(process, word)
        if word is Word.STOP:
            timer = threading.Timer(PATIENCE, process.kill)
            timer.daemon = True
            timer.start()

    def _clean(self, name: str) -> None:
        """Remove what a process that was killed has left beside whole checkpoints."""
        folder = self._own.checkpoints / name
        for detector in self._states[name].detectors:
            recover_folder(folder / detector)
            for left in folder.glob(f"{detector}.tmp-*"):
                shutil.rmtree(left, ignore_errors=True)

    def _keep(self, name: str) -> None:
        """Write down how far a product is; the folder may be gone, or the disk full."""
        with contextlib.suppress(OSError):
            save_state(self._own.checkpoints / name, self._states[name])


def _start(command: Sequence[str], errors: IO[bytes]) -> "subprocess.Popen[str]":
    """Start the process; Ctrl+C in the terminal of the page is not for it."""
    options: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        options = {"creationflags": flags}
    return subprocess.Popen(  # noqa: S603 (the page's own command)
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        cwd=HERE,
        text=True,
        encoding="utf-8",
        errors="replace",
        **options,
    )


def _write(process: "subprocess.Popen[str]", line: str) -> None:
    """Write a line to a process, which may be gone already."""
    if process.stdin is not None:
        with contextlib.suppress(OSError, ValueError):
            process.stdin.write(f"{line}\n")
            process.stdin.flush()


def _log(errors: IO[bytes]) -> None:
    """Log the end of what a process has written to stderr."""
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - TOLD))
    logger.info("%s", errors.read().decode("utf-8", "replace"))
