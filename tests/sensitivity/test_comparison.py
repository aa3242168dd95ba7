"""Which detector is better here: only what the trials prove is said."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from inspection.joint import JOINT
from inspection.sensitivity.comparison import compare_detectors
from inspection.sensitivity.fitting import Varied, fit_trials, map_detection, name_detectors
from inspection.sensitivity.records import Answer, Trial

TITLES = {"cae": "CAE", "unet": "U-Net", "patchcore": "PatchCore"}


def make_trials(
    a50: dict[str, float], *, num_trials: int, seed: int = 0, slope: float = 5.0
) -> list[Trial]:
    """Make trials that detectors with logistic curves of these middles would answer."""
    rng = np.random.default_rng(seed)
    sizes = np.geomspace(2, 60, 8)
    trials = []
    for number in range(num_trials):
        size, luck = float(sizes[number % 8]), rng.uniform()  # hard places are so for all
        answers = {}
        for name, middle in a50.items():
            own = 0.7 * luck + 0.3 * rng.uniform()
            is_hit = bool(own < expit(slope * np.log(size / middle)))
            answers[name] = Answer(1.0, 2.0 if is_hit else 0.5, is_hit, is_hit, 0.5)
        trials.append(
            Trial(f"{number % 20}.png", "scratch", size, -40.0, 0.0, 5.0, 5.0, number, answers)
        )
    return trials


def test_a_clear_difference_is_said_with_its_interval() -> None:
    trials = make_trials({"patchcore": 11.0, "unet": 5.0}, num_trials=240)
    (one,) = compare_detectors(trials, TITLES)
    assert (one.better, one.other, one.is_separable) == ("unet", "patchcore", True)
    assert one.low < 2.2 < one.high
    assert one.ratio == pytest.approx(2.2, rel=0.25)
    assert "U-Net finds smaller ones than PatchCore: 90 % from" in one.sentence


def test_alike_detectors_are_not_separable() -> None:
    num_separable = 0
    for seed in range(20):
        trials = make_trials({"cae": 8.0, "unet": 8.0}, num_trials=40, seed=seed)
        (one,) = compare_detectors(trials, TITLES)
        num_separable += one.is_separable
        if not one.is_separable:
            assert "not separable with these 40 trials" in one.sentence
    assert num_separable <= 3  # 5 % expected


def test_a_limit_that_is_not_reached_is_no_number() -> None:
    trials = make_trials({"cae": 500.0, "unet": 5.0, JOINT: 5.0}, num_trials=160)
    (one,) = compare_detectors(trials, TITLES)
    assert (one.better, one.ratio, one.is_separable) == ("unet", None, True)
    assert "CAE does not up to 60 px" in one.sentence


def test_where_neither_reaches_90_percent_half_counts_or_nothing_is_said() -> None:
    trials = make_trials({"cae": 500.0, "unet": 800.0}, num_trials=80)
    (one,) = compare_detectors(trials, TITLES)
    assert (one.target, one.is_separable) == (0.5, False)
    assert "Neither" in one.sentence


def test_two_that_find_everything_are_said_to() -> None:
    trials = make_trials({"cae": 0.1, "unet": 0.1}, num_trials=40)
    (one,) = compare_detectors(trials, TITLES)
    assert not one.is_separable
    assert one.sentence == "CAE and U-Net both find at least 90 % at every size tried (40 trials)."


def test_a_flat_curve_that_finds_most_is_better_than_one_that_rises_late() -> None:
    """Nothing is promised of a curve without a trend; it is compared nevertheless."""
    trials = make_trials({"cae": 30.0, "unet": 0.05}, num_trials=80, slope=1.0)
    trials = [
        replace(one, answers={**one.answers, "unet": trials[number % 8 + 72].answers["unet"]})
        for number, one in enumerate(trials)
    ]
    (one,) = compare_detectors(trials, TITLES)
    assert (one.better, one.is_separable) == ("unet", True)


def test_where_size_tells_nothing_the_number_of_hits_does() -> None:
    """One finds 45 of 100 and the other 15, at every size alike: neither reaches 50 %."""
    trials = make_trials({"cae": 9.0, "unet": 9.0}, num_trials=160)
    hit, miss = Answer(1, 2, True, True, 0.5), Answer(1, 0.5, False, False, 0)
    trials = [
        replace(
            one,
            answers={
                "cae": hit if number * 7 % 20 < 9 else miss,
                "unet": hit if number * 7 % 20 < 3 else miss,
            },
        )
        for number, one in enumerate(trials)
    ]
    (one,) = compare_detectors(trials, TITLES)
    assert (one.better, one.is_separable, one.ratio) == ("cae", True, None)
    assert one.sentence == (
        "CAE finds more of these 160 than U-Net: 72 against 24; no size tells them apart."
    )


def test_the_same_seed_says_the_same() -> None:
    trials = make_trials({"cae": 9.0, "unet": 7.0}, num_trials=40)
    assert compare_detectors(trials, TITLES, seed=3) == compare_detectors(trials, TITLES, seed=3)


def test_one_detector_is_compared_with_none() -> None:
    assert compare_detectors(make_trials({"cae": 9.0}, num_trials=16), TITLES) == []
    assert compare_detectors([], TITLES) == []


def test_trials_are_fitted_by_size_and_mapped_by_size_and_contrast() -> None:
    trials = make_trials({"cae": 9.0, "unet": 7.0}, num_trials=160)
    assert name_detectors(trials) == ["cae", "unet"]
    assert fit_trials(trials)["cae"].a50 == pytest.approx(9.0, rel=0.25)
    found = map_detection(trials, "cae")
    assert found.counts.tolist() == [[20]] * 8
    assert found.contrasts.tolist() == [40.0]  # a darkening is a contrast, too
    assert found.shares[0, 0] < 0.2
    assert found.shares[-1, 0] > 0.8
    assert Varied.CONTRAST.unit == "grey levels"


def test_many_sizes_are_mapped_in_bins() -> None:
    rng = np.random.default_rng(0)
    answer = Answer(1.0, 2.0, True, True, 0.5)
    trials = [
        Trial("a", "dent", size, size, 0, 1, 1, 0, {"cae": answer})
        for size in rng.uniform(3, 50, 200).tolist()
    ]
    found = map_detection(trials, "cae")
    assert found.shares.shape == (8, 8)
    assert found.counts.sum() == 200
    assert np.isnan(found.shares[found.counts == 0]).all()
