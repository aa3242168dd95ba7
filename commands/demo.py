"""`cli.py demo-data`: draw the demo products."""

from pathlib import Path
from typing import Annotated

import typer

from commands.options import Seed
from inspection.products.places import DEMO_DATA
from inspection.progress import progress_bar
from inspection.terminal import say


def demo_data(
    out: Annotated[Path, typer.Option("--out", help="Folder to draw into.")] = DEMO_DATA,
    seed: Seed = 0,
    workers: Annotated[int | None, typer.Option(help="Processes. Default: one per core.")] = None,
) -> None:
    """Draw the demo products in the MVTec AD layout; run again, it draws only what is missing."""
    from inspection.demo.products import write_demo_data

    with progress_bar("drawing") as progress:
        root = write_demo_data(out, seed=seed, workers=workers, progress=progress)
    say(f"The demo products are in {root}.")
