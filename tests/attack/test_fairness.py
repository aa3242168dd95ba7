"""Sixteen visitors at once: who waits how long, against one alone."""

import statistics
import time
from collections.abc import Callable
from functools import partial

import pytest

from inspection.processors import count_processors
from tests.attack.page import PRODUCT, Page, needs_linux, read_samples
from tests.doubles.visitor import Visitor, in_threads

pytestmark = [pytest.mark.attack, needs_linux]
NUM_VISITORS = 16
ROUNDS = 3


def measure(visitor: Visitor, sample: str, into: list[float]) -> None:
    """Note how many seconds a visitor waits for the answers of all detectors."""
    start = time.monotonic()
    assert visitor.inspect_sample(PRODUCT, sample)[-1]["success"]
    into.append(time.monotonic() - start)


def test_no_visitor_waits_for_much_longer_than_the_others(
    page: Page, record_property: Callable[[str, object], None]
) -> None:
    samples = read_samples()[:NUM_VISITORS]
    visitors = [Visitor(page.url) for _ in range(NUM_VISITORS)]
    alone: list[float] = []
    for sample in samples[:6]:
        measure(visitors[0], sample, alone)
    medians, longest = [], []
    for _ in range(ROUNDS):
        waited: list[float] = []
        pairs = zip(visitors, samples, strict=True)
        in_threads([partial(measure, *pair, waited) for pair in pairs])
        assert len(waited) == NUM_VISITORS
        medians.append(statistics.median(waited))
        longest.append(max(waited))
    one, median = statistics.median(alone), statistics.median(medians)
    record_property("one alone, seconds", f"{one:.2f}")
    record_property("16 at once, median and longest, seconds", f"{median:.2f}, {max(longest):.2f}")
    assert median < NUM_VISITORS * one / min(2, count_processors()) * 2
    assert all(most < 2.5 * middle for most, middle in zip(longest, medians, strict=True))
