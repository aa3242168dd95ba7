"""Read YOLO's text files: boxes and outlines as shares of the image, classes by number."""

from collections import Counter
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from inspection.datasets.annotations import Annotation, Mark, report_unreadable, to_edges
from inspection.datasets.category_reading import CategoryReading, read_marks
from inspection.datasets.folders import Listing
from inspection.datasets.layouts.yolo_settings import YoloSettings, has_settings, read_settings
from inspection.datasets.parts import (
    PARTS,
    Pair,
    count_annotated,
    find_annotated,
    is_sorted_by_type,
    is_structured,
    list_near_folders,
    pair_annotations,
)
from inspection.errors import ImageError
from inspection.images import read_image_size
from inspection.masks.shapes import make_polygon
from inspection.types import Sample

NUM_LOOKED_INTO = 20  # label files, until one holds a box
NO_LABELS = frozenset({"classes", "predefined_classes", "readme", "notes", *PARTS})
LABEL_FOLDERS = ("labels", "label")
PLACES = frozenset({"images", *LABEL_FOLDERS})
SLACK = 0.01  # that a share may lie outside of 0 to 1


def looks_like_yolo(listing: Listing) -> bool:
    """Tell whether images have text files of boxes, or a `data.yaml` beside them."""
    return bool(find_annotated(listing, is_yolo_category))


def is_yolo_category(listing: Listing, folder: Path) -> bool:
    """Tell whether a folder holds images with label files, perhaps in parts."""
    if not (listing.images(folder) or is_structured(listing, folder)):
        return False
    found = (
        pair.annotation
        for pair in pair_annotations(listing, folder, ".txt")
        if pair.annotation is not None
    )
    if not any(_is_label_file(path) for path in islice(found, NUM_LOOKED_INTO)):
        names = {place.name.casefold() for place in list_near_folders(listing, folder)}
        return not names.isdisjoint(PLACES) and has_settings(listing, folder)
    # where an image without a file is good, each image in the folder of a defect needs one
    return not is_sorted_by_type(
        listing, folder, lambda: count_annotated(listing, folder, ".txt"), share=1.0
    )


def read_yolo(listing: Listing) -> list[Sample]:
    """Read YOLO: an image with an empty label file, or with none in a folder of them, is good."""
    return [
        sample
        for category, folder in find_annotated(listing, is_yolo_category)
        for sample in _read_category(CategoryReading(listing, category, folder))
    ]


def _read_category(reading: CategoryReading) -> list[Sample]:
    listing = reading.listing
    pairs = list(pair_annotations(listing, reading.folder, ".txt"))
    settings = read_settings(reading, [pair.image for pair in pairs])
    claims = Counter(pair.annotation for pair in pairs)
    labelled = {pair.annotation.parent for pair in pairs if pair.annotation is not None}
    for pair in pairs:
        part = _part_of(pair.image, settings.parts)
        if pair.annotation is None and _has_labels(listing, pair, labelled):
            reading.add(pair.image, None, part=part)
        elif pair.annotation is None:
            reading.add_unmarked(pair.image, reason="without a folder of labels")
        elif claims[pair.annotation] > 1:
            reading.add_unmarked(pair.image, reason="that share a label file")
        elif (annotation := _read_labels(reading, pair, settings)) is None:
            reading.leave_out(pair.image, reason="whose annotation cannot be read")
        else:
            reading.add(pair.image, annotation, part=part)
    _report_strays(reading, pairs, set(claims))
    return reading.finish()


def _has_labels(listing: Listing, pair: Pair, labelled: set[Path]) -> bool:
    """Tell whether the labels of the images beside this one are there, be they all empty."""
    return any(
        folder in labelled or (folder != pair.image.parent and not listing.folders(folder))
        for folder in pair.folders
    )


def _report_strays(reading: CategoryReading, pairs: list[Pair], used: set[Path | None]) -> None:
    folders = {folder: None for pair in pairs for folder in pair.folders[1:]}
    strays = [
        path
        for folder in folders
        for path in reading.listing.files(folder, ".txt")
        if path not in used and path.stem.casefold() not in NO_LABELS and _holds_boxes(path)
    ]
    reading.listing.report_stray_masks(strays, category=reading.category)


def _part_of(image: Path, parts: Mapping[Path, str]) -> str | None:
    """Return the part that `data.yaml` says of an image or of the nearest folder above it."""
    return next((parts[path] for path in (image, *image.parents) if path in parts), None)


def _is_label_file(path: Path) -> bool:
    """Tell whether a file beside an image holds boxes, or is empty in a folder of labels."""
    is_in_place = any(above.name.casefold() in LABEL_FOLDERS for above in list(path.parents)[:2])
    return (is_in_place and path.stat().st_size == 0) or _holds_boxes(path)


def _holds_boxes(path: Path) -> bool:
    """Tell whether some line of a file is a box or an outline."""
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError:
        return False
    return any(_is_mark(line) for line in lines)


def _is_mark(line: str) -> bool:
    try:
        _parse(line)
    except ValueError:
        return False
    return True


def _parse(line: str) -> tuple[int, list[float]]:
    """Return the class and the shares of a line.

    Raises:
        ValueError: it is no box and no outline.
    """
    try:
        number, *shares = (float(word) for word in line.split())
    except ValueError:
        shares = []
    if len(shares) < 4:
        raise ValueError(f"{line.strip()[:60]!r} is no box and no outline")
    if number < 0 or number != int(number):
        raise ValueError(f"{line.strip()[:60]!r} has no class number")
    if not all(-SLACK <= share <= 1 + SLACK for share in shares):
        raise ValueError(f"{line.strip()[:60]!r} has values outside of 0 to 1")
    return int(number), shares


def _read_labels(reading: CategoryReading, pair: Pair, settings: YoloSettings) -> Annotation | None:
    path = pair.annotation or pair.image
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        report_unreadable(reading.listing, path, str(error.strerror), category=reading.category)
        return None
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        height, width = read_image_size(pair.image) if lines else (1, 1)
    except ImageError:
        height, width = 1, 1  # nobody will look at it: measuring and training tell why
    return Annotation(
        path,
        read_marks(
            reading,
            path,
            lines,
            label_of=lambda line: _label_of(line, settings),
            place=lambda line: _to_mark(line, settings, width, height),
        ),
    )


def _label_of(line: str, settings: YoloSettings) -> str:
    """Return the class of a line, "" for none."""
    number = line.split(maxsplit=1)[0]
    return settings.name_of(int(number)) if number.isdecimal() else ""


def _to_mark(line: str, settings: YoloSettings, width: int, height: int) -> Mark:
    number, shares = _parse(line)
    label = settings.name_of(number)
    if len(shares) < 6 or settings.has_keypoints:  # a fifth is how sure a network was
        across, down = shares[2] / 2, shares[3] / 2
        left, right = (shares[0] - across) * width, (shares[0] + across) * width
        top, bottom = (shares[1] - down) * height, (shares[1] + down) * height
        return Mark(label, to_edges(left, top, right, bottom))
    clipped = [min(max(share, 0.0), 1.0) for share in shares]
    points = zip(clipped[::2], clipped[1::2], strict=False)
    return Mark(label, shapes=(make_polygon([(x * width, y * height) for x, y in points]),))
