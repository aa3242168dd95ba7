"""Progress of long work: how it reports to its caller, and how the caller stops it."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from inspection.errors import ReportError
from inspection.preprocess import Progress

IMAGE = "image"
UNITS = ((1.0, "second"), (60.0, "minute"), (3600.0, "hour"))
WORTH_SAYING = 2.0  # of a larger unit, below which the smaller one is clearer


@contextmanager
def progress_bar(description: str, unit: str = IMAGE) -> Iterator[Progress]:
    """Give a callback (done, total) that moves a bar on stderr; `unit` is what it counts."""
    with ExitStack() as stack:
        bars: list[tqdm[Any]] = []  # made at the first call, so that its clock starts then

        def progress(done: int, total: int) -> None:
            if not bars:
                bar = tqdm(desc=description, total=total, leave=False, unit=unit)
                bars.append(stack.enter_context(bar))
            bars[0].update(done - bars[0].n)

        yield progress


class StoppedError(Exception):
    """Work was stopped by its caller."""


def _ignore(*_: object) -> None:
    """Report to nobody."""


def _track_nothing(*_: str) -> AbstractContextManager[Progress]:
    return nullcontext(_ignore)


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Monitor:
    """Callbacks of long work, by which its caller follows and stops it; by default none listens.

    Attributes:
        begin: called with what is begun: a product, a detector.
        say: called with a sentence about what was done.
        warn: called with a sentence about what is odd, or could not be done.
        track: called with a title and with what is counted, such as "image"; gives a context with
            a callback (done, total).
        epoch: called with the name of a detector and the metrics of each epoch of its training, or
            the `share` of it that is done; None lets the training draw its own bars on stderr.
        is_stopped: called between steps; says whether the work is to end.
    """

    begin: Callable[[str], None] = _ignore
    say: Callable[[str], None] = _ignore
    warn: Callable[[str], None] = _ignore
    track: Callable[[str, str], AbstractContextManager[Progress]] = _track_nothing
    epoch: Callable[[str, Mapping[str, float]], None] | None = _ignore
    is_stopped: Callable[[], bool] = _never

    def check(self) -> None:
        """End the work if the caller has stopped it.

        Raises:
            StoppedError: it was stopped.
        """
        if self.is_stopped():
            raise StoppedError

    @contextmanager
    def step(self, title: str, unit: str = IMAGE) -> Iterator[Progress]:
        """Give a callback (done, total) that reports how far a step has come, or ends it.

        Raises:
            StoppedError: the work is to end.
        """
        self.check()
        with self.track(title, unit) as report_progress:

            def progress(done: int, total: int) -> None:
                report_progress(done, total)
                self.check()

            yield progress

    @contextmanager
    def tolerate_locked_files(self) -> Iterator[None]:
        """Warn of a table or plot that cannot be written, and go on: its data is kept elsewhere.

        Excel on Windows locks what it shows.
        """
        try:
            yield
        except ReportError as error:
            self.warn(f"Warning: {error}")


SILENT = Monitor()


class Pace:
    """How long one of many equal steps takes, without the first ones, which also set things up.

    Args:
        skipped: first steps, in which memory is allocated and kernels are chosen.
        timed: steps after them that are timed.
        clock: in seconds.
    """

    def __init__(
        self, *, skipped: int, timed: int, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._skipped, self._timed, self._clock = skipped, timed, clock
        self._num_done = 0
        self._start = clock()

    def step(self) -> float | None:
        """Count a step, and return the seconds of one when the last of those timed is done."""
        self._num_done += 1
        if self._num_done == self._skipped:
            self._start = self._clock()
        if self._num_done != self._skipped + self._timed:
            return None
        return (self._clock() - self._start) / self._timed


def announce_duration(subject: str, seconds: float, *, remark: str = "") -> None:
    """Say on stderr, above a bar that may be there, how long something will take."""
    tqdm.write(f"  {subject} takes {describe_duration(seconds)}{remark}", file=sys.stderr)


def describe_duration(seconds: float) -> str:
    """Return such as "about 40 seconds" or "about 6 minutes"."""
    size, unit = max(
        (unit for unit in UNITS if seconds >= WORTH_SAYING * unit[0]), default=UNITS[0]
    )
    count = max(1, round(seconds / size))
    return f"about {count} {unit}{'s' if count > 1 else ''}"
