"""`cli.py eda`: explore a dataset and write what was found into one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from commands.options import Data, DatasetName, Device
from detectors import list_detectors
from eda.index import embed_index, open_index
from inspection.datasets.dataset import read_dataset
from inspection.issues import summarise_issues
from inspection.progress import progress_bar


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
    device: Device = None,
    dataset: DatasetName = None,
) -> None:
    """Explore a dataset folder: what is in it, and what will go wrong in training."""
    from eda.frame import count_odd, list_issues, make_problem_frame
    from eda.report import write_report

    source = read_dataset(data, name=dataset)
    with progress_bar("measuring") as progress:
        index = open_index(source, cache=cache, progress=progress)
    vectors = None
    if embeddings:
        from detectors.backbones.embedding import Embedder

        with progress_bar("comparing") as progress:
            vectors = embed_index(index, Embedder(device=device), progress=progress)
    write_report(out, index, detectors=list_detectors(), vectors=vectors, pictures=pictures)
    num_broken = sum(bool(facts.problem) for facts in index.facts)
    num_odd = count_odd(make_problem_frame(index))
    typer.echo(
        f"{source.name}: {len(index.samples)} images in {len(source.categories)} categories, "
        f"{num_broken} unreadable, {num_odd} odd files; report in {out}"
    )
    typer.echo(source.account)
    for sentence in summarise_issues(list_issues(index)):
        typer.echo(f"  note: {sentence}", err=True)
