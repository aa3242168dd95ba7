"""Videos that visitors give, decoded in a process of their own that may be lost."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspection.decoding.video import MAX_PIXELS, VideoFrame, VideoInfo
from inspection.errors import ImageError
from inspection.uploads.reader import LostError, Worker

PROGRAM = ("-P", "-m", "inspection.uploads.film_worker")


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """An opened video: what it is, and its frames, to be read once."""

    info: VideoInfo
    frames: Iterator[VideoFrame]


@contextmanager
def open_film(
    path: Path, *, per_second: float | None = None, at: float | None = None
) -> Iterator[Film]:
    """Open a visitor's video, and end its process with the block.

    Args:
        path: of the video.
        per_second: frames that are wanted, as in `read_frames`.
        at: seconds; of a single frame.

    Raises:
        ImageError: as in `read_frames`; it takes too long, or ends the process that reads it.
    """
    try:
        worker = Worker(PROGRAM)
    except OSError as error:
        raise ImageError(
            f"{path.name} cannot be read: the process that does it does not start ({error}).",
            "Close what else uses memory and processes, and try again.",
        ) from error
    wanted = {"per_second": per_second} if at is None else {"at": at}
    try:
        head = _ask(worker, path, {"path": str(path), **wanted})
        with _losing(path):
            info = _to_info(head)
        yield Film(info, _read(worker, path))
    finally:
        worker.end()


def _read(worker: Worker, path: Path) -> Iterator[VideoFrame]:
    while "end" not in (head := _ask(worker, path)):
        with _losing(path):
            at = _to_number(head["at"])
            pixels = worker.receive_pixels(head["shape"], most=MAX_PIXELS)
        yield VideoFrame(at, pixels)


def _to_info(head: Mapping[str, Any]) -> VideoInfo:
    height, width = map(int, head["size"])
    return VideoInfo(
        (height, width), None if head["seconds"] is None else _to_number(head["seconds"])
    )


def _to_number(value: object) -> float:
    """Return a number of seconds; nothing that the process says is taken on trust."""
    if not isinstance(value, float | int) or not math.isfinite(value) or value < 0:
        raise ValueError(value)
    return float(value)


def _ask(worker: Worker, path: Path, request: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Return the next line of an answer, to a request if there is one."""
    with _losing(path):
        head = worker.next_line(request)
    if "problem" in head:
        raise ImageError(str(head["problem"]), str(head["fix"]))
    return head


@contextmanager
def _losing(path: Path) -> Iterator[None]:
    """Say what it means that the process has ended."""
    try:
        yield
    except (LostError, KeyError, TypeError, ValueError) as error:
        is_late = isinstance(error, LostError) and error.is_late
        words = "takes too long to read" if is_late else "ended the process that reads it"
        raise ImageError(
            f"{path.name} {words}.", "Export it as an MP4 of at most 1920 x 1080 pixels."
        ) from error
