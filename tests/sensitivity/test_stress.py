"""Every stress leaves a picture alone at its neutral level, and changes it as it says elsewhere."""

import numpy as np
import pytest

from inspection.errors import SettingsError
from inspection.sensitivity.light import from_linear, to_linear
from inspection.sensitivity.stress import REC709, STRESSES, Stress, find_stress
from inspection.types import Mask, RGBImage
from tests.doubles.parts import draw_part

ALL = pytest.mark.parametrize("stress", STRESSES.values(), ids=STRESSES)


def draw_colours(seed: int = 0) -> RGBImage:
    """Return a picture of another height than width that holds every value of every channel."""
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.permutation(256), rng.integers(0, 256, 3 * 40 * 61 - 256)])
    return values.astype(np.uint8).reshape(40, 61, 3)


def draw_defect() -> tuple[RGBImage, Mask]:
    return draw_part(3, defective=True, side=96)


def change(image: RGBImage, name: str, level: float) -> RGBImage:
    return STRESSES[name].apply(image, level)


def mean_light(image: RGBImage) -> float:
    return float(to_linear(image).mean())


@ALL
def test_the_neutral_level_leaves_every_byte(stress: Stress) -> None:
    image = draw_colours()
    mask = image[..., 0] > 128
    for seed in range(3):
        np.testing.assert_array_equal(stress.apply(image, stress.neutral, seed=seed), image)
        np.testing.assert_array_equal(stress.apply_to_mask(mask, stress.neutral, seed=seed), mask)


@ALL
def test_the_further_from_neutral_the_more_is_changed(stress: Stress) -> None:
    image, _ = draw_defect()
    image = image // np.array([1, 2, 3], np.uint8)
    changes = [
        float(np.abs(stress.apply(image, level, seed=1).astype(int) - image).mean())
        for level in stress.levels
    ]
    place = stress.levels.index(stress.neutral)
    assert changes[place] == 0
    assert list(changes[place:]) == sorted(changes[place:])
    assert list(changes[: place + 1]) == sorted(changes[: place + 1], reverse=True)
    assert min(changes[:place] + changes[place + 1 :]) > 0


@ALL
def test_a_seed_draws_the_same_and_the_picture_given_stays(stress: Stress) -> None:
    image = draw_colours()
    before = image.copy()
    first, again = (stress.apply(image, stress.levels[-1], seed=5) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(image, before)
    assert first.dtype == np.uint8
    assert first.shape == image.shape


@ALL
@pytest.mark.parametrize("level", [float("nan"), -1e6, 1e6])
def test_what_is_out_of_range_is_refused(stress: Stress, level: float) -> None:
    with pytest.raises(SettingsError, match="Give"):
        stress.apply(draw_colours(), level)
    with pytest.raises(SettingsError, match="Give"):
        stress.apply_to_mask(np.zeros((4, 4), bool), level)


def test_light_and_values_are_each_others_inverse() -> None:
    image = draw_colours()
    np.testing.assert_array_equal(from_linear(to_linear(image)), image)
    assert from_linear(np.full((1, 1, 3), 0.215861, np.float32))[0, 0, 0] == 128  # IEC 61966-2-1


def test_half_the_light_is_half_the_light() -> None:
    image = np.full((8, 8, 3), 200, np.uint8)
    assert mean_light(change(image, "brightness", -50)) == pytest.approx(
        mean_light(image) / 2, rel=0.02
    )


def test_a_warm_lamp_is_redder_and_no_brighter() -> None:
    image = np.full((8, 8, 3), 120, np.uint8)
    warm = to_linear(change(image, "temperature", 3000))[0, 0]
    cold = to_linear(change(image, "temperature", 12000))[0, 0]
    assert warm[0] > warm[1] > warm[2]
    assert cold[0] < cold[2]
    for lit in (warm, cold):
        assert float(lit @ REC709) == pytest.approx(mean_light(image), rel=0.02)


@pytest.mark.parametrize("name", ["defocus", "motion"])
def test_a_blur_keeps_the_light(name: str) -> None:
    image = np.zeros((101, 101, 3), np.uint8)
    image[45:56, 45:56] = 255
    blurred = change(image, name, STRESSES[name].levels[-1])
    assert blurred[50, 50].max() <= 255
    assert mean_light(blurred) == pytest.approx(mean_light(image), rel=0.02)


def test_contrast_leaves_the_mean() -> None:
    image, _ = draw_defect()
    assert change(image, "contrast", -60).mean() == pytest.approx(image.mean(), abs=0.5)
    assert change(image, "contrast", -60).std() == pytest.approx(0.4 * image.std(), rel=0.02)


@pytest.mark.parametrize(
    ("name", "level"), [("rotation", 20), ("rotation", -10), ("shift", 10), ("scale", -20)]
)
def test_the_mask_moves_with_the_defect(name: str, level: float) -> None:
    _, mask = draw_defect()
    stress = STRESSES[name]
    shown = np.repeat(mask[..., None] * np.uint8(255), 3, axis=2)
    moved = stress.apply(shown, level, seed=4)[..., 0] >= 128
    followed = stress.apply_to_mask(mask, level, seed=4)
    assert not np.array_equal(followed, mask)
    np.testing.assert_array_equal(moved, followed)


def test_what_is_covered_is_as_much_as_it_says_and_no_defect_is_seen_there() -> None:
    image, mask = np.full((60, 80, 3), 255, np.uint8), np.ones((60, 80), bool)
    stress = STRESSES["occlusion"]
    covered = (stress.apply(image, 20, seed=2) != image).any(axis=2)
    assert covered.mean() == pytest.approx(0.2, abs=0.01)
    np.testing.assert_array_equal(stress.apply_to_mask(mask, 20, seed=2), ~covered)


def test_more_dust_keeps_the_specks_that_were_there() -> None:
    image, _ = draw_defect()
    few, many = (change(image, "dust", count) for count in (5, 40))
    assert (many <= few).all()
    assert (few <= image).all()


def test_levels_are_spread_over_the_whole_range() -> None:
    stress = STRESSES["temperature"]
    assert stress.spread(3) == (3000, 6100, 6500, 12000)
    assert stress.spread(len(stress.levels)) == stress.levels
    with pytest.raises(SettingsError, match="levels"):
        stress.spread(1)


def test_levels_are_written_with_their_unit() -> None:
    assert STRESSES["brightness"].write(-20) == "-20 % light"
    assert STRESSES["brightness"].write(20) == "+20 % light"
    assert STRESSES["jpeg"].write(50) == "50 quality"


def test_an_unknown_stress_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SettingsError, match="brightness, temperature"):
        find_stress("rain")
