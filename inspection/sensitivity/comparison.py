"""Which detector is better here: limits compared by bootstrap over the trials that all answered.

The detectors saw the same trials, so whole trials are drawn with replacement, or whole images where
there are enough of them, and every detector is fitted anew to each resample. A pair is separable
when the same one is ahead in all but 5 % of the resamples, divided by the number of pairs
(Bonferroni).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from inspection.evaluation.paired import mcnemar
from inspection.joint import JOINT
from inspection.sensitivity.fitting import Varied, name_detectors, read_hits, read_values
from inspection.sensitivity.likelihood import STEEPEST, Counts, Curves, Values, fit_middles
from inspection.sensitivity.pod import HALF, NINETY, PODFit, fit_hit_miss, say_limit
from inspection.sensitivity.records import Trial

RESAMPLES = 999
DOUBT = 0.05
FEWEST_SOURCES = 8  # images, for whole images to be drawn
FACTORS = np.geomspace(0.2, 5.0, 9)  # of the slope, in resamples
NEARER = np.geomspace(0.85, 1.18, 5)
STEPS = np.array([-0.04, 0.0, 0.04])  # of a fitted ceiling
AT_ONCE = 250  # resamples, for memory


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two detectors, the one with the lower limit first.

    Attributes:
        better, other: names.
        target: chance of a hit at which they are compared: 0.9; or 0.5, where not both reach that
            and it tells nothing.
        ratio: limit of the other / limit of the better; None where one is not reached.
        low, high: interval of the ratio; inf where the other does not reach its limit.
        is_separable: whether the better one is better beyond doubt: by its limit, or, where that
            tells nothing, by the number of its hits.
        sentence: all of this in words, only as strong as the trials.
    """

    better: str
    other: str
    target: float
    ratio: float | None
    low: float
    high: float
    is_separable: bool
    sentence: str


def compare_detectors(
    trials: Sequence[Trial],
    titles: Mapping[str, str],
    *,
    by: Varied = Varied.SIZE,
    seed: int = 0,
) -> list[Comparison]:
    """Compare all pairs of detectors, the joint verdict aside.

    Args:
        trials: those that all detectors answered.
        titles: of detectors, as people write them.
        by: what was varied.
        seed: of the resamples.

    Raises:
        SensitivityError: a size or contrast is no number above 0.
    """
    names = [name for name in name_detectors(trials) if name != JOINT]
    if len(names) < 2:
        return []
    values = read_values(trials, by)
    hits = {name: read_hits(trials, name) for name in names}
    fits = {name: fit_hit_miss(values, hits[name]) for name in names}
    weights = _draw([trial.source for trial in trials], seed)
    limits = {
        name: _Limits(fits[name], hits[name], _resample(fits[name], values, hits[name], weights))
        for name in names
    }
    pairs = list(combinations(names, 2))
    doubt = DOUBT / len(pairs)
    return [_compare(pair, limits, titles, by, doubt) for pair in pairs]


@dataclass(frozen=True, slots=True, eq=False)
class _Limits:
    """A fit, and target -> (resamples,) logarithms of its limit, inf where it is not reached."""

    fit: PODFit
    hits: NDArray[np.bool_]
    drawn: Mapping[float, Values]

    def limit(self, target: float) -> float:
        """Return where the curve reaches it, the smallest value tried at least; inf if nowhere.

        Other than a limit that is promised, one that is compared is taken from a flat curve, too.
        """
        x = float(self.fit.curve.reach(target)[0]) + self.fit.centre
        size = float(np.exp(min(x, 100.0)))
        return np.inf if size > self.fit.largest * (1 + 1e-9) else max(size, self.fit.smallest)

    def say(self, target: float, unit: str) -> str:
        """Return the limit in words."""
        limit = self.limit(target)
        return "nowhere" if np.isinf(limit) else say_limit(self.fit, limit, unit)


def _draw(sources: Sequence[str], seed: int) -> Values:
    """Return (resamples, n): how often each trial counts."""
    rng = np.random.default_rng(seed)
    names, units = np.unique(np.array(sources), return_inverse=True)
    if names.size < FEWEST_SOURCES:
        units = np.arange(len(sources))
    count = int(units.max()) + 1
    drawn = rng.multinomial(count, np.full(count, 1.0 / count), size=RESAMPLES)
    return np.asarray(drawn[:, units], np.float64)


def _resample(
    fit: PODFit, values: Values, hits: NDArray[np.bool_], weights: Values
) -> dict[float, Values]:
    """Return target -> (resamples,): the logarithm of the limit in each resample."""
    levels, places = np.unique(np.log(values), return_inverse=True)
    member = np.zeros((values.size, levels.size))
    member[np.arange(values.size), places] = 1.0
    counts = Counts(levels - fit.centre, weights @ member, weights @ (member * hits[:, None]))
    parts = [
        _reach(fit, Counts(counts.x, counts.trials[rows], counts.hits[rows]))
        for rows in np.array_split(np.arange(len(weights)), -(-len(weights) // AT_ONCE))
    ]
    low, high = np.log(fit.smallest), np.log(fit.largest)
    found = {}
    for place, target in enumerate((HALF, NINETY)):
        reached = np.concatenate([part[place] for part in parts]) + fit.centre
        found[target] = np.where(reached > high + 1e-9, np.inf, np.maximum(reached, low))
    return found


def _reach(fit: PODFit, counts: Counts) -> tuple[Values, Values]:
    """Return where each of R resamples reaches 50 and 90 %, (R,) each."""
    slope = max(1.0, float(fit.curve.slope[0]))
    coarse = np.append(0.0, np.minimum(slope * FACTORS, STEEPEST))
    best = _find_best(fit, counts, np.tile(coarse, (len(counts.trials), 1)))
    best = _find_best(fit, counts, np.minimum(best.slope[:, None] * NEARER, STEEPEST))
    return best.reach(HALF), best.reach(NINETY)


def _find_best(fit: PODFit, counts: Counts, slopes: Values) -> Curves:
    """Return the best curve of each of R resamples among K slopes, (R, K); the floor is kept."""
    ceilings = np.unique(np.clip(fit.ceiling + STEPS, 0, 1)) if fit.ceiling < 1 else np.ones(1)
    shape = (*slopes.shape, ceilings.size)  # (R, K, C)
    repeats = slopes.shape[1] * ceilings.size
    curves = fit_middles(
        Counts(
            counts.x,
            np.repeat(counts.trials, repeats, axis=0),  # (R K C, m)
            np.repeat(counts.hits, repeats, axis=0),
        ),
        np.repeat(slopes.ravel(), ceilings.size),
        np.full(slopes.size * ceilings.size, fit.floor),
        np.tile(ceilings, slopes.size),
    )
    best = curves.fit.reshape(shape[0], repeats).argmax(axis=1)
    return curves.at(best + repeats * np.arange(shape[0]))


def _compare(
    pair: tuple[str, str],
    limits: Mapping[str, _Limits],
    titles: Mapping[str, str],
    by: Varied,
    doubt: float,
) -> Comparison:
    """Compare two detectors at 90 %, at 50 % where not both reach that, and by their hits."""
    first, second = (limits[name] for name in pair)
    is_reached = all(np.isfinite(one.limit(NINETY)) for one in (first, second))
    targets = (NINETY,) if is_reached else (NINETY, HALF)
    share = doubt / (len(targets) + 1)  # each look at the trials has its part of it
    looks = [_measure(pair, limits, target, share) for target in targets]
    found = next((one for one in looks if one.is_separable), looks[-1])
    sentence = _say(found, limits, titles, by)
    more, fewer = pair if first.hits.sum() >= second.hits.sum() else pair[::-1]
    counts = limits[more].hits, limits[fewer].hits
    if found.is_separable or not _differ(*counts, share):
        return replace(found, sentence=sentence)
    sentence = (
        f"{titles[more]} finds more of these {counts[0].size} than {titles[fewer]}: "
        f"{counts[0].sum()} against {counts[1].sum()}; no {by.value} tells them apart."
    )
    return Comparison(more, fewer, found.target, None, 0.0, np.inf, True, sentence)


def _differ(first: NDArray[np.bool_], second: NDArray[np.bool_], doubt: float) -> bool:
    """Test whether one hits more of the same trials than the other (McNemar, exact)."""
    return mcnemar(int((first & ~second).sum()), int((second & ~first).sum())) <= doubt


def _measure(
    pair: tuple[str, str], limits: Mapping[str, _Limits], target: float, doubt: float
) -> Comparison:
    better, other = sorted(pair, key=lambda name: limits[name].limit(target))
    first, second = limits[better].drawn[target], limits[other].drawn[target]
    with np.errstate(invalid="ignore"):
        difference = np.nan_to_num(second - first, nan=0.0, posinf=np.inf, neginf=-np.inf)
    low, high = np.quantile(difference, [doubt / 2, 1 - doubt / 2], method="nearest")
    limit, against = limits[better].limit(target), limits[other].limit(target)
    ratio = against / limit if np.isfinite(against) else None
    return Comparison(
        better, other, target, ratio, float(np.exp(low)), float(np.exp(high)), bool(low > 0), ""
    )


def _say(
    one: Comparison, limits: Mapping[str, _Limits], titles: Mapping[str, str], by: Varied
) -> str:
    better, other = titles[one.better], titles[one.other]
    first, second = limits[one.better], limits[one.other]
    texts = [half.say(one.target, by.unit) for half in (first, second)]
    count, share = first.fit.num_trials, f"{100 * one.target:.0f} %"
    largest = f"{first.fit.largest:.3g} {by.unit}"
    if np.isinf(first.limit(one.target)):
        return f"Neither {better} nor {other} reaches {share} up to {largest} ({count} trials)."
    if second.limit(one.target) <= second.fit.smallest and not one.is_separable:
        both = f"{better} and {other} both find at least {share}"
        return f"{both} at every {by.value} tried ({count} trials)."
    interval = _say_interval(one.low, one.high)
    if not one.is_separable:
        return (
            f"{better} and {other} are not separable with these {count} trials "
            f"({share} found from {texts[0]} and {texts[1]}; ratio {interval})."
        )
    if one.ratio is None:
        return f"{better} finds {share} from {texts[0]} on; {other} does not up to {largest}."
    return (
        f"{better} finds {by.comparative} ones than {other}: {share} from {texts[0]} on against "
        f"{texts[1]} (ratio {one.ratio:.2g}, 95 % interval {interval})."
    )


def _say_interval(low: float, high: float) -> str:
    if np.isinf(low) or (low <= 0 and np.isinf(high)):
        return "not known"
    if low <= 0:
        return f"{high:.3g} or less"
    return f"{low:.3g} or more" if np.isinf(high) else f"{low:.3g} to {high:.3g}"
