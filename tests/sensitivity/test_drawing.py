"""What a person draws on an image, and what is said of who sees it."""

import numpy as np
import pytest

from inspection.sensitivity.drawing import describe_answers, describe_too_small, draw
from inspection.sensitivity.records import Answer, Trial
from tests.doubles.detectors import make_channel
from tests.doubles.parts import SIDE, draw_part

TITLES = {"cae": "CAE", "unet": "U-Net"}
SEES = Answer(2.0, 2.0, is_flagged=True, is_hit=True, iou=0.5)
MISSES = Answer(0.5, 0.5, is_flagged=False, is_hit=False, iou=0.0)
ELSEWHERE = Answer(2.0, 2.0, is_flagged=True, is_hit=False, iou=0.0)


def make_stamp(*, size: float = 12.0, contrast: float = 60.0) -> Trial:
    return Trial("part", "stain", size, contrast, 30.0, 32.0, 32.0, 4)


def test_nothing_drawn_is_the_same_bytes() -> None:
    image, _ = draw_part(1)
    drawn, mask = draw(image, [], None)
    assert (drawn == image).all()
    assert not mask.any()
    empty = np.zeros((*image.shape[:2], 4), np.uint8)
    empty[:, :, :3] = 200  # browsers may keep a colour below no opacity
    drawn, mask = draw(image, [], empty)
    assert (drawn == image).all()
    assert not mask.any()


def test_paint_is_blended_by_its_opacity_worked_by_hand() -> None:
    image = np.full((8, 8, 3), 100, np.uint8)
    layer = np.zeros((8, 8, 4), np.uint8)
    layer[2, 3] = (200, 0, 100, 51)  # a fifth
    drawn, mask = draw(image, [], layer)
    assert drawn[2, 3].tolist() == [120, 80, 100]
    assert np.argwhere(mask).tolist() == [[2, 3]]
    assert (image == 100).all()


def test_stamps_and_paint_lie_on_each_other() -> None:
    image, _ = draw_part(1)
    layer = np.zeros((*image.shape[:2], 4), np.uint8)
    layer[5, 5] = 255
    drawn, mask = draw(image, [make_stamp()], layer)
    assert mask[5, 5]
    assert mask[32, 32]
    assert (drawn[32, 32] != image[32, 32]).any()
    assert drawn[5, 5].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"cae": SEES, "unet": SEES}, "All detectors see it."),
        ({"cae": MISSES, "unet": MISSES}, "No detector sees it."),
        ({"cae": SEES, "unet": MISSES}, "CAE sees it, U-Net does not."),
        (
            {"cae": SEES, "unet": ELSEWHERE},
            "CAE sees it, U-Net does not. U-Net flags another place.",
        ),
    ],
)
def test_who_sees_it_is_said_and_a_flag_elsewhere_is_no_hit(
    answers: dict[str, Answer], said: str
) -> None:
    before = dict.fromkeys(TITLES, MISSES)
    assert describe_answers(before, {**answers, "joint": SEES}, TITLES) == (said, "")


def test_an_image_that_is_flagged_before_is_doubted() -> None:
    before = {"cae": ELSEWHERE, "unet": MISSES}
    _, doubt = describe_answers(before, dict.fromkeys(TITLES, SEES), TITLES)
    assert doubt.startswith("CAE flags this image before anything is drawn")
    assert "good sample" in doubt


def test_what_is_less_than_a_pixel_of_the_grid_is_said() -> None:
    image = np.zeros((4 * SIDE, 4 * SIDE, 3), np.uint8)
    channels = {"cae": make_channel(1.0)}
    small = describe_too_small([make_stamp(size=3.0)], image, channels, TITLES)
    assert "less than one pixel of CAE" in small
    assert describe_too_small([make_stamp(size=4.0)], image, channels, TITLES) == ""
    assert describe_too_small([], image, channels, TITLES) == ""
