"""A product's files become colours by what its training images say: one white, one background."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

import cli
from eda.frame import make_problem_frame
from eda.index import open_index
from inspection.datasets.dataset import read_dataset
from inspection.errors import CheckpointError
from inspection.images import pixel_hash, read_image
from inspection.preprocess import load_samples
from inspection.products.catalog import Catalog
from inspection.products.reading import (
    READING,
    load_reading,
    look_through,
    measure_reading,
    read_by,
    round_up,
    settle_reading,
)
from inspection.types import Reading, Sample, Split
from tests.doubles.commands import run
from tests.doubles.detectors import make_infos
from tests.doubles.products import write_checkpoint
from ui.inspect.run import Runner

ROOT = Path(cli.__file__).parent
Draw = Callable[[int], NDArray[Any]]


def draw_twelve_bits(seed: int, *, has_hole: bool = False) -> NDArray[np.uint16]:
    """Draw a textured part as a camera of 12 bits sees it; none is brighter than 3000."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:64, :64]
    values = 1900 + 480 * np.sin(columns / 5) + 320 * np.cos(rows / 7) + rng.normal(0, 60, (64, 64))
    if has_hole:
        values[20:32, 20:32] = 300
    drawn: NDArray[np.uint16] = values.clip(0, 3000).astype(np.uint16)
    return drawn


def make_samples(folder: Path, draw: Draw, *, count: int = 4, suffix: str = "png") -> list[Sample]:
    """Write good training images and return them as samples."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = []
    for number in range(count):
        path = folder / f"{number}.{suffix}"
        if suffix == "tif":
            tifffile.imwrite(path, draw(number), photometric="minisblack")
        else:
            Image.fromarray(draw(number)).save(path)
        samples.append(Sample(path.name, path, "part", Split.TRAIN))
    return samples


def _same(image: NDArray[Any], _: int) -> NDArray[Any]:
    return image


@pytest.mark.parametrize(
    ("largest", "white"),
    [
        *((0, 255), (255, 255), (256, 1023), (900, 1023), (1024, 4095), (3987, 4095)),
        *((4096, 16383), (16384, 65535), (65535, 65535), (65536, 131071), (10**6, 2**20 - 1)),
        *((0.3, 1.0), (1.0, 1.0), (1.2, 3.0), (254.5, 255.0), (300.0, 511.0)),
    ],
)
def test_white_is_the_largest_value_rounded_up_to_a_depth(largest: float, white: float) -> None:
    assert round_up(largest) == white
    assert type(round_up(largest)) is type(largest)


def test_white_is_measured_over_the_training_images_alone(tmp_path: Path) -> None:
    samples = make_samples(tmp_path / "good", draw_twelve_bits)
    bright = make_samples(tmp_path / "test", lambda _: np.full((64, 64), 60000, np.uint16), count=1)
    tested = replace(bright[0], id="bright", split=Split.TEST)
    measured = measure_reading([*samples, tested])
    assert measured.reading.white == 4095
    assert 2500 < (measured.largest or 0) <= 3000
    assert measure_reading(
        make_samples(tmp_path / "dark", lambda _: np.zeros((64, 64), "u2"))
    ).reading == Reading(white=255, background=(0, 0, 0))


def test_floating_point_images_have_the_white_that_they_reach(tmp_path: Path) -> None:
    for most, white in ((0.8, 1.0), (200.0, 255.0)):
        even = np.full((32, 32), most, np.float32)
        samples = make_samples(tmp_path / f"{most}", partial(_same, even), suffix="tif")
        reading = measure_reading(samples).reading
        assert reading.white == white
        assert isinstance(reading.white, float)
        images = load_samples(read_by(samples, reading), (32, 32)).images
        assert (images == round(255 * most / white)).all()


def test_images_of_eight_bits_need_no_white(tmp_path: Path) -> None:
    samples = make_samples(tmp_path / "a", lambda _: np.full((32, 32, 3), (9, 8, 7), np.uint8))
    assert measure_reading(samples).reading == Reading(white=None, background=(9, 8, 7))


def test_the_background_is_the_border_of_the_good_images(tmp_path: Path) -> None:
    def draw(seed: int) -> NDArray[np.uint8]:
        image = np.full((64, 64, 4), (40, 60 + seed, 80, 255), np.uint8)
        image[8:-8, 8:-8] = (250, 0, 0, 255)
        image[:, :32, 3] = 0  # of what is not to be seen, the colour does not count
        image[:, :32, :3] = 255
        return image

    samples = make_samples(tmp_path / "a", draw, count=5)
    measured = measure_reading(samples)
    assert measured.reading.background == (40, 62, 80)
    assert measured.has_alpha
    bad = [replace(sample, defect_type="hole") for sample in samples]
    assert measure_reading(bad).reading.background == (255, 255, 255)


def test_cut_outs_show_no_border_and_lie_on_white(tmp_path: Path) -> None:
    def draw(seed: int) -> NDArray[np.uint8]:
        image = np.zeros((64, 64, 4), np.uint8)
        image[8:-8, 8:-8] = (250, 0, 0, 255)
        return image

    samples = make_samples(tmp_path / "a", draw)
    assert measure_reading(samples).reading.background == (255, 255, 255)


def test_a_reading_is_measured_once_and_kept_from_the_first_detector_on(tmp_path: Path) -> None:
    product = tmp_path / "ck"
    samples = make_samples(tmp_path / "a", draw_twelve_bits)
    reading, notes = settle_reading(product, samples)
    assert notes[0].startswith(
        "images have 12 bits in 16-bit files: 4095 is white (largest value 2"
    )
    assert load_reading(product) == reading == Reading(4095, reading.background)
    brighter = make_samples(tmp_path / "a", lambda seed: draw_twelve_bits(seed) * 8)
    assert settle_reading(product, brighter)[0].white == 65535  # nothing has learned by it yet
    write_checkpoint(product / "patchcore")
    reading, notes = settle_reading(product, samples)
    assert reading.white == 65535
    assert notes == [f"65535 is white in deep images, as stored in {product / READING}"]


def test_detectors_from_before_there_were_readings_keep_reading_by_depth(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "ck" / "patchcore")
    samples = make_samples(tmp_path / "a", draw_twelve_bits)
    assert settle_reading(tmp_path / "ck", samples) == (Reading(), [])
    assert (tmp_path / "ck" / READING).exists(), "from now on it is missed where it is not there"
    assert load_reading(tmp_path / "ck") == Reading()


@pytest.mark.parametrize(
    "content", ["{", '{"format": 1}', '{"format": 1, "white": -1, "background": [1, 2, 3]}']
)
def test_a_damaged_reading_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / READING).write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"reading\.json is damaged.*train the product again"):
        load_reading(tmp_path)


def test_further_pages_of_a_dataset_are_reported_in_one_line(tmp_path: Path) -> None:
    pages = np.zeros((3, 32, 32), np.uint8)
    samples = make_samples(tmp_path, lambda _: pages, suffix="tif")
    assert look_through(samples) == [
        "note: 0.tif has 3 pages; only the first is used. "
        "Export the others as files of their own. (3 more of this kind.)"
    ]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset `cam` of 12 bits in 16-bit files, and PatchCore trained on it."""
    folder = tmp_path_factory.mktemp("reading")
    make_samples(folder / "cam/train/good", draw_twelve_bits, count=8)
    make_samples(folder / "cam/test/good", lambda seed: draw_twelve_bits(100 + seed), count=2)
    make_samples(
        folder / "cam/test/hole", lambda seed: draw_twelve_bits(200 + seed, has_hole=True), count=2
    )
    said = run(
        *("train", "--data", folder / "cam", "--detector", "patchcore", "--device", "cpu"),
        *("--input-size", 64, "--checkpoints", folder / "ck"),
    )
    (folder / "said.txt").write_text(said, encoding="utf-8")
    return folder


def test_training_tells_the_white_that_it_has_measured(trained: Path) -> None:
    said = (trained / "said.txt").read_text(encoding="utf-8")
    assert "  images have 12 bits in 16-bit files: 4095 is white (largest value 2" in said
    assert json.loads((trained / "ck/cam/cam" / READING).read_text())["white"] == 4095


def test_what_a_detector_saw_is_reported_by_its_twelve_bits(trained: Path) -> None:
    reading = load_reading(trained / "ck/cam/cam")
    seen = json.loads((trained / "ck/cam/cam/patchcore/detector.json").read_text())["training"][
        "seen"
    ]
    good = trained / "cam/train/good"
    hashes = {
        f"train/good/{path.name}": pixel_hash(read_image(path, reading=reading))
        for path in good.iterdir()
    }
    assert len(set(hashes.values())) == 8
    assert all(hashes[name] == pixels for name, pixels in seen.items())


def test_an_upload_is_read_as_its_product_is(trained: Path, tmp_path: Path) -> None:
    hole = trained / "cam/test/hole/0.png"
    place = ("--category", "cam/cam", "--checkpoints", trained / "ck", "--device", "cpu")
    said = run("inspect", hole, "--out", tmp_path, *place)
    assert "Defect found" in said
    assert "seen in training" not in said
    known = run("inspect", trained / "cam/train/good/0.png", "--out", tmp_path, *place)
    assert "seen in training" in known
    bright = tmp_path / "bright.png"
    Image.fromarray(draw_twelve_bits(7) * 4).save(bright)
    assert "lie above 4095, the white of this product" in run(
        "inspect", bright, "--out", tmp_path, *place
    )
    with (tmp_path / "inspection.csv").open(encoding="utf-8-sig") as file:
        assert "lie above 4095" in next(csv.DictReader(file))["note"]


def test_evaluation_and_tuning_read_as_the_product_does(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("--checkpoints", trained / "ck", "--device", "cpu")
    said = run("evaluate", "--data", trained / "cam", *place)
    assert "image AUROC               1.000" in said
    rows = (trained / "ck/cam/cam/patchcore/evaluation.json").read_text(encoding="utf-8")
    reading = load_reading(trained / "ck/cam/cam")
    assert pixel_hash(read_image(trained / "cam/test/hole/0.png", reading=reading)) in rows


def test_the_page_reads_as_the_product_does(trained: Path) -> None:
    catalog = Catalog(
        trained / "ck",
        [trained / "cam"],
        loader=lambda _: pytest.fail("loaded"),
        detectors=make_infos("patchcore"),
    )
    assert {
        sample.reading.white for sample in catalog.samples.unseen(catalog.product("cam/cam"))
    } == {4095}
    assert (
        catalog.samples.find(catalog.product("cam/cam"), "train/good/0.png").reading.white == 4095
    )
    updates = next(
        Runner(catalog).inspect_upload(catalog.product("cam/cam"), trained / "cam/train/good/0.png")
    )
    assert "seen in training" in updates["header"]["note"]


def test_the_page_tells_that_a_file_has_further_pages(trained: Path, tmp_path: Path) -> None:
    catalog = Catalog(
        trained / "ck",
        [],
        loader=lambda _: pytest.fail("loaded"),
        detectors=make_infos("patchcore"),
    )
    tifffile.imwrite(
        tmp_path / "stack.tif", np.stack([draw_twelve_bits(300)] * 3), photometric="minisblack"
    )
    updates = next(
        Runner(catalog).inspect_upload(catalog.product("cam/cam"), tmp_path / "stack.tif")
    )
    assert updates["header"]["note"] == "stack.tif has 3 pages; only the first is used."


def test_explore_measures_its_own_white_and_keeps_it(trained: Path, tmp_path: Path) -> None:
    dataset = read_dataset(trained / "cam")
    index = open_index(dataset, cache=tmp_path)
    brightness = [facts.quality.brightness for facts in index.facts]
    assert min(brightness) > 60  # by depth they are almost black
    assert {sample.reading.white for sample in index.samples} == {4095}
    index.store.close()


def test_explore_measures_nothing_twice_and_what_has_changed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_samples(tmp_path / "d/train/good", draw_twelve_bits)
    make_samples(tmp_path / "d/test/bad", lambda seed: draw_twelve_bits(50 + seed), count=1)
    open_index(read_dataset(tmp_path / "d"), cache=tmp_path).store.close()
    with monkeypatch.context() as patch:
        patch.setattr("eda.index.measure_reading", lambda *_, **__: pytest.fail("again"))
        patch.setattr("eda.index.measure_sample", lambda _: pytest.fail("again"))
        before = open_index(read_dataset(tmp_path / "d"), cache=tmp_path)
        before.store.close()
    Image.fromarray(draw_twelve_bits(9) * 8).save(tmp_path / "d/train/good/9.png")  # 15 bits
    after = open_index(read_dataset(tmp_path / "d"), cache=tmp_path)
    facts = zip(after.samples, after.facts, strict=True)
    brightness = {sample.id: one.quality.brightness for sample, one in facts}
    assert brightness["train/good/0.png"] < before.facts[-1].quality.brightness / 8
    after.store.close()


def test_explore_lists_files_of_which_not_all_was_looked_at(tmp_path: Path) -> None:
    make_samples(
        tmp_path / "d/good", lambda _: np.zeros((3, 32, 32), np.uint8), count=2, suffix="tif"
    )
    make_samples(tmp_path / "d/bad", lambda _: np.zeros((32, 32), np.uint8), count=1)
    for _ in range(2):  # measured, and from the cache
        index = open_index(read_dataset(tmp_path / "d"), cache=tmp_path / "cache")
        problems = make_problem_frame(index)
        listed = problems[problems["kind"] == "more than one picture"]
        assert list(listed["file"]) == ["good/0.tif", "good/1.tif"]
        assert "0.tif has 3 pages" in listed["problem"].iloc[0]
        index.store.close()


def test_samples_are_never_read_without_their_reading() -> None:
    sources = [
        path
        for folder in ("commands", "detectors", "eda", "inspection", "ui")
        for path in (ROOT / folder).rglob("*.py")
    ]
    careless = [
        path.name
        for path in sources
        for call in ("read_image(sample.image_path)", "open_image(sample.image_path)")
        if call in path.read_text(encoding="utf-8")
    ]
    assert careless == []
