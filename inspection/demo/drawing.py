"""What the demo products are drawn with: noise, shapes and a camera, all in float64.

Everything random comes from a NumPy generator that the caller owns, and values are rounded to 8 bit
once, at the very end, so that every machine draws the same bits.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inspection.types import Mask, RGBImage

Field = NDArray[np.float64]
"""(SIZE, SIZE), one value per pixel; colour fields are (3, SIZE, SIZE), linear light."""

SIZE = 320
"""Height and width of every demo image, in pixels."""

_AXIS = np.arange(SIZE, dtype=np.float64) + 0.5 - SIZE / 2
COLUMNS: Field = _AXIS[None, :]  # (1, SIZE), from the middle of the image
ROWS: Field = _AXIS[:, None]  # (SIZE, 1)


def smoothstep(low: float, high: float, values: Field) -> Field:
    """Rise smoothly from 0 at `low` to 1 at `high`; falls where `low` is the larger one."""
    ramp = np.clip((values - low) / (high - low), 0.0, 1.0)
    return ramp * ramp * (3.0 - 2.0 * ramp)


def bump(values: Field) -> Field:
    """Return (1 - v^2)^2 where |v| < 1, and exactly 0 elsewhere."""
    inside = np.maximum(0.0, 1.0 - values * values)
    return inside * inside


def colour(red: float, green: float, blue: float) -> Field:
    """Return one colour as (3, 1, 1), so that it multiplies a field."""
    return np.array([red, green, blue], dtype=np.float64)[:, None, None]


def noise(rng: Generator, rows_length: float, columns_length: float | None = None) -> Field:
    """Draw a Gaussian random field of unit variance with these correlation lengths in pixels."""
    columns_length = rows_length if columns_length is None else columns_length
    num_rows = min(SIZE // 2 - 1, int(1.0 + 0.7 * SIZE / rows_length))
    num_columns = min(SIZE // 2 - 1, int(1.0 + 0.7 * SIZE / columns_length))
    row = np.arange(-num_rows, num_rows + 1)
    column = np.arange(num_columns + 1)
    decay = np.exp(-8.0 * (row * rows_length / SIZE) ** 2)[:, None]
    decay = decay * np.exp(-8.0 * (column * columns_length / SIZE) ** 2)[None, :]
    decay[num_rows, 0] = 0.0
    power = 4.0 * float((decay[:, 1:] ** 2).sum()) + 2.0 * float((decay[:, 0] ** 2).sum())
    decay *= SIZE * SIZE / float(np.sqrt(power))
    parts = rng.standard_normal((2, row.size, column.size))
    spectrum = np.zeros((SIZE, column.size), dtype=np.complex128)
    spectrum[row] = decay * (parts[0] + 1j * parts[1])
    field: Field = np.fft.irfft(np.fft.ifft(spectrum, axis=0), n=SIZE, axis=1)
    return field


def profile_noise(rng: Generator, count: int, length: float) -> NDArray[np.float64]:
    """Draw a smooth random profile of unit variance: (count,), correlated over `length` entries."""
    num_waves = min(count // 2, int(2.0 + 0.7 * count / length))
    wave = np.arange(num_waves + 1)
    decay = np.exp(-8.0 * (wave * length / count) ** 2)
    decay[0] = 0.0
    parts = rng.standard_normal((2, wave.size))
    spectrum = np.zeros(count // 2 + 1, dtype=np.complex128)
    spectrum[: wave.size] = decay * (parts[0] + 1j * parts[1])
    profile: NDArray[np.float64] = np.fft.irfft(spectrum, n=count)
    return profile * (count / (2.0 * float(np.sqrt((decay * decay).sum()))))


def look_up(table: NDArray[np.float64], positions: Field) -> Field:
    """Read a table at fractional positions, clamped to its ends."""
    clamped = np.clip(positions, 0.0, len(table) - 1.001)
    index = clamped.astype(np.intp)
    low = table[index]
    return low + (table[index + 1] - low) * (clamped - index)


@dataclass(frozen=True, slots=True)
class Place:
    """A spot on a part: offset from the middle of the image in pixels, and a direction."""

    column: float
    row: float
    angle: float

    def along_across(self, curvature: float = 0.0) -> tuple[Field, Field]:
        """Return the distances along and across a gently curved line through this place."""
        cosine, sine = float(np.cos(self.angle)), float(np.sin(self.angle))
        right, down = COLUMNS - self.column, ROWS - self.row
        along = right * cosine + down * sine
        return along, down * cosine - right * sine - curvature * along * along

    def across_direction(self) -> tuple[float, float]:
        """Return the unit vector (column, row) that points across the line."""
        return -float(np.sin(self.angle)), float(np.cos(self.angle))


def blob(rng: Generator, place: Place, radii: tuple[float, float], raggedness: float) -> Field:
    """Draw an irregular patch: 1 in its middle, 0 on its outline, negative outside.

    Args:
        rng: where the outline comes from.
        place: the middle of the patch and the direction of its first radius.
        radii: its half-lengths in pixels.
        raggedness: 0 for an ellipse, 0.5 for a coastline.
    """
    along, across = place.along_across()
    distance = np.sqrt((along / radii[0]) ** 2 + (across / radii[1]) ** 2)
    coarse = noise(rng, max(5.0, 0.9 * min(radii)))
    fine = noise(rng, max(3.0, 0.3 * min(radii)))
    outline = np.clip(0.75 * coarse + 0.25 * fine, -1.6, 1.6)
    return 1.0 - distance + raggedness * outline * np.minimum(1.0, distance)


def slope_of(height: Field) -> tuple[Field, Field]:
    """Return how far the surface leans to the right and down, from its height in pixels."""
    right, down = np.empty_like(height), np.empty_like(height)
    right[:, 1:-1] = 0.5 * (height[:, :-2] - height[:, 2:])
    right[:, 0], right[:, -1] = right[:, 1], right[:, -2]
    down[1:-1] = 0.5 * (height[:-2] - height[2:])
    down[0], down[-1] = down[1], down[-2]
    return right, down


def blur(image: Field, radius: float) -> Field:
    """Blur with a five-tap Gaussian; borders are repeated."""
    taps = np.exp(-0.5 * (np.arange(3) / radius) ** 2)
    taps = taps / (taps[0] + 2.0 * taps[1] + 2.0 * taps[2])
    for _ in range(2):  # rows, then columns
        padded = np.pad(image, ((2, 2), (0, 0)), mode="edge")
        image = padded[1:-3] + padded[3:-1]
        image *= taps[1]
        image += taps[0] * padded[2:-2]
        image += taps[2] * (padded[:-4] + padded[4:])
        image = image.T
    return image


@dataclass(frozen=True, slots=True)
class Camera:
    """How one exposure was taken.

    Attributes:
        focus: standard deviation of the blur, in pixels.
        gains: exposure of red, green and blue, around 1.
        falloff: share of light lost in the corners.
        axis: (column, row) of the optical axis, in pixels from the middle.
        grain: standard deviation of the noise of a mid-grey pixel, in linear light.
    """

    focus: float
    gains: tuple[float, float, float]
    falloff: float
    axis: tuple[float, float]
    grain: float

    @classmethod
    def draw(cls, rng: Generator) -> "Camera":
        """Draw the settings that one and the same camera drifts through."""
        exposure = 1.0 + 0.035 * float(rng.uniform(-1.0, 1.0))
        warmth = 0.018 * float(rng.uniform(-1.0, 1.0))
        tint = 0.008 * float(rng.uniform(-1.0, 1.0))
        return cls(
            focus=float(rng.uniform(0.55, 0.85)),
            gains=(exposure * (1 + warmth), exposure * (1 + tint), exposure * (1 - warmth)),
            falloff=float(rng.uniform(0.10, 0.20)),
            axis=(float(rng.uniform(-14.0, 14.0)), float(rng.uniform(-14.0, 14.0))),
            grain=float(rng.uniform(0.006, 0.011)),
        )

    def expose(self, light: Field, rng: Generator) -> RGBImage:
        """Turn linear light (3, SIZE, SIZE) into an 8-bit sRGB image."""
        distance = (COLUMNS - self.axis[0]) ** 2 + (ROWS - self.axis[1]) ** 2
        vignette = 1.0 - (self.falloff * 2.0 / SIZE**2) * distance
        grey = 0.9 * rng.standard_normal((SIZE, SIZE))
        chroma = 0.4 * rng.standard_normal((SIZE // 2, SIZE // 2)).repeat(2, 0).repeat(2, 1)
        pixels = np.empty((SIZE, SIZE, 3), dtype=np.uint8)
        for channel in range(3):
            level = blur(light[channel], self.focus) * (self.gains[channel] * vignette)
            np.maximum(level, 0.0, out=level)
            grain = grey + (1 - channel) * chroma  # towards red or towards blue
            grain *= self.grain * np.sqrt(3.0 * level + 0.02)
            level += grain
            pixels[:, :, channel] = np.rint(255.0 * _encode(level))
        return pixels


def _encode(level: Field) -> Field:
    """Encode linear light as sRGB, 0-1, by square roots alone, which are exact on every machine."""
    over = np.maximum(level - 0.7, 0.0)
    level = np.clip(level, 0.0, 0.7)
    level += over / (1.0 + over / 0.3)  # like film: highlights roll off before they clip
    half = np.sqrt(level)
    quarter = np.sqrt(half)
    encoded = 0.662002687 * half + 0.684122060 * quarter - 0.0225411470 * level
    encoded -= 0.323583601 * np.sqrt(quarter)
    return np.clip(encoded, 0.0, 1.0)


def empty_mask() -> Mask:
    """Return the mask of a part without a defect."""
    return np.zeros((SIZE, SIZE), dtype=np.bool_)
