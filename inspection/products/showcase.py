"""Which samples a page offers: a few unseen test images of a product, of every kind it has."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import zip_longest
from typing import TypeVar

import numpy as np

from inspection.errors import ImageError
from inspection.images import pixel_hash, read_sample
from inspection.products.catalog import Catalog
from inspection.products.product import Product
from inspection.types import Sample

MAX_SAMPLES = 12
PER_KIND = 4

Item = TypeVar("Item")


def choose_samples(samples: Sequence[Sample]) -> list[Sample]:
    """Pick a few of every kind, spread out: a defect of each type, a good part, and again."""
    kinds: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        kinds[sample.defect_type or ""].append(sample)
    good = kinds.pop("", [])
    columns = [spread(found, PER_KIND) for found in kinds.values()] + [spread(good, PER_KIND)]
    rows = zip_longest(*columns)
    chosen = [sample for row in rows for sample in row if sample is not None]
    return chosen[:MAX_SAMPLES]


def find_opening(catalog: Catalog, product: Product) -> Sample | None:
    """Return the sample that the page opens with, which no detector knows under another name.

    It is the one that the product names, or the first defective one of the strip, or a good one.

    Raises:
        InspectionError: the product's data or settings cannot be read.
    """
    chosen = choose_samples(catalog.samples.unseen(product))
    wanted = catalog.settings(product).opening
    ranked = sorted(chosen, key=lambda sample: (sample.id != wanted, not sample.is_anomalous))
    return next((sample for sample in ranked if not _is_known(catalog, product, sample)), None)


def find_any(
    catalog: Catalog, product: Product, seed: int, *, shown: object = None
) -> Sample | None:
    """Return a sample of the test images, any by a seed, that no detector knows; None without one.

    The one with the id `shown` is returned only where there is no other.

    Raises:
        InspectionError: the product's data cannot be read.
    """
    samples = list(catalog.samples.unseen(product))
    order = np.random.default_rng(abs(seed)).permutation(len(samples))
    shuffled = sorted((samples[place] for place in order), key=lambda sample: sample.id == shown)
    return next((sample for sample in shuffled if not _is_known(catalog, product, sample)), None)


def _is_known(catalog: Catalog, product: Product, sample: Sample) -> bool:
    try:
        image = read_sample(sample)
    except ImageError:
        return False  # the page says what is wrong with it
    return bool(catalog.checkpoints.that_saw(product, pixel_hash(image)))


def spread(samples: Sequence[Item], count: int) -> list[Item]:
    """Return up to this many samples, evenly spaced."""
    if len(samples) <= count:
        return list(samples)
    return [samples[index * len(samples) // count] for index in range(count)]
