"""A visitor's video on the page, without a browser: scores over time, frames, bad requests."""

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspection.errors import ImageError
from inspection.images import read_image
from inspection.products.catalog import Catalog
from inspection.uploads import films
from inspection.uploads.films import open_film
from inspection.uploads.reader import Worker
from tests.doubles.detectors import DETECTORS
from tests.doubles.page import to_json
from tests.doubles.parts import PICTURE_SIDE, draw_part
from tests.doubles.products import make_catalog
from tests.doubles.videos import write_video
from ui.inspect.video import answering
from ui.inspect.video.answering import Films

pytest.importorskip("av")
KEY = "drawn/part"
DEFECTIVE = range(4, 7)
NAME = "00ff/belt.mp4"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_catalog(tmp_path_factory.mktemp("video"))


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of uploads, with a video of twelve frames in it."""
    folder = tmp_path / "uploads"
    (folder / "00ff").mkdir(parents=True)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    pictures = [
        draw_part(7, defective=place in DEFECTIVE, side=PICTURE_SIDE)[0] for place in range(12)
    ]
    write_video(folder / NAME, pictures)
    return folder


def ask(catalog: Catalog, **given: Any) -> list[dict[str, Any]]:
    request = {"run": 3, "upload": NAME, "perSecond": 10, **given}
    told = list(Films(catalog).inspect(given.pop("product", KEY), request))
    to_json(told)
    assert {one["run"] for one in told} == {3}
    return told


def test_frames_come_as_they_are_inspected_and_the_last_answer_has_them_all(
    catalog: Catalog, uploads: Path
) -> None:
    told = ask(catalog)
    counts = [len(one["frames"]) for one in told]
    assert counts == sorted(counts)
    assert [one["state"] for one in told] == ["running"] * (len(told) - 1) + ["done"]
    last = told[-1]
    assert last["seconds"] == pytest.approx(1.2, abs=0.15)
    assert [one["at"] for one in last["frames"]] == pytest.approx(np.arange(12) / 10, abs=2e-3)
    flagged = [place for place, one in enumerate(last["frames"]) if one["isFlagged"]]
    assert flagged == list(DEFECTIVE)
    assert set(last["frames"][0]["values"]) == {*DETECTORS, "joint"}


def test_of_a_long_video_fewer_frames_are_inspected_and_it_is_said(
    catalog: Catalog, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "MOST_FRAMES", 4)
    last = ask(catalog)[-1]
    assert len(last["frames"]) <= 4
    assert "At most 4 frames of a video are inspected here" in last["note"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"upload": None}, "no longer on the server"),
        ({"upload": "../secret"}, "no longer on the server"),
        ({"upload": "00ff/none.mp4"}, "no longer on the server"),
        ({"perSecond": 3}, "could not be understood"),
        ({"perSecond": "2"}, "could not be understood"),
        ({"perSecond": float("nan")}, "could not be understood"),
        ({"rate": "high"}, "could not be understood"),
        ({"rate": 0.00001}, "cannot support"),
        ({"product": None}, "could not be understood"),
        ({"product": "drawn/nothing"}, "There is no product"),
    ],
)
def test_a_request_that_cannot_be_answered_is_a_sentence(
    catalog: Catalog, uploads: Path, given: dict[str, Any], words: str
) -> None:
    told = ask(catalog, **given)
    assert [one["state"] for one in told] == ["problem"]
    assert words in told[0]["problem"]


def test_what_is_no_video_is_a_sentence(catalog: Catalog, uploads: Path) -> None:
    (uploads / NAME).write_bytes(b"GIF89a")
    assert "belt.mp4 could not be read as a video." in ask(catalog)[-1]["problem"]


def test_a_frame_becomes_an_upload(catalog: Catalog, uploads: Path) -> None:
    answer = Films(catalog).open_frame({"upload": NAME, "at": 0.5})
    assert answer == {"upload": "00ff/belt_0.50s.png"}
    bright = read_image(uploads / answer["upload"])[30:50, 48:64].mean()
    assert bright > 190  # the defect of the sixth frame
    for place in range(12):
        Films(catalog).open_frame({"upload": NAME, "at": place / 10})
    assert len(list((uploads / "00ff").glob("*.png"))) == answering.MOST_KEPT
    for wrong in (None, "0", float("nan"), float("inf")):
        found = Films(catalog).open_frame({"upload": NAME, "at": wrong})
        assert "could not be understood" in found["problem"]


def test_a_process_that_is_lost_is_a_sentence_and_no_process_is_left(
    uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Worker] = []

    class Watched(Worker):
        def __init__(self, program: Any) -> None:
            super().__init__(program)
            started.append(self)

    monkeypatch.setattr(films, "Worker", Watched)
    with open_film(uploads / NAME, per_second=10) as film:
        next(film.frames)
        os.kill(started[0].pid, signal.SIGKILL)
        with pytest.raises(ImageError, match=r"belt.mp4 ended the process that reads it\."):
            list(film.frames)
    with open_film(uploads / NAME, per_second=10) as film:
        next(film.frames)  # and no more is wanted
    assert not any(one.is_alive for one in started)
