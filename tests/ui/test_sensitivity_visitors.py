"""Visitors at the same time, over HTTP: what is whose, and who waits for whom."""

import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks.page import Visitor
from inspection.products.catalog import Catalog
from inspection.sensitivity.answering import BATCH
from inspection.types import Prediction, RGBImage
from tests.doubles.detectors import DETECTORS, FakeDetector
from tests.doubles.parts import PICTURE_SIDE, draw_part
from tests.doubles.products import make_catalog
from ui.sensitivity.messages import START, STUDY_TAB
from ui.sensitivity.study import NUMBERS

KEY = "drawn/part"
GOOD = "part/test/good/000.png"
PATIENCE = 60  # seconds after which a test has failed
BASE = re.compile(r'"base": ?"(data:image/[^"]+)"')
RUN = re.compile(r'"run": ?(\d+)')


class Gated(FakeDetector):
    """A fake that calls whoever has set `watch` before it looks at images."""

    watch: Callable[[Sequence[RGBImage]], None] | None = None

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        if Gated.watch is not None:
            Gated.watch(images)
        return super().predict(images)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_catalog(tmp_path_factory.mktemp("visitors"), base=Gated)


@pytest.fixture(autouse=True)
def unwatched() -> Any:
    yield
    Gated.watch = None


def write_image(path: Path, seed: int) -> Path:
    Image.fromarray(draw_part(seed, defective=True, side=PICTURE_SIDE)[0]).save(path)
    return path


class Meeting:
    """Lets a fake go on only when two threads are in it: so two answers are made in parallel."""

    def __init__(self) -> None:
        self.count = 0
        self._barrier = threading.Barrier(2)

    def __call__(self, images: Sequence[RGBImage]) -> None:
        self._barrier.wait(PATIENCE)
        self.count += 1


def fade_own_image(url: str, path: Path) -> tuple[Visitor, str]:
    visitor = Visitor(url)
    messages = visitor.ask("lab-input", "upload", [KEY, visitor.upload(path)])
    return visitor, "".join(messages)


def test_of_two_visitors_at_once_each_gets_the_own_image_alone(url: str, tmp_path: Path) -> None:
    paths = [write_image(tmp_path / f"{seed}.png", seed) for seed in (77, 78)]
    with ThreadPoolExecutor(2) as pool:
        (first, said), (second, others) = pool.map(lambda path: fade_own_image(url, path), paths)
    pictures = [set(BASE.findall(text)) for text in (said, others)]
    assert [len(one) for one in pictures] == [1, 1]
    assert pictures[0].isdisjoint(pictures[1])
    runs = [set(RUN.findall(text)) for text in (said, others)]
    assert runs[0].isdisjoint(runs[1])
    Gated.watch = meeting = Meeting()
    asked = [0.111, 0.333, 0.555]

    def slide(visitor: Visitor) -> list[dict[str, Any]]:
        return [visitor.slide(strength) for strength in asked]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(slide, (first, second)))
    assert meeting.count == 2 * len(asked) * len(DETECTORS), "they were answered in parallel"
    for found, own in zip(answers, runs, strict=True):
        assert [one["frames"][0]["point"] for one in found] == [[one, 1.0] for one in asked]
        assert {str(one["run"]) for one in found} <= own
    patches = [[one["frames"][0]["patch"]["source"] for one in found] for found in answers]
    assert set(patches[0]).isdisjoint(patches[1])


class Hold:
    """Stops a study in the midst of a batch, and counts whose images the fakes are given."""

    def __init__(self) -> None:
        self.is_held, self.may_go_on = threading.Event(), threading.Event()
        self.batches: list[int] = []
        self.singles = 0

    def __call__(self, images: Sequence[RGBImage]) -> None:
        if len(images) == 1:  # of an inspection
            self.singles += 1
            return
        self.batches.append(len(images))
        self.is_held.set()
        assert self.may_go_on.wait(PATIENCE)


def test_an_inspection_is_answered_while_a_study_stands_in_a_batch(
    url: str, tmp_path: Path
) -> None:
    student = Visitor(url)
    student.open_lab(KEY, GOOD)
    assert list(student.ask(STUDY_TAB, "select", [KEY]))
    own = write_image(tmp_path / "own.png", 79)
    Gated.watch = hold = Hold()
    choice = ["stain", NUMBERS[0], "part", "size@80", None]
    with ThreadPoolExecutor(1) as pool:
        study = pool.submit(lambda: list(student.ask(START, "click", [KEY, *choice])))
        try:
            assert hold.is_held.wait(PATIENCE)
            before = hold.singles  # the study has looked whether the image is flagged as it is
            assert Visitor(url).inspect(KEY, own) == len(DETECTORS)
            assert hold.singles == before + len(DETECTORS)
            assert len(hold.batches) == 1, "the study stood all the while"
        finally:
            hold.may_go_on.set()
        said = study.result(PATIENCE)
    assert max(hold.batches) <= BATCH
    assert sum(hold.batches) + hold.singles - before >= NUMBERS[0] * len(DETECTORS)
    assert f"{NUMBERS[0]} trials." in "".join(said[-3:])
