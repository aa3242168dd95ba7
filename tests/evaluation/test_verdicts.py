"""Verdicts at any rate are those that an evaluation at that rate would give."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspection.evaluation.files import load_evaluation
from inspection.evaluation.joint import evaluate_jointly, read_joint
from inspection.evaluation.records import EvaluationReport
from inspection.evaluation.verdicts import judge_reports, list_rates
from inspection.joint import JOINT
from inspection.products.checkpoint_folders import load_calibration
from inspection.types import Calibration
from tests.doubles.products import make_catalog, write_evaluations
from tests.javascript import evaluate

Evaluated = tuple[list[EvaluationReport], dict[str, Calibration]]


@pytest.fixture
def evaluated(tmp_path: Path) -> Evaluated:
    """Three detectors and their joint verdict, evaluated at 2 per 100; the U-Net is weak."""
    catalog = make_catalog(tmp_path, weakness={"unet": 0.3})
    write_evaluations(catalog, "drawn/part")
    folder = catalog.product("drawn/part").folder
    names = ("cae", "unet", "patchcore")
    reports = [load_evaluation(folder / name) for name in names]
    joint = read_joint(folder, reports, names)
    assert joint is not None
    calibrations = {name: load_calibration(folder / name).calibration for name in names}
    return [*reports, joint], calibrations


def test_at_the_evaluated_rate_they_are_those_of_the_reports(evaluated: Evaluated) -> None:
    reports, calibrations = evaluated
    for report, found in zip(reports, judge_reports(*evaluated, 0.02), strict=True):
        assert found.detector == report.detector
        assert found.is_flagged.tolist() == [report.is_flagged(image) for image in report.images]
        assert found.false_alarms == report.false_alarms
        assert (found.relative > 1).tolist() == found.is_flagged.tolist()
    assert calibrations.keys() == {"cae", "unet", "patchcore"}


def test_at_another_rate_all_follow_and_the_joint_verdict_is_worked_out_anew(
    evaluated: Evaluated,
) -> None:
    reports, calibrations = evaluated
    rate = 0.4
    *single, joint = judge_reports(reports, calibrations, rate)
    for report, found in zip(reports, single, strict=False):
        limit = calibrations[report.detector].threshold(rate)
        assert found.is_flagged.tolist() == [one.image_score > limit for one in report.images]
    expected = evaluate_jointly(
        [replace(one, false_alarm_rate=rate) for one in reports if one.detector != JOINT],
        calibrations,
    )
    assert expected is not None
    assert joint.relative.tolist() == [image.image_score for image in expected.images]
    assert joint.is_flagged.tolist() == (joint.flagged_from <= rate + 1e-9).tolist()
    assert joint.is_flagged.sum() > judge_reports(*evaluated, 0.02)[-1].is_flagged.sum()


def test_a_rate_below_what_the_good_parts_support_is_raised(evaluated: Evaluated) -> None:
    assert {one.rate for one in judge_reports(*evaluated, 1e-6)} == {1 / 101}


@pytest.mark.parametrize("counts", [(20,), (100, 100), (19, 250), (7, 41, 400)])
@pytest.mark.parametrize("own", [0.001, 0.02, 0.021, 0.1])
def test_the_offered_rates_are_those_of_the_slider_in_inspect(
    counts: tuple[int, ...], own: float
) -> None:
    calibrations = [
        Calibration(np.arange(count, dtype=np.float32), tuple(map(str, range(count))))
        for count in counts
    ]
    found = evaluate(
        "return rateSteps(input.counts.map((length) => ({ scores: { length } })), input.own);",
        json.loads(json.dumps({"counts": counts, "own": own})),
        scripts=("ui/viewer/calibration.js",),
    )
    assert list_rates(calibrations, own) == pytest.approx(found)


@pytest.mark.parametrize(
    ("devices", "noted"),
    [
        (("cpu", "cpu", "cpu"), "cpu"),
        (("cuda", "cpu", "cpu"), "cpu and cuda"),
        (("cpu", "", ""), ""),
    ],
)
def test_the_joint_verdict_took_the_time_of_all_on_their_devices(
    evaluated: Evaluated, devices: tuple[str, ...], noted: str
) -> None:
    reports, calibrations = evaluated
    own = [
        replace(one, origin=replace(one.origin, device=device))
        for one, device in zip(reports, devices, strict=False)
    ]
    joint = evaluate_jointly(own, calibrations)
    assert joint is not None
    assert joint.origin.device == noted
