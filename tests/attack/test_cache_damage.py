"""A damaged cache of an exploration is made anew: no picture of it is wrong."""

from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from eda.index import open_index
from eda.index_files import cache_path
from inspection.datasets.dataset import Dataset, read_dataset
from tests.doubles.parts import write_dataset


def read_all(dataset: Dataset, cache: Path) -> list[object]:
    """Return all that an exploration takes from its cache, measured where it must be."""
    index = open_index(dataset, cache=cache, workers=1)
    ids = [sample.id for sample in dataset.samples]
    facts = list(map(astuple, index.facts))
    found: list[object] = [facts, index.thumbnails(ids), index.coverages(ids)]
    index.store.close()
    return found


def count_wrong(tmp_path: Path, *, num_damages: int) -> int:
    """Damage a cache so many times: half of them a bit, half of them 64 bytes elsewhere."""
    dataset = read_dataset(write_dataset(tmp_path / "parts"))
    right = read_all(dataset, tmp_path / "cache")
    path = cache_path(dataset.root, tmp_path / "cache")
    whole = path.read_bytes()
    rng, num_wrong = np.random.default_rng(0), 0
    for number in range(num_damages):
        damaged = bytearray(whole)
        place = int(rng.integers(len(whole) - 64))
        if number % 2:
            damaged[place] ^= 1 << int(rng.integers(8))
        else:
            other = int(rng.integers(len(whole) - 64))
            damaged[place : place + 64] = whole[other : other + 64]
        path.write_bytes(damaged)
        num_wrong += read_all(dataset, tmp_path / "cache") != right
    return num_wrong


def test_a_damaged_cache_shows_no_wrong_picture(tmp_path: Path) -> None:
    assert count_wrong(tmp_path, num_damages=12) == 0


@pytest.mark.attack
def test_damages_of_a_cache(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    num_wrong = count_wrong(tmp_path, num_damages=400)
    record_property("damages of a cache", 400)
    record_property("wrong pictures or facts", num_wrong)
    assert num_wrong == 0
