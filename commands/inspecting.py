"""Image files through the detectors of a product, as several commands need it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from commands.box_text import describe_boxes
from commands.options import check_names
from detectors.catalog import open_product
from inspection.datasets.listing import FileKind, Listing, images_below
from inspection.detector import DetectorInfo
from inspection.errors import CheckpointError, ImageError, InspectionError
from inspection.findings import Inspection, Naming
from inspection.images import open_image
from inspection.names import (
    OUTCOME_TITLES,
    Outcome,
    decide_outcome,
    describe_joint,
    describe_naming,
    join_names,
)
from inspection.products.inspecting import LoadedProduct, inspect_product
from inspection.products.reading import load_reading
from inspection.reports.records import Unread, readable
from inspection.terminal import say
from inspection.types import Finding


def open_answering(
    category: str,
    checkpoints: Path,
    *,
    device: str | None,
    detector: Sequence[str] | None,
) -> LoadedProduct:
    """Open a product with the detectors named, or all that can answer, and name the others.

    Raises:
        CheckpointError: one named is missing or damaged, or none can.
    """
    chosen = check_names(detector) if detector else ()
    loaded = open_product(category, detectors=chosen, checkpoints=checkpoints, device=device)
    key = loaded.product.key
    for name, error in loaded.silent.items():
        say(f"{key} {name}: {error}", err=True)
    for name, note in loaded.checkpoint_notes.items():
        say(f"{key} {name} {note}", err=True)
    if not loaded.detectors:
        raise CheckpointError(f"No detector of {key} can give verdicts.", "The reasons are above.")
    return loaded


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
        _print_unread(listing, path)
        found += images
    return found


def _print_unread(listing: Listing, folder: Path) -> None:
    """Say how many image files of a folder are of kinds that are not read."""
    files = [path for _, found, _ in listing.walk() for path in found]
    endings = [path.suffix for path in files if listing.kind(path) is FileKind.UNREAD]
    if endings:
        kinds = ", ".join(sorted(set(endings)))
        say(f"Not inspected in {folder}: {len(endings)} files ({kinds})", err=True)
    for issue in listing.issues:
        say(f"{issue.problem} {issue.fix}", err=True)


def inspect_files(
    loaded: LoadedProduct,
    images: Sequence[Path],
    *,
    rate: float | None,
    anyway: bool,
    unread: list[Unread] | None = None,
) -> Iterator[tuple[int, Inspection]]:
    """Inspect each image, yield its place among them, from 0, and say what became of it.

    One that cannot be read, or about which no detector can answer, is reported on stderr, noted
    in `unread` if that is given, and left out.
    """
    unread = [] if unread is None else unread
    reading = load_reading(loaded.product.folder)
    names = Counter(path.name for path in images)
    for number, path in enumerate(images):
        name = path.name if names[path.name] == 1 else str(path)
        try:
            opened = open_image(path, reading=reading)
        except InspectionError as error:
            say(f"Error: {error}", err=True)
            unread.append(Unread(readable(name), error.problem, error.fix))
            continue
        found = inspect_product(
            loaded,
            opened.pixels,
            source=str(path),
            note=opened.note,
            false_alarm_rate=rate,
            is_wanted=anyway,
        )
        failed = {one: found.silent[one] for one in loaded.detectors if one in found.silent}
        for detector, reason in failed.items():
            say(f"{name}: {detector}: {reason}", err=True)
        if len(failed) == len(loaded.detectors):
            reason = next(iter(failed.values()))
            unread.append(Unread(readable(name), reason.problem, reason.fix))
            continue
        yield number, found
        for line in _tell(name, found, loaded.catalog.detectors):
            say(line)


def _tell(
    name: str, inspection: Inspection, detectors: Mapping[str, DetectorInfo]
) -> Iterator[str]:
    """Yield the lines about one image."""
    yield f"{name}: {_describe(inspection, detectors)}"
    if len(inspection.findings) > 1:
        titles = {one: info.title for one, info in detectors.items()}
        yield f"  {describe_joint(inspection, titles)}"
    answers: Sequence[Finding | Naming] = (*inspection.findings, *inspection.namings)
    for answer in answers:
        for line in describe_boxes(answer.boxes):
            yield f"  {answer.detector}: {line}"
    for sentence in inspection.notes:
        yield f"  {sentence}"


def _describe(inspection: Inspection, detectors: Mapping[str, DetectorInfo]) -> str:
    """Say what came out."""
    named = [describe_naming(one, detectors[one.detector].title) for one in inspection.namings]
    outcome = decide_outcome(inspection)
    if outcome is Outcome.UNFAMILIAR:
        return "not inspected (--anyway does it all the same)"
    if outcome is Outcome.NAMED:
        return f"{OUTCOME_TITLES[outcome]}: {join_names(named)}"
    said = [f"{f.detector} {f.relative_score:.2f}x {f.verdict.value}" for f in inspection.findings]
    return f"{OUTCOME_TITLES[outcome]} ({', '.join([*said, *named])})"
