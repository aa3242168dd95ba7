"""Stand-ins for detectors, products and a catalogue, in NumPy: the page needs no torch."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detectors import list_detectors
from inspection.detector import Channel, DetectorInfo, StoredDetector, Weights
from inspection.embedding import FIELDS, Embed
from inspection.evaluation.evaluate import EvaluationJob, evaluate
from inspection.evaluation.files import read_identity, save_evaluation
from inspection.files import FORMAT, write_json
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import CARD, load_calibration, save_calibration
from inspection.products.familiarity import (
    LEAST_LIMIT,
    ProductLook,
    SizeRange,
    embed_whole,
    save_look,
)
from inspection.types import Calibration, Prediction, RGBImage, Sample, Size, TrainingRecord

DETECTORS = ("cae", "unet", "patchcore")
SIDE = 64
NUM_CALIBRATION = 100
GAINS = {"cae": 0.05, "unet": 1.0, "patchcore": 3.0}
BLURS = {"cae": 2.0, "unet": 0.8, "patchcore": 3.0}


def make_infos(*names: str) -> dict[str, DetectorInfo]:
    """Return what people see of these detectors, also of one that does not exist."""
    known = list_detectors()
    return {name: known.get(name, DetectorInfo(name, name)) for name in names}


@dataclass(frozen=True, slots=True)
class FakeSettings:
    """Settings of a detector that has none of its own."""

    input_size: Size
    seed: int = 0


class FakeDetector:
    """Finds what is brighter than a part should be; `weakness` makes it miss the faint."""

    name: ClassVar[str] = "fake"

    def __init__(self, name: str, *, side: int = SIDE, weakness: float = 0.0) -> None:
        self.kind = name
        self.side = side
        self.weakness = weakness
        self.settings = FakeSettings((side, side))
        self.state: dict[str, Any] = {}
        summary = "trained on 48 labelled defects" if name == "unet" else "trained on 300 parts"
        self.training: TrainingRecord | None = TrainingRecord(
            "part", {}, 300, 48, 0, 1.0, "2026-11-20T00:00:00Z", "cpu", summary
        )

    @property
    def input_size(self) -> Size:
        return (self.side, self.side)

    @property
    def min_threshold(self) -> float:
        return 0.0

    def fit(self, samples: Sequence[Sample]) -> Self:
        return self

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        return [self._predict(image) for image in images]

    def _predict(self, image: RGBImage) -> Prediction:
        grey = image.mean(axis=2, dtype=np.float32) / 255
        excess = np.maximum(np.abs(grey - 0.45) - self.weakness, 0)
        blurred = cv2.GaussianBlur(excess, (0, 0), BLURS[self.kind] * self.side / SIDE)
        anomaly_map = (GAINS[self.kind] * blurred).astype(np.float32)
        measures = {
            "cae": {"mean_squared_error": float(np.square(excess).mean())},
            "unet": {"mean_mask_probability": float(anomaly_map.mean())},
        }
        return Prediction(anomaly_map, measures.get(self.kind, {}))

    def weights(self) -> Weights:
        raise AssertionError("the page never saves a detector")

    def restore(self, stored: StoredDetector) -> None:
        raise AssertionError("the page is handed a detector that is loaded")


def draw_part(
    seed: int, *, strength: float = 0.0, side: int = 96
) -> tuple[RGBImage, NDArray[np.bool_]]:
    """Draw a grey part, with a bright square of known place where strength is above 0."""
    rng = np.random.default_rng(seed)
    grey = 0.45 + 0.02 * rng.standard_normal((side, side))
    mask = np.zeros((side, side), np.bool_)
    if strength > 0:
        top, left = rng.integers(side // 6, side // 2, 2)
        mask[top : top + side // 6, left : left + side // 5] = True
        grey = grey + strength * mask
    image = (255 * np.clip(grey, 0, 1)).astype(np.uint8)
    return np.repeat(image[:, :, None], 3, axis=2), mask


def write_product(
    root: Path, category: str = "part", *, num_good: int = 4, num_bad: int = 3
) -> None:
    """Write the test part of a product in the MVTec layout, and one training image."""
    for kind, count, strength in (
        ("good", num_good, 0.0),
        ("scratch", num_bad, 0.4),
        ("dent", num_bad, 0.2),
    ):
        for index in range(count):
            image, mask = draw_part(100 * len(kind) + index, strength=strength)
            _write(root / category / "test" / kind / f"{index:03d}.png", image)
            if strength:
                grey = mask.astype(np.uint8) * 255
                _write(root / category / "ground_truth" / kind / f"{index:03d}_mask.png", grey)
    _write(root / category / "train" / "good" / "000.png", draw_part(1)[0])
    _write(root / category / "train" / "good" / "001.png", draw_part(2)[0])


def write_checkpoint(
    folder: Path,
    *,
    num_normal: int = NUM_CALIBRATION,
    seen: Mapping[str, str] | None = None,
    min_threshold: float = 0.0,
) -> None:
    """Write what the catalogue reads of a checkpoint; the weights are the fake's own."""
    folder.mkdir(parents=True)
    scores = np.array(normal_scores(folder.name, num_normal), np.float32)
    order = np.argsort(scores, kind="stable")
    units = tuple(f"part/train/good/{index:03d}.png" for index in order)
    card = {"format": FORMAT, "training": {"seen": dict(seen or {})}, "weights_sha256": "00"}
    write_json(folder / CARD, card)
    calibration = Calibration(scores[order], units, min_threshold)
    save_calibration(folder, calibration, seen or {})


@cache
def normal_scores(name: str, count: int) -> tuple[float, ...]:
    """Return the scores of good parts, drawn once per test run."""
    images = [draw_part(10_000 + index)[0] for index in range(count)]
    resized = [np.asarray(Image.fromarray(image).resize((SIDE, SIDE))) for image in images]
    return tuple(found.image_score for found in FakeDetector(name).predict(resized))


class FakeEmbed:
    """Sees the mean colour and its inverse in each of 2 x 2 fields."""

    def __init__(self, source: str = "fake") -> None:
        self.source = source

    def __call__(self, images: Sequence[RGBImage]) -> NDArray[np.float32]:
        small = np.stack([cv2.resize(one, (2, 2), interpolation=cv2.INTER_AREA) for one in images])
        fields = small.reshape(len(images), FIELDS, 3).astype(np.float32)
        channels = np.concatenate([fields, 255 - fields], axis=2)  # (n, fields, 6)
        return channels.transpose(0, 2, 1).reshape(len(images), -1)


def write_look(folder: Path, image: RGBImage | None = None) -> ProductLook:
    """Keep in the folder of a product that it looks like drawn parts, or like an image."""
    images = [draw_part(20_000 + index)[0] if image is None else image for index in range(40)]
    vectors = embed_whole(FakeEmbed(), images)
    units = tuple(f"part/train/good/{index:03d}.png" for index in range(20))
    calibration = Calibration(np.full(20, 0.1, np.float32), units, 1.0)
    sizes = SizeRange.of([(one.shape[0], one.shape[1]) for one in images])
    references = vectors.astype(np.float16).astype(np.float32)
    look = ProductLook(FakeEmbed().source, references, LEAST_LIMIT, sizes, calibration)
    save_look(folder, look)
    return look


def make_catalog(
    root: Path,
    *,
    trained: Sequence[str] = DETECTORS,
    categories: Sequence[str] = ("part",),
    weakness: Mapping[str, float] | None = None,
    further: Sequence[Path] = (),
    base: type[FakeDetector] = FakeDetector,
    embed: Embed | None = None,
) -> Catalog:
    """Return a catalogue of drawn products whose detectors are fakes of one kind."""
    for category in categories:
        write_product(root / "data" / "drawn", category)
        for name in trained:
            write_checkpoint(root / "checkpoints" / "drawn" / category / name)

    def load(folder: Path) -> Channel:
        lack = (weakness or {}).get(folder.name, 0.0)
        named = type("NamedFake", (base,), {"name": folder.name})
        return Channel(named(folder.name, weakness=lack), load_calibration(folder).calibration)

    return Catalog(
        root / "checkpoints",
        [root / "data" / "drawn", *further],
        loader=load,
        detectors=make_infos(*DETECTORS),
        embed=embed,
    )


def write_evaluations(catalog: Catalog, key: str, *, rate: float = 0.02) -> None:
    """Evaluate every trained detector of a product and keep the reports beside the weights."""
    product = catalog.product(key)
    product = catalog.product(key)
    for name in catalog.checkpoints.trained(product):
        folder = product.folder / name
        job = EvaluationJob(catalog.samples.unseen(product), rate, read_identity(folder))
        save_evaluation(folder, evaluate(catalog.channels.judging(product, name), job))


def write_bad_files(folder: Path) -> dict[str, Path]:
    """Write one file of every kind that must be refused with a sentence."""
    folder.mkdir(parents=True, exist_ok=True)
    good = folder / "good.png"
    _write(good, draw_part(3)[0])
    files = {
        "empty": (folder / "empty.png", b""),
        "text": (folder / "text.png", b"this is no image\n"),
        "truncated": (folder / "truncated.png", good.read_bytes()[: good.stat().st_size // 2]),
    }
    for path, content in files.values():
        path.write_bytes(content)
    found = {name: path for name, (path, _) in files.items()}
    found["small"] = folder / "small.png"
    _write(found["small"], np.zeros((12, 12, 3), np.uint8))
    found["huge"] = folder / "huge.png"
    Image.new("1", (13000, 13000)).save(found["huge"])
    return found


def to_json(value: object) -> str:
    """Return JSON, and fail on what Gradio could not send."""
    return json.dumps(value, allow_nan=False)


def _write(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
