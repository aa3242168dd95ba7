"""Whether an image shows the product: by embedding, shape and size, with a promise kept."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.backbones.embedding import Embedder
from inspection.demo.products import PRODUCTS, draw_sample
from inspection.detector import Channel
from inspection.errors import CheckpointError, DatasetError
from inspection.products.catalog import Catalog
from inspection.products.familiarity import (
    FILE,
    FamiliarityModel,
    SizeRange,
    embed_whole,
    fit_familiarity,
    has_familiarity,
    load_familiarity,
    save_familiarity,
)
from inspection.products.places import CHECKPOINTS
from inspection.types import RGBImage, Sample, Split
from tests.doubles.detectors import FakeEmbed, make_infos
from tests.doubles.products import make_catalog, write_familiarity

SQUARE = SizeRange.of([(320, 320)])


def make_samples(count: int, split: Split, *, group: int | None = None) -> list[Sample]:
    """Return normal samples; each `group` of them are images of one part."""
    return [
        Sample(
            f"{split.value}/{index}",
            Path(f"{split.value}-{index}"),
            "part",
            split,
            group=None if group is None else f"{split.value} {index // group}",
        )
        for index in range(count)
    ]


def learn(
    monkeypatch: pytest.MonkeyPatch, samples: Sequence[Sample], draw: Callable[[], RGBImage]
) -> FamiliarityModel:
    monkeypatch.setattr("inspection.products.familiarity.read_sample", lambda _: draw())
    return fit_familiarity(samples, FakeEmbed())


def judge(model: FamiliarityModel, image: RGBImage) -> float:
    (vector,) = embed_whole(FakeEmbed(), [image])
    return model.judge(vector, (image.shape[0], image.shape[1])).score


def make_familiar_catalog(root: Path, *categories: str, source: str = "fake") -> Catalog:
    """Return a catalogue of drawn products whose first one knows what its parts look like."""
    catalog = make_catalog(root, categories=categories or ("part",), embed=FakeEmbed(source))
    write_familiarity(catalog.product("drawn/part").folder)
    return catalog


@pytest.mark.parametrize("num_held_out", [9, 19, 149])
def test_no_more_good_parts_are_refused_than_is_promised(
    monkeypatch: pytest.MonkeyPatch, num_held_out: int
) -> None:
    """The limits by the training images are put out of force, so that the promise alone counts."""
    monkeypatch.setattr("inspection.products.familiarity.LEAST_LIMIT", 0.001)
    monkeypatch.setattr("inspection.products.familiarity.MARGIN", 0.0)
    rng = np.random.default_rng(num_held_out)

    def draw() -> RGBImage:
        strange = rng.lognormal(1.5, 1.0, (1, 1, 3)) * rng.standard_normal((4, 4, 3))
        return np.clip(128 + strange, 0, 255).astype(np.uint8)

    refused = total = 0
    for _ in range(30):
        samples = make_samples(10, Split.TRAIN) + make_samples(num_held_out, Split.CALIBRATION)
        model = learn(monkeypatch, samples, draw)
        assert model.calibration.num_normal == num_held_out
        assert model.rate == max(0.01, 1 / (num_held_out + 1))
        threshold = model.promised
        scores = [judge(model, draw()) for _ in range(100)]
        refused += sum(score > threshold for score in scores)
        total += len(scores)
    spread = np.sqrt(model.rate / total) + np.sqrt(1 / 30) * model.rate
    assert 0 < refused / total < model.rate + 3 * spread


def test_images_of_one_part_are_no_measure_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs of the same picture: alone they would say that no image may differ at all."""
    monkeypatch.setattr("inspection.products.familiarity.LEAST_LIMIT", 0.0)
    pictures = [np.full((8, 8, 3), (level, 255 - level, 60), np.uint8) for level in (40, 90, 140)]
    drawn = iter([picture for picture in pictures for _ in range(2)] + pictures)
    samples = make_samples(6, Split.TRAIN, group=2) + make_samples(3, Split.CALIBRATION)
    monkeypatch.setattr("inspection.products.familiarity.order_units", lambda units, _: list(units))
    model = learn(monkeypatch, samples, lambda: next(drawn))
    vectors = embed_whole(FakeEmbed(), pictures)
    between = np.linalg.norm(vectors[:, None] - vectors[None], axis=2) + 9 * np.eye(3)
    assert model.max_distance == pytest.approx(1.4 * between.min(axis=1).max(), rel=1e-2)


@pytest.mark.parametrize(
    ("size", "stretch", "enlargement"),
    [
        ((320, 320), 1.0, 1.0),
        ((640, 640), 1.0, 1.0),
        ((20000, 500), 40.0, 1.0),
        ((500, 20000), 40.0, 1.0),
        ((80, 80), 1.0, 4.0),
        ((160, 320), 2.0, 2.0),
    ],
)
def test_stretch_and_enlargement_are_measured_against_the_training_images(
    size: tuple[int, int], stretch: float, enlargement: float
) -> None:
    assert SQUARE.stretch(size) == pytest.approx(stretch)
    assert SQUARE.enlargement(size) == pytest.approx(enlargement)


def test_whatever_shapes_the_training_images_have_is_familiar() -> None:
    mixed = SizeRange.of([(100, 400), (300, 200)])
    for size in ((100, 400), (300, 200), (200, 300), (1000, 4000)):
        assert mixed.stretch(size) == 1.0
    assert mixed.stretch((100, 800)) == pytest.approx(2.0)
    assert mixed.describe() == "200-400 × 100-300"
    assert SQUARE.describe() == "320 × 320"


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((96, 96), ""),
        ((96, 128), ""),  # a camera's 4:3
        (
            (3840, 96),
            "It has 96 × 3840 pixels, and the training images have 96 × 96: to have their shape "
            "it is squeezed 40 to 1.",
        ),
        (
            (16, 16),
            "It has 16 × 16 pixels, and the training images have 96 × 96: enlarged 6 times it "
            "shows too little.",
        ),
    ],
)
def test_an_image_of_quite_another_shape_or_size_is_unfamiliar(
    tmp_path: Path, size: tuple[int, int], reason: str
) -> None:
    catalog = make_familiar_catalog(tmp_path)
    found = catalog.familiarity.check(
        catalog.product("drawn/part"), np.full((*size, 3), 115, np.uint8)
    )
    assert found is not None
    assert found.reason == reason
    assert found.is_familiar == (reason == "")


def test_a_stored_model_judges_the_same(tmp_path: Path) -> None:
    folder = tmp_path
    model = write_familiarity(folder)
    again = load_familiarity(folder)
    assert (again.source, again.max_distance, again.sizes, again.rate) == (
        model.source,
        model.max_distance,
        model.sizes,
        model.rate,
    )
    assert np.array_equal(again.vectors, model.vectors)
    assert again.calibration.units == model.calibration.units
    assert np.array_equal(again.calibration.normal_scores, model.calibration.normal_scores)
    assert again.promised == 0.625
    written = (folder / FILE).read_bytes()
    save_familiarity(folder, again)
    assert (folder / FILE).read_bytes() == written


def test_a_product_without_the_file_is_not_judged(tmp_path: Path) -> None:
    catalog = make_familiar_catalog(tmp_path)
    (catalog.product("drawn/part").folder / FILE).unlink()
    image = np.zeros((96, 96, 3), np.uint8)
    assert catalog.familiarity.check(catalog.product("drawn/part"), image) is None


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda path: path.write_bytes(b"PK no archive"), "is damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:-40]), "is damaged"),
        (lambda path: np.savez(path, format=np.array(9)), "was written by another version"),
        (lambda path: np.savez(path, format=np.array(1)), "is damaged"),
    ],
)
def test_a_damaged_file_is_reported_with_its_remedy(
    tmp_path: Path, damage: Callable[[Path], object], sentence: str
) -> None:
    catalog = make_familiar_catalog(tmp_path)
    folder = catalog.product("drawn/part").folder
    assert has_familiarity(folder, FakeEmbed())
    damage(folder / FILE)
    assert not has_familiarity(folder, FakeEmbed())
    with pytest.raises(CheckpointError, match=f"{sentence}.*train-all"):
        catalog.familiarity.check(catalog.product("drawn/part"), np.zeros((96, 96, 3), np.uint8))


def test_the_vectors_of_another_backbone_are_not_compared(tmp_path: Path) -> None:
    catalog = make_familiar_catalog(tmp_path, source="another")
    with pytest.raises(CheckpointError, match="was made with another backbone"):
        catalog.familiarity.check(catalog.product("drawn/part"), np.zeros((96, 96, 3), np.uint8))
    assert not has_familiarity(catalog.product("drawn/part").folder, FakeEmbed("another"))


def test_without_normal_images_there_is_nothing_to_learn() -> None:
    with pytest.raises(DatasetError, match="no normal images"):
        fit_familiarity(make_samples(4, Split.TRAIN), FakeEmbed())


@pytest.fixture(scope="module")
def demo() -> Catalog:
    """Return the demo products that the project carries."""

    def load(folder: Path) -> Channel:
        raise AssertionError(folder)

    return Catalog(
        CHECKPOINTS,
        (),
        loader=load,
        detectors=make_infos("cae", "unet", "patchcore"),
        embed=Embedder(device="cpu"),
    )


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_strongest_defects_of_a_demo_product_are_no_other_product(
    demo: Catalog, product: str
) -> None:
    for kind in (None, *PRODUCTS[product].defect_types):
        image, _ = draw_sample(product, "test", kind, 0)
        found = demo.familiarity.check(demo.product(f"demo/{product}"), image)
        assert found is not None
        assert found.is_familiar, (kind, found)
        assert found.score < 0.5, "not even near"
        assert found.false_alarm_rate == 0.01


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_demo_product_is_told_from_the_others_and_named(demo: Catalog, product: str) -> None:
    image, _ = draw_sample(product, "test", None, 1)
    for other in PRODUCTS.keys() - {product}:
        found = demo.familiarity.check(demo.product(f"demo/{other}"), image)
        assert found is not None
        assert not found.is_familiar
        assert found.looks_like == f"demo/{product}"
        assert found.reason.startswith("As a whole it is too unlike ")


def test_what_is_much_nearer_to_another_product_is_told_from_closer_by(tmp_path: Path) -> None:
    """A reddish picture, 0.75 times as far as the limit; half as red, it is not suspicious."""
    catalog = make_familiar_catalog(tmp_path, "part", "red")
    check, part = catalog.familiarity.check, catalog.product("drawn/part")
    reddish, pale = (np.full((96, 96, 3), one, np.uint8) for one in ((158, 72, 72), (124, 83, 83)))
    alone = check(part, reddish)
    assert alone is not None
    assert alone.is_familiar
    write_familiarity(catalog.product("drawn/red").folder, reddish)
    for image, other in ((reddish, "drawn/red"), (pale, None)):
        found = check(part, image)
        assert found is not None
        assert (found.looks_like, found.is_familiar) == (other, other is None)
    found = check(part, reddish)
    assert found is not None
    assert found.threshold == 0.625 < found.score == pytest.approx(0.3 / 0.4, abs=0.02)
    assert found.reason.endswith("times nearer to the normal images of drawn/red.")
    further = np.full((96, 96, 3), (180, 30, 30), np.uint8)
    write_familiarity(catalog.product("drawn/red").folder, further)
    beside = check(part, reddish)
    assert beside is not None
    assert beside.is_familiar, "the other product is as far off"


def turn(image: RGBImage) -> RGBImage:
    return np.rot90(image).copy()


def darken(image: RGBImage) -> RGBImage:
    return (0.6 * image).astype(np.uint8)


@pytest.mark.parametrize("change", [turn, darken])
@pytest.mark.parametrize("product", PRODUCTS)
def test_a_turned_or_darker_part_is_still_the_product(
    demo: Catalog, product: str, change: Callable[[RGBImage], RGBImage]
) -> None:
    found = demo.familiarity.check(
        demo.product(f"demo/{product}"), change(draw_sample(product, "test", None, 2)[0])
    )
    assert found is not None
    assert found.is_familiar


@pytest.mark.parametrize("product", PRODUCTS)
def test_plain_pictures_look_like_no_product(demo: Catalog, product: str) -> None:
    noise: NDArray[np.uint8] = np.random.default_rng(0).integers(0, 256, (320, 320, 3), np.uint8)
    for image in (*(np.full((320, 320, 3), level, np.uint8) for level in (0, 128, 255)), noise):
        found = demo.familiarity.check(demo.product(f"demo/{product}"), image)
        assert found is not None
        assert not found.is_familiar
        assert found.looks_like is None
