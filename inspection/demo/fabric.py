"""A plain-woven cloth under a slanting light, and what can happen to it."""

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
    noise,
    slope_of,
    smoothstep,
)
from inspection.types import Mask

_PITCH = 9.0  # pixels from thread to thread
_MARGIN = 48  # threads counted from beyond the left and upper border
_THREADS = 128

# red, green, blue
_WARP_DYE = (0.15, 0.21, 0.33)
_WEFT_DYE = (0.50, 0.50, 0.47)
_BELOW = (0.026, 0.024, 0.022)


@dataclass(slots=True)
class _Cloth:
    """One piece of cloth before it is lit; a defect changes the fields."""

    angle: float
    across_warp: Field  # position across the upright threads, in threads
    across_weft: Field
    warp_up: Field  # extra height of upright threads
    weft_up: Field
    warp_dye: Field  # share of light that comes back, relative to the usual dye
    weft_dye: Field
    opening: Field  # 1 where light falls through between threads that are gone
    height: Field  # extra height of the surface, in pixels
    stain: Field  # (3, SIZE, SIZE), share of light that gets past a stain
    light_angle: float
    light_gain: float

    def spot(self, rng: Generator, margin: float) -> Place:
        half = SIZE / 2 - margin
        return Place(
            float(rng.uniform(-half, half)),
            float(rng.uniform(-half, half)),
            float(rng.uniform(0, 3)),
        )


def draw_fabric(
    part_rng: Generator, defect: str | None, defect_rng: Generator, severity: float
) -> tuple[Field, Mask]:
    """Draw one piece of cloth as linear light (3, SIZE, SIZE), and the mask of its defect."""
    yarn_rng, piece_rng = part_rng.spawn(2)
    cloth = _stretch(piece_rng)
    finish: Callable[[Mask], Mask] | None = None
    if defect is not None:
        finish = DEFECTS[defect](cloth, defect_rng, severity)
    light, is_warp = _weave(cloth, yarn_rng)
    return light, empty_mask() if finish is None else finish(is_warp)


def _stretch(rng: Generator) -> _Cloth:
    """Lay the cloth down: slightly turned, slightly wavy."""
    angle = float(rng.normal(0.0, 0.025))
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    shift = rng.uniform(0.0, 1.0, 2)
    right = COLUMNS * cosine + ROWS * sine
    down = ROWS * cosine - COLUMNS * sine
    across_warp = (right + 1.3 * noise(rng, 70.0)) / _PITCH + _MARGIN + float(shift[0])
    across_weft = (down + 1.3 * noise(rng, 70.0)) / _PITCH + _MARGIN + float(shift[1])
    zeros, ones = np.zeros((SIZE, SIZE)), np.ones((SIZE, SIZE))
    return _Cloth(
        angle=angle,
        across_warp=across_warp,
        across_weft=across_weft,
        warp_up=zeros.copy(),
        weft_up=zeros.copy(),
        warp_dye=ones[None].copy(),
        weft_dye=ones[None].copy(),
        opening=zeros.copy(),
        height=2.5 * noise(rng, 80.0),
        stain=ones[None].copy(),
        light_angle=float(rng.normal(-2.3, 0.15)),
        light_gain=float(rng.uniform(0.95, 1.05)),
    )


def _weave(cloth: _Cloth, rng: Generator) -> tuple[Field, Mask]:
    """Interlace the threads, light them, and say where the upright ones lie on top."""
    warp_index = np.floor(cloth.across_warp)
    weft_index = np.floor(cloth.across_weft)
    warp_offset = cloth.across_warp - warp_index - 0.5
    weft_offset = cloth.across_weft - weft_index - 0.5
    parity = _parity(warp_index + weft_index)
    lift = parity * (1.0 - 4.0 * weft_offset * weft_offset)
    sink = parity * (1.0 - 4.0 * warp_offset * warp_offset)
    warp_width = _thread_values(rng, warp_index, 0.035, 0.47)
    weft_width = _thread_values(rng, weft_index, 0.045, 0.48)
    warp_high = _round(warp_offset / warp_width) + lift + cloth.warp_up
    weft_high = _round(weft_offset / weft_width) - sink + cloth.weft_up
    upright = (warp_high > weft_high).astype(np.float64)
    highest = np.maximum(warp_high, weft_high)
    top = np.maximum(highest, -0.6)
    fuzz, fibres = noise(rng, 2.0), _fibres(rng, upright)
    twist = _twist(cloth, warp_offset, weft_offset, upright)
    relief = 2.6 * top + 0.28 * fibres + 0.10 * (twist + fuzz) + cloth.height
    right, down = slope_of(relief)
    cosine, sine = float(np.cos(cloth.light_angle)), float(np.sin(cloth.light_angle))
    towards = 0.75 * (right * cosine + down * sine)
    diffuse = np.maximum(0.06, (0.8 + towards) / np.sqrt(1.0 + right * right + down * down))
    shade = 0.30 + 0.70 * smoothstep(-0.35, 0.75, top)
    warp_tone = _thread_values(rng, warp_index, 0.06, 1.0)
    weft_tone = _thread_values(rng, weft_index, 0.06, 1.0)
    lit = diffuse * shade * (1.0 + 0.10 * fibres + 0.06 * fuzz)
    shine = 0.02 * np.maximum(0.0, towards) * shade
    gain = 1.35 * cloth.light_gain * (1.0 + (COLUMNS * cosine + ROWS * sine) / 1600.0)
    bare = cloth.opening * smoothstep(-0.62, -0.85, highest)
    below = 1.0 + 0.25 * fuzz
    light = np.empty((3, SIZE, SIZE))
    for channel in range(3):
        dye = _WEFT_DYE[channel] * weft_tone * cloth.weft_dye[channel % len(cloth.weft_dye)]
        warp = _WARP_DYE[channel] * warp_tone * cloth.warp_dye[channel % len(cloth.warp_dye)]
        dye += (warp - dye) * upright
        seen = dye * lit * cloth.stain[channel % len(cloth.stain)] + shine
        seen += (_BELOW[channel] * below - seen) * bare
        light[channel] = seen * gain
    return light, upright > 0


def _parity(crossing: Field) -> Field:
    """Return which way a thread bends: up over every second crossing, and down under the next."""
    half = 0.5 * crossing
    return 0.30 - 1.20 * (half - np.floor(half))


def _fibres(rng: Generator, upright: Field) -> Field:
    """Return grain along the threads that lie on top."""
    across, along = noise(rng, 1.8, 7.0), noise(rng, 7.0, 1.8)
    return across + (along - across) * upright


def _twist(cloth: _Cloth, warp_offset: Field, weft_offset: Field, upright: Field) -> Field:
    """Return the turns of the yarn, from -1 to 1."""
    warp_turns = 1.43 * warp_offset + 1.13 * cloth.across_weft
    turns = 1.43 * weft_offset - 1.13 * cloth.across_warp
    turns += (warp_turns - turns) * upright
    return np.abs(4.0 * (turns - np.floor(turns)) - 2.0) - 1.0


def _round(offset: Field) -> Field:
    """Return the height of a round thread at this share of its half-width, below 0 beside it."""
    left = 1.0 - offset * offset
    return np.sqrt(np.maximum(0.0, left)) + np.minimum(0.0, left) - 0.35


def _thread_values(rng: Generator, index: Field, spread: float, middle: float) -> Field:
    """Give every thread its own value, cut off at two standard deviations."""
    values: NDArray[np.float64] = middle * (
        1.0 + spread * np.clip(rng.standard_normal(_THREADS), -2.0, 2.0)
    )
    return values[np.clip(index, 0, _THREADS - 1).astype(np.intp)]


def _pulled_thread(cloth: _Cloth, rng: Generator, severity: float) -> Callable[[Mask], Mask]:
    """Pull a thread tight: its neighbours crowd together and a lane opens beside it."""
    is_upright = bool(rng.random() < 0.5)
    place = cloth.spot(rng, 50.0)
    turn = cloth.angle + (0.5 * float(np.pi) if is_upright else 0.0)
    along, across = Place(place.column, place.row, turn).along_across()
    length, width = float(rng.uniform(45.0, 120.0)), float(rng.uniform(9.0, 12.0))
    reach = bump(along / length) * bump(across / width)
    shift = np.maximum(0.0, (0.09 + 0.42 * severity) * reach - 0.02)  # no invisible tails
    up = (0.10 + 0.85 * severity) * bump(across / (0.62 * width)) * bump(along / length)
    up = up * np.minimum(1.0, shift / 0.04)
    if is_upright:
        cloth.across_warp = cloth.across_warp + shift
        cloth.weft_up = cloth.weft_up - up
        cloth.warp_up = cloth.warp_up + 0.35 * up
    else:
        cloth.across_weft = cloth.across_weft + shift
        cloth.warp_up = cloth.warp_up - up
        cloth.weft_up = cloth.weft_up + 0.35 * up
    mask = shift > 0.0
    return lambda _: mask


def _hole(cloth: _Cloth, rng: Generator, severity: float) -> Callable[[Mask], Mask]:
    """Wear threads through: darkness below, broken ends and bent threads around."""
    size = float(rng.uniform(5.0, 8.0) + 10.0 * severity)
    place = cloth.spot(rng, 34.0)
    patch = blob(rng, place, (size, size * float(rng.uniform(0.6, 0.95))), 0.25)
    right, down = COLUMNS - place.column, ROWS - place.row
    distance = np.sqrt(right**2 + down**2) + 1e-9
    push = 0.40 * (0.2 + severity) * bump(np.minimum(1.0, distance / (1.9 * size)))
    push = np.maximum(0.0, push - 0.03)  # no invisible tails
    cloth.across_warp = cloth.across_warp - push * right / distance
    cloth.across_weft = cloth.across_weft - push * down / distance
    # every thread breaks at its own length
    warp_end = _thread_values(rng, np.floor(cloth.across_warp), 0.14, 1.0) - 1.0
    weft_end = _thread_values(rng, np.floor(cloth.across_weft), 0.14, 1.0) - 1.0
    fray = 0.10 * np.clip(noise(rng, 2.5), -2.0, 2.0)
    drop = 0.5 + 2.0 * severity
    warp_gone = smoothstep(0.0, 0.25, patch + warp_end + fray - 0.22 * (1.0 - severity))
    weft_gone = smoothstep(0.0, 0.25, patch + weft_end - fray)
    cloth.warp_up = cloth.warp_up - drop * warp_gone
    cloth.weft_up = cloth.weft_up - drop * weft_gone
    cloth.opening = 0.25 + 0.75 * severity * np.minimum(1.0, warp_gone + weft_gone)
    cloth.opening = cloth.opening * smoothstep(-0.1, 0.1, patch)
    cloth.stain = 1.0 - (0.08 + 0.30 * severity) * smoothstep(-0.20, 0.25, patch)
    mask = (patch > -0.16) | (push > 0.0)
    return lambda _: mask


def _oil_stain(cloth: _Cloth, rng: Generator, severity: float) -> Callable[[Mask], Mask]:
    """Let oil soak in: darker, warmer, with a darker tide line."""
    size = float(rng.uniform(14.0, 42.0))
    place = cloth.spot(rng, 25.0)
    patch = blob(rng, place, (size, size * float(rng.uniform(0.6, 1.0))), 0.22)
    film = smoothstep(0.0, 0.22, patch) * (0.75 + 0.25 * smoothstep(0.5, 0.05, patch))
    strength = (0.07 + 0.60 * severity) * film
    cloth.stain = 1.0 - colour(0.78, 0.88, 1.0) * strength
    mask = patch > 0.04
    return lambda _: mask


def _wrong_colour(cloth: _Cloth, rng: Generator, severity: float) -> Callable[[Mask], Mask]:
    """Weave in a piece of thread of another dye."""
    is_upright = bool(rng.random() < 0.5)
    place = cloth.spot(rng, 45.0)
    turn = cloth.angle + (0.5 * float(np.pi) if is_upright else 0.0)
    along, _ = Place(place.column, place.row, turn).along_across()
    across = cloth.across_warp if is_upright else cloth.across_weft
    pixel = round(place.row + SIZE / 2 - 0.5), round(place.column + SIZE / 2 - 0.5)
    number = float(np.floor(across[pixel]))
    count = 1 if rng.random() < 0.7 else 2
    length = float(rng.uniform(35.0, 140.0))
    on_thread = (np.floor(across) - number >= 0) & (np.floor(across) - number < count)
    piece = on_thread * smoothstep(length, length - 6.0, np.abs(along))
    dyes = ((1.7, 0.55, 0.45), (1.35, 0.95, 0.45), (0.30, 0.30, 0.34), (0.62, 1.15, 0.68))
    dye = colour(*dyes[int(rng.integers(len(dyes)))]) - 1.0
    changed = 1.0 + dye * (0.10 + 0.85 * severity) * piece
    if is_upright:
        cloth.warp_dye = changed
        return lambda is_warp: (piece > 0.1) & is_warp
    cloth.weft_dye = changed
    return lambda is_warp: (piece > 0.1) & ~is_warp


DEFECTS: Mapping[str, Callable[[_Cloth, Generator, float], Callable[[Mask], Mask]]] = {
    "pulled_thread": _pulled_thread,
    "hole": _hole,
    "oil_stain": _oil_stain,
    "wrong_colour": _wrong_colour,
}
