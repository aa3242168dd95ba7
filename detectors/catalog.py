"""Products with the detectors that there are; PyTorch is imported when the first one is loaded."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from detectors import LazyEmbedder, list_detectors
from inspection.detector import Channel
from inspection.products.catalog import Catalog
from inspection.products.channels import Loader


def make_loader(device: str | None) -> Loader:
    """Return what reads a checkpoint folder."""

    def load(folder: Path) -> Channel:
        from detectors.workflow import load_channel

        return load_channel(folder, device=device)

    return load


def open_catalog(
    checkpoints: Path,
    data: Sequence[Path] | Mapping[str, Path] = (),
    *,
    device: str | None = None,
) -> Catalog:
    """Return the products below a checkpoints folder and in dataset folders.

    Raises:
        DatasetError: a dataset folder cannot be read.
    """
    loader, embed = make_loader(device), LazyEmbedder(device)
    return Catalog(checkpoints, data, loader=loader, detectors=list_detectors(), embed=embed)
