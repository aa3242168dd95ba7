"""How well products are distinguished: `python -m benchmarks.familiarity --data DIR --data DIR`.

A familiarity model is fitted to the normal training images of each category, as `cli.py train`
does, and applied to its own test images, to changed ones, and to those of all others.
"""

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from detectors.backbones.embedding import Embedder
from inspection.datasets.dataset import Dataset, read_dataset
from inspection.embedding import EMBED_BATCH, Embed
from inspection.errors import InspectionError
from inspection.images import read_sample
from inspection.products.familiarity import FamiliarityModel, embed_whole, fit_familiarity
from inspection.products.splits import apply_split, make_split
from inspection.types import RGBImage, Sample, Size, Split

NUM_CHANGED = 20  # good test images that are changed
NUM_OTHERS = 200  # images at most that a category lends to the others
CHANGES: Mapping[str, Callable[[RGBImage], RGBImage]] = {
    "turned by 90 degrees": lambda image: np.rot90(image).copy(),
    "upside down": lambda image: image[::-1, ::-1].copy(),
    "light x 0.6": lambda image: _light(image, 0.6),
    "light x 1.6": lambda image: _light(image, 1.6),
    "without colour": lambda image: np.repeat(_light(image.mean(2, keepdims=True), 1), 3, axis=2),
    "a tenth cut off all round": lambda image: _cut(image, 0.1),
    "a quarter cut off all round": lambda image: _cut(image, 0.25),
    "a black square of 10 %": lambda image: _blacken(image, 0.1),
    "a black square of 20 %": lambda image: _blacken(image, 0.2),
    "a black square of 30 %": lambda image: _blacken(image, 0.3),
}


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Images as the small backbone sees them."""

    vectors: NDArray[np.float32]
    sizes: Sequence[Size]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A category with its familiarity model and its test images."""

    model: FamiliarityModel
    good: Seen
    defective: Seen
    changed: Mapping[str, Seen]


def compare(
    data: Annotated[list[Path], typer.Option(help="Dataset folder; may be repeated.")],
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Print which share of good, defective, changed and foreign images is taken for foreign."""
    embed = Embedder(device=device)
    known: dict[str, Known] = {}
    for folder in data:
        dataset = read_dataset(folder)
        for category in dataset.categories:
            known[category] = learn(dataset.of(category), embed)
    for name, one in known.items():
        others = {key: rest.model for key, rest in known.items() if key != name}
        count = functools.partial(count_refused, one.model, others)
        promised = f"{100 * one.model.rate:.3g} per 100 from {one.model.calibration.num_normal}"
        print(f"{name}: promised {promised}; good {count(one.good)}", flush=True)
        print(f"  defective {count(one.defective)}")
        print(f"  others: {', '.join(f'{key} {count(known[key].good)}' for key in others)}")
        alone = (f"{key} {count_refused(one.model, {}, known[key].good)}" for key in others)
        print(f"  others, if none of them is known: {', '.join(alone)}")
        print(f"  {', '.join(f'{key} {count(seen)}' for key, seen in one.changed.items())}")


def learn(dataset: Dataset, embed: Embed) -> Known:
    """Fit the familiarity model of one category and read its test images."""
    used = apply_split(dataset.samples, make_split(dataset.samples))
    tested = [sample for sample in used if sample.split is Split.TEST]
    good = [sample for sample in tested if not sample.is_anomalous]
    bad = [sample for sample in tested if sample.is_anomalous]
    pictures = [read_sample(sample) for sample in good[:NUM_CHANGED]]
    return Known(
        fit_familiarity(used, embed),
        _look_at(good[:NUM_OTHERS], embed),
        _look_at(bad, embed),
        {name: _see([change(one) for one in pictures], embed) for name, change in CHANGES.items()},
    )


def _look_at(samples: Sequence[Sample], embed: Embed) -> Seen:
    parts = [
        _see([read_sample(one) for one in samples[start : start + EMBED_BATCH]], embed)
        for start in range(0, len(samples), EMBED_BATCH)
    ]
    return Seen(
        np.concatenate([part.vectors for part in parts]),
        [size for part in parts for size in part.sizes],
    )


def _see(images: Sequence[RGBImage], embed: Embed) -> Seen:
    return Seen(embed_whole(embed, images), [(one.shape[0], one.shape[1]) for one in images])


def count_refused(
    model: FamiliarityModel, others: Mapping[str, FamiliarityModel], seen: Seen
) -> str:
    """Return how many of some images are refused as another product."""
    pairs = zip(seen.vectors, seen.sizes, strict=True)
    found = [model.judge(vector, size, lambda: others) for vector, size in pairs]
    return f"{sum(not one.is_familiar for one in found)} of {len(found)}"


def _light(image: NDArray[np.generic], factor: float) -> RGBImage:
    return np.asarray(np.clip(np.asarray(image, np.float32) * factor, 0, 255), np.uint8)


def _cut(image: RGBImage, share: float) -> RGBImage:
    top, left = (round(share * side) for side in image.shape[:2])
    return image[top : image.shape[0] - top, left : image.shape[1] - left].copy()


def _blacken(image: RGBImage, share: float) -> RGBImage:
    """Return an image with a black rectangle on it, to the upper left of its middle."""
    changed = image.copy()
    height, width = (round(share**0.5 * side) for side in image.shape[:2])
    top, left = (image.shape[0] - height) // 3, (image.shape[1] - width) // 3
    changed[top : top + height, left : left + width] = 0
    return changed


if __name__ == "__main__":
    try:
        typer.run(compare)
    except InspectionError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)
