"""What happens to pictures of one and the same part: light, optics, camera, place, dirt.

Every stress has a neutral level, which leaves each byte as it is. What happens to light is computed
in linear light, what happens to the picture (contrast, gamma, noise, JPEG) in its sRGB values. What
a moved picture lacks is filled with its own mirror image.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from inspection.errors import SettingsError
from inspection.sensitivity.light import from_linear, to_linear
from inspection.types import Mask, RGBImage, Size

Values = NDArray[np.float32]
"""(H, W, 3): linear light 0-1, or sRGB values 0-255."""

Matrix = NDArray[np.float64]
"""(2, 3): where the pixels of an image go, as OpenCV has it."""

REC709 = np.array([0.2126, 0.7152, 0.0722])
"""Luminance of linear sRGB."""

XYZ_TO_SRGB = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)
DAYLIGHT = 6500.0  # K
COVER = 45  # grey of what covers a part of the picture
MAX_SPECKS = 60


@dataclass(frozen=True, slots=True)
class Stress:
    """One way in which pictures of a part may differ from those that detectors have learned from.

    Attributes:
        name: in commands and files.
        label: as people read it.
        unit: of its levels.
        levels: ascending, from one end of the range to the other, the neutral one among them.
        neutral: the level that leaves each byte as it is.
        change: of an image, to a level, with what is random drawn from a generator.
        move: of a mask, likewise; None where nothing is moved or covered.
    """

    name: str
    label: str
    unit: str
    levels: tuple[float, ...]
    neutral: float
    change: Callable[[RGBImage, float, Generator], RGBImage]
    move: Callable[[Mask, float, Generator], Mask] | None = None

    def apply(self, image: RGBImage, level: float, *, seed: int = 0) -> RGBImage:
        """Return an image under this stress; one seed draws the same at all levels.

        Raises:
            SettingsError: the level is out of range.
        """
        return self.change(image, self.check(level), default_rng(seed))

    def apply_to_mask(self, mask: Mask, level: float, *, seed: int = 0) -> Mask:
        """Return what is still to be seen of a defect, and where.

        Raises:
            SettingsError: the level is out of range.
        """
        checked = self.check(level)
        return mask if self.move is None else self.move(mask, checked, default_rng(seed))

    def spread(self, count: int) -> tuple[float, ...]:
        """Return about so many levels over the range, its ends and the neutral one among them.

        Raises:
            SettingsError: fewer than 2.
        """
        if count < 2:
            raise SettingsError(f"{count} levels make no range.", "Give --levels 2 or more.")
        places = np.arange(len(self.levels))
        wanted = np.interp(np.linspace(0, places[-1], count), places, self.levels)
        return tuple(sorted({self.neutral, *(float(f"{level:.3g}") for level in wanted)}))

    def write(self, level: float) -> str:
        """Return a level with its unit, such as "-20 % light"."""
        return f"{level:+.4g} {self.unit}" if self.levels[0] < 0 else f"{level:.4g} {self.unit}"

    def check(self, level: float) -> float:
        """Return a level.

        Raises:
            SettingsError: it is out of range.
        """
        low, high = self.levels[0], self.levels[-1]
        if not low <= level <= high:  # NaN is nowhere
            raise SettingsError(
                f"{self.label} cannot be {level:g}.", f"Give {low:g} to {high:g} {self.unit}."
            )
        return level


def _to_bytes(values: Values) -> RGBImage:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _brighten(image: RGBImage, level: float, _: Generator) -> RGBImage:
    return from_linear(to_linear(image) * np.float32(1 + level / 100))


def _contrast(image: RGBImage, level: float, _: Generator) -> RGBImage:
    """Draw values away from their mean or towards it, which leaves the brightness."""
    mean = np.float32(image.mean())
    return _to_bytes(mean + (image - mean) * np.float32(1 + level / 100))


def _gamma(image: RGBImage, level: float, _: Generator) -> RGBImage:
    table = 255 * (np.arange(256) / 255) ** level
    return np.asarray(_to_bytes(table.astype(np.float32))[image])


def _black_body(kelvin: float) -> NDArray[np.float64]:
    """Return linear sRGB (3,) of a black body (Kim et al. 2002, 1667 to 25000 K)."""
    t = 1000 / kelvin
    warm = kelvin <= 4000
    x = np.polyval(
        [-0.2661239, -0.2343589, 0.8776956, 0.179910]
        if warm
        else [-3.0258469, 2.1070379, 0.2226347, 0.240390],
        t,
    )
    y = np.polyval(
        [-0.9549476, -1.37418593, 2.09137015, -0.16748867]
        if warm
        else [3.0817580, -5.87338670, 3.75112997, -0.37001483],
        x,
    )
    return np.asarray(XYZ_TO_SRGB @ np.array([x / y, 1.0, (1 - x - y) / y]))


def _temperature(image: RGBImage, level: float, _: Generator) -> RGBImage:
    """Light a part with a lamp of another temperature than the camera is balanced for."""
    gains = _black_body(level) / _black_body(DAYLIGHT)
    gains /= REC709 @ gains  # as bright as before
    return from_linear(to_linear(image) * gains.astype(np.float32))


def _uneven(image: RGBImage, level: float, rng: Generator) -> RGBImage:
    """Let light fall off from one side of the image to the other, in some direction."""
    across = _along(image.shape[:2], rng)
    gain = np.float32(1) - np.float32(level / 100) * across
    return from_linear(to_linear(image) * gain[..., None])


def _along(size: Size, rng: Generator) -> NDArray[np.float32]:
    """Return how far each pixel (H, W) lies along a random direction: 0 to 1."""
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    way = rows * np.float32(np.sin(angle)) + columns * np.float32(np.cos(angle))
    return np.asarray((way - way.min()) / max(1.0, float(np.ptp(way))), np.float32)


def _pixels(size: Size, percent: float) -> float:
    """Return per cent of the shorter side in pixels."""
    return percent / 100 * min(size)


def _defocus(image: RGBImage, level: float, _: Generator) -> RGBImage:
    """Spread each point over a disc, as a lens does that is out of focus."""
    radius = _pixels(image.shape[:2], level)
    places = np.arange(64 + math.ceil(8 * math.pi * radius**2))
    away = radius * np.sqrt((places + 0.5) / len(places))
    turn = places * math.pi * (3 - math.sqrt(5))  # by the golden angle: evenly over the disc
    return _spread(image, away * np.sin(turn), away * np.cos(turn))


def _motion(image: RGBImage, level: float, rng: Generator) -> RGBImage:
    """Spread each point over a line in some direction."""
    length, angle = _pixels(image.shape[:2], level), rng.uniform(0, math.pi)
    way = np.linspace(-length / 2, length / 2, 3 + 4 * math.ceil(length))
    return _spread(image, way * math.sin(angle), way * math.cos(angle))


def _spread(image: RGBImage, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> RGBImage:
    """Spread the light of each pixel evenly over points around it, (n,) each, in pixels."""
    reach = math.ceil(max(np.abs(rows).max(), np.abs(columns).max()))
    kernel = np.zeros((2 * reach + 2, 2 * reach + 2), np.float32)
    top, left = np.floor(rows), np.floor(columns)
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        share = (1 - np.abs(rows - top - down)) * (1 - np.abs(columns - left - right))
        at = (reach + top.astype(int) + down, reach + left.astype(int) + right)
        np.add.at(kernel, at, share / len(rows))
    kernel = kernel[:-1, :-1]  # nothing lies beyond what is reached
    light = cv2.filter2D(to_linear(image), -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    return from_linear(light)


def _noise(image: RGBImage, level: float, rng: Generator) -> RGBImage:
    grain = rng.standard_normal(image.shape, np.float32)
    return _to_bytes(image + np.float32(level) * grain)


def _jpeg(image: RGBImage, level: float, _: Generator) -> RGBImage:
    """Store an image as JPEG; quality 100 stands for not at all."""
    if level == 100:
        return image
    options = [cv2.IMWRITE_JPEG_QUALITY, round(level)]
    stored = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1]
    return np.asarray(cv2.cvtColor(cv2.imdecode(stored, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))


def _rotation(size: Size, level: float, _: Generator) -> Matrix:
    centre = ((size[1] - 1) / 2, (size[0] - 1) / 2)
    return np.asarray(cv2.getRotationMatrix2D(centre, level, 1.0))


def _scale(size: Size, level: float, _: Generator) -> Matrix:
    centre = ((size[1] - 1) / 2, (size[0] - 1) / 2)
    return np.asarray(cv2.getRotationMatrix2D(centre, 0.0, 1 + level / 100))


def _shift(size: Size, level: float, rng: Generator) -> Matrix:
    angle, way = rng.uniform(0, 2 * np.pi), _pixels(size, level)
    return np.array([[1, 0, way * math.cos(angle)], [0, 1, way * math.sin(angle)]])


def _occlude(image: RGBImage, level: float, rng: Generator) -> RGBImage:
    """Cover a share of the image from one side with something grey."""
    return np.where(_covered(image.shape[:2], level, rng)[..., None], np.uint8(COVER), image)


def _covered(size: Size, level: float, rng: Generator) -> Mask:
    across = _along(size, rng)
    count = round(level / 100 * across.size)
    covered = np.zeros(across.size, np.bool_)
    covered[np.argsort(-across, axis=None, kind="stable")[:count]] = True
    return covered.reshape(size)


def _uncover(mask: Mask, level: float, rng: Generator) -> Mask:
    return mask & ~_covered((mask.shape[0], mask.shape[1]), level, rng)


def _dust(image: RGBImage, level: float, rng: Generator) -> RGBImage:
    """Lay small dark specks on the lens or the part; more of them keep those that were there."""
    height, width = image.shape[:2]
    specks = rng.uniform(size=(MAX_SPECKS, 4))[: round(level)]
    passing = np.ones((height, width), np.float32)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    for down, right, large, dark in specks:
        radius = _pixels((height, width), 0.3 + 0.5 * large)
        away = np.hypot(rows - down * (height - 1), columns - right * (width - 1))
        cover = np.clip(radius + 0.5 - away, 0, 1)
        passing *= 1 - (0.4 + 0.4 * dark) * cover
    return from_linear(to_linear(image) * passing[..., None])


Move = Callable[[Size, float, Generator], Matrix]


def _warp(move: Move, image: RGBImage, level: float, rng: Generator) -> RGBImage:
    height, width = image.shape[:2]
    matrix = move((height, width), level, rng)
    return np.asarray(
        cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    )


def _warp_mask(move: Move, mask: Mask, level: float, rng: Generator) -> Mask:
    height, width = mask.shape
    matrix = move((height, width), level, rng)
    grey = mask.astype(np.uint8) * 255
    return np.asarray(cv2.warpAffine(grey, matrix, (width, height)) >= 128)


def _moving(name: str, label: str, unit: str, levels: tuple[float, ...], move: Move) -> Stress:
    """Return a stress that moves the picture, and the mask with it."""
    change, follow = partial(_warp, move), partial(_warp_mask, move)
    return Stress(name, label, unit, levels, 0.0, change, follow)


LIGHT = (-60.0, -40.0, -20.0, -10.0, 0.0, 10.0, 20.0, 40.0, 60.0)
SIDES = "% of the shorter side"

STRESSES = {
    one.name: one
    for one in (
        Stress("brightness", "Brightness", "% light", LIGHT, 0, _brighten),
        Stress(
            "temperature",
            "Colour temperature",
            "K",
            (3000, 4000, 5000, 5700, 6500, 7500, 9000, 12000),
            DAYLIGHT,
            _temperature,
        ),
        Stress("uneven", "Uneven light", "% less at one side", (0, 10, 20, 40, 60), 0, _uneven),
        Stress("dust", "Dust", "specks", (0, 1, 2, 5, 10, 20, 40), 0, _dust),
        Stress("defocus", "Defocus", f"{SIDES} (radius)", (0, 0.25, 0.5, 1, 2), 0, _defocus),
        Stress("motion", "Motion blur", SIDES, (0, 0.5, 1, 2, 4), 0, _motion),
        Stress("noise", "Noise", "grey levels", (0, 2, 5, 10, 20, 40), 0, _noise),
        Stress("contrast", "Contrast", "% contrast", LIGHT, 0, _contrast),
        Stress("gamma", "Gamma", "gamma", (0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2), 1, _gamma),
        Stress("jpeg", "JPEG", "quality", (5, 10, 20, 30, 50, 70, 90, 100), 100, _jpeg),
        _moving("rotation", "Rotation", "degrees", (-20, -10, -5, -2, 0, 2, 5, 10, 20), _rotation),
        _moving("shift", "Shift", SIDES, (0, 1, 2, 5, 10, 20), _shift),
        _moving("scale", "Scale", "%", (-20, -10, -5, -2, 0, 2, 5, 10, 20), _scale),
        Stress("occlusion", "Occlusion", "% covered", (0, 1, 2, 5, 10, 20), 0, _occlude, _uncover),
    )
}
"""Every stress by name, in the order in which they happen; what moves or covers comes first."""


def find_stress(name: str) -> Stress:
    """Return the stress of a name.

    Raises:
        SettingsError: there is none.
    """
    if name not in STRESSES:
        raise SettingsError(f"There is no stress {name}.", f"Choose from {', '.join(STRESSES)}.")
    return STRESSES[name]
