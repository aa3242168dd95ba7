"""Read COCO's JSON files: polygons, runs of pixels and boxes of many images in one file."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspection.datasets.annotation_files import (
    ImageFinder,
    find_annotated,
    is_sorted_by_type,
    list_near_folders,
)
from inspection.datasets.annotations import (
    Annotation,
    Mark,
    read_json,
    report_unreadable,
    to_edges,
    to_label,
    to_numbers,
    to_size,
)
from inspection.datasets.category_builder import CategoryBuilder
from inspection.datasets.folder_names import PARTS, Part, part_of
from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing, images_below
from inspection.issues import IssueKind
from inspection.masks.shapes import make_polygon, make_runs, parse_counts
from inspection.types import Sample, Shape, Size

HEAD = 65536  # bytes at both ends of a file that show what it is
SIGNS = (rb'"images"\s*:\s*\[', rb'"annotations"\s*:\s*\[', rb'"categories"\s*:\s*\[')
NAME_SIGN = rb'"file_name"\s*:'
NUM_SAMPLED = 20  # JSON files of a folder; other tools write one per image

Record = dict[str, Any]


@dataclass(slots=True)
class _ImageEntry:
    """What all files together say of one image."""

    part: Part | None
    path: Path
    size: Size | None
    marks: dict[Mark, None] = field(default_factory=dict)


def looks_like(listing: Listing) -> bool:
    """Return whether a JSON file lists images and annotations."""
    return bool(find_annotated(listing, _is_category))


def _is_category(listing: Listing, folder: Path) -> bool:
    """Return whether COCO files lie in a folder, in its parts, or in `annotations`."""
    files = list(_list_files(listing, folder))
    return bool(files) and not is_sorted_by_type(
        listing, folder, lambda: sum(_count_names(path) for path in files)
    )


def read(listing: Listing) -> list[Sample]:
    """Read COCO: an image that is listed without annotations is good."""
    return [
        sample
        for category, folder in find_annotated(listing, _is_category)
        for sample in _read_category(CategoryBuilder(listing, category, folder))
    ]


def _list_files(listing: Listing, folder: Path) -> Iterator[Path]:
    for place in list_near_folders(listing, folder):
        files = listing.files(place, ".json")[:NUM_SAMPLED]
        yield from (path for path in files if _is_coco(path))


def _is_coco(path: Path) -> bool:
    """Recognise it by the ends of the file, which may be huge, or by the name of a damaged one."""
    try:
        with path.open("rb") as file:
            ends = file.read(HEAD)
            size = file.seek(0, 2)
            file.seek(max(0, size - HEAD))
            ends += file.read()
    except OSError:
        return False
    is_named = path.name.casefold().endswith(".coco.json")
    return is_named or sum(re.search(sign, ends) is not None for sign in (*SIGNS, NAME_SIGN)) > 1


def _count_names(path: Path) -> int:
    with path.open("rb") as file:
        return sum(len(re.findall(NAME_SIGN, line)) for line in file)


def _read_category(builder: CategoryBuilder) -> list[Sample]:
    images = list(images_below(builder.listing, builder.folder))
    finder = ImageFinder(images, builder.folder)
    entries: dict[Path, _ImageEntry] = {}
    files = list(_list_files(builder.listing, builder.folder))
    if not sum(_read_file(builder, path, finder, entries) for path in files):
        raise builder.listing.issues[-1].to_error()
    for image in images:
        entry = entries.get(image)
        if entry is None:
            builder.add_unmarked(image, reason="that no annotation file lists")
        else:
            annotation = Annotation(entry.path, tuple(entry.marks), entry.size)
            builder.add(image, annotation, part=entry.part)
    return builder.finish()


def _read_file(
    builder: CategoryBuilder, path: Path, finder: ImageFinder, entries: dict[Path, _ImageEntry]
) -> bool:
    """Add what a file says to the entries; False, and a note why, if that is nothing."""
    document = read_json(builder.listing, path, category=builder.category)
    if document is None:
        return False
    if not isinstance(document, dict) or not isinstance(document.get("annotations"), list):
        reason = "it has no list of annotations"
        report_unreadable(builder.listing, path, reason, category=builder.category)
        return False
    of_id = _find_images(builder, path, document, finder)
    _add_images(builder, path, of_id, entries)
    names = {
        str(record.get("id")): to_label(record.get("name"))
        for record in _records(document, "categories")
    }
    marked: defaultdict[str, list[Mark]] = defaultdict(list)
    reasons = list(_read_marks(document, names, marked))
    for key, marks in marked.items():
        if key not in of_id:
            reasons.append(f"there is no image with the id {key}")
        elif (found := of_id[key]) is not None:
            entries[found[0]].marks |= dict.fromkeys(marks)
    builder.report_marks(path, reasons)
    return True


def _read_marks(
    document: Record, names: dict[str, str], marked: defaultdict[str, list[Mark]]
) -> Iterator[str]:
    """Add the marks of every image id, and yield why one has no place; its label counts."""
    for record in document["annotations"]:
        if not isinstance(record, dict):
            yield f"{str(record)[:40]!r} is no record"
            continue
        if not record.keys() & {"category_id", "segmentation", "bbox"}:
            continue  # a caption
        key = str(record.get("category_id"))
        label = names.get(key, f"category {key}")
        try:
            mark = _to_mark(record, label)
        except ValueError as error:
            yield str(error)
            mark = Mark(label)
        marked[str(record.get("image_id"))].append(mark)


def _find_images(
    builder: CategoryBuilder, path: Path, document: Record, finder: ImageFinder
) -> dict[str, tuple[Path, Record] | None]:
    """Return id -> image and what is said of it, None for a missing one, which is reported."""
    part = _part_of_file(path, builder.folder)
    of_id: dict[str, tuple[Path, Record] | None] = {}
    missing: list[str] = []
    for record in _records(document, "images"):
        name = str(record.get("file_name") or "")
        image = finder.find(name, near=path.parent, part=part)
        of_id[str(record.get("id"))] = None if image is None else (image, record)
        missing += [name] if image is None else []
    if missing:
        number = "1 image" if len(missing) == 1 else f"{len(missing):,} images"
        builder.listing.report(
            IssueKind.MISSING,
            path,
            problem=f"{number} named in {path.name} cannot be found, such as {missing[0]!r}.",
            fix="Put them beside the file or into a folder images, or go on without them.",
            category=builder.category,
        )
    return of_id


def _add_images(
    builder: CategoryBuilder,
    path: Path,
    of_id: dict[str, tuple[Path, Record] | None],
    entries: dict[Path, _ImageEntry],
) -> None:
    part = _part_of_file(path, builder.folder)
    for image, record in filter(None, of_id.values()):
        size = to_size(record.get("height"), record.get("width"))
        entry = entries.setdefault(image, _ImageEntry(part, path, size))
        entry.part = entry.part or part
        if part not in (entry.part, None):
            builder.report(
                path,
                problem=f"{builder.listing.sample_id(image)} is listed for {entry.part} and for "
                f"{part}; it counts for {entry.part}.",
                fix="List every image for one part.",
            )


def _part_of_file(path: Path, folder: Path) -> Part | None:
    """Return the part that a folder says, or the file's own name, as `instances_train2017`."""
    words = re.findall(r"[^\W\d_]+", path.stem.casefold())
    named = {PARTS[word] for word in words if word in PARTS}
    return part_of(path, folder) or (named.pop() if len(named) == 1 else None)


def _records(document: Record, key: str) -> Iterator[Record]:
    """Yield what is a record in a list of the document."""
    entries = document.get(key)
    yield from (entry for entry in entries or () if isinstance(entry, dict))


def _to_mark(record: Record, label: str) -> Mark:
    segmentation = record.get("segmentation")
    if isinstance(segmentation, dict):
        return Mark(label, shapes=(_to_runs(segmentation),))
    if isinstance(segmentation, list) and (shapes := _to_polygons(segmentation)):
        return Mark(label, shapes=shapes)
    numbers = to_numbers(record.get("bbox"))
    if len(numbers) != 4:
        raise ValueError(f"a box has {len(numbers)} numbers")
    left, top, width, height = numbers
    return Mark(label, to_edges(left, top, left + width, top + height))


def _to_polygons(segmentation: list[Any]) -> tuple[Shape, ...]:
    """Return the outlines of a mark; pieces of fewer than three points mark nothing."""
    is_flat = bool(segmentation) and not isinstance(segmentation[0], list)
    pieces = [to_numbers(piece) for piece in ([segmentation] if is_flat else segmentation)]
    return tuple(
        make_polygon(list(zip(piece[::2], piece[1::2], strict=True)))
        for piece in pieces
        if len(piece) >= 6
    )


def _to_runs(segmentation: Record) -> Shape:
    sides, counts = to_numbers(segmentation.get("size")), segmentation.get("counts")
    if len(sides) != 2:
        raise ValueError("runs of pixels have no size")
    numbers = parse_counts(counts) if isinstance(counts, str) else to_numbers(counts)
    return make_runs((int(sides[0]), int(sides[1])), [int(number) for number in numbers])


LAYOUT = Layout(
    title="COCO",
    expects="annotations/*.json, or a JSON file beside the images or in each of train, valid "
    "and test",
    looks_like=looks_like,
    read=read,
)
