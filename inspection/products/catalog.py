"""What a page can show: products, detectors loaded once and shared, samples nobody has seen.

The catalogue is given the function that loads a checkpoint folder, so it needs no PyTorch.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inspection.datasets.cache import DatasetCache
from inspection.datasets.dataset import Dataset
from inspection.detector import Channel, DetectorInfo
from inspection.embedding import Embed
from inspection.errors import CheckpointError, DatasetError, InspectionError, SettingsError
from inspection.paths import quote
from inspection.products.checkpoint_folders import is_there, no_verdict, stamp
from inspection.products.joining import Joining, Strangers
from inspection.products.panels import FAILURES, Panel, Status, stopped
from inspection.products.places import Places
from inspection.products.product import Product, find_products
from inspection.products.product_file import load_opening, product_rate
from inspection.products.reading import load_reading, read_by
from inspection.products.splits import find_test_samples
from inspection.types import DEFAULT_READING, Calibration, Reading, Sample, Split

if TYPE_CHECKING:
    from inspection.demo.folder import DemoFolder  # it can draw, which takes time to import

Loader = Callable[[Path], Channel]

NO_GOOD_IMAGE = "It cannot learn here: no image to learn from shows a good part."


class Catalog:
    """Products below a checkpoints folder and in dataset folders; safe to share between threads.

    Args:
        checkpoints: where trained detectors lie, as DATASET/CATEGORY/DETECTOR.
        data: dataset folders, each under its own name or under the given one.
        loader: reads a checkpoint folder.
        detectors: those that a page compares, by name.
        embed: compares images, for the exploration.

    Attributes:
        products: by key, as `refresh` has last found them.
        demo: the folder of the demo products, if its images may have to be drawn first.
        is_shared: whether strangers see the page, which then names no folder of this machine.
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
        self.embed = embed
        self.demo: DemoFolder | None = None
        self.datasets = DatasetCache()
        self.is_shared = False
        self.detectors = detectors
        self._loader = loader
        self._checkpoints = checkpoints
        self._data: dict[str, Path] = {}
        pairs = data.items() if isinstance(data, Mapping) else ((one.name, one) for one in data)
        for name, folder in pairs:
            self._data.setdefault(name, folder)  # of two with one name, the first counts
        self._places = Places(checkpoints, self._data)
        self._panels: dict[tuple[str, str], tuple[float, Panel]] = {}
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._lock = threading.Lock()
        self._samples: dict[str, tuple[tuple[object, ...], tuple[Sample, ...]]] = {}
        self._lacking: dict[str, tuple[Sequence[Sample], bool]] = {}
        self._joining = Joining(self.detectors)
        self.products = self._find_products()

    def refresh(self) -> None:
        """Look for products again: what was trained or put into a dataset meanwhile is shown.

        Of a dataset folder that cannot be read any more nothing is forgotten.
        """
        with contextlib.suppress(DatasetError):
            self.products = self._find_products()

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

    @property
    def folders(self) -> Mapping[str, Path]:
        """Dataset folders by name, those that are there."""
        return {name: folder for name, folder in self._data.items() if folder.is_dir()}

    def find(self, name: str) -> Product:
        """Return the trained product called CATEGORY or DATASET/CATEGORY.

        Raises:
            CheckpointError: there is none.
            SettingsError: there are several.
        """
        trained = [product for product in self.products.values() if self.trained(product.key)]
        found = [product for product in trained if name in (product.key, product.category)]
        if not found:
            raise CheckpointError(
                f"There is no trained product {name} in {self._checkpoints}.",
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

    def trained(self, key: str) -> tuple[str, ...]:
        """Return the detectors of a product that have a checkpoint."""
        folder = self.product(key).folder
        return tuple(name for name in self.detectors if is_there(folder / name))

    def strangers(self, key: str) -> Strangers:
        """Return the detectors that must not be joined with the product's images or the others."""
        product = self.product(key)
        return self._joining.strangers(product.folder, lambda: self._shown(product))

    def joined(self, key: str) -> tuple[str, ...]:
        """Return the trained detectors of a product that were trained on its own dataset."""
        strangers = self.strangers(key)
        return tuple(name for name in self.trained(key) if name not in strangers)

    def is_foreign(self, key: str) -> bool:
        """Tell whether the images that are shown are of another dataset than all detectors."""
        return bool(self.strangers(key)) and not self.joined(key)

    def peek(self, key: str, detector: str) -> Panel:
        """Return the state of a detector without waiting; one not loaded yet is 'loading'.

        One that is broken is what the last attempt to load it came to.
        """
        if (stranger := self.strangers(key).get(detector)) is not None:
            return stopped(detector, stranger)
        folder = self.product(key).folder / detector
        held = self._panels.get((key, detector))
        if held is not None and held[0] == stamp(folder):
            return held[1]
        if is_there(folder):
            return Panel(detector, Status.LOADING)
        info = self.detectors[detector]
        if self.lacks_good(key) and not info.needs_labels:
            return Panel(detector, Status.UNABLE, problem=NO_GOOD_IMAGE)
        if self.lacks_good(key) or info.is_default:
            return self._missing(key, detector)
        return Panel(detector, Status.ABSENT)

    def lacks_good(self, key: str) -> bool:
        """Tell whether a product has images, and none to learn from shows a good part."""
        product = self.product(key)
        listed = self._listed(product.dataset)
        held = self._lacking.get(key)
        if held is None or held[0] is not listed:
            own = [sample for sample in listed if sample.category == product.category]
            has_good = any(s.split is not Split.TEST and not s.is_anomalous for s in own)
            held = (listed, bool(own) and not has_good)
            self._lacking[key] = held
        return held[1]

    def load(self, key: str, detector: str) -> Panel:
        """Return a detector, loaded if need be; a checkpoint written anew is read anew.

        What has failed is tried again the next time: its remedy may lie outside of its folder.
        """
        panel = self.peek(key, detector)
        if not panel.is_to_load or detector in self.strangers(key):
            return panel
        with self._lock:
            lock = self._locks.setdefault((key, detector), threading.Lock())
        with lock:
            if not (panel := self.peek(key, detector)).is_to_load:
                return panel
            folder = self.product(key).folder / detector
            written = stamp(folder)
            try:
                panel = Panel(detector, Status.READY, self._loader(folder))
            except (InspectionError, *FAILURES) as error:
                panel = stopped(detector, error)
            self._panels[key, detector] = (written, panel)
            return panel

    def channel(self, key: str, detector: str) -> Channel:
        """Return a detector that is ready to give verdicts.

        Raises:
            CheckpointError: it is missing or broken, or has learned from defects alone.
        """
        channel = self.answering(key, detector)
        if not channel.calibration.gives_verdicts:
            raise no_verdict(detector)
        return channel

    def answering(self, key: str, detector: str) -> Channel:
        """Return a detector that is ready to answer, be it without a verdict.

        Raises:
            CheckpointError: it is missing or broken.
        """
        panel = self.load(key, detector)
        if panel.channel is None:
            raise CheckpointError(f"{detector} of {key}: {panel.problem}", panel.fix)
        return panel.channel

    def rate(self, key: str, calibrations: Sequence[Calibration]) -> float:
        """Return the product's own false-alarm rate, or the default; never below a floor."""
        return product_rate(self.product(key).folder, calibrations)

    def wanted_rate(self, key: str) -> float:
        """Return the product's own false-alarm rate, or the default, whatever the floors are."""
        return product_rate(self.product(key).folder, ())

    def opening(self, key: str) -> str | None:
        """Return the id of the sample that the product wants a page to open with, if any."""
        return load_opening(self.product(key).folder)

    def reading(self, key: str) -> Reading:
        """Return how the files of a product become colours.

        Raises:
            CheckpointError: what is stored of it is damaged.
        """
        return load_reading(self.product(key).folder)

    def samples(self, key: str) -> tuple[Sample, ...]:
        """Return the test samples that no detector has seen, in training or calibration."""
        product = self.product(key)
        state = (*self._joining.state(product.folder), self._listed(product.dataset))
        held = self._samples.get(key)
        if held is None or held[0] != state:
            self._joining.forget(product.folder)  # others may be shown with its detectors now
            held = (state, self._unseen(product))
            self._samples[key] = held
        return held[1]

    def sample(self, key: str, sample_id: str) -> Sample:
        """Return one of the unseen samples.

        Raises:
            DatasetError: there is none of that id, or it cannot be drawn.
        """
        for sample in self.samples(key):
            if sample.id == sample_id:
                self.draw([sample])
                return sample
        raise DatasetError(f"There is no sample {sample_id}.", "Choose one from the strip.")

    def any_sample(self, key: str, sample_id: str) -> Sample:
        """Return any image of a product, also one that a detector has learned from.

        Raises:
            DatasetError: there is none of that id, or it cannot be drawn.
        """
        product = self.product(key)
        for sample in (*self.samples(key), *self._read_samples(product)):
            if sample.id == sample_id:
                self.draw([sample])
                return sample
        raise DatasetError(f"There is no image {sample_id}.", "Choose another one.")

    def draw(self, samples: Iterable[Sample]) -> None:
        """See to it that these images are there: those of the demo are drawn when asked for.

        Raises:
            DatasetError: the folder of the demo cannot be written.
        """
        if self.demo is not None:
            self.demo.draw(samples)

    def _listed(self, dataset: str) -> tuple[Sample, ...]:
        """Return all samples of a dataset, the same object as long as its folder stays the same."""
        root = self._data.get(dataset)
        if root is None or not root.is_dir():
            return ()
        if self.demo is not None and self.demo.root == root:
            return self.demo.samples
        return self.datasets.read(root, name=dataset).samples

    def _read_samples(self, product: Product) -> list[Sample]:
        listed = self._listed(product.dataset)
        samples = (one for one in listed if one.category == product.category)
        is_foreign = self.is_foreign(product.key)
        return read_by(samples, DEFAULT_READING if is_foreign else self.reading(product.key))

    def detectors_that_saw(self, key: str, pixel_hash: str) -> tuple[str, ...]:
        """Return the detectors that have seen an image with these pixels, whatever it is called."""
        product = self.product(key)
        return tuple(
            detector
            for detector in self.joined(key)
            if pixel_hash in self._joining.seen(product.folder / detector).values()
        )

    def evaluate_command(self, key: str, detector: str | None = None) -> str:
        """Return the command that evaluates a detector, or all of the product's dataset."""
        product = self.product(key)
        chosen = "" if detector is None else _chosen(product, detector)
        return self._command("evaluate", product, chosen)

    def _missing(self, key: str, detector: str) -> Panel:
        product = self.product(key)
        chosen = _chosen(product, detector) + " --all-good" * self._is_flat(product)
        command = self._command("train", product, chosen)
        return Panel(detector, Status.MISSING, problem="Not trained yet.", fix=command)

    def _is_flat(self, product: Product) -> bool:
        """Tell whether nothing but the person who trains can say that the images are good."""
        with contextlib.suppress(DatasetError):  # told where its images are asked for
            shown = self._shown(product)
            return shown is not None and not shown.is_labelled
        return False

    def _command(self, verb: str, product: Product, chosen: str) -> str:
        is_foreign = self.is_foreign(product.key)
        return self._places.command(
            verb, product, chosen, is_foreign=is_foreign, is_shared=self.is_shared
        )

    def hide_folders(self, text: str) -> str:
        """Return a text as the page shows it: strangers are told no path of this machine."""
        return self._places.hide(text) if self.is_shared else text

    def _find_products(self) -> Mapping[str, Product]:
        return find_products(
            self._checkpoints,
            self._data,
            detectors=tuple(self.detectors),
            read=lambda name, root: self.datasets.read(root, name=name),
        )

    def _shown(self, product: Product) -> Dataset | None:
        """Return the images that are shown of a product; None where there are none.

        Raises:
            DatasetError: they cannot be read.
        """
        root = self._data.get(product.dataset)
        if root is None:
            return None
        return self.datasets.read(root, name=product.dataset).of(product.category)

    def _unseen(self, product: Product) -> tuple[Sample, ...]:
        samples = self._read_samples(product)
        folder = None if self.is_foreign(product.key) else product.folder
        seen: set[str] = set()
        for detector in self.joined(product.key):
            seen |= self._joining.seen(product.folder / detector).keys()
        return tuple(s for s in find_test_samples(folder, samples) if s.id not in seen)


def _chosen(product: Product, detector: str) -> str:
    return f" --category {quote(product.category)} --detector {detector}"
