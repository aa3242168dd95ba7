"""Intervals cover what they promise, and the same seed draws the same."""

import numpy as np
import pytest
from scipy.stats import binomtest

from inspection.evaluation.intervals import binomial_interval, draw_resamples, percentile_interval


@pytest.mark.parametrize(("hits", "trials"), [(0, 20), (20, 20), (3, 40), (1, 1), (57, 60)])
def test_the_interval_of_a_share_is_the_exact_one_of_scipy(hits: int, trials: int) -> None:
    expected = binomtest(hits, trials).proportion_ci(0.95, method="exact")
    assert binomial_interval(hits, trials) == pytest.approx((expected.low, expected.high))


def test_of_no_trial_nothing_is_known() -> None:
    assert binomial_interval(0, 0) == (0, 1)


def test_a_resample_has_as_many_parts_of_either_kind_and_keeps_views_together() -> None:
    units = ["a", "a", "b", "c", "x", "x", "y"]
    labels = [False, False, False, False, True, True, True]
    weights = draw_resamples(units, labels, seed=1, count=300)
    assert weights.shape == (300, 7)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 4] == weights[:, 5]).all()
    assert (weights[:, [0, 2, 3]].sum(axis=1) == 3).all()
    assert (weights[:, [4, 6]].sum(axis=1) == 2).all()
    np.testing.assert_array_equal(weights, draw_resamples(units, labels, seed=1, count=300))
    assert (weights != draw_resamples(units, labels, seed=2, count=300)).any()


def test_the_middle_95_percent_covers_the_mean_of_most_samples() -> None:
    rng = np.random.default_rng(0)
    num_covered = 0
    for _ in range(200):
        values = rng.normal(0.0, 1.0, 60)
        units = [str(index) for index in range(60)]
        weights = draw_resamples(units, [False] * 60, seed=int(rng.integers(1 << 30)), count=400)
        interval = percentile_interval(weights @ values / 60, around=float(values.mean()))
        assert interval is not None
        num_covered += interval[0] <= 0.0 <= interval[1]
    assert num_covered >= 180


def test_a_metric_that_is_never_defined_has_no_interval() -> None:
    assert percentile_interval(np.full(5, np.nan), around=0.5) is None
    assert percentile_interval(np.array([np.nan, 1.0, 1.0]), around=1.0) == (1.0, 1.0)


def test_an_interval_holds_its_value_where_every_resample_lies_on_one_side() -> None:
    resampled = np.linspace(0.8, 0.9, 1001)
    assert percentile_interval(resampled, around=0.75) == pytest.approx((0.75, 0.8975))
    assert percentile_interval(resampled, around=0.95) == pytest.approx((0.8025, 0.95))
