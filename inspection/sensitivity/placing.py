"""Parametrised defects of a wanted size, contrast, angle and place, drawn on any image."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.errors import SettingsError
from inspection.sensitivity.records import Trial
from inspection.synthetic import (
    MASK_LEVEL,
    Field,
    draw_patch,
    ramp,
    shade_relief,
    stroke,
    turned_axes,
    walk,
)
from inspection.types import Mask, RGBImage, Size

MOST_CONTRAST = 255.0  # grey levels
COVERING = 40.0  # grey levels from which on what lies on a surface hides its texture altogether
LATTICE = 9  # of a side: numbers behind the noise of a patch, the same for every size
GRAIN = 0.6  # radii between two of them
STEPS = 10  # in which a defect gets its size
SNAPPED = 4  # pixels below which a defect lies in the middle of one, or it might miss all of them
PART_OF_LENGTH = 40  # a line is this many times as long as thick, or one pixel thick


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a defect is drawn: a window, its middle (row, column), an angle in radians."""

    shape: Size
    middle: tuple[float, float]
    angle: float

    def turn(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points (n, 2) around (0, 0), their longest way to the right, as (column, row)."""
        along = points[-1] - points[0]
        angle = self.angle - math.atan2(along[1], along[0])
        cosine, sine = math.cos(angle), math.sin(angle)
        centred = points - (points.max(axis=0) + points.min(axis=0)) / 2
        turned: NDArray[np.float64] = centred @ np.array([[cosine, sine], [-sine, cosine]])
        middle = np.array(self.middle[::-1]) - (turned.max(axis=0) + turned.min(axis=0)) / 2
        return np.asarray(turned + middle)

    def patch(self, rng: Generator, length: float, flat: float, ragged: float) -> Field:
        """Return a patch: 1 in its middle, 0 on its outline, negative outside."""
        along, across = turned_axes(self.shape, *self.middle, self.angle)
        radius = np.float32(length / 2)
        along, across = along / radius, across / radius
        numbers = rng.standard_normal((LATTICE, LATTICE), dtype=np.float32)
        middle = np.float32(LATTICE // 2)
        at = along / np.float32(GRAIN) + middle, across / np.float32(GRAIN) + middle
        noise = cv2.remap(numbers, *at, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return draw_patch(along, across / np.float32(flat), np.asarray(noise, np.float32), ragged)


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """What a defect looks like, before it has its contrast.

    Attributes:
        cover: (h, w), 0-1.
        shade: (h, w), by how much it departs, in any unit; dark is negative.
        covers: whether it hides the texture beneath.
    """

    cover: Field
    shade: Field
    covers: bool = False


def place_defect(image: RGBImage, trial: Trial) -> tuple[RGBImage, Mask]:
    """Draw the defect of a trial on a copy of an image, and return both it and the mask.

    Its size is the one that `measure_size` finds, within a pixel. Its contrast is the mean
    departure of the pixels of its mask, as far as black and white allow; at 0 the image stays as it
    is. The same seed gives the same form at every size, contrast, angle and place.

    Raises:
        SettingsError: an unknown kind, a size, contrast or place that is not possible.
    """
    check_trial(trial, (image.shape[0], image.shape[1]))
    form, corner = _find_form(trial)
    mask = form.cover >= MASK_LEVEL
    inside, window = _overlap(image, mask.shape, corner)
    marked = np.zeros(image.shape[:2], np.bool_)
    marked[inside] = mask[window]
    drawn = image.copy()
    if trial.contrast > 0 and marked.any():
        drawn[inside] = _lay_over(image[inside], form, window, trial.contrast)
    return drawn, marked


def measure_size(mask: Mask) -> float:
    """Return the longest side of the smallest rectangle, turned as may be, around a mask."""
    points = np.argwhere(mask).astype(np.float32)
    if len(points) == 0:
        return 0.0
    return float(max(cv2.minAreaRect(points)[1])) + 1.0


def check_trial(trial: Trial, size: Size) -> None:
    """Refuse what cannot be drawn on an image of (height, width).

    Raises:
        SettingsError: an unknown kind, a size, contrast or place that is not possible.
    """
    if trial.kind not in KINDS:
        raise SettingsError(
            f"There is no defect called {trial.kind}.", f"Choose from {', '.join(KINDS)}."
        )
    if not 1 <= trial.size <= max(size):
        raise SettingsError(
            f"A defect of {trial.size:g} pixels cannot be drawn on an image of {size[1]} x "
            f"{size[0]} pixels.",
            f"Give a size from 1 to {max(size)} pixels.",
        )
    if not 0 <= trial.contrast <= MOST_CONTRAST:
        raise SettingsError(
            f"A contrast of {trial.contrast:g} grey levels is not possible.",
            f"Give a value from 0 to {MOST_CONTRAST:.0f}.",
        )
    is_inside = 0 <= trial.row < size[0] and 0 <= trial.column < size[1]
    if not (is_inside and math.isfinite(trial.angle)):
        raise SettingsError(
            f"The place ({trial.row:g}, {trial.column:g}) at {trial.angle:g} degrees is not in the "
            "image.",
            "Choose a place on the image.",
        )


def _find_form(trial: Trial) -> tuple[_Form, tuple[int, int]]:
    """Return the form whose mask has the wanted size, and the (row, column) of its window."""
    half = math.ceil(0.8 * trial.size) + 4
    corner = (math.floor(trial.row) - half, math.floor(trial.column) - half)
    middle = (trial.row - corner[0], trial.column - corner[1])
    if trial.size < SNAPPED:
        middle = (round(middle[0]), round(middle[1]))
    # rows run downwards, and angles counterclockwise
    frame = _Frame((2 * half + 1, 2 * half + 1), middle, -math.radians(trial.angle))
    length = trial.size
    tried: list[tuple[float, int, _Form]] = []
    for step in range(STEPS):
        form = KINDS[trial.kind](np.random.default_rng(trial.seed), frame, length)
        found = measure_size(form.cover >= MASK_LEVEL)
        tried.append((abs(found - trial.size), len(tried), form))
        if tried[-1][0] < 0.25:
            break
        if found > SNAPPED:
            length *= (trial.size / found) ** (1.0 if step < STEPS / 2 else 0.5)
        else:  # whole pixels are large steps here
            length = max(0.05, length + 0.7 * (trial.size - found))
    return min(tried, key=lambda one: one[:2])[2], corner


def _overlap(
    image: RGBImage, shape: tuple[int, ...], corner: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return where a window lies in the image, and what of the window lies there."""
    first = [max(0, start) for start in corner]
    last = [
        min(start + side, total)
        for start, side, total in zip(corner, shape, image.shape[:2], strict=True)
    ]
    inside = slice(first[0], last[0]), slice(first[1], last[1])
    window = (
        slice(first[0] - corner[0], last[0] - corner[0]),
        slice(first[1] - corner[1], last[1] - corner[1]),
    )
    return inside, window


def _lay_over(
    image: RGBImage, form: _Form, window: tuple[slice, slice], contrast: float
) -> RGBImage:
    """Lay a form over a part of an image; it turns from light to dark where it would be clipped."""
    shade = form.cover * form.shade
    mask = form.cover >= MASK_LEVEL
    shade = (contrast / max(1e-6, float(np.abs(shade[mask]).mean())) * shade)[window]
    cover, mask = form.cover[window][..., None], mask[window]
    picture = image.astype(np.float32)
    if form.covers:
        share = np.float32(min(1.0, contrast / COVERING))
        picture = picture + share * cover * (picture[mask].mean(axis=0) - picture)
    drawn = [np.clip(picture + sign * shade[..., None], 0, 255) for sign in (1, -1)]
    shown, turned = (float(np.abs(one - picture)[mask].mean()) for one in drawn)
    chosen = drawn[1 if turned > shown + 0.1 * contrast else 0]
    return np.asarray(np.rint(chosen), np.uint8)


def _scratch(rng: Generator, frame: _Frame, length: float) -> _Form:
    """A thin, nearly straight line, light or dark."""
    sign = rng.choice([-1.0, 1.0])
    path = frame.turn(length * walk(rng, np.zeros(2), 1.0, rng.uniform(0.0, 0.5)))
    cover = _full(stroke(frame.shape, path, max(1, round(length / PART_OF_LENGTH))))
    return _Form(cover, np.full(frame.shape, sign, np.float32))


def _crack(rng: Generator, frame: _Frame, length: float) -> _Form:
    """A thin, dark, jagged line with branches."""
    path = walk(rng, np.zeros(2), 1.0, rng.uniform(0.2, 0.8))
    path += rng.normal(0.0, 0.015, path.shape)
    turned = frame.turn(length * path)
    cover = stroke(frame.shape, turned, max(1, round(length / (1.5 * PART_OF_LENGTH))))
    for _ in range(int(rng.integers(1, 4))):
        start = turned[int(rng.integers(6, 18))]
        branch = walk(rng, np.zeros(2), 0.3 * length, 0.8)
        cover = np.maximum(cover, stroke(frame.shape, start + branch - branch[0], 1))
    return _Form(_full(cover), np.full(frame.shape, -1.0, np.float32))


def _dent(rng: Generator, frame: _Frame, length: float) -> _Form:
    """A shallow bump or hollow that shows by its shading alone."""
    blob = frame.patch(rng, length, rng.uniform(0.7, 1.0), 0.15)
    inside = np.clip(blob, 0.0, 1.0)
    dome = np.asarray(np.square(inside) * (3.0 - 2.0 * inside), np.float32)
    # the middle of a dome has no slope: one of a single pixel would not show at all
    return _Form(_full(ramp(blob, 0.2)), shade_relief(dome, rng) + np.float32(0.02))


def _stain(rng: Generator, frame: _Frame, length: float) -> _Form:
    """A soft-edged, uneven patch that is lighter or darker."""
    sign = rng.choice([-1.0, 1.0])
    blob = frame.patch(rng, length, rng.uniform(0.6, 1.0), 0.5)
    cover = _full(ramp(blob, rng.uniform(0.2, 0.7)))
    uneven = 1.0 + 0.25 * np.clip(frame.patch(rng, length, 1.0, 1.0), -1.0, 1.0)
    return _Form(cover, np.asarray(sign * uneven, np.float32))


def _missing_piece(rng: Generator, frame: _Frame, length: float) -> _Form:
    """A dark, angular piece in which the surface is gone."""
    count = int(rng.integers(5, 8))
    turns = 2 * np.pi * (np.arange(count) + rng.uniform(-0.3, 0.3, count)) / count
    radii = rng.uniform(0.7, 1.0, count)
    corners = np.stack([radii * np.cos(turns), 0.7 * radii * np.sin(turns)], axis=1) * length / 2
    cosine, sine = math.cos(frame.angle), math.sin(frame.angle)
    placed = corners @ np.array([[cosine, sine], [-sine, cosine]]) + np.array(frame.middle[::-1])
    canvas = np.zeros(frame.shape, np.uint8)
    cv2.fillPoly(canvas, [np.rint(placed * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    cover = _full(canvas.astype(np.float32))
    return _Form(cover, np.full(frame.shape, -1.0, np.float32), covers=True)


def _foreign_body(rng: Generator, frame: _Frame, length: float) -> _Form:
    """A crumb or chip that lies on the surface, with a lit side."""
    sign = rng.choice([-1.0, 1.0])
    blob = frame.patch(rng, length, rng.uniform(0.35, 0.8), 0.3)
    relief = shade_relief(np.asarray(np.clip(blob, 0.0, 1.0), np.float32), rng)
    return _Form(_full(ramp(blob, 0.15)), np.asarray(sign + 0.5 * relief, np.float32), covers=True)


def _shade(rng: Generator, frame: _Frame, length: float) -> _Form:
    """An area without any edge that is lighter or darker."""
    sign = rng.choice([-1.0, 1.0])
    cover = ramp(frame.patch(rng, length, rng.uniform(0.6, 1.0), 0.3), 1.0)
    soft = cv2.GaussianBlur(cover, (0, 0), max(0.1, 0.12 * length))
    return _Form(_full(np.asarray(soft, np.float32)), np.full(frame.shape, sign, np.float32))


def _texture(rng: Generator, frame: _Frame, length: float) -> _Form:
    """A patch of another texture, as light as its surroundings: stripes, straight or bent."""
    blob = frame.patch(rng, length, rng.uniform(0.6, 1.0), 0.5)
    along, _ = turned_axes(frame.shape, *frame.middle, rng.uniform(0.0, np.pi))
    bend = rng.uniform(0.0, 2.0) * frame.patch(rng, length, 1.0, 1.0)
    period = max(2.0, length / rng.uniform(3.0, 8.0))
    stripes = np.sin(along * np.float32(2 * np.pi / period) + bend + rng.uniform(0.0, 2 * np.pi))
    return _Form(_full(ramp(blob, 0.25)), np.asarray(stripes, np.float32))


def _full(cover: Field) -> Field:
    """Return a cover that is 1 somewhere: a line between two rows of pixels counts as one."""
    return np.asarray(cover / max(1e-6, float(cover.max())), np.float32)


KINDS: Mapping[str, Callable[[Generator, _Frame, float], _Form]] = {
    "scratch": _scratch,
    "dent": _dent,
    "stain": _stain,
    "crack": _crack,
    "missing-piece": _missing_piece,
    "foreign-body": _foreign_body,
    "shade": _shade,
    "texture": _texture,
}
"""Every kind that can be placed, by name; drawn with a generator, a frame and a length.

What only bends, blurs or copies the picture beneath (as in `synthetic.py`) is none of them: it has
no contrast of its own.
"""
