"""Images that visitors give, decoded in processes that may be lost: bounded, warm and replaced."""

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from inspection.decoding.cost import MAX_SECONDS, SMALLER
from inspection.decoding.decode import MAX_PIXELS
from inspection.errors import ImageError, first_line
from inspection.images import OpenedImage
from inspection.issues import FileNote, IssueKind
from inspection.types import DEFAULT_READING, Reading, RGBImage

MOST = 2  # processes, and so pictures that are decoded at the same time
START_SECONDS = 60.0  # until a process is ready, on a machine that is busy
ANSWER_SECONDS = 30.0  # by the clock; the processor time has a limit of its own
HEAD_BYTES = 1 << 16
PROGRAM = ("-P", "-m", "inspection.uploads.worker")  # -P: no module of the current folder
ROOT = Path(__file__).parents[2]
KEPT = ("PATH", "SYSTEMROOT", "PYTHONHOME", "PYTHONUTF8", "LANG", "LC_ALL", "LC_CTYPE")
LIBRARIES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV", "TEMP", "TMP")
FEW_THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # each takes address space
NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # of Windows


class LostError(Exception):
    """A process has ended, or was ended, without an answer."""

    def __init__(self, *, is_late: bool) -> None:
        super().__init__()
        self.is_late = is_late


class Worker:
    """A process that decodes what visitors give; used by one thread at a time."""

    def __init__(self, program: Sequence[str]) -> None:
        """Start it, and do not wait until it is ready.

        Args:
            program: what it runs.

        Raises:
            OSError: the system starts none.
        """
        # not by multiprocessing: its processes import the program that has started the page
        self._process = subprocess.Popen(  # noqa: S603 (nothing of a visitor)
            [sys.executable, *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            creationflags=NO_WINDOW,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise OSError("it has no pipes")  # never: both are asked for
        self._requests: IO[bytes] = self._process.stdin
        self._answers: IO[bytes] = self._process.stdout
        self._is_ready = False
        self._is_late = False

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def ask(self, path: Path, reading: Reading) -> OpenedImage:
        """Return the image of a file.

        Raises:
            ImageError: it cannot be read.
            LostError: the process has not answered, and is to be ended.
        """
        head = self.next_line(
            {"path": str(path), "white": reading.white, "background": reading.background}
        )
        if "problem" in head:
            raise ImageError(str(head["problem"]), str(head["fix"]))
        with self._answering():
            notes = tuple(
                FileNote(IssueKind(kind), str(problem), str(fix))
                for kind, problem, fix in head["notes"]
            )
            return OpenedImage(self.receive_pixels(head["shape"], most=MAX_PIXELS), notes)

    def next_line(self, request: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Return the next line of the answer, to a request if there is one.

        Raises:
            LostError: the process has not answered, and is to be ended.
        """
        if not self._is_ready:
            with self._answering(START_SECONDS):
                self._read_line()
            self._is_ready = True
        with self._answering():
            if request is not None:
                self._requests.write(json.dumps(request).encode() + b"\n")
                self._requests.flush()
            return dict(json.loads(self._read_line()))

    def receive_pixels(self, shape: object, *, most: int) -> RGBImage:
        """Return a picture (H, W, 3) of at most so many pixels; nothing is taken on trust.

        Raises:
            LostError: the process has not answered, and is to be ended.
        """
        with self._answering():
            height, width, channels = map(int, shape)  # type: ignore[call-overload]
            if channels != 3 or min(height, width) < 1 or height * width > most:
                raise ValueError(shape)
            pixels = np.empty((height, width, 3), np.uint8)
            left = pixels.data.cast("B")
            while left:
                num_read = self._answers.readinto(left)  # type: ignore[attr-defined]
                if not num_read:
                    raise EOFError
                left = left[num_read:]
            return pixels

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        for pipe in (self._requests, self._answers):
            with contextlib.suppress(OSError):  # a request that has not been sent whole
                pipe.close()
        self._process.wait()

    @contextlib.contextmanager
    def _answering(self, seconds: float | None = None) -> Iterator[None]:
        """Wait so long for a part of an answer; whatever is wrong with it, the process is lost."""
        try:
            with self._watched(ANSWER_SECONDS if seconds is None else seconds):
                yield
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise LostError(is_late=self._is_late or self._has_used_its_time()) from error

    @contextlib.contextmanager
    def _watched(self, seconds: float) -> Iterator[None]:
        """End the process if it takes longer."""
        watch = threading.Timer(seconds, self._give_up)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _give_up(self) -> None:
        self._is_late = True
        self._process.kill()

    def _has_used_its_time(self) -> bool:
        """Return whether the system has ended it for its processor time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return sys.platform != "win32" and self._process.wait(1) == -signal.SIGPROF
        return False

    def _read_line(self) -> bytes:
        line = self._answers.readline(HEAD_BYTES)
        if not line.endswith(b"\n"):
            raise EOFError
        return line


class UploadReader:
    """Decodes images in at most `most` processes; safe to share between threads."""

    def __init__(self, most: int = MOST) -> None:
        self._places = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._free: list[Worker] = []

    def open(self, path: Path, *, reading: Reading = DEFAULT_READING) -> OpenedImage:
        """Return what `open_image` does, at the price of one picture at most.

        Raises:
            ImageError: as in `open_image`; it takes too long, or ends the process that reads it.
        """
        with self._places:
            worker = self._take(path)
            is_kept = False
            try:
                image = worker.ask(path, reading)
                is_kept = True
            except ImageError:
                is_kept = True
                raise
            except LostError as error:
                raise _describe(error, path) from error
            finally:
                if is_kept:
                    self._give_back(worker)
                else:
                    worker.end()
                    self.warm()  # the next one finds another
        return image

    def warm(self) -> None:
        """Start a process, if none is free, for the image to come."""
        with self._lock, contextlib.suppress(OSError):  # whoever needs it is told
            if not self._free:
                self._free.append(Worker(PROGRAM))

    def close(self) -> None:
        """End the processes that are free."""
        with self._lock:
            free, self._free = self._free, []
        for worker in free:
            worker.end()

    def _take(self, path: Path) -> Worker:
        with self._lock:
            while self._free:
                worker = self._free.pop()
                if worker.is_alive:
                    return worker
                worker.end()  # killed by a person, or for want of memory
        try:
            return Worker(PROGRAM)
        except OSError as error:
            reason = first_line(error)
            raise ImageError(
                f"{path.name} cannot be read: the process that does it does not start ({reason}).",
                "Close what else uses memory and processes, and try again.",
            ) from error

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            self._free.append(worker)


def _describe(error: LostError, path: Path) -> ImageError:
    if error.is_late:
        return ImageError(
            f"{path.name} takes more than {MAX_SECONDS:.0f} seconds to read.", SMALLER
        )
    return ImageError(
        f"{path.name} could not be read: it ended the process that was reading it.",
        "Export it again as a PNG or JPEG.",
    )


def _environment() -> dict[str, str]:
    """Return what Python needs to start, and no password or token of this process."""
    kept = {name: os.environ[name] for name in (*KEPT, *LIBRARIES) if name in os.environ}
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return kept | FEW_THREADS | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


READER = UploadReader()
"""Of this program; its processes start with the first image, or when it is warmed."""

atexit.register(READER.close)


def open_upload(path: Path, *, reading: Reading = DEFAULT_READING) -> OpenedImage:
    """Return the image of a file that a visitor has given.

    Raises:
        ImageError: as in `UploadReader.open`.
    """
    return READER.open(path, reading=reading)
