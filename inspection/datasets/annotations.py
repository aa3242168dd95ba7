"""The marks that annotation tools write, and how they are brought to an image's own pixels."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from inspection.boxes import Edges
from inspection.datasets.listing import Listing
from inspection.images import read_image_size
from inspection.issues import IssueKind
from inspection.masks.shapes import make_box, scale_shape
from inspection.types import Box, PixelRuns, Polygon, Shape, Size

UNNAMED = "defect"  # a mark without a label
MIXED = "mixed"  # defects of several types in one image


@dataclass(frozen=True, slots=True)
class Mark:
    """One marked place; a mark without a place says only what is in the image."""

    label: str
    edges: Edges | None = None  # of a box
    shapes: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """The marks of one image, in pixels of an image of this size; None is that of the file."""

    path: Path
    marks: tuple[Mark, ...]
    size: Size | None = None


def merge_types(labels: Iterable[str]) -> str:
    """Return the defect type of an image with these marks, of which there is at least one."""
    names = set(labels)
    return names.pop() if len(names) == 1 else MIXED


def tell_kinds(labels: Iterable[str], defect_type: str | None) -> tuple[str, ...]:
    """Return the kinds of the boxes and shapes of a sample; none where all are of its type."""
    kinds = tuple(labels)
    return kinds if set(kinds) - {defect_type} else ()


def to_label(value: object) -> str:
    """Return a label as it is written, "defect" for none."""
    return str(value).strip() if isinstance(value, str | int) and str(value).strip() else UNNAMED


def to_numbers(values: object) -> list[float]:
    """Return a list of finite numbers out of a JSON document.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(values, list) or not all(_is_number(value) for value in values):
        raise ValueError(f"{str(values)[:40]!r} should be a list of numbers")
    return [float(value) for value in values]


def to_edges(left: float, top: float, right: float, bottom: float) -> Edges:
    """Return the edges of a box.

    Raises:
        ValueError: it has no size, or lies nowhere.
    """
    make_box(left, top, right, bottom)
    return left, top, right, bottom


def to_size(height: object, width: object) -> Size | None:
    """Return the (height, width) that a document states, or None."""
    if isinstance(height, int) and isinstance(width, int) and height > 0 and width > 0:
        return height, width
    return None


def read_json(listing: Listing, path: Path, *, category: str) -> object:
    """Return the document in a file; None, and a note why, where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        reason = str(error.strerror)
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, or nested without an end
        reason = str(error)[:80]
    report_unreadable(listing, path, reason, category=category)
    return None


def report_unreadable(listing: Listing, path: Path, reason: str, *, category: str) -> None:
    """Note an annotation that nothing could be learned from."""
    listing.report(
        IssueKind.UNREADABLE,
        path,
        problem=f"The annotation {listing.sample_id(path)} cannot be read ({reason}).",
        fix="Export it again.",
        category=category,
    )


def find_scale(annotation: Annotation, image: Path) -> tuple[float, float]:
    """Return by how much an image is wider and higher than what was annotated.

    Raises:
        ImageError: it cannot be read.
        ValueError: it has another shape than what was annotated, or the marks miss it.
    """
    marks = annotation.marks
    sizes = {s.size for mark in marks for s in mark.shapes if isinstance(s, PixelRuns)}
    if annotation.size is not None:
        sizes.add(annotation.size)
    if not sizes:
        return 1.0, 1.0
    if annotation.size is not None and any(_lies_outside(m, annotation.size) for m in marks):
        raise ValueError("they lie outside of it")
    height, width = read_image_size(image)
    for drawn_height, drawn_width in sizes:
        is_alike = round(drawn_width * height / drawn_height) == width
        if not (is_alike or round(drawn_height * width / drawn_width) == height):
            raise ValueError(
                f"they are of an image of {drawn_width} x {drawn_height} pixels, but it has "
                f"{width} x {height}"
            )
    if len(sizes) > 1:
        raise ValueError("they are of images of different sizes")
    return width / drawn_width, height / drawn_height


def scale_marks(
    marks: Iterable[Mark], across: float, down: float
) -> tuple[tuple[Box, ...], tuple[Shape, ...]]:
    """Return the boxes and the shapes of marks, in pixels of an image of another size.

    Raises:
        ValueError: runs of pixels belong to one size alone.
    """
    shapes = tuple(shape for mark in marks for shape in mark.shapes)
    if (across, down) != (1.0, 1.0):
        shapes = tuple(scale_shape(shape, across, down) for shape in shapes)
    edges = [mark.edges for mark in marks if mark.edges is not None]
    boxes = [make_box(x * across, y * down, x2 * across, y2 * down) for x, y, x2, y2 in edges]
    return tuple(boxes), shapes


def _lies_outside(mark: Mark, size: Size) -> bool:
    """Return whether no corner of a box or outline can reach an image of this size."""
    corners = [at for shape in mark.shapes if isinstance(shape, Polygon) for at in shape.points]
    if mark.edges is not None:
        corners += [mark.edges[:2], mark.edges[2:]]
    if not corners:
        return False
    columns, rows = [x for x, _ in corners], [y for _, y in corners]
    is_before = max(columns) <= 0 or max(rows) <= 0
    return is_before or min(columns) >= size[1] or min(rows) >= size[0]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
