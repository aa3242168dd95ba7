"""Read boxes in Pascal VOC's XML files, as LabelImg, CVAT and Roboflow write them."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path, PurePosixPath

from inspection.datasets.annotations import (
    Annotation,
    Mark,
    report_unreadable,
    to_edges,
    to_label,
    to_size,
)
from inspection.datasets.category_reading import CategoryReading, read_marks
from inspection.datasets.folders import Listing
from inspection.datasets.layouts.per_image import Tool, looks_like_tool, read_tool
from inspection.types import Sample

HEAD = 4096  # bytes that tell what a file is


def looks_like_voc(listing: Listing) -> bool:
    """Tell whether images have Pascal VOC's XML files."""
    return looks_like_tool(listing, VOC)


def read_voc(listing: Listing) -> list[Sample]:
    """Read Pascal VOC: a file without objects says that its image is good."""
    return read_tool(listing, VOC)


def read_voc_objects(path: Path) -> list[Mark]:
    """Return the boxes of a VOC file, whose corners are counted from 1 and inclusive.

    Raises:
        ValueError: it is no such file, or a box is damaged.
        OSError: it cannot be read.
    """
    return [_to_mark(entry) for entry in parse_xml(path).iter("object")]


def parse_xml(path: Path) -> ET.Element:
    """Return the root of an XML file.

    Raises:
        ValueError: it is none.
        OSError: it cannot be read.
    """
    try:
        return ET.parse(path).getroot()  # noqa: S314 (expat itself stops entity bombs since 2.4.1)
    except (ET.ParseError, LookupError) as error:
        raise ValueError(str(error)) from error


def _to_mark(entry: ET.Element) -> Mark:
    corners = entry.find("bndbox")
    if corners is None:
        raise ValueError("a box is missing")
    left, top, right, bottom = (
        float(corners.findtext(name, "")) for name in ("xmin", "ymin", "xmax", "ymax")
    )
    return Mark(_label_of(entry), to_edges(left - 1, top - 1, right, bottom))


def _label_of(entry: ET.Element) -> str:
    return to_label(entry.findtext("name"))


def _is_voc(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    return re.search(rb"<annotation[\s/>]", head) is not None


def _image_name(path: Path) -> str:
    try:
        name = parse_xml(path).findtext("filename", "")
    except (ValueError, OSError):
        return ""
    return PurePosixPath(name.replace("\\", "/")).name


def _read(reading: CategoryReading, path: Path, _image: Path) -> Annotation | None:
    try:
        root = parse_xml(path)
    except (ValueError, OSError) as error:
        report_unreadable(reading.listing, path, str(error), category=reading.category)
        return None
    marks = read_marks(reading, path, root.iter("object"), label_of=_label_of, place=_to_mark)
    height, width = (_to_int(root.findtext(f"size/{name}")) for name in ("height", "width"))
    return Annotation(path, marks, to_size(height, width))


def _to_int(text: str | None) -> int:
    return int(text) if text is not None and text.strip().isdecimal() else 0


VOC = Tool(".xml", _is_voc, _read, _image_name)
