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
NUM_BATCHES = 2  # one after another, of the same visitor


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
            return batches.answer(kept, {"do": what, "product": KEY, **given})

        def give(run: int, place: int) -> None:
            upload = Path(f"{run}-{place:06d}") / "part.png"
            (folder / upload).parent.mkdir()
            shutil.copyfile(samples[place % len(samples)].image_path, folder / upload)
            named = {"upload": upload.as_posix(), "name": f"{place}.png"}
            answer = ask("one", run=run, place=place, **named)
            if "problem" in answer:
                raise SystemExit(answer["problem"])

        for run in range(NUM_BATCHES):
            ask("start", run=run)
            begun = time.perf_counter()
            for place in range(count):
                give(run, place)
                if place + 1 in (WARM, count):
                    print(f"batch {run + 1}, {place + 1:3} images: memory {read_memory():6.0f} MB")
            milliseconds = 1000 * (time.perf_counter() - begun) / count
            print(f"batch {run + 1}, per image:  {milliseconds:11.0f} ms")
        print(f"files left on the disk: {len(list(Path(folder).rglob('*.png'))):8}")
        begun = time.perf_counter()
        made = batches.report(kept, {"run": run, "place": count})
        seconds = time.perf_counter() - begun
        size = len(base64.b64decode(made["content"])) / 1e6
        print(f"report as PDF: {seconds:17.1f} s, {size:.1f} MB, memory {read_memory():6.0f} MB")


def read_memory() -> float:
    """Return the resident size of this process in MB."""
    if sys.platform != "linux":
        raise SystemExit("The memory is read on Linux only.")
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    typer.run(measure)
