"""Progress on the terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tqdm import tqdm

from inspection.preprocess import Progress

UNITS = ((1.0, "second"), (60.0, "minute"), (3600.0, "hour"))
WORTH_SAYING = 2.0  # of a larger unit, below which the smaller one is clearer


@contextmanager
def progress_bar(description: str) -> Iterator[Progress]:
    """Give a callback (done, total) that moves a bar on stderr."""
    with ExitStack() as stack:
        bars: list[tqdm[Any]] = []  # made at the first call, so that its clock starts then

        def progress(done: int, total: int) -> None:
            if not bars:
                bar = tqdm(desc=description, total=total, leave=False, unit="image")
                bars.append(stack.enter_context(bar))
            bars[0].update(done - bars[0].n)

        yield progress


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
