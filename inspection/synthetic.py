"""Parametrised synthetic defects, drawn from a seed on any image, with their masks.

They serve two ends: a segmentation network learns from them where no real defect is at hand (after
DRAEM, Zavrtanik et al. 2021, and CutPaste, Li et al. 2021), and a series of rising strength shows
from where on a detector sees a defect.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.errors import SettingsError
from inspection.types import Mask, RGBImage, Size

Field = NDArray[np.float32]
"""(H, W), one value per pixel."""

Picture = NDArray[np.float32]
"""(H, W, 3), 0-255 before clipping."""

WEAKEST, STRONGEST = 8.0, 130.0  # grey levels that a defect of strength 0 and 1 departs by
MASK_LEVEL = 0.3  # share of the full effect from which on a pixel counts as defective
LEAST_AREA = 6  # pixels; a smaller defect is drawn anew
MAX_TRIES = 8
ON_STRUCTURE = 0.5  # of the defects lie where the picture has edges
CELLS = 24  # of a side, in which edges are looked for


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticDefect:
    """One defect before it is laid over the image.

    Attributes:
        cover: (H, W), 0-1, how much of `filling` replaces the image.
        filling: (H, W, 3), what the image becomes where the cover is 1.
    """

    cover: Field
    filling: Picture


def draw_defect(
    image: RGBImage, rng: Generator, *, kind: str | None = None, strength: float | None = None
) -> tuple[RGBImage, Mask]:
    """Draw one defect on a copy of the image and return both it and the defect's mask.

    The same generator state gives the same defect, in the same place and shape for every strength.

    Args:
        image: a normal part, at least 16 x 16 pixels.
        rng: decides place, size, shape and colour.
        kind: a key of `KINDS`; by chance when None.
        strength: contrast from 0, barely visible, to 1, obvious; by chance when None.

    Raises:
        SettingsError: an unknown kind, or a strength outside 0-1.
    """
    if kind is not None and kind not in KINDS:
        raise SettingsError(
            f"There is no synthetic defect called {kind}.", f"Choose from {', '.join(KINDS)}."
        )
    if strength is not None and not 0.0 <= strength <= 1.0:
        raise SettingsError(
            f"A defect strength of {strength:g} is not possible.", "Give a value from 0 to 1."
        )
    chance = float(rng.uniform(0.05, 1.0))
    contrast = chance if strength is None else strength
    picture = image.astype(np.float32)
    for _ in range(MAX_TRIES):
        name = kind or str(rng.choice(list(KINDS)))
        mark = KINDS[name](picture, rng, contrast)
        mask = mark.cover >= MASK_LEVEL
        if int(mask.sum()) >= LEAST_AREA:
            break
    cover = mark.cover[..., None]
    drawn = picture + cover * (mark.filling - picture)
    return np.clip(np.rint(drawn), 0, 255).astype(np.uint8), mask


def draw_defects(image: RGBImage, rng: Generator, *, most: int = 3) -> tuple[RGBImage, Mask]:
    """Draw one to `most` defects by chance, mostly one, and return their common mask."""
    together = np.zeros(image.shape[:2], np.bool_)
    for _ in range(min(most, int(rng.geometric(0.6)))):
        image, mask = draw_defect(image, rng)
        together |= mask
    return image, together


def _amplitude(strength: float) -> float:
    return float(WEAKEST * (STRONGEST / WEAKEST) ** strength)  # steps of equal visibility


def smooth_noise(rng: Generator, shape: Size, length: float) -> Field:
    """Draw smooth noise of about unit variance, correlated over `length` pixels."""
    rows, columns = (max(4, int(side / length) + 3) for side in shape)
    coarse = rng.standard_normal((rows, columns), dtype=np.float32)
    smooth = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(1.3 * smooth, np.float32)


def _radius(rng: Generator, shape: tuple[int, int], low: float, high: float) -> float:
    """Choose a radius in pixels between these shares of the shorter side, small ones more often."""
    share = np.exp(rng.uniform(np.log(low), np.log(high)))
    return max(1.2, float(share) * min(shape))


def _place(picture: Picture, rng: Generator) -> tuple[float, float]:
    """Choose a row and a column: anywhere, or, as often, where the picture has structure.

    A thin part fills little of its image; anywhere alone, most defects would miss it.
    """
    height, width = picture.shape[:2]
    row, column, chance = rng.uniform(0.04, 0.96), rng.uniform(0.04, 0.96), rng.uniform()
    pick, off_row, off_column = rng.uniform(), rng.uniform(), rng.uniform()
    if chance < ON_STRUCTURE:
        grey = cv2.resize(picture.mean(axis=2), (CELLS, CELLS), interpolation=cv2.INTER_AREA)
        down, right = np.gradient(np.asarray(grey, np.float32))
        weight = np.cumsum(np.hypot(down, right).ravel() + 1e-3)
        cell = int(np.searchsorted(weight, pick * weight[-1]))
        row = (min(cell, CELLS**2 - 1) // CELLS + off_row) / CELLS
        column = (min(cell, CELLS**2 - 1) % CELLS + off_column) / CELLS
    return row * height, column * width


def _blob(picture: Picture, rng: Generator, radius: float, ragged: float = 0.4) -> Field:
    """Draw an irregular patch: 1 in its middle, 0 on its outline, negative outside."""
    shape = picture.shape[:2]
    row, column = _place(picture, rng)
    angle = rng.uniform(0.0, np.pi)
    flat = float(np.exp(rng.uniform(np.log(0.35), 0.0)))
    along, across = turned_axes(shape, row, column, angle)
    outline = smooth_noise(rng, shape, max(2.0, 0.6 * radius))
    return draw_patch(
        along / np.float32(radius), across / np.float32(radius * flat), outline, ragged
    )


def turned_axes(shape: Size, row: float, column: float, angle: float) -> tuple[Field, Field]:
    """Return how far each pixel lies from a place along a direction in radians, and across it."""
    height, width = shape
    down = (np.arange(height, dtype=np.float32) - np.float32(row))[:, None]
    right = (np.arange(width, dtype=np.float32) - np.float32(column))[None, :]
    along = right * np.float32(np.cos(angle)) + down * np.float32(np.sin(angle))
    across = down * np.float32(np.cos(angle)) - right * np.float32(np.sin(angle))
    return along, across


def draw_patch(along: Field, across: Field, outline: Field, ragged: float) -> Field:
    """Return a patch of radius 1: 1 in its middle, 0 on its outline, which noise makes ragged."""
    distance = np.hypot(along, across)
    noise = np.clip(outline, -1.5, 1.5)
    return np.asarray(
        1.0 - distance + np.float32(ragged) * noise * np.minimum(1.0, distance), np.float32
    )


def ramp(field: Field, width: float) -> Field:
    """Rise from 0 where the field is 0 to 1 where it is `width`."""
    return np.asarray(np.clip(field / np.float32(width), 0.0, 1.0), np.float32)


def _tint(picture: Picture, rng: Generator, amplitude: float, *, grey: float = 0.6) -> Picture:
    """Choose a departure in colour, (1, 1, 3), of this size in its strongest channel.

    On a grey picture it is always grey: colour alone would give the defect away.
    """
    sign = rng.choice([-1.0, 1.0])
    wants_grey = rng.uniform() < grey
    colour = rng.uniform(-0.3, 1.0, 3)
    colour /= max(0.2, float(np.abs(colour).max()))
    if wants_grey or np.array_equal(picture[..., 0], picture[..., 2]):
        colour = np.ones(3)
    return np.asarray(sign * amplitude * colour, np.float32)[None, None]


def _visible(picture: Picture, cover: Field, tint: Picture) -> Picture:
    """Turn a tint round where it would only be clipped away."""
    weight = float(cover.sum()) + 1e-6
    level = float((picture.mean(axis=2) * cover).sum()) / weight
    lift = float(tint.mean())
    return -tint if not 0.0 < level + 0.7 * lift < 255.0 else tint


def _path(picture: Picture, rng: Generator, length: float, bend: float) -> NDArray[np.float64]:
    """Walk through some place, turning a little at each of 24 steps; (24, 2) as (column, row)."""
    middle = np.array(_place(picture, rng)[::-1])
    return walk(rng, middle, length, bend)


def walk(
    rng: Generator, middle: NDArray[np.float64], length: float, bend: float
) -> NDArray[np.float64]:
    """Walk through a place (x, y) into some direction, turning a little at each step; (24, 2)."""
    angle = rng.uniform(0.0, 2.0 * np.pi) + rng.uniform(-bend, bend) * np.linspace(0.0, 1.0, 24)
    angle += 0.3 * bend * np.cumsum(rng.standard_normal(24)) / 5.0
    steps = np.stack([np.cos(angle), np.sin(angle)], axis=1) * length / 24
    walked = np.cumsum(steps, axis=0)
    centred: NDArray[np.float64] = middle + walked - walked[12]
    return centred


def stroke(shape: Size, path: NDArray[np.float64], thickness: int) -> Field:
    """Draw a line through points (n, 2) as (column, row), 1 on it; its edges are smooth."""
    canvas = np.zeros(shape, np.uint8)
    points = np.rint(path * 16).astype(np.int32)[None]
    cv2.polylines(canvas, list(points), False, 255, thickness, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) / np.float32(255.0)


def _scratch(picture: Picture, rng: Generator, strength: float) -> SyntheticDefect:
    """A long, thin, nearly straight line, or a few beside each other; light or dark."""
    shape = picture.shape[:2]
    length = rng.uniform(0.1, 0.7) * min(shape)
    path = _path(picture, rng, length, bend=rng.uniform(0.0, 0.8))
    thickness = int(rng.integers(1, 2 + max(1, min(shape) // 90)))
    cover = np.zeros(shape, np.float32)
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        shift = rng.uniform(-0.03, 0.03, 2) * min(shape)
        cover = np.maximum(cover, stroke(shape, path + shift, thickness))
    wear = np.clip(1.0 + 0.35 * smooth_noise(rng, shape, 0.08 * min(shape)), 0.35, 1.0)
    tint = _visible(picture, cover, _tint(picture, rng, _amplitude(strength), grey=0.85))
    return SyntheticDefect(cover, picture + tint * wear[..., None])


def _crack(picture: Picture, rng: Generator, strength: float) -> SyntheticDefect:
    """A thin, dark, jagged line with branches."""
    shape = picture.shape[:2]
    length = rng.uniform(0.1, 0.6) * min(shape)
    path = _path(picture, rng, length, bend=rng.uniform(0.3, 1.2))
    path += rng.normal(0.0, 0.006 * min(shape) + 0.3, path.shape)
    thickness = int(rng.integers(1, 2 + max(1, min(shape) // 120)))
    cover = stroke(shape, path, thickness)
    for _ in range(int(rng.integers(0, 4))):
        branch = _path(picture, rng, 0.4 * length, bend=0.8)
        branch += path[int(rng.integers(4, 20))] - branch[0]
        cover = np.maximum(cover, stroke(shape, branch, 1))
    tint = -np.float32(_amplitude(strength)) * np.ones((1, 1, 3), np.float32)
    return SyntheticDefect(cover, picture + _visible(picture, cover, tint))


def _spots(picture: Picture, rng: Generator, strength: float) -> SyntheticDefect:
    """One or a handful of small sharp spots: pores, splashes, dust."""
    shape = picture.shape[:2]
    cover = np.zeros(shape, np.float32)
    for _ in range(int(rng.choice([1, 1, 1, 2, 4]))):
        blob = _blob(picture, rng, _radius(rng, shape, 0.01, 0.06), ragged=0.2)
        cover = np.maximum(cover, ramp(blob, rng.uniform(0.15, 0.6)))
    tint = _visible(picture, cover, _tint(picture, rng, _amplitude(strength), grey=0.75))
    return SyntheticDefect(cover, picture + tint)


def _hole(picture: Picture, rng: Generator, strength: float) -> SyntheticDefect:
    """A pit: dark inside, with the rim lit on one side."""
    shape = picture.shape[:2]
    blob = _blob(picture, rng, _radius(rng, shape, 0.015, 0.1), ragged=0.3)
    cover = ramp(blob + np.float32(0.1), 0.25)
    amplitude = np.float32(_amplitude(strength))
    shade = -amplitude * ramp(blob, 0.5) + amplitude * np.float32(0.6) * shade_relief(blob, rng)
    return SyntheticDefect(cover, picture + shade[..., None])


def shade_relief(height: Field, rng: Generator) -> Field:
    """Shade a relief from one side; about -1 to 1."""
    angle = rng.uniform(0.0, 2.0 * np.pi)
    clipped = np.clip(height, 0.0, 1.0).astype(np.float32)
    smooth = cv2.GaussianBlur(clipped, (0, 0), 0.8)
    down, right = np.gradient(np.asarray(smooth, np.float32))
    shade = right * np.float32(np.cos(angle)) + down * np.float32(np.sin(angle))
    return np.asarray(shade / max(1e-6, float(np.abs(shade).max())), np.float32)


def _dent(picture: Picture, rng: Generator, strength: float) -> SyntheticDefect:
    """A shallow bump or hollow that shows by its shading alone."""
    shape = picture.shape[:2]
    blob = _blob(picture, rng, _radius(rng, shape, 0.03, 0.15), ragged=0.15)
    dome = np.square(np.clip(blob, 0.0, None)) * (3.0 - 2.0 * np.clip(blob, 0.0, 1.0))
    shade = np.float32(0.8 * _amplitude(strength)) * shade_relief(dome.astype(np.float32), rng)
    return SyntheticDefect(ramp(blob, 0.2), picture + shade[..., None])


def _stain(picture: Picture, rng: Generator, strength: float) -> SyntheticDefect:
    """A larger, soft-edged, uneven patch of another tone or colour."""
    shape = picture.shape[:2]
    blob = _blob(picture, rng, _radius(rng, shape, 0.04, 0.25), ragged=0.6)
    cover = ramp(blob, rng.uniform(0.1, 0.7))
    uneven = 1.0 + np.float32(rng.uniform(0.0, 0.5)) * smooth_noise(rng, shape, 0.06 * min(shape))
    tint = _tint(picture, rng, 0.7 * _amplitude(strength), grey=0.4)
    tint = _visible(picture, cover, tint)
    return SyntheticDefect(cover, picture + tint * uneven[..., None])


def _smudge(picture: Picture, rng: Generator, strength: float) -> SyntheticDefect:
    """A patch where the surface is wiped: blurred, and a little lighter or darker."""
    shape = picture.shape[:2]
    blob = _blob(picture, rng, _radius(rng, shape, 0.05, 0.2), ragged=0.5)
    size = (0.5 + 3.0 * strength) * max(1.0, min(shape) / 128)
    wiped = np.asarray(cv2.GaussianBlur(picture, (0, 0), float(size)), np.float32)
    tint = _tint(picture, rng, 0.25 * _amplitude(strength), grey=0.8)
    return SyntheticDefect(ramp(blob, 0.3), wiped + _visible(picture, blob.clip(0), tint))


def _swap(picture: Picture, rng: Generator, strength: float) -> SyntheticDefect:
    """A patch that belongs elsewhere: another part of the image, turned, as in CutPaste."""
    shape = picture.shape[:2]
    long_way = rng.uniform() < 0.7
    blob = _blob(picture, rng, _radius(rng, shape, 0.04, 0.2), ragged=rng.uniform(0.0, 0.6))
    reach = 0.5 if long_way else 0.15
    centre = (shape[1] / 2, shape[0] / 2)
    matrix = cv2.getRotationMatrix2D(centre, float(rng.uniform(0, 360)), rng.uniform(0.7, 1.4))
    matrix[:, 2] += rng.uniform(-reach, reach, 2) * min(shape)
    moved = cv2.warpAffine(picture, matrix, shape[::-1], borderMode=cv2.BORDER_REFLECT_101)
    share = np.float32(0.15 + 0.85 * strength)
    tint = _tint(picture, rng, 0.3 * _amplitude(strength))
    return SyntheticDefect(ramp(blob, 0.15), picture + share * (moved - picture + tint))


def _grain(picture: Picture, rng: Generator, strength: float) -> SyntheticDefect:
    """A patch of foreign texture: noise or stripes of some scale and colour, as in DRAEM."""
    shape = picture.shape[:2]
    blob = _blob(picture, rng, _radius(rng, shape, 0.04, 0.22), ragged=0.7)
    length = float(np.exp(rng.uniform(np.log(1.0), np.log(0.06 * min(shape) + 1.5))))
    if rng.uniform() < 0.5:
        texture = smooth_noise(rng, shape, length)
    else:
        angle = rng.uniform(0.0, np.pi)
        rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
        phase = columns * np.float32(np.cos(angle)) + rows * np.float32(np.sin(angle))
        texture = np.sin(
            phase * np.float32(np.pi / length) + smooth_noise(rng, shape, 8 * length) * 0.3
        )
    tint = _tint(picture, rng, 0.6 * _amplitude(strength))
    own = np.float32(1.0 - 0.5 * strength * rng.uniform())
    mean = picture.mean(axis=(0, 1), keepdims=True)
    filling = mean + own * (picture - mean) + tint * (0.4 + texture[..., None])
    return SyntheticDefect(ramp(blob, 0.25), filling)


def _warp(picture: Picture, rng: Generator, strength: float) -> SyntheticDefect:
    """A place where the structure is bent out of shape."""
    shape = picture.shape[:2]
    blob = _blob(picture, rng, _radius(rng, shape, 0.06, 0.2), ragged=0.2)
    dome = cv2.GaussianBlur(np.clip(blob, 0.0, 1.0), (0, 0), 1.5)
    angle = rng.uniform(0.0, 2.0 * np.pi)
    reach = np.float32((0.5 + 12.0 * strength) * min(shape) / 128)
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    bent = cv2.remap(
        picture,
        columns + np.float32(np.cos(angle)) * reach * dome,
        rows + np.float32(np.sin(angle)) * reach * dome,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    tint = _tint(picture, rng, 0.2 * _amplitude(strength))
    return SyntheticDefect(ramp(blob, 0.2), np.asarray(bent, np.float32) + tint)


def _shade(picture: Picture, rng: Generator, strength: float) -> SyntheticDefect:
    """A wide area without an edge that is a little lighter or darker."""
    shape = picture.shape[:2]
    blob = _blob(picture, rng, _radius(rng, shape, 0.15, 0.5), ragged=0.3)
    cover = cv2.GaussianBlur(ramp(blob, 1.0), (0, 0), 0.04 * min(shape))
    cover = np.asarray(cover / max(1e-6, float(cover.max())), np.float32)
    tint = _visible(picture, cover, _tint(picture, rng, 0.5 * _amplitude(strength), grey=0.85))
    return SyntheticDefect(cover, picture + tint)


def _gap(picture: Picture, rng: Generator, strength: float) -> SyntheticDefect:
    """A place where structure is missing: filled from around it."""
    shape = picture.shape[:2]
    blob = _blob(picture, rng, _radius(rng, shape, 0.03, 0.14), ragged=0.3)
    hole = (blob > 0).astype(np.uint8)
    pixels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    filled = np.asarray(cv2.inpaint(pixels, hole, 3, cv2.INPAINT_TELEA), np.float32)
    share = np.float32(0.3 + 0.7 * strength)
    tint = _tint(picture, rng, 0.2 * _amplitude(strength))
    return SyntheticDefect(ramp(blob, 0.15), picture + share * (filled - picture) + tint)


KINDS: Mapping[str, Callable[[Picture, Generator, float], SyntheticDefect]] = {
    "scratch": _scratch,
    "crack": _crack,
    "spots": _spots,
    "hole": _hole,
    "dent": _dent,
    "stain": _stain,
    "smudge": _smudge,
    "swap": _swap,
    "grain": _grain,
    "warp": _warp,
    "shade": _shade,
    "gap": _gap,
}
"""Every kind of synthetic defect by name."""
