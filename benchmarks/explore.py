"""Index and overview of a generated folder with the numbers of MVTec AD, cold and warm.

15 categories, 5,354 images, 1,258 of them defective with a mask. A few drawn pictures stand behind
many names: what is measured, decoding and measuring, is the same for each of them.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

NUM_CATEGORIES = 15
NUM_TRAIN, NUM_GOOD, NUM_BAD = 3629, 467, 1258
DISTINCT = 8
SIDE = 512
FEW, MANY = 60, 1860  # images that are compared with each other
WIDTH = 1536  # of the vectors of the small backbone


def run(side: int = SIDE) -> None:
    """Generate the folder, open it twice and print one line per figure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = write_folder(folder / "mvtec", side)
        cold = time_opening(folder)
        warm = time_opening(folder)
        print(f"explore: index of {count:,} images, {side} px, cold {cold[0]:8.1f} s   (target 20)")
        print(f"explore: the same, warm                     {warm[0]:8.2f} s   (target 1)")
        print(f"explore: tables and plots of the overview {warm[1]:8.2f} s")
        print(f"explore: index on disk                      {cache_size_mb(folder):8.1f} MB")
        print(
            f"explore: comparing {FEW} images with each other  {time_comparing(FEW):8.2f} s of CPU"
        )
        print(
            f"explore: comparing {MANY:,} images               {time_comparing(MANY):8.2f} s of CPU"
        )
        print(f"peak memory of this benchmark so far     {peak_memory_mb():8.0f} MB")


def time_opening(folder: Path) -> tuple[float, float]:
    """Return seconds until the index is there, and seconds of the overview."""
    from eda import overview
    from eda.frame import count_odd, make_frame, make_problem_frame
    from eda.index import open_index
    from inspection.datasets.dataset import read_dataset

    start = time.perf_counter()
    index = open_index(read_dataset(folder / "mvtec"), cache=folder / "cache")
    opened = time.perf_counter()
    frame = make_frame(index)
    overview.make_tiles(frame, num_problems=count_odd(make_problem_frame(index)))
    for draw in (
        overview.draw_splits,
        overview.draw_defect_types,
        overview.draw_sizes,
        overview.draw_light,
    ):
        draw(frame).to_json()
    return opened - start, time.perf_counter() - opened


def time_comparing(count: int) -> float:
    """Return seconds of processor time of near-duplicates and projection, all cores together."""
    from eda.similarity import find_near_duplicates, project

    strengths = np.linspace(2, 0.05, WIDTH, dtype=np.float32)
    vectors = np.random.default_rng(0).standard_normal((count, WIDTH), np.float32) * strengths
    start = time.process_time()
    find_near_duplicates(vectors, [f"category{row % 3}" for row in range(count)])
    project(vectors)
    return time.process_time() - start


def write_folder(root: Path, side: int) -> int:
    """Write the folder in the MVTec AD layout and return its number of images."""
    source = root.parent / "drawn"
    source.mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[0:side, 0:side] / side
    for number in range(DISTINCT):
        grey = 120 + 60 * np.sin(6 * rows + number) * np.cos(5 * columns)
        image = grey[:, :, None] + rng.normal(0, 5, (side, side, 3))
        Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(source / f"image{number}.png")
        spot = np.hypot(rows - rng.uniform(0.2, 0.8), columns - rng.uniform(0.2, 0.8)) < 0.05
        Image.fromarray(spot.astype(np.uint8) * 255).save(source / f"mask{number}.png")
    for part, total in (
        ("train/good", NUM_TRAIN),
        ("test/good", NUM_GOOD),
        ("test/crack", NUM_BAD),
    ):
        for number in range(total):
            category = root / f"category{number % NUM_CATEGORIES:02d}"
            link(source / f"image{number % DISTINCT}.png", category / part / f"{number:05d}.png")
            if part == "test/crack":
                mask = category / "ground_truth" / "crack" / f"{number:05d}_mask.png"
                link(source / f"mask{number % DISTINCT}.png", mask)
    return NUM_TRAIN + NUM_GOOD + NUM_BAD


def link(source: Path, target: Path) -> None:
    """Give a file one more name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target)


def cache_size_mb(folder: Path) -> float:
    """Return the size of the index files."""
    return sum(path.stat().st_size for path in (folder / "cache").iterdir()) / 1e6


def peak_memory_mb() -> float:
    """Return the largest resident size of this process, where the system reports it."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)  # macOS counts bytes


if __name__ == "__main__":
    run()
