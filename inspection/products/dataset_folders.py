"""The dataset folders of a catalogue: what images they hold of a product."""

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from inspection.datasets.cache import DatasetCache
from inspection.datasets.dataset import Dataset, check_name, split_name
from inspection.demo.folder import DemoFolder
from inspection.errors import DatasetError, SettingsError
from inspection.paths import expand_home, quote_path
from inspection.products.product import Product
from inspection.products.stamped import StampedCache
from inspection.types import Sample, Split


class DatasetFolders:
    """Dataset folders by name, listed once; safe to share between threads.

    Attributes:
        by_name: every folder, whether it is there or not.
        demo: the folder of the demo products, if its images may have to be drawn first.
    """

    def __init__(self, by_name: Mapping[str, Path]) -> None:
        self.by_name: Mapping[str, Path] = by_name
        self.demo: DemoFolder | None = None
        self._cache = DatasetCache()
        self._lacking: StampedCache[Product, bool] = StampedCache()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the folders that are there."""
        return tuple(name for name, folder in self.by_name.items() if folder.is_dir())

    def add(self, name: str, folder: Path, *, before: str) -> None:
        """Show another folder from now on, before one that is shown, or else as the last."""
        found: dict[str, Path] = {}
        for other, path in self.by_name.items():
            if other == before:
                found[name] = folder
            found[other] = path
        self.by_name = {**found, name: folder}

    def read(self, name: str) -> Dataset:
        """Return a dataset, the same object as long as its folder stays the same.

        Raises:
            DatasetError: it cannot be read.
        """
        return self._cache.read(self.by_name[name], name=name)

    def is_current(self, dataset: Dataset) -> bool:
        """Return whether a dataset that was read here is still what its folder holds."""
        return self._cache.is_current(dataset)

    def find(self, product: Product) -> Dataset | None:
        """Return the images of a product; None where no folder was named.

        Raises:
            DatasetError: they cannot be read.
        """
        known = product.dataset in self.by_name
        return self.read(product.dataset).of(product.category) if known else None

    def list_all(self, product: Product) -> tuple[Sample, ...]:
        """Return the samples of the product's whole dataset, those of the demo drawn or not.

        They are the same object as long as the folder stays the same.

        Raises:
            DatasetError: they cannot be read.
        """
        root = self.by_name.get(product.dataset)
        if root is None or not root.is_dir():
            return ()
        if self.demo is not None and self.demo.root == root:
            return self.demo.samples
        return self.read(product.dataset).samples

    def lacks_good(self, product: Product) -> bool:
        """Return whether a product has images, and none to learn from shows a good part."""
        listed = self.list_all(product)

        def look() -> bool:
            own = [sample for sample in listed if sample.category == product.category]
            has_good = any(s.split is not Split.TEST and not s.is_anomalous for s in own)
            return bool(own) and not has_good

        return self._lacking.get(product, listed, look)

    def is_flat(self, product: Product) -> bool:
        """Return whether nothing but the person who trains can say that the images are good."""
        with contextlib.suppress(DatasetError):  # reported where its images are read
            dataset = self.find(product)
            return dataset is not None and not dataset.is_labelled
        return False

    def draw(self, samples: Iterable[Sample]) -> None:
        """See to it that these images are there: those of the demo are drawn when needed.

        Raises:
            DatasetError: the folder of the demo cannot be written.
        """
        if self.demo is not None:
            self.demo.draw(samples)


def name_folders(data: Sequence[Path | str]) -> dict[str, Path]:
    """Return dataset folders by name.

    Raises:
        SettingsError: one is not there, or two have the same name.
        DatasetError: one has a name that no dataset can have.
    """
    folders: dict[str, Path] = {}
    for name, folder in map(name_folder, data):
        if (other := folders.setdefault(name, folder)).resolve() != folder.resolve():
            raise SettingsError(
                f"{other} and {folder} are both called {name}.",
                f"Give one another name: --data NAME={quote_path(folder)}.",
            )
    return folders


def name_folder(given: Path | str) -> tuple[str, Path]:
    """Return name and absolute path of a dataset folder given as DIR or as NAME=DIR."""
    name, folder = split_name(given)
    folder = check_folder(folder, "--data")
    return check_name(name or folder.name), folder


def check_folder(folder: Path, option: str) -> Path:
    """Return the absolute path of a folder that was given with an option."""
    if not expand_home(folder).is_dir():
        raise SettingsError(f"There is no folder {folder}.", f"Give one that exists with {option}.")
    return Path(os.path.abspath(expand_home(folder)))  # noqa: PTH100 (links stay as they are)
