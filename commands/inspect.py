"""`cli.py inspect`: overlays and a table for image files."""

from pathlib import Path
from typing import Annotated

import typer

from commands.inspecting import find_images, inspect_files, open_answering
from commands.options import Anyway, Checkpoints, Compared, Device, Images, ProductName, Rate
from inspection.files import write_csv
from inspection.products.places import CHECKPOINTS
from inspection.reports.formats import prepare_folder
from inspection.reports.records import Row, unfamiliar_row, write_overlays


def inspect(
    images: Images,
    category: ProductName,
    out: Annotated[Path, typer.Option("--out", help="Folder for overlays and inspection.csv.")],
    detector: Compared = None,
    false_alarm_rate: Rate = None,
    anyway: Anyway = False,
    device: Device = None,
    checkpoints: Checkpoints = CHECKPOINTS,
) -> None:
    """Inspect images: overlay PNGs, and a CSV with scores, thresholds, verdicts and outcomes.

    What does not look like the product has the outcome *unfamiliar*, and no verdicts.
    """
    images = find_images(images)
    loaded = open_answering(category, checkpoints, device=device, detector=detector)
    prepare_folder(out)
    rows: list[Row] = []
    num_done = 0
    try:
        for number, found in inspect_files(loaded, images, rate=false_alarm_rate, anyway=anyway):
            rows += write_overlays(found, out, number=number) or [
                unfamiliar_row(found, name) for name in loaded.detectors
            ]
            num_done += 1
    finally:  # whatever ends it, what was inspected is kept
        if rows:
            write_csv(out / "inspection.csv", rows)
            typer.echo(f"Images inspected: {num_done}. Overlays and inspection.csv are in {out}.")
    if num_done < len(images):
        raise typer.Exit(2)
