"""Outlines and runs of marked pixels, as annotation tools write them, become masks."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.types import Box, Mask, PixelRuns, Polygon, Shape, Size

Point = tuple[float, float]
"""(x, y) in pixels, from the upper left corner of the image."""

FARTHEST = 1e6  # pixels; no image is so large
ROUNDING = 0.01  # pixels that a circle's corners may lie off it


def draw_shapes(mask: Mask, shapes: Iterable[Shape]) -> None:
    """Mark the pixels of shapes in a mask (H, W); what lies outside of it is cut off."""
    for shape in shapes:
        if isinstance(shape, Polygon):
            _draw_polygon(mask, shape)
        else:
            drawn = decode_runs(shape)
            height, width = (min(pair) for pair in zip(drawn.shape, mask.shape, strict=True))
            mask[:height, :width] |= drawn[:height, :width]


def make_polygon(points: Sequence[Point]) -> Polygon:
    """Return the polygon with these corners.

    Raises:
        ValueError: there are fewer than three, or one lies nowhere.
    """
    if len(points) < 3:
        raise ValueError("an outline has fewer than three points")
    _check_numbers(value for point in points for value in point)
    return Polygon(tuple(points))


def make_circle(centre: Point, radius: float) -> Polygon:
    """Return a polygon so fine that it passes for the circle.

    Raises:
        ValueError: it has no size, or lies nowhere.
    """
    _check_numbers((*centre, radius))
    if radius <= 0:
        raise ValueError("a circle has no radius")
    step = math.acos(max(0.0, 1 - ROUNDING / radius))
    corners = max(16, math.ceil(math.pi / step))
    angles = [2 * math.pi * number / corners for number in range(corners)]
    return make_polygon(
        [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]
    )


def make_line(points: Sequence[Point], width: float) -> tuple[Polygon, ...]:
    """Return a line through these points, with this width in pixels and round ends.

    Raises:
        ValueError: there are fewer than two points, or one lies nowhere.
    """
    if len(points) < 2:
        raise ValueError("a line has fewer than two points")
    pieces = [make_circle(point, width / 2) for point in points]
    for (x, y), (end_x, end_y) in pairwise(points):
        length = math.hypot(end_x - x, end_y - y)
        if length > 0:
            across, down = (end_x - x) / length * width / 2, (end_y - y) / length * width / 2
            corners = [
                (x - down, y + across),
                (end_x - down, end_y + across),
                (end_x + down, end_y - across),
                (x + down, y - across),
            ]
            pieces.append(make_polygon(corners))
    return tuple(pieces)


def make_box(left: float, top: float, right: float, bottom: float) -> Box:
    """Return the pixels whose centres lie in a rectangle; one at least, however thin it is.

    Raises:
        ValueError: the rectangle has no size, or lies nowhere.
    """
    _check_numbers((left, top, right, bottom))
    if right <= left or bottom <= top:
        raise ValueError("a box has no width or no height")
    columns, rows = _to_pixels(left, right), _to_pixels(top, bottom)
    # what ends left of or above the image would count from its other side
    return Box(*(max(edge, 0) for edge in (columns[0], rows[0], columns[1], rows[1])))


def make_runs(size: Size, counts: Sequence[int]) -> PixelRuns:
    """Return COCO's runs of an image of this (height, width).

    Raises:
        ValueError: they do not add up to the pixels of the image.
    """
    if min(size) < 1 or any(count < 0 for count in counts) or sum(counts) != size[0] * size[1]:
        raise ValueError("the runs of pixels do not add up to the size of the image")
    return PixelRuns(size, tuple(counts))


def encode_runs(mask: Mask) -> PixelRuns:
    """Return the runs of a mask (H, W)."""
    pixels = mask.ravel(order="F")
    changes = np.flatnonzero(np.diff(pixels, prepend=False)).tolist()
    edges = [0, *changes, pixels.size]
    counts = [end - start for start, end in pairwise(edges)]
    return PixelRuns((mask.shape[0], mask.shape[1]), tuple(counts))


def decode_runs(runs: PixelRuns) -> Mask:
    """Return the mask (H, W) of runs."""
    height, width = runs.size
    values = np.arange(len(runs.counts)) % 2 == 1
    return np.repeat(values, runs.counts).reshape(width, height).T  # (H, W)


def find_components(mask: Mask) -> list[Box]:
    """Return the boxes of the 8-connected areas of a mask, from top to bottom."""
    stats = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)[2]
    # the first one is what is not marked
    return [Box(x, y, x + w, y + h) for x, y, w, h in stats[1:, :4].tolist()]


def parse_counts(text: str) -> list[int]:
    """Return the runs of COCO's compressed text: signed numbers in digits of base 32.

    From the fourth on they are differences to the last but one (`rleFrString` of the COCO API).

    Raises:
        ValueError: the text is damaged.
    """
    counts: list[int] = []
    value = shift = 0
    for sign in text:
        code = ord(sign) - 48
        if not 0 <= code < 64 or shift > 60:
            raise ValueError("the compressed runs of pixels are damaged")
        value |= (code & 31) << shift
        shift += 5
        if code & 32:  # the number goes on
            continue
        if code & 16:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    if shift:
        raise ValueError("the compressed runs of pixels are cut off")
    return counts


def scale_shape(shape: Shape, across: float, down: float) -> Polygon:
    """Return an outline in the pixels of an image of another size.

    Raises:
        ValueError: runs of pixels belong to one size alone.
    """
    if isinstance(shape, PixelRuns):
        raise ValueError("runs of pixels cannot be scaled")
    return Polygon(tuple((x * across, y * down) for x, y in shape.points))


def _check_numbers(values: Iterable[float]) -> None:
    if not all(abs(value) <= FARTHEST for value in values):  # NaN compares as False
        raise ValueError("a coordinate is no sensible number")


def _to_pixels(start: float, end: float) -> tuple[int, int]:
    """Return the range of pixels whose centres lie between two coordinates."""
    first, last = math.ceil(start - 0.5), math.ceil(end - 0.5)
    return (first, last) if last > first else (math.floor(start), math.floor(start) + 1)


def _draw_polygon(mask: Mask, polygon: Polygon) -> None:
    """Mark the pixels whose centres are inside; its outline where it is thinner than that."""
    height, width = mask.shape
    points = np.asarray(polygon.points, np.float64)  # (n, 2)
    corners = np.floor(points).astype(np.int32)
    top, bottom = max(int(corners[:, 1].min()), 0), min(int(corners[:, 1].max()) + 1, height)
    if top >= bottom:
        return
    inside = _fill(points - (0, top), (bottom - top, width))
    if not inside.any():
        outline = inside.view(np.uint8)
        cv2.polylines(outline, [corners - (0, top)], isClosed=True, color=1)
    mask[top:bottom] |= inside


def _fill(points: NDArray[np.float64], size: Size) -> Mask:
    """Return which pixel centres of a mask of this size an odd number of edges lie left of."""
    height, width = size
    ends = np.roll(points, -1, axis=0)
    levels = np.sort(np.stack([points[:, 1], ends[:, 1]]), axis=0)  # (2, n)
    first, last = np.clip(np.ceil(levels - 0.5), 0, height).astype(np.int64)
    edges = np.repeat(np.arange(len(points)), last - first)  # one entry per row that an edge meets
    starts = np.repeat(np.cumsum(last - first) - (last - first), last - first)
    rows = first[edges] + np.arange(len(edges)) - starts
    (x, y), (end_x, end_y) = points[edges].T, ends[edges].T
    crossings = x + (rows + 0.5 - y) * (end_x - x) / (end_y - y)
    columns = np.clip(np.ceil(crossings - 0.5), 0, width).astype(np.int64)
    flips = np.zeros((height, width + 1), np.bool_)
    np.logical_xor.at(flips, (rows, columns), True)
    return np.logical_xor.accumulate(flips, axis=1)[:, :width]
