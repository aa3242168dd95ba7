"""The processors that a program may use, and how its threads share them with other programs."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from inspection.control_groups import CGROUP, PROC, list_own_groups

Item = TypeVar("Item")
Result = TypeVar("Result")


def share_processors() -> None:
    """Let the threads of OpenMP sleep while they wait, and be no more than there are processors.

    By default they wait busily for each other. On a machine with other work, whoever is waited for
    then has to wait for who is waiting: a step of training takes twice to six times as long.
    OpenMP reads these variables when PyTorch is imported, so call it before; what a person has set
    stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if count_processors() < _count_allowed():  # else OpenMP counts well, with whole cores only
        os.environ.setdefault("OMP_NUM_THREADS", str(count_processors()))


def count_processors(proc: Path = PROC, cgroup: Path = CGROUP) -> int:
    """Return how many processors this process may use: those it is bound to, within its quota."""
    return max(1, int(min([_count_allowed(), *_read_quotas(proc, cgroup)])))


def map_in_threads(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield what becomes of each item, in order: for work that frees the threads, as decoding does.

    Whoever stops asking leaves undone what has not begun. Results wait until they are asked for.
    """
    pool = ThreadPoolExecutor(count_processors())
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)


class Crowd:
    """Those who compute at the same time within this program: they divide its threads.

    Two inspections with as many threads as processors each take a tenth more of their time than two
    with half as many, and one alone is answered sooner with all of them.
    """

    def __init__(self) -> None:
        self._set_threads: Callable[[int], object] = lambda _: None
        self._most = 1
        self._at_work = 0
        self._lock = threading.Lock()

    def steer(self, set_threads: Callable[[int], object], most: int) -> None:
        """Let a library be told how many threads it may start for whoever calls it from a thread.

        Args:
            set_threads: tells it, for the thread that calls.
            most: that one alone may use; what was said first stays.
        """
        if self._most == 1:
            self._set_threads, self._most = set_threads, most

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Use as many threads as are left for one of those who are at work now."""
        with self._lock:
            self._at_work += 1
            share = max(1, self._most // self._at_work)
        self._set_threads(share)
        try:
            yield
        finally:
            with self._lock:
                self._at_work -= 1
            self._set_threads(self._most)


CROWD = Crowd()


def _count_allowed() -> int:
    if hasattr(os, "sched_getaffinity"):  # not on Windows and macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read_quotas(proc: Path, cgroup: Path) -> Iterator[float]:
    """Yield the processors that a container or a service is given the time of, where bounded."""
    for folder, first_version in list_own_groups("cpu", proc, cgroup):
        with contextlib.suppress(OSError, ValueError):  # no limit: "max", or no such file
            if first_version:
                quota = (folder / "cpu.cfs_quota_us").read_text()
                period = (folder / "cpu.cfs_period_us").read_text()
            else:
                quota, period = (folder / "cpu.max").read_text().split()
            if int(quota) > 0:
                yield int(quota) / int(period)
