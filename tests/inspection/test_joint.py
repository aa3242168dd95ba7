"""The joint verdict keeps the promise of one detector, and loses to none of them."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.joint import JointCalibration, combine, is_blind, join, judge_jointly
from inspection.types import Calibration, Verdict

Scores = NDArray[np.float64]
"""(parts, detectors)."""

Draw = Callable[[Generator, int], Scores]

NAMES = ("cae", "patchcore", "unet")


def independent(rng: Generator, count: int) -> Scores:
    return np.exp(0.2 * rng.normal(size=(count, 3)))


def alike(rng: Generator, count: int) -> Scores:
    shared = rng.normal(size=(count, 1))
    return np.exp(0.2 * (0.95 * shared + 0.3 * rng.normal(size=(count, 3))))


def heavy_tailed(rng: Generator, count: int) -> Scores:
    return np.exp(0.2 * rng.standard_t(2, size=(count, 3)))


def different(rng: Generator, count: int) -> Scores:
    """Scores near 0 with a few high ones, a narrow range, and a skewed one."""
    columns = (rng.beta(0.3, 6, count), 5 + rng.random(count), rng.exponential(size=count))
    return np.stack(columns, axis=1)


def calibrate_columns(scores: Scores, names: tuple[str, ...] = NAMES) -> dict[str, Calibration]:
    found = {}
    for name, column in zip(names, scores.T, strict=True):
        order = np.argsort(column)
        units = tuple(f"part {place}" for place in order)
        found[name] = Calibration(column[order].astype(np.float32), units)
    return found


def joined(scores: Scores) -> JointCalibration:
    joint = join(calibrate_columns(scores))
    assert joint is not None
    return joint


def named(scores: Scores) -> Mapping[str, float]:
    return dict(zip(NAMES, map(float, scores), strict=True))


@pytest.mark.parametrize("draw", [independent, alike, heavy_tailed, different])
@pytest.mark.parametrize(("count", "rate"), [(14, 1 / 15), (20, 0.05), (50, 0.04), (100, 0.02)])
def test_no_more_good_parts_are_flagged_than_promised(draw: Draw, count: int, rate: float) -> None:
    rng = np.random.default_rng(count)
    num_flagged, num_drawn, fresh = 0, 12_000 // count, 4
    for _ in range(num_drawn):
        joint = joined(draw(rng, count))
        for new in draw(rng, fresh):
            found = judge_jointly(joint, named(new), false_alarm_rate=rate)
            assert found is not None
            num_flagged += found.verdict is Verdict.DEFECT
    promised = np.floor(rate * (count + 1) + 1e-9) / (count + 1)
    # parts of one calibration fail together: no more than so many independent draws
    deviation = np.sqrt(promised * (1 - promised) / num_drawn)
    seen = num_flagged / (num_drawn * fresh)
    assert seen <= promised + 3 * deviation
    assert seen >= promised - 3 * deviation, "nor is the promise kept by flagging nothing"


def test_a_joint_score_worked_by_hand() -> None:
    # the median of e^0 .. e^10 is e^5, its upper tenth begins at e^9: spread 4 / 1.2816
    first = np.arange(11.0)
    levels = np.stack([first, 10 - first], axis=1)
    scores, standard = combine(levels)
    assert standard[:, 0] == pytest.approx((first - 5) / (4 / 1.2816))
    assert scores == pytest.approx(np.exp(np.abs(first - 5) / np.sqrt(2)))
    scores, _ = combine(np.stack([first, first], axis=1))
    typical = np.maximum(first - 5, 0)
    assert scores == pytest.approx(np.exp(typical)), "in multiples of a typical part"


def test_a_detector_that_sees_nothing_does_not_outvote_one_that_does() -> None:
    rng = np.random.default_rng(6)
    joint = joined(independent(rng, 60))
    new = {"cae": 3.0, "patchcore": 3.0, "unet": 0.0}
    found = judge_jointly(joint, new, false_alarm_rate=1 / 61)
    assert found is not None
    assert found.verdict is Verdict.DEFECT
    assert found.contributions["unet"] < -100


def drawn(calibration: Calibration, scores: NDArray[np.floating]) -> Calibration:
    return replace(calibration, drawn_scores=scores.astype(np.float32))


def test_a_detector_that_sees_drawn_defects_no_better_than_chance_does_not_count() -> None:
    rng = np.random.default_rng(7)
    found = calibrate_columns(independent(rng, 40))
    found["cae"] = drawn(found["cae"], np.exp(0.2 * rng.normal(size=40)))
    found["unet"] = drawn(found["unet"], np.exp(0.2 * rng.normal(size=40) + 0.3))
    joint = join(found)
    assert joint is not None
    assert joint.blind == ("cae",)
    assert tuple(joint.calibrations) == ("patchcore", "unet"), "nothing is known of the first"
    said = judge_jointly(joint, named(np.ones(3)), false_alarm_rate=0.05)
    assert said is not None
    assert (said.blind, tuple(said.contributions)) == (("cae",), ("patchcore", "unet"))
    only = join({"cae": found["cae"]})
    assert only is not None
    assert (only.blind, tuple(only.calibrations)) == ((), ("cae",)), "nothing better is there"


def test_how_sure_it_takes_to_be_better_than_chance() -> None:
    # 1.645 standard deviations of the Mann-Whitney statistic without any difference
    normal = np.arange(20, dtype=np.float32)
    calibration = Calibration(normal, tuple(map(str, normal)))
    least = 0.5 + 1.645 * np.sqrt(41 / (12 * 400))
    for shift in range(12):
        scores = normal + shift + 0.5
        below = np.mean(scores[:, None] > normal[None])
        assert is_blind(drawn(calibration, scores)) == (below < least)


def test_one_detector_alone_judges_as_without_the_others() -> None:
    rng = np.random.default_rng(1)
    (name, calibration), *_ = calibrate_columns(independent(rng, 30)).items()
    joint = join({name: calibration})
    assert joint is not None
    for score in [*map(float, calibration.normal_scores), 0.0, 9.0]:
        found = judge_jointly(joint, {name: score}, false_alarm_rate=0.1)
        assert found is not None
        assert (found.score, found.threshold) == (score, calibration.threshold(0.1))
        assert found.false_alarm_rate == calibration.false_alarm_rate(score)


def test_a_verdict_follows_from_the_lowest_rate_at_which_it_is_a_defect() -> None:
    rng = np.random.default_rng(2)
    joint = joined(alike(rng, 40))
    for new in 1.4 * alike(rng, 20):
        for rate in (1 / 41, 0.05, 0.3):
            found = judge_jointly(joint, named(new), false_alarm_rate=rate)
            assert found is not None
            is_flagged = found.verdict is Verdict.DEFECT
            assert is_flagged == (found.relative_score > 1) == (found.false_alarm_rate <= rate)


def test_without_common_parts_or_with_too_few_there_is_no_joint_verdict() -> None:
    rng = np.random.default_rng(3)
    first, second, third = calibrate_columns(independent(rng, 30)).items()
    elsewhere = Calibration(second[1].normal_scores, tuple(f"other {i}" for i in range(30)))
    assert join(dict([first, ("unet", elsewhere)])) is None
    assert join({}) is None
    half = Calibration(third[1].normal_scores[:12], third[1].units[:12])
    joint = join(dict([first, ("unet", half)]))
    assert joint is not None
    assert (len(joint.units), joint.floor) == (12, 1 / 13)
    scores = {first[0]: 9.0, "unet": 9.0}
    assert judge_jointly(joint, scores, false_alarm_rate=0.05) is None
    assert judge_jointly(joint, scores, false_alarm_rate=0.1) is not None
    assert judge_jointly(None, scores, false_alarm_rate=0.1) is None


def test_a_detector_that_never_saw_a_good_part_takes_no_part() -> None:
    calibrations = calibrate_columns(independent(np.random.default_rng(4), 30))
    joint = join({**calibrations, "classifier": Calibration(np.empty(0, np.float32), ())})
    assert joint is not None
    assert tuple(joint.calibrations) == NAMES


def test_a_detector_that_gives_every_good_part_the_same_does_not_outweigh_the_others() -> None:
    rng = np.random.default_rng(5)
    scores = independent(rng, 60)
    scores[:, 2] = np.where(np.arange(60) < 55, 0.5, 0.5001)
    joint = joined(scores)
    new = {"cae": 5.0, "patchcore": 5.0, "unet": 0.5}
    found = judge_jointly(joint, new, false_alarm_rate=0.05)
    assert found is not None
    assert found.verdict is Verdict.DEFECT
