"""Ten minutes of mixed visitors: they inspect, explore, look at results and make reports."""

import os
import time
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from inspection.reports.formats import FORMATS
from tests.attack.page import PRODUCT, ROOT, Page, needs_linux, read_samples
from tests.doubles.visitor import Visitor, in_threads

pytestmark = [pytest.mark.attack, needs_linux]
MINUTES = float(os.environ.get("ATTACK_MINUTES", "10"))
NUM_VISITORS = 4
MOST_GROWTH = 60.0  # MB in the second half: threads may still take memory of their own
SEED = 17


class Stay:
    """What one visitor after another does until the time is over."""

    def __init__(self, page: Page, seed: int) -> None:
        self.page = page
        self.done: Counter[str] = Counter()
        self.failed: list[str] = []
        self._rng = np.random.default_rng((SEED, seed))
        self._samples = read_samples()

    def run(self, end: float) -> None:
        """Come, do a few things, and go, until the time is over."""
        while time.monotonic() < end:
            visitor = Visitor(self.page.url)
            with visitor.staying():
                for _ in range(int(self._rng.integers(1, 8))):
                    self._do(visitor)
                    if time.monotonic() > end:
                        break

    def _do(self, visitor: Visitor) -> None:
        what = str(self._rng.choice(["sample", "upload", "report", "explore", "results"]))
        sample = str(self._rng.choice(self._samples))
        match what:
            case "sample":
                answers = visitor.inspect_sample(PRODUCT, sample)[-1:]
            case "upload":
                content = (ROOT / "data" / "demo" / sample).read_bytes()
                path = visitor.upload("a.png", content)
                answers = visitor.inspect_upload(PRODUCT, path)[-1:]
            case "report":
                kind = str(self._rng.choice(list(FORMATS)))
                answers = [visitor.make_report(PRODUCT, sample, kind)]
            case _:  # once in a session: what a filter offers changes with what was shown
                with Visitor(self.page.url).staying() as another:
                    answers = list(another.open_views(what))
        self.done[what] += len(answers)
        self.failed += [f"{what}: {one}"[:500] for one in answers if not one.get("success")]


def test_ten_minutes_of_mixed_visitors(
    page: Page, record_property: Callable[[str, object], None]
) -> None:
    stays = [Stay(page, number) for number in range(NUM_VISITORS)]
    memory = [page.memory]
    for _ in range(2):
        end = time.monotonic() + MINUTES * 30
        in_threads([lambda stay=stay, end=end: stay.run(end) for stay in stays])
        memory.append(page.memory)
    done = sum((stay.done for stay in stays), Counter[str]())
    failed = [one for stay in stays for one in stay.failed]
    stored = sum(path.stat().st_size for path in page.files) / 1e6
    record_property("minutes", MINUTES)
    record_property("answers", dict(done))
    record_property("failed", len(failed))
    record_property("memory at the start, in the middle, at the end, MB", [*map(round, memory)])
    record_property("uploads held at the end, MB", f"{stored:.1f}")
    assert set(done) == {"sample", "upload", "report", "explore", "results"}
    assert failed == []
    assert memory[2] - memory[1] < MOST_GROWTH
