"""Normal patches of the U-Net, and what is kept of the images that are compared with them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from detectors.unet import kept as kept_module
from detectors.unet import memory as memory_module
from detectors.unet.drawing import MarkedImage, draw_training, draw_validation, normal_images
from detectors.unet.kept import KeptImages, keep_images, pack, unpack
from detectors.unet.memory import NormalPatches, PatchCollector, measure_distance
from detectors.unet.training import Watch
from inspection.preprocess import LoadedSamples
from inspection.progress import StoppedError
from inspection.types import Sample, Split

CLEAN = np.zeros((16, 16), np.bool_)


def collect(levels: torch.Tensor, masks: list[np.ndarray], count: int) -> NormalPatches:
    collector = PatchCollector(len(levels), torch.Generator().manual_seed(0))
    for number, (level, mask) in enumerate(zip(levels, masks, strict=True)):
        collector.add(level[None], mask, f"part{number}")
    return collector.choose(count)


def load(num_normal: int, num_defective: int) -> LoadedSamples:
    """Grey parts of 32 x 32 pixels; each defective one is marked in another place."""
    total = num_normal + num_defective
    images = np.stack([np.full((32, 32, 3), 60 + row, np.uint8) for row in range(total)])
    masks = np.zeros((total, 32, 32), np.bool_)
    samples = []
    for row in range(total):
        is_bad = row >= num_normal
        masks[row, row, :] = is_bad
        samples.append(
            Sample(
                id=f"{row}.png",
                image_path=Path(f"{row}.png"),
                category="part",
                split=Split.TRAIN,
                defect_type="spot" if is_bad else None,
            )
        )
    return LoadedSamples(tuple(samples), images, masks, {})


def test_the_distance_is_that_to_the_nearest_row_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "AT_ONCE", 5)
    torch.manual_seed(0)
    patches, rows = torch.rand(1, 5, 3, 4), torch.rand(7, 5)
    found = measure_distance(patches, rows)
    queries = patches[0].permute(1, 2, 0).reshape(-1, 5).double()
    wanted = torch.cdist(queries, rows.double()).amin(dim=1).reshape(1, 1, 3, 4)
    assert found.numpy() == pytest.approx(wanted.numpy(), abs=1e-5)


def test_rows_of_the_own_part_do_not_count() -> None:
    patches = torch.tensor([1.0, 2.0]).reshape(1, 1, 1, 2)
    memory = NormalPatches(torch.tensor([[1.0], [5.0]]), np.array(["a", "b"]))
    assert measure_distance(patches, memory.rows).flatten().tolist() == [0.0, 1.0]
    without = measure_distance(patches, memory.rows, excluded=memory.excluded("a"))
    assert without.flatten().tolist() == [4.0, 3.0]


def test_a_memory_of_one_part_is_compared_with_all_the_same() -> None:
    memory = NormalPatches(torch.rand(3, 2), np.array(["a", "a", "a"]))
    assert not memory.excluded("a").any()
    assert not memory.excluded("b").any()


def test_rare_patches_are_remembered_and_defective_ones_are_not() -> None:
    levels = torch.zeros(3, 1, 4, 4)
    levels[1, 0, 3, 3] = 9.0  # seen once
    levels[2, 0, 0, 0] = 50.0  # a defect
    marked = CLEAN.copy()
    marked[0:4, 0:4] = True
    memory = collect(levels, [CLEAN, CLEAN, marked], count=2)
    assert sorted(memory.rows.flatten().tolist()) == [0.0, 9.0]
    assert "part1" in memory.units


def test_an_image_that_is_defective_everywhere_is_remembered_all_the_same() -> None:
    memory = collect(torch.ones(1, 2, 4, 4), [~CLEAN], count=5)
    assert memory.rows.shape == (5, 2)


def make_kept(num_images: int = 3) -> KeptImages:
    torch.manual_seed(0)
    made = [
        ([torch.rand(1, 2, 16, 16), torch.rand(1, 3, 4, 4)], (torch.rand(1, 64, 64) > 0.5).float())
        for _ in range(num_images)
    ]
    return keep_images(made, most=num_images)


def test_what_is_packed_is_unpacked_the_same() -> None:
    kept = make_kept()
    packed, masks = kept.whole()
    levels = unpack(packed, [(2, 16, 16), (3, 4, 4)])
    for level, before in zip(levels, kept.levels, strict=True):
        assert torch.equal(level, before.float())
    assert torch.equal(masks, kept.masks.float())


def test_a_window_shows_the_same_place_in_every_level_and_in_the_mask() -> None:
    side = torch.arange(4, dtype=torch.float32)
    coarse = side[:, None] * 4 + side[None]  # (4, 4), a number for each cell
    finer = coarse.repeat_interleave(4, 0).repeat_interleave(4, 1)
    whole = (coarse.repeat_interleave(16, 0).repeat_interleave(16, 1) == 5).float()
    kept = keep_images([([finer[None, None], coarse[None, None]], whole[None])], most=1)
    torch.manual_seed(0)
    places = set()
    for _ in range(20):
        packed, mask = kept.draw(0, window=True, multiple=16)
        assert mask.shape == (1, 48, 48)
        fine, rough = unpack(packed[None], [(1, 12, 12), (1, 3, 3)])
        assert torch.equal(fine, rough.repeat_interleave(4, 2).repeat_interleave(4, 3))
        shown = rough.repeat_interleave(16, 2).repeat_interleave(16, 3)[0] == 5
        assert torch.equal(mask, shown.float())
        places.add(float(rough[0, 0, 0, 0]))
    assert len(places) == 4
    packed, mask = kept.draw(0, window=False, multiple=16)
    assert mask.shape == (1, 64, 64)
    assert packed.shape == (16 * 16 + 4 * 4, 1, 1)


def test_fewer_large_images_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [([torch.rand(1, 2, 8, 8)], torch.zeros(1, 32, 32)) for _ in range(9)]
    monkeypatch.setattr(kept_module, "MOST_BYTES", 4 * 2 * 2 * 8 * 8)
    assert len(keep_images(made, most=9).masks) == 4
    assert len(keep_images(made[:2], most=9).masks) == 2


def test_every_training_image_comes_before_any_comes_again() -> None:
    drawn = draw_training(load(5, 0), 0.0, seed=0)
    rounds = [[next(drawn).unit for _ in range(5)] for _ in range(2)]
    assert all(len(set(units)) == 5 for units in rounds)
    assert rounds[0] != rounds[1]


def test_few_labelled_defects_come_as_often_as_normal_images() -> None:
    drawn = draw_training(load(6, 2), 0.0, seed=0)
    some = [next(drawn) for _ in range(12)]
    assert sum(one.mask.any() for one in some) == 6
    assert len({one.unit for one in some if one.mask.any()}) == 2


def test_a_share_of_the_normal_images_gets_drawn_defects() -> None:
    drawn = draw_training(load(8, 0), 0.5, seed=0)
    some = [next(drawn) for _ in range(64)]
    assert 16 < sum(one.mask.any() for one in some) < 48


def test_validation_has_both_kinds_in_turn() -> None:
    images = draw_validation(load(8, 0), seed=0)
    assert [one.mask.any() for one in images] == [True, False] * 4
    labelled = draw_validation(load(4, 2), seed=0)
    assert [one.mask.any() for one in labelled] == [True, False, True, False, False, False]


def test_defective_images_are_remembered_only_where_there_are_no_others() -> None:
    units = [one.unit for one in normal_images(load(2, 2))]
    assert len(units) == 2
    assert all(isinstance(one, MarkedImage) for one in normal_images(load(0, 2)))
    assert len(normal_images(load(0, 2))) == 2


def watch_images(seconds: float | None, *, least: int) -> tuple[int, float | None]:
    """Show ten images, one each second; return how many were passed on, and the time left."""
    seen: list[int] = []
    watch = Watch(False, seconds, clock=lambda: float(len(seen)))
    image = MarkedImage(np.zeros((16, 16, 3), np.uint8), CLEAN, "a")
    for number, _ in enumerate(watch.show("drawing", [image] * 10, 10, least=least)):
        seen.append(number)
    return len(seen), watch.seconds_left()


def test_drawing_ends_when_half_of_the_time_has_passed() -> None:
    assert watch_images(None, least=2) == (10, None)
    assert watch_images(8.0, least=2) == (5, 3.0)
    assert watch_images(1.0, least=2) == (2, 1.0)
    assert watch_images(1.0, least=10) == (10, 1.0)


def test_the_caller_can_stop_while_images_are_drawn() -> None:
    def stop(metrics: Mapping[str, float]) -> None:
        raise StoppedError

    image = MarkedImage(np.zeros((16, 16, 3), np.uint8), CLEAN, "a")
    with pytest.raises(StoppedError):
        list(Watch(stop, None).show("drawing", [image] * 40, 40, least=40))


def test_levels_are_packed_in_their_order() -> None:
    packed = pack([torch.ones(1, 2, 2), torch.zeros(2, 1, 1)])
    assert packed.flatten().tolist() == [1, 1, 1, 1, 0, 0]
