"""`cli.py eda`: explore a dataset and write what was found into one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from commands.options import TERMINAL, Data, DatasetName, Device
from detectors import LazyEmbedder, list_detectors
from eda.explore import ExplorationJob, explore_dataset
from inspection.datasets.dataset import read_dataset
from inspection.issues import summarise_issues
from inspection.terminal import say


# long: an option is an argument
def eda(
    data: Data,
    out: Annotated[Path, typer.Option("--out", help="HTML file to write.")] = Path("eda.html"),
    embeddings: Annotated[
        bool,
        typer.Option(
            "--embeddings/--no-embeddings",
            help="Compare images by features of the small backbone, or by their thumbnails alone.",
        ),
    ] = True,
    pictures: Annotated[
        bool,
        typer.Option("--pictures/--plots-only", help="With images of the dataset, or without any."),
    ] = True,
    cache: Annotated[
        Path | None,
        typer.Option(help="Folder to keep the index in. Default: the user's cache folder."),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            help="Folder of other images, such as new ones of the production: the report says "
            "whether they differ from the good training images, and in what."
        ),
    ] = None,
    device: Device = None,
    dataset: DatasetName = None,
) -> None:
    """Explore a dataset folder: what is in it, and what will go wrong in training."""
    source = read_dataset(data, name=dataset)
    embed = LazyEmbedder(device) if embeddings else None
    other = None if against is None else read_dataset(against)
    job = ExplorationJob(
        out, list_detectors(), embed, pictures=pictures, cache=cache, against=other
    )
    found = explore_dataset(source, job, monitor=TERMINAL)
    say(
        f"{source.name}: {len(found.index.samples)} images in {len(source.categories)} categories, "
        f"{found.num_broken} unreadable, {found.num_odd} odd files; report in {out}"
    )
    say(source.account)
    for sentence in summarise_issues(found.issues):
        TERMINAL.warn(f"note: {sentence}")
