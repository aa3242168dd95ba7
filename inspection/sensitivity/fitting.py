"""Trials of a study as curves of detection, one for each detector, and as shares detected."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from inspection.sensitivity.pod import PODFit, fit_hit_miss
from inspection.sensitivity.records import Trial
from inspection.sensitivity.signal import SignalFit, fit_signal

MOST_CELLS = 12  # of a side of a detection map; more different values are put into bins
BINS = 8


class Varied(StrEnum):
    """What was varied between the trials."""

    SIZE = "size"
    CONTRAST = "contrast"

    @property
    def unit(self) -> str:
        return "px" if self is Varied.SIZE else "grey levels"

    @property
    def comparative(self) -> str:
        """What the better detector finds."""
        return "smaller" if self is Varied.SIZE else "fainter"

    @property
    def axis(self) -> str:
        """What stands at the axis of a plot."""
        return (
            "longest side of the defect, px"
            if self is Varied.SIZE
            else "contrast to its surroundings, grey levels of 255"
        )


@dataclass(frozen=True, slots=True, eq=False)
class DetectionMap:
    """Shares detected by size and contrast.

    Attributes:
        sizes: (r,), ascending; of bins the geometric middle.
        contrasts: (c,), ascending.
        shares: (r, c), 0-1; NaN where nothing was tried.
        counts: (r, c), trials.
    """

    sizes: NDArray[np.float64]
    contrasts: NDArray[np.float64]
    shares: NDArray[np.float64]
    counts: NDArray[np.int64]


def read_values(trials: Iterable[Trial], by: Varied) -> NDArray[np.float64]:
    """Return (n,): the size or the contrast of every trial, a darkening being a contrast too."""
    values = (trial.size if by is Varied.SIZE else trial.contrast for trial in trials)
    return np.abs(np.array(list(values), np.float64))


def read_hits(trials: Iterable[Trial], detector: str) -> NDArray[np.bool_]:
    """Return (n,): whether a detector hit, trial by trial."""
    return np.array([trial.answers[detector].is_hit for trial in trials], np.bool_)


def name_detectors(trials: Sequence[Trial]) -> list[str]:
    """Return the detectors that answered every trial, in their order."""
    if not trials:
        return []
    return [name for name in trials[0].answers if all(name in one.answers for one in trials)]


def fit_trials(trials: Sequence[Trial], *, by: Varied = Varied.SIZE) -> dict[str, PODFit]:
    """Return detector -> curve of detection against what was varied; none of no trial.

    Raises:
        SensitivityError: a size or contrast is no number above 0.
    """
    values = read_values(trials, by)
    return {name: fit_hit_miss(values, read_hits(trials, name)) for name in name_detectors(trials)}


def fit_scores(trials: Sequence[Trial], *, by: Varied = Varied.SIZE) -> dict[str, SignalFit]:
    """Return detector -> the signal-response model of its scores, whether it holds or not.

    Raises:
        SensitivityError: a size or contrast is no number above 0.
    """
    values = read_values(trials, by)
    return {
        name: fit_signal(values, [trial.answers[name].relative_score for trial in trials])
        for name in name_detectors(trials)
    }


def map_detection(trials: Sequence[Trial], detector: str) -> DetectionMap:
    """Return the shares that a detector hit, by size and contrast."""
    sizes, rows = _into_cells(read_values(trials, Varied.SIZE))
    contrasts, columns = _into_cells(read_values(trials, Varied.CONTRAST))
    shape = (sizes.size, contrasts.size)
    hits, counts = np.zeros(shape), np.zeros(shape, np.int64)
    np.add.at(counts, (rows, columns), 1)
    np.add.at(hits, (rows, columns), read_hits(trials, detector))
    shares = np.where(counts > 0, hits / np.maximum(counts, 1), np.nan)
    return DetectionMap(sizes, contrasts, shares, counts)


def _into_cells(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the cells of one side, and the cell of each value."""
    levels, places = np.unique(np.round(values, 3), return_inverse=True)
    if levels.size <= MOST_CELLS:
        return levels, places
    edges = np.geomspace(levels[0], levels[-1], BINS + 1)
    places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, BINS - 1)
    return np.sqrt(edges[:-1] * edges[1:]), places
