"""A dataset folder is listed anew when something was put in or taken out, and only then."""

import os
import shutil
from pathlib import Path

import pytest

from inspection.datasets.cache import DatasetCache
from tests.doubles.disk import make_link
from tests.doubles.parts import make_later, write_dataset


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "parts", num_train=2)


def test_an_unchanged_folder_gives_the_same_dataset(data: Path) -> None:
    cache = DatasetCache()
    first = cache.read(data, name="parts")
    assert cache.read(data, name="parts") is first
    assert cache.is_current(first)
    assert cache.read(data, name="others").name == "others"


@pytest.mark.parametrize("is_added", [True, False])
def test_a_changed_folder_is_read_anew(data: Path, is_added: bool) -> None:
    cache = DatasetCache()
    first = cache.read(data, name="parts")
    good = data / "disc" / "train" / "good"
    if is_added:
        shutil.copy(good / "000.png", good / "new.png")
    else:
        (good / "000.png").unlink()
    make_later(good)
    assert not cache.is_current(first)
    second = cache.read(data, name="parts")
    assert len(second.samples) - len(first.samples) == (1 if is_added else -1)
    assert cache.is_current(second)
    assert not cache.is_current(first)


def test_a_folder_that_was_empty_is_watched_too(data: Path) -> None:
    fresh = data / "disc" / "test" / "crack"
    fresh.mkdir()
    cache = DatasetCache()
    first = cache.read(data, name="parts")
    shutil.copy(data / "disc" / "test" / "spot" / "000.png", fresh / "000.png")
    make_later(fresh)
    assert not cache.is_current(first)


@pytest.mark.skipif(os.name == "nt", reason="links need special rights on Windows")
def test_a_folder_behind_a_link_is_watched_too(data: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    shutil.move(data / "disc" / "test" / "spot", away)
    make_link(data / "disc" / "test" / "spot", away)
    cache = DatasetCache()
    first = cache.read(data, name="parts")
    shutil.copy(away / "000.png", away / "new.png")
    make_later(away)
    assert not cache.is_current(first)
