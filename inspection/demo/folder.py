"""The demo of a running page: what is needed is drawn at once, the rest while idle."""

import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import CancelledError
from pathlib import Path

from inspection.demo.products import list_samples, write_demo_data
from inspection.errors import InspectionError
from inspection.types import Sample

PAUSE = 0.2  # seconds between two looks at whether anything else computes
BUSY = 0.15  # of one core: an open page without visitors takes less


class DemoFolder:
    """A folder of demo products, all of which is there or can be drawn; safe between threads.

    Attributes:
        root: the folder.
        samples: every image of the products, whether it was drawn yet or not.
        trouble: what has ended the drawing of the rest.
        is_at_work: whether the rest is being drawn, or about to.
    """

    def __init__(self, root: Path, products: Sequence[str]) -> None:
        self.root = root
        self.products = tuple(products)
        self.samples = list_samples(root, self.products)
        self.trouble: InspectionError | None = None
        self.is_at_work = True

    @property
    def num_drawn(self) -> int:
        """How many of its images are there."""
        return sum(map(is_drawn, self.samples))

    def draw(self, samples: Iterable[Sample]) -> None:
        """Draw those of the samples that are not there yet; others than its own are ignored.

        Raises:
            DatasetError: the folder cannot be written.
        """
        own = (sample for sample in samples if sample.image_path.is_relative_to(self.root))
        missing = {sample.id for sample in own if not is_drawn(sample)}
        if missing:
            write_demo_data(self.root, products=self.products, workers=1, only=missing.__contains__)

    def draw_rest(self, stop: threading.Event) -> None:
        """Draw what is missing, a few images at a time, and only while nothing else computes."""

        def pause(*_: int) -> None:
            if not wait_for_idle(stop):
                raise CancelledError

        try:
            write_demo_data(self.root, products=self.products, workers=1, progress=pause)
        except CancelledError:
            pass
        except InspectionError as error:
            self.trouble = error
        finally:
            self.is_at_work = False


def is_drawn(sample: Sample) -> bool:
    """Return whether an image is there, with its mask."""
    return all(path.is_file() for path in (sample.image_path, *sample.mask_paths))


def wait_for_idle(stop: threading.Event) -> bool:
    """Wait until this process has computed next to nothing for a moment; False once stopped."""
    while True:
        before = time.process_time()  # of all threads, and this one sleeps
        if stop.wait(PAUSE):
            return False
        if time.process_time() - before < BUSY * PAUSE:
            return True
