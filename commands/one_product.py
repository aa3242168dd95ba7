"""The product that a command measures, and the folder that takes what it finds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from commands.options import check_names, one_category
from detectors.catalog import open_catalog
from inspection.datasets.dataset import Dataset, read_dataset
from inspection.evaluation.service import find_products
from inspection.files import try_writing
from inspection.products.catalog import Catalog
from inspection.products.product import Product


class ProductOptions(Protocol):
    """What options of such a command have in common."""

    @property
    def data(self) -> Path: ...
    @property
    def category(self) -> str | None: ...
    @property
    def out(self) -> Path: ...
    @property
    def detector(self) -> list[str] | None: ...
    @property
    def device(self) -> str | None: ...
    @property
    def checkpoints(self) -> Path: ...
    @property
    def dataset(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class OneProduct:
    """A product, its dataset, and the part of that with its category."""

    catalog: Catalog
    source: Dataset
    part: Dataset
    product: Product
    detectors: tuple[str, ...]


def find_one(options: ProductOptions) -> OneProduct:
    """Return the product that is asked for; `--out` is made, and written to, before any work.

    Raises:
        InspectionError: there is no such product, or the folder cannot be written.
    """
    options.out.mkdir(parents=True, exist_ok=True)
    try_writing(options.out)
    source = read_dataset(options.data, name=options.dataset)
    part = one_category(source, options.category)
    catalog = open_catalog(options.checkpoints, device=options.device)
    detectors = check_names(options.detector) if options.detector else ()
    (product,) = find_products(catalog, source, categories=part.categories, detectors=detectors)
    return OneProduct(catalog, source, part, product, detectors)
