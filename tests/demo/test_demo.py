"""The demo products: the same bits everywhere, exact masks, and a folder that can be resumed."""

import hashlib
import json
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inspection.demo import products as demo
from inspection.demo.drawing import SIZE
from inspection.demo.products import (
    PRODUCTS,
    defect_severity,
    draw_sample,
    draw_undamaged,
    write_demo_data,
)
from inspection.errors import DatasetError, SettingsError
from inspection.types import Mask

DEFECTS = [(name, defect) for name, product in PRODUCTS.items() for defect in product.defect_types]

# When a drawing changes on purpose: raise DRAWING_VERSION, draw and train again, then renew these.
HASHES = {
    "washer": "731d3c780127041a5af9df0eeefe3f3f55636be5625b69caaa037fb73c0f5ba3",
    "bottle": "7274e285c95fab43fe9ee1525dcc73d13dd201c53f168fcdd6e2e7031e8671f8",
    "fabric": "f130123d9b6b1df38b006330c9fe2f31244f1181ff6f29facbb311a3a838f20a",
}


def _hash(product: str) -> str:
    digest = hashlib.sha256()
    for defect_type in (None, *PRODUCTS[product].defect_types):
        image, mask = draw_sample(product, "test", defect_type, 1)
        digest.update(image.tobytes() + mask.tobytes())
    digest.update(draw_sample(product, "train", None, 499)[0].tobytes())
    return digest.hexdigest()


def _widened(mask: Mask, pixels: int) -> Mask:
    padded = np.pad(mask, pixels)
    reach = range(2 * pixels + 1)
    widened = np.zeros_like(mask)
    for row in reach:
        for column in reach:
            widened |= padded[row : row + SIZE, column : column + SIZE]
    return widened


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_same_seed_draws_the_same_bits_on_every_machine(product: str) -> None:
    assert _hash(product) == HASHES[product]


def test_at_least_three_products_have_at_least_four_defect_types_each() -> None:
    assert len(PRODUCTS) >= 3
    assert all(len(product.defect_types) >= 4 for product in PRODUCTS.values())
    assert len({product.key for product in PRODUCTS.values()}) == len(PRODUCTS)


def test_enough_normal_parts_are_drawn_to_support_one_false_alarm_in_a_hundred() -> None:
    assert demo.NUM_TRAIN_GOOD // 5 >= 99


def test_severities_run_evenly_from_obvious_to_barely_visible() -> None:
    severities = [defect_severity(index) for index in range(demo.NUM_PER_DEFECT)]
    assert severities[0] == 1.0
    assert 0.0 < min(severities) < 0.1
    assert np.diff(sorted(severities)).max() < 0.15


@pytest.mark.parametrize(("product", "defect_type"), DEFECTS)
def test_a_defect_changes_the_part_inside_its_mask_and_nowhere_else(
    product: str, defect_type: str
) -> None:
    for index in (0, 3):
        image, mask = draw_sample(product, "test", defect_type, index)
        before, empty = draw_undamaged(product, defect_type, index)
        change = np.abs(image.astype(int) - before.astype(int)).max(axis=2)
        assert image.shape == (SIZE, SIZE, 3)
        assert mask.shape == (SIZE, SIZE)
        assert 20 < mask.sum() < 0.1 * mask.size
        assert not empty.any()
        assert change[mask].mean() > 3.0
        assert change[~_widened(mask, 4)].max() <= 2  # the blur of the camera


@pytest.mark.parametrize("product", ["washer", "bottle"])
def test_the_mask_of_an_object_never_leaves_the_object(product: str) -> None:
    rows, columns = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    far_out = np.hypot(rows, columns) > 155
    for defect_type in PRODUCTS[product].defect_types:
        _, mask = draw_sample(product, "test", defect_type, 2)
        assert not (mask & far_out).any()


@pytest.mark.parametrize("product", PRODUCTS)
def test_indexes_seeds_and_splits_draw_different_parts(product: str) -> None:
    images = [
        draw_sample(product, "test", None, 0)[0],
        draw_sample(product, "test", None, 1)[0],
        draw_sample(product, "train", None, 0)[0],
        draw_sample(product, "test", None, 0, seed=1)[0],
    ]
    assert len({image.tobytes() for image in images}) == len(images)


@pytest.mark.parametrize(
    ("product", "split", "defect_type", "index"),
    [
        ("teapot", "test", None, 0),
        ("washer", "validation", None, 0),
        ("washer", "test", "crack", 0),
        ("washer", "train", "rust", 0),
        ("washer", "test", "rust", -1),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_remedy(
    product: str, split: str, defect_type: str | None, index: int
) -> None:
    with pytest.raises(SettingsError) as caught:
        draw_sample(product, split, defect_type, index)
    assert caught.value.fix


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "NUM_TRAIN_GOOD", 2)
    monkeypatch.setattr(demo, "NUM_TEST_GOOD", 1)
    monkeypatch.setattr(demo, "NUM_PER_DEFECT", 1)


@pytest.mark.usefixtures("few")
def test_the_folder_has_the_layout_of_mvtec_ad(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    root = write_demo_data(
        tmp_path / "demo",
        products=["fabric"],
        workers=1,
        progress=lambda done, total: calls.append((done, total)),
    )
    found = {path.relative_to(root).as_posix() for path in root.rglob("*.png")}
    types = PRODUCTS["fabric"].defect_types
    assert found == {
        "fabric/train/good/000.png",
        "fabric/train/good/001.png",
        "fabric/test/good/000.png",
        *(f"fabric/test/{defect}/000.png" for defect in types),
        *(f"fabric/ground_truth/{defect}/000_mask.png" for defect in types),
    }
    image, mask = draw_sample("fabric", "test", "hole", 0)
    with Image.open(root / "fabric/test/hole/000.png") as stored:
        assert np.array_equal(np.asarray(stored), image)
    with Image.open(root / "fabric/ground_truth/hole/000_mask.png") as stored:
        assert stored.mode == "L"
        assert np.array_equal(np.asarray(stored), np.where(mask, 255, 0))
    assert json.loads((root / "demo.json").read_text()) == {
        "drawing": demo.DRAWING_VERSION,
        "seed": 0,
    }
    assert calls[0] == (0, 7)
    assert calls[-1] == (7, 7)
    assert not list(root.rglob("*.tmp"))


@pytest.mark.usefixtures("few")
def test_an_interrupted_run_is_resumed_and_keeps_what_is_there(tmp_path: Path) -> None:
    root = write_demo_data(tmp_path, products=["fabric"], workers=1)
    kept, image = root / "fabric/train/good/000.png", root / "fabric/test/hole/000.png"
    mask = root / "fabric/ground_truth/hole/000_mask.png"
    before, content = kept.stat().st_mtime_ns, image.read_bytes()
    mask.unlink()
    (root / "fabric/train/good/001.png").unlink()
    write_demo_data(root, products=["fabric"], workers=1)
    assert kept.stat().st_mtime_ns == before
    assert image.read_bytes() == content
    assert mask.exists()
    assert (root / "fabric/train/good/001.png").exists()


@pytest.mark.usefixtures("few")
def test_only_the_images_that_are_asked_for_are_drawn(tmp_path: Path) -> None:
    wanted = {"washer/test/dent/000.png", "bottle/test/good/000.png"}
    write_demo_data(tmp_path, workers=1, only=lambda image_id: image_id in wanted)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png")}
    assert found == wanted | {"washer/ground_truth/dent/000_mask.png"}


def test_several_processes_write_the_same_bits_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_wanted(image_id: str) -> bool:
        return image_id.startswith("fabric/test/hole/")

    monkeypatch.setattr(demo, "_CHUNK", 4)
    root = write_demo_data(tmp_path, workers=2, only=is_wanted)
    assert len(list(root.rglob("*.png"))) == 2 * demo.NUM_PER_DEFECT
    with Image.open(root / "fabric/test/hole/014.png") as stored:
        assert np.array_equal(np.asarray(stored), draw_sample("fabric", "test", "hole", 14)[0])


@pytest.mark.usefixtures("few")
def test_a_machine_without_processes_draws_in_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("no semaphores here")

    monkeypatch.setattr(demo, "_CHUNK", 1)
    monkeypatch.setattr(demo, "ProcessPoolExecutor", refuse)
    root = write_demo_data(tmp_path, products=["washer"], workers=2)
    assert len(list(root.rglob("*.png"))) == 3 + 2 * 4


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal masks")
def test_processes_that_draw_do_not_hear_ctrl_c_but_this_one_does() -> None:
    with demo._deaf_processes(), ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        inherited = pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, set()).result()
    assert signal.SIGINT in inherited
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())


def _nothing(_: str) -> bool:
    return False


def test_a_folder_of_another_seed_or_version_is_refused(tmp_path: Path) -> None:
    write_demo_data(tmp_path, only=_nothing)
    with pytest.raises(DatasetError, match=r"seed 0 .* not of seed 7"):
        write_demo_data(tmp_path, seed=7, only=_nothing)
    (tmp_path / "demo.json").write_text('{"drawing": 0, "seed": 0}')
    with pytest.raises(DatasetError, match="drawing version 0"):
        write_demo_data(tmp_path, only=_nothing)


@pytest.mark.parametrize("marker", ["", "[]", "\x00"])
def test_a_damaged_marker_is_refused(tmp_path: Path, marker: str) -> None:
    (tmp_path / "demo.json").write_text(marker)
    with pytest.raises(DatasetError):
        write_demo_data(tmp_path, only=_nothing)


def test_a_folder_with_other_files_is_refused_but_hidden_files_are_not_minded(
    tmp_path: Path,
) -> None:
    (tmp_path / ".DS_Store").touch()
    write_demo_data(tmp_path / "fine", only=_nothing)
    (tmp_path / "letters.txt").touch()
    with pytest.raises(DatasetError, match="other files"):
        write_demo_data(tmp_path, only=_nothing)


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demo"
    path.touch()
    with pytest.raises(DatasetError, match="is a file"):
        write_demo_data(path, only=_nothing)
    with pytest.raises(DatasetError, match="cannot be written"):
        write_demo_data(path / "below", only=_nothing)


def test_an_unknown_product_or_a_negative_seed_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    root = tmp_path / "demo"
    with pytest.raises(SettingsError, match="teapot"):
        write_demo_data(root, products=["teapot"])
    with pytest.raises(SettingsError, match="negative"):
        write_demo_data(root, seed=-1)
    assert not root.exists()
