"""Compare backbones by PatchCore without thresholds: `python -m benchmarks.backbones --help`.

Every normal image of the layout's own training part fills the memory, and the test part is ranked.
Nothing is held out, since no verdict is given: so one backbone is compared with another. What a
detector of this project reaches, which promises a false-alarm rate and therefore holds good parts
out, is reported by `cli.py train` and `cli.py evaluate`.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from commands.input_size import read_size
from detectors.patchcore.detector import PatchCore
from inspection.datasets.dataset import Dataset, read_dataset
from inspection.errors import InspectionError, SettingsError
from inspection.evaluation.ranking import image_auroc
from inspection.pipeline import predict_samples
from inspection.types import Size, Split


def compare(
    backbones: Annotated[
        list[str], typer.Argument(help="Names, each alone or as NAME=FILE of its weights.")
    ],
    data: Annotated[Path, typer.Option(help="Dataset folder.")],
    input_size: Annotated[str, typer.Option(help="Height x width of the input.")] = "256",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Print the image AUROC that PatchCore reaches with each backbone, category by category."""
    dataset, size = read_dataset(data), read_size(input_size)
    for category in dataset.categories:
        for backbone in backbones:
            auroc = rank(dataset.of(category), backbone, input_size=size, device=device)
            print(f"{category}  {backbone.partition('=')[0]}  image AUROC {auroc:.3f}", flush=True)


def rank(dataset: Dataset, backbone: str, *, input_size: Size, device: str) -> float:
    """Return the image AUROC over the test part of one category.

    Raises:
        SettingsError: there are no good or no defective test images.
        BackboneError: the weights were not found, or are damaged.
    """
    name, _, weights = backbone.partition("=")
    learned = [s for s in dataset.samples if s.split is Split.TRAIN and not s.is_anomalous]
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
    ).fit(learned)
    scores = [found.image_score for _, _, found in predict_samples(detector, tested)]
    return image_auroc(scores, [sample.is_anomalous for sample in tested])


if __name__ == "__main__":
    try:
        typer.run(compare)
    except InspectionError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)
