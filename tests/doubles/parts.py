"""Drawn parts with a defect of known place, and datasets of them in the MVTec AD layout."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspection.types import Mask, RGBImage, Sample, Split

SIDE = 64
PICTURE_SIDE = 96  # of what the page shows; detectors see it smaller
DEFECT = (slice(20, 36), slice(30, 46))  # rows, columns
STRENGTH = 90.0
SPOT = MappingProxyType({"spot": STRENGTH})
"""Defect type -> by how many grey levels it is brighter."""


def draw_part(
    seed: int, *, defective: bool = False, strength: float = STRENGTH, side: int = SIDE
) -> tuple[RGBImage, Mask]:
    """Draw a grey disc with grain; a defect is a brighter square at `DEFECT`, scaled."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:side, 0:side] / side - 0.5
    grey = np.where(np.hypot(rows, columns) < 0.42, 120.0, 50.0)
    grey += rng.normal(0, 4, (side, side)) + rng.normal(0, 3)
    mask = np.zeros((side, side), bool)
    if defective:
        scale = side / SIDE
        mask[tuple(slice(round(s.start * scale), round(s.stop * scale)) for s in DEFECT)] = True
        grey[mask] += strength
    image = np.clip(grey, 0, 255).astype(np.uint8)
    return np.repeat(image[:, :, None], 3, axis=2), mask


def write_dataset(
    root: Path,
    *,
    category: str = "disc",
    num_train: int = 12,
    num_test: int = 4,
    num_bad: int | None = None,
    defects: Mapping[str, float] = SPOT,
    side: int = SIDE,
    seed: int = 0,
) -> Path:
    """Write a category with normal training images, and good and marked test images.

    Args:
        root: of the dataset.
        category: to be written.
        num_train: good parts to learn from.
        num_test: good parts to test with.
        num_bad: of each type of defect; as many as good ones by default.
        defects: type -> by how many grey levels it is brighter.
        side: of the images.
        seed: the same names come with other pixels for another one, best a multiple of 10,000.
    """
    folder = root / category
    for index in range(num_train):
        write_part(
            folder / "train" / "good" / f"{index:03d}.png", draw_part(seed + index, side=side)[0]
        )
    for index in range(num_test):
        good, _ = draw_part(seed + 1000 + index, side=side)
        write_part(folder / "test" / "good" / f"{index:03d}.png", good)
    for place, (kind, strength) in enumerate(defects.items()):
        for index in range(num_test if num_bad is None else num_bad):
            number = seed + 2000 + 500 * place + index
            bad, mask = draw_part(number, defective=True, strength=strength, side=side)
            write_part(folder / "test" / kind / f"{index:03d}.png", bad)
            truth = folder / "ground_truth" / kind / f"{index:03d}_mask.png"
            write_part(truth, mask.astype(np.uint8) * 255)
    return root


def make_samples(folder: Path, *, num_normal: int = 8, num_defective: int = 4) -> list[Sample]:
    """Write images and return them as training samples, the last quarter of each for validation."""
    samples = []
    for kind, count in ((None, num_normal), ("spot", num_defective)):
        for index in range(count):
            image, mask = draw_part(index + (500 if kind else 0), defective=kind is not None)
            path = folder / f"{kind or 'good'}{index}.png"
            mask_path = folder / f"{kind}{index}_mask.png"
            write_part(path, image)
            if kind:
                write_part(mask_path, mask.astype(np.uint8) * 255)
            samples.append(
                Sample(
                    id=path.name,
                    image_path=path,
                    category="disc",
                    split=Split.VALIDATION if index >= 0.75 * count else Split.TRAIN,
                    defect_type=kind,
                    mask_paths=(mask_path,) if kind else (),
                )
            )
    return samples


def write_bad_files(folder: Path) -> dict[str, Path]:
    """Write one file of every kind that must be refused with a sentence."""
    good = folder / "good.png"
    write_part(good, draw_part(3)[0])
    files = {
        "empty": (folder / "empty.png", b""),
        "text": (folder / "text.png", b"this is no image\n"),
        "truncated": (folder / "truncated.png", good.read_bytes()[: good.stat().st_size // 2]),
    }
    for path, content in files.values():
        path.write_bytes(content)
    found = {name: path for name, (path, _) in files.items()}
    found["small"] = folder / "small.png"
    write_part(found["small"], np.zeros((12, 12, 3), np.uint8))
    found["huge"] = folder / "huge.png"
    Image.new("1", (13000, 13000)).save(found["huge"])
    return found


def make_later(folder: Path) -> None:
    """Give a folder a later time, as if what was done in it had taken longer than one tick."""
    state = folder.stat()
    os.utime(folder, ns=(state.st_atime_ns, state.st_mtime_ns + 10**9))


def write_part(path: Path, image: NDArray[Any]) -> None:
    """Write an image, and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
