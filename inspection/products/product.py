"""Products: what lies below a checkpoints folder, and what dataset folders hold."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inspection.datasets.dataset import Dataset
from inspection.errors import CheckpointError
from inspection.products.checkpoint_folders import is_there
from inspection.products.product_file import load_opening


@dataclass(frozen=True, slots=True)
class Product:
    """One category of one dataset; `folder` holds its checkpoints and may not exist yet."""

    dataset: str
    category: str
    folder: Path

    @property
    def key(self) -> str:
        return f"{self.dataset}/{self.category}"


def find_products(
    checkpoints: Path,
    data: Mapping[str, Path],
    *,
    detectors: Sequence[str],
    read: Callable[[str, Path], Dataset],
) -> Mapping[str, Product]:
    """Return products by key: those of the datasets first, in their order, then the others.

    Args:
        checkpoints: where trained detectors lie, as DATASET/CATEGORY/DETECTOR.
        data: dataset folders by name.
        detectors: one of them makes a folder a product.
        read: returns the dataset of a name and a folder.

    Raises:
        DatasetError: a dataset folder cannot be read.
    """
    found: dict[str, Product] = {}
    for folder in sorted(checkpoints.glob("*/*")):
        if [name for name in detectors if is_there(folder / name)]:
            product = Product(folder.parent.name, folder.name, folder)
            found[product.key] = product
    for name, root in data.items():
        for category in read(name, root).categories if root.is_dir() else ():
            product = Product(name, category, checkpoints / name / category)
            found.setdefault(product.key, product)
    order = {name: position for position, name in enumerate(data)}
    opening = {key for key, product in found.items() if _names_opening(product)}
    ranked = sorted(
        found.values(),
        key=lambda one: (order.get(one.dataset, len(order)), one.key not in opening),
    )
    return {product.key: product for product in ranked}


def _names_opening(product: Product) -> bool:
    """Tell whether a product names an opening; a damaged file is a matter of that product alone."""
    with contextlib.suppress(CheckpointError):
        return bool(load_opening(product.folder))
    return False
