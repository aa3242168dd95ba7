"""Many images as the page takes them, without a browser: `python -m benchmarks.batch`.

Images of the demo are given again and again, each as a file of its own, to the handler of the view
of many images. Printed are milliseconds per image, the memory of this process before and after, and
what the report of all of them takes.
"""

import base64
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from detectors.catalog import open_catalog
from inspection.products.places import CHECKPOINTS, DEMO_DATA
from ui.inspect.batch.answering import MOST, Batches, Kept

KEY = "demo/bottle"
WARM = 20  # images before the memory is read first


def measure(
    count: Annotated[int, typer.Option("--count", help="Images of the batch.", max=MOST)] = MOST,
) -> None:
    """Give so many images and print what that takes."""
    if not DEMO_DATA.is_dir():
        raise SystemExit("Draw the images of the demo first: `python cli.py demo`.")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        catalog = open_catalog(CHECKPOINTS, [DEMO_DATA])
        batches, kept = Batches(catalog), Kept()
        samples = catalog.samples.unseen(catalog.product(KEY))

        def ask(what: str, **given: Any) -> dict[str, Any]:
            return batches.answer(kept, {"do": what, "product": KEY, "run": 1, **given})

        def give(place: int) -> None:
            upload = Path(f"{place:06d}") / "part.png"
            (folder / upload).parent.mkdir()
            shutil.copyfile(samples[place % len(samples)].image_path, folder / upload)
            answer = ask("one", place=place, upload=upload.as_posix(), name=f"{place}.png")
            if "problem" in answer:
                raise SystemExit(answer["problem"])

        ask("start")
        for place in range(min(WARM, count)):
            give(place)
        before, start = read_memory(), time.perf_counter()
        for place in range(WARM, count):
            give(place)
        seconds = time.perf_counter() - start
        print(f"per image                 {1000 * seconds / max(1, count - WARM):8.0f} ms")
        print(f"memory after {WARM:3} images   {before:8.0f} MB")
        print(f"memory after {count:3} images   {read_memory():8.0f} MB")
        print(f"files left on the disk    {len(list(Path(folder).rglob('*.png'))):8}")
        start = time.perf_counter()
        made = batches.report(kept, {"run": 1, "place": count})
        size = len(base64.b64decode(made["content"])) / 1e6
        print(f"report as PDF             {time.perf_counter() - start:8.1f} s, {size:.1f} MB")
        print(f"memory after the report   {read_memory():8.0f} MB")


def read_memory() -> float:
    """Return the resident size of this process in MB."""
    if sys.platform != "linux":
        raise SystemExit("The memory is read on Linux only.")
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    typer.run(measure)
