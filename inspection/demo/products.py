"""The demo products, drawn from a seed and written in the MVTec AD folder layout."""

import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray
from PIL import Image

from inspection.demo import bottle as demo_bottle
from inspection.demo import fabric as demo_fabric
from inspection.demo import washer as demo_washer
from inspection.demo.drawing import Camera, Field
from inspection.errors import DatasetError, SettingsError
from inspection.files import replace_bytes, replace_file
from inspection.paths import natural_key
from inspection.processors import count_processors
from inspection.types import Mask, RGBImage, Sample, Split

DRAWING_VERSION = 1
"""Goes up whenever the same seed draws different pixels."""

NUM_TRAIN_GOOD = 500  # a fifth is held out for calibration: 100 support 1 false alarm in 100
NUM_TEST_GOOD = 60
NUM_PER_DEFECT = 15

MARKER = "demo.json"

_SPLITS = {"train": 0, "test": 1}
_GOLDEN = 0.6180339887498949
_CHUNK = 4  # images that are drawn to the end even when the drawing is stopped

_Drawing = Callable[[Generator, str | None, Generator, float], tuple[Field, Mask]]
_Job = tuple[str, str, str | None, int]


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """One demo product; `key` and the order of `defect_types` seed its images."""

    key: int
    title: str
    defect_types: tuple[str, ...]
    draw: _Drawing


PRODUCTS: Mapping[str, DemoProduct] = {
    "washer": DemoProduct(1, "Turned washer", tuple(demo_washer.DEFECTS), demo_washer.draw_washer),
    "bottle": DemoProduct(2, "Bottle mouth", tuple(demo_bottle.DEFECTS), demo_bottle.draw_bottle),
    "fabric": DemoProduct(3, "Woven fabric", tuple(demo_fabric.DEFECTS), demo_fabric.draw_fabric),
}


def draw_sample(
    product: str, split: str, defect_type: str | None, index: int, *, seed: int = 0
) -> tuple[RGBImage, Mask]:
    """Draw one image and its defect mask, the same whenever and wherever it is drawn.

    Args:
        product: a key of `PRODUCTS`.
        split: "train" or "test"; defects are drawn in "test" only.
        defect_type: one of the product's defect types; None for a good part.
        index: which image of this kind, from 0; defects differ in strength by it.
        seed: another seed draws another set of parts.
    """
    return _draw(product, split, defect_type, (index, seed), is_damaged=True)


def draw_undamaged(
    product: str, defect_type: str, index: int, *, seed: int = 0
) -> tuple[RGBImage, Mask]:
    """Draw the part of a defective test image as it was before the damage, in the same light."""
    return _draw(product, "test", defect_type, (index, seed), is_damaged=False)


def defect_severity(index: int) -> float:
    """Return how strong the defect of this index is, from 0 (barely visible) to 1 (obvious)."""
    return 1.0 - (index * _GOLDEN) % 1.0  # spreads evenly however many are drawn


def _draw(
    name: str, split: str, defect_type: str | None, numbers: tuple[int, int], *, is_damaged: bool
) -> tuple[RGBImage, Mask]:
    index, seed = numbers
    product = _find(name)
    _check_request(name, split, defect_type, numbers)
    kind = 0 if defect_type is None else 1 + product.defect_types.index(defect_type)
    part_rng, defect_rng, camera_rng = (
        Generator(PCG64(SeedSequence([seed, product.key, _SPLITS[split], kind, index, stream])))
        for stream in range(3)
    )
    shown = defect_type if is_damaged else None
    light, mask = product.draw(part_rng, shown, defect_rng, defect_severity(index))
    return Camera.draw(camera_rng).expose(light, camera_rng), mask


def _find(name: str) -> DemoProduct:
    if name not in PRODUCTS:
        raise SettingsError(
            f"There is no demo product named {name!r}.", f"Choose from {', '.join(PRODUCTS)}."
        )
    return PRODUCTS[name]


def _check_request(
    name: str, split: str, defect_type: str | None, numbers: tuple[int, int]
) -> None:
    if split not in _SPLITS:
        raise SettingsError(f"There is no split named {split!r}.", "Choose train or test.")
    types = PRODUCTS[name].defect_types
    if defect_type is not None and defect_type not in types:
        raise SettingsError(
            f"The demo product {name} has no defect type {defect_type!r}.",
            f"Choose from {', '.join(types)}.",
        )
    if defect_type is not None and split == "train":
        raise SettingsError("Training parts have no defects.", "Draw defects in the test split.")
    if min(numbers) < 0:
        raise SettingsError("Index and seed cannot be negative.", "Give 0 or more.")


def write_demo_data(
    root: Path,
    *,
    seed: int = 0,
    products: Sequence[str] | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    only: Callable[[str], bool] | None = None,
) -> Path:
    """Write what is missing of the demo products below `root`, even after an interruption.

    Args:
        root: a folder that is new, empty, or holds demo data of the same seed.
        seed: draws another set of parts.
        products: which ones; all of them by default.
        workers: processes to draw with; one per core by default, and 1 draws in this process.
        progress: called with (images done, images in total).
        only: says for an image id such as "washer/test/scratch/000.png" whether it is wanted.

    Raises:
        DatasetError: the folder cannot be used.
        SettingsError: an unknown product or a negative seed.
    """
    names = list(PRODUCTS) if products is None else list(products)
    jobs = sorted((job for name in names for job in _jobs(name)), key=_urgency)
    jobs = [job for job in jobs if only is None or only(image_id(*job))]
    try:
        _claim(root, seed)
        missing = [job for job in jobs if not _is_written(root, job)]
        counts = _write_all(root, seed, missing, workers)
        for count in accumulate(counts, initial=len(jobs) - len(missing)):
            if progress is not None:
                progress(count, len(jobs))
    except OSError as error:
        raise DatasetError(
            f"The demo data cannot be written to {root}: {error.strerror or error}.",
            "Choose a folder that you may write to, on a disk with room.",
        ) from error
    return root


def list_samples(root: Path, products: Sequence[str]) -> tuple[Sample, ...]:
    """Return every image of demo products as a dataset has them, whether they were drawn or not."""
    samples = [_to_sample(root, job) for name in products for job in _jobs(name)]
    return tuple(sorted(samples, key=lambda sample: natural_key(sample.id)))


def is_demo(root: Path) -> bool:
    """Return whether a folder holds demo data of the seed and the version that are drawn now."""
    try:
        return _read_marker(root / MARKER) == {"drawing": DRAWING_VERSION, "seed": 0}
    except (DatasetError, OSError):
        return False


def _to_sample(root: Path, job: _Job) -> Sample:
    name, split, defect_type, _ = job
    image_path, mask_path = _paths(root, job)
    masks = () if mask_path is None else (mask_path,)
    return Sample(image_id(*job), image_path, name, Split(split), defect_type, masks)


def _urgency(job: _Job) -> tuple[bool, int]:
    """Sort images that are tested on first, and of each kind as many: a part shows what all are."""
    _, split, _, index = job
    return split == "train", index


def image_id(product: str, split: str, defect_type: str | None, index: int) -> str:
    """Return the path of an image below the root, with forward slashes."""
    return f"{product}/{split}/{defect_type or 'good'}/{index:03d}.png"


def _jobs(name: str) -> Iterator[_Job]:
    product = _find(name)
    yield from ((name, "test", None, index) for index in range(NUM_TEST_GOOD))
    for defect_type in product.defect_types:
        yield from ((name, "test", defect_type, index) for index in range(NUM_PER_DEFECT))
    yield from ((name, "train", None, index) for index in range(NUM_TRAIN_GOOD))


def _paths(root: Path, job: _Job) -> tuple[Path, Path | None]:
    """Return where an image lies and, for a defect, its mask."""
    name, _, defect_type, index = job
    image_path = root / image_id(*job)
    if defect_type is None:
        return image_path, None
    return image_path, root / name / "ground_truth" / defect_type / f"{index:03d}_mask.png"


def _is_written(root: Path, job: _Job) -> bool:
    return all(path is None or path.exists() for path in _paths(root, job))


def _claim(root: Path, seed: int) -> None:
    """Mark the folder as demo data of this seed, or refuse one that holds something else."""
    if seed < 0:
        raise SettingsError("The seed cannot be negative.", "Give 0 or more.")
    if root.exists() and not root.is_dir():
        raise DatasetError(f"{root} is a file, not a folder.", "Name a folder for the demo data.")
    marker = root / MARKER
    wanted = {"drawing": DRAWING_VERSION, "seed": seed}
    root.mkdir(parents=True, exist_ok=True)
    if marker.exists():
        found = _read_marker(marker)
        if found != wanted:
            raise DatasetError(
                f"{root} holds demo data of {_describe(found)}, not of {_describe(wanted)}.",
                "Delete that folder, or name another one.",
            )
        return
    if any(not path.name.startswith(".") for path in root.iterdir()):
        raise DatasetError(
            f"{root} already holds other files, and demo data is never mixed with them.",
            "Name a new or an empty folder.",
        )
    replace_bytes(marker, (json.dumps(wanted) + "\n").encode())


def _read_marker(marker: Path) -> object:
    try:
        return json.loads(marker.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DatasetError(
            f"{marker} cannot be read as the marker of demo data.",
            f"Delete the folder {marker.parent}, or name another one.",
        ) from error


def _describe(marker: object) -> str:
    if not isinstance(marker, dict):
        return "an unknown kind"
    return f"seed {marker.get('seed')} and drawing version {marker.get('drawing')}"


def _write_all(root: Path, seed: int, jobs: list[_Job], workers: int | None) -> Iterator[int]:
    """Write the images in other processes where that pays, and yield how many are done."""
    chunks = [jobs[start : start + _CHUNK] for start in range(0, len(jobs), _CHUNK)]
    wanted = count_processors() if workers is None else workers
    num_workers = min(wanted, 61, len(chunks) // 2)  # Windows allows 61
    if num_workers > 1:
        num_done = 0
        try:
            for count in _write_parallel(root, seed, chunks, num_workers):
                num_done += 1
                yield count
            return
        except (BrokenProcessPool, OSError):  # no processes to be had: go on in this one
            chunks = chunks[num_done:]
    for chunk in chunks:
        yield _write_chunk(root, seed, chunk)


def _write_parallel(
    root: Path, seed: int, chunks: list[list[_Job]], num_workers: int
) -> Iterator[int]:
    pool = ProcessPoolExecutor(num_workers, mp_context=get_context("spawn"))
    try:
        with _deaf_processes():
            counts = pool.map(_write_chunk, [root] * len(chunks), [seed] * len(chunks), chunks)
        yield from counts
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _deaf_processes() -> Iterator[None]:
    """Start processes that do not hear Ctrl+C.

    A terminal sends it to them too, but only the one that asked for them knows what to do.
    """
    if sys.platform == "win32":  # which knows no masks
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # processes inherit it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _write_chunk(root: Path, seed: int, jobs: list[_Job]) -> int:
    # glibc hands freed arrays back to the system and faults them in again, which doubles the time,
    # until it has once seen a large one freed
    np.empty(3_900_000)
    for job in jobs:
        if _is_written(root, job):
            continue
        image, mask = draw_sample(*job, seed=seed)
        image_path, mask_path = _paths(root, job)
        if mask_path is not None:
            _write_png(mask_path, np.where(mask, 255, 0).astype(np.uint8))
        _write_png(image_path, image)
    return len(jobs)


def _write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as file:
        # level 1 with run lengths only: grain does not compress, so do not search for repeats
        Image.fromarray(pixels).save(file, format="PNG", compress_level=1, compress_type=3)
