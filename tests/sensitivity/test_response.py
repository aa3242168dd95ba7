"""One picture under stress: followed over a range, under several at once, and told in words."""

from pathlib import Path

import numpy as np
import pytest

from inspection.demo.products import draw_sample
from inspection.errors import SettingsError
from inspection.joint import JOINT
from inspection.sensitivity.records import Answer
from inspection.sensitivity.response import (
    apply_point,
    describe_response,
    list_range,
    look_stressed,
    make_point,
)
from inspection.sensitivity.stress import STRESSES
from tests.doubles.detectors import DETECTORS
from tests.doubles.parts import PICTURE_SIDE, draw_part
from tests.sensitivity.test_answering import make_channels

LIGHT = STRESSES["brightness"]


def test_one_image_is_followed_over_the_range_of_a_stress() -> None:
    image, mask = draw_part(0, side=PICTURE_SIDE)
    points = list_range((), LIGHT)
    channels = make_channels(*DETECTORS)
    batches = list(look_stressed(channels, image, mask, points, false_alarm_rate=0.02))
    assert [len(batch) for batch in batches] == [8, 1]
    looks = [look for batch in batches for look in batch]
    assert [look.point for look in looks] == points
    for name in (*DETECTORS, JOINT):
        curve = [look.answers[name].relative_score for look in looks]
        assert curve == sorted(curve)
        assert curve[0] < 1 < curve[-1]


def test_several_stresses_are_applied_together_and_those_that_move_first() -> None:
    image, mask = draw_part(0, defective=True, side=PICTURE_SIDE)
    point = make_point({"rotation": 10, "jpeg": 20, "brightness": -20})
    assert point == (("brightness", -20.0), ("jpeg", 20.0), ("rotation", 10.0))
    expected = image
    for name in ("rotation", "brightness", "jpeg"):
        expected = STRESSES[name].apply(expected, dict(point)[name])
    changed, moved = apply_point(image, mask, point)
    np.testing.assert_array_equal(changed, expected)
    np.testing.assert_array_equal(moved, STRESSES["rotation"].apply_to_mask(mask, 10))
    assert list_range(point, STRESSES["jpeg"])[-1] == (("brightness", -20.0), ("rotation", 10.0))


def test_neutral_levels_are_no_point_and_leave_every_byte() -> None:
    image, mask = draw_part(0, defective=True)
    point = make_point({one.name: one.neutral for one in STRESSES.values()})
    assert point == ()
    changed, moved = apply_point(image, mask, point)
    assert changed is image
    assert moved is mask


@pytest.mark.parametrize("levels", [{"rain": 1}, {"jpeg": 0}, {"noise": float("nan")}])
def test_impossible_levels_are_refused(levels: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        make_point(levels)


def test_a_sentence_says_where_each_verdict_turns() -> None:
    def answer(*, is_flagged: bool) -> Answer:
        return Answer(1.0, 1.0, is_flagged, is_flagged, 0.0)

    curve = {
        level: {
            "cae": answer(is_flagged=abs(level) >= 20),
            "unet": answer(is_flagged=level > -40),
            "patchcore": answer(is_flagged=False),
        }
        for level in LIGHT.levels
    }
    titles = {"cae": "CAE", "unet": "U-Net", "patchcore": "PatchCore"}
    assert describe_response(LIGHT, curve, titles) == (
        "CAE flags it at -20 % light and +20 % light; U-Net no longer flags it at -40 % light; "
        "PatchCore keeps its verdict throughout."
    )


def test_the_demo_detectors_answer_to_a_defective_washer_in_less_light() -> None:
    from detectors import list_defaults
    from detectors.workflow import load_channel

    product = Path("checkpoints/demo/washer")
    channels = {name: load_channel(product / name, device="cpu") for name in list_defaults()}
    image, mask = draw_sample("washer", "test", "scratch", 0)  # the strongest
    points = [(), make_point({"brightness": -20}), make_point({"rotation": 5, "jpeg": 50})]
    (looks,) = look_stressed(channels, image, mask, points, false_alarm_rate=0.02)
    for look in looks:
        assert list(look.answers) == [*channels, JOINT]
        assert look.answers[JOINT].is_hit
