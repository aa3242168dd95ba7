"""Which samples the page offers: a few unseen test images of a product, of every kind it has."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

from inspection.demo.products import PRODUCTS, write_demo_data
from inspection.errors import CheckpointError, DatasetError, ImageError, InspectionError
from inspection.images import pixel_hash, read_sample
from inspection.products.catalog import Catalog
from inspection.products.product import Product
from inspection.products.split_plan import SplitPlan, load_split
from inspection.types import Sample, Split

MAX_SAMPLES = 12
PER_KIND = 4

Item = TypeVar("Item")


def choose_samples(samples: Sequence[Sample]) -> list[Sample]:
    """Pick a few of every kind, spread out: a defect of each type, a good part, and again."""
    kinds: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        kinds[sample.defect_type or ""].append(sample)
    good = kinds.pop("", [])
    columns = [_spread(found, PER_KIND) for found in kinds.values()] + [_spread(good, PER_KIND)]
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


def _is_known(catalog: Catalog, product: Product, sample: Sample) -> bool:
    try:
        image = read_sample(sample)
    except ImageError:
        return False  # the page says what is wrong with it
    return bool(catalog.checkpoints.that_saw(product, pixel_hash(image)))


def draw_samples(
    root: Path, checkpoints: Path, *, is_stopped: Callable[[], bool] = bool
) -> list[InspectionError]:
    """Draw the demo samples that the page offers and that are not there yet.

    Args:
        root: folder of the demo data.
        checkpoints: folder that holds the demo products' detectors; it may not exist.
        is_stopped: asked every few images; the rest is left out once it says so.

    Returns:
        Why samples are missing, if some are: the page opens without them.
    """

    def check(*_: int) -> None:
        if is_stopped():
            raise CancelledError

    plans, troubles = _read_plans(checkpoints)
    if not plans:
        return troubles
    try:
        write_demo_data(root, products=list(plans), only=wanted_samples(plans), progress=check)
    except DatasetError as error:
        troubles.append(error)
    except CancelledError:
        pass
    return troubles


def _read_plans(
    checkpoints: Path,
) -> tuple[dict[str, SplitPlan | None], list[InspectionError]]:
    """Return the splits of the trained demo products, and what is wrong with the others'."""
    plans: dict[str, SplitPlan | None] = {}
    troubles: list[InspectionError] = []
    for name in PRODUCTS:
        if (checkpoints / name).is_dir():
            try:
                plans[name] = load_split(checkpoints / name)
            except CheckpointError as error:
                troubles.append(error)
    return plans, troubles


def wanted_samples(plans: Mapping[str, SplitPlan | None]) -> Callable[[str], bool]:
    """Tell which images of a dataset in the MVTec layout the page would choose if all were there.

    Args:
        plans: category -> its split, or None where none was made yet.

    Returns:
        A test of an image id such as "washer/test/scratch/000.png".
    """
    wanted: set[str] = set()
    for plan in plans.values():
        by_kind: dict[str, list[str]] = defaultdict(list)
        for sample_id, role in sorted(plan.roles.items()) if plan is not None else ():
            if role is Split.TEST:
                by_kind[sample_id.rpartition("/")[0]].append(sample_id)
        wanted.update(chosen for ids in by_kind.values() for chosen in _spread(ids, PER_KIND))

    def is_wanted(sample_id: str) -> bool:
        category, split, _, name = sample_id.split("/")
        if plans.get(category) is None:
            return split == "test" and int(Path(name).stem) < PER_KIND
        return sample_id in wanted

    return is_wanted


def _spread(samples: Sequence[Item], count: int) -> list[Item]:
    """Return up to this many samples, evenly spaced."""
    if len(samples) <= count:
        return list(samples)
    return [samples[index * len(samples) // count] for index in range(count)]
