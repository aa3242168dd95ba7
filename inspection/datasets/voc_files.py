"""Boxes in the XML files of Pascal VOC."""

import xml.etree.ElementTree as ET
from pathlib import Path

from inspection.datasets.annotations import Mark, to_edges, to_label


def read_objects(path: Path) -> list[Mark]:
    """Return the boxes of a VOC file, whose corners are counted from 1 and inclusive.

    Raises:
        ValueError: it is no such file, or a box is damaged.
        OSError: it cannot be read.
    """
    return [to_mark(entry) for entry in parse_xml(path).iter("object")]


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


def to_mark(entry: ET.Element) -> Mark:
    """Return the box of an object.

    Raises:
        ValueError: it is damaged.
    """
    corners = entry.find("bndbox")
    if corners is None:
        raise ValueError("a box is missing")
    left, top, right, bottom = (
        float(corners.findtext(name, "")) for name in ("xmin", "ymin", "xmax", "ymax")
    )
    return Mark(label_of(entry), to_edges(left - 1, top - 1, right, bottom))


def label_of(entry: ET.Element) -> str:
    """Return the class of an object, "defect" for none."""
    return to_label(entry.findtext("name"))
