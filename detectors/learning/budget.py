"""The time that a training may take, and how much of it is left for learning."""

import time
from collections.abc import Callable, Sequence

import torch

from inspection.types import Sample, Split

PER_PART = 2.5  # predictions: each held-out part as it is, and once with a drawn defect
LEAST_SHARE = 0.25  # of what is left, for learning, however long the calibration takes
LEAST_SECONDS = 1.0
EXTRA_SHARE = 0.25  # of what is left, for what may be left out


class Budget:
    """The seconds that a detector may take, from now until its thresholds are known.

    Args:
        seconds: in all; None without a limit.
        samples: those given to `fit`; the held-out ones among them are read and predicted last.
        clock: in seconds.
    """

    def __init__(
        self,
        seconds: float | None,
        samples: Sequence[Sample],
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._seconds, self._clock, self._start = seconds, clock, clock()
        self._num_held = sum(
            sample.split is Split.CALIBRATION and not sample.is_anomalous for sample in samples
        )

    def allows(self, seconds: float) -> bool:
        """Return whether there is time for something that may be left out and takes so long."""
        if self._seconds is None:
            return True
        return seconds <= EXTRA_SHARE * (self._seconds - (self._clock() - self._start))

    def learning_seconds(
        self, num_read: int, predict: Callable[[], object], *, num_checked: int = 0
    ) -> float | None:
        """Return what is left for learning once the images are read; None without a limit.

        Args:
            num_read: images that were read since the beginning: reading the held-out ones takes
                as long for each.
            predict: predicts one image, or does the largest part of that; called twice.
            num_checked: images that are predicted in the end, beside the held-out ones.
        """
        if self._seconds is None:
            return None
        reading = (self._clock() - self._start) / max(1, num_read)
        with torch.inference_mode():
            predict()  # memory is allocated
            before = self._clock()
            predict()
        pace = self._clock() - before
        after = self._num_held * (reading + PER_PART * pace) + num_checked * pace
        left = self._seconds - (self._clock() - self._start)
        return max(LEAST_SECONDS, LEAST_SHARE * left, left - after)
