"""The one folder for files of visitors: bounded, swept, and gone when the program ends."""

import atexit
import functools
import os
import secrets
import shutil
import tempfile
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ui.gate.refusals import Refused

MOST_BYTES = 500_000_000
SHARE = 5
"""A visitor may hold a fifth of all; what is more takes the place of the visitor's own oldest."""
OWN = "this machine"
"""The visitor whose share is not bounded: who trains with hundreds of photographs."""
KEPT = 3600.0  # seconds
SAFE_FOR = 600.0  # seconds that a file of another visitor is not touched
LITTER_AFTER = 24 * 3600.0  # seconds
PREFIX = "defect-lens-"
MOST_NAME_BYTES = 120
NO_ROOM = "There is no room for more images at the moment. Try again in a few minutes."


@functools.cache
def open_folder() -> Path:
    """Return the folder of this program, where Gradio looks for uploads, too; made when asked for.

    It goes with the program. One that was killed leaves its folder to the next that starts a day
    later.
    """
    parent = Path(os.environ.get("GRADIO_TEMP_DIR") or tempfile.gettempdir())
    parent.mkdir(parents=True, exist_ok=True)
    for other in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if time.time() - other.stat().st_mtime > LITTER_AFTER:
                shutil.rmtree(other, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)).resolve()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    return folder


@dataclass(frozen=True, slots=True)
class Held:
    """A file that is held: its size in bytes, whose it is and when it came (`time.monotonic`)."""

    size: int
    visitor: str
    at: float


class Folder:
    """Holds files of visitors under names that cannot be guessed.

    Args:
        place: an empty folder.
        most: bytes of all files together, those that are arriving included.
    """

    def __init__(self, place: Path, *, most: int = MOST_BYTES) -> None:
        self.place = place
        self.most = most
        self._held: dict[str, Held] = {}  # oldest first
        self._arriving = 0
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes of all files, those that are arriving included."""
        return self._arriving + sum(one.size for one in self._held.values())

    @contextmanager
    def arriving(self, visitor: str) -> Iterator["Arrival"]:
        """Count what arrives for a visitor until the block ends."""
        arrival = Arrival(self, visitor)
        try:
            yield arrival
        finally:
            with self._lock:
                self._arriving -= arrival.size

    def make_room(self, size: int, visitor: str) -> None:
        """Count bytes that arrive, and remove older files for them.

        Raises:
            Refused: all is full of what is not to be removed.
        """
        with self._lock:
            self._forget_gone()
            own = [name for name, one in self._held.items() if one.visitor == visitor != OWN]
            mine = size + sum(self._held[name].size for name in own)
            while own and mine > self.most / SHARE:
                mine -= self._remove(own.pop(0))
            while self.size + size > self.most:
                oldest = next(iter(self._held), None)
                if oldest is None or self._is_safe(oldest, visitor):
                    raise Refused(503, NO_ROOM)
                self._remove(oldest)
            self._arriving += size

    def _forget_gone(self) -> None:
        """Count no file that whoever was given it has removed; looked for only where it matters."""
        if self.size > self.most / SHARE:
            for name in [name for name in self._held if not (self.place / name).exists()]:
                del self._held[name]

    def _is_safe(self, name: str, visitor: str) -> bool:
        one = self._held[name]
        return one.visitor != visitor and time.monotonic() - one.at < SAFE_FOR

    def add(self, source: IO[bytes], name: str, visitor: str) -> str:
        """Write a file and return what it is called: a path relative to the folder."""
        called = f"{secrets.token_hex(16)}/{clean_name(name)}"
        path = self.place / called
        path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            shutil.copyfileobj(source, file)
            size = file.tell()
        with self._lock:
            self._held[called] = Held(size, visitor, time.monotonic())
        return called

    def find(self, called: str) -> Path | None:
        """Return the file that was given a name; None for any other name."""
        return self.place / called if called in self._held else None

    def sweep(self) -> None:
        """Remove what has been held for long, and show the next program that this one runs."""
        now = time.monotonic()
        with self._lock:
            for name in [name for name, one in self._held.items() if now - one.at > KEPT]:
                self._remove(name)
        with suppress(OSError):
            os.utime(self.place)

    def _remove(self, name: str) -> int:
        shutil.rmtree((self.place / name).parent, ignore_errors=True)
        return self._held.pop(name).size


class Arrival:
    """Bytes on their way to a folder.

    Attributes:
        size: of what has arrived.
    """

    def __init__(self, folder: Folder, visitor: str) -> None:
        self._folder = folder
        self._visitor = visitor
        self.size = 0

    def count(self, size: int) -> None:
        """Count bytes before they are written.

        Raises:
            Refused: there is no room for them.
        """
        self._folder.make_room(size, self._visitor)
        self.size += size


def clean_name(name: str) -> str:
    """Return a name of a file without folders and control characters: it is shown in terminals."""
    plain = "".join(one for one in name if unicodedata.category(one)[0] != "C")
    last = plain.replace("\\", "/").rpartition("/")[2].strip(". ")
    stem, dot, suffix = last.rpartition(".")
    room = MOST_NAME_BYTES - len(suffix.encode()[:20])
    short = (stem or suffix).encode()[:room].decode(errors="ignore")
    return (f"{short}.{suffix[:20]}" if dot and stem else short) or "image"
