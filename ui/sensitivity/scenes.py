"""What a visitor looks at on the tab: an image of a product, and the detectors that judge it."""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from inspection.detector import Channel
from inspection.errors import CheckpointError, DatasetError, ImageError
from inspection.ground_truth import read_mask
from inspection.images import OpenedImage, open_sample, read_sample
from inspection.products.catalog import Catalog
from inspection.products.inspecting import load_product
from inspection.products.product import Product
from inspection.products.reading import load_reading
from inspection.products.showcase import choose_samples, find_opening, spread
from inspection.products.stamped import StampedCache
from inspection.types import Mask, RGBImage, Sample
from inspection.uploads.reader import open_upload
from ui.sensitivity import messages

KEPT = 8  # images whose answers are kept for everybody

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The values that were asked for last, by what they were made of; safe between threads."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._held: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, made if it is not held."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            self._held[key] = made
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return made


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """An image of a product, with the detectors that give verdicts.

    Attributes:
        key: what it was made of; another one once a detector has learned anew.
        sample: id; empty for a visitor's own image.
        truth: (H, W); None where nothing is marked.
        kind: of the defect, in words.
        note: what a person has to know of it.
    """

    key: Hashable
    product: Product
    sample: str
    image: RGBImage = field(repr=False)
    truth: Mask | None = field(repr=False)
    kind: str
    channels: Mapping[str, Channel] = field(repr=False)
    rate: float
    note: str


class Scenes:
    """Opens images with the detectors of their products; holds nothing that a visitor owns."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._kept: Kept[Scene] = Kept()
        self._openings: StampedCache[Product, Sample] = StampedCache()

    def find(self, product: Product, sample_id: object) -> Scene:
        """Return the scene of a sample; of the one that shows best where none is named.

        Raises:
            InspectionError: there is none, it cannot be read, or no detector gives a verdict.
        """
        state = self.catalog.checkpoints.state(product)
        if isinstance(sample_id, str) and sample_id:
            sample = self.catalog.samples.find(product, sample_id)
        else:  # found once: it takes reading images
            sample = self._openings.get(product, state, lambda: self._find_opening(product))
        key = (product.key, sample.id, state)
        return self._kept.get(key, lambda: self._open_sample(key, product, sample))

    def open(self, product: Product, path: object) -> Scene:
        """Return the scene of a visitor's own image.

        Raises:
            InspectionError: it is gone or cannot be read, or no detector gives a verdict.
        """
        if not isinstance(path, Path) or not path.is_file():
            raise ImageError(messages.GONE, messages.GONE_FIX)
        key = (product.key, path, self.catalog.checkpoints.state(product))

        def make() -> Scene:
            opened = open_upload(path, reading=load_reading(product.folder))
            return self._make(key, product, opened, kind=messages.DEFECT)

        return self._kept.get(key, make)

    def read_normals(self, scene: Scene, most: int) -> list[RGBImage]:
        """Return good images of the product that no detector has seen, spread out; not the shown.

        They only help: what is damaged is left out, and Explore data says what is wrong with it.
        """
        unseen = self.catalog.samples.unseen(scene.product)
        chosen = spread([s for s in unseen if not s.is_anomalous and s.id != scene.sample], most)
        with contextlib.suppress(DatasetError):  # of a folder that cannot be written
            self.catalog.datasets.draw(chosen)
        normals: list[RGBImage] = []
        for one in chosen:
            with contextlib.suppress(ImageError):
                normals.append(read_sample(one))
        return normals

    def _find_opening(self, product: Product) -> Sample:
        """Return the first defective sample with a mask, or whatever the page opens with."""
        opening = find_opening(self.catalog, product)
        chosen = choose_samples(self.catalog.samples.unseen(product))
        ranked = [one for one in (opening, *chosen) if one is not None and one.is_marked]
        found = next(iter(ranked), opening)
        if found is None:
            raise DatasetError(messages.NO_SAMPLE, messages.NO_SAMPLE_FIX)
        return self.catalog.samples.find(product, found.id)

    def _open_sample(self, key: Hashable, product: Product, sample: Sample) -> Scene:
        opened = open_sample(sample)
        mask = read_mask(sample, opened.pixels.shape[:2])
        kind = (sample.defect_type or messages.DEFECT).replace("_", " ")
        truth = mask if mask.any() else None
        return self._make(key, product, opened, kind=kind, sample=sample.id, truth=truth)

    def _make(
        self,
        key: Hashable,
        product: Product,
        opened: OpenedImage,
        *,
        kind: str,
        sample: str = "",
        truth: Mask | None = None,
    ) -> Scene:
        loaded = load_product(self.catalog, product)
        channels = {
            name: one for name, one in loaded.channels.items() if one.calibration.gives_verdicts
        }
        if not channels:
            raise CheckpointError(messages.NO_DETECTOR, messages.NO_DETECTOR_FIX)
        _, unlike = loaded.check_familiarity(opened.pixels)
        notes = (opened.note, self.catalog.places.hide(unlike), loaded.describe_seen(opened.pixels))
        note = " ".join(filter(None, notes))
        return Scene(key, product, sample, opened.pixels, truth, kind, channels, loaded.rate, note)
