"""The signal-response model: right where it holds, and silent where it does not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inspection.errors import SensitivityError
from inspection.sensitivity.signal import fit_signal

A50, SLOPE, SPREAD = 9.0, 1.5, 0.4
A90 = A50 * np.exp(1.2816 * SPREAD / SLOPE)


def draw(
    rng: np.random.Generator, num_trials: int = 80
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    sizes = np.exp(rng.uniform(np.log(2), np.log(60), num_trials))
    noise = SPREAD * rng.standard_normal(num_trials)
    return sizes, np.exp(SLOPE * np.log(sizes / A50) + noise)


def test_limits_of_a_known_line_are_found_and_95_of_100_bounds_hold() -> None:
    rng = np.random.default_rng(0)
    fits = [fit_signal(*draw(rng)) for _ in range(200)]
    assert np.median([fit.a50 for fit in fits]) == pytest.approx(A50, rel=0.02)
    assert np.median([fit.a90 for fit in fits]) == pytest.approx(A90, rel=0.02)
    bounds = np.array([fit.a90_95 for fit in fits], np.float64)
    assert 0.915 <= np.mean(bounds >= A90) < 1
    assert np.mean([fit.holds for fit in fits]) > 0.9


def test_a_line_without_noise_is_worked_by_hand() -> None:
    """log(score / threshold) is exactly 2 log(size / 5), give or take 0.1."""
    sizes = np.repeat([2.0, 4.0, 8.0, 16.0, 32.0], 4)
    shift = np.tile([0.1, -0.1, -0.1, 0.1], 5)
    fit = fit_signal(sizes, np.exp(2 * np.log(sizes / 5) + shift))
    assert (fit.slope, fit.spread) == pytest.approx((2.0, 0.1 * np.sqrt(20 / 18)))
    assert fit.a50 == pytest.approx(5.0, rel=1e-3)
    assert fit.a90 == pytest.approx(5 * np.exp(1.28155 * fit.spread / 2), rel=1e-3)
    assert fit.probability([5.0])[0] == pytest.approx(0.5)


def test_a_response_that_levels_off_is_not_shown() -> None:
    sizes, scores = draw(np.random.default_rng(1), 200)
    fit = fit_signal(sizes, np.maximum(scores, 0.8))  # the rest of the image is never below
    assert not fit.holds
    assert "no straight line" in fit.problems


def test_unequal_spread_and_other_laws_are_noticed() -> None:
    rng = np.random.default_rng(2)
    sizes = np.exp(rng.uniform(np.log(2), np.log(60), 300))
    line = SLOPE * np.log(sizes / A50)
    unequal = fit_signal(sizes, np.exp(line + 0.3 * np.log(sizes) * rng.standard_normal(300)))
    assert "unequal scatter" in unequal.problems
    skewed = fit_signal(sizes, np.exp(line + rng.exponential(0.5, 300)))
    assert "no normal scatter" in skewed.problems


def test_a_limit_beyond_what_was_tried_is_not_reached() -> None:
    sizes, scores = draw(np.random.default_rng(3))
    fit = fit_signal(sizes, scores / 100)
    assert (fit.a50, fit.a90, fit.a90_95) == (None, None, None)
    certain = fit_signal(sizes, scores * 100)
    assert certain.a90_95 == pytest.approx(sizes.min())


@pytest.mark.parametrize("scores", [[0.5, 2.0, 3.0], [0.0] * 12, [np.nan] * 12])
def test_too_few_or_odd_scores_are_said_to_be(scores: list[float]) -> None:
    fit = fit_signal(np.linspace(2, 20, len(scores)), scores)
    assert not fit.holds
    assert fit.a90_95 is None


def test_sizes_are_numbers_above_0() -> None:
    with pytest.raises(SensitivityError):
        fit_signal([0.0, 1.0], [1.0, 2.0])
