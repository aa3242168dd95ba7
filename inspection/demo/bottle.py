"""A brown glass bottle seen from above on a light table, and what can happen to its mouth."""

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

_STEPS = 4  # entries of the radial tables per pixel
_BODY = 143.0
_LIP = (58.0, 86.0)  # the rounded rim of the mouth, inner and outer radius
_BEAD = (90.0, 103.0)  # the ring below the rim
_SHOULDER = (103.0, _BODY)

# red, green, blue
_PANEL = (0.98, 1.0, 1.0)
_LAMP = (0.97, 0.99, 1.0)
_HAZE = (0.006, 0.004, 0.003)

# turn from the main lamp, lean of the glass that mirrors it, power, half-sizes in lean
_LAMPS = (
    (0.0, 0.80, 1.50, 0.13, 0.46),
    (0.0, 1.60, 0.40, 0.16, 0.70),
    (2.6, 0.90, 0.75, 0.09, 0.36),
    (4.3, 1.35, 0.22, 0.16, 0.55),
)


@dataclass(slots=True)
class _Bottle:
    """One bottle before it is lit; a defect changes the fields."""

    middle: tuple[float, float]
    scale: float
    radius: Field  # in nominal pixels, so that the radial tables fit every bottle
    lean_right: Field
    lean_down: Field
    spread: Field  # change of lean within one pixel, squared
    depth: Field  # how much glass the light from below passes
    veil: Field  # share of light that gets past what lies on the glass
    crust: Field  # (3, SIZE, SIZE), light scattered by what lies on the glass
    shine: Field  # 1 for polished glass
    cover: Field
    light_angle: float
    glass: tuple[float, float, float]  # absorption of red, green and blue
    panel: Field  # brightness of the light table below

    def on_part(self) -> Mask:
        return self.radius < _BODY - 0.5

    def at(self, radius: float, angle: float, turn: float) -> Place:
        return Place(
            self.middle[0] + self.scale * radius * float(np.cos(angle)),
            self.middle[1] + self.scale * radius * float(np.sin(angle)),
            angle + turn,
        )


def draw_bottle(
    part_rng: Generator, defect: str | None, defect_rng: Generator, severity: float
) -> tuple[Field, Mask]:
    """Draw one bottle as linear light (3, SIZE, SIZE), and the mask of its defect."""
    bottle = _blow(part_rng)
    mask = empty_mask()
    if defect is not None:
        mask = DEFECTS[defect](bottle, defect_rng, severity) & bottle.on_part()
    return _light(bottle), mask


def _tables() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far the glass leans outwards and how thick it is, by radius."""
    radius = np.arange(170 * _STEPS) / _STEPS
    lean, depth = np.zeros_like(radius), np.zeros_like(radius)
    for low, high, steep in ((*_LIP, 1.3), (*_BEAD, 1.5)):
        where = (radius - 0.5 * (low + high)) / (0.5 * (high - low))
        squared = np.minimum(where * where, 1.0)
        inside = np.abs(where) < 1.0
        lean += np.where(inside, steep * where / np.sqrt(1.10 - squared), 0.0)
        depth += np.where(inside, 0.35 + 1.1 * np.sqrt(1.0 - squared), 0.0)
    low, high = _SHOULDER
    down = np.clip((radius - low) / (high - low), 0.0, 1.0)
    lean += np.where(radius > low, 0.30 + 2.3 * down**1.6, 0.0)
    depth += np.where(radius > low, 0.50 + 0.45 * down + 1.3 * down**9, 0.0)
    depth -= 0.42 * np.exp(-(((radius - 137.5) / 1.6) ** 2))  # light caught in the wall
    bore = np.clip(radius / _LIP[0], 0.0, 1.0)
    depth += np.where(radius < _LIP[0], 0.50 + 0.25 * bore**2 + 2.4 * bore**7, 0.0)
    depth += 0.40 * np.exp(-(((radius - 35.0) / 3.5) ** 2))  # the raised ring of the bottom
    lean += np.where(radius < _LIP[0], -0.15 * bore - 1.6 * bore**10, 0.0)
    depth += 1.5 * np.exp(-(((radius - 88.0) / 2.0) ** 2))  # the gap between rim and ring
    return _soften(lean), _soften(depth)


def _soften(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average over about five pixels: blown glass has no sharp edges."""
    weights = np.hanning(5 * _STEPS + 3)
    padded = np.pad(table, weights.size // 2, mode="edge")
    total = sum(
        weight * padded[start : start + table.size] for start, weight in enumerate(weights.tolist())
    )
    return np.asarray(total / weights.sum(), dtype=np.float64)


_LEAN, _DEPTH = _tables()
_SPREAD = np.abs(np.gradient(_LEAN)) * _STEPS  # change of lean from pixel to pixel


def _blow(rng: Generator) -> _Bottle:
    """Make the part: where it stands, how even its glass is, where its mould seam runs."""
    middle = (float(rng.uniform(-5.0, 5.0)), float(rng.uniform(-5.0, 5.0)))
    scale = float(rng.uniform(0.985, 1.012))
    lift = (float(rng.uniform(-2.5, 2.5)), float(rng.uniform(-2.5, 2.5)))
    right, down = COLUMNS - middle[0], ROWS - middle[1]
    plain = np.sqrt(right**2 + down**2)
    # the shoulder lies lower than the mouth, so a tilted view shifts it
    lower = smoothstep(70.0, 140.0, plain)
    right, down = right + lift[0] * lower, down + lift[1] * lower
    radius = np.sqrt(right**2 + down**2) / scale + 1e-9
    position = radius * _STEPS
    lean = look_up(_LEAN, position)
    glass_waves = slope_of(0.9 * noise(rng, 26.0) + 2.6 * noise(rng, 75.0))
    cosine, sine = right / (scale * radius), down / (scale * radius)
    seam = Place(middle[0], middle[1], float(rng.uniform(0.0, np.pi)))
    seam_right, seam_down = _tilt(seam, radius)
    drift = 1.0 + 0.05 * float(rng.uniform(-1.0, 1.0))
    gradient = (float(rng.uniform(-0.04, 0.04)), float(rng.uniform(-0.04, 0.04)))
    dye = 1.0 + 0.03 * float(rng.uniform(-1.0, 1.0))
    panel = 0.80 + (COLUMNS * gradient[0] + ROWS * gradient[1]) / 160.0
    panel = panel * (1.0 + 0.008 * noise(rng, 9.0) + 0.012 * noise(rng, 80.0))
    return _Bottle(
        middle=middle,
        scale=scale,
        radius=radius,
        lean_right=lean * cosine + glass_waves[0] + seam_right,
        lean_down=lean * sine + glass_waves[1] + seam_down,
        spread=(1.1 * look_up(_SPREAD, position)) ** 2,
        depth=look_up(_DEPTH, position)
        * drift
        * (1.0 + 0.05 * noise(rng, 45.0) + 0.015 * noise(rng, 7.0)),
        veil=np.ones_like(radius),
        crust=np.zeros((3, *radius.shape)),
        shine=np.ones_like(radius),
        cover=smoothstep(_BODY + 0.8, _BODY - 0.8, radius),
        light_angle=float(rng.normal(-2.1, 0.14)),
        glass=(1.75 * dye, 3.10 * dye, 6.2 * dye),
        panel=panel,
    )


def _tilt(seam: Place, radius: Field) -> tuple[Field, Field]:
    """Return how far the mould seam tilts the glass of the shoulder, to the right and down."""
    _, across = seam.along_across()
    ridge = bump(across / 2.2) * smoothstep(86.0, 92.0, radius)
    column, row = seam.across_direction()
    tilt = 0.35 * ridge * across / 2.2
    return tilt * column, tilt * row


def _light(bottle: _Bottle) -> Field:
    """Add the light table seen through the glass and the lamps mirrored in it."""
    steep = bottle.lean_right**2 + bottle.lean_down**2
    bending = 0.12 + 0.88 / (1.0 + 0.30 * (steep + 3.0 * bottle.spread))
    bending *= bottle.veil
    mirrored = _lamps(bottle) * (bottle.shine * bottle.veil)
    near = smoothstep(_BODY + 16.0, _BODY - 2.0, bottle.radius)
    near = 1.0 - 0.42 * near * near
    light = np.empty((3, SIZE, SIZE))
    for channel in range(3):
        below = bottle.panel * _PANEL[channel]
        seen = below * np.exp(-bottle.glass[channel] * bottle.depth) * bending
        seen += _HAZE[channel] + bottle.crust[channel] + _LAMP[channel] * mirrored
        ground = below * near
        light[channel] = ground + (seen - ground) * bottle.cover
    return light


def _lamps(bottle: _Bottle) -> Field:
    """Mirror three soft boxes and a dim ceiling; glass reflects more at a flat angle."""
    steep = bottle.lean_right**2 + bottle.lean_down**2
    total = 0.004 + 0.022 * steep / (2.0 + steep)
    ring = (np.sqrt(steep) - 0.42) ** 2  # the lamp around the lens
    total += 0.22 * _sharpness(ring, 0.05, bottle.spread)
    for turn, lean, power, deep, wide in _LAMPS:
        angle = bottle.light_angle + turn
        cosine, sine = float(np.cos(angle)), float(np.sin(angle))
        along = (bottle.lean_right * cosine + bottle.lean_down * sine - lean) ** 2
        across = ((bottle.lean_down * cosine - bottle.lean_right * sine) / wide) ** 2
        across *= across
        total += power * _sharpness(along, deep, bottle.spread) / (1.0 + across * across)
    return total


def _sharpness(squared: Field, half_size: float, spread: Field) -> Field:
    """Return how much of a lamp of this size a pixel mirrors; bent glass mirrors a part only."""
    reach = half_size**2 + spread
    ratio = squared / reach
    return np.sqrt(half_size**2 / reach) / (1.0 + ratio * ratio * ratio)


def _crack(bottle: _Bottle, rng: Generator, severity: float) -> Mask:
    """Let a jagged crack run outwards from the mouth; its wall mirrors light to one side."""
    start = float(rng.uniform(70.0, 108.0))
    place = bottle.at(start, float(rng.uniform(0.0, 2.0 * np.pi)), float(rng.normal(0.0, 0.6)))
    length, width = float(rng.uniform(26.0, 60.0)), float(rng.uniform(1.4, 1.9) + 0.9 * severity)
    along, across = place.along_across(float(rng.normal(0.0, 0.005)))
    jags = profile_noise(rng, 640, 22.0) * 2.0 + profile_noise(rng, 640, 7.0) * 0.7
    across = across + look_up(jags, along + 320.0)
    taper = bump(along / length)
    line = bump(across / width) * np.sqrt(taper)
    # the fracture runs slantwise through the glass and shows as a faint sheet beside the line
    breadth = float(rng.uniform(5.0, 9.0))
    patches = np.clip(0.6 + 0.6 * noise(rng, 9.0), 0.0, 1.6)
    sheet = np.where(across > 0.0, bump(across / breadth), 0.0) * taper * patches
    strength = 0.12 + 0.83 * severity
    bottle.veil = bottle.veil * (1.0 - strength * np.maximum(line, 0.45 * np.minimum(sheet, 1.0)))
    glint = 0.55 * sheet + 0.9 * bump((across - width) / width) * np.sqrt(taper) * patches
    bottle.crust = bottle.crust + colour(0.60, 0.48, 0.36) * (strength * glint)
    is_sheet = sheet > 0.12
    is_line = (across > -width) & (across < 1.9 * width) & (taper > 0.01)
    return is_line | is_sheet


def _chip(bottle: _Bottle, rng: Generator, severity: float) -> Mask:
    """Break a shell out of the rim: a rippled hollow that catches the light."""
    size = float(rng.uniform(6.0, 8.0) + 8.0 * severity)
    angle = float(rng.uniform(0.0, 2.0 * np.pi))
    edge = float(rng.choice(np.array([_LIP[0] + 2.0, _LIP[1] - 3.0])))
    place = bottle.at(edge, angle, 0.5 * float(np.pi))
    patch = blob(rng, place, (size * float(rng.uniform(1.1, 1.9)), size), 0.28)
    along, across = place.along_across()
    # one side breaks off sharply, the other runs out
    side = 1.0 if rng.random() < 0.5 else -1.0
    runout = smoothstep(-0.5, 0.9, side * across / size)
    face = np.clip(patch / (0.07 + 0.60 * runout), 0.0, 1.0)
    face = face * face * (3.0 - 2.0 * face)
    distance = np.sqrt(along**2 + (across + 1.2 * size) ** 2) + 1.5 * noise(rng, 14.0)
    ripples = 0.30 * np.sin(0.75 * distance) * smoothstep(0.9, 0.2, patch)
    facets = (0.75 * noise(rng, 13.0), 0.75 * noise(rng, 13.0))
    strength = face * (0.22 + 0.78 * severity)
    aim = float(rng.uniform(0.0, 2.0 * np.pi))
    lean_right = 0.8 * float(np.cos(aim)) + ripples * float(np.cos(angle)) + facets[0]
    lean_down = 0.8 * float(np.sin(aim)) + ripples * float(np.sin(angle)) + facets[1]
    bottle.lean_right += strength * (lean_right - bottle.lean_right)
    bottle.lean_down += strength * (lean_down - bottle.lean_down)
    bottle.spread = bottle.spread * (1.0 - strength) + 0.03 * strength
    bottle.depth = bottle.depth * (1.0 - (0.35 + 0.3 * face * patch) * strength)
    rim = bump((patch - 0.05) / 0.08) * np.clip(0.2 + noise(rng, 8.0), 0.0, 1.5) * (1.0 - runout)
    bottle.crust = bottle.crust + colour(0.55, 0.45, 0.36) * (0.05 + 0.6 * severity) * rim
    return (face > 0.06) | (rim > 0.15)


def _contamination(bottle: _Bottle, rng: Generator, severity: float) -> Mask:
    """Drop a crumb or a fibre into the mouth or onto the glass."""
    radius = float(rng.choice(np.array([rng.uniform(0.0, 42.0), rng.uniform(66.0, 124.0)])))
    place = bottle.at(radius, float(rng.uniform(0.0, 2.0 * np.pi)), float(rng.uniform(0.0, 3.0)))
    is_fibre = bool(rng.random() < 0.4)
    if is_fibre:
        length, width = float(rng.uniform(16.0, 34.0)), float(rng.uniform(1.5, 2.4))
        along, across = place.along_across(float(rng.normal(0.0, 0.014)))
        across = across + 2.2 * look_up(profile_noise(rng, 640, 50.0), along + 320.0)
        patch = np.minimum(1.0 - np.abs(across) / width, (length - np.abs(along)) / 4.0)
    else:
        size = float(rng.uniform(6.0, 17.0))
        patch = blob(rng, place, (size, size * float(rng.uniform(0.5, 0.9))), 0.45)
    clumps = np.clip(0.85 + 0.35 * noise(rng, 3.5) + 0.20 * noise(rng, 9.0), 0.15, 1.15)
    body = smoothstep(0.0, 0.5 if is_fibre else 0.16, patch)
    opacity = np.minimum(1.0, body * clumps * (0.16 + 0.84 * severity))
    right, down = slope_of(2.5 * smoothstep(0.0, 0.8, patch) + 0.6 * noise(rng, 4.0))
    angle = bottle.light_angle
    shading = right * float(np.cos(angle)) + down * float(np.sin(angle))
    tones = ((0.05, 0.045, 0.04), (0.62, 0.60, 0.55), (0.16, 0.10, 0.06), (0.30, 0.31, 0.33))
    tone = colour(*tones[int(rng.integers(len(tones)))])
    matter = tone * np.clip(1.0 + 0.8 * shading, 0.25, 2.0)
    bottle.veil = bottle.veil * (1.0 - opacity)
    bottle.crust = bottle.crust * (1.0 - opacity) + matter * opacity
    return patch > 0.02


def _bubble(bottle: _Bottle, rng: Generator, severity: float) -> Mask:
    """Enclose a bubble in the glass: a small lens with a dark wall and a glint."""
    size = float(rng.uniform(5.5, 12.0))
    radius = float(rng.uniform(108.0, 126.0))
    place = bottle.at(radius, float(rng.uniform(0.0, 2.0 * np.pi)), 0.5 * float(np.pi))
    along, across = place.along_across()
    distance = np.sqrt((along / (size * float(rng.uniform(1.0, 1.9)))) ** 2 + (across / size) ** 2)
    inside = smoothstep(1.0, 0.85, distance)
    strength = 0.12 + 0.88 * severity
    wall = bump((distance - 0.82) / 0.26) * strength
    bottle.depth = bottle.depth * (1.0 - 0.55 * inside * strength)
    bottle.veil = bottle.veil * (1.0 - 0.75 * wall)
    cosine, sine = float(np.cos(bottle.light_angle)), float(np.sin(bottle.light_angle))
    glint_at = Place(place.column + 0.35 * size * cosine, place.row + 0.35 * size * sine, 0.0)
    across_glint = glint_at.along_across()
    glint = bump(np.sqrt(across_glint[0] ** 2 + across_glint[1] ** 2) / (0.42 * size))
    bottle.crust = bottle.crust + colour(1.0, 1.0, 0.97) * 0.7 * strength * glint
    return distance < 1.0


DEFECTS: Mapping[str, Callable[[_Bottle, Generator, float], Mask]] = {
    "crack": _crack,
    "chip": _chip,
    "contamination": _contamination,
    "bubble": _bubble,
}
