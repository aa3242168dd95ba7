"""Measure how long a training takes on images as cameras give them."""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from detectors import list_defaults
from detectors.training import TrainingJob, train_product
from inspection.datasets.dataset import read_dataset
from inspection.demo.products import draw_sample

NUM_IMAGES = 64
SIDE = 1024
MOST_SECONDS = 120.0  # of each detector, so that the benchmark ends


def time_training(
    folder: Path, *, num_images: int = NUM_IMAGES, side: int = SIDE
) -> Iterator[tuple[str, float]]:
    """Yield each default detector and the seconds from its first image to its thresholds.

    Args:
        folder: where images and checkpoints go.
        num_images: good parts, the held-out ones among them.
        side: of an image, in pixels.
    """
    _write_parts(folder / "parts/train/good", num_images, side)
    source = read_dataset(folder / "parts")
    for name in list_defaults():
        job = TrainingJob(folder / "checkpoints", {name: {"max_seconds": MOST_SECONDS}})
        (made,) = train_product(source, job)
        yield name, made.seconds


def run(folder: Path) -> None:
    """Print the time of each training."""
    for name, seconds in time_training(folder):
        title = f"train {name}, {NUM_IMAGES} images of {SIDE} px"
        print(f"{title:<40} {seconds:8.0f} s   (at most {MOST_SECONDS:.0f})")


def _write_parts(folder: Path, count: int, side: int) -> None:
    folder.mkdir(parents=True)
    for index in range(count):
        image, _ = draw_sample("washer", "train", None, index)
        large = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
        large.save(folder / f"{index:03d}.png", compress_level=1)
