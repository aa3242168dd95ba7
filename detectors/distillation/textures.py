"""Drawn pictures of many kinds, from which a small network can learn to see.

Variety is what counts. Everything random comes from a NumPy generator that the caller owns.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.types import RGBImage

Field = NDArray[np.float32]
"""(size, size), one value per pixel, stretched to 0..1."""

Picture = NDArray[np.float32]
"""(size, size, 3), RGB, about 0..1."""


def draw_texture(rng: Generator, size: int = 224) -> RGBImage:
    """Draw one picture: a surface, a heap of textured shapes, an object or a line drawing."""
    compose = _COMPOSITIONS[int(rng.choice(len(_COMPOSITIONS), p=_SHARES))]
    return _expose(compose(rng, size), rng)


def _axes(rng: Generator, size: int, *, warp: float = 0.0) -> tuple[Field, Field]:
    """Return pixel coordinates along a random direction and across it, bent by `warp` pixels."""
    angle = rng.uniform(0.0, np.pi)
    line = np.arange(size, dtype=np.float32) - rng.uniform(0.0, size)
    right, down = np.meshgrid(line, line)
    along = np.float32(np.cos(angle)) * right + np.float32(np.sin(angle)) * down
    across = np.float32(np.cos(angle)) * down - np.float32(np.sin(angle)) * right
    if warp > 0.0:
        along = along + np.float32(warp) * (_clouds(rng, size) - np.float32(0.5))
        across = across + np.float32(warp) * (_clouds(rng, size) - np.float32(0.5))
    return along, across


def _stretch(field: NDArray[np.floating]) -> Field:
    low, high = float(field.min()), float(field.max())
    return ((field - low) / max(high - low, 1e-6)).astype(np.float32)


def _spectral(rng: Generator, size: int, gain: Callable[[Field, Field], Field]) -> Field:
    """Filter white noise by a gain over (radius, angle) of the frequency, in cycles per picture."""
    rows = np.fft.fftfreq(size).astype(np.float32)[:, None] * size
    columns = np.fft.rfftfreq(size).astype(np.float32)[None, :] * size
    radius = np.hypot(rows, columns)
    spectrum = np.fft.rfft2(rng.standard_normal((size, size), dtype=np.float32))
    spectrum = spectrum * gain(np.maximum(radius, 1.0), np.arctan2(rows, columns))
    spectrum[0, 0] = 0.0
    values = np.fft.irfft2(spectrum, s=(size, size))
    spread = 3.0 * float(values.std()) + 1e-9
    return _stretch(np.clip(values, -spread, spread))


def _clouds(rng: Generator, size: int) -> Field:
    slope = rng.uniform(0.7, 2.2)
    return _spectral(rng, size, lambda radius, _: radius ** np.float32(-slope))


def _grain(rng: Generator, size: int) -> Field:
    """Noise of one scale, in all directions or combed along one."""
    middle = np.float32(np.exp(rng.uniform(np.log(4.0), np.log(size / 3.0))))
    width = np.float32(rng.uniform(0.15, 0.7))
    direction = np.float32(rng.uniform(0.0, np.pi))
    focus = np.float32(rng.choice([0.0, 2.0, 12.0, 60.0]))

    def gain(radius: Field, angle: Field) -> Field:
        band = np.exp(-((np.log(radius / middle) / width) ** 2))
        combed: Field = band * np.exp(focus * (np.cos(2.0 * (angle - direction)) - 1.0))
        return combed

    field = _spectral(rng, size, gain)
    fold = rng.uniform()
    if fold < 0.25:
        return _stretch(np.abs(field - np.float32(0.5)))
    if fold < 0.4:
        return _stretch(np.tanh((field - np.float32(rng.uniform(0.3, 0.7))) * 12.0))
    return field


def _wave(phase: Field, rng: Generator) -> Field:
    """Turn a phase in turns into a sine, a saw, a bar or a thin line."""
    turn = phase - np.floor(phase)
    form = rng.integers(4)
    if form == 0:
        return np.asarray(0.5 + 0.5 * np.sin(2.0 * np.pi * turn), np.float32)
    if form == 1:
        return turn.astype(np.float32)
    edge = np.float32(rng.uniform(0.02, 0.2))
    share = np.float32(rng.uniform(0.3, 0.7) if form == 2 else rng.uniform(0.03, 0.2))
    distance = np.abs(turn - np.float32(0.5))
    profile = (share / 2 - distance) / edge + np.float32(0.5)
    return np.asarray(np.clip(profile, 0.0, 1.0), np.float32)


def _stripes(rng: Generator, size: int) -> Field:
    along, _ = _axes(rng, size, warp=float(rng.choice([0.0, 0.0, 10.0, 40.0])))
    return _wave(along / np.float32(np.exp(rng.uniform(np.log(3.0), np.log(50.0)))), rng)


def _weave(rng: Generator, size: int) -> Field:
    """Threads that pass over and under each other."""
    along, across = _axes(rng, size, warp=float(rng.choice([0.0, 3.0, 12.0])))
    pitch = np.float32(np.exp(rng.uniform(np.log(4.0), np.log(28.0))))
    column, row = along / pitch, across / pitch * np.float32(rng.choice([1.0, 1.0, 0.6]))
    float_length = int(rng.integers(1, 4))
    is_warp = (np.floor(column) + np.floor(row) * float_length) % (float_length + 1) < 1
    warp = np.abs(np.sin(np.pi * column)) * np.float32(rng.uniform(0.7, 1.0))
    weft = np.abs(np.sin(np.pi * row))
    return _stretch(np.where(is_warp, warp, weft))


def _lattice(rng: Generator, size: int) -> Field:
    """Dots, holes, tiles or bricks on a regular grid."""
    along, across = _axes(rng, size, warp=float(rng.choice([0.0, 0.0, 6.0])))
    pitch = np.float32(np.exp(rng.uniform(np.log(6.0), np.log(60.0))))
    row = across / pitch
    shift = np.float32(rng.choice([0.0, 0.5])) * (np.floor(row) % 2)
    column = along / (pitch * np.float32(rng.choice([1.0, 1.0, 2.2]))) + shift
    right = column - np.floor(column) - np.float32(0.5)
    down = row - np.floor(row) - np.float32(0.5)
    norm = np.maximum(np.abs(right), np.abs(down)) if rng.uniform() < 0.5 else np.hypot(right, down)
    radius, edge = np.float32(rng.uniform(0.15, 0.47)), np.float32(rng.uniform(0.02, 0.25))
    dots = np.clip((radius - norm) / edge, 0.0, 1.0)
    tone = np.sin(np.floor(column) * 12.9898 + np.floor(row) * 78.233) * np.float32(43758.5)
    return _stretch(dots * (1.0 + np.float32(rng.choice([0.0, 0.8])) * (tone - np.floor(tone))))


def _cells(rng: Generator, size: int) -> Field:
    """Grains, scales, cracks or pebbles around scattered points."""
    canvas = np.full((size, size), 255, np.uint8)
    count = int(np.exp(rng.uniform(np.log(8.0), np.log(1200.0))))
    canvas[rng.integers(0, size, count), rng.integers(0, size, count)] = 0
    distance, labels = cv2.distanceTransformWithLabels(
        canvas, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    tones: Field = rng.uniform(0.0, 1.0, int(labels.max()) + 1).astype(np.float32)[labels]
    form = rng.integers(4)
    if form == 0:
        return _stretch(distance)
    if form == 1:
        return tones
    tones = np.asarray(cv2.GaussianBlur(tones, (0, 0), 0.7), np.float32)
    if form == 2:
        return _stretch(tones + np.float32(0.6) * _stretch(distance))
    lines = cv2.morphologyEx(tones, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return _stretch(np.minimum(np.asarray(lines), 0.15))


def _rings(rng: Generator, size: int) -> Field:
    """Turned metal, wood, ripples: waves around a centre."""
    along, across = _axes(rng, size, warp=float(rng.choice([0.0, 8.0, 40.0])))
    across = across * np.float32(rng.choice([1.0, 1.0, 0.4, 0.1]))
    radius = np.asarray(np.hypot(along, across), np.float32)
    waves = _wave(radius / np.float32(np.exp(rng.uniform(np.log(3.0), np.log(40.0)))), rng)
    spokes = np.float32(rng.choice([0.0, 0.5])) * np.cos(
        np.float32(rng.integers(2, 24)) * np.arctan2(across, along)
    )
    return _stretch(waves + spokes)


def _strokes(rng: Generator, size: int) -> Field:
    """Fibres, hairs, scratches or writing."""
    canvas = np.zeros((size, size), np.uint8)
    count = int(np.exp(rng.uniform(np.log(4.0), np.log(250.0))))
    length, bend = rng.uniform(0.05, 0.9) * size, rng.uniform(0.0, 1.2)
    common, spread = rng.uniform(0.0, np.pi), rng.choice([0.1, 0.5, np.pi])
    thickness = int(rng.integers(1, 5))
    steps = np.linspace(0.0, 1.0, 8)
    for _ in range(count):
        angle = common + rng.uniform(-spread, spread) + bend * rng.uniform(-1.0, 1.0) * steps
        path = rng.uniform(0.0, size, (1, 2)) + np.cumsum(
            np.stack([np.cos(angle), np.sin(angle)], axis=1) * length / 8, axis=0
        )
        points = np.rint(path * 8).astype(np.int32)[None]
        tone = int(rng.integers(60, 256))
        cv2.polylines(canvas, list(points), False, tone, thickness, cv2.LINE_AA, 3)
    return canvas.astype(np.float32) / np.float32(255.0)


def _letters(rng: Generator, size: int) -> Field:
    canvas = np.zeros((size, size), np.uint8)
    for _ in range(int(rng.integers(1, 30))):
        text = "".join(chr(code) for code in rng.integers(33, 127, int(rng.integers(1, 9))))
        place = (int(rng.integers(-20, size)), int(rng.integers(0, size + 20)))
        scale, thickness = float(rng.uniform(0.3, 3.0)), int(rng.integers(1, 6))
        font = int(rng.integers(0, 8))
        cv2.putText(canvas, text, place, font, scale, 255, thickness, cv2.LINE_AA)
    return canvas.astype(np.float32) / np.float32(255.0)


def _slope(rng: Generator, size: int) -> Field:
    along, across = _axes(rng, size)
    if rng.uniform() < 0.5:
        return _stretch(along)
    return _stretch(-np.hypot(along, across * np.float32(rng.uniform(0.3, 1.0))))


def _speckle(rng: Generator, size: int) -> Field:
    noise = rng.standard_normal((size, size), dtype=np.float32)
    share = rng.choice([1.0, 0.1, 0.01])
    noise = np.where(rng.uniform(size=noise.shape) < share, noise, 0.0).astype(np.float32)
    return _stretch(np.asarray(cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.3, 2.5)))))


_FIELDS: tuple[Callable[[Generator, int], Field], ...] = (
    _clouds,
    _grain,
    _grain,
    _stripes,
    _weave,
    _lattice,
    _cells,
    _cells,
    _rings,
    _strokes,
    _letters,
    _slope,
    _speckle,
)


def _field(rng: Generator, size: int) -> Field:
    return _FIELDS[int(rng.integers(len(_FIELDS)))](rng, size)


def _palette(rng: Generator) -> NDArray[np.float32]:
    """Choose 256 colours (256, 3): greys, shades of one colour, or a run through several."""
    count = int(rng.integers(2, 5))
    colours = rng.uniform(0.0, 1.0, (count, 3))
    style = rng.uniform()
    if style < 0.3:
        colours = np.repeat(colours[:, :1], 3, axis=1)
    elif style < 0.7:
        colours = colours[:1] * rng.uniform(0.2, 1.4, (count, 1)) + rng.normal(0, 0.06, (count, 3))
    greys = colours.mean(axis=1, keepdims=True)
    colours = greys + rng.uniform(0.1, 1.0) * (colours - greys)
    steps = np.linspace(0.0, 1.0, 256)
    stops = np.linspace(0.0, 1.0, count)
    runs = [np.interp(steps, stops, colours[:, channel]) for channel in range(3)]
    return np.asarray(np.clip(np.stack(runs, axis=1), 0.0, 1.0), np.float32)


def _paint(field: Field, rng: Generator) -> Picture:
    index = np.clip(field * np.float32(255.0), 0.0, 255.0).astype(np.uint8)
    picture: Picture = _palette(rng)[index]
    return picture


def _light(picture: Picture, height: Field, rng: Generator) -> Picture:
    """Shade a relief lit from one side."""
    angle, depth = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(1.0, 12.0)
    right = np.asarray(cv2.Sobel(height, cv2.CV_32F, 1, 0)) * np.float32(np.cos(angle))
    down = np.asarray(cv2.Sobel(height, cv2.CV_32F, 0, 1)) * np.float32(np.sin(angle))
    shade = np.clip(1.0 + np.float32(depth) * (right + down) / 4, 0.2, 1.8)
    lit: Picture = picture * shade[..., None].astype(np.float32)
    return lit


def _surface(rng: Generator, size: int) -> Picture:
    """One material: a field in colour, perhaps modulated by a second one, perhaps in relief."""
    field = _field(rng, size)
    picture = _paint(field, rng)
    style = rng.uniform()
    if style < 0.35:
        weight = np.float32(rng.uniform(0.1, 0.7))
        other = _paint(_field(rng, size), rng)
        picture = picture * (1 - weight) + other * weight
    elif style < 0.55:
        mask = _field(rng, size)[..., None]
        picture = picture * mask + _paint(_field(rng, size), rng) * (1 - mask)
    if rng.uniform() < 0.35:
        height = field if rng.uniform() < 0.5 else _field(rng, size)
        picture = _light(picture, np.asarray(cv2.GaussianBlur(height, (0, 0), 1.0)), rng)
    return picture


def _outline(rng: Generator, radius: float) -> NDArray[np.float64]:
    """Draw a closed outline around 0: ellipse, polygon, star, gear, bar or blob; (n, 2)."""
    count = int(rng.choice([3, 4, 5, 6, 8, 64, 64, 64]))
    angle = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False) + rng.uniform(0.0, 2.0 * np.pi)
    reach = np.full(count, radius)
    if count == 64 and rng.uniform() < 0.6:
        for wave in rng.integers(2, 14, int(rng.integers(1, 4))):
            reach *= 1.0 + rng.uniform(0.0, 0.35) * np.cos(wave * angle + rng.uniform(0.0, 6.3))
    elif rng.uniform() < 0.4:
        reach *= rng.uniform(0.5, 1.0, count)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach[:, None]
    points[:, 1] *= rng.choice([1.0, 0.7, 0.4, 0.12])
    turn = rng.uniform(0.0, np.pi)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    turned: NDArray[np.float64] = points @ rotation
    return turned


def _cut(rng: Generator, size: int, radius: float) -> Field:
    """Return the mask of one shape, 1 inside, with smooth edges; some have a hole or are hollow."""
    mask = np.zeros((size, size), np.uint8)
    centre = rng.uniform(0.0, size, 2)
    outline = _outline(rng, radius)
    form = rng.uniform()
    points = [np.rint((outline + centre) * 8).astype(np.int32)]
    if form < 0.12:
        width = int(rng.integers(1, 2 + int(radius / 6)))
        cv2.polylines(mask, points, True, 255, width, cv2.LINE_AA, 3)
    else:
        cv2.fillPoly(mask, points, 255, cv2.LINE_AA, 3)
    if form > 0.85:
        hole = np.rint((outline * rng.uniform(0.2, 0.8) + centre) * 8).astype(np.int32)
        cv2.fillPoly(mask, [hole], 0, cv2.LINE_AA, 3)
    return mask.astype(np.float32) / np.float32(255.0)


def _lay(picture: Picture, mask: Field, filling: Picture, rng: Generator) -> Picture:
    """Lay a shape over the picture, perhaps with a cast shadow, perhaps rounded by shading."""
    style = rng.uniform()
    if style < 0.3:
        step = rng.uniform(-8.0, 8.0, 2)
        matrix = np.array([[1.0, 0.0, step[0]], [0.0, 1.0, step[1]]])
        shadow = cv2.warpAffine(mask, matrix, mask.shape[::-1])
        shadow = np.asarray(cv2.GaussianBlur(shadow, (0, 0), float(rng.uniform(1.0, 5.0))))
        picture = picture * (1 - np.float32(rng.uniform(0.2, 0.7)) * shadow[..., None])
    elif style < 0.6:
        round_height = np.asarray(cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(2.0, 12.0))))
        filling = _light(filling, round_height * np.float32(3.0), rng)
    return picture * (1 - mask[..., None]) + filling * mask[..., None]


def _heap(rng: Generator, size: int) -> Picture:
    """Dead leaves: shapes of all sizes, each of its own material, lying over each other."""
    materials = [_surface(rng, size) for _ in range(int(rng.integers(2, 5)))]
    picture = materials[0]
    smallest = float(np.exp(rng.uniform(np.log(4.0), np.log(40.0))))
    for _ in range(int(np.exp(rng.uniform(np.log(6.0), np.log(60.0))))):
        # radii fall off with the cube, as in natural scenes
        radius = min(smallest / np.sqrt(1.0 - rng.uniform(0.0, 0.995)), 0.5 * size)
        filling = materials[int(rng.integers(len(materials)))]
        if rng.uniform() < 0.5:
            filling = filling * rng.uniform(0.2, 1.5, 3).astype(np.float32)
        elif rng.uniform() < 0.4:
            filling = np.full_like(filling, 1.0) * rng.uniform(0.0, 1.0, 3).astype(np.float32)
        picture = _lay(picture, _cut(rng, size, radius), filling, rng)
    return picture


def _object(rng: Generator, size: int) -> Picture:
    """One or few large bodies on a calm ground, as in product photographs."""
    picture = _paint(_slope(rng, size), rng)
    if rng.uniform() < 0.5:
        picture = picture * np.float32(0.8) + np.float32(0.2) * _surface(rng, size)
    for _ in range(int(rng.integers(1, 5))):
        mask = _cut(rng, size, float(rng.uniform(0.12, 0.5)) * size)
        picture = _lay(picture, mask, _surface(rng, size), rng)
    for _ in range(int(rng.integers(0, 6))):
        mask = _cut(rng, size, float(rng.uniform(0.01, 0.12)) * size)
        tint = rng.uniform(0.0, 1.4, 3).astype(np.float32)
        picture = _lay(picture, mask, picture * tint, rng)
    return picture


def _drawing(rng: Generator, size: int) -> Picture:
    """Lines and outlines on a plain or slightly uneven ground."""
    ground, ink = rng.uniform(0.0, 1.0, (2, 3)).astype(np.float32)
    lines = np.zeros((size, size), np.float32)
    for _ in range(int(rng.integers(1, 5))):
        field = (_strokes, _letters, _stripes, _lattice)[int(rng.integers(4))](rng, size)
        if rng.uniform() < 0.6:
            field = field * _cut(rng, size, float(rng.uniform(0.1, 0.5)) * size)
        lines = np.maximum(lines, field)
    uneven = np.float32(rng.uniform(0.0, 0.2)) * (_clouds(rng, size) - np.float32(0.5))
    picture: Picture = ground + (ink - ground) * lines[..., None] + uneven[..., None]
    return picture


_COMPOSITIONS: tuple[Callable[[Generator, int], Picture], ...] = (
    _surface,
    _heap,
    _object,
    _drawing,
)
_SHARES = (0.35, 0.35, 0.2, 0.1)


def _expose(picture: Picture, rng: Generator) -> RGBImage:
    """Photograph the picture: uneven light, focus, grain."""
    size = picture.shape[0]
    if rng.uniform() < 0.4:
        unevenness = np.float32(rng.uniform(0.1, 0.6))
        light = 1 + unevenness * (_slope(rng, size) - np.float32(0.5))
        picture = picture * light[..., None]
    if rng.uniform() < 0.5:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.5))))
    if rng.uniform() < 0.5:
        grain = rng.standard_normal(picture.shape, dtype=np.float32)
        picture = picture + np.float32(rng.uniform(0.005, 0.05)) * grain
    return np.asarray(np.clip(picture * np.float32(255.0), 0.0, 255.0), np.uint8)
