"""Training and test images of datasets that do not say which is which."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace

from inspection.types import Sample, Split

SPLIT_SEED = 20070  # any other number gives another division of every layout without a split
TRAINING_SHARE = 0.7  # where the folders say nothing about training and testing


def divide_by_unit(samples: list[Sample], share: float) -> list[Sample]:
    """Give this share of the parts to training and the rest to testing, balanced by defect type."""
    total = Counter(sample.defect_type or "" for sample in samples)
    types: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sample in samples:
        types[sample.unit][sample.defect_type or ""] += 1
    rarest = {
        unit: min(counts, key=lambda kind: (kind == "", total[kind], kind))
        for unit, counts in types.items()
    }
    weights = {unit: types[unit][kind] for unit, kind in rarest.items()}
    chosen = _choose_training_units(rarest, share, weights=weights)
    return [
        replace(sample, split=Split.TRAIN if sample.unit in chosen else Split.TEST)
        for sample in samples
    ]


def _choose_training_units(
    strata: Mapping[str, str], share: float, *, weights: Mapping[str, int] | None = None
) -> frozenset[str]:
    """Choose this share of the parts for training, the same ones on every machine.

    Args:
        strata: part -> what it is balanced by, such as its rarest defect type.
        share: 0-1.
        weights: part -> number of images, of which each stratum gives this share; 1 by default.
    """
    shuffled = sorted(strata)
    random.Random(SPLIT_SEED).shuffle(shuffled)  # noqa: S311 (a division, not a secret)
    weigh = weights or dict.fromkeys(strata, 1)
    chosen: set[str] = set()
    num_chosen: Counter[str] = Counter()
    num_all: Counter[str] = Counter()
    for unit in sorted(shuffled, key=lambda name: -weigh[name]):
        stratum = strata[unit]
        num_all[stratum] += weigh[unit]
        if num_chosen[stratum] < share * num_all[stratum] - 1e-9:
            chosen.add(unit)
            num_chosen[stratum] += weigh[unit]
    return frozenset(chosen)
