"""The joint verdict in the browser is the pipeline's, number for number."""

import numpy as np
import pytest

from inspection.findings import JointFinding
from inspection.joint import join, judge_jointly
from inspection.outlines import flagged_mask, just_below
from inspection.types import Outline
from tests.javascript import evaluate
from tests.ui.test_viewer import TO_CALIBRATION, as_json, map_json, random_calibration


def test_the_joint_verdict_is_that_of_python() -> None:
    rng = np.random.default_rng(2)
    cases, expected = [], []
    for _ in range(100):
        calibrations = {
            f"detector {place}": random_calibration(rng) for place in range(int(rng.integers(1, 4)))
        }
        scores = {name: float(np.float32(rng.gamma(4.0, 0.04))) for name in calibrations}
        joint = join(calibrations)
        rate = 0.5 if joint is None else joint.floor * float(rng.uniform(0.9, 8))
        rate = min(0.999, max(rate, *(one.floor for one in calibrations.values()), 0))
        answers = [
            {"name": name, "score": scores[name], "calibration": as_json(one), "isBlind": False}
            for name, one in calibrations.items()
        ]
        cases.append({"answers": answers, "rate": rate})
        found = judge_jointly(joint, scores, false_alarm_rate=rate)
        expected.append(None if found is None else joint_numbers(found))
    body = (
        TO_CALIBRATION
        + """return input.map(({ answers, rate }) => {
          const used = answers.map((a) => ({ ...a, calibration: calibrationOf(a.calibration) }));
          const joint = judgeJointly(used, rate);
          return joint && [joint.score, joint.threshold, joint.relative, joint.isFlagged,
            joint.falseAlarmRate, joint.numNormal, ...joint.contributions.map((c) => c.value)];
        });"""
    )
    found = evaluate(body, cases)
    assert [one is None for one in found] == [one is None for one in expected]
    assert sum(one is not None for one in found) > 50
    for one, other in zip(found, expected, strict=True):
        if other is not None:
            assert one == pytest.approx(other, rel=1e-6)


def test_what_is_outlined_for_the_joint_verdict_is_that_of_python() -> None:
    rng = np.random.default_rng(4)
    cases, expected = [], []
    for _ in range(40):
        values = (1 + rng.random((9, 12), dtype=np.float32)) * np.float32(rng.choice([0.01, 3]))
        outline = Outline(float(values.max() * rng.uniform(0.5, 1.1)), 0.3)
        shown = {"level": outline.level, "peakShare": outline.peak_share}
        cases.append({"map": map_json(values), "outline": shown})
        flagged = flagged_mask(values, just_below(float(values.max())), outline)
        expected.append(int(flagged.sum()))
    body = (
        TO_CALIBRATION
        + """return input.map(({ map: m, outline }) => { const map = mapOf(m);
          return countAbove(excessOf(map, justBelow(maximumOf(map)), outline), 0); });"""
    )
    assert evaluate(body, cases) == expected
    assert min(expected) > 0


def joint_numbers(found: JointFinding) -> list[float]:
    return [
        *(found.score, found.threshold, found.relative_score),
        *(found.verdict.value == "defect", found.false_alarm_rate, found.num_normal),
        *found.contributions.values(),
    ]
