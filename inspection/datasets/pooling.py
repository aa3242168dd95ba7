"""Several categories or datasets as one product, for a classifier of all their defects."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain

from inspection.datasets.dataset import POOL, Dataset, check_name
from inspection.errors import DatasetError
from inspection.types import Sample

CATEGORY = "all"


def pool_datasets(datasets: Sequence[Dataset], *, name: str) -> Dataset:
    """Return all samples of all datasets as one category, with one map of classes.

    Good parts of every dataset are one class. A defect type that several datasets have is one class
    for each of them, as `dataset/type`: a scratch in steel need not look like one in glass. Ids and
    groups begin with the name of the dataset.

    Raises:
        DatasetError: two datasets have the same name, or the pool one that no dataset can have.
    """
    names = [dataset.name for dataset in datasets]
    if len(set(names)) < len(names):
        raise DatasetError(
            f"Two of the datasets have the same name ({', '.join(names)}).",
            "Rename a folder, or name one: --data NAME=DIR.",
        )
    shared = _shared_types(datasets)
    samples = [
        _adopt(sample, dataset.name, shared) for dataset in datasets for sample in dataset.samples
    ]
    return Dataset(
        root=datasets[0].root,
        name=check_name(name),
        layout=POOL,
        samples=tuple(samples),
        issues=tuple(
            replace(issue, category=CATEGORY) for dataset in datasets for issue in dataset.issues
        ),
        unused=tuple(
            replace(one, category=CATEGORY) for dataset in datasets for one in dataset.unused
        ),
        remarks=tuple(chain.from_iterable(dataset.remarks for dataset in datasets)),
    )


def _adopt(sample: Sample, dataset: str, shared: set[str]) -> Sample:
    def rename(kind: str) -> str:
        return f"{dataset}/{kind}" if kind.casefold() in shared else kind

    return replace(
        sample,
        id=f"{dataset}/{sample.id}",
        category=CATEGORY,
        dataset=dataset,
        defect_type=None if sample.defect_type is None else rename(sample.defect_type),
        kinds=tuple(map(rename, sample.kinds)),
        group=f"{dataset}/{sample.category}/{sample.group}" if sample.group is not None else None,
    )


def _shared_types(datasets: Sequence[Dataset]) -> set[str]:
    """Return the defect types, in lower case, that more than one dataset has."""
    owners: dict[str, set[str]] = defaultdict(set)
    for dataset in datasets:
        for sample in dataset.samples:
            for kind in filter(None, (sample.defect_type, *sample.kinds)):
                owners[kind.casefold()].add(dataset.name)
    return {defect_type for defect_type, names in owners.items() if len(names) > 1}


def map_categories(dataset: Dataset, change: Callable[[Dataset], Dataset]) -> Dataset:
    """Return a dataset whose categories have been changed one by one."""
    changed = (change(dataset.of(part)).samples for part in dataset.categories)
    return replace(dataset, samples=tuple(chain.from_iterable(changed)))
