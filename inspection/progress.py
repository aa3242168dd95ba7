"""Progress on the terminal."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tqdm import tqdm

from inspection.preprocess import Progress


@contextmanager
def progress_bar(description: str) -> Iterator[Progress]:
    """Give a callback (done, total) that moves a bar on stderr."""
    with ExitStack() as stack:
        bars: list[tqdm[Any]] = []  # made at the first call, so that its clock starts then

        def progress(done: int, total: int) -> None:
            if not bars:
                bar = tqdm(desc=description, total=total, leave=False, unit="image")
                bars.append(stack.enter_context(bar))
            bars[0].update(done - bars[0].n)

        yield progress
