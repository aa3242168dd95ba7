"""Image files through the detectors of a product, as several commands need it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from commands.options import load_channels, open_catalog
from inspection.catalog import Catalog, Product
from inspection.errors import InspectionError
from inspection.familiarity import FamiliarityCheck
from inspection.images import pixel_hash, read_image
from inspection.names import (
    OUTCOME_TITLES,
    decide_outcome,
    describe_seen,
    describe_silent,
    describe_unfamiliar,
)
from inspection.pipeline import inspect_image
from inspection.types import Channel, Familiarity, Finding, Inspection, RGBImage


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """A product with its detectors, ready to inspect at one false-alarm rate.

    Attributes:
        silent: the trained detectors that nobody has named and that cannot answer.
        check: tells whether an image shows the product.
        anyway: whether what does not is inspected all the same.
    """

    catalog: Catalog
    product: Product
    channels: Mapping[str, Channel]
    silent: tuple[str, ...]
    rate: float
    check: FamiliarityCheck
    anyway: bool


@dataclass(frozen=True, slots=True, eq=False)
class Inspected:
    """One of the images that a command was given.

    Attributes:
        number: its place among them, from 0.
        note: that the image does not look like the product, or was not compared with it, and that
            detectors know it or could not answer; empty where nothing is so.
    """

    number: int
    inspection: Inspection
    note: str


def set_up(
    category: str,
    checkpoints: Path,
    *,
    device: str | None,
    detector: Sequence[str] | None,
    rate: float | None,
    anyway: bool = False,
) -> Bench:
    """Load what it takes to inspect; without a rate, at the product's own."""
    catalog = open_catalog(checkpoints, device=device)
    product = catalog.find(category)
    channels = load_channels(catalog, product, detector)
    if rate is None:
        rate = catalog.rate(product.key, [c.calibration for c in channels.values()])
    expected = detector or catalog.trained(product.key)
    silent = tuple(name for name in expected if name not in channels)
    check = FamiliarityCheck(catalog)
    return Bench(catalog, product, channels, silent, rate, check, anyway)


def inspect_files(bench: Bench, images: Sequence[Path]) -> Iterator[Inspected]:
    """Inspect each image, and say what became of it.

    One that cannot be read is told on the error stream and left out.
    """
    for number, path in enumerate(images):
        try:
            image = read_image(path)
        except InspectionError as error:
            typer.echo(f"Error: {error}", err=True)
            continue
        familiarity, unchecked = _check(bench, image)
        unfamiliar = describe_unfamiliar(bench.product.category, familiarity)
        inspection = _inspect(bench, image, str(path), familiarity)
        seen = _describe_seen(bench, image)
        notes = (unfamiliar, unchecked, seen, describe_silent(bench.silent))
        yield Inspected(number, inspection, " ".join(filter(None, notes)))
        if inspection.findings:
            typer.echo(f"{path.name}: {_describe(inspection.findings)}")
            said = [unfamiliar, unchecked, seen]  # who could not answer has been told before
        else:
            typer.echo(f"{path.name}: {unfamiliar} (--anyway inspects it all the same)")
            said = [seen]
        for sentence in filter(None, said):
            typer.echo(f"  {sentence}")


def _check(bench: Bench, image: RGBImage) -> tuple[Familiarity | None, str]:
    """Tell whether an image shows the product, or the note why nobody knows."""
    try:
        return bench.check.check(bench.product.key, image), ""
    except InspectionError as error:
        return None, str(error)


def _inspect(
    bench: Bench, image: RGBImage, source: str, familiarity: Familiarity | None
) -> Inspection:
    """Inspect an image, unless it is unfamiliar and nobody wants it inspected anyway."""
    if familiarity is not None and not familiarity.is_familiar and not bench.anyway:
        return Inspection(source, image, (), familiarity)
    found = inspect_image(image, bench.channels, false_alarm_rate=bench.rate, source=source)
    return replace(found, familiarity=familiarity)


def _describe_seen(bench: Bench, image: RGBImage) -> str:
    """Say which of the detectors know the image, whatever it is called."""
    saw = bench.catalog.detectors_that_saw(bench.product.key, pixel_hash(image))
    return describe_seen([name for name in saw if name in bench.channels])


def _describe(findings: Sequence[Finding]) -> str:
    outcome = decide_outcome([finding.verdict for finding in findings])
    verdicts = (f"{f.detector} {f.relative_score:.2f}x {f.verdict.value}" for f in findings)
    return f"{OUTCOME_TITLES[outcome]} ({', '.join(verdicts)})"
