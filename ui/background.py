"""What happens beside the page: samples drawn while it starts, detectors loaded once it is open."""

import atexit
import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from inspection.errors import InspectionError
from inspection.products.catalog import Catalog
from inspection.products.demo_data import draw_samples
from inspection.products.panels import attempt
from inspection.products.places import DEMO_DATA
from inspection.terminal import say
from inspection.uploads.reader import READER
from ui.inspect.first import describe_first_inspection

PATIENCE = 0.5  # seconds; a few images of the demo take less


@contextmanager
def drawing_samples(checkpoints: Path) -> Iterator[None]:
    """Draw the demo samples meanwhile; what keeps them from being drawn does not stop the page."""
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        drawing = pool.submit(
            draw_samples, DEMO_DATA, checkpoints / DEMO_DATA.name, is_stopped=stop.is_set
        )
        try:
            yield
            troubles = drawing.result()
        finally:
            stop.set()  # or the pool would wait for all of them, whatever has gone wrong
    for trouble in troubles:
        say_note(trouble)


def start_background(catalog: Catalog) -> threading.Thread:
    """Load what the first visitor needs, then draw the rest of the demo; both end with the page."""
    stop = threading.Event()

    def work() -> None:
        say_first_inspection(catalog)
        READER.warm()
        if catalog.datasets.demo is not None:
            catalog.datasets.demo.draw_rest(stop)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    atexit.register(_end, thread, stop)
    return thread


def _end(thread: threading.Thread, stop: threading.Event) -> None:
    """Let a thread that draws finish the images at hand."""
    stop.set()
    thread.join(PATIENCE)


def say_first_inspection(catalog: Catalog) -> None:
    """Load the detectors that visitors need first, and say what they make of the first sample."""

    def show() -> None:
        for line in describe_first_inspection(catalog):
            say(line)

    with paused_collector():
        trouble = attempt(show)
    if trouble is not None:
        say(f"First inspection: {trouble}")
    say_mismatched(catalog)


def say_mismatched(catalog: Catalog) -> None:
    """Say which detectors do not answer since their products were mixed up with others."""
    found = [
        error
        for product in catalog.products.values()
        for error in catalog.checkpoints.mismatched(product).values()
    ]
    for error in {str(error): error for error in found}.values():
        say_note(error)


def say_note(trouble: InspectionError) -> None:
    """Say what is not as it might be expected; the page opens all the same."""
    say(f"Note: {trouble}")


@contextmanager
def paused_collector() -> Iterator[None]:
    """Import without collecting garbage: a tenth of the time goes into searches that find none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
