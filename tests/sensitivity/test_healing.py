import numpy as np
import pytest

from inspection.errors import MaskError, SettingsError
from inspection.sensitivity.healing import fade, heal, shrink
from inspection.types import Mask, RGBImage
from tests.doubles.parts import draw_part

SIDE = 96


def draw_pair(seed: int = 3) -> tuple[RGBImage, RGBImage, Mask]:
    """Draw a part with a defect, the same part without it, and the mask."""
    image, mask = draw_part(seed, defective=True, side=SIDE)
    good, _ = draw_part(seed, side=SIDE)
    return image, good, mask


@pytest.mark.parametrize("seed", range(4))
def test_healing_leaves_what_a_good_part_could_show(seed: int) -> None:
    image, good, mask = draw_pair(seed)
    healed = heal(image, mask)
    inside = healed[mask].astype(float)
    assert abs(inside.mean() - good[mask].mean()) < 2  # the defect is 90 levels brighter
    assert 0.7 * good[mask].std() < inside.std() < 1.4 * good[mask].std()  # grain, not a smear


def test_healing_touches_nothing_beyond_a_narrow_seam() -> None:
    image, _, mask = draw_pair()
    changed = (heal(image, mask) != image).any(axis=2)
    rows, columns = np.nonzero(changed)
    marked_rows, marked_columns = np.nonzero(mask)
    for axis, marked in ((rows, marked_rows), (columns, marked_columns)):
        assert marked.min() - 3 <= axis.min()
        assert axis.max() <= marked.max() + 3


def test_a_normal_image_serves_where_the_image_itself_holds_nothing_alike() -> None:
    rng = np.random.default_rng(0)
    good = np.full((96, 96, 3), 60, np.uint8)
    good[40:60, 30:70] = rng.integers(100, 250, (20, 40, 1))  # a label that is there only once
    image, mask = good.copy(), np.zeros((96, 96), bool)
    mask[44:52, 45:53] = True
    image[mask] = 0
    darker = np.rint(0.8 * good).astype(np.uint8)
    alone, helped = heal(image, mask), heal(image, mask, normals=[darker])
    far, near = (np.abs(one[mask].astype(int) - good[mask]).mean() for one in (alone, helped))
    assert near < 4
    assert far > 5 * near


def test_a_defect_across_the_image_is_grown_inwards() -> None:
    image, mask = np.full((64, 64, 3), 120, np.uint8), np.zeros((64, 64), bool)
    mask[30:34] = True
    image[mask] = 250
    assert np.abs(heal(image, mask).astype(int) - 120).max() <= 2


@pytest.mark.parametrize("share", [0.0, 0.8])
def test_nothing_marked_and_nearly_all_marked_are_refused(share: float) -> None:
    image, _, _ = draw_pair()
    mask = np.zeros((SIDE, SIDE), bool)
    mask[: round(share * SIDE)] = True
    with pytest.raises(MaskError, match="Brush over" if share == 0 else "80 % of the image"):
        heal(image, mask)


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(MaskError, match="same size"):
        heal(draw_pair()[0], np.ones((8, 8), bool))


def test_at_full_strength_it_is_the_image_and_at_none_the_healed_one_byte_for_byte() -> None:
    image, _, mask = draw_pair()
    healed = heal(image, mask)
    assert np.array_equal(fade(healed, image, 1), image)
    assert np.array_equal(fade(healed, image, 0), healed)


def test_fading_mixes_light_and_not_bytes() -> None:
    black, white = np.zeros((1, 1, 3), np.uint8), np.full((1, 1, 3), 255, np.uint8)
    assert fade(black, white, 0.5)[0, 0, 0] == 188  # half of the light, as sRGB has it
    assert fade(black, white, 0.2140)[0, 0, 0] == 127


def test_at_full_size_it_is_the_image_and_at_none_the_healed_one_byte_for_byte() -> None:
    image, _, mask = draw_pair()
    healed = heal(image, mask)
    same, same_mask = shrink(healed, image, mask, 1)
    assert np.array_equal(same, image)
    assert np.array_equal(same_mask, mask)
    none, no_mask = shrink(healed, image, mask, 0)
    assert np.array_equal(none, healed)
    assert not no_mask.any()


@pytest.mark.parametrize("scale", [0.75, 0.5, 0.25])
def test_a_defect_shrinks_about_its_centre(scale: float) -> None:
    good = np.full((80, 100, 3), 100, np.uint8)
    image, mask = good.copy(), np.zeros((80, 100), bool)
    mask[20:44, 50:82] = True
    image[mask] = 180
    shrunk, left = shrink(good, image, mask, scale)
    rows, columns = np.nonzero(left)
    assert abs(rows.mean() - 31.5) < 0.6
    assert abs(columns.mean() - 65.5) < 0.6
    assert abs(np.ptp(rows) + 1 - 24 * scale) <= 1
    assert abs(np.ptp(columns) + 1 - 32 * scale) <= 1
    assert shrunk[31, 65, 0] == 180  # as strong as before
    assert np.array_equal(shrunk[~mask], good[~mask])


def test_a_thin_scratch_keeps_a_mask_when_it_shrinks() -> None:
    good = np.full((64, 64, 3), 100, np.uint8)
    image, mask = good.copy(), np.zeros((64, 64), bool)
    mask[32, 10:50] = True
    image[mask] = 200
    shrunk, left = shrink(good, image, mask, 0.5)
    assert abs(np.ptp(np.nonzero(left)[1]) + 1 - 20) <= 1
    assert 100 < shrunk[32, 30, 0] < 200  # thinner than a pixel, so it is fainter


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_shares_outside_0_to_1_are_refused(value: float) -> None:
    image, good, mask = draw_pair()
    with pytest.raises(SettingsError, match="from 0 to 1"):
        fade(good, image, value)
    with pytest.raises(SettingsError, match="from 0 to 1"):
        shrink(good, image, mask, value)
