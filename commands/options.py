"""Options that several commands share, and what they mean."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from detectors import CLASSES
from inspection.catalog import Catalog, Product
from inspection.dataset import Dataset
from inspection.errors import SettingsError
from inspection.types import Channel

DETECTORS = tuple(CLASSES)

Data = Annotated[
    Path, typer.Option("--data", help="Dataset folder; its layout is found by looking.")
]
Images = Annotated[list[Path], typer.Argument(help="Image files.", metavar="IMAGE...")]
ProductName = Annotated[str, typer.Option("--category", help="CATEGORY or DATASET/CATEGORY.")]
Category = Annotated[
    str | None,
    typer.Option("--category", help="Category of the dataset; needed where there are several."),
]
Detectors = Annotated[
    list[str] | None,
    typer.Option("--detector", help="cae, unet or patchcore; may be repeated. Default: all three."),
]
Checkpoints = Annotated[
    Path, typer.Option("--checkpoints", help="Where checkpoints lie: DATASET/CATEGORY/DETECTOR.")
]
Device = Annotated[
    str | None, typer.Option("--device", help="auto, cpu, cuda or mps. Default: the best present.")
]
Seed = Annotated[int, typer.Option("--seed", help="Of everything that is random.")]
Rate = Annotated[
    float | None,
    typer.Option(
        "--false-alarm-rate",
        help="Share of good parts that may be flagged, such as 0.02. Default: the product's own.",
    ),
]
DatasetName = Annotated[
    str | None, typer.Option("--dataset", help="Name of the dataset. Default: that of the folder.")
]


def check_names(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the detectors asked for, all by default."""
    for name in names or ():
        if name not in DETECTORS:
            raise SettingsError(
                f"There is no detector called {name}.", f"Choose from {', '.join(DETECTORS)}."
            )
    return tuple(dict.fromkeys(names or DETECTORS))


def one_category(dataset: Dataset, category: str | None) -> Dataset:
    """Return one category, which need not be named where there is only one."""
    if category is None and len(dataset.categories) == 1:
        category = dataset.categories[0]
    if category is None:
        raise SettingsError(
            f"The dataset {dataset.name} has several categories.",
            f"Choose one with --category: {', '.join(dataset.categories)}.",
        )
    return dataset.of(category)


def open_catalog(checkpoints: Path, *, device: str | None = None) -> Catalog:
    """Return the products below a checkpoints folder."""

    def load(folder: Path) -> Channel:
        from detectors.workflow import load_channel

        return load_channel(folder, device=device)

    return Catalog(checkpoints, (), loader=load, detectors=DETECTORS)


def load_channels(
    catalog: Catalog, product: Product, names: Sequence[str] | None
) -> dict[str, Channel]:
    """Read the detectors asked for, or all that are trained.

    Raises:
        CheckpointError: one of them is missing or damaged.
    """
    chosen = check_names(names) if names else catalog.trained(product.key)
    return {name: catalog.channel(product.key, name) for name in chosen}
