"""How far an image stands out: ranks among good parts, spreads beyond them."""

from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray

from inspection.calibration import TINY
from inspection.standing import stand
from inspection.types import Calibration


def make_calibration(scores: NDArray[np.float64]) -> Calibration:
    ascending = np.sort(scores).astype(np.float32)
    return Calibration(ascending, tuple(f"part {place}" for place in range(len(ascending))))


def test_among_good_parts_the_rank_decides_whatever_the_units() -> None:
    rng = np.random.default_rng(0)
    scores = rng.gamma(3.0, 1.0, 99)
    own, cubed = make_calibration(scores), make_calibration(scores**3)
    for score in rng.gamma(3.0, 1.0, 50).clip(max=scores.max() * 0.999):
        found = stand(score, own)
        assert found == stand(score**3, cubed)
        assert found.spreads == 0
        if found.num_below:
            rate = 1 - NormalDist().cdf(found.position)
            assert own.false_alarm_rate(score) == pytest.approx(rate)


def test_beyond_all_good_parts_it_goes_on_without_a_jump_and_in_spreads() -> None:
    calibration = make_calibration(np.exp(np.linspace(0.0, 1.0, 101)))
    highest = float(calibration.normal_scores[-1])
    spread = 0.4 / 1.2816
    among, just_beyond = stand(highest, calibration), stand(highest * 1.0001, calibration)
    assert (among.num_below, among.spreads, just_beyond.num_below) == (100, 0, 101)
    assert just_beyond.position - among.position < 0.3  # one rank
    far = stand(highest * np.exp(2 * spread), calibration)
    assert far.spreads == pytest.approx(2, abs=1e-4)
    assert far.position == pytest.approx(just_beyond.position + 2, abs=1e-3)


def test_the_axis_orders_detectors_by_how_well_they_separate() -> None:
    """Three detectors in units of their own, whose defects lie 1, 3 and 6 deviations away."""
    rng = np.random.default_rng(1)
    away = {1.0: (0.3, 2.0), 3.0: (0.05, -7.0), 6.0: (1.1, 40.0)}
    medians = {}
    for distance, (spread, level) in away.items():
        calibration = make_calibration(np.exp(rng.normal(level, spread, 200)))
        defects = np.exp(rng.normal(level + distance * spread, spread, 400))
        places = [stand(float(score), calibration).position for score in defects]
        medians[distance] = float(np.median(places))
    assert list(medians.values()) == sorted(medians.values())
    for distance, median in medians.items():
        assert median == pytest.approx(distance, abs=0.6)


def test_what_is_further_away_is_never_placed_nearer() -> None:
    rng = np.random.default_rng(2)
    calibration = make_calibration(rng.gamma(2.0, 1.0, 40))
    places = [stand(float(score), calibration).position for score in np.linspace(0, 30, 400)]
    assert places == sorted(places)


@pytest.mark.parametrize("scores", [[0.0], [0.0, 0.0, 0.0], [1.0] * 30])
def test_good_parts_that_are_all_alike_give_a_place_all_the_same(scores: list[float]) -> None:
    calibration = make_calibration(np.array(scores))
    assert np.isfinite(stand(5.0, calibration).position)
    assert stand(TINY, calibration).position < stand(5.0, calibration).position
