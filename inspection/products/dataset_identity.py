"""Whether images are of the dataset that a product was trained on, by their names and their pixels.

Folders of different datasets often have one name, and their images too (`good/000.png`), so that
pixels decide. A dataset stays the same one when its folder is moved, when images are added or
taken away, and when its files are renamed.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inspection.datasets.dataset import Dataset
from inspection.detector import DetectorInfo
from inspection.errors import CheckpointError, DatasetError, ImageError
from inspection.images import pixel_hash, read_image
from inspection.names import join_names
from inspection.paths import quote_path, train_again
from inspection.products.checkpoint_folders import read_card, read_seen
from inspection.products.manifest import CARD
from inspection.products.reading import load_reading
from inspection.products.split_plan import load_split, order_units
from inspection.types import DEFAULT_READING, Reading, Sample, Split

NUM_KEPT = 8  # of the images to learn from, and as many test images
NUM_BY_NAME = 8
NUM_BY_PIXELS = 16
MIN_SEEN = 2  # fewer say too little
LEAST_SHARE = 0.25  # that must show the same: some may have been replaced

Pixels = Mapping[str, str]
"""Image id -> hash of its decoded pixels."""


@dataclass(frozen=True, slots=True)
class DatasetComparison:
    """How many of the images that were compared one by one are the same.

    Attributes:
        most: how many can be the same at all.
        is_by_name: whether they were looked up by name, or by their pixels alone.
    """

    num_compared: int = 0
    num_same: int = 0
    most: int = 0
    is_by_name: bool = True

    @property
    def is_same(self) -> bool:
        """Return whether both are of one dataset, which holds where nothing can be compared."""
        return self.num_same >= LEAST_SHARE * min(self.num_compared, self.most)

    def __str__(self) -> str:
        same = "none" if self.num_same == 0 else f"only {self.num_same}"
        if self.is_by_name:
            verb = "show" if self.num_same > 1 else "shows"
            return f"of {self.num_compared} images that both have by name, {same} {verb} the same"
        verb = "are" if self.num_same > 1 else "is"
        return f"of {self.num_compared} images that were compared, {same} {verb} known there"


@dataclass(frozen=True, slots=True)
class _Group:
    """Detectors that were trained on one dataset, and what they have seen."""

    names: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)


class _Images:
    """The images of a dataset folder; they are decoded only if they are needed."""

    def __init__(self, samples: Iterable[Sample], reading: Reading = DEFAULT_READING) -> None:
        self._samples = {sample.id: sample for sample in samples}
        # what a split knows was written down before anything was measured
        self._readings = tuple(dict.fromkeys((reading, DEFAULT_READING)))

    def compare(self, seen: Pixels, others: Collection[str]) -> DatasetComparison:
        """Compare with what was seen, and with the ids of others that were not."""
        common = order_units(self._samples.keys() & seen.keys(), 0)[:NUM_BY_NAME]
        num_compared, num_same = self._count(common, lambda key, pixels: seen[key] == pixels)
        by_name = DatasetComparison(num_compared, num_same, len(common))
        if by_name.num_same and by_name.is_same:
            return by_name
        learnable, tested = _divide(self._samples.values())
        is_part = not (common or learnable or self._samples.keys().isdisjoint(others))
        if is_part or len(seen) < MIN_SEEN:
            return DatasetComparison()  # a part without what was seen, such as test images
        known = set(seen.values())
        chosen = order_units(learnable or tested, 0)[:NUM_BY_PIXELS]
        num_compared, num_same = self._count(chosen, lambda _, pixels: pixels in known)
        by_pixels = DatasetComparison(num_compared, num_same, len(known), is_by_name=False)
        return by_name if by_name.num_compared and not by_pixels.is_same else by_pixels

    def hash(self, key: str) -> str | None:
        """Return the pixel hash of an image, read by the first reading; None if it cannot be."""
        return next(self._hashes(key), None)

    def _count(self, ids: Sequence[str], is_known: Callable[[str, str], bool]) -> tuple[int, int]:
        """Count images, and those that are known, until enough are; an unreadable one is none."""
        num_compared = num_same = 0
        for key in ids:
            found = [is_known(key, pixels) for pixels in self._hashes(key)]
            num_compared += bool(found)
            num_same += any(found)
            if num_same >= LEAST_SHARE * len(ids):
                break
        return num_compared, num_same

    def _hashes(self, key: str) -> Iterator[str]:
        """Yield the pixel hash of an image by each reading; nothing if it cannot be read."""
        path = self._samples[key].image_path
        with contextlib.suppress(ImageError):  # reported where the image is needed
            for reading in self._readings:
                yield pixel_hash(read_image(path, reading=reading))


def pick_known(samples: Sequence[Sample]) -> dict[str, str]:
    """Return id -> pixel hash of a few images, by which a dataset will be known again."""
    chosen = [key for ids in _divide(samples) for key in order_units(ids, 0)[:NUM_KEPT]]
    images = _Images(samples)
    return {key: pixels for key in chosen if (pixels := images.hash(key)) is not None}


def _divide(samples: Iterable[Sample]) -> tuple[list[str], list[str]]:
    """Return the ids of what a detector may have learned from, and of test images."""
    ids: tuple[list[str], list[str]] = ([], [])
    for sample in samples:
        ids[sample.split is Split.TEST].append(sample.id)
    return ids


def check_dataset(folder: Path, source: Dataset) -> None:
    """Refuse a dataset of one category that is not the one which a product was trained on.

    Args:
        folder: of the product; it may not exist yet.
        source: the dataset.

    Raises:
        DatasetError: it is another one.
        CheckpointError: the stored split or reading is damaged.
    """
    found_names = (card.parent.name for card in folder.glob(f"*/{CARD}"))
    names = [name for name in found_names if ".tmp-" not in name]  # those are being written
    group, _, found = _examine(folder, names, source)
    if found.is_same:
        return
    option = "--pool NAME" if source.is_pool else "--dataset NAME"
    also = "" if group.names else f" No detector is there yet: {folder} can also be deleted."
    raise DatasetError(
        f"{folder} belongs to another dataset than {source.root}: {found}.",
        f"Give the folder that it was made for, or this one a name of its own: {option}.{also}",
    )


def find_mismatched(
    folder: Path, detectors: Sequence[DetectorInfo], source: Dataset | None
) -> dict[str, CheckpointError]:
    """Return the detectors that must not answer beside the others, or about a product's images.

    Args:
        folder: of the product.
        detectors: that are trained there.
        source: the dataset of one category that is shown with them; None where there is none.

    Raises:
        CheckpointError: the stored split or reading is damaged.
    """
    titles = {info.name: info.title for info in detectors}
    group, odd, found = _examine(folder, titles, source)
    joined = join_names([title for name, title in titles.items() if name in group.names])
    mismatched = {
        name: CheckpointError(
            f"{titles[name]} was trained on another dataset than {joined}: {comparison}.",
            train_again(folder / name),
        )
        for name, comparison in odd.items()
    }
    if source is not None and not found.is_same:
        shown = CheckpointError(
            f"{folder} was trained on another dataset than the folder {source.root}: {found}.",
            "Give the folder that it was trained on, or this one a name of its own: "
            f"--data NAME={quote_path(source.root)}.",
        )
        mismatched |= dict.fromkeys(group.names, shown)
    return mismatched


def _examine(
    folder: Path, names: Iterable[str], source: Dataset | None
) -> tuple[_Group, dict[str, DatasetComparison], DatasetComparison]:
    """Return the detectors that the product stands for, the others, and how the images compare.

    The product stands for the dataset of most of its detectors: of two with as many, for the one
    that is shown, else for that of the newest.
    """
    plan = load_split(folder)
    roles, known = ({}, {}) if plan is None else (plan.roles, plan.known)
    images = _Images(source.samples if source is not None else (), load_reading(folder))
    groups = _group_detectors(folder, names) or [_Group()]
    found = [images.compare({**known, **group.seen}, roles) for group in groups]
    best = max(range(len(groups)), key=lambda n: (len(groups[n].names), found[n].is_same))
    odd = {
        name: _compare_seen(group.seen, groups[best].seen)
        for place, group in enumerate(groups)
        if place != best
        for name in group.names
    }
    return groups[best], odd, found[best]


def _group_detectors(folder: Path, names: Iterable[str]) -> list[_Group]:
    """Return the readable detectors by the dataset that they were trained on, the newest first."""
    cards: list[tuple[str, str, dict[str, str]]] = []
    for name in names:
        try:
            created = str(read_card(folder / name).get("training", {}).get("created", ""))
            cards.append((created, name, read_seen(folder / name)))
        except CheckpointError:
            continue  # loading it says what is wrong
    groups: list[_Group] = []
    for _, name, seen in sorted(cards, key=lambda card: card[:2], reverse=True):
        group = next((one for one in groups if _compare_seen(seen, one.seen).is_same), None)
        if group is None:
            groups.append(group := _Group())
        group.names.append(name)
        group.seen.update(seen)
    return groups


def _compare_seen(one: Pixels, other: Pixels) -> DatasetComparison:
    """Compare what two detectors have seen."""
    if min(len(one), len(other)) < MIN_SEEN:
        return DatasetComparison()
    common = one.keys() & other.keys()
    num_same = sum(one[key] == other[key] for key in common)
    by_name = DatasetComparison(len(common), num_same, len(common))
    if by_name.num_same and by_name.is_same:
        return by_name
    pixels, known = set(one.values()), set(other.values())
    by_pixels = DatasetComparison(len(pixels), len(pixels & known), len(known), is_by_name=False)
    return by_name if common and not by_pixels.is_same else by_pixels
