"""The detectors of products, loaded once and shared.

They are given the function that loads a checkpoint folder, so they need no PyTorch.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from inspection.detector import Channel, DetectorInfo
from inspection.errors import CheckpointError, InspectionError
from inspection.products.checkpoint_folders import is_there, no_verdict, stamp_folder
from inspection.products.dataset_folders import DatasetFolders
from inspection.products.panels import Panel, Status, attempt, stopped
from inspection.products.places import Places
from inspection.products.product import Product
from inspection.products.stamped import StampedCache
from inspection.products.stored_detectors import Checkpoints

Loader = Callable[[Path], Channel]

NO_GOOD_IMAGE = "It cannot be trained: there are no good training images."


class Channels:
    """Detectors with their calibrations, loaded at first use; safe between threads.

    Args:
        loader: reads a checkpoint folder.
        detectors: tell which are missed where they are not trained.
        datasets: tells what can be learned from.
        checkpoints: tells which detectors may answer together.
        places: words the command that trains one.
    """

    def __init__(
        self,
        loader: Loader,
        *,
        detectors: Mapping[str, DetectorInfo],
        datasets: DatasetFolders,
        checkpoints: Checkpoints,
        places: Places,
    ) -> None:
        self._loader = loader
        self._detectors = detectors
        self._datasets = datasets
        self._checkpoints = checkpoints
        self._places = places
        self._panels: StampedCache[Path, Panel] = StampedCache()
        self._locks: dict[Path, threading.Lock] = {}
        self._lock = threading.Lock()

    def peek(self, product: Product, detector: str) -> Panel:
        """Return the state of a detector without waiting; one not loaded yet is 'loading'.

        One that is broken is what the last attempt to load it came to.
        """
        if (mismatch := self._checkpoints.mismatched(product).get(detector)) is not None:
            return stopped(detector, mismatch)
        folder = product.folder / detector
        if (panel := self._panels.peek(folder, stamp_folder(folder))) is not None:
            return panel
        if is_there(folder):
            return Panel(detector, Status.LOADING)
        return self._describe_missing(product, detector)

    def load(self, product: Product, detector: str) -> Panel:
        """Return a detector, loaded if need be; a checkpoint written anew is read anew.

        What has failed is tried again the next time: its remedy may lie outside of its folder.
        """
        panel = self.peek(product, detector)
        if not panel.is_to_load or detector in self._checkpoints.mismatched(product):
            return panel
        folder = product.folder / detector
        with self._lock:
            lock = self._locks.setdefault(folder, threading.Lock())
        with lock:
            if not (panel := self.peek(product, detector)).is_to_load:
                return panel
            written = stamp_folder(folder)
            panel = self._read(folder)
            self._panels.put(folder, written, panel)
            return panel

    def answering(self, product: Product, detector: str) -> Channel:
        """Return a detector that is ready to answer, be it without a verdict.

        Raises:
            CheckpointError: it is missing or broken.
        """
        panel = self.load(product, detector)
        if panel.channel is None:
            raise CheckpointError(f"{detector} of {product.key}: {panel.problem}", panel.fix)
        return panel.channel

    def judging(self, product: Product, detector: str) -> Channel:
        """Return a detector that is ready to give verdicts.

        Raises:
            CheckpointError: it is missing or broken, or has learned from defects alone.
        """
        channel = self.answering(product, detector)
        if not channel.calibration.gives_verdicts:
            raise no_verdict(detector)
        return channel

    def _read(self, folder: Path) -> Panel:
        found = attempt(lambda: self._loader(folder))
        if isinstance(found, InspectionError):
            return stopped(folder.name, found)
        return Panel(folder.name, Status.READY, found)

    def _describe_missing(self, product: Product, detector: str) -> Panel:
        lacks_good = self._datasets.lacks_good(product)
        info = self._detectors[detector]
        if lacks_good and not info.needs_labels:
            return Panel(detector, Status.UNABLE, problem=NO_GOOD_IMAGE)
        if not lacks_good and not info.is_default:
            return Panel(detector, Status.ABSENT)
        command = self._places.train_command(product, detector)
        return Panel(detector, Status.MISSING, problem="Not trained yet.", fix=command)
