"""Read LabelMe's JSON files: polygons, rectangles, circles, lines, points and masks."""

import base64
import binascii
import io
import json
import math
import re
import struct
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from inspection.datasets.annotation_tools import AnnotationTool, looks_like_tool, read_tool
from inspection.datasets.annotations import (
    Annotation,
    Mark,
    read_json,
    report_unreadable,
    to_label,
    to_numbers,
    to_size,
)
from inspection.datasets.category_builder import CategoryBuilder, read_marks
from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing
from inspection.errors import ImageError
from inspection.images import read_image_size
from inspection.masks.shapes import Point, encode_runs, make_circle, make_line, make_polygon
from inspection.types import Mask, PixelRuns, Sample, Size

HEAD = 65536  # bytes that show what a file is
LINE_WIDTH = 10.0  # pixels, as LabelMe itself draws lines into masks
POINT_RADIUS = 5.0  # pixels, as LabelMe itself draws points into masks


def looks_like(listing: Listing) -> bool:
    """Return whether images have LabelMe's JSON files."""
    return looks_like_tool(listing, LABELME)


def read(listing: Listing) -> list[Sample]:
    """Read LabelMe: a file without shapes says that its image is good, a label names a defect."""
    return read_tool(listing, LABELME)


def _is_labelme(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    return re.search(rb'"shapes"\s*:', head) is not None


def _image_name(path: Path) -> str:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return ""
    name = document.get("imagePath") if isinstance(document, dict) else None
    return PurePosixPath(name.replace("\\", "/")).name if isinstance(name, str) else ""


def _read(builder: CategoryBuilder, path: Path, image: Path) -> Annotation | None:
    document = read_json(builder.listing, path, category=builder.category)
    if document is None:
        return None
    shapes = document.get("shapes") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(shapes, list):
        reason = "it has no list of shapes"
        report_unreadable(builder.listing, path, reason, category=builder.category)
        return None
    size = to_size(document.get("imageHeight"), document.get("imageWidth"))
    canvas = size or _size_of(image)
    marks = read_marks(
        builder, path, shapes, label_of=_label_of, place=lambda shape: _to_mark(shape, canvas)
    )
    return Annotation(path, marks or _read_flags(document), size)


def _size_of(image: Path) -> Size | None:
    try:
        return read_image_size(image)
    except ImageError:
        return None


def _read_flags(document: dict[str, object]) -> tuple[Mark, ...]:
    """Return what is ticked for the whole image, such as `{"scratch": true}`."""
    flags = document.get("flags")
    ticked = flags.items() if isinstance(flags, dict) else ()
    return tuple(Mark(str(name)) for name, is_ticked in ticked if is_ticked is True)


def _label_of(shape: object) -> str:
    return to_label(shape.get("label")) if isinstance(shape, dict) else ""


def _to_mark(shape: object, canvas: Size | None) -> Mark:
    if not isinstance(shape, dict):
        raise ValueError("a shape is no record")
    label = to_label(shape.get("label"))
    kind = shape.get("shape_type") or "polygon"
    points = _to_points(shape.get("points"))
    match kind:
        case "polygon" | "rotation":
            return Mark(label, shapes=(make_polygon(points),))
        case "rectangle" if len(points) >= 2:
            columns, rows = zip(*points, strict=True)
            return Mark(label, (min(columns), min(rows), max(columns), max(rows)))
        case "circle" if len(points) == 2:
            return Mark(label, shapes=(make_circle(points[0], math.dist(*points)),))
        case "line" | "linestrip":
            return Mark(label, shapes=make_line(points, LINE_WIDTH))
        case "point" | "points" if points:
            return Mark(label, shapes=tuple(make_circle(at, POINT_RADIUS) for at in points))
        case "mask" if points:
            return Mark(label, shapes=(_read_mask(shape.get("mask"), points, canvas),))
        case _:
            raise ValueError(f"a {kind} with {len(points)} points is not known")


def _to_points(value: object) -> list[Point]:
    if not isinstance(value, list):
        raise ValueError("a shape has no points")
    points: list[Point] = []
    for entry in value:
        numbers = to_numbers(entry)
        if len(numbers) != 2:
            raise ValueError(f"a point has {len(numbers)} coordinates")
        points.append((numbers[0], numbers[1]))
    return points


def _read_mask(text: object, points: list[Point], canvas: Size | None) -> PixelRuns:
    """Return a mask that is stored as a PNG in text, at its place in the image."""
    if not isinstance(text, str) or canvas is None:
        raise ValueError("a mask has no picture, or its image no size")
    drawn = _decode_png(text, limit=canvas[0] * canvas[1])
    top, left = round(points[0][1]), round(points[0][0])
    height, width = drawn.shape
    if min(top, left) < 0 or top + height > canvas[0] or left + width > canvas[1]:
        raise ValueError("a mask reaches beyond its image")
    mask = np.zeros(canvas, np.bool_)
    mask[top : top + height, left : left + width] = drawn
    return encode_runs(mask)


def _decode_png(text: str, *, limit: int) -> Mask:
    """Return which pixels of a PNG in text are not black, if it has no more than the limit."""
    try:
        data = base64.b64decode(text)
        width, height = struct.unpack(">II", data[16:24])
        if width * height > limit:  # before a small file makes a large picture
            raise ValueError("a mask is larger than its image")
        with Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
            return np.asarray(picture.convert("L")) > 0
    except (binascii.Error, struct.error, OSError, SyntaxError) as error:
        raise ValueError("the picture of a mask is damaged") from error


LABELME = AnnotationTool(".json", _is_labelme, _read, _image_name)


LAYOUT = Layout(
    title="LabelMe",
    expects="a JSON file beside each annotated image",
    looks_like=looks_like,
    read=read,
)
