"""Measure what people wait for, in one run on one machine; `make bench` prints the table.

The page is started as a person would and asked until it answers; then the three detectors inspect
one 1024 x 1024 image, warm; then anomalib's `Engine.predict` does the PatchCore part of it alone.
"""

import logging
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import warnings
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import numpy as np
from PIL import Image

from benchmarks import explore

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ROOT / "checkpoints" / "demo" / "washer"
PORT = 7899
LAST_LINE = "  PatchCore"  # the page prints a line per detector when it has answered
ENGINES = (  # PatchCore alone: with our sizes, then as anomalib sets it up for 400 images
    ("ResNet-18, 4,000 ", "resnet18", (4000, 384)),
    ("WRN-50, 41,000   ", "wide_resnet50_2", (41_000, 1536)),
)
SIDE = 1024
REPEATS = 7
PATIENCE = 120.0  # seconds until a start is given up


def main() -> None:
    """Run everything and print one line per figure."""
    warnings.simplefilter("ignore")
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    answered, inspected = time_start()
    print(f"page answers after                       {answered:8.2f} s   (target 6)")
    print(f"first inspection done after              {inspected:8.2f} s   (target 15)")
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "part.png"
        write_image(image)
        ours = time_inspection(image)
        print(f"three detectors, {SIDE} px image, warm     {1000 * ours:8.0f} ms")
        print(f"peak memory so far                       {peak_memory_mb():8.0f} MB")
        for title, backbone, bank in ENGINES:
            engine = time_engine(image, Path(folder), backbone=backbone, bank=bank)
            print(f"anomalib Engine.predict, {title} {1000 * engine:8.0f} ms")
            print(f"ratio                                    {engine / ours:8.1f} x   (target 10)")
    explore.run()


def time_start() -> tuple[float, float]:
    """Return seconds until the page answers, and until its first inspection is done."""
    start = time.perf_counter()
    command = [sys.executable, "app.py", "--port", str(PORT)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        answered = wait_until_it_answers(start)
        for line in process.stdout or ():
            if line.startswith(LAST_LINE):
                return answered, time.perf_counter() - start
    finally:
        process.terminate()
        process.wait()
    raise SystemExit("The page ended before its first inspection was done.")


def wait_until_it_answers(start: float) -> float:
    """Ask for the page until it comes."""
    while time.perf_counter() - start < PATIENCE:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5) as answer:
                answer.read()
            return time.perf_counter() - start
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise SystemExit(f"The page did not answer within {PATIENCE:.0f} s.")


def write_image(path: Path) -> None:
    """Write a demo washer, enlarged to 1024 x 1024."""
    from inspection.demo import draw_sample

    image, _ = draw_sample("washer", "test", "scratch", 0)
    Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(path)


def time_inspection(path: Path) -> float:
    """Return seconds from an image file to the last of three findings, warm."""
    from detectors.workflow import load_channel
    from inspection.images import read_image
    from inspection.pipeline import inspect_image

    names = ("cae", "unet", "patchcore")
    channels = {name: load_channel(PRODUCT / name, device="cpu") for name in names}
    return median_time(lambda: inspect_image(read_image(path), channels))


def time_engine(path: Path, folder: Path, *, backbone: str, bank: tuple[int, int]) -> float:
    """Return seconds of one `Engine.predict` call on a PatchCore with a random bank (rows, d)."""
    import torch
    from anomalib.engine import Engine
    from anomalib.models import Patchcore

    logging.disable(logging.INFO)
    model = Patchcore(backbone=backbone, layers=["layer2", "layer3"], pre_trained=False)
    rows = np.random.default_rng(0).random(bank, np.float32)
    model.model.memory_bank = torch.from_numpy(rows)
    engine = Engine(default_root_dir=folder, accelerator="cpu", enable_progress_bar=False)
    return median_time(lambda: engine.predict(model=model, data_path=path), repeats=3)


def median_time(work: Callable[[], object], *, repeats: int = REPEATS) -> float:
    """Return the median of repeated calls, after two to warm up."""
    for _ in range(2):
        work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def peak_memory_mb() -> float:
    """Return the largest resident size of this process, where the system tells it."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)  # macOS counts bytes


if __name__ == "__main__":
    main()
