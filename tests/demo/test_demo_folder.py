"""The demo of a running page: drawn when asked for, and the rest when nothing else computes."""

import threading
import time
from pathlib import Path

import pytest

from inspection.datasets.dataset import read_dataset
from inspection.demo import folder as demo_folder
from inspection.demo import products as demo
from inspection.demo.folder import DemoFolder, wait_for_idle
from inspection.demo.products import PRODUCTS, draw_sample, is_demo, list_samples, write_demo_data
from inspection.errors import DatasetError
from inspection.images import read_image
from inspection.types import Sample


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "NUM_TRAIN_GOOD", 2)
    monkeypatch.setattr(demo, "NUM_TEST_GOOD", 2)
    monkeypatch.setattr(demo, "NUM_PER_DEFECT", 1)
    monkeypatch.setattr(demo_folder, "PAUSE", 0.0)
    monkeypatch.setattr(time, "process_time", lambda: 0.0)


def drawn(root: Path) -> list[str]:
    found = (path.relative_to(root).as_posix() for path in root.rglob("*.png"))
    return sorted(name for name in found if "ground_truth" not in name)


def find(folder: DemoFolder, name: str) -> Sample:
    return next(sample for sample in folder.samples if sample.id == name)


def test_it_knows_every_image_as_the_dataset_has_it_once_all_is_drawn(tmp_path: Path) -> None:
    root = write_demo_data(tmp_path / "demo", products=["fabric", "washer"], workers=1)
    assert list_samples(root, ["washer", "fabric"]) == read_dataset(root).samples


def test_what_is_asked_for_is_drawn_and_nothing_else(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo", ["washer"])
    assert (folder.num_drawn, len(folder.samples)) == (0, 8)
    wanted = find(folder, "washer/test/dent/000.png")
    folder.draw([wanted])
    assert drawn(folder.root) == [wanted.id]
    image, mask = draw_sample("washer", "test", "dent", 0)
    assert (read_image(wanted.image_path) == image).all()
    assert ((read_image(wanted.mask_paths[0])[:, :, 0] > 0) == mask).all()
    assert folder.num_drawn == 1


def test_an_image_of_another_dataset_with_the_same_id_is_not_drawn(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo", ["washer"])
    folder.draw(list_samples(tmp_path / "other", ["washer"]))
    assert not folder.root.exists()


def test_the_rest_is_drawn_and_what_is_tested_on_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_CHUNK", 1)
    folder = DemoFolder(tmp_path / "demo", ["washer"])
    order: list[str] = []

    def look(_: threading.Event) -> bool:
        order.extend(name for name in drawn(folder.root) if name not in order)
        return True

    monkeypatch.setattr(demo_folder, "wait_for_idle", look)
    folder.draw_rest(threading.Event())
    assert [name.split("/")[1] for name in order] == ["test"] * 6 + ["train"] * 2
    assert {name.split("/")[2] for name in order[:5]} == {"good", *PRODUCTS["washer"].defect_types}
    assert folder.num_drawn == len(folder.samples)
    assert not folder.is_at_work
    assert folder.trouble is None
    assert not list(folder.root.rglob("*.tmp"))


def test_a_page_that_ends_stops_the_drawing(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo", ["washer"])
    stop = threading.Event()
    stop.set()
    folder.draw_rest(stop)
    assert folder.num_drawn == 0
    assert not folder.is_at_work


def test_a_folder_that_cannot_be_written_ends_it_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "demo").touch()
    folder = DemoFolder(tmp_path / "demo", ["washer"])
    folder.draw_rest(threading.Event())
    assert "is a file" in str(folder.trouble)
    with pytest.raises(DatasetError, match="is a file"):
        folder.draw(folder.samples[:1])


def test_it_waits_while_anything_else_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    used = iter([0.0, 0.2, 0.2, 0.25, 0.25, 0.26])  # seconds of processor time, two at each look
    monkeypatch.setattr(demo_folder, "PAUSE", 0.001)
    monkeypatch.setattr(demo_folder, "BUSY", 20)  # of 0.001 s: more than 0.02 s is busy
    monkeypatch.setattr(time, "process_time", lambda: next(used))
    assert wait_for_idle(threading.Event())
    assert next(used, None) is None


def test_a_folder_of_another_seed_is_not_the_demo(tmp_path: Path) -> None:
    write_demo_data(tmp_path / "one", only=lambda _: False)
    write_demo_data(tmp_path / "two", seed=2, only=lambda _: False)
    assert is_demo(tmp_path / "one")
    assert not is_demo(tmp_path / "two")
    assert not is_demo(tmp_path / "none")
