"""Training crops for the backbone: where the pictures come from, and how each crop is varied."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from detectors.distillation.textures import draw_texture
from inspection.demo.products import PRODUCTS, draw_sample
from inspection.errors import SettingsError
from inspection.images import read_image
from inspection.types import RGBImage

Crop = NDArray[np.float32]
"""(size, size, 3), RGB, 0..1."""

SHARES: Mapping[str, float] = {"photographs": 0.5, "drawn": 0.4, "products": 0.1}
"""How often a crop is taken from each kind of picture."""

_PHOTO_FOLDERS = {"skimage": "data", "sklearn": "datasets/images"}
_NO_PHOTOGRAPHS = ("chessboard_GRAY", "chessboard_RGB", "multipage", "multipage_rgb", "phantom")
_DRAWN_SIZE = 224
_PRODUCT_SEED = 2_026  # not the seed of the demo data, whose test images nobody may have seen


@dataclass(frozen=True, slots=True, eq=False)
class CropSources:
    """Pictures by kind, each as a pyramid: full size, a half, a quarter."""

    pyramids: Mapping[str, tuple[tuple[RGBImage, ...], ...]]

    @property
    def counts(self) -> dict[str, int]:
        return {kind: len(pyramids) for kind, pyramids in self.pyramids.items()}


def collect_pictures(
    *, seed: int, num_drawn: int, num_products: int, num_workers: int = 0
) -> CropSources:
    """Draw the textures and demo products, and read the photographs that the libraries carry.

    Args:
        seed: where the drawn textures come from.
        num_drawn: how many textures.
        num_products: how many images of each demo product.
        num_workers: processes that draw; 0 draws in this one.
    """
    draw = partial(_draw_one, seed)
    if num_workers > 0:
        with ProcessPoolExecutor(num_workers) as pool:
            drawn = list(pool.map(draw, range(num_drawn), chunksize=32))
            products = list(pool.map(_draw_product, range(num_products), chunksize=4))
    else:
        drawn = [draw(index) for index in range(num_drawn)]
        products = [_draw_product(index) for index in range(num_products)]
    kinds = {
        "photographs": read_photographs(),
        "drawn": drawn,
        "products": [image for images in products for image in images],
    }
    return CropSources(
        {kind: tuple(map(_pyramid, images)) for kind, images in kinds.items() if images}
    )


def read_photographs() -> list[RGBImage]:
    """Read the pictures inside the installed scikit-image and scikit-learn; nothing is downloaded.

    Raises:
        SettingsError: neither of them carries a picture.
    """
    images = []
    for package, folder in _PHOTO_FOLDERS.items():
        spec = find_spec(package)
        for root in (spec.submodule_search_locations or ()) if spec else ():
            for path in sorted((Path(root) / folder).iterdir()):
                if path.suffix in (".png", ".jpg") and path.stem not in _NO_PHOTOGRAPHS:
                    images.append(read_image(path))
    if not images:
        raise SettingsError(
            "The photographs of scikit-image and scikit-learn are missing.",
            "Install both again: `pip install --force-reinstall scikit-image scikit-learn`.",
        )
    return images


class CropSampler:
    """A sequence of varied crops; crop i depends on the seed, i and the pictures alone."""

    def __init__(self, pictures: CropSources, *, size: int, seed: int) -> None:
        self.pictures = pictures
        self.size = size
        self.seed = seed
        self._kinds = [kind for kind in SHARES if kind in pictures.pyramids]
        shares = np.array([SHARES[kind] for kind in self._kinds])
        self._shares = shares / shares.sum()

    def __getitem__(self, index: int) -> Crop:
        rng = np.random.default_rng((self.seed, index))
        crop = self._take(rng)
        style = rng.uniform()
        if style < 0.2:
            weight = np.float32(rng.uniform(0.2, 0.5))
            crop = crop * (1 - weight) + self._take(rng) * weight
        elif style < 0.4:
            mask = _patch_mask(rng, self.size)[..., None]
            crop = crop * (1 - mask) + self._take(rng) * mask
        return _vary(crop, rng)

    def _take(self, rng: Generator) -> Crop:
        """Cut a turned, mirrored and scaled square out of one picture."""
        kind = self._kinds[int(rng.choice(len(self._kinds), p=self._shares))]
        pyramids = self.pictures.pyramids[kind]
        pyramid = pyramids[int(rng.integers(len(pyramids)))]
        height, width = pyramid[0].shape[:2]
        largest = min(min(height, width) / self.size, 4.0)
        scale = float(np.exp(rng.uniform(np.log(min(0.45, largest)), np.log(largest))))
        reach = min(0.5 * scale * self.size, 0.5 * min(height, width))
        centre = (rng.uniform(reach, width - reach), rng.uniform(reach, height - reach))
        level = min(int(np.log2(max(scale, 1.0)) + 0.3), len(pyramid) - 1)
        matrix = _placement(rng, self.size, scale) / 2**level
        matrix[:, 2] += np.array(centre) / 2**level
        crop = cv2.warpAffine(
            pyramid[level],
            matrix,
            (self.size, self.size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        return np.asarray(crop, np.float32) / np.float32(255.0)


def _draw_one(seed: int, index: int) -> RGBImage:
    return draw_texture(np.random.default_rng((seed, index)), _DRAWN_SIZE)


def _draw_product(index: int) -> list[RGBImage]:
    """Draw one image of each product, every third without a defect."""
    images = []
    for name, product in PRODUCTS.items():
        types: Sequence[str | None] = (None, *product.defect_types)
        defect_type = types[index // 3 % len(types)] if index % 3 else None
        split = "train" if defect_type is None else "test"
        images.append(draw_sample(name, split, defect_type, index, seed=_PRODUCT_SEED)[0])
    return images


def _pyramid(image: RGBImage) -> tuple[RGBImage, ...]:
    half = np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    quarter = np.asarray(cv2.resize(half, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return image, half.astype(np.uint8), quarter.astype(np.uint8)


def _placement(rng: Generator, size: int, scale: float) -> NDArray[np.float64]:
    """Return the matrix (2, 3) from crop pixels to picture pixels around the origin."""
    turn = rng.uniform(0.0, 2.0 * np.pi) if rng.uniform() < 0.5 else 0.5 * np.pi * rng.integers(4)
    stretch = np.exp(rng.normal(0.0, 0.12))
    mirror = float(rng.choice([-1.0, 1.0]))
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = linear * np.array([scale * stretch * mirror, scale / stretch])
    offset = -linear @ np.array([0.5 * (size - 1), 0.5 * (size - 1)])
    return np.concatenate([linear, offset[:, None]], axis=1)


def _patch_mask(rng: Generator, size: int) -> Crop:
    """Return a soft-edged blob or several, (size, size), as a defect might cover a part."""
    coarse = rng.standard_normal((size // 8, size // 8), dtype=np.float32)
    field = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    level, edge = rng.uniform(-0.5, 1.5), rng.uniform(0.02, 0.6)
    return np.clip((np.asarray(field) - level) / edge, 0.0, 1.0).astype(np.float32)


def _recolour(crop: Crop, rng: Generator) -> Crop:
    style = rng.uniform()
    if style < 0.3:
        grey = crop @ rng.dirichlet((2.0, 3.0, 1.5)).astype(np.float32)
        return np.repeat(grey[..., None], 3, axis=2)
    if style < 0.5:
        return crop[..., rng.permutation(3)] * rng.uniform(0.7, 1.3, 3).astype(np.float32)
    if style < 0.7:
        grey = np.asarray(crop.mean(axis=2, keepdims=True), np.float32)
        return grey + np.float32(rng.uniform(0.1, 1.5)) * (crop - grey)
    return crop


def _relight(crop: Crop, rng: Generator) -> Crop:
    if rng.uniform() < 0.05:
        crop = 1 - crop
    if rng.uniform() < 0.3:
        crop = np.clip(crop, 0.0, 1.0) ** np.float32(np.exp(rng.uniform(-0.7, 0.7)))
    if rng.uniform() < 0.7:
        mean = crop.mean()
        contrast = np.float32(np.exp(rng.uniform(np.log(0.15), np.log(1.8))))
        # keep the darkened or brightened crop mostly inside 0..1
        level = np.float32(rng.uniform(0.15, 0.85)) if rng.uniform() < 0.6 else mean
        crop = (crop - mean) * contrast + level
    return crop


def _vary(crop: Crop, rng: Generator) -> Crop:
    """Change colour, light, focus and grain, strongly."""
    crop = _relight(_recolour(crop, rng), rng)
    if rng.uniform() < 0.2:
        crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), float(rng.uniform(0.4, 1.6))), np.float32)
    if rng.uniform() < 0.45:
        strength = np.float32(np.exp(rng.uniform(np.log(0.004), np.log(0.08))))
        channels = int(rng.choice([1, 3]))
        grain = rng.standard_normal((*crop.shape[:2], channels), dtype=np.float32)
        crop = crop + strength * grain
    return np.clip(crop, 0.0, 1.0).astype(np.float32)
