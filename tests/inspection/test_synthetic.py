import numpy as np
import pytest

from inspection.errors import SettingsError
from inspection.synthetic import KINDS, draw_defect, draw_defects
from inspection.types import RGBImage


def draw_plate(height: int = 96, width: int = 128) -> RGBImage:
    """Draw a brownish plate with grain."""
    rng = np.random.default_rng(5)
    grain = rng.normal(0, 3, (height, width, 1))
    return np.clip(np.array([140, 120, 90]) + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_the_mask_covers_what_was_changed_and_little_else(kind: str) -> None:
    image = draw_plate()
    for seed in range(8):
        drawn, mask = draw_defect(image, np.random.default_rng(seed), kind=kind, strength=0.9)
        change = np.abs(drawn.astype(int) - image).max(axis=2)
        assert drawn.shape == image.shape
        assert drawn.dtype == np.uint8
        assert mask.shape == image.shape[:2]
        assert mask.any()
        assert mask.mean() < 0.5
        assert change[mask].mean() > 3 * change[~mask].mean()


@pytest.mark.parametrize("kind", KINDS)
def test_strength_changes_the_contrast_but_not_the_place(kind: str) -> None:
    image = draw_plate()
    changes, masks = [], []
    for strength in (0.0, 0.5, 1.0):
        drawn, mask = draw_defect(image, np.random.default_rng(3), kind=kind, strength=strength)
        changes.append(np.abs(drawn.astype(int) - image).sum())
        masks.append(mask)
    assert changes[0] < changes[1] < changes[2]
    assert all(np.array_equal(mask, masks[0]) for mask in masks)


def test_the_same_seed_draws_the_same_and_the_image_itself_stays_as_it_was() -> None:
    image = draw_plate()
    before = image.copy()
    first, first_mask = draw_defects(image, np.random.default_rng(1))
    second, second_mask = draw_defects(image, np.random.default_rng(1))
    assert np.array_equal(first, second)
    assert np.array_equal(first_mask, second_mask)
    assert np.array_equal(image, before)


def test_places_kinds_and_sizes_vary() -> None:
    image = draw_plate()
    rng = np.random.default_rng(0)
    masks = [draw_defect(image, rng)[1] for _ in range(60)]
    areas = np.array([mask.sum() for mask in masks])
    assert areas.max() > 20 * areas.min()
    assert np.any(masks, axis=0).mean() > 0.4


def test_half_of_the_defects_lie_where_the_picture_has_structure() -> None:
    image = np.full((96, 96, 3), 200, np.uint8)
    image[40:56, 40:56] = 60  # 3 % of the picture
    rng = np.random.default_rng(0)
    near = np.zeros((96, 96), np.bool_)
    near[32:64, 32:64] = True
    hits = [(draw_defect(image, rng, kind="spots")[1] & near).any() for _ in range(100)]
    assert 45 <= sum(hits) <= 85


def test_a_gap_is_filled_with_what_is_around_it() -> None:
    image = np.full((96, 96, 3), 200, np.uint8)
    image[::4] = 100  # lines, of which some are missing in places
    drawn, mask = draw_defect(image, np.random.default_rng(0), kind="gap", strength=1.0)
    assert drawn[mask].std() < 0.8 * image[mask].std()


@pytest.mark.parametrize("size", [(16, 16), (20, 300)])
def test_small_and_narrow_images_get_defects_too(size: tuple[int, int]) -> None:
    image = draw_plate(*size)
    for kind in KINDS:
        drawn, mask = draw_defect(image, np.random.default_rng(2), kind=kind)
        assert drawn.shape == image.shape
        assert mask.shape == size


def test_a_grey_part_gets_grey_defects() -> None:
    grey = np.repeat(draw_plate()[..., :1], 3, axis=2)
    for seed in range(30):
        drawn, _ = draw_defects(grey, np.random.default_rng(seed))
        assert np.array_equal(drawn[..., 0], drawn[..., 2])


def test_unknown_kinds_and_strengths_are_refused() -> None:
    with pytest.raises(SettingsError, match="Choose from scratch"):
        draw_defect(draw_plate(), np.random.default_rng(0), kind="ghost")
    with pytest.raises(SettingsError, match="from 0 to 1"):
        draw_defect(draw_plate(), np.random.default_rng(0), strength=1.5)
