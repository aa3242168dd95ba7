"""`make bench` measures the page that it has started, and says why where it cannot."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from benchmarks import page, sensitivity, training
from benchmarks.page import (
    Visitor,
    find_free_port,
    read_peak_memory,
    running_page,
    wait_for_first_inspection,
)
from detectors import list_defaults
from detectors.training import TrainingJob
from inspection.datasets.dataset import Dataset
from inspection.detector import Channel
from inspection.products.catalog import Catalog
from tests.doubles.detectors import DETECTORS, FakeDetector, make_calibration
from tests.doubles.parts import PICTURE_SIDE, draw_part
from tests.doubles.products import make_catalog

FAKE_PAGE = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()


print("First inspection: part", "  PatchCore  defect", sep="\\n", flush=True)
HTTPServer(("127.0.0.1", int(sys.argv[2])), Page).serve_forever()
"""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_catalog(tmp_path_factory.mktemp("bench"))


def test_an_image_is_followed_through_the_page_to_its_last_answer(url: str, tmp_path: Path) -> None:
    part = tmp_path / "part.png"
    Image.fromarray(draw_part(5, defective=True, strength=102, side=PICTURE_SIDE)[0]).save(part)
    visitor = Visitor(url)
    assert [visitor.inspect("drawn/part", part) for _ in range(2)] == [len(DETECTORS)] * 2
    part.write_bytes(b"no image")
    assert visitor.inspect("drawn/part", part) == 0, "an error is no fast inspection"


def test_the_slider_of_a_fading_defect_is_moved_through_the_page(url: str) -> None:
    visitor = Visitor(url)
    visitor.open_lab("drawn/part")
    (frame,) = visitor.slide(0.123)["frames"]
    assert frame["point"] == [0.123, 1.0]
    assert set(DETECTORS) < set(frame["answers"])


def test_a_page_is_measured_from_its_command_to_its_first_inspection() -> None:
    with running_page(["-c", FAKE_PAGE]) as running:
        assert 0 < running.answered <= running.inspected
        peak = read_peak_memory(running.pid)
    if sys.platform == "linux":
        assert peak is not None
        assert 1 < peak < 1000


def test_a_page_that_cannot_start_says_why() -> None:
    with (
        pytest.raises(SystemExit, match=r"did not answer\. It said:\nno memory"),
        running_page(["-c", "import sys; sys.exit('no memory')"]),
    ):
        pass


def test_a_page_whose_first_inspection_never_comes_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page, "PATIENCE", 0.1)
    asleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    with (
        subprocess.Popen(asleep, stdout=subprocess.PIPE, text=True) as process,
        pytest.raises(SystemExit, match="first inspection was not done"),
    ):
        wait_for_first_inspection(process)
    assert process.returncode != 0


def test_every_page_gets_a_port_of_its_own() -> None:
    assert 1024 <= find_free_port() < 65536
    assert len({find_free_port() for _ in range(20)}) > 1


def test_a_process_that_is_gone_has_no_peak_memory() -> None:
    assert read_peak_memory(2**22 + 1) is None, "Linux gives no such number to a process"
    if sys.platform == "linux":
        assert (read_peak_memory(os.getpid()) or 0) > 1


def test_each_training_is_timed_within_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def train(source: Dataset, job: TrainingJob) -> list[SimpleNamespace]:
        asked.append((len(source.samples), dict(job.settings)))
        return [SimpleNamespace(seconds=7.0)]

    monkeypatch.setattr(training, "train_product", train)
    found = list(training.time_training(tmp_path, num_images=3, side=96))
    assert found == [(name, 7.0) for name in list_defaults()]
    assert asked == [(3, {name: {"max_seconds": 120.0}}) for name in list_defaults()]
    assert Image.open(tmp_path / "parts/train/good/002.png").size == (96, 96)


def test_a_study_is_timed_without_its_first_batch() -> None:
    channel = Channel(FakeDetector(), make_calibration(*range(200, 256)))
    seconds = sensitivity.time_study({"brightness": channel}, num_trials=24)
    assert 0 < seconds < 60
