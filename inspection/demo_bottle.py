"""A brown glass bottle seen from above on a light table, and what can happen to its mouth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.drawing import (
    COLUMNS,
    ROWS,
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


@dataclass(slots=True)
class _Bottle:
    """One bottle before it is lit; a defect changes the fields."""

    middle: tuple[float, float]
    scale: float
    radius: Field  # in nominal pixels, so that the radial tables fit every bottle
    lean_right: Field
    lean_down: Field
    depth: Field  # how much glass the light from below passes
    veil: Field  # share of light that gets past what lies on the glass
    crust: Field  # (3, SIZE, SIZE), light scattered by what lies on the glass
    shine: Field  # 1 for polished glass
    cover: Field
    light_angle: float
    glass: Field  # (3, 1, 1), absorption
    table: Field  # (3, SIZE, SIZE), the light table below

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
    radius = np.arange(160 * _STEPS) / _STEPS
    lean, depth = np.zeros_like(radius), np.zeros_like(radius)
    for low, high, steep in ((*_LIP, 1.5), (*_BEAD, 1.7)):
        where = (radius - 0.5 * (low + high)) / (0.5 * (high - low))
        inside = np.abs(where) < 1.0
        lean += np.where(inside, steep * where / np.sqrt(1.04 - np.minimum(where**2, 1.0)), 0.0)
        depth += 1.2 * np.where(inside, np.sqrt(np.maximum(0.0, 1.0 - where**2)), 0.0)
    low, high = _SHOULDER
    down = np.clip((radius - low) / (high - low), 0.0, 1.0)
    lean += np.where(radius > low, 0.35 + 1.6 * down**2, 0.0)
    depth += np.where(radius > low, 0.95 + 0.3 * down + 1.6 * down**8, 0.0)
    bore = np.clip(radius / _LIP[0], 0.0, 1.0)
    depth += np.where(radius < _LIP[0], 0.95 + 1.9 * bore**6, 1.0 * (radius < low))
    depth += 0.55 * np.exp(-(((radius - 37.0) / 4.0) ** 2))  # the raised ring of the bottom
    lean += np.where(radius < _LIP[0], -0.25 * bore - 2.2 * bore**12, 0.0)
    depth += 0.9 * np.exp(-(((radius - 88.0) / 2.2) ** 2))
    return np.clip(lean, -3.0, 3.0), depth


_LEAN, _DEPTH = _tables()


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
    glass_waves = slope_of(2.2 * noise(rng, 22.0) + 3.0 * noise(rng, 60.0))
    cosine, sine = right / (scale * radius), down / (scale * radius)
    seam = Place(middle[0], middle[1], float(rng.uniform(0.0, np.pi)))
    _, across = seam.along_across()
    ridge = bump(across / 2.2) * smoothstep(86.0, 92.0, radius)
    column, row = seam.across_direction()
    tilt = 0.35 * ridge * across / 2.2
    drift = 1.0 + 0.05 * float(rng.uniform(-1.0, 1.0))
    gradient = (float(rng.uniform(-0.04, 0.04)), float(rng.uniform(-0.04, 0.04)))
    panel = 0.80 + (COLUMNS * gradient[0] + ROWS * gradient[1]) / 160.0
    panel = panel * (1.0 + 0.008 * noise(rng, 9.0) + 0.012 * noise(rng, 80.0))
    return _Bottle(
        middle=middle,
        scale=scale,
        radius=radius,
        lean_right=lean * cosine + glass_waves[0] + tilt * column,
        lean_down=lean * sine + glass_waves[1] + tilt * row,
        depth=look_up(_DEPTH, position) * drift * (1.0 + 0.05 * noise(rng, 45.0)),
        veil=np.ones_like(radius),
        crust=np.zeros((3, *radius.shape)),
        shine=np.ones_like(radius),
        cover=smoothstep(_BODY + 0.8, _BODY - 0.8, radius),
        light_angle=float(rng.normal(-2.1, 0.14)),
        glass=colour(0.78, 1.42, 2.9) * (1.0 + 0.03 * float(rng.uniform(-1.0, 1.0))),
        table=colour(0.98, 1.0, 1.0) * panel,
    )


def _light(bottle: _Bottle) -> Field:
    """Add the light table seen through the glass and the lamps mirrored in it."""
    steep = bottle.lean_right**2 + bottle.lean_down**2
    bending = 1.0 / (1.0 + 0.55 * steep)
    light = bottle.table * np.exp(-bottle.glass * bottle.depth) * (bending * bottle.veil)
    light += bottle.crust
    mirrored = _lamps(bottle) * bottle.shine * bottle.veil
    light += colour(0.97, 0.99, 1.0) * mirrored
    near = smoothstep(_BODY + 16.0, _BODY - 2.0, bottle.radius)
    ground = bottle.table * (1.0 - 0.42 * near * near)
    return ground + (light - ground) * bottle.cover


def _lamps(bottle: _Bottle) -> Field:
    """Mirror three soft boxes and a dim ceiling; glass reflects more at a flat angle."""
    steep = bottle.lean_right**2 + bottle.lean_down**2
    total = 0.012 + 0.03 * steep / (1.0 + steep)
    lamps = (
        (0.0, 0.62, 0.75, 0.26, 0.55),
        (2.5, 0.70, 0.34, 0.16, 0.40),
        (4.2, 0.95, 0.20, 0.2, 0.3),
    )
    for turn, lean, power, deep, wide in lamps:
        angle = bottle.light_angle + turn
        cosine, sine = float(np.cos(angle)), float(np.sin(angle))
        along = bottle.lean_right * cosine + bottle.lean_down * sine - lean
        across = bottle.lean_down * cosine - bottle.lean_right * sine
        distance = (along / deep) ** 2 + (across / wide) ** 2
        total += power / (1.0 + distance * distance)
    return total


def _crack(bottle: _Bottle, rng: Generator, severity: float) -> Mask:
    """Let a jagged crack run outwards from the mouth: a dark line with a bright flank."""
    start = float(rng.uniform(64.0, 100.0))
    place = bottle.at(start, float(rng.uniform(0.0, 2.0 * np.pi)), float(rng.normal(0.0, 0.5)))
    length, width = float(rng.uniform(16.0, 38.0)), float(rng.uniform(1.5, 1.9) + 0.9 * severity)
    along, across = place.along_across(float(rng.normal(0.0, 0.004)))
    across = across + 1.5 * look_up(profile_noise(rng, 640, 14.0), along + 320.0)
    taper = bump(along / length)
    line = bump(across / width) * taper
    flank = np.sqrt(line * taper) * across / width
    column, row = place.across_direction()
    bottle.lean_right += (0.5 + 1.6 * severity) * flank * column
    bottle.lean_down += (0.5 + 1.6 * severity) * flank * row
    bottle.veil = bottle.veil * (1.0 - (0.12 + 0.55 * severity) * line)
    glint = np.maximum(0.0, flank) * (0.05 + 0.75 * severity)
    bottle.crust = bottle.crust + colour(1.0, 0.93, 0.8) * glint
    return (np.abs(across) < width) & (taper > 0.1)


def _chip(bottle: _Bottle, rng: Generator, severity: float) -> Mask:
    """Break a shell out of the rim: a rippled hollow that catches the light."""
    size = float(rng.uniform(5.0, 7.0) + 8.0 * severity)
    angle = float(rng.uniform(0.0, 2.0 * np.pi))
    edge = float(rng.choice(np.array([_LIP[0] + 4.0, _LIP[1] - 5.0])))
    place = bottle.at(edge, angle, 0.5 * float(np.pi))
    patch = blob(rng, place, (size * float(rng.uniform(1.0, 1.7)), size), 0.16)
    face = smoothstep(0.0, 0.14, patch)
    along, across = place.along_across()
    distance = np.sqrt(along**2 + (across + 0.9 * size) ** 2)
    ripples = 0.35 * np.sin(distance * 1.1) + 0.30 * noise(rng, 5.0)
    strength = face * (0.25 + 0.75 * severity)
    aim = float(rng.uniform(0.0, 2.0 * np.pi))
    lean_right = 0.6 * float(np.cos(aim)) + ripples * float(np.cos(angle))
    lean_down = 0.6 * float(np.sin(aim)) + ripples * float(np.sin(angle))
    bottle.lean_right += strength * (lean_right - bottle.lean_right)
    bottle.lean_down += strength * (lean_down - bottle.lean_down)
    bottle.depth = bottle.depth * (1.0 - 0.6 * strength)
    rim = bump((patch - 0.08) / 0.12)
    bottle.crust = bottle.crust + colour(1.0, 0.95, 0.88) * (0.03 + 0.30 * severity) * rim
    return patch > 0.02


def _contamination(bottle: _Bottle, rng: Generator, severity: float) -> Mask:
    """Drop a crumb of something foreign into the mouth or onto the glass."""
    size = float(rng.uniform(4.0, 16.0))
    radius = float(rng.choice(np.array([rng.uniform(0.0, 42.0), rng.uniform(66.0, 128.0)])))
    place = bottle.at(radius, float(rng.uniform(0.0, 2.0 * np.pi)), float(rng.uniform(0.0, 3.0)))
    patch = blob(rng, place, (size, size * float(rng.uniform(0.45, 0.9))), 0.42)
    body = smoothstep(0.0, 0.18, patch)
    opacity = body * (0.14 + 0.84 * severity)
    right, down = slope_of(3.5 * smoothstep(0.0, 0.7, patch) + 0.5 * noise(rng, 4.0))
    angle = bottle.light_angle
    shading = right * float(np.cos(angle)) + down * float(np.sin(angle))
    pale = float(rng.uniform(0.05, 0.30))
    matter = colour(1.0, 0.88, 0.70) * (pale * np.clip(1.0 + 0.9 * shading, 0.15, 2.2))
    bottle.veil = bottle.veil * (1.0 - opacity)
    bottle.crust = bottle.crust * (1.0 - opacity) + matter * opacity
    return patch > 0.02


def _bubble(bottle: _Bottle, rng: Generator, severity: float) -> Mask:
    """Enclose a bubble in the glass: a small lens with a dark wall and a glint."""
    size = float(rng.uniform(4.0, 9.0))
    radius = float(rng.uniform(106.0, 126.0))
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
