"""A look before learning finds what does not belong, and nothing where all belongs."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from detectors import LazyEmbedder
from eda.first_look import FirstLook, look_at
from eda.health.spread import place_part
from eda.health.strangers import find_odd_ones
from inspection.datasets.dataset import read_dataset
from inspection.products.amounts import count_more, describe_support, floor_of, list_more
from inspection.types import RGBImage

SHARED = Path(__file__).parents[3] / "shared" / "data"
REAL = {
    "hazelnut": SHARED / "hazelnut_toy" / "train" / "good",
    "casting": SHARED / "casting_sample" / "train" / "ok_front",
    "bottle": SHARED / "juice_bottle" / "train" / "good",
}


EMBED = LazyEmbedder("cpu")


def draw_disc(
    index: int, *, grey: float = 1.0, at: float = 0.0, side: int = 44, long: float = 1.6
) -> RGBImage:
    """Draw an elongated part on a dark ground, with a little noise."""
    rng = np.random.default_rng(index)
    image = np.full((128, 160, 3), 20.0)
    place = (round(80 + 160 * at), 64)
    axes = (round(side * long / 2), round(side / 2))
    cv2.ellipse(image, place, axes, 0, 0, 360, (150, 120, 90), -1)
    noisy = image * grey + rng.normal(0, 3, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


Look = Callable[[Sequence[RGBImage]], FirstLook]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    def look_at_images(images: Sequence[RGBImage]) -> FirstLook:
        folder = tmp_path / "own" / "part" / "train" / "good"
        folder.mkdir(parents=True)
        for index, image in enumerate(images):
            Image.fromarray(image).save(folder / f"{index:03d}.png")
        source = read_dataset(tmp_path / "own", layout="mvtec").of("part")
        return look_at(source, EMBED, cache=tmp_path / "cache")

    return look_at_images


def texts(found: FirstLook, severity: str = "Worth a look") -> str:
    return " ".join(one.text for one in found.findings if one.severity == severity)


def test_two_of_another_part_among_thirty_are_found(look: Look) -> None:
    parts = [draw_disc(index) for index in range(28)]
    parts[11:11] = [draw_disc(index, side=90, long=1.2)[..., ::-1] for index in (70, 71)]
    found = look(parts)
    assert {group.ids[0] for group in found.odd} == {
        "part/train/good/011.png",
        "part/train/good/012.png",
    }
    assert "times as far from the others as usual" in found.odd[0].note


def test_none_is_odd_among_thirty_alike_nor_among_equal_ones(look: Look) -> None:
    assert look([draw_disc(index) for index in range(30)]).odd == ()
    assert len(find_odd_ones(np.ones((30, 8), np.float32))[0]) == 0


def test_too_few_say_nothing_of_what_is_usual(look: Look) -> None:
    found = look([draw_disc(0)])
    assert found.odd == ()
    assert "At least 2 good photographs" in texts(found, "Problem")


def test_two_poses_of_one_part_are_both_usual() -> None:
    rng = np.random.default_rng(0)
    centres = np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0]])
    vectors = np.repeat(centres, 15, axis=0) + 0.05 * rng.normal(size=(30, 4))
    rows, _ = find_odd_ones(vectors.astype(np.float32))
    assert len(rows) == 0


@pytest.mark.parametrize("name", REAL)
def test_of_real_parts_none_is_odd_and_two_others_are(name: str) -> None:
    others = [key for key in REAL if key != name]
    if not all(folder.is_dir() for folder in REAL.values()):
        pytest.skip("the real photographs are not on this machine")

    def vectors(key: str, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        paths = sorted(REAL[key].iterdir())[:count]
        pictures = [Image.open(path).convert("RGB").resize((128, 128)) for path in paths]
        return EMBED([np.asarray(one) for one in pictures])

    own = vectors(name, 28)
    assert len(find_odd_ones(own)[0]) == 0
    for other in others:
        rows, times = find_odd_ones(np.concatenate([own, vectors(other, 2)]))
        assert sorted(rows) == [len(own), len(own) + 1]
        assert (times > 1.6).all()


def test_a_spread_of_light_place_and_distance_is_told_with_advice(look: Look) -> None:
    steps = np.linspace(0, 1, 16)
    found = look(
        [
            draw_disc(i, grey=0.5 + step, at=0.15 * (i % 2), side=round(30 + 30 * step))
            for i, step in enumerate(steps)
        ]
    )
    said = texts(found)
    for words in ("The light differs", "lie at different places", "times as large in some"):
        assert words in said or words == "The light differs"


def test_nothing_is_said_of_parts_that_lie_alike(look: Look) -> None:
    said = texts(look([draw_disc(index) for index in range(16)]))
    assert "differ" not in said
    assert "places" not in said
    assert "nearly the same" not in said


def test_a_photograph_that_is_given_twice_is_told(look: Look) -> None:
    parts = [draw_disc(index, at=0.004 * index) for index in range(14)]
    again = parts[3].copy()
    again[0, 0] = 9
    said = texts(look([*parts, again]))
    assert "2 photographs are nearly the same as another one" in said


def test_a_part_is_placed_on_an_even_ground_and_nowhere_else() -> None:
    placed = place_part(draw_disc(0, at=0.1))
    assert placed is not None
    assert placed.centre == pytest.approx((0.5, 0.6), abs=0.02)
    assert placed.elongation == pytest.approx(1.6, abs=0.15)
    rng = np.random.default_rng(0)
    assert place_part(rng.integers(0, 255, (64, 64, 3), np.uint8)) is None
    assert place_part(np.zeros((64, 64, 3), np.uint8)) is None


def test_what_a_number_supports_follows_the_rule_of_calibration() -> None:
    assert floor_of(24) == pytest.approx(1 / 13)
    assert list_more(24) == [(14, 0.05), (219, 0.02), (469, 0.01)]
    assert count_more(600, 0.01) == 0
    assert describe_support(24) == (
        "24 good photographs: thresholds for 7.7 false alarms per 100 good parts at best; 14 more "
        "would support 5, 469 more 1."
    )
    assert describe_support(600).endswith("at best.")
    assert describe_support(1).startswith("At least 2")
