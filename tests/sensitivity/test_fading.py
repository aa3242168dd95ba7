"""From where on a detector sees a defect that is faded and shrunk."""

import numpy as np
import pytest

from inspection.errors import MaskError, SettingsError
from inspection.joint import JOINT
from inspection.sensitivity.fading import (
    ENDS,
    STRENGTHS,
    Fading,
    choose_between,
    describe_doubts,
    describe_limits,
    find_limit,
)
from inspection.sensitivity.records import Answer
from tests.doubles.detectors import make_channel
from tests.doubles.parts import draw_part

TITLES = {"cae": "CAE", "unet": "U-Net", "patchcore": "PatchCore"}


def make_answer(relative: float) -> Answer:
    is_flagged = relative > 1
    return Answer(relative, relative, is_flagged=is_flagged, is_hit=is_flagged, iou=0.0)


def test_at_full_strength_and_size_the_image_is_as_it_was_and_at_none_it_is_the_healed_one() -> (
    None
):
    image, mask = draw_part(7, defective=True)
    fading = Fading.of(image, mask)
    (whole, where), (none, _) = (fading.draw(point) for point in ENDS)
    assert (whole == image).all()
    assert (where == mask).all()
    assert (none == fading.healed).all()
    assert (fading.healed[mask] != image[mask]).any()


def test_a_brighter_defect_is_seen_from_the_strength_that_its_threshold_says() -> None:
    """The fake's score is the brightest pixel, so where it crosses its threshold is known."""
    image, mask = draw_part(7, defective=True)
    fading = Fading.of(image, mask)
    middle = 0.5 * (float(image.mean(axis=2).max()) + float(fading.healed.mean(axis=2).max()))
    channel = make_channel(*np.linspace(middle - 20, middle, 100))
    looked = fading.look(STRENGTHS, {"brightness": channel}, false_alarm_rate=0.02)
    looks = [look for batch in looked for look in batch]
    assert [look.point for look in looks] == list(STRENGTHS)
    relative = [look.answers["brightness"].relative_score for look in looks]
    limit = find_limit([look.point[0] for look in looks], relative)
    threshold = channel.calibration.threshold(0.02)
    assert limit.value is not None
    exact, _ = fading.draw((limit.value, 1.0))
    assert float(exact.mean(axis=2).max()) == pytest.approx(threshold, abs=2.5)
    assert not limit.is_trace
    assert looks[-1].answers["brightness"].is_hit
    assert JOINT not in looks[-1].answers


def test_a_limit_lies_between_what_was_tried_worked_by_hand() -> None:
    limit = find_limit([0.0, 0.5, 1.0], [0.5, 0.8, 1.6])
    assert limit.value == pytest.approx(0.625)  # 0.2 of 0.8 on the way from 0.5 to 1.0
    assert limit.is_steady
    assert find_limit([1.0, 0.0, 0.5], [1.6, 0.5, 0.8]) == limit


def test_a_score_at_the_threshold_is_not_above_it() -> None:
    assert find_limit([0.0, 1.0], [0.5, 1.0]).value is None


def test_what_is_flagged_without_the_defect_is_a_trace_of_healing() -> None:
    limit = find_limit([0.0, 1.0], [1.2, 3.0])
    assert (limit.value, limit.is_trace) == (0.0, True)
    said = describe_doubts({"cae": limit}, TITLES)
    assert said.startswith("CAE flags the healed image too")
    assert describe_limits({"cae": limit}, TITLES, "scratch") == ""


def test_a_limit_counts_from_where_on_all_is_seen_and_says_if_that_is_not_steady() -> None:
    limit = find_limit([0.0, 0.25, 0.5, 1.0], [0.5, 1.5, 0.9, 1.1])
    assert limit.value == pytest.approx(0.75)
    assert not limit.is_steady
    assert "U-Net is not steady" in describe_doubts({"unet": limit}, TITLES)


@pytest.mark.parametrize("relative", [[float("nan"), 2.0], [1.0, float("inf")]])
def test_a_score_that_is_not_a_number_is_refused(relative: list[float]) -> None:
    with pytest.raises(SettingsError, match="not a number"):
        find_limit([0.0, 1.0], relative)


def test_nothing_tried_is_refused() -> None:
    with pytest.raises(SettingsError):
        find_limit([], [])


def test_finer_steps_are_tried_where_a_verdict_changes_and_nowhere_else() -> None:
    points = [(0.0, 1.0), (0.5, 1.0), (1.0, 1.0)]
    answers = [{"cae": make_answer(one), "unet": make_answer(2)} for one in (0.5, 0.9, 1.5)]
    assert choose_between(points, answers) == [(0.75, 1.0)]
    assert choose_between(points[:2], answers[:2]) == []


def test_the_limits_are_said_from_the_most_sensitive_on() -> None:
    limits = {
        "cae": find_limit([0, 1], [0.0, 1 / 0.74]),
        "unet": find_limit([0, 1], [0.0, 1 / 0.21]),
        "patchcore": find_limit([0, 1], [0.0, 1 / 0.38]),
    }
    assert describe_limits(limits, TITLES, "scratch") == (
        "U-Net still sees 21 % of this scratch, PatchCore needs 38 %, CAE needs 74 %."
    )


def test_who_does_not_see_the_whole_defect_is_named() -> None:
    seen, unseen = find_limit([0, 1], [0.0, 2.0]), find_limit([0, 1], [0.0, 0.5])
    some = describe_limits({"cae": unseen, "unet": seen}, TITLES, "dent")
    assert some.endswith("CAE does not see it at full strength.")
    none = describe_limits({"cae": unseen, "unet": unseen}, TITLES, "dent")
    assert none == "No detector sees this dent, even at full strength."


@pytest.mark.parametrize("marked", [0, 64])
def test_nothing_marked_and_everything_marked_are_refused(marked: int) -> None:
    image, mask = draw_part(7)
    mask[:marked] = True
    with pytest.raises(MaskError):
        Fading.of(image, mask)
