"""Thresholds follow from held-out normal scores by split conformal prediction."""

import json
from pathlib import Path

import numpy as np
import pytest

from inspection.calibration import (
    calibrate,
    decide,
    default_rate,
    is_majority,
    load_calibration,
    load_opening,
    load_product_rate,
    majority_false_alarm_rate,
    no_calibration,
    product_rate,
    read_calibration,
    relative_score,
    save_calibration,
    save_product_rate,
)
from inspection.errors import CalibrationError, CheckpointError
from inspection.files import write_json
from inspection.types import Calibration, Sample, Split, Verdict
from tests.factories import make_calibration


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


def test_below_the_smallest_meaningful_threshold_nothing_is_ever_flagged() -> None:
    calibration = make_calibration(0.001, 0.002, 0.003, min_threshold=0.4)
    assert calibration.threshold(0.25) == np.float32(0.4)
    assert calibration.false_alarm_rate(float(np.float32(0.4))) == 1.0
    assert calibration.false_alarm_rate(0.5) == 0.25


def test_a_threshold_is_always_a_float32_so_that_maps_and_scores_agree() -> None:
    for level in (0.1, 0.3, 0.7, 1 / 3):
        threshold = make_calibration(0.001, 0.002, min_threshold=level).threshold(0.5)
        anomaly_map = np.full((2, 2), level, np.float32)
        assert bool((anomaly_map > threshold).any()) == (float(anomaly_map.max()) > threshold)


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


def test_a_majority_is_strict() -> None:
    assert [is_majority(k, 3) for k in range(4)] == [False, False, True, True]
    assert not is_majority(1, 2)
    assert not is_majority(0, 0)


def test_the_joint_rate_counts_common_parts_that_most_detectors_flag() -> None:
    first = Calibration(np.array([1, 2, 3], np.float32), ("a", "b", "c"))
    second = Calibration(np.array([1, 2, 3], np.float32), ("c", "b", "a"))
    third = Calibration(np.array([1, 2, 3], np.float32), ("d", "b", "c"))
    # above 1.5: first {b, c}, second {b, a}, third {b, c}; common parts {b, c}
    assert majority_false_alarm_rate([first, second, third], [1.5, 1.5, 1.5]) == 1.0
    assert majority_false_alarm_rate([first, second, third], [2.5, 2.5, 9.0]) == 0.0
    assert majority_false_alarm_rate([first, make_calibration(1.0)], [1.0, 1.0]) is None


def test_a_calibration_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    scores = np.sort(np.random.default_rng(1).exponential(size=30).astype(np.float32))
    calibration = Calibration(scores, tuple(f"Teil {i} ä" for i in range(30)), 0.25)
    write_json(tmp_path / "detector.json", {"format": 1, "weights_sha256": "ab"})
    save_calibration(tmp_path, calibration, {"x.png": "00ff"})
    stored = load_calibration(tmp_path)
    assert stored.calibration.normal_scores.tobytes() == scores.tobytes()
    assert stored.calibration.units == calibration.units
    assert stored.calibration.min_threshold == 0.25
    assert stored.seen == {"x.png": "00ff"}


def test_a_calibration_made_for_other_weights_is_refused(tmp_path: Path) -> None:
    card = tmp_path / "detector.json"
    write_json(card, {"format": 1, "weights_sha256": "ab"})
    save_calibration(tmp_path, make_calibration(1, 2, 3), {})
    write_json(card, {"format": 1, "weights_sha256": "cd"})
    with pytest.raises(CheckpointError, match=r"not made for the weights beside it.*cli\.py train"):
        load_calibration(tmp_path)
    card.unlink()
    with pytest.raises(CheckpointError, match=r"detector\.json is missing"):
        load_calibration(tmp_path)


def test_the_rate_of_a_product_is_its_own_but_never_below_a_floor(tmp_path: Path) -> None:
    few, many = make_calibration(*range(9)), make_calibration(*range(99))
    assert product_rate(tmp_path, [many]) == 0.02
    save_product_rate(tmp_path, 0.05)
    assert product_rate(tmp_path, [many]) == 0.05
    assert product_rate(tmp_path, [many, few]) == 0.1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 99}',
        '{"format": 1}',
        '{"format": 1, "min_threshold": 0, "normal_scores": {"a": 2, "b": 1}, "seen": {}}',
        '{"format": 1, "min_threshold": 0, "normal_scores": {"a": NaN}, "seen": {}}',
        '{"format": 1, "min_threshold": 0, "normal_scores": [1, 2], "seen": {}}',
    ],
)
def test_a_damaged_calibration_is_refused_with_its_file_and_the_remedy(
    tmp_path: Path, text: str
) -> None:
    write_json(tmp_path / "detector.json", {"format": 1, "weights_sha256": "ab"})
    text = text.replace('"format": 1, ', '"format": 1, "weights_sha256": "ab", ')
    (tmp_path / "calibration.json").write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"calibration\.json .*cli\.py train"):
        load_calibration(tmp_path)


def test_a_detector_without_good_parts_keeps_what_it_saw_but_gives_no_verdict(
    tmp_path: Path,
) -> None:
    write_json(tmp_path / "detector.json", {"format": 1, "weights_sha256": "ab"})
    save_calibration(tmp_path, no_calibration(0.5), {"x.png": "00ff"})
    assert read_calibration(tmp_path).seen == {"x.png": "00ff"}
    with pytest.raises(CheckpointError, match=r"gives no verdict\. Add good images"):
        load_calibration(tmp_path)


def test_a_missing_calibration_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is missing"):
        load_calibration(tmp_path)


def test_a_product_keeps_its_own_rate(tmp_path: Path) -> None:
    assert load_product_rate(tmp_path) is None
    save_product_rate(tmp_path, 0.05)
    assert load_product_rate(tmp_path) == 0.05
    content = {"format": 1, "opens_with": "a/b.png"}
    (tmp_path / "product.json").write_text(json.dumps(content))
    assert load_product_rate(tmp_path) is None
    save_product_rate(tmp_path, 0.1)
    assert load_product_rate(tmp_path) == 0.1
    assert load_opening(tmp_path) == "a/b.png"
    (tmp_path / "product.json").write_text(json.dumps({"format": 1, "false_alarm_rate": 7.0}))
    with pytest.raises(CheckpointError, match="between 0 and 1"):
        load_product_rate(tmp_path)


def test_a_score_above_its_threshold_is_above_one_also_where_that_is_zero() -> None:
    assert relative_score(3.0, 1.5) == 2
    assert relative_score(1e-13, 0.0) > 1
    assert relative_score(0.0, 0.0) == 0


@pytest.mark.parametrize("text", ["{", '{"format": 99}', '{"format": 1, "false_alarm_rate": 7}'])
def test_a_damaged_file_of_a_product_says_what_no_training_would_mend(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "product.json").write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"product\.json .* Delete it.*cli\.py calibrate"):
        load_product_rate(tmp_path)
