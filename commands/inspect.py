"""`cli.py inspect`: overlays and a table for image files."""

from pathlib import Path
from typing import Annotated

import typer

from commands.options import (
    Checkpoints,
    Detectors,
    Device,
    Rate,
    load_channels,
    open_catalog,
)
from inspection.catalog import CHECKPOINTS
from inspection.errors import InspectionError
from inspection.images import read_image
from inspection.pipeline import inspect_image
from inspection.reports import write_csv, write_overlays


def inspect(
    images: Annotated[list[Path], typer.Argument(help="Image files.", metavar="IMAGE...")],
    category: Annotated[str, typer.Option("--category", help="CATEGORY or DATASET/CATEGORY.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for overlays and inspection.csv.")],
    detector: Detectors = None,
    false_alarm_rate: Rate = None,
    device: Device = None,
    checkpoints: Checkpoints = CHECKPOINTS,
) -> None:
    """Inspect images: an overlay PNG per detector, and a CSV with scores, thresholds, verdicts."""
    catalog = open_catalog(checkpoints, device=device)
    product = catalog.find(category)
    channels = load_channels(catalog, product, detector)
    rate = false_alarm_rate
    if rate is None:
        rate = catalog.rate(product.key, [c.calibration for c in channels.values()])
    rows: list[dict[str, object]] = []
    failed = 0
    for number, path in enumerate(images):
        try:
            image = read_image(path)
        except InspectionError as error:
            typer.echo(f"Error: {error}", err=True)
            failed += 1
            continue
        inspection = inspect_image(image, channels, false_alarm_rate=rate, source=str(path))
        rows += write_overlays(inspection, out, number=number)
        verdicts = (
            f"{f.detector} {f.relative_score:.2f}x {f.verdict.value}" for f in inspection.findings
        )
        typer.echo(f"{path.name}: {', '.join(verdicts)}")
    if rows:
        write_csv(out / "inspection.csv", rows)
        typer.echo(
            f"{len(images) - failed} images inspected; overlays and inspection.csv are in {out}."
        )
    if failed:
        raise typer.Exit(2)
