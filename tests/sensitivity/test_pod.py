"""The probability of detection, held to detectors whose true curve is known."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from inspection.errors import SensitivityError
from inspection.sensitivity.pod import Outcome, PODFit, fit_hit_miss, say_limit

Values = NDArray[np.float64]
A50, SLOPE = 8.0, 4.0
A90 = A50 * 9 ** (1 / SLOPE)  # logit of 0.9 is log 9
NUM_STUDIES = 200
LEAST_COVERAGE = 0.915  # 2.5th percentile of a binomial share of 0.95 in 200, rounded down


def logistic(sizes: Values) -> Values:
    return np.asarray(expit(SLOPE * np.log(sizes / A50)))


def draw(
    rng: np.random.Generator, chance: Callable[[Values], Values], *, num_trials: int = 96
) -> tuple[Values, NDArray[np.bool_]]:
    sizes = np.repeat(np.geomspace(2, 60, 8), num_trials // 8)
    return sizes, rng.uniform(size=sizes.size) < chance(sizes)


def fit_studies(chance: Callable[[Values], Values]) -> list[PODFit]:
    rng = np.random.default_rng(5)
    return [fit_hit_miss(*draw(rng, chance)) for _ in range(NUM_STUDIES)]


def test_the_limits_of_a_known_detector_are_found_and_95_of_100_bounds_hold() -> None:
    fits = fit_studies(logistic)
    a50, a90 = (np.median([getattr(fit, name) for fit in fits]) for name in ("a50", "a90"))
    assert a50 == pytest.approx(A50, rel=0.03)
    assert a90 == pytest.approx(A90, rel=0.06)
    bounds = np.array([np.inf if fit.a90_95 is None else fit.a90_95 for fit in fits])
    assert LEAST_COVERAGE <= np.mean(bounds >= A90) < 1.0
    assert np.median(bounds) < 1.6 * A90  # a bound that holds because it says nothing is none


def test_the_bounds_hold_for_a_threshold_with_normal_noise() -> None:
    """The detector flags what stands out from its noise: the curve is no logistic one."""
    noise = 0.4
    fits = fit_studies(lambda sizes: np.asarray(ndtr(np.log(sizes / A50) / noise)))
    truth = A50 * np.exp(1.2816 * noise)
    assert np.mean([fit.a90_95 is None or fit.a90_95 >= truth for fit in fits]) >= LEAST_COVERAGE


def test_two_levels_are_worked_by_hand() -> None:
    """Firth's estimate for two levels adds half a hit and half a miss to each."""
    hits = [True] * 2 + [False] * 8 + [True] * 9 + [False]
    fit = fit_hit_miss([5.0] * 10 + [20.0] * 10, hits)
    low, high = np.log(2.5 / 8.5), np.log(9.5 / 1.5)
    assert fit.a50 == pytest.approx(5 * 4 ** (-low / (high - low)), rel=1e-3)
    np.testing.assert_allclose(fit.probability([5, 20]), [2.5 / 11, 9.5 / 11], atol=1e-3)


def test_many_trials_agree_with_logistic_regression() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(1)
    sizes, hits = draw(rng, logistic, num_trials=4000)
    model = linear_model.LogisticRegression(C=1e9, tol=1e-8).fit(np.log(sizes)[:, None], hits)
    slope, intercept = float(model.coef_[0, 0]), float(model.intercept_[0])
    fit = fit_hit_miss(sizes, hits)
    assert fit.a50 == pytest.approx(np.exp(-intercept / slope), rel=2e-3)
    assert fit.a90 == pytest.approx(np.exp((np.log(9) - intercept) / slope), rel=3e-3)


def test_many_trials_agree_with_statsmodels() -> None:
    api = pytest.importorskip("statsmodels.api")
    sizes, hits = draw(np.random.default_rng(2), logistic, num_trials=800)
    design = api.add_constant(np.log(sizes))
    intercept, slope = api.GLM(hits, design, family=api.families.Binomial()).fit().params
    fit = fit_hit_miss(sizes, hits)
    assert fit.a50 == pytest.approx(np.exp(-intercept / slope), rel=0.01)


def test_the_lower_bound_of_the_curve_crosses_90_percent_at_a90_95() -> None:
    fit = fit_hit_miss(*draw(np.random.default_rng(3), logistic))
    assert fit.a90_95 is not None
    low, high = fit.band([fit.a90_95])
    assert low[0] == pytest.approx(0.9, abs=1e-6)
    curve = fit.probability(np.geomspace(2, 60, 50))
    low, high = fit.band(np.geomspace(2, 60, 50))
    assert (low <= curve + 1e-9).all()
    assert (curve <= high + 1e-9).all()


def test_a_ceiling_is_found_and_90_percent_is_then_not_reached() -> None:
    fit = fit_hit_miss(
        *draw(np.random.default_rng(4), lambda sizes: 0.75 * logistic(sizes), num_trials=1600)
    )
    assert fit.ceiling == pytest.approx(0.75, abs=0.06)
    assert (fit.a90, fit.a90_95) == (None, None)
    assert fit.a50 is not None
    assert say_limit(fit, fit.a90) == "not reached"
    assert "At most" in " ".join(fit.notes)


def test_a_floor_is_found_and_a_known_one_is_kept() -> None:
    sizes, hits = draw(
        np.random.default_rng(4), lambda sizes: 0.2 + 0.8 * logistic(sizes), num_trials=400
    )
    assert fit_hit_miss(sizes, hits).floor == pytest.approx(0.2, abs=0.07)
    assert fit_hit_miss(sizes, hits, false_alarms=0.2).floor == 0.2


def test_a_plain_curve_seldom_gets_asymptotes() -> None:
    rng = np.random.default_rng(6)
    fits = [fit_hit_miss(*draw(rng, logistic)) for _ in range(40)]
    assert sum(fit.ceiling < 1 or fit.floor > 0 for fit in fits) <= 6


def test_separated_hits_and_misses_give_a_limit_between_them() -> None:
    fit = fit_hit_miss([2.0, 4.0, 8.0, 16.0] * 8, [False, False, True, True] * 8)
    assert fit.a50 == pytest.approx(np.sqrt(4 * 8), rel=0.02)
    assert fit.a90_95 is not None
    assert 4 < fit.a90_95 < 16
    assert "between 4 and 8" in fit.notes[0]


@pytest.mark.parametrize(("num_trials", "is_proved"), [(28, False), (29, True)])
def test_29_hits_in_a_row_prove_90_percent(num_trials: int, is_proved: bool) -> None:
    fit = fit_hit_miss(np.geomspace(3, 30, num_trials), [True] * num_trials)
    assert fit.outcome is Outcome.ALL_HITS
    assert (fit.a90_95 == pytest.approx(3)) == is_proved
    assert say_limit(fit, fit.a50) == "at most 3 px"
    assert say_limit(fit, fit.a90_95) == ("at most 3 px" if is_proved else "too few trials")


@pytest.mark.parametrize(
    ("values", "hits", "outcome"),
    [
        ([2.0, 4.0, 8.0], [False, True, True], Outcome.TOO_FEW),
        ([7.0], [True], Outcome.ALL_HITS),
        ([2.0, 4.0, 8.0] * 9, [False] * 27, Outcome.NO_HITS),
        ([2.0, 4.0, 8.0] * 9, [True, True, False] * 9, Outcome.NO_TREND),
        ([6.0] * 30, [True, False] * 15, Outcome.NO_TREND),
    ],
)
def test_where_nothing_can_be_told_there_is_a_sentence_and_no_number(
    values: list[float], hits: list[bool], outcome: Outcome
) -> None:
    fit = fit_hit_miss(values, hits)
    assert fit.outcome is outcome
    assert (fit.a90, fit.a90_95) == (None, None)
    assert say_limit(fit, fit.a90)[0].isalpha()
    assert fit.notes
    assert np.isfinite(fit.band([2, 5, 9])).all()


def test_nothing_is_said_beyond_what_was_tried() -> None:
    """A slow rise that would reach 90 % far above the largest size."""
    fit = fit_hit_miss(
        *draw(np.random.default_rng(8), lambda sizes: np.asarray(expit(np.log(sizes / 30))))
    )
    assert fit.outcome is Outcome.FITTED
    assert (fit.a90, fit.a90_95) == (None, None)
    assert "not reached up to 60" in " ".join(fit.notes)


def test_trials_that_do_not_follow_the_curve_are_said_to() -> None:
    sizes = np.repeat([2.0, 4.0, 8.0, 16.0, 32.0, 60.0], 40)
    hits = np.concatenate([np.arange(40) < count for count in (0, 30, 2, 38, 10, 40)])
    assert "does not follow" in fit_hit_miss(sizes, hits).notes[-1]


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [0.0, 3.0], [-1.0, 2.0], [np.inf, 1.0]])
def test_what_is_no_size_is_refused(values: list[float]) -> None:
    with pytest.raises(SensitivityError):
        fit_hit_miss(values, [True] * len(values))


def test_hits_are_true_or_false() -> None:
    with pytest.raises(SensitivityError):
        fit_hit_miss([1.0, 2.0], np.array([0.5, np.nan]))


def test_order_and_ties_make_no_difference() -> None:
    sizes, hits = draw(np.random.default_rng(9), logistic)
    order = np.random.default_rng(0).permutation(sizes.size)
    first, second = fit_hit_miss(sizes, hits), fit_hit_miss(sizes[order], hits[order])
    assert (first.a50, first.a90, first.a90_95) == (second.a50, second.a90, second.a90_95)


def test_probabilities_rise_with_size() -> None:
    fit = fit_hit_miss(*draw(np.random.default_rng(10), logistic))
    assert all(low < high for low, high in pairwise(fit.probability([2, 5, 12, 40])))
