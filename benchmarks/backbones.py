"""Compare backbones by PatchCore without thresholds: `python -m benchmarks.backbones --help`.

Every normal image of the layout's own training part fills the memory, and the test part is ranked.
Nothing is held out, since no verdict is given: so one backbone is compared with another. What a
detector of this project reaches, which promises a false-alarm rate and therefore holds good parts
out, is reported by `cli.py train` and `cli.py evaluate`. `--shots` learns from a few good images,
even from one, which leaves none for a threshold.
"""

import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

import numpy as np
import typer

from commands.input_size import read_size
from detectors.patchcore.detector import PatchCore
from inspection.datasets.dataset import Dataset, read_dataset
from inspection.errors import InspectionError, SettingsError
from inspection.evaluation.ranking import image_auroc
from inspection.pipeline import predict_samples
from inspection.types import Sample, Size, Split

DRAWS = 3


def compare(
    backbones: Annotated[
        list[str], typer.Argument(help="Names, each alone or as NAME=FILE of its weights.")
    ],
    data: Annotated[Path, typer.Option(help="Dataset folder.")],
    input_size: Annotated[str, typer.Option(help="Height x width of the input.")] = "256",
    shots: Annotated[
        list[int] | None,
        typer.Option(help=f"Learn from so few good images: the mean of {DRAWS} draws. Repeatable."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Print the image AUROC that PatchCore reaches with each backbone, category by category."""
    dataset, size = read_dataset(data), read_size(input_size)
    counts: list[int | None] = [*shots] if shots else [None]
    for category, backbone, count in product(dataset.categories, backbones, counts):
        part = dataset.of(category)
        learned = [s for s in part.samples if s.split is Split.TRAIN and not s.is_anomalous]
        name = f"{category}  {backbone.partition('=')[0]}"
        if count is None:
            auroc = rank(part, learned, backbone, input_size=size, device=device)
            print(f"{name}  image AUROC {auroc:.3f}", flush=True)
            continue
        found = [
            rank(part, drawn, backbone, input_size=size, device=device, coreset_ratio=1.0)
            for drawn in draw_few(learned, count)
        ]
        spread = f"{mean(found):.3f} ({min(found):.3f}-{max(found):.3f} in {DRAWS} draws)"
        print(f"{name}  {count}-shot  image AUROC {spread}", flush=True)


def draw_few(learned: Sequence[Sample], count: int) -> list[list[Sample]]:
    """Return so many of the samples, drawn from the seeds 0, 1, 2.

    Raises:
        SettingsError: there are not so many.
    """
    if not 1 <= count <= len(learned):
        raise SettingsError(
            f"{count} good images cannot be drawn from {len(learned)}.",
            f"Give --shots from 1 to {len(learned)}.",
        )
    rows = [np.random.default_rng(seed).permutation(len(learned)) for seed in range(DRAWS)]
    return [[learned[row] for row in drawn[:count]] for drawn in rows]


def rank(
    dataset: Dataset,
    learned: Sequence[Sample],
    backbone: str,
    *,
    input_size: Size,
    device: str,
    **settings: Any,
) -> float:
    """Return the image AUROC over the test part of one category.

    Raises:
        SettingsError: there are no good or no defective test images.
        BackboneError: the weights were not found, or are damaged.
    """
    name, _, weights = backbone.partition("=")
    tested = [s for s in dataset.samples if s.split is Split.TEST]
    if len({sample.is_anomalous for sample in tested}) < 2:
        raise SettingsError(
            f"{dataset.name} needs good and defective test images.", "Choose another folder."
        )
    detector = PatchCore(
        device=device,
        input_size=input_size,
        backbone=name,
        backbone_weights=weights or None,
        **settings,
    ).fit(learned)
    scores = [found.image_score for _, _, found in predict_samples(detector, tested)]
    return image_auroc(scores, [sample.is_anomalous for sample in tested])


if __name__ == "__main__":
    try:
        typer.run(compare)
    except InspectionError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)
