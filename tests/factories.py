"""Small images with a defect of known place, and a miniature dataset in the MVTec AD layout."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspection.detector import Channel, StoredDetector, Weights
from inspection.types import Calibration, Mask, Prediction, RGBImage, Sample, Split, TrainingRecord
from tests.fakes import FakeSettings

SIDE = 64
DEFECT = (slice(20, 36), slice(30, 46))  # rows, columns


class BrightnessDetector:
    """Calls bright pixels anomalous; learns nothing and needs no PyTorch."""

    name: ClassVar[str] = "brightness"
    input_size = (SIDE, SIDE)
    min_threshold = 0.0
    settings = FakeSettings((SIDE, SIDE))
    training: TrainingRecord | None = None

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def fit(self, samples: Sequence[Sample]) -> Self:
        return self

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        maps = [image.mean(axis=2).astype(np.float32) for image in images]
        return [Prediction(m, {"mean_brightness": float(m.mean())}) for m in maps]

    def weights(self) -> Weights:
        return {}

    def restore(self, stored: StoredDetector) -> None:
        pass


def draw_part(seed: int, *, defective: bool = False, side: int = SIDE) -> tuple[RGBImage, Mask]:
    """Draw a grey disc with grain; a defect is a bright square at `DEFECT`, scaled."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:side, 0:side] / side - 0.5
    grey = np.where(np.hypot(rows, columns) < 0.42, 120.0, 50.0)
    grey += rng.normal(0, 4, (side, side)) + rng.normal(0, 3)
    mask = np.zeros((side, side), bool)
    if defective:
        scale = side / SIDE
        mask[tuple(slice(round(s.start * scale), round(s.stop * scale)) for s in DEFECT)] = True
        grey[mask] += 90
    image = np.clip(grey, 0, 255).astype(np.uint8)
    return np.repeat(image[:, :, None], 3, axis=2), mask


def write_dataset(
    root: Path,
    *,
    num_train: int = 12,
    num_test: int = 4,
    category: str = "disc",
    side: int = SIDE,
    seed: int = 0,
) -> Path:
    """Write a category with normal training images, and good and marked ("spot") test images.

    The same names come with other pixels for another seed, best a multiple of 10,000.
    """
    folder = root / category
    for index in range(num_train):
        _save(folder / "train" / "good" / f"{index:03d}.png", draw_part(seed + index, side=side)[0])
    for index in range(num_test):
        good, _ = draw_part(seed + 1000 + index, side=side)
        bad, mask = draw_part(seed + 2000 + index, defective=True, side=side)
        _save(folder / "test" / "good" / f"{index:03d}.png", good)
        _save(folder / "test" / "spot" / f"{index:03d}.png", bad)
        truth = folder / "ground_truth" / "spot" / f"{index:03d}_mask.png"
        _save(truth, mask.astype(np.uint8) * 255)
    return root


def make_samples(folder: Path, *, num_normal: int = 8, num_defective: int = 4) -> list[Sample]:
    """Write images and return them as training samples, the last quarter of each for validation."""
    samples = []
    for kind, count in ((None, num_normal), ("spot", num_defective)):
        for index in range(count):
            image, mask = draw_part(index + (500 if kind else 0), defective=kind is not None)
            path = folder / f"{kind or 'good'}{index}.png"
            mask_path = folder / f"{kind}{index}_mask.png"
            _save(path, image)
            if kind:
                _save(mask_path, mask.astype(np.uint8) * 255)
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


def make_calibration(*scores: float, min_threshold: float = 0.0) -> Calibration:
    """Make a calibration whose parts are called p0, p1, ... in the order of their scores."""
    ascending = np.sort(np.array(scores, np.float32))
    return Calibration(ascending, tuple(f"p{i}" for i in range(len(scores))), min_threshold)


def make_channel(*scores: float) -> Channel:
    """Make a channel that flags brightness."""
    return Channel(BrightnessDetector(), make_calibration(*scores))


def _save(path: Path, image: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


def make_later(folder: Path) -> None:
    """Give a folder a later time, as if what was done in it had taken longer than one tick."""
    state = folder.stat()
    os.utime(folder, ns=(state.st_atime_ns, state.st_mtime_ns + 10**9))
