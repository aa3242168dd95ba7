"""What products there are, and all that is known of them."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from inspection.detector import DetectorInfo
from inspection.embedding import Embed
from inspection.errors import CheckpointError, DatasetError, SettingsError
from inspection.paths import quote
from inspection.products.channels import Channels, Loader
from inspection.products.checkpoint_folders import stamp_file
from inspection.products.dataset_folders import DatasetFolders
from inspection.products.familiarity import FamiliarityCheck
from inspection.products.learning import LearningQueue
from inspection.products.own import OWN, OwnProducts
from inspection.products.places import Places
from inspection.products.product import Product
from inspection.products.product_file import PRODUCT, ProductSettings, read_settings
from inspection.products.samples import Samples
from inspection.products.stamped import StampedCache
from inspection.products.stored_detectors import Checkpoints
from inspection.products.workshop import Workshop


class Catalog:
    """Products below a checkpoints folder and in dataset folders; safe to share between threads.

    Attributes:
        detectors: those that a page compares, by name.
        products: by key, as `refresh` has last found them.
        datasets: the dataset folders and what they hold.
        checkpoints: what the stored detectors say of themselves.
        channels: the detectors, loaded once.
        samples: the images that may be shown.
        familiarity: tells whether an image shows a product at all.
        places: folders of this machine in words.
        embed: compares images, for the exploration.
        workshop: where the page makes products of its own; None where it makes none.
    """

    def __init__(
        self,
        checkpoints: Path,
        data: Sequence[Path] | Mapping[str, Path],
        *,
        loader: Loader,
        detectors: Mapping[str, DetectorInfo],
        embed: Embed | None = None,
    ) -> None:
        """Look for products.

        Args:
            checkpoints: where trained detectors lie, as DATASET/CATEGORY/DETECTOR.
            data: dataset folders, each under its own name or under the given one.
            loader: reads a checkpoint folder.
            detectors: those that a page compares, by name.
            embed: compares images.

        Raises:
            DatasetError: a dataset folder cannot be read.
        """
        self._folder = checkpoints
        self.detectors = detectors
        self.embed = embed
        self.workshop: Workshop | None = None
        self.datasets = DatasetFolders(_by_name(data))
        self.checkpoints = Checkpoints(self.detectors, self.datasets)
        self.places = Places(checkpoints, self.datasets, self.checkpoints)
        self.channels = Channels(
            loader,
            detectors=detectors,
            datasets=self.datasets,
            checkpoints=self.checkpoints,
            places=self.places,
        )
        self.samples = Samples(self.datasets, self.checkpoints)
        self.familiarity = FamiliarityCheck(
            embed, self.checkpoints, lambda: tuple(self.products.values())
        )
        self._settings: StampedCache[Path, ProductSettings] = StampedCache()
        self.products = self._find_products()

    def refresh(self) -> None:
        """Look for products again: what was trained or put into a dataset meanwhile is shown.

        Of a dataset folder that cannot be read any more nothing is forgotten.
        """
        with contextlib.suppress(DatasetError):
            self.products = self._find_products()

    def open_workshop(
        self, root: Path, command: Sequence[str], *, device: str | None = None
    ) -> Workshop:
        """Let the page make products whose photographs lie below a folder; keep and return it all.

        Args:
            root: the folder; it may not exist yet.
            command: starts the process in which a product learns.
            device: for the detectors.
        """
        own = OwnProducts(root, self._folder / OWN)
        queue = LearningQueue(own, command, device=device, on_kept=self.refresh)
        self.workshop = Workshop(own, queue, self.datasets, refresh=self.refresh)
        return self.workshop

    def product(self, key: str) -> Product:
        """Return the product of that key.

        Raises:
            DatasetError: there is none.
        """
        if key not in self.products:
            raise DatasetError(
                f"There is no product called {key}.",
                f"Choose from {', '.join(sorted(self.products)) or 'none: train one first'}.",
            )
        return self.products[key]

    def titles(self, detectors: Iterable[str]) -> list[str]:
        """Return what detectors are called in front of people, in the catalogue's order."""
        names = set(detectors)
        return [info.title for name, info in self.detectors.items() if name in names]

    def settings(self, product: Product) -> ProductSettings:
        """Return what a product has decided for all its detectors, read anew once it is written.

        Raises:
            CheckpointError: `product.json` is damaged.
        """
        folder = product.folder
        return self._settings.get(
            folder, stamp_file(folder / PRODUCT), lambda: read_settings(folder)
        )

    def choices(self) -> list[tuple[str, str]]:
        """Return label and key of each product: the category, with its dataset if it takes that."""
        has_many = len({product.dataset for product in self.products.values()}) > 1
        return [
            (f"{one.category} ({one.dataset})" if has_many else one.category, key)
            for key, one in self.products.items()
        ]

    def find(self, name: str) -> Product:
        """Return the trained product called CATEGORY or DATASET/CATEGORY.

        Raises:
            CheckpointError: there is none.
            SettingsError: there are several.
        """
        trained = [one for one in self.products.values() if self.checkpoints.trained(one)]
        found = [product for product in trained if name in (product.key, product.category)]
        if not found:
            raise CheckpointError(
                f"There is no trained product {name} in {self._folder}.",
                f"Known: {', '.join(p.key for p in trained) or 'none'}. "
                "Train one: `python cli.py train --data DIR --category "
                f"{quote(name.rpartition('/')[2])}`.",
            )
        if len(found) > 1:
            raise SettingsError(
                f"Several datasets have a category {name}.",
                f"Say which: {', '.join(product.key for product in found)}.",
            )
        return found[0]

    def _find_products(self) -> Mapping[str, Product]:
        """Return products by key: those of the datasets first, in their order, then the others.

        A product of the page's own comes last until it has learned.
        """
        found: dict[str, Product] = {}
        for folder in sorted(self._folder.glob("*/*")):
            product = Product(folder.parent.name, folder.name, folder)
            if self.checkpoints.trained(product):
                found[product.key] = product
        for name in self.datasets.names:
            for category in self.datasets.read(name).categories:
                product = Product(name, category, self._folder / name / category)
                found.setdefault(product.key, product)
        order = {name: position for position, name in enumerate(self.datasets.by_name)}
        ranked = sorted(
            found.values(),
            key=lambda one: (
                one.dataset == OWN and not self.checkpoints.trained(one),  # it learns first
                order.get(one.dataset, len(order)),
                not self._names_opening(one),
            ),
        )
        return {product.key: product for product in ranked}

    def _names_opening(self, product: Product) -> bool:
        """Return whether a product names an opening; a damaged file is a matter of it alone."""
        with contextlib.suppress(CheckpointError):
            return self.settings(product).opening is not None
        return False


def _by_name(data: Sequence[Path] | Mapping[str, Path]) -> Mapping[str, Path]:
    """Return folders by name; of two with one name, the first counts."""
    if isinstance(data, Mapping):
        return dict(data)
    found: dict[str, Path] = {}
    for folder in data:
        found.setdefault(folder.name, folder)
    return found
