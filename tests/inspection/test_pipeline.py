"""The straight line, regions, overlays, metrics and evaluation, without PyTorch."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspection.detector import Channel
from inspection.errors import CalibrationError, CheckpointError, DatasetError
from inspection.images import pixel_hash, read_image
from inspection.overlay import blend, colour_map, draw_finding, draw_outlines, to_relative
from inspection.pipeline import inspect_image, predict
from inspection.preprocess import (
    check_input_size,
    choose_input_size,
    load_samples,
    mask_to_size,
    to_input_size,
)
from inspection.types import Calibration, Prediction, RGBImage, Size, Verdict
from tests.doubles.detectors import FakeDetector, inspect_with, make_channel
from tests.doubles.parts import DEFECT, SIDE, draw_part, make_samples

NORMAL_SCORES = [float(draw_part(seed)[0].mean(axis=2).max()) for seed in range(50, 80)]


def test_a_defect_is_flagged_and_a_good_part_is_not() -> None:
    channel = make_channel(*NORMAL_SCORES)
    bad, mask = draw_part(7, defective=True)
    finding = inspect_with(channel, bad)
    assert finding.verdict is Verdict.DEFECT
    assert finding.relative_score > 1
    assert finding.false_alarm_rate == channel.calibration.floor
    assert finding.regions[0].box.top >= DEFECT[0].start - 1
    assert finding.flagged[mask].mean() > 0.95
    assert inspect_with(channel, draw_part(8)[0]).verdict is Verdict.NORMAL


def test_verdict_outline_area_and_regions_say_the_same_at_every_rate() -> None:
    channel = make_channel(*NORMAL_SCORES)
    for seed in range(6):
        image, _ = draw_part(seed, defective=seed % 2 == 0)
        for rate in (0.04, 0.1, 0.3, 0.6):
            finding = inspect_with(channel, image, false_alarm_rate=rate)
            is_flagged = finding.verdict is Verdict.DEFECT
            assert is_flagged == bool(finding.flagged.any()) == bool(finding.regions)
            assert is_flagged == (finding.relative_score > 1)
            assert is_flagged == (finding.false_alarm_rate <= rate + 1e-9)
            assert sum(region.area for region in finding.regions) == finding.flagged.sum()


def test_every_detector_works_at_the_same_rate_and_a_rate_below_a_floor_is_refused() -> None:
    channels = {"a": make_channel(*NORMAL_SCORES), "b": make_channel(*NORMAL_SCORES[:9])}
    inspection = inspect_image(draw_part(1)[0], channels, source="x.png")
    calibrations = [channel.calibration for channel in channels.values()]
    expected = [calibration.threshold(0.1) for calibration in calibrations]
    assert [finding.threshold for finding in inspection.findings] == expected
    with pytest.raises(CalibrationError):
        inspect_image(draw_part(1)[0], channels, false_alarm_rate=0.05)


def test_images_of_any_size_are_stretched_to_the_input() -> None:
    image = draw_part(1, side=200)[0][:120]
    assert predict(FakeDetector(), [image])[0].anomaly_map.shape == (64, 64)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_a_map_that_is_not_finite_and_positive_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    def broken(self: Any, images: list[RGBImage]) -> list[Prediction]:
        return [Prediction(np.full((64, 64), value, np.float32)) for _ in images]

    monkeypatch.setattr(FakeDetector, "predict", broken)
    with pytest.raises(CheckpointError, match="brightness"):
        predict(FakeDetector(), [draw_part(1)[0]])


def test_resizing_keeps_an_image_of_the_right_size_and_antialiases() -> None:
    image = draw_part(1)[0]
    assert to_input_size(image, (64, 64)) is image
    board = np.zeros((64, 64, 3), np.uint8)
    board[::2] = 255
    small = to_input_size(board, (16, 16))
    assert np.abs(small[2:-2].astype(int) - 127).max() < 20  # not a stripe of black or white


def test_masks_keep_what_covers_half_a_pixel() -> None:
    mask = np.zeros((64, 64), bool)
    mask[16:32, 16:32] = True
    assert mask_to_size(mask, (64, 64)) is mask
    assert abs(mask_to_size(mask, (32, 32)).sum() - 64) <= 16


def test_a_size_that_does_not_fit_names_one_that_does() -> None:
    from inspection.errors import SettingsError

    assert check_input_size((64, 96), multiple=32) == (64, 96)
    with pytest.raises(SettingsError, match="96 x 64"):
        check_input_size((100, 63), multiple=32)


@pytest.mark.parametrize(
    ("shape", "square", "multiple", "size"),
    [
        ((300, 300), 256, 16, (256, 256)),
        ((768, 576), 256, 16, (256, 256)),  # 4:3 is still stretched
        ((1260, 500), 256, 16, (400, 160)),
        ((800, 400), 256, 16, (352, 176)),
        ((400, 800), 256, 16, (176, 352)),
        ((800, 400), 224, 32, (320, 160)),
        ((800, 400), 512, 16, (736, 368)),
        ((20, 4000), 256, 16, (32, 3632)),
    ],
)
def test_a_shape_beyond_4_to_3_is_kept_with_as_many_pixels(
    shape: Size, square: int, multiple: int, size: Size
) -> None:
    assert choose_input_size(shape, pixels=square**2, multiple=multiple) == size
    assert check_input_size(size, multiple=multiple) == size


def test_samples_are_loaded_with_their_masks_and_hashes(tmp_path: Path) -> None:
    samples = make_samples(tmp_path)
    loaded = load_samples(samples, (32, 32))
    assert loaded.images.shape == (12, 32, 32, 3)
    assert [bool(mask.any()) for mask in loaded.masks] == [s.is_anomalous for s in samples]
    assert loaded.seen[samples[0].id] == pixel_hash(read_image(samples[0].image_path))
    with pytest.raises(DatasetError, match="no image"):
        load_samples([], (32, 32))


def test_a_good_part_looks_like_itself_and_the_threshold_lies_mid_scale() -> None:
    image = draw_part(1)[0]
    calm = np.full((64, 64), 0.44, np.float32)
    assert (blend(image, calm) == image).all()
    at_threshold = colour_map(np.ones((1, 1), np.float32))[0, 0]
    assert np.abs(at_threshold.astype(int) - (187, 55, 84)).max() <= 3  # Inferno at 0.5


def test_colours_start_where_half_of_the_good_parts_end() -> None:
    image = draw_part(1)[0]
    finding = inspect_with(make_channel(*NORMAL_SCORES), image)
    for level, is_shown in ((1.59, False), (1.9, True)):
        flat = np.full((64, 64), level, np.float32)
        drawn = draw_finding(
            image, replace(finding, threshold=2.0, typical_score=1.6, anomaly_map=flat)
        )
        assert (drawn != image).any() == is_shown


def test_a_single_flagged_pixel_gets_an_outline() -> None:
    image = np.full((128, 128, 3), 100, np.uint8)
    flagged = np.zeros((64, 64), bool)
    flagged[30, 40] = True
    drawn = draw_outlines(image, flagged)
    rows, columns = np.nonzero((drawn != image).any(axis=2))
    assert rows.size > 0
    assert abs(rows.mean() - 60.5) < 2
    assert abs(columns.mean() - 80.5) < 2


@pytest.mark.parametrize("size", [(20, 30), (20, 200), (64, 64), (300, 17)])
def test_a_flagged_pixel_is_outlined_on_images_smaller_than_the_map(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 100, np.uint8)
    for row, column in ((0, 0), (13, 41), (37, 20), (63, 63)):
        flagged = np.zeros((64, 64), bool)
        flagged[row, column] = True
        assert (draw_outlines(image, flagged) != image).any()


def test_an_overlay_has_the_size_of_the_image() -> None:
    image = draw_part(3, defective=True, side=150)[0]
    finding = inspect_with(make_channel(*NORMAL_SCORES), image)
    drawn = draw_finding(image, finding)
    assert drawn.shape == image.shape
    assert (drawn != image).any()
    assert to_relative(finding.anomaly_map, finding.threshold).max() == pytest.approx(
        finding.relative_score
    )


def test_where_detectors_flag_only_together_the_place_of_the_strongest_is_outlined() -> None:
    def channel(name: str, highest: int) -> Channel:
        scores = np.linspace(100, 110, 19, dtype=np.float32)
        scores[-1] = 160
        names = [f"part {(place + highest) % 19}" for place in range(19)]
        kind = type(name, (FakeDetector,), {"name": name})
        return Channel(kind(side=SIDE), Calibration(scores, tuple(names)))

    image = np.full((SIDE, SIDE, 3), 90, np.uint8)
    image[8:11, 20:24] = 150  # as high as no two detectors have seen in one good part
    channels = {"first": channel("first", 0), "second": channel("second", 9)}
    found = inspect_image(image, channels, false_alarm_rate=0.05)
    assert [one.verdict for one in found.findings] == [Verdict.NORMAL] * 2
    assert found.joint is not None
    assert found.joint.verdict is Verdict.DEFECT
    assert found.joint.outlined == found.joint.strongest == "first"
    outlined, other = found.findings
    (region,) = outlined.regions
    assert (region.box.left, region.box.top, outlined.flagged.sum()) == (20, 8, 12)
    assert not other.flagged.any()
    alone = inspect_image(image, dict([next(iter(channels.items()))]), false_alarm_rate=0.05)
    assert alone.joint is not None
    assert (alone.joint.verdict, alone.joint.outlined) == (Verdict.NORMAL, None)
