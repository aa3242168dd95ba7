"""Whether an image shows the product at all: decided for the image as a whole, before any verdict.

A product's `familiarity.npz` holds the reference embeddings of its normal training images, one
vector each, and how far the held-out normal ones are from them. An image is unfamiliar when it is
farther off than they are, in embedding, shape or size, by the same promise as every threshold: at
most so many of the good parts. A part with a defect is nearer to its product than another product
is, so that the limits can stand well beyond the normal images. Only what is much nearer to another
product that is known is told apart from closer by.
"""

import contextlib
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from inspection.calibration import TINY, calibrate, no_calibration
from inspection.embedding import EMBED_BATCH, FIELDS, Embed
from inspection.errors import CheckpointError, DatasetError, first_line
from inspection.files import replace_bytes
from inspection.findings import Familiarity
from inspection.images import read_sample
from inspection.preprocess import Progress
from inspection.processors import map_in_threads
from inspection.products.checkpoint_folders import stamp_file
from inspection.products.product import Product
from inspection.products.split_plan import order_units
from inspection.products.stamped import StampedCache
from inspection.products.stored_detectors import Checkpoints
from inspection.types import AT_THRESHOLD, Calibration, RGBImage, Sample, Size, Split

FILE = "familiarity.npz"
FORMAT = 2
UNSEALED = 1  # the same without a seal
RATE = 0.01  # of good parts that may be called unfamiliar, where enough are held out
MAX_REFERENCES = 256
LEAST_LIMIT = 0.4  # of distances between vectors of length 1; unrelated images lie 0.4 to 1 apart
MARGIN = 1.4  # times the farthest that a normal training image is from all others
SUSPICIOUS = 0.625  # share of a limit, beyond which another product may be the nearer one
MUCH_NEARER = 2.0  # times
MAX_STRETCH = 1.5
MAX_ENLARGEMENT = 4.0


Others = Callable[[], Mapping[str, "FamiliarityModel"]]
"""Gives the models of other products by their keys, loaded when they are needed."""


class Oddity(IntEnum):
    """In what an image may be unlike the product; the number is its place among measures."""

    DISTANCE = 0
    SHAPE = 1
    SIZE = 2


@dataclass(frozen=True, slots=True)
class SizeRange:
    """Between which bounds sizes lie, both inclusive; an aspect is width / height."""

    heights: tuple[float, float]
    widths: tuple[float, float]
    aspects: tuple[float, float]

    @classmethod
    def of(cls, sizes: Sequence[Size]) -> Self:
        """Return the range of at least one (height, width)."""
        heights, widths = zip(*sizes, strict=True)
        aspects = [width / height for height, width in sizes]
        return cls(*((min(v), max(v)) for v in (heights, widths, aspects)))

    def stretch(self, size: Size) -> float:
        """Return how much an image is stretched to have an aspect within the range, at least 1."""
        aspect = size[1] / size[0]
        return max(1.0, aspect / self.aspects[1], self.aspects[0] / aspect)

    def enlargement(self, size: Size) -> float:
        """Return how much an image is enlarged to have sides within the range, at least 1."""
        return max(1.0, self.heights[0] / size[0], self.widths[0] / size[1])

    def describe(self) -> str:
        """Return width × height in pixels, such as '320 × 320' or '96-120 × 80'."""
        return " × ".join(
            f"{low:.0f}" if low == high else f"{low:.0f}-{high:.0f}"
            for low, high in (self.widths, self.heights)
        )


@dataclass(frozen=True, slots=True, eq=False)
class FamiliarityModel:
    """Reference embeddings of a product: what distinguishes its images from others.

    Attributes:
        source: what made the vectors, as `Embed` names it.
        vectors: float32 (n, d), each of length 1: normal training images.
        max_distance: what an image may be away from the nearest of them.
        sizes: of the same images.
        calibration: `measure` of held-out normal parts, the oddest of each.
    """

    source: str
    vectors: NDArray[np.float32]
    max_distance: float
    sizes: SizeRange
    calibration: Calibration

    @property
    def rate(self) -> float:
        """Share of good parts that may be called unfamiliar."""
        return max(RATE, self.calibration.floor)

    @property
    def promised(self) -> float:
        """What may be as odd as the good parts of this rate, at least `SUSPICIOUS`."""
        return max(SUSPICIOUS, self.calibration.threshold(self.rate))

    def distance(self, vector: NDArray[np.float32]) -> float:
        """Return how far an image is from the nearest normal one."""
        return float(_distances(vector[None], self.vectors).min())

    def measure(self, vector: NDArray[np.float32], size: Size) -> tuple[float, float, float]:
        """Return how odd an image is in each `Oddity`: 0 is not at all, 1 as much as it may be."""
        return (
            self.distance(vector) / self.max_distance,
            (self.sizes.stretch(size) - 1) / (MAX_STRETCH - 1),
            (self.sizes.enlargement(size) - 1) / (MAX_ENLARGEMENT - 1),
        )

    def judge(self, vector: NDArray[np.float32], size: Size, others: Others = dict) -> Familiarity:
        """Return whether an image of this vector and (height, width) shows the product."""
        measures = self.measure(vector, size)
        promised = self.promised
        found = Familiarity(max(measures), max(1.0, promised), self.rate)
        if found.is_familiar and measures[Oddity.DISTANCE] <= promised:
            return found
        known = others()
        alike = _find_alike(known, vector, size)
        if not found.is_familiar:
            reason = self._describe(Oddity(int(np.argmax(measures))), found, size)
            return replace(found, reason=reason, looks_like=alike)
        if alike is None:
            return found
        times = self.distance(vector) / max(known[alike].distance(vector), TINY)
        if times < MUCH_NEARER:
            return found
        reason = f"As a whole it is {times:.1f} times nearer to the normal images of {alike}."
        return replace(found, threshold=promised, reason=reason, looks_like=alike)

    def _describe(self, oddity: Oddity, found: Familiarity, size: Size) -> str:
        if oddity is Oddity.DISTANCE:
            times = found.score / found.threshold
            unlike = "As a whole it is too unlike the normal training images"
            return f"{unlike}: {times:.1f} times the limit."
        sizes = (
            f"It has {size[1]} × {size[0]} pixels, and the training images have "
            f"{self.sizes.describe()}"
        )
        if oddity is Oddity.SHAPE:
            return (
                f"{sizes}: to have their shape it is squeezed {self.sizes.stretch(size):.2g} to 1."
            )
        return f"{sizes}: enlarged {self.sizes.enlargement(size):.2g} times it shows too little."


class FamiliarityCheck:
    """Checks whether images show products; safe to share between threads.

    Args:
        embed: makes the vectors; None where nothing can.
        checkpoints: tell which products can be inspected, with the images that are shown.
        products: gives all products that an image may look like.
    """

    def __init__(
        self,
        embed: Embed | None,
        checkpoints: Checkpoints,
        products: Callable[[], Iterable[Product]],
    ) -> None:
        self._embed = embed
        self._checkpoints = checkpoints
        self._products = products
        self._models: StampedCache[Path, FamiliarityModel] = StampedCache()

    def check(self, product: Product, image: RGBImage) -> Familiarity | None:
        """Return whether an image shows a product; None where the product has no `familiarity.npz`.

        Raises:
            InspectionError: the file is damaged or outdated, or the small backbone is missing.
        """
        embed, model = self._embed, self.model(product)
        if embed is None or model is None:
            return None
        if model.source != embed.source:
            raise _unusable(product.folder / FILE, "was made with another backbone")
        size = (image.shape[0], image.shape[1])
        (vector,) = embed_whole(embed, [image])
        return model.judge(vector, size, lambda: self._others(product, model.source))

    def model(self, product: Product) -> FamiliarityModel | None:
        """Return the model of a product, read anew where the file has changed.

        Raises:
            CheckpointError: the file is damaged.
        """
        path = product.folder / FILE
        if not path.is_file() or self._checkpoints.is_foreign(product):
            return None
        return self._models.get(path, stamp_file(path), lambda: load_familiarity(product.folder))

    def _others(self, product: Product, source: str) -> dict[str, FamiliarityModel]:
        """Return the models of the other products that can be inspected."""
        found: dict[str, FamiliarityModel] = {}
        for other in self._products():
            with contextlib.suppress(CheckpointError):  # a matter of that product alone
                is_known = other != product and self._checkpoints.trained(other)
                model = self.model(other) if is_known else None
                if model is not None and model.source == source:
                    found[other.key] = model
        return found


def embed_whole(embed: Embed, images: Sequence[RGBImage]) -> NDArray[np.float32]:
    """Return one vector of length 1 per image, the same wherever in it something lies."""
    vectors = embed(images)
    whole = vectors.reshape(len(vectors), -1, FIELDS).mean(axis=2)  # (n, channels)
    lengths = np.linalg.norm(whole, axis=1, keepdims=True)
    return np.asarray(whole / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def fit_familiarity(
    samples: Sequence[Sample], embed: Embed, *, progress: Progress | None = None
) -> FamiliarityModel:
    """Fit a model to the normal training and calibration samples of one category.

    Raises:
        DatasetError: there is none of them.
        InspectionError: an image cannot be read, or the small backbone is missing.
    """
    normal = [sample for sample in samples if not sample.is_anomalous]
    held_out = [sample for sample in normal if sample.split is Split.CALIBRATION]
    learned = [sample for sample in normal if sample.split in (Split.TRAIN, Split.VALIDATION)]
    if not held_out or not learned:
        raise DatasetError(
            "There are no normal images to compare others with.",
            "Put normal images into train/good of the dataset folder.",
        )
    by_id = {sample.id: sample for sample in learned}
    chosen = [by_id[one] for one in order_units(by_id, 0)[:MAX_REFERENCES]]
    vectors, sizes = _embed_samples([*chosen, *held_out], embed, progress)
    # rounded to what is stored, so that a saved model judges the same
    references = vectors[: len(chosen)].astype(np.float16).astype(np.float32)
    model = FamiliarityModel(
        embed.source,
        references,
        _limit(references, [sample.unit for sample in chosen]),
        SizeRange.of(sizes[: len(chosen)]),
        no_calibration(AT_THRESHOLD),
    )
    rest = zip(vectors[len(chosen) :], sizes[len(chosen) :], strict=True)
    scores = [max(model.measure(vector, size)) for vector, size in rest]
    return replace(model, calibration=calibrate(held_out, scores))


def _find_alike(
    models: Mapping[str, FamiliarityModel], vector: NDArray[np.float32], size: Size
) -> str | None:
    """Return the product to which an image is familiar, the most familiar one of several."""
    found = {key: model.judge(vector, size) for key, model in models.items()}
    alike = {key: one.score / one.threshold for key, one in found.items() if one.is_familiar}
    return min(alike, key=alike.__getitem__, default=None)


def _embed_samples(
    samples: Sequence[Sample], embed: Embed, progress: Progress | None
) -> tuple[NDArray[np.float32], list[Size]]:
    """Return vectors (n, d) and sizes, with a batch of images in memory at a time."""
    vectors: list[NDArray[np.float32]] = []
    sizes: list[Size] = []
    for start in range(0, len(samples), EMBED_BATCH):
        images = list(map_in_threads(read_sample, samples[start : start + EMBED_BATCH]))
        vectors.append(embed_whole(embed, images))
        sizes += [(image.shape[0], image.shape[1]) for image in images]
        if progress is not None:
            progress(len(sizes), len(samples))
    return np.concatenate(vectors), sizes


def _limit(vectors: NDArray[np.float32], units: Sequence[str]) -> float:
    """Return what an image may be away from the nearest normal one, by how far these are.

    Images of one part are no measure for each other.
    """
    names = np.array(units)
    distances = _distances(vectors, vectors)
    distances[names[:, None] == names] = np.inf
    nearest = distances.min(axis=1)
    farthest = nearest[np.isfinite(nearest)].max(initial=0.0)
    return max(LEAST_LIMIT, MARGIN * float(farthest))


def _distances(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the distances (n, m) between vectors of length 1, (n, d) and (m, d)."""
    return np.asarray(np.sqrt(np.maximum(2 - 2 * first @ second.T, 0)), np.float32)


def save_familiarity(folder: Path, model: FamiliarityModel) -> None:
    """Write `familiarity.npz` into the folder of a product.

    Raises:
        OSError: it cannot be written.
    """
    sizes = model.sizes
    content: dict[str, Any] = {
        "format": np.array(FORMAT),
        "source": np.array(model.source),
        "vectors": model.vectors.astype(np.float16),
        "max_distance": np.array(model.max_distance),
        "sizes": np.array([sizes.heights, sizes.widths, sizes.aspects]),
        "normal_scores": model.calibration.normal_scores,
        "units": np.array(model.calibration.units),
    }
    buffer = io.BytesIO()
    # not with allow_pickle: NumPy before 2.2 stores that as one more array
    np.savez_compressed(buffer, seal=np.array(_seal(content)), **content)
    replace_bytes(folder / FILE, buffer.getvalue())


def _seal(content: Mapping[str, NDArray[Any]]) -> str:
    """Return the hash of arrays with their names, kinds and shapes."""
    digest = hashlib.sha256()
    for name, values in sorted(content.items()):
        digest.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def load_familiarity(folder: Path) -> FamiliarityModel:
    """Read what `save_familiarity` wrote; nothing in it is pickled.

    Raises:
        CheckpointError: missing, damaged or of another version.
    """
    path = folder / FILE
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            content = {name: stored[name] for name in stored.files}
        version = int(content["format"])
        if version not in (FORMAT, UNSEALED):
            raise _unusable(path, "was written by another version")
        seal = content.pop("seal", None)
        if (version == FORMAT or seal is not None) and str(seal) != _seal(content):
            raise _unusable(path, "was changed after it was written")
        heights, widths, aspects = content["sizes"].tolist()
        return FamiliarityModel(
            str(content["source"]),
            content["vectors"].astype(np.float32),
            float(content["max_distance"]),
            SizeRange(tuple(heights), tuple(widths), tuple(aspects)),
            Calibration(content["normal_scores"], tuple(content["units"].tolist())),
        )
    except OSError as error:
        raise _unusable(path, f"cannot be read ({error.strerror})") from error
    except (
        *(EOFError, KeyError, TypeError, ValueError, NotImplementedError),
        *(zipfile.BadZipFile, zlib.error),
    ) as error:
        raise _unusable(path, f"is damaged ({first_line(error)})") from error


def has_familiarity(folder: Path, embed: Embed) -> bool:
    """Return whether a product's `familiarity.npz` is there and fits the small backbone."""
    try:
        return load_familiarity(folder).source == embed.source
    except CheckpointError:
        return False


def _unusable(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"{path} {why}: it cannot be checked whether an image shows {path.parent.name}.",
        "Make it anew: `python cli.py train-all --data DIR`.",
    )
