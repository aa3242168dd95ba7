"""The images of products that a page may show: unseen test images, or any by its id."""

from inspection.errors import DatasetError
from inspection.products.dataset_folders import DatasetFolders
from inspection.products.product import Product
from inspection.products.reading import load_reading, read_by
from inspection.products.splits import find_test_samples
from inspection.products.stamped import StampedCache
from inspection.products.stored_detectors import Checkpoints
from inspection.types import DEFAULT_READING, Sample


class Samples:
    """The samples of products, kept until a folder or a checkpoint changes."""

    def __init__(self, datasets: DatasetFolders, checkpoints: Checkpoints) -> None:
        self._datasets = datasets
        self._checkpoints = checkpoints
        self._unseen: StampedCache[Product, tuple[Sample, ...]] = StampedCache()

    def unseen(self, product: Product) -> tuple[Sample, ...]:
        """Return the test samples that no detector has seen, in training or calibration.

        Raises:
            InspectionError: the dataset or the split of the product cannot be read.
        """
        state = (*self._checkpoints.state(product), self._datasets.list_all(product))

        def find() -> tuple[Sample, ...]:
            self._checkpoints.compare_again(product)
            return self._find_unseen(product)

        return self._unseen.get(product, state, find)

    def find(self, product: Product, sample_id: str) -> Sample:
        """Return any image of a product, also one that a detector has learned from.

        Raises:
            DatasetError: there is none of that id, or it cannot be drawn.
        """
        for sample in (*self.unseen(product), *self._read(product)):
            if sample.id == sample_id:
                self._datasets.draw([sample])
                return sample
        raise DatasetError(f"There is no image {sample_id}.", "Choose another one.")

    def _find_unseen(self, product: Product) -> tuple[Sample, ...]:
        samples = self._read(product)
        folder = None if self._checkpoints.is_foreign(product) else product.folder
        seen = self._checkpoints.seen_ids(product)
        return tuple(s for s in find_test_samples(folder, samples) if s.id not in seen)

    def _read(self, product: Product) -> list[Sample]:
        listed = self._datasets.list_all(product)
        samples = (one for one in listed if one.category == product.category)
        is_foreign = self._checkpoints.is_foreign(product)
        return read_by(samples, DEFAULT_READING if is_foreign else load_reading(product.folder))
