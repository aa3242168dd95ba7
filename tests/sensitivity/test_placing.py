from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inspection.errors import SettingsError
from inspection.sensitivity.placing import KINDS, measure_size, place_defect
from inspection.sensitivity.records import Trial
from inspection.types import RGBImage

TRIAL = Trial("plate", "scratch", 40.0, 40.0, 0.0, 80.0, 100.0, seed=3)


def draw_plate() -> RGBImage:
    """Draw a grey plate with grain, 160 x 200."""
    grain = np.random.default_rng(0).normal(128, 5, (160, 200, 1))
    return np.clip(grain, 0, 255).astype(np.uint8).repeat(3, axis=2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [2, 3, 5, 8, 20, 60, 110])
def test_the_mask_has_the_wanted_size_at_any_angle(kind: str, size: int) -> None:
    for seed in range(6):
        trial = replace(TRIAL, kind=kind, size=size, seed=seed, angle=31.0 * seed)
        _, mask = place_defect(draw_plate(), trial)
        assert abs(measure_size(mask) - size) <= max(1.01, 0.03 * size)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("contrast", [3.0, 12.0, 40.0, 60.0])
def test_the_contrast_is_the_mean_departure_of_the_mask(kind: str, contrast: float) -> None:
    image = np.full((160, 200, 3), 128, np.uint8)
    for size in (1, 6, 50):
        drawn, mask = place_defect(image, replace(TRIAL, kind=kind, contrast=contrast, size=size))
        departure = np.abs(drawn.astype(float) - image)
        assert departure[mask].mean() == pytest.approx(contrast, abs=max(0.6, 0.05 * contrast))
        assert departure[~mask].mean() < 0.2 * contrast


@pytest.mark.parametrize("kind", KINDS)
def test_no_contrast_leaves_the_same_bytes(kind: str) -> None:
    image = draw_plate()
    drawn, mask = place_defect(image, replace(TRIAL, kind=kind, contrast=0.0))
    assert np.array_equal(drawn, image)
    assert mask.any()


@pytest.mark.parametrize("kind", KINDS)
def test_it_lies_where_it_is_wanted(kind: str) -> None:
    for row, column in ((50.0, 60.0), (90.0, 130.0)):
        _, mask = place_defect(draw_plate(), replace(TRIAL, kind=kind, row=row, column=column))
        rows, columns = np.nonzero(mask)
        assert abs((rows.min() + rows.max()) / 2 - row) <= 12
        assert abs((columns.min() + columns.max()) / 2 - column) <= 12


def test_a_scratch_turns_counterclockwise() -> None:
    for angle, steep in ((0.0, 0.0), (45.0, -1.0), (90.0, None), (135.0, 1.0)):
        _, mask = place_defect(draw_plate(), replace(TRIAL, angle=angle))
        rows, columns = (axis - axis.mean() for axis in np.nonzero(mask))
        if steep is None:
            assert columns.std() < 0.3 * rows.std()
        else:
            assert (rows * columns).sum() / np.square(columns).sum() == pytest.approx(
                steep, abs=0.35
            )


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_draws_the_same_form_at_every_contrast(kind: str) -> None:
    image = draw_plate()
    faint, strong = (replace(TRIAL, kind=kind, contrast=c) for c in (5.0, 80.0))
    assert np.array_equal(place_defect(image, faint)[1], place_defect(image, strong)[1])
    first, again = place_defect(image, strong)[0], place_defect(image, strong)[0]
    assert np.array_equal(first, again)


def test_what_would_be_clipped_turns_from_dark_to_light() -> None:
    dark = np.full((160, 200, 3), 5, np.uint8)
    drawn, mask = place_defect(dark, replace(TRIAL, kind="crack", contrast=60.0))
    assert drawn[mask].mean() == pytest.approx(65, abs=1)


def test_a_missing_piece_hides_the_texture_beneath() -> None:
    image = draw_plate()
    drawn, mask = place_defect(image, replace(TRIAL, kind="missing-piece"))
    core = mask & np.roll(mask, 3, 0) & np.roll(mask, -3, 0)
    assert drawn[core].std() < 1 < image[core].std()


def test_a_defect_over_the_edge_is_cut_off() -> None:
    drawn, mask = place_defect(draw_plate(), replace(TRIAL, kind="stain", row=0.0, column=0.0))
    assert drawn.shape == (160, 200, 3)
    assert 0 < mask.sum() < 900


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "ghost"}, "Choose from scratch"),
        ({"size": 201.0}, "from 1 to 200 pixels"),
        ({"size": float("nan")}, "from 1 to 200 pixels"),
        ({"contrast": -1.0}, "from 0 to 255"),
        ({"contrast": float("nan")}, "from 0 to 255"),
        ({"row": 160.0}, "place on the image"),
        ({"angle": float("inf")}, "place on the image"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        place_defect(draw_plate(), replace(TRIAL, **change))
