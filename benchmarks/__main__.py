"""Measure what people wait for, in one run on one machine; `make bench` prints the table.

The page is started as a person would and asked until it answers; then it is given one 1024 x 1024
image, warm, over HTTP, frames as the live camera sends them, and the slider of a fading defect is
moved; in a browser the next image is shown before and after every view was opened. The three
detectors inspect the same image in this process, without page and transport; then anomalib's
`Engine.predict` does the PatchCore part of that alone. Last, each of them is trained on some large
images, within a time limit, a study asks all three how small a defect they see, and a large dataset
is explored.
"""

import logging
import os
import platform
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import browser, explore, sensitivity, training
from benchmarks.page import Visitor, read_peak_memory, running_page
from detectors import list_defaults
from inspection.detector import Channel
from tests.browser import DESKTOP, find_browser, open_browser, open_page

PRODUCT_KEY = "demo/washer"
DETECTORS = list_defaults()
ENGINES = (  # PatchCore alone: with our sizes, then as anomalib sets it up for 400 images
    ("ResNet-18, 4,000 ", "resnet18", (4000, 384)),
    ("WRN-50, 41,000   ", "wide_resnet50_2", (41_000, 1536)),
)
SIDE = 1024
REPEATS = 7


def main() -> None:
    """Run everything and print one line per measurement."""
    warnings.simplefilter("ignore")
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "part.png"
        measure_page(image)
        ours = time_inspection(image)
        print(f"{len(DETECTORS)} detectors in this process, warm        {1000 * ours:8.0f} ms")
        for title, backbone, bank in ENGINES:
            engine = time_engine(image, Path(folder), backbone=backbone, bank=bank)
            print(f"anomalib Engine.predict, {title} {1000 * engine:8.0f} ms")
            print(f"ratio                                    {engine / ours:8.1f} x   (target 10)")
        training.run(Path(folder))
    sensitivity.run(load_channels())
    explore.run()


def measure_page(image: Path) -> None:
    """Start the page, then give it an image as a visitor does, and print what that takes."""
    with running_page() as page:
        print(f"page answers after                       {page.answered:8.2f} s   (target 6)")
        print(f"first inspection done after              {page.inspected:8.2f} s   (target 15)")
        write_image(image)
        visitor = Visitor(page.url)
        warm = median_time(lambda: inspect_and_wait(visitor, image))
        print(f"page, {SIDE} px image to last answer, warm {1000 * warm:8.0f} ms")
        lasted = time_frames(visitor, image.with_suffix(".jpg"))
        print(f"page, live camera, frames per second     {1 / lasted:8.1f}     (target 3)")
        moved = time_slider(visitor)
        print(f"page, slider of a fading defect, warm    {1000 * moved:8.0f} ms   (target 300)")
        measure_browser(page.url)
        peak = read_peak_memory(page.pid)
    if peak is None:
        print("peak memory of the page: not measured, only Linux reports that of another process")
    else:
        print(f"peak memory of the page                  {peak:8.0f} MB")


def measure_browser(url: str) -> None:
    """Print what the next image takes in a browser: in a fresh page, and with much in the page."""
    if find_browser() is None:
        print("page in a browser: not measured, no Chromium is installed")
        return
    with open_browser() as chromium, open_page(chromium, url, [], viewport=DESKTOP) as shown:
        fresh = median_time(lambda: browser.show_next(shown))
        browser.open_every_view(shown)
        later = median_time(lambda: browser.show_next(shown))
    print(f"page in a browser, next image            {1000 * fresh:8.0f} ms")
    print(f"the same, after every view was opened    {1000 * later:8.0f} ms")


def inspect_and_wait(visitor: Visitor, image: Path) -> None:
    """Have an image inspected, by all three detectors or by none."""
    answers = visitor.inspect(PRODUCT_KEY, image)
    if answers != len(DETECTORS):
        raise SystemExit(f"{answers} of {len(DETECTORS)} detectors answered on the page.")


def time_frames(visitor: Visitor, path: Path) -> float:
    """Return seconds from a frame of the live camera to the answer of all detectors."""
    from inspection.demo.products import draw_sample

    image, _ = draw_sample("washer", "test", "scratch", 0)
    Image.fromarray(image).save(path, quality=92)  # as large as the page asks for

    def show() -> None:
        if visitor.show_frame(PRODUCT_KEY, path) != len(DETECTORS):
            raise SystemExit("Not all detectors answered a frame.")

    return median_time(show)


def time_slider(visitor: Visitor) -> float:
    """Return seconds from the slider's move to the answer of all detectors, at any strength."""
    visitor.open_lab(PRODUCT_KEY)
    strengths = np.random.default_rng(0).permutation(np.arange(1, 1000, 2) / 1000)
    places = iter(strengths.tolist())

    def move() -> None:
        (frame,) = visitor.slide(next(places))["frames"]
        if not set(DETECTORS) <= set(frame["answers"]):
            raise SystemExit("Not all detectors answered the slider.")

    return median_time(move)


def write_image(path: Path) -> None:
    """Write a demo washer, enlarged to 1024 x 1024."""
    from inspection.demo.products import draw_sample

    image, _ = draw_sample("washer", "test", "scratch", 0)
    Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(path)


def time_inspection(path: Path) -> float:
    """Return seconds from an image file to the last of three findings, warm."""
    from inspection.images import read_image
    from inspection.pipeline import inspect_image

    channels = load_channels()
    return median_time(lambda: inspect_image(read_image(path), channels))


def load_channels() -> dict[str, Channel]:
    """Return the three detectors of a demo product, in this process."""
    from detectors.workflow import load_channel
    from inspection.products.places import CHECKPOINTS

    folder = CHECKPOINTS / PRODUCT_KEY
    return {name: load_channel(folder / name, device="cpu") for name in DETECTORS}


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


if __name__ == "__main__":
    main()
