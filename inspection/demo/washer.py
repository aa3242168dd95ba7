"""A turned metal washer on a dark mat, and what can happen to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.demo.drawing import (
    COLUMNS,
    ROWS,
    SIZE,
    Field,
    Place,
    blob,
    bump,
    colour,
    empty_mask,
    look_up,
    noise,
    profile_noise,
    slope_of,
    smoothstep,
)
from inspection.types import Mask

_BEVEL = 7.0
_STEPS = 4  # entries of the groove table per pixel

# red, green, blue
_METAL = (0.80, 0.785, 0.76)
_MAT = (0.046, 0.050, 0.058)


@dataclass(slots=True)
class _Washer:
    """One washer before it is lit; a defect changes the fields."""

    middle: tuple[float, float]
    outer: float
    inner: float
    radius: Field
    cosine: Field
    sine: Field
    lean_right: Field
    lean_down: Field
    cover: Field  # 1 where there is metal
    tint: Field  # share of the light that comes back
    stain: Field  # (1 or 3, SIZE, SIZE), share of light that gets past a stain
    gloss: Field  # 1 for bare metal, 0 for a matt crust
    light_angle: float
    light_gain: float

    def on_part(self) -> Mask:
        return (self.radius < self.outer - 0.5) & (self.radius > self.inner + 0.5)

    def spot(self, rng: Generator, margin: float) -> Place:
        """Choose a place on the flat face, away from both edges."""
        radius = float(rng.uniform(self.inner + _BEVEL + margin, self.outer - _BEVEL - margin))
        return self.at(radius, float(rng.uniform(0.0, 2.0 * np.pi)), rng)

    def at(self, radius: float, angle: float, rng: Generator) -> Place:
        return Place(
            self.middle[0] + radius * float(np.cos(angle)),
            self.middle[1] + radius * float(np.sin(angle)),
            float(rng.uniform(0.0, np.pi)),
        )


def draw_washer(
    part_rng: Generator, defect: str | None, defect_rng: Generator, severity: float
) -> tuple[Field, Mask]:
    """Draw one washer as linear light (3, SIZE, SIZE), and the mask of its defect."""
    washer = _turn(part_rng)
    mat = _mat(part_rng)
    mask = empty_mask()
    if defect is not None:
        mask = DEFECTS[defect](washer, defect_rng, severity) & washer.on_part()
    return _light(washer, mat), mask


def _turn(rng: Generator) -> _Washer:
    """Make the part: where it lies, its grooves, its edges."""
    middle = (float(rng.uniform(-7.0, 7.0)), float(rng.uniform(-7.0, 7.0)))
    squeeze, tilt = float(rng.uniform(0.985, 1.0)), float(rng.uniform(0.0, np.pi))
    outer, inner = float(rng.uniform(122.0, 126.0)), float(rng.uniform(53.5, 56.0))
    right, down = COLUMNS - middle[0], ROWS - middle[1]
    lengthwise = right * float(np.cos(tilt)) + down * float(np.sin(tilt))
    radius = np.sqrt(right * right + down * down + (1.0 / squeeze**2 - 1.0) * lengthwise**2) + 1e-9
    cosine, sine = right / radius, down / radius
    grooves = _grooves(rng, radius, lengthwise)
    bevels = smoothstep(outer - _BEVEL, outer, radius) - smoothstep(inner + _BEVEL, inner, radius)
    outwards = 1.1 * bevels + 0.20 * grooves * (1.0 - 0.7 * np.abs(bevels))
    waves = slope_of(9.0 * noise(rng, 90.0))
    speckle = 1.0 + 0.05 * noise(rng, 2.0) + 0.035 * grooves
    return _Washer(
        middle=middle,
        outer=outer,
        inner=inner,
        radius=radius,
        cosine=cosine,
        sine=sine,
        lean_right=outwards * cosine + waves[0],
        lean_down=outwards * sine + waves[1],
        cover=smoothstep(outer + 0.8, outer - 0.8, radius)
        * smoothstep(inner - 0.8, inner + 0.8, radius),
        tint=speckle,
        stain=np.ones((1, *radius.shape)),
        gloss=np.ones_like(radius),
        light_angle=float(rng.normal(-2.2, 0.16)),
        light_gain=float(rng.uniform(0.93, 1.07)),
    )


def _grooves(rng: Generator, radius: Field, lengthwise: Field) -> Field:
    """Draw turning marks: rings whose pattern changes slowly along the ring."""
    count = 160 * _STEPS
    turned = radius + 0.006 * lengthwise
    first, second = (_ring_profile(rng, count) for _ in range(2))
    position = turned * _STEPS
    drift = 1.6 * noise(rng, 60.0)
    mixed = look_up(first, position) + drift * look_up(second, position)
    return mixed / np.sqrt(1.0 + drift * drift)


def _ring_profile(rng: Generator, count: int) -> NDArray[np.float64]:
    fine, coarse = profile_noise(rng, count, 5.0), profile_noise(rng, count, 24.0)
    return 0.85 * fine + 0.5 * coarse


def _mat(rng: Generator) -> Field:
    """Draw the rubber mat underneath: dark, with a fine grain and a few light specks."""
    fine = noise(rng, 2.2)
    grain = 0.11 * fine + 0.08 * noise(rng, 6.0) + 0.066 * noise(rng, 70.0)
    return np.maximum(0.2, 1.0 + grain) + np.maximum(0.0, fine - 3.2)


def _light(washer: _Washer, mat: Field) -> Field:
    """Light the metal with two soft boxes and a bright ceiling, and lay it on the mat."""
    cosine, sine = float(np.cos(washer.light_angle)), float(np.sin(washer.light_angle))
    right = COLUMNS - washer.middle[0] + 7.0 * cosine
    down = ROWS - washer.middle[1] + 7.0 * sine
    distance = np.sqrt(right * right + down * down)
    outer, inner = washer.outer, washer.inner
    shadow = smoothstep(outer + 9.0, outer - 5.0, distance)
    shadow *= smoothstep(inner - 8.0, inner + 5.0, distance)
    near = smoothstep(outer + 14.0, outer, washer.radius)
    near *= smoothstep(inner - 14.0, inner, washer.radius)
    side = (COLUMNS * cosine + ROWS * sine) / 160.0
    ground = mat * (1.0 + 0.22 * side) * (1.0 - 0.62 * shadow) * (1.0 - 0.45 * near)
    metal = washer.tint * (_ceiling(washer) + washer.gloss * _highlights(washer))
    metal *= 1.0 + 0.06 * side
    light = np.empty((3, SIZE, SIZE))
    for channel in range(3):
        below = _MAT[channel] * ground
        above = _METAL[channel] * metal * washer.stain[channel % len(washer.stain)]
        light[channel] = (below + (above - below) * washer.cover) * washer.light_gain
    return light


def _ceiling(washer: _Washer) -> Field:
    """Reflect the room: brighter where the surface leans towards the lamp."""
    angle = washer.light_angle
    towards = washer.lean_right * float(np.cos(angle)) + washer.lean_down * float(np.sin(angle))
    return 0.155 + 0.12 * towards / np.sqrt(0.25 + towards * towards)


def _highlights(washer: _Washer) -> Field:
    """Return an anisotropic Beckmann lobe per lamp: narrow along the grooves, wide across them."""
    outwards = washer.lean_right * washer.cosine + washer.lean_down * washer.sine
    sideways = washer.lean_down * washer.cosine - washer.lean_right * washer.sine
    total = np.zeros_like(outwards)
    lamps = ((0.0, 0.42, 0.95, 0.15), (2.75, 0.46, 0.50, 0.17), (1.2, 0.14, 0.16, 0.30))
    for turn, lean, power, width in lamps:
        angle = washer.light_angle + turn
        right, down = lean * float(np.cos(angle)), lean * float(np.sin(angle))
        across = right * washer.cosine + down * washer.sine - outwards
        along = down * washer.cosine - right * washer.sine - sideways
        total += power * np.exp(-((along / width) ** 2) - (across / 0.50) ** 2)
    return total


def _scratch(washer: _Washer, rng: Generator, severity: float) -> Mask:
    """Draw a furrow: one flank faces the lamp, the other turns away."""
    place = washer.spot(rng, 6.0)
    length, width = float(rng.uniform(20.0, 48.0)), float(rng.uniform(1.4, 1.9) + 1.1 * severity)
    along, across = place.along_across(float(rng.normal(0.0, 0.0022)))
    across = across + 0.6 * look_up(profile_noise(rng, 640, 40.0), along + 320.0)
    taper = bump(along / length)
    inside = np.abs(across) < width
    furrow = bump(across / width) * taper
    flank = (across / width) * np.sqrt(furrow * taper)
    strength = (0.22 + 1.6 * severity) * flank
    column, row = place.across_direction()
    washer.lean_right += strength * column
    washer.lean_down += strength * row
    washer.tint = washer.tint * (1.0 - (0.06 + 0.34 * severity) * furrow)
    return inside & (taper > 0.06)


def _dent(washer: _Washer, rng: Generator, severity: float) -> Mask:
    """Press a shallow crater into the face, so that the highlights bend around it."""
    size = float(rng.uniform(8.0, 18.0))
    place = washer.spot(rng, size * 0.75)
    along, across = place.along_across()
    stretch = float(rng.uniform(0.7, 1.0))
    distance = np.sqrt((along / size) ** 2 + (across / (size * stretch)) ** 2)
    crater = bump(distance) * np.maximum(0.0, 1.0 - distance * distance)
    right, down = slope_of(-(0.045 + 0.24 * severity) * size * crater)
    washer.lean_right += right
    washer.lean_down += down
    washer.tint = washer.tint * (1.0 - (0.03 + 0.12 * severity) * crater)
    return distance < 0.88


def _rust(washer: _Washer, rng: Generator, severity: float) -> Mask:
    """Let a ragged film of rust colour the metal and take its gloss."""
    size = float(rng.uniform(9.0, 26.0))
    place = washer.spot(rng, 0.0)
    patch = blob(rng, place, (size, size * float(rng.uniform(0.5, 0.9))), 0.33)
    clouds = np.clip(0.75 + 0.25 * noise(rng, 4.0), 0.3, 1.3)
    film = np.clip(smoothstep(-0.04, 0.30, patch) * clouds * (0.14 + 0.80 * severity), 0.0, 0.97)
    brown = colour(0.62, 0.36, 0.19) * (1.0 + 0.18 * noise(rng, 2.5))
    washer.stain = 1.0 + (brown - 1.0) * film
    washer.gloss = washer.gloss * (1.0 - 0.75 * film)
    return patch > 0.02


def _chip(washer: _Washer, rng: Generator, severity: float) -> Mask:
    """Break a piece off the outer or inner edge and leave a rough, slanted fracture."""
    depth = float(rng.uniform(5.0, 7.0) + 7.0 * severity)
    length = depth * float(rng.uniform(1.1, 2.2))
    is_outer = bool(rng.random() < 0.7)
    edge = washer.outer if is_outer else washer.inner
    angle = float(rng.uniform(0.0, 2.0 * np.pi))
    spot = washer.at(edge, angle, rng)
    place = Place(spot.column, spot.row, angle + 0.5 * float(np.pi))
    bite = blob(rng, place, (length, depth), 0.22)
    face = smoothstep(0.0, 0.12, bite)
    gone = smoothstep(0.42, 0.54, bite)
    rough = (noise(rng, 4.0), noise(rng, 4.0))
    sign = 1.0 if is_outer else -1.0
    slant = sign * 0.55
    washer.lean_right += face * (slant * float(np.cos(angle)) + 0.35 * rough[0])
    washer.lean_down += face * (slant * float(np.sin(angle)) + 0.35 * rough[1])
    washer.tint = washer.tint * (1.0 - (0.12 + 0.10 * severity) * face)
    washer.cover = washer.cover * (1.0 - gone)
    return bite > 0.03


DEFECTS: Mapping[str, Callable[[_Washer, Generator, float], Mask]] = {
    "scratch": _scratch,
    "dent": _dent,
    "rust": _rust,
    "chipped_edge": _chip,
}
