"""A shift of scores is told, and defects in a batch are not taken for one."""

import numpy as np
from numpy.typing import NDArray

from inspection.shift import LEAST_COMPARED, measure_shift
from inspection.types import Calibration


def draw_scores(seed: int, count: int, *, factor: float = 1.0) -> NDArray[np.float32]:
    scores = np.random.default_rng(seed).gamma(9.0, 0.1, count)
    return (factor * scores).astype(np.float32)


def calibrate(scores: NDArray[np.float32]) -> Calibration:
    return Calibration(np.sort(scores), tuple(f"part {place}" for place in range(len(scores))))


def test_without_a_shift_it_is_told_as_seldom_as_promised() -> None:
    sure = 0
    for seed in range(300):
        calibration = calibrate(draw_scores(seed, 60))
        found = measure_shift(
            draw_scores(1000 + seed, 40).tolist(), calibration, calibration.threshold(0.05)
        )
        assert found is not None
        sure += found.is_sure
    assert sure <= 10  # 1 % of 300 are 3


def test_brighter_images_are_a_shift_and_defects_are_none() -> None:
    calibration = calibrate(draw_scores(0, 100))
    threshold = calibration.threshold(0.02)
    good = draw_scores(7, 60)
    with_defects = np.concatenate([good, np.full(40, 50.0, np.float32)])
    found = measure_shift(with_defects.tolist(), calibration, threshold)
    assert found is not None
    assert not found.is_sure
    assert found.num_compared == int((good <= threshold).sum())
    shifted = measure_shift(draw_scores(7, 60, factor=1.3).tolist(), calibration, threshold)
    assert shifted is not None
    assert shifted.is_sure
    assert 1.1 < shifted.ratio < 1.4


def test_of_too_few_images_or_good_parts_nothing_is_said() -> None:
    calibration = calibrate(draw_scores(0, 100))
    threshold = calibration.threshold(0.02)
    assert measure_shift([0.9] * (LEAST_COMPARED - 1), calibration, threshold) is None
    assert measure_shift([99.0] * 50, calibration, threshold) is None
    few = calibrate(draw_scores(0, LEAST_COMPARED - 1))
    assert measure_shift([0.5] * 50, few, 9.0) is None


def test_scores_that_are_all_alike_are_no_shift() -> None:
    calibration = calibrate(np.full(20, 0.5, np.float32))
    found = measure_shift([0.5] * 20, calibration, 0.5)
    assert found is not None
    assert (found.ratio, found.is_sure) == (1.0, False)
