"""The likelihood of hits and misses: how well curves of detection fit, many of them at once.

A curve is p(x) = floor + (ceiling - floor) / (1 + exp(-(middle + slope x))), x being the centred
logarithm of what was varied. For many slopes and asymptotes at once the best `middle` is found, and
how far it may be moved until the curve is no longer credible (likelihood ratio).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Values = NDArray[np.float64]

STEEPEST = 40.0  # 10 to 90 % within a factor of 1.12: steeper cannot be told apart, nor is needed
FLATTEST = 0.05
FAR = 9.0  # logits beyond which a probability is 0 or 1
COARSE = 9  # middles tried first
STEPS = 6  # of Newton, after which nothing moves in the fourth digit
LEAST = 1e-9  # a probability is never quite 0 or 1


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Trials at m levels.

    Attributes:
        x: (m,), ascending; logarithms, the mean over all trials being 0.
        trials, hits: (m,), or (S, m) where every curve has its own.
    """

    x: Values
    trials: Values
    hits: Values

    @property
    def reach(self) -> float:
        return float(np.abs(self.x).max())


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """S curves of detection, (S,) each."""

    slope: Values
    floor: Values
    ceiling: Values
    middle: Values
    fit: Values  # penalised log-likelihood

    def __len__(self) -> int:
        return len(self.slope)

    def at(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> "Curves":
        """Return some of them."""
        return Curves(*(getattr(self, name)[rows] for name in self.__slots__))

    def probability(self, x: Values) -> Values:
        """Return (S, n): the probability of a hit at each of n centred logarithms."""
        logits = self.middle[:, None] + self.slope[:, None] * x
        span = self.ceiling - self.floor
        return np.asarray(self.floor[:, None] + span[:, None] * expit(logits))

    def reach(self, target: float) -> Values:
        """Return (S,): the centred logarithm at which each reaches a probability; inf if never."""
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (target - self.floor) / (self.ceiling - self.floor)
            logit = np.log(share / (1.0 - share))
            x = (logit - self.middle) / self.slope
        x = np.where(self.slope > 0, x, np.where(self.middle >= logit, -np.inf, np.inf))
        x = np.where(share <= 0, -np.inf, x)
        return np.where(share >= 1, np.inf, x)


def fit_middles(counts: Counts, slope: Values, floor: Values, ceiling: Values) -> Curves:
    """Return the best curve for each slope and asymptotes, (S,) each."""
    limit = FAR + slope * counts.reach  # (S,)
    tried = np.linspace(-1.0, 1.0, COARSE)[:, None] * limit  # (COARSE, S)
    fits = np.stack([_fit(counts, slope, floor, ceiling, middle)[0] for middle in tried])
    middle = tried[fits.argmax(axis=0), np.arange(len(slope))]
    fit, gradient, information = _fit(counts, slope, floor, ceiling, middle)
    width = 2.0 * limit / (COARSE - 1)
    for _ in range(STEPS):
        step = np.clip(gradient / np.maximum(information, LEAST), -width, width)
        moved = np.clip(middle + step, -limit, limit)
        now = _fit(counts, slope, floor, ceiling, moved)
        is_better = now[0] >= fit
        middle = np.where(is_better, moved, middle)
        fit, gradient, information = (
            np.where(is_better, new, old)
            for new, old in zip(now, (fit, gradient, information), strict=True)
        )
        width = np.where(is_better, width, np.abs(step) / 3)
    return Curves(slope, floor, ceiling, middle, fit)


def find_edges(counts: Counts, curves: Curves, least_fit: float) -> tuple[Curves, Curves]:
    """Move each curve to the right and to the left until it only just fits.

    Args:
        counts: the trials.
        curves: best of their slope and asymptotes; those that fit worse are left out.
        least_fit: log-likelihood of a curve that is only just credible.

    Returns:
        The lowest and the highest credible curve of each slope.
    """
    kept = curves.at(curves.fit >= least_fit)
    return _move(counts, kept, least_fit, -1.0), _move(counts, kept, least_fit, 1.0)


def _move(counts: Counts, curves: Curves, least_fit: float, sign: float) -> Curves:
    """Newton on the fit, which is concave or nearly so: from outside it never overshoots."""
    limit = FAR + curves.slope * counts.reach
    shape = (curves.slope, curves.floor, curves.ceiling)
    _, _, information = _fit(counts, *shape, curves.middle)
    room = np.maximum(curves.fit - least_fit, 0.0)
    middle = curves.middle + sign * np.minimum(
        np.sqrt(2 * room / np.maximum(information, 1e-9)), limit
    )
    for _ in range(STEPS):
        middle = np.clip(middle, -limit, limit)
        fit, gradient, _ = _fit(counts, *shape, middle)
        outward = np.minimum(gradient * sign, -1e-9)  # the fit falls outwards
        step = np.clip((least_fit - fit) / outward, -limit / 2, limit / 2)
        beyond = (middle + sign * step - curves.middle) * sign
        middle = curves.middle + sign * np.maximum(beyond, 0.0)
    return Curves(*shape, np.clip(middle, -limit, limit), np.full(len(curves), least_fit))


def _fit(
    counts: Counts, slope: Values, floor: Values, ceiling: Values, middle: Values
) -> tuple[Values, Values, Values]:
    """Return penalised log-likelihood, its derivative by the middle, expected information: (S,).

    Half the logarithm of the determinant of the information of middle and slope is added (Firth
    1993): estimates lose their bias, and stay finite where hits and misses do not overlap (Heinze
    and Schemper 2002).
    """
    x, hits, trials = counts.x, counts.hits, counts.trials
    share = expit(middle[:, None] + slope[:, None] * x)  # (S, m)
    span = (ceiling - floor)[:, None]
    chance = np.clip(floor[:, None] + span * share, LEAST, 1.0 - LEAST)
    spread = chance * (1.0 - chance)
    rise = span * share * (1.0 - share)
    weight = rise / spread
    fit = (hits * np.log(chance) + (trials - hits) * np.log1p(-chance)).sum(axis=1)
    gradient = ((hits - trials * chance) * weight).sum(axis=1)
    each = trials * rise * weight + LEAST * trials
    change = each * (2.0 - 4.0 * share - (1.0 - 2.0 * chance) * weight)
    one, two = each @ x, each @ x**2  # (S,)
    information = each.sum(axis=1)
    determinant = np.maximum(information * two - one**2, LEAST**3)
    turn = change.sum(axis=1) * two + information * (change @ x**2) - 2.0 * one * (change @ x)
    return fit + 0.5 * np.log(determinant), gradient + 0.5 * turn / determinant, information
