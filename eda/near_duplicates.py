"""Near-duplicates of a dataset as parts, which no split may tear apart."""

from dataclasses import replace

from eda.index import embed_index, open_index
from eda.index_files import why_anew
from inspection.datasets.dataset import Dataset
from inspection.embedding import Embed
from inspection.products.splits import group_samples
from inspection.progress import SILENT, Monitor


def group_near_duplicates(dataset: Dataset, embed: Embed, *, monitor: Monitor = SILENT) -> Dataset:
    """Return a dataset of one category with near-duplicates as groups, and report how many.

    Args:
        dataset: of one category.
        embed: compares images.
        monitor: receives what happens.

    Raises:
        InspectionError: the small backbone is missing.
        StoppedError: the monitor has stopped it.
    """
    from eda.similarity import find_near_duplicates, group_duplicates  # slow to import

    if reason := why_anew(dataset.root):
        monitor.say(reason)
    with monitor.step("measuring") as progress:
        index = open_index(dataset, progress=progress)
    with monitor.step("comparing") as progress:
        vectors = embed_index(index, embed, progress=progress)
    if vectors is None:
        return dataset
    pairs = find_near_duplicates(vectors, [sample.category for sample in dataset.samples])
    groups = group_duplicates(pairs, [sample.unit for sample in dataset.samples])
    grouped = group_samples(dataset.samples, groups)
    moved = sum(
        new.split is not old.split for new, old in zip(grouped, dataset.samples, strict=True)
    )
    monitor.begin(
        f"{len(pairs.first)} pairs of near-duplicates: {len(grouped)} images make "
        f"{len(set(groups))} parts, {moved} images change sides"
    )
    return replace(dataset, samples=tuple(grouped))
