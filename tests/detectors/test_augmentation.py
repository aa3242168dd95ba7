from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from detectors.learning.augmentation import Augmentation, build_augment, plan_augmentation
from inspection.types import RGBImage
from tests.doubles.textures import draw_arrow, draw_grain, draw_stripes, load_parts

NOTHING: dict[str, Any] = {
    "flip_horizontal": False,
    "flip_vertical": False,
    "rotation": False,
    "crop": False,
    "light": False,
}
CHANGES = [{}, *({key: True} for key in NOTHING)]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What may be varied, left open where a guess is asked for."""

    flips: bool | None = None
    rotation: bool | None = None
    crop: bool = True
    light: bool = True


def guess(draw: Callable[[np.random.Generator], RGBImage]) -> Augmentation:
    rng = np.random.default_rng(0)
    return plan_augmentation(load_parts([draw(rng) for _ in range(16)]), Chosen())


@pytest.mark.parametrize("changes", CHANGES)
def test_image_and_mask_are_varied_together(changes: dict[str, bool]) -> None:
    augment = build_augment(Augmentation(**{**NOTHING, **changes}), multiple=8)
    mask = (torch.rand(1, 64, 64) > 0.7).float()
    image = mask.repeat(3, 1, 1) * 0.5 + 0.2
    torch.manual_seed(0)
    for _ in range(8):
        varied, varied_mask = augment(image, mask)
        assert type(varied) is torch.Tensor
        assert varied.shape[1:] == varied_mask.shape[1:]
        assert set(varied_mask.flatten().tolist()) == {0.0, 1.0}
        assert torch.equal(varied[0] > varied.mean(), varied_mask[0] > 0.5)


def test_without_changes_an_image_stays_as_it_is() -> None:
    image, mask = torch.rand(3, 32, 64), torch.zeros(1, 32, 64)
    varied, _ = build_augment(Augmentation(**NOTHING), multiple=8)(image, mask)
    assert torch.equal(varied, image)


@pytest.mark.parametrize(("size", "cut"), [((64, 64), (48, 48)), ((96, 32), (72, 24))])
def test_crops_keep_to_the_multiple(size: tuple[int, int], cut: tuple[int, int]) -> None:
    augment = build_augment(Augmentation(**{**NOTHING, "crop": True}), multiple=8)
    varied, _ = augment(torch.rand(3, *size), torch.zeros(1, *size))
    assert varied.shape == (3, *cut)


def test_an_oblong_image_is_only_turned_upside_down() -> None:
    augment = build_augment(Augmentation(**{**NOTHING, "rotation": True}), multiple=8)
    image = torch.rand(3, 32, 64)
    for _ in range(8):
        varied, _ = augment(image, torch.zeros(1, 32, 64))
        assert torch.equal(varied, image) or torch.equal(varied, image.flip(1, 2))


def test_grain_without_direction_may_be_turned_and_mirrored() -> None:
    plan = guess(draw_grain)
    assert plan.flip_horizontal
    assert plan.flip_vertical
    assert plan.rotation


def test_stripes_may_be_mirrored_but_not_turned() -> None:
    plan = guess(draw_stripes)
    assert plan.flip_horizontal
    assert not plan.rotation


def test_a_part_in_a_fixed_pose_is_left_as_it_is() -> None:
    plan = guess(draw_arrow)
    assert not plan.flip_horizontal
    assert not plan.flip_vertical
    assert not plan.rotation


def test_a_setting_goes_before_the_guess_and_two_images_are_too_few_to_guess() -> None:
    images = [draw_grain(np.random.default_rng(seed)) for seed in range(2)]
    plan = plan_augmentation(load_parts(images), Chosen(rotation=True, crop=False, light=False))
    assert plan == Augmentation(False, False, True, False, False)


def test_several_exposures_of_one_part_do_not_spoil_the_guess() -> None:
    rng = np.random.default_rng(0)
    images = [image for _ in range(16) for image in [draw_stripes(rng)] * 3]
    assert plan_augmentation(load_parts(images, exposures=3), Chosen()).flip_horizontal
