"""Which detectors of a product may answer together, and what each has seen."""

from collections.abc import Callable, Mapping
from pathlib import Path

from inspection.datasets.dataset import Dataset
from inspection.detector import DetectorInfo
from inspection.errors import CheckpointError, DatasetError
from inspection.products.checkpoint_folders import is_there, mtime, read_seen, stamp
from inspection.products.dataset_identity import find_strangers
from inspection.products.split_plan import SPLIT

Strangers = Mapping[str, CheckpointError]
"""Detector -> why it must not be joined with the images of its product, or with the others."""


class Joining:
    """What the checkpoints of products say of themselves; safe to share between threads."""

    def __init__(self, detectors: Mapping[str, DetectorInfo]) -> None:
        self._detectors = detectors
        self._strangers: dict[Path, tuple[tuple[float, ...], Strangers]] = {}
        self._seen: dict[Path, tuple[float, Mapping[str, str]]] = {}

    def state(self, product: Path) -> tuple[float, ...]:
        """Return what changes when the split or a detector of a product is written anew."""
        folders = (product / detector for detector in self._detectors)
        return (mtime(product / SPLIT), *map(stamp, folders))

    def strangers(self, product: Path, read: Callable[[], Dataset | None]) -> Strangers:
        """Return the detectors that must not be joined.

        Args:
            product: folder of its detectors.
            read: gives the dataset that is shown with them, of one category, if there is one.
        """
        state = self.state(product)
        held = self._strangers.get(product)
        if held is None or held[0] != state:
            held = self._strangers[product] = (state, self._find(product, read))
        return held[1]

    def forget(self, product: Path) -> None:
        """Look anew whether the detectors of a product may be joined."""
        self._strangers.pop(product, None)

    def _find(self, product: Path, read: Callable[[], Dataset | None]) -> Strangers:
        trained = [info for name, info in self._detectors.items() if is_there(product / name)]
        if not trained:
            return {}
        try:
            shown = read()
        except DatasetError:  # told where its images are asked for
            shown = None
        try:
            return find_strangers(product, trained, shown)
        except CheckpointError:  # a damaged split: told where the samples are asked for
            return {}

    def seen(self, folder: Path) -> Mapping[str, str]:
        """Return id -> pixel hash of what a detector has seen; nothing if it cannot be told."""
        written = stamp(folder)
        held = self._seen.get(folder)
        if held is None or held[0] != written:
            try:
                held = (written, read_seen(folder) if folder.is_dir() else {})
            except CheckpointError:
                held = (written, {})
            self._seen[folder] = held
        return held[1]
