"""Image files through the detectors of a product, as several commands need it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from commands.options import load_channels, open_catalog
from inspection.datasets.listing import FileKind, Listing, images_below
from inspection.detector import Channel
from inspection.errors import ImageError, InspectionError
from inspection.images import OpenedImage, open_image, pixel_hash
from inspection.names import (
    OUTCOME_TITLES,
    Outcome,
    decide_outcome,
    describe_naming,
    describe_seen,
    describe_silent,
    describe_unfamiliar,
    join_names,
)
from inspection.pipeline import inspect_image
from inspection.products.catalog import Catalog
from inspection.products.familiarity import FamiliarityCheck
from inspection.products.product import Product
from inspection.types import Inspection, RGBImage


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


def find_images(given: Sequence[Path]) -> list[Path]:
    """Return the image files given, and those in and below the folders given, in natural order.

    Raises:
        ImageError: a folder holds no image.
    """
    found: list[Path] = []
    for path in given:
        if not path.is_dir():
            found.append(path)
            continue
        listing = Listing(path)
        images = list(images_below(listing, path))
        if not images:
            raise ImageError(f"The folder {path} holds no images.", "Give one that does.")
        _tell_unread(listing, path)
        found += images
    return found


def _tell_unread(listing: Listing, folder: Path) -> None:
    """Say how many image files of a folder are of kinds that are not read."""
    files = [path for _, found, _ in listing.walk() for path in found]
    endings = [path.suffix for path in files if listing.kind(path) is FileKind.UNREAD]
    if endings:
        kinds = ", ".join(sorted(set(endings)))
        typer.echo(f"Not inspected in {folder}: {len(endings)} files ({kinds})", err=True)
    for issue in listing.issues:
        typer.echo(f"{issue.problem} {issue.fix}", err=True)


def inspect_files(bench: Bench, images: Sequence[Path]) -> Iterator[Inspected]:
    """Inspect each image, and say what became of it.

    One that cannot be read is told on the error stream and left out.
    """
    reading = bench.catalog.reading(bench.product.key)
    names = Counter(path.name for path in images)
    for number, path in enumerate(images):
        try:
            opened = open_image(path, reading=reading)
        except InspectionError as error:
            typer.echo(f"Error: {error}", err=True)
            continue
        inspection, sentences = _inspect(bench, opened, str(path))
        yield Inspected(number, inspection, " ".join((*sentences, *_silent(bench))))
        name = path.name if names[path.name] == 1 else str(path)
        typer.echo(f"{name}: {_describe(inspection, _titles(bench))}")
        for sentence in sentences:  # who could not answer has been told before
            typer.echo(f"  {sentence}")


def _inspect(bench: Bench, opened: OpenedImage, source: str) -> tuple[Inspection, list[str]]:
    """Inspect an image, and say what has to be known of it.

    What is unfamiliar is left out, unless it is wanted anyway.
    """
    image = opened.pixels
    found = Inspection(source, image, ())
    unchecked = ""
    try:
        found = replace(found, familiarity=bench.check.check(bench.product.key, image))
    except InspectionError as error:
        unchecked = str(error)
    unfamiliar = describe_unfamiliar(bench.product.category, found.familiarity)
    if not unfamiliar or bench.anyway:
        inspected = inspect_image(image, bench.channels, false_alarm_rate=bench.rate)
        found = replace(found, findings=inspected.findings, namings=inspected.namings)
    sentences = (opened.note, unfamiliar, unchecked, _describe_seen(bench, image))
    return found, [sentence for sentence in sentences if sentence]


def _titles(bench: Bench) -> dict[str, str]:
    return {name: info.title for name, info in bench.catalog.detectors.items()}


def _silent(bench: Bench) -> list[str]:
    titles = _titles(bench)
    return [describe_silent([titles[name] for name in bench.silent])] if bench.silent else []


def _describe_seen(bench: Bench, image: RGBImage) -> str:
    """Say which of the detectors know the image, whatever it is called."""
    saw = bench.catalog.detectors_that_saw(bench.product.key, pixel_hash(image))
    titles = _titles(bench)
    return describe_seen([titles[name] for name in saw if name in bench.channels])


def _describe(inspection: Inspection, titles: Mapping[str, str]) -> str:
    """Say what came out."""
    verdicts = [finding.verdict for finding in inspection.findings]
    named = [describe_naming(one, titles[one.detector]) for one in inspection.namings]
    outcome = decide_outcome(verdicts, None if inspection.namings else inspection.familiarity)
    if outcome is Outcome.UNFAMILIAR:
        return "not inspected (--anyway does it all the same)"
    if outcome is Outcome.NAMED:
        return f"{OUTCOME_TITLES[outcome]}: {join_names(named)}"
    said = [f"{f.detector} {f.relative_score:.2f}x {f.verdict.value}" for f in inspection.findings]
    return f"{OUTCOME_TITLES[outcome]} ({', '.join([*said, *named])})"
