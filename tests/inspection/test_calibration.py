"""Thresholds follow from held-out normal scores by split conformal prediction."""

from pathlib import Path

import numpy as np
import pytest

from inspection.calibration import (
    calibrate,
    decide,
    default_rate,
    relative_score,
)
from inspection.errors import CalibrationError
from inspection.types import Sample, Split, Verdict
from tests.doubles.detectors import make_calibration


def sample(name: str, *, group: str | None = None, defect: str | None = None) -> Sample:
    return Sample(name, Path(name), "disc", Split.CALIBRATION, defect, group=group)


def test_the_threshold_is_the_order_statistic_of_the_stated_rank() -> None:
    calibration = make_calibration(*range(1, 100))  # n = 99, n + 1 = 100
    assert calibration.threshold(0.01) == 99  # rank 100 - 1
    assert calibration.threshold(0.02) == 98
    assert calibration.threshold(0.29) == 71  # 0.29 * 100 is 28.999999999999996
    assert calibration.threshold(0.5) == 50


def test_a_rate_below_the_floor_is_refused_with_the_number_of_parts_it_would_need() -> None:
    with pytest.raises(CalibrationError, match="hold out 99 normal parts"):
        make_calibration(*range(19)).threshold(0.01)


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, float("nan")])
def test_an_impossible_rate_is_refused(rate: float) -> None:
    with pytest.raises(CalibrationError, match="not possible"):
        make_calibration(1, 2, 3).threshold(rate)


def test_a_score_equal_to_the_threshold_is_normal() -> None:
    assert decide(2.0, 2.0) is Verdict.NORMAL
    assert decide(np.nextafter(2.0, 3.0), 2.0) is Verdict.DEFECT


def test_the_lowest_rate_of_a_score_flags_it_and_no_lower_one_does() -> None:
    calibration = make_calibration(1, 2, 2, 3, 5, 8, 13, 21, 34)
    for score in (0.5, 1.5, 2.0, 2.5, 7.0, 33.9):
        rate = calibration.false_alarm_rate(score)
        if rate < 1:
            assert score > calibration.threshold(rate)
        lower = rate - 1 / (calibration.num_normal + 1)
        if lower >= calibration.floor:
            assert not score > calibration.threshold(lower)
    assert calibration.false_alarm_rate(100.0) == calibration.floor


def test_false_alarms_on_new_normal_parts_stay_within_the_promise() -> None:
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(400):
        scores = rng.exponential(size=49 + 50)
        threshold = make_calibration(*scores[:49]).threshold(0.1)
        rates.append((scores[49:].astype(np.float32) > threshold).mean())
    assert 0.08 < np.mean(rates) < 0.105


def test_a_group_counts_once_with_its_maximum() -> None:
    samples = [sample("a", group="g"), sample("b", group="g"), sample("c")]
    calibration = calibrate(samples, [1.0, 3.0, 2.0])
    assert calibration.normal_scores.tolist() == [2.0, 3.0]
    assert calibration.units == ("c", "g")


def test_calibrating_with_a_defect_is_refused() -> None:
    with pytest.raises(CalibrationError, match="shows a defect"):
        calibrate([sample("a", defect="dent")], [1.0])


def test_calibrating_with_nothing_or_with_nan_is_refused() -> None:
    with pytest.raises(CalibrationError, match="no held-out normal image"):
        calibrate([], [])
    with pytest.raises(CalibrationError, match="nan"):
        calibrate([sample("a")], [float("nan")])


def test_the_default_rate_is_two_per_hundred_or_the_largest_floor() -> None:
    assert default_rate([make_calibration(*range(99))]) == 0.02
    assert default_rate([make_calibration(*range(99)), make_calibration(*range(9))]) == 0.1


def test_a_score_above_its_threshold_is_above_one_also_where_that_is_zero() -> None:
    assert relative_score(3.0, 1.5) == 2
    assert relative_score(1e-13, 0.0) > 1
    assert relative_score(0.0, 0.0) == 0
