"""Products of drawn parts: their images, the checkpoints of fakes, and a catalogue of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from inspection.detector import Channel
from inspection.embedding import Embed
from inspection.evaluation.evaluate import EvaluationJob, evaluate
from inspection.evaluation.files import read_identity, save_evaluation
from inspection.files import FORMAT, write_json
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import load_calibration, save_calibration
from inspection.products.familiarity import (
    LEAST_LIMIT,
    FamiliarityModel,
    SizeRange,
    embed_whole,
    save_familiarity,
)
from inspection.products.manifest import CARD
from inspection.types import AT_THRESHOLD, Calibration, Outline, RGBImage
from tests.doubles.detectors import DETECTORS, FakeDetector, FakeEmbed, make_infos, normal_scores
from tests.doubles.parts import PICTURE_SIDE, draw_part, write_dataset


def write_product(
    root: Path, category: str = "part", *, num_good: int = 4, num_bad: int = 3
) -> None:
    """Write a category for fakes, with sure and with faint defects."""
    write_dataset(
        root,
        category=category,
        num_train=2,
        num_test=num_good,
        num_bad=num_bad,
        defects={"scratch": 102, "dent": 51},
        side=PICTURE_SIDE,
    )


def write_checkpoint(
    folder: Path,
    *,
    num_normal: int = 100,
    seen: Mapping[str, str] | None = None,
    held_out: Mapping[str, str] | None = None,
    outline: Outline = AT_THRESHOLD,
    created: str = "",
) -> None:
    """Write what the catalogue reads of a checkpoint; the weights are the fake's own."""
    folder.mkdir(parents=True)
    scores = np.array(normal_scores(folder.name, num_normal), np.float32)
    order = np.argsort(scores, kind="stable")
    units = tuple(f"part/train/good/{index:03d}.png" for index in order)
    training = {"seen": dict(seen or {}), "created": created}
    write_json(folder / CARD, {"format": FORMAT, "training": training, "weights_sha256": "00"})
    calibration = Calibration(scores[order], units, outline=outline)
    save_calibration(folder, calibration, held_out or {})


def write_familiarity(folder: Path, image: RGBImage | None = None) -> FamiliarityModel:
    """Write a familiarity model of drawn parts, or of an image, into the folder of a product."""
    images = [
        draw_part(20_000 + index, side=PICTURE_SIDE)[0] if image is None else image
        for index in range(40)
    ]
    vectors = embed_whole(FakeEmbed(), images)
    units = tuple(f"part/train/good/{index:03d}.png" for index in range(20))
    calibration = Calibration(np.full(20, 0.1, np.float32), units)
    sizes = SizeRange.of([(one.shape[0], one.shape[1]) for one in images])
    references = vectors.astype(np.float16).astype(np.float32)
    model = FamiliarityModel(FakeEmbed().source, references, LEAST_LIMIT, sizes, calibration)
    save_familiarity(folder, model)
    return model


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
    """Write drawn products; return a catalogue of them whose detectors are fakes of one kind."""
    for category in categories:
        write_product(root / "data" / "drawn", category)
        for name in trained:
            write_checkpoint(root / "checkpoints" / "drawn" / category / name)
    return open_drawn(root, weakness=weakness, further=further, base=base, embed=embed)


def open_drawn(
    root: Path,
    *,
    weakness: Mapping[str, float] | None = None,
    further: Sequence[Path] = (),
    base: type[FakeDetector] = FakeDetector,
    embed: Embed | None = None,
) -> Catalog:
    """Return a catalogue of the drawn products that are there."""

    def load(folder: Path) -> Channel:
        return open_fake(folder, base=base, weakness=weakness)

    return Catalog(
        root / "checkpoints",
        [root / "data" / "drawn", *further],
        loader=load,
        detectors=make_infos(*DETECTORS),
        embed=embed,
    )


def open_fake(
    folder: Path,
    *,
    base: type[FakeDetector] = FakeDetector,
    weakness: Mapping[str, float] | None = None,
) -> Channel:
    """Return the fake of a checkpoint folder, called as the folder."""
    named = type("NamedFake", (base,), {"name": folder.name})
    detector = named(folder.name, weakness=(weakness or {}).get(folder.name, 0.0))
    return Channel(detector, load_calibration(folder).calibration)


def write_evaluations(catalog: Catalog, key: str, *, rate: float = 0.02) -> None:
    """Evaluate every trained detector of a product and keep the reports beside the weights."""
    product = catalog.product(key)
    for name in catalog.checkpoints.trained(product):
        folder = product.folder / name
        job = EvaluationJob(catalog.samples.unseen(product), rate, read_identity(folder))
        save_evaluation(folder, evaluate(catalog.channels.judging(product, name), job))
