"""The signal-response model: how the score itself grows with size, where that is a straight line.

log(score / threshold) = intercept + slope log(size) + normal noise of one spread (MIL-HDBK-1823A,
ASTM E3023). A score says more than a hit, so the limits are surer; but only where line, spread and
normal law hold, which is tested. A flag counts wherever it lies: the outline is not asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc, ndtr, ndtri

from inspection.sensitivity.likelihood import Values
from inspection.sensitivity.pod import HALF, NINETY, TAIL, check_trials

FEWEST = 10
REFUSED = 0.01  # level of each of the three tests
POINTS = 512  # of the sizes between which the limit is looked for


@dataclass(frozen=True, slots=True)
class SignalFit:
    """A line through log scores, and the sizes at which it is above the threshold.

    Attributes:
        smallest, largest: of the values tried; nothing is said beyond them.
        spread: standard deviation of log(score / threshold) around the line.
        a50, a90, a90_95: as of a `PODFit`; None where not reached.
        problems: assumptions that do not hold here, in a few words each; empty where all do.
    """

    num_trials: int
    smallest: float
    largest: float
    intercept: float
    slope: float
    spread: float
    a50: float | None
    a90: float | None
    a90_95: float | None
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the figures may be shown."""
        return not self.problems

    def probability(self, values: Sequence[float] | Values) -> Values:
        """Return (n,): the probability of a score above the threshold at each value."""
        line = self.intercept + self.slope * np.log(np.asarray(values, np.float64))
        return np.asarray(ndtr(line / max(self.spread, 1e-12)))


def fit_signal(
    values: Sequence[float] | Values, relative_scores: Sequence[float] | Values
) -> SignalFit:
    """Fit the logarithm of score / threshold against the logarithm of a size or a contrast.

    Args:
        values: (n,), above 0.
        relative_scores: (n,), image score / threshold.

    Raises:
        SensitivityError: there is no trial, or a value is no number above 0.
    """
    scores = np.asarray(relative_scores, np.float64)
    sizes, _ = check_trials(values, scores > 1.0)
    low, high = float(sizes.min()), float(sizes.max())
    refusal = _refuse(sizes, scores)
    if refusal:
        return SignalFit(
            *(sizes.size, low, high, np.nan, np.nan, np.nan, None, None, None, (refusal,))
        )
    x, y = np.log(sizes), np.log(scores)
    slope, intercept = np.polyfit(x, y, 1)
    residuals = y - intercept - slope * x
    spread = float(np.sqrt(np.square(residuals).sum() / (x.size - 2)))
    limits = _find_limits(x, float(intercept), float(slope), spread)
    problems = tuple(_check(x, residuals, float(slope)))
    a50, a90, a90_95 = (
        None if limit is None else max(low, float(np.exp(limit))) for limit in limits
    )
    return SignalFit(
        *(x.size, low, high, float(intercept), float(slope), spread, a50, a90, a90_95, problems)
    )


def _refuse(sizes: Values, scores: Values) -> str:
    """Return why no line can be fitted; empty where one can."""
    if not (np.isfinite(scores) & (scores > 0)).all():
        return "scores of 0"
    if sizes.size < FEWEST:
        return f"fewer than {FEWEST} trials"
    if np.unique(sizes).size < 3:
        return "fewer than 3 different values"
    return ""


def _find_limits(
    x: Values, intercept: float, slope: float, spread: float
) -> tuple[float | None, float | None, float | None]:
    """Return the logarithms of a50, a90 and a90/95 within what was tried.

    90 % of the responses lie above the line less 1.28 spreads; the one-sided 95 % bound of that
    follows from the variance of its estimate (delta method).
    """
    grid = np.linspace(x.min(), x.max(), POINTS)
    line = intercept + slope * grid
    off_centre = np.square(grid - x.mean()) / np.square(x - x.mean()).sum()
    level = float(ndtri(NINETY))
    variance = 1 / x.size + off_centre + level**2 / (2 * (x.size - 2))
    bound = line - spread * (level + float(ndtri(1 - TAIL)) * np.sqrt(variance))
    at = (float(ndtri(HALF)), level)
    return (
        _cross(grid, line - at[0] * spread),
        _cross(grid, line - at[1] * spread),
        _cross(grid, bound),
    )


def _cross(grid: Values, heights: Values) -> float | None:
    """Return from where on heights are above 0 up to the end; None where the last one is not."""
    below = np.flatnonzero(heights <= 0)
    if below.size == 0:
        return float(grid[0])
    last = int(below[-1])
    if last == grid.size - 1:
        return None
    share = -heights[last] / (heights[last + 1] - heights[last])
    return float(grid[last] + share * (grid[last + 1] - grid[last]))


def _check(x: Values, residuals: Values, slope: float) -> list[str]:
    """Return which assumptions the residuals contradict."""
    from scipy.stats import shapiro

    problems = []
    if slope <= 0:
        problems.append("no rise")
    count = x.size
    rest = residuals - _project(x, residuals, 2)
    total, left = float(np.square(residuals).sum()), float(np.square(rest).sum())
    if (
        total <= 0
        or fdtrc(1, count - 3, (total - left) / max(left / (count - 3), 1e-300)) < REFUSED
    ):
        problems.append("no straight line")
    squares = np.square(residuals)
    explained = _project(x, squares, 1) - squares.mean()
    share = np.square(explained).sum() / max(
        float(np.square(squares - squares.mean()).sum()), 1e-300
    )
    if chdtrc(1, count * share) < REFUSED:  # Breusch and Pagan 1979, as by Koenker 1981
        problems.append("unequal scatter")
    if float(shapiro(residuals).pvalue) < REFUSED:
        problems.append("no normal scatter")
    return problems


def _project(x: Values, y: Values, degree: int) -> NDArray[np.float64]:
    """Return the polynomial of this degree through y."""
    centred = x - x.mean()
    return np.asarray(np.polyval(np.polyfit(centred, y, degree), centred), np.float64)
