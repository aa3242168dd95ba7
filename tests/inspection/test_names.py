"""What detectors and outcomes are called."""

import pytest

from inspection.names import Outcome, decide_outcome, describe_seen, describe_silent, join_names
from inspection.types import Verdict


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


@pytest.mark.parametrize(
    ("flagged", "outcome"),
    [("", "named"), ("n", "normal"), ("dn", "mixed"), ("ddn", "defect"), ("dnn", "mixed")],
)
def test_a_strict_majority_decides(flagged: str, outcome: str) -> None:
    verdicts = [Verdict.DEFECT if one == "d" else Verdict.NORMAL for one in flagged]
    assert decide_outcome(verdicts) is Outcome(outcome)
