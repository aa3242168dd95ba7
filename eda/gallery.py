"""What the images look like: which ones to show, and outlines of their ground truth."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pandas as pd

from eda.choice import ANY, AREA, CONTRAST, Order
from eda.facts import encode_jpeg
from eda.frame import GOOD, readable
from inspection.errors import ImageError
from inspection.ground_truth import read_ground_truth
from inspection.images import read_reduced
from inspection.types import Box, Mask, Sample, Size

ITEM_SIDE = 224
MAX_POINTS = 4000  # of one outline


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """Ids to show beside each other, and how many there are in all.

    Attributes:
        notes: what the images are in order by, in words, by id; of those where it is known.
    """

    good: tuple[str, ...]
    defective: tuple[str, ...]
    num_good: int
    num_defective: int
    page: int
    num_pages: int
    notes: Mapping[str, str] = field(default_factory=dict)


def choose_page(
    frame: pd.DataFrame,
    *,
    area: str = ANY,
    contrast: str = ANY,
    page: int = 0,
    size: int = 12,
    shows_all: bool = False,
) -> GalleryPage:
    """Return one page: good images on one side, defective ones of this area and contrast beside.

    Args:
        frame: of the images, chosen by category and defect type.
        area: one of `AREA.values`, of all defects of an image together.
        contrast: one of `CONTRAST.values`, of the largest defect of an image.
        page: from 0; one beyond the last is the last.
        size: images on each side.
        shows_all: turn on until the good ones end, too; else they only stand beside the others.
    """
    frame = readable(frame)
    is_good = frame["defect_type"] == GOOD
    good, bad = frame[is_good], filter_defective(frame[~is_good], area=area, contrast=contrast)
    longest = max(len(good), len(bad)) if shows_all or len(bad) == 0 else len(bad)
    num_pages = max(1, -(-longest // size))
    page = min(max(page, 0), num_pages - 1)
    first = page * size
    if not shows_all:
        first %= max(1, len(good))  # the good ones start anew when they end before
    return GalleryPage(
        good=tuple(good["id"].iloc[first : first + size]),
        defective=tuple(bad["id"].iloc[page * size : (page + 1) * size]),
        num_good=len(good),
        num_defective=len(bad),
        page=page,
        num_pages=num_pages,
    )


def sort_images(frame: pd.DataFrame, order: Order) -> pd.DataFrame:
    """Return the images in order, those last of which the value is not known."""
    return frame.sort_values(order.column, ascending=order.is_rising, key=abs, kind="stable")


def describe_values(frame: pd.DataFrame, page: GalleryPage, order: Order) -> dict[str, str]:
    """Return by id what the images of a page are in order by, where it is known."""
    known = frame[frame["id"].isin((*page.good, *page.defective))].dropna(subset=order.column)
    return {
        str(key): order.text.format(value)
        for key, value in zip(known["id"], known[order.column], strict=True)
    }


def filter_defective(frame: pd.DataFrame, *, area: str = ANY, contrast: str = ANY) -> pd.DataFrame:
    """Return the defective images whose defects are of this area and contrast."""
    for column, ranges, name in (
        ("defect_area", AREA.values, area),
        ("defect_contrast", CONTRAST.values, contrast),
    ):
        low, high = ranges.get(name, ranges[ANY])
        if (low, high) != ranges[ANY]:
            values = frame[column].abs()
            frame = frame[(values >= low) & (values < high)]
    return frame


def trace_outline(mask: Mask, *, scale: float = 1.0) -> str:
    """Return the outline of a mask as an SVG path, in its pixels times the scale; "" for none."""
    contours, _ = cv2.findContours(
        mask.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_TC89_L1, offset=(0, 0)
    )
    parts: list[str] = []
    num_points = 0
    for contour in sorted(contours, key=len, reverse=True):
        points = (contour[:, 0, :] + 0.5) * scale  # (n, 2): pixel centres
        num_points += len(points)
        if num_points > MAX_POINTS:
            break
        if len(points) < 3:  # a speck: drawn as a small square
            x, y = points[0]
            parts.append(f"M{x - 1:.1f} {y - 1:.1f}h2v2h-2Z")
            continue
        parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    return "".join(parts)


def trace_boxes(boxes: Sequence[Box], *, scale: float = 1.0) -> str:
    """Return every box as an SVG path, one by one, also where they overlap."""
    return "".join(
        f"M{box.left * scale:.1f} {box.top * scale:.1f}H{box.right * scale:.1f}"
        f"V{box.bottom * scale:.1f}H{box.left * scale:.1f}Z"
        for box in boxes
    )


def outline_of(sample: Sample, size: Size, *, scale: float = 1.0) -> str:
    """Return the outline of a sample's ground truth as an SVG path, "" for none."""
    if sample.has_only_boxes:
        return trace_boxes(sample.boxes, scale=scale)
    mask, _ = read_ground_truth(sample, size)
    return trace_outline(mask, scale=scale)


def make_item(sample: Sample, *, side: int = ITEM_SIDE) -> dict[str, Any] | None:
    """Return a small picture with its outline, or None where the file cannot be read any more."""
    try:
        array, size, *_ = read_reduced(sample.image_path, side, reading=sample.reading)
    except (ImageError, OSError):
        return None
    data = base64.b64encode(encode_jpeg(array, side=side)).decode()
    return {
        "id": sample.id,
        "category": sample.category,
        "kind": sample.defect_type or GOOD,
        "source": f"data:image/jpeg;base64,{data}",
        "path": outline_of(sample, size, scale=min(1.0, side / max(size))),
        "box": [array.shape[1], array.shape[0]],
        "isBoxes": sample.has_only_boxes,
        "label": (sample.defect_type or GOOD).replace("_", " "),
        "detail": sample.split.value,
    }
