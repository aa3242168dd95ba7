"""Products with the detectors that there are; PyTorch is imported when the first one is loaded."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from detectors import LazyEmbedder, list_detectors
from inspection.detector import Channel
from inspection.processors import CROWD
from inspection.products.catalog import Catalog
from inspection.products.channels import Loader
from inspection.products.inspecting import LoadedProduct, load_product
from inspection.products.places import CHECKPOINTS

LEARNING = (sys.executable, "-m", "detectors.learn_product")
"""Starts the process in which a product of the page learns."""


def make_loader(device: str | None) -> Loader:
    """Return what reads a checkpoint folder."""

    def load(folder: Path) -> Channel:
        import torch

        from detectors.workflow import load_channel

        CROWD.steer(torch.set_num_threads, torch.get_num_threads())
        return load_channel(folder, device=device)

    return load


def open_product(
    name: str,
    *,
    detectors: Sequence[str] = (),
    checkpoints: Path = CHECKPOINTS,
    device: str | None = None,
) -> LoadedProduct:
    """Return a trained product, such as "demo/washer", with its detectors loaded.

    Args:
        name: DATASET/CATEGORY, or CATEGORY where only one dataset has it.
        detectors: to load; by default all that are trained and can answer.
        checkpoints: where detectors lie, as DATASET/CATEGORY/DETECTOR.
        device: auto, cpu, cuda or mps; the best present by default.

    Raises:
        CheckpointError: there is no such product, or a detector is missing or damaged.
        SettingsError: several datasets have a category of that name.
    """
    catalog = open_catalog(checkpoints, device=device)
    return load_product(catalog, catalog.find(name), detectors)


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
