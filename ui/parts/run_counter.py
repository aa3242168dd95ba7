"""Numbers for what is shown, so that a page can tell newer from older."""

import itertools
import threading
import time


class RunCounter:
    """Numbers for runs, growing across restarts too: a page left open follows the newest."""

    def __init__(self) -> None:
        self._count = itertools.count(time.time_ns() // 1_000_000)
        self._lock = threading.Lock()

    def next(self) -> int:
        """Return a number higher than all before."""
        with self._lock:
            return next(self._count)
