"""Near-duplicates of a dataset as parts, which no split may tear apart."""

import typer

from eda.index import embed_index, open_index
from inspection.datasets.dataset import Dataset
from inspection.products.splits import group_samples
from inspection.progress import progress_bar
from inspection.types import Sample


def group_near_duplicates(dataset: Dataset, *, device: str | None) -> tuple[Sample, ...]:
    """Return the samples of one category with near-duplicates as groups, and say how many."""
    from detectors.backbones.embedding import Embedder
    from eda.similarity import find_near_duplicates, group_duplicates

    with progress_bar("measuring") as progress:
        index = open_index(dataset, progress=progress)
    with progress_bar("comparing") as progress:
        vectors = embed_index(index, Embedder(device=device), progress=progress)
    if vectors is None:
        return dataset.samples
    pairs = find_near_duplicates(vectors, [sample.category for sample in dataset.samples])
    groups = group_duplicates(pairs, [sample.unit for sample in dataset.samples])
    grouped = group_samples(dataset.samples, groups)
    moved = sum(
        new.split is not old.split for new, old in zip(grouped, dataset.samples, strict=True)
    )
    typer.echo(
        f"{len(pairs.first)} pairs of near-duplicates: {len(grouped)} images make "
        f"{len(set(groups))} parts, {moved} images change sides"
    )
    return tuple(grouped)
