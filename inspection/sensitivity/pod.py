"""The probability of detection (POD) from hits and misses, and the size that is found reliably.

The model is that of MIL-HDBK-1823A and ASTM E2862, logistic in the logarithm of the size, with
asymptotes where the trials ask for them. Credible is what a likelihood-ratio test does not refuse.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, chdtrc

from inspection.errors import SensitivityError
from inspection.sensitivity.likelihood import (
    FLATTEST,
    STEEPEST,
    Counts,
    Curves,
    Values,
    find_edges,
    fit_middles,
)

NOT_REACHED = "not reached"
NINETY = 0.9
HALF = 0.5
TAIL = 0.05  # of the one-sided confidence of a90/95
DEVIANCE = 2.7055  # chi-square of one degree, 90 %: one-sided 5 %, and two-sided 10 %
FEWEST = 8  # trials for a curve
ASKED_FOR = 60  # trials, by MIL-HDBK-1823A
IN_A_ROW = 29  # hits without a miss that prove 90 % with 95 % confidence: 0.9^29 < 0.05
FEWEST_FOR_ASYMPTOTES = 20
FITS_BADLY = 0.01
MOST_GROUPS = 6
FEWEST_IN_GROUP = 5
MOST_LEVELS = 48  # values beyond are put together with their neighbours

SLOPES = np.concatenate([[0.0], np.geomspace(FLATTEST, STEEPEST, 14)])
FLOORS = np.array([0.0, 0.02, 0.05, 0.1, 0.17, 0.25, 0.35, 0.5])
CEILINGS = np.array([1.0, 0.99, 0.97, 0.94, 0.9, 0.85, 0.78, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])
LEAST_SPAN = 0.1  # between floor and ceiling


class Outcome(StrEnum):
    """What a series of trials allows to say."""

    FITTED = "fitted"
    TOO_FEW = "too few trials"
    ALL_HITS = "every trial was a hit"
    NO_HITS = "no trial was a hit"
    NO_TREND = "size made no difference"


@dataclass(frozen=True, slots=True, eq=False)
class PODFit:
    """A curve of detection, and the sizes at which it reaches 50 and 90 %.

    Attributes:
        smallest, largest: of the values tried; nothing is said beyond them.
        floor, ceiling: chance of a hit at the smallest and at the largest defects imaginable.
        a50, a90: value that is found with this probability; None where that is not reached. What
            lies below the smallest value tried is that value, and the notes say "at most".
        a90_95: value that is found with 90 % probability, with 95 % confidence.
        notes: whatever has to be known to read the figures, in sentences.
    """

    num_trials: int
    num_hits: int
    smallest: float
    largest: float
    outcome: Outcome
    floor: float
    ceiling: float
    a50: float | None
    a90: float | None
    a90_95: float | None
    notes: tuple[str, ...] = field(default=(), kw_only=True)
    centre: float = field(repr=False, kw_only=True)
    curve: Curves = field(repr=False, kw_only=True)
    lowest: Curves = field(repr=False, kw_only=True)
    highest: Curves = field(repr=False, kw_only=True)

    def probability(self, values: Sequence[float] | Values) -> Values:
        """Return (n,): the probability of a hit at each value."""
        return np.asarray(self.curve.probability(self._centre(values))[0])

    def band(self, values: Sequence[float] | Values) -> Values:
        """Return (2, n): one-sided 95 % bounds of the curve from below and from above.

        The lower one crosses 90 % at a90/95.
        """
        x = self._centre(values)
        low = self.lowest.probability(x).min(axis=0)
        return np.stack([low, self.highest.probability(x).max(axis=0)])

    def _centre(self, values: Sequence[float] | Values) -> Values:
        return np.log(np.asarray(values, np.float64)) - self.centre


def fit_hit_miss(
    values: Sequence[float] | Values,
    hits: Sequence[bool] | NDArray[np.bool_],
    *,
    false_alarms: float | None = None,
) -> PODFit:
    """Fit the chance of a hit against the logarithm of a size or a contrast.

    Args:
        values: (n,), above 0.
        hits: (n,).
        false_alarms: share of trials that count as hits with no defect at all, where it is known;
            else the trials themselves say whether there is one.

    Raises:
        SensitivityError: there is no trial, or a value is no number above 0.
    """
    sizes, found = check_trials(values, hits)
    centre = float(np.log(sizes).mean())
    counts = count_levels(np.log(sizes) - centre, found)
    search = _search(counts, false_alarms)
    outcome = _judge(counts, search.best)
    limits = (
        _read_limits(search, sizes, centre)
        if outcome is Outcome.FITTED
        else _bound_limits(outcome, sizes, found)
    )
    best = search.best
    fit = PODFit(
        len(sizes),
        int(found.sum()),
        float(sizes.min()),
        float(sizes.max()),
        outcome,
        float(best.floor[0]),
        float(best.ceiling[0]),
        *limits,
        centre=centre,
        curve=best,
        lowest=search.lowest,
        highest=search.highest,
    )
    return replace(fit, notes=tuple(_say_notes(fit, sizes, found, _fits_badly(counts, best))))


def say_limit(fit: PODFit, limit: float | None, unit: str = "px") -> str:
    """Return one of the limits of a fit in words, such as "11 px", "at most 3 px"."""
    if limit is None:  # where every trial was a hit, 90 % are lacking proof, not reach
        if fit.outcome is Outcome.NO_TREND:
            return "cannot be told"
        is_few = fit.outcome in (Outcome.TOO_FEW, Outcome.ALL_HITS)
        return "too few trials" if is_few else NOT_REACHED
    return say_value(limit, fit.smallest, unit)


def say_value(limit: float, smallest: float, unit: str) -> str:
    """Return a limit in words; where it is the smallest value tried, it may lie below that."""
    text = f"{limit:.3g} {unit}".strip()
    return f"at most {text}" if limit <= smallest * (1 + 1e-9) else text


def check_trials(
    values: Sequence[float] | Values, hits: Sequence[bool] | NDArray[np.bool_]
) -> tuple[Values, NDArray[np.bool_]]:
    """Return values and hits as arrays.

    Raises:
        SensitivityError: there is no trial, or a value is no number above 0.
    """
    sizes, found = np.asarray(values, np.float64), np.asarray(hits)
    if sizes.ndim != 1 or sizes.shape != found.shape or sizes.size == 0:
        raise SensitivityError(
            f"There are {sizes.size} values and {found.size} hits or misses.",
            "Give one hit or miss for each of at least one value.",
        )
    if found.dtype != np.bool_ and not np.isin(found, (0, 1)).all():
        raise SensitivityError("A trial is neither hit nor miss.", "Give True or False for each.")
    if not (np.isfinite(sizes) & (sizes > 0)).all():
        raise SensitivityError(
            "A size or contrast is no number above 0.",
            "Leave out trials without a defect; their rate of hits is the rate of false alarms.",
        )
    return sizes, found.astype(np.bool_)


def count_levels(x: Values, hits: NDArray[np.bool_]) -> Counts:
    """Return trials and hits at each level; very many levels are put together with neighbours."""
    if np.unique(x).size > MOST_LEVELS:
        width = (x.max() - x.min()) / MOST_LEVELS
        bins = np.floor((x - x.min()) / width).astype(np.intp)
        means = np.bincount(bins, weights=x) / np.maximum(np.bincount(bins), 1)
        x = means[bins]
    levels, place = np.unique(x, return_inverse=True)
    return Counts(
        levels,
        np.bincount(place, minlength=levels.size).astype(np.float64),
        np.bincount(place, hits, minlength=levels.size).astype(np.float64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """The best curve (one row), and the credible ones at the edge, one pair for each slope."""

    best: Curves
    lowest: Curves
    highest: Curves


def _search(counts: Counts, false_alarms: float | None) -> _Search:
    """Fit the simplest model that no richer one refutes: an asymptote has to earn its place."""
    known = np.array([false_alarms or 0.0])
    floors = FLOORS if false_alarms is None else known
    chosen = _fit_all(counts, SLOPES, known, CEILINGS[:1])
    best = _climb(counts, chosen)
    is_wanted = counts.trials.sum() >= FEWEST_FOR_ASYMPTOTES
    for models in (((known, CEILINGS), (floors, CEILINGS[:1])), ((floors, CEILINGS),)):
        richer = [_fit_all(counts, SLOPES[::2], *model) for model in models if is_wanted]
        climbed = [(_climb(counts, curves), curves) for curves in richer]
        better = max(climbed, key=lambda one: float(one[0].fit[0]), default=(best, chosen))
        if 2 * (better[0].fit[0] - best.fit[0]) <= DEVIANCE:
            break
        best, chosen = better
    return _refine(counts, chosen, best)


def _fit_all(counts: Counts, slopes: Values, floors: Values, ceilings: Values) -> Curves:
    slope, floor, ceiling = (
        grid.ravel() for grid in np.meshgrid(slopes, floors, ceilings, indexing="ij")
    )
    is_possible = ceiling - floor >= LEAST_SPAN
    return fit_middles(counts, slope[is_possible], floor[is_possible], ceiling[is_possible])


def _refine(counts: Counts, coarse: Curves, best: Curves) -> _Search:
    """Look again, closely, wherever the coarse grid was credible or next to it."""
    is_credible = coarse.fit >= min(coarse.fit.max(), best.fit[0] - DEVIANCE / 2)
    slopes = _between(coarse.slope, is_credible, 24)
    floors = _between(coarse.floor, is_credible, 6)
    ceilings = _between(coarse.ceiling, is_credible, 8)
    fine = _fit_all(counts, slopes, floors, ceilings)
    least = max(float(best.fit[0]), float(fine.fit.max())) - DEVIANCE / 2
    return _Search(best, *find_edges(counts, fine, least))


def _between(tried: Values, is_credible: NDArray[np.bool_], count: int) -> Values:
    """Return values from below the lowest credible one to above the highest."""
    grid = np.unique(tried)
    if grid.size == 1:
        return grid
    low = max(0, int(np.searchsorted(grid, tried[is_credible].min())) - 1)
    high = min(grid.size - 1, int(np.searchsorted(grid, tried[is_credible].max())) + 1)
    if grid[-1] <= 1.0:  # asymptotes
        return np.linspace(grid[low], grid[high], count)
    fine = np.geomspace(max(grid[low], FLATTEST), max(grid[high], 2 * FLATTEST), count)
    return np.concatenate([[0.0], fine]) if low == 0 else fine


def _climb(counts: Counts, fine: Curves) -> Curves:
    """Return the best curve (one row), searched more and more closely around the best so far."""
    best = fine.at(np.array([fine.fit.argmax()]))
    ratio, reach = 1.15, 0.02
    has_floor, has_ceiling = np.unique(fine.floor).size > 1, np.unique(fine.ceiling).size > 1
    for _ in range(4):
        slopes = np.minimum(best.slope * np.geomspace(1 / ratio, ratio, 7), STEEPEST)
        steps = np.linspace(-reach, reach, 5)
        floors = np.clip(best.floor + (steps if has_floor else 0.0), 0.0, 1.0)
        ceilings = np.clip(best.ceiling + (steps if has_ceiling else 0.0), 0.0, 1.0)
        near = _fit_all(counts, slopes, np.unique(floors), np.unique(ceilings))
        nearest = near.at(np.array([near.fit.argmax()]))
        best = nearest if nearest.fit[0] > best.fit[0] else best
        ratio, reach = ratio**0.4, reach * 0.4
    return best


def _judge(counts: Counts, best: Curves) -> Outcome:
    num_hits, num_trials = counts.hits.sum(), counts.trials.sum()
    if num_hits == num_trials:
        return Outcome.ALL_HITS
    if num_hits == 0:
        return Outcome.NO_HITS
    if num_trials < FEWEST:
        return Outcome.TOO_FEW
    flat = fit_middles(counts, np.zeros(1), np.zeros(1), np.ones(1))
    has_trend = 2 * (best.fit[0] - flat.fit[0]) > DEVIANCE
    return Outcome.FITTED if has_trend else Outcome.NO_TREND


Limits = tuple[float | None, float | None, float | None]


def _read_limits(search: _Search, sizes: Values, centre: float) -> Limits:
    """Return a50, a90 and a90/95 within what was tried."""
    reached = (
        float(search.best.reach(HALF)[0]),
        float(search.best.reach(NINETY)[0]),
        float(search.lowest.reach(NINETY).max()),
    )
    low, high = float(sizes.min()), float(sizes.max())
    sizes_reached = [np.exp(x + centre) if x < np.inf else np.inf for x in reached]
    a50, a90, a90_95 = (
        None if size > high * (1 + 1e-9) else max(float(size), low) for size in sizes_reached
    )
    return a50, a90, a90_95


def _bound_limits(outcome: Outcome, sizes: Values, found: NDArray[np.bool_]) -> Limits:
    """Return what can be said without a curve: the exact binomial bound of all trials together."""
    low, smallest = _lower_bound(int(found.sum()), len(found)), float(sizes.min())
    if low >= NINETY:
        return smallest, smallest, smallest
    is_all = outcome is Outcome.ALL_HITS and low >= HALF
    return (smallest, smallest, None) if is_all else (None, None, None)


def _lower_bound(num_hits: int, num_trials: int) -> float:
    """Return the one-sided 95 % bound of a share from below (Clopper and Pearson 1934)."""
    return float(betaincinv(num_hits, num_trials - num_hits + 1, TAIL)) if num_hits else 0.0


def _say_notes(fit: PODFit, sizes: Values, found: NDArray[np.bool_], is_bad: bool) -> Iterator[str]:
    """Yield what has to be known to read the figures."""
    low, high = f"{fit.smallest:.3g}", f"{fit.largest:.3g}"
    if fit.outcome is Outcome.TOO_FEW:
        yield (
            f"{fit.num_trials} trials are too few for a curve: {FEWEST} are the least, and "
            f"MIL-HDBK-1823A asks for {ASKED_FOR}."
        )
    elif fit.outcome is Outcome.ALL_HITS:
        yield f"Every trial was a hit: the limit lies below {low}, the smallest value tried."
        if fit.num_trials < IN_A_ROW:
            yield f"It takes {IN_A_ROW} hits in a row to say 90 % with 95 % confidence."
    elif fit.outcome is Outcome.NO_HITS:
        yield f"No trial was a hit: the limit lies above {high}, the largest value tried."
    elif fit.outcome is Outcome.NO_TREND:
        yield (
            f"Larger values were not found more often ({fit.num_hits} hits in {fit.num_trials} "
            "trials): no limit can be told."
        )
    else:
        yield from _say_curve(fit, sizes, found)
        if is_bad:
            yield "The curve does not follow the trials well: read its figures with care."


def _say_curve(fit: PODFit, sizes: Values, found: NDArray[np.bool_]) -> Iterator[str]:
    low, high = f"{fit.smallest:.3g}", f"{fit.largest:.3g}"
    largest_miss, smallest_hit = float(sizes[~found].max()), float(sizes[found].min())
    if largest_miss < smallest_hit:
        yield (
            f"All misses are smaller than all hits: the limit lies between {largest_miss:.3g} and "
            f"{smallest_hit:.3g}, and how steep the curve is there is not known."
        )
    if fit.ceiling < 1.0:
        yield f"At most {fit.ceiling:.0%} are found at the highest values: some are never seen."
    if fit.floor > 0.0:
        yield (
            f"{fit.floor:.0%} are hits at the lowest values, too: false alarms, or defects that "
            "show by something else."
        )
    if fit.a90 is None:
        yield f"90 % is not reached up to {high}, the largest value tried."
    elif fit.a90_95 is None:
        yield f"With 95 % confidence, 90 % is not reached up to {high}, the largest value tried."
    elif fit.a90 <= fit.smallest:
        yield f"90 % are found at {low} already, the smallest value tried."
    if fit.num_trials < ASKED_FOR:
        yield (
            f"{fit.num_trials} trials are fewer than the {ASKED_FOR} that MIL-HDBK-1823A asks for."
        )


def _fits_badly(counts: Counts, best: Curves) -> bool:
    """Compare hits seen with hits expected in groups of neighbouring levels (Pearson)."""
    total = counts.trials.sum()
    num_groups = int(min(MOST_GROUPS, total // FEWEST_IN_GROUP, counts.x.size))
    if num_groups < 3:
        return False
    before = np.cumsum(counts.trials) - counts.trials / 2
    group = np.floor(num_groups * before / total).astype(np.intp)
    chance = best.probability(counts.x)[0]
    seen, expected, variance = (
        np.bincount(group, weights=weights, minlength=num_groups)
        for weights in (
            counts.hits,
            counts.trials * chance,
            counts.trials * chance * (1.0 - chance),
        )
    )
    distance = float((np.square(seen - expected) / np.maximum(variance, 0.25)).sum())
    return float(chdtrc(num_groups - 2, distance)) < FITS_BADLY
