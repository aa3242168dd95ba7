"""What detectors and outcomes are called."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inspection.findings import Inspection, JointFinding
from inspection.names import (
    NO_JOINT,
    Outcome,
    decide_outcome,
    describe_joint,
    describe_seen,
    describe_silent,
    describe_standing,
    join_names,
)
from inspection.types import Finding, Standing, Verdict

TITLES = {"cae": "CAE", "unet": "U-Net", "patchcore": "PatchCore"}
VERDICTS = {"d": Verdict.DEFECT, "n": Verdict.NORMAL}
NO_MAPS = np.zeros((1, 1), np.float32), np.zeros((1, 1), np.bool_)
STANDING = Standing(99, 99, 4.21)
JOINT_FINDING = JointFinding(1.8, 1.0, 1.8, 0.012, STANDING, Verdict.DEFECT, {}, (), 99)
SCORE = "It stands out beyond all 99 good parts, by 4.2 spreads."


def test_names_are_joined_as_in_a_sentence() -> None:
    assert join_names([]) == ""
    assert join_names(["CAE"]) == "CAE"
    assert join_names(["CAE", "U-Net", "PatchCore"]) == "CAE, U-Net and PatchCore"


def test_a_known_image_is_reported_with_the_detectors_that_know_it() -> None:
    assert describe_seen([]) == ""
    assert "calibration by CAE and PatchCore:" in describe_seen(["CAE", "PatchCore"])


def test_detectors_that_a_report_lacks_are_named() -> None:
    assert describe_silent([]) == ""
    assert describe_silent(["U-Net"]) == "U-Net could not answer and is left out."
    assert "CAE and U-Net could not answer and are left out." in describe_silent(["CAE", "U-Net"])


def judged(flagged: str, joint: str = "", **changes: Any) -> Inspection:
    """Return an inspection with a finding for each letter: d for a defect, n for none."""
    findings = tuple(
        Finding(name, 2.0, 1.0, 2.0, 0.01, STANDING, *NO_MAPS, (), VERDICTS[letter], {}, 0.5, 0.1)
        for name, letter in zip(TITLES, flagged, strict=False)
    )
    verdict = VERDICTS.get(joint)
    said = None
    if verdict is not None:
        said = replace(JOINT_FINDING, verdict=verdict, **changes)
    return Inspection("", np.zeros((1, 1, 3), np.uint8), findings, joint=said)


@pytest.mark.parametrize(
    ("flagged", "joint", "outcome"),
    [
        *(("", "", "named"), ("dnn", "d", "defect"), ("nnn", "d", "defect")),
        *(("ddn", "n", "normal"), ("nnn", "", "normal"), ("ddd", "", "defect")),
        ("ddn", "", "mixed"),
    ],
)
def test_the_joint_verdict_decides_and_without_it_only_what_all_agree_on(
    flagged: str, joint: str, outcome: str
) -> None:
    assert decide_outcome(judged(flagged, joint)) is Outcome(outcome)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (judged("d"), "CAE flags it."),
        (judged("n", "n"), "CAE does not flag it."),
        (judged("ddd", "d"), f"{SCORE} All 3 detectors flag it."),
        (judged("dd", "d"), f"{SCORE} Both detectors flag it."),
        (judged("dnn", "d"), f"{SCORE} CAE alone flags it."),
        (judged("ddn", "n"), f"{SCORE} Normal, though CAE and U-Net alone flag it."),
        (judged("nnn", "n"), f"{SCORE} None of the 3 detectors flags it."),
        (judged("dn"), f"{NO_JOINT} CAE alone flags it."),
        (
            judged("nnn", "d", outlined="unet"),
            f"{SCORE} No detector flags it alone: the place where U-Net is highest is outlined.",
        ),
        (
            judged("ddd", "d", blind=("unet",)),
            f"{SCORE} All 3 detectors flag it. U-Net does not count: no better than chance on "
            "defects drawn on good parts.",
        ),
    ],
)
def test_what_a_verdict_rests_on_is_said_in_words(found: Inspection, words: str) -> None:
    assert describe_joint(found, TITLES) == words


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(0, 30, 0.0), "0 of 30 good parts"),
        (Standing(29, 30, 0.0), "29 of 30 good parts"),
        (Standing(30, 30, 0.04), "all 30 good parts, by 0.0 spreads"),
        (Standing(30, 30, 12.4), "all 30 good parts, by 12 spreads"),
        (Standing(30, 30, 4e5), "all 30 good parts, by over 100 spreads"),
    ],
)
def test_how_far_an_image_stands_out_is_said_in_words(standing: Standing, words: str) -> None:
    assert describe_standing(standing) == words
