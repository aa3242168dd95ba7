"""What the stored detectors of products say of themselves, without their weights."""

from collections.abc import Mapping
from pathlib import Path

from inspection.detector import DetectorInfo
from inspection.errors import CheckpointError, DatasetError
from inspection.products.checkpoint_folders import (
    Stamp,
    is_there,
    read_seen,
    stamp_file,
    stamp_folder,
)
from inspection.products.dataset_folders import DatasetFolders
from inspection.products.dataset_identity import find_mismatched
from inspection.products.product import Product
from inspection.products.split_plan import SPLIT
from inspection.products.stamped import StampedCache

Mismatched = Mapping[str, CheckpointError]
"""Detector -> why it must not answer with the images of its product, or beside the others."""


class Checkpoints:
    """Which detectors are stored, which may answer together, and what each has seen."""

    def __init__(self, detectors: Mapping[str, DetectorInfo], datasets: DatasetFolders) -> None:
        self._detectors = detectors
        self._datasets = datasets
        self._mismatched: StampedCache[Product, Mismatched] = StampedCache()
        self._seen: StampedCache[Path, Mapping[str, str]] = StampedCache()

    def trained(self, product: Product) -> tuple[str, ...]:
        """Return the detectors of a product that have a checkpoint."""
        return tuple(name for name in self._detectors if is_there(product.folder / name))

    def mismatched(self, product: Product) -> Mismatched:
        """Return the detectors that must not answer, each with the reason."""
        return self._mismatched.get(
            product, self.state(product), lambda: self._find_mismatched(product)
        )

    def matching(self, product: Product) -> tuple[str, ...]:
        """Return the trained detectors of a product that may answer together."""
        mismatched = self.mismatched(product)
        return tuple(name for name in self.trained(product) if name not in mismatched)

    def is_foreign(self, product: Product) -> bool:
        """Return whether the images that are shown are of another dataset than all detectors."""
        return bool(self.mismatched(product)) and not self.matching(product)

    def state(self, product: Product) -> tuple[Stamp, ...]:
        """Return what changes when the split or a detector of a product is written anew."""
        folders = (product.folder / detector for detector in self._detectors)
        return (stamp_file(product.folder / SPLIT), *map(stamp_folder, folders))

    def compare_again(self, product: Product) -> None:
        """Look anew whether the detectors may answer together: other images may be shown now."""
        self._mismatched.forget(product)

    def seen_ids(self, product: Product) -> set[str]:
        """Return the ids of all images that the matching detectors have seen."""
        seen = (self._read_seen(product.folder / name) for name in self.matching(product))
        return {sample_id for ids in seen for sample_id in ids}

    def that_saw(self, product: Product, pixel_hash: str) -> tuple[str, ...]:
        """Return the detectors that have seen an image with these pixels, whatever it is called."""
        return tuple(
            name
            for name in self.matching(product)
            if pixel_hash in self._read_seen(product.folder / name).values()
        )

    def _find_mismatched(self, product: Product) -> Mismatched:
        trained = [self._detectors[name] for name in self.trained(product)]
        if not trained:
            return {}
        try:
            shown = self._datasets.find(product)
        except DatasetError:  # reported where its images are read
            shown = None
        try:
            return find_mismatched(product.folder, trained, shown)
        except CheckpointError:  # a damaged split: reported where the samples are read
            return {}

    def _read_seen(self, folder: Path) -> Mapping[str, str]:
        """Return id -> pixel hash of what a detector has seen; nothing if that is unknown."""

        def read() -> Mapping[str, str]:
            try:
                return read_seen(folder) if folder.is_dir() else {}
            except CheckpointError:
                return {}

        return self._seen.get(folder, stamp_folder(folder), read)
