"""Answers to changed images: of every detector, and of all together."""

import numpy as np
import pytest

from inspection.detector import Channel
from inspection.errors import CalibrationError
from inspection.joint import JOINT
from inspection.pipeline import inspect_image
from inspection.sensitivity.answering import answer_images, touched_pixels
from inspection.types import Calibration
from tests.doubles.detectors import DETECTORS, FakeDetector, make_channel, normal_scores
from tests.doubles.parts import PICTURE_SIDE, draw_part


def make_channels(*names: str) -> dict[str, Channel]:
    """Return fakes that are calibrated on the same hundred parts."""
    found = {}
    for name in names:
        scores = np.array(normal_scores(name, 100), np.float32)
        order = np.argsort(scores)
        kind = type("Named", (FakeDetector,), {"name": name})
        calibration = Calibration(scores[order], tuple(f"p{row}" for row in order))
        found[name] = Channel(kind(name), calibration)
    return found


def test_answers_are_those_of_an_inspection() -> None:
    channels = make_channels(*DETECTORS)
    parts = [
        draw_part(seed, defective=bool(seed % 2), side=PICTURE_SIDE) for seed in range(10)
    ]  # more than a batch
    images, masks = zip(*parts, strict=True)
    answers = list(answer_images(channels, images, masks, false_alarm_rate=0.02))
    for image, mask, found in zip(images, masks, answers, strict=True):
        inspected = inspect_image(image, channels, false_alarm_rate=0.02)
        assert list(found) == [*DETECTORS, JOINT]
        for one in inspected.findings:
            assert found[one.detector].relative_score == one.relative_score
        assert inspected.joint is not None
        assert found[JOINT].relative_score == inspected.joint.relative_score
        for answer in found.values():
            assert answer.is_flagged == (answer.relative_score > 1) == bool(mask.any())
            assert answer.is_hit == answer.is_flagged
            assert (answer.iou > 0.3) == answer.is_hit


def test_a_flag_elsewhere_is_no_hit() -> None:
    image, _ = draw_part(0, defective=True, side=PICTURE_SIDE)
    elsewhere = np.zeros(image.shape[:2], bool)
    elsewhere[-10:, -10:] = True
    channels = make_channels(*DETECTORS)
    (found,) = answer_images(channels, [image], [elsewhere], false_alarm_rate=0.02)
    for one in found.values():
        assert (one.is_flagged, one.is_hit, one.iou) == (True, False, 0.0)


def test_a_single_detector_has_no_joint_answer_beside_its_own() -> None:
    image, mask = draw_part(0)
    (found,) = answer_images(make_channels("cae"), [image], [mask], false_alarm_rate=0.02)
    assert list(found) == ["cae"]


def test_a_rate_that_no_calibration_supports_is_refused() -> None:
    image, mask = draw_part(0)
    with pytest.raises(CalibrationError):
        next(answer_images({"a": make_channel(1, 2)}, [image], [mask], false_alarm_rate=0.01))


def test_what_is_smaller_than_a_pixel_of_the_grid_still_touches_one() -> None:
    mask = np.zeros((100, 200), bool)
    mask[99, 42] = True
    touched = touched_pixels(mask, (10, 10))
    assert np.argwhere(touched).tolist() == [[9, 2]]
    assert not touched_pixels(np.zeros((100, 200), bool), (10, 10)).any()
