"""Exploring a dataset is a function: it returns what it found, and can be stopped."""

from pathlib import Path

import pytest

from detectors import list_detectors
from eda.explore import ExplorationJob, explore_dataset
from inspection.datasets.dataset import read_dataset
from inspection.progress import Monitor, StoppedError
from tests.doubles.parts import write_dataset


def test_an_exploration_returns_what_is_odd_and_can_be_stopped(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "parts")
    (folder / "disc" / "train" / "good" / "000.png").write_bytes(b"no image")
    source = read_dataset(folder)
    page = tmp_path / "eda.html"
    job = ExplorationJob(page, list_detectors(), cache=tmp_path / "cache")
    with pytest.raises(StoppedError):
        explore_dataset(source, job, monitor=Monitor(is_stopped=lambda: True))
    assert not page.exists()
    found = explore_dataset(source, job)
    assert (found.num_broken, len(found.index.samples)) == (1, 20)
    assert found.num_odd >= 1
    assert page.is_file()
