"""Classes of parts, as a classifier distinguishes them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from inspection.errors import DatasetError
from inspection.paths import natural_key
from inspection.types import Sample, Split

NORMAL = "normal"
DEFECTIVE = "defective"


class Labelling(StrEnum):
    """What a classifier distinguishes."""

    BINARY = "binary"  # normal and defective
    TYPES = "types"  # normal and every defect type


def class_of(sample: Sample, labelling: Labelling) -> str:
    """Return the true class of a sample."""
    if sample.defect_type is None:
        return NORMAL
    return sample.defect_type if labelling is Labelling.TYPES else DEFECTIVE


def sort_classes(names: Iterable[str]) -> tuple[str, ...]:
    """Return classes with the normal one first, then in natural order."""
    return tuple(sorted(names, key=lambda name: (name != NORMAL, natural_key(name))))


def list_classes(samples: Sequence[Sample], labelling: Labelling) -> tuple[str, ...]:
    """Return the classes of samples, the normal one first, then in natural order.

    Raises:
        DatasetError: they are of fewer than two classes, or two classes cannot be told apart.
    """
    types = {str(sample.defect_type) for sample in samples if sample.is_anomalous}
    if labelling is Labelling.TYPES:
        _check_distinct(types)
    ordered = sort_classes({class_of(sample, labelling) for sample in samples})
    if len(ordered) < 2:
        raise DatasetError(
            f"All training images are of one class ({', '.join(ordered) or 'none'}).",
            "Give labelled defects of the dataset with `--labelled-defects 0.5`, or add images of "
            "another class.",
        )
    return ordered


def find_thin_classes(samples: Sequence[Sample], labelling: Labelling) -> Iterator[str]:
    """Yield a sentence for each class that can hardly be learned or not be checked.

    Args:
        samples: with their planned split.
        labelling: what is distinguished.
    """
    counts: dict[str, Counter[Split]] = defaultdict(Counter)
    for sample in samples:
        counts[class_of(sample, labelling)][sample.split] += 1
    for name, count in counts.items():
        learned = count[Split.TRAIN] + count[Split.VALIDATION]
        if learned == 0:
            yield f"No image of the class {name} is for learning: it will never be predicted."
        elif learned == 1:
            yield f"The class {name} has only one image to learn from. Add more images of it."
        elif count[Split.VALIDATION] == 0:
            yield f"The class {name} is absent from validation: no epoch is chosen by it."


def _check_distinct(types: set[str]) -> None:
    by_sound: dict[str, list[str]] = defaultdict(list)
    for name in (NORMAL, *sorted(types)):
        by_sound[name.casefold().strip()].append(name)
    for names in by_sound.values():
        if len(names) > 1:
            raise DatasetError(
                f"The classes {' and '.join(names)} cannot be told apart by their names.",
                "Rename the folder of one, or put their images into one folder.",
            )
