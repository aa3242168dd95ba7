"""A cache of dataset folders: each is listed once, and again when files were added or removed."""

import os
import threading
from pathlib import Path

from inspection.datasets.dataset import Dataset, read_dataset

State = tuple[tuple[Path, int], ...]
"""Folders with the times of their last changes."""


class DatasetCache:
    """Datasets as they were last read; safe to share between threads."""

    def __init__(self) -> None:
        self._held: dict[tuple[Path, str], tuple[State, Dataset]] = {}
        self._locks: dict[tuple[Path, str], threading.Lock] = {}

    def read(self, root: Path, *, name: str) -> Dataset:
        """Return a dataset; the same object as long as its folders have not changed.

        Raises:
            DatasetError: as `read_dataset`.
        """
        with self._locks.setdefault(
            (root, name), threading.Lock()
        ):  # two who come at once read it once
            held = self._held.get((root, name))
            if held is not None and held[0] == _look_again(held[0]):
                return held[1]
            before = _look_at(list_folders(root))  # what changes meanwhile is noticed next time
            dataset = read_dataset(root, name=name)
            self._held[root, name] = (_with_linked(before, dataset), dataset)
            return dataset

    def is_current(self, dataset: Dataset) -> bool:
        """Return whether a dataset that was read here is still what its folder holds."""
        held = list(self._held.values())
        state = next((state for state, one in held if one is dataset), None)
        return state is not None and state == _look_again(state)


def list_folders(root: Path) -> set[Path]:
    """Return a folder and all below it, those behind links left out."""
    return {Path(name) for name, _, _ in os.walk(root)}


def _look_at(folders: set[Path]) -> State:
    return tuple((folder, _changed(folder)) for folder in sorted(folders))


def _look_again(state: State) -> State:
    return tuple((folder, _changed(folder)) for folder, _ in state)


def _with_linked(state: State, dataset: Dataset) -> State:
    """Add the folders that images and masks lie in and that are reached by links."""
    known = {folder for folder, _ in state}
    used = {
        path.parent
        for sample in dataset.samples
        for path in (sample.image_path, *sample.mask_paths)
    }
    return state + _look_at(used - known)


def _changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0
