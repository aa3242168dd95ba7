"""PatchCore remembers few normal images at several angles, where parts lie at these."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detectors.checkpoints import open_detector, save_detector
from detectors.learning.budget import Budget
from detectors.patchcore import detector as patchcore
from detectors.patchcore.detector import PatchCore
from detectors.patchcore.turning import ANGLES, turn_images
from inspection.errors import SettingsError
from inspection.types import RGBImage, Sample, Split
from tests.doubles.parts import write_part
from tests.doubles.textures import draw_arrow, draw_grain, draw_stripes

SETTINGS: dict[str, Any] = {"device": "cpu", "progress": False, "input_size": (64, 64)}
MANY = 6


def draw_bar(rng: np.random.Generator, angle: float) -> RGBImage:
    """Draw a bright bar from the middle outwards, counter-clockwise from the right."""
    image = rng.integers(40, 60, (64, 64, 3), dtype=np.uint8)
    turn = np.deg2rad(angle)
    end = (round(32 + 24 * np.cos(turn)), round(32 - 24 * np.sin(turn)))
    return np.asarray(cv2.line(image, (32, 32), end, (210, 210, 210), 7), np.uint8)


def draw_turned_bar(rng: np.random.Generator) -> RGBImage:
    return draw_bar(rng, float(rng.uniform(0, 360)))


def write_samples(
    folder: Path, draw: Callable[[np.random.Generator], RGBImage], count: int = MANY
) -> list[Sample]:
    rng = np.random.default_rng(0)
    for index in range(count):
        write_part(folder / f"{index}.png", draw(rng))
    return [
        Sample(f"{index}.png", folder / f"{index}.png", "part", Split.TRAIN)
        for index in range(count)
    ]


def find_angles(samples: Sequence[Sample], **settings: Any) -> list[int]:
    detector = PatchCore(**SETTINGS, **settings).fit(samples)
    angles: list[int] = detector.state["angles"]
    return angles


def test_quarter_and_half_turns_are_exact_and_no_turn_changes_the_size() -> None:
    rng = np.random.default_rng(0)
    square, tall = (rng.integers(0, 256, (2, side, 32, 3), dtype=np.uint8) for side in (32, 48))
    assert np.array_equal(turn_images(square, 90)[1], np.rot90(square[1]))
    assert np.array_equal(turn_images(tall, 180)[0], tall[0, ::-1, ::-1])
    assert all(turn_images(tall, angle).shape == tall.shape for angle in ANGLES)
    lying, upright = (draw_bar(rng, angle).astype(float) for angle in (0, 45))
    turned = turn_images(lying[None].astype(np.uint8), 45)[0].astype(float)
    assert np.abs(turned - upright).mean() < np.abs(lying - upright).mean() / 2


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        pytest.param(draw_grain, set(ANGLES), id="grain"),
        pytest.param(draw_turned_bar, set(ANGLES), id="a part at any angle"),
        pytest.param(draw_stripes, {0, 180}, id="stripes"),
        pytest.param(draw_arrow, {0}, id="a part in a fixed pose"),
    ],
)
def test_few_images_are_remembered_at_the_angles_at_which_parts_lie(
    tmp_path: Path, draw: Callable[[np.random.Generator], RGBImage], expected: set[int]
) -> None:
    assert set(find_angles(write_samples(tmp_path, draw, 8))) == expected


def test_the_memory_knows_the_angles_that_no_image_shows(tmp_path: Path) -> None:
    def draw_some(rng: np.random.Generator) -> RGBImage:
        return draw_bar(rng, float(rng.choice([0, 90])))

    samples = write_samples(tmp_path, draw_some)
    plain = PatchCore(**SETTINGS, turned_copies=False).fit(samples)
    turned = PatchCore(**SETTINGS, turned_copies=True).fit(samples)
    image = draw_bar(np.random.default_rng(9), 225)
    far, near = (one.predict([image])[0].image_score for one in (plain, turned))
    assert near < 0.7 * far
    assert turned.training is not None
    assert plain.training is not None
    assert "of 6 normal images, each at 8 angles" in turned.training.summary
    assert "angles" not in plain.training.summary
    assert turned.training.num_normal == len(turned.training.seen) == MANY
    assert turned.state["num_patches"] == 8 * plain.state["num_patches"]


def test_many_images_and_two_are_remembered_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = write_samples(tmp_path, draw_grain)
    plain = PatchCore(**SETTINGS, turned_copies=False).fit(samples).weights()["memory_bank"]
    few = PatchCore(**SETTINGS).fit(samples).weights()["memory_bank"]
    assert len(few) > len(plain)
    monkeypatch.setattr(patchcore, "FEW", MANY - 1)
    many = PatchCore(**SETTINGS).fit(samples).weights()["memory_bank"]
    assert np.array_equal(many, plain)
    monkeypatch.undo()
    assert find_angles(samples[:2]) == [0]


def test_several_exposures_of_one_part_are_not_compared_with_each_other(tmp_path: Path) -> None:
    samples = write_samples(tmp_path, draw_turned_bar, 8)
    exposures = [
        Sample(f"{copy} {one.id}", one.image_path, one.category, one.split, group=one.id)
        for one in samples
        for copy in range(3)
    ]
    assert find_angles(exposures) == find_angles(samples)


def test_copies_are_left_out_where_there_is_no_time_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = write_samples(tmp_path, draw_grain)
    assert len(find_angles(samples, max_seconds=3600)) == len(ANGLES)
    monkeypatch.setattr(Budget, "allows", lambda *_, **__: False)
    assert find_angles(samples, max_seconds=3600) == [0]
    assert len(find_angles(samples, max_seconds=3600, turned_copies=True)) == len(ANGLES)


def test_the_setting_is_kept_with_the_checkpoint(tmp_path: Path) -> None:
    detector = PatchCore(**SETTINGS, turned_copies=True).fit(write_samples(tmp_path, draw_arrow))
    folder = tmp_path / "patchcore"
    folder.mkdir()
    save_detector(detector, folder)
    again = open_detector(PatchCore, folder, device="cpu")
    assert again.settings.turned_copies is True
    assert again.state["angles"] == list(ANGLES)
    image = [draw_arrow(np.random.default_rng(5))]
    assert np.array_equal(
        again.predict(image)[0].anomaly_map, detector.predict(image)[0].anomaly_map
    )
    with pytest.raises(SettingsError, match="turned"):
        PatchCore(turned=True)
