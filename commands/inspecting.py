"""Image files through the detectors of a product, as several commands need it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from commands.options import load_channels, open_catalog
from inspection.catalog import Catalog, Product
from inspection.errors import InspectionError
from inspection.images import read_image
from inspection.pipeline import inspect_image
from inspection.types import Channel, Inspection


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """A product with its detectors, ready to inspect at one false-alarm rate."""

    catalog: Catalog
    product: Product
    channels: Mapping[str, Channel]
    rate: float


def set_up(
    category: str,
    checkpoints: Path,
    *,
    device: str | None,
    detector: Sequence[str] | None,
    rate: float | None,
) -> Bench:
    """Load what it takes to inspect; without a rate, at the product's own."""
    catalog = open_catalog(checkpoints, device=device)
    product = catalog.find(category)
    channels = load_channels(catalog, product, detector)
    if rate is None:
        rate = catalog.rate(product.key, [c.calibration for c in channels.values()])
    return Bench(catalog, product, channels, rate)


def inspect_files(bench: Bench, images: Sequence[Path]) -> Iterator[tuple[int, Inspection]]:
    """Yield the number and the inspection of each image, and say what became of it.

    One that cannot be read is told on the error stream and left out.
    """
    for number, path in enumerate(images):
        try:
            image = read_image(path)
        except InspectionError as error:
            typer.echo(f"Error: {error}", err=True)
            continue
        inspection = inspect_image(
            image, bench.channels, false_alarm_rate=bench.rate, source=str(path)
        )
        yield number, inspection
        verdicts = (
            f"{f.detector} {f.relative_score:.2f}x {f.verdict.value}" for f in inspection.findings
        )
        typer.echo(f"{path.name}: {', '.join(verdicts)}")
