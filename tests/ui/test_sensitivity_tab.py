"""The Sensitivity tab as plain functions: what the page is sent, whatever comes in."""

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from inspection.products.catalog import Catalog
from tests.doubles.detectors import DETECTORS
from tests.doubles.page import to_json
from tests.doubles.parts import PICTURE_SIDE, draw_part, write_bad_files, write_part
from tests.doubles.products import make_catalog
from ui.parts.latest_request import LatestRequest
from ui.sensitivity.steps import (
    ask,
    change_product,
    clear_image,
    open_tab,
    pick_sample,
    take_photo,
    take_upload,
)
from ui.sensitivity.tab import Handlers

KEY = "drawn/part"
OPENING = ("sample", KEY, None)
GOOD = ("sample", KEY, "part/test/good/000.png")
DENT = ("sample", KEY, "part/test/dent/000.png")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_catalog(tmp_path)


@pytest.fixture
def handlers(catalog: Catalog) -> Handlers:
    return Handlers(catalog)


VALUES: dict[str, Any] = {
    "view": "fade",
    "source": OPENING,
    "area": None,
    "brushed": None,
    "drawing": None,
    "stress": None,
    "levels": None,
    "study": None,
    "choice": (),
}


class Page:
    """What a visitor's page holds: the header, and every frame that belongs to it."""

    def __init__(self, handlers: Handlers) -> None:
        self.handlers = handlers
        self.sent: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.picture: dict[str, Any] = {}
        self.frames: dict[tuple[float, ...], Mapping[str, Any]] = {}
        self.steps: list[str] = []

    def ask(self, source: tuple[str, object, object] = OPENING, **wanted: object) -> "Page":
        values = {**VALUES, "source": source, **wanted}
        for updates in self.handlers.show(sent=self.sent, **values):
            self.take(updates)
        return self

    def look(self, asked: object, source: tuple[str, object, object] = OPENING) -> list[Any]:
        """Move the slider, and return the points that are answered."""
        values = {**VALUES, "source": source, "asked": asked}
        fed = self.handlers.look(sent=self.sent, **values)
        to_json(fed)
        assert fed["slot"] == "fade-looked"
        for frame in fed["value"]["frames"]:
            assert fed["value"]["run"] == self.picture["run"]
            self.frames[tuple(frame["point"])] = frame
        return [frame["point"] for frame in fed["value"]["frames"]]

    def take(self, updates: dict[str, Any]) -> None:
        to_json(updates)
        if "fade" in updates:
            self.header = updates["fade"]
            self.steps.append(self.header["state"])
        slot, value = updates.get("feed", (None, None))
        if slot == "fade-picture":
            self.picture, self.frames = value, {}
        if slot == "fade-frames":
            assert value["run"] == self.picture["run"]
            self.frames |= {tuple(one["point"]): one for one in value["frames"]}


def brush(mask: np.ndarray[Any, Any]) -> str:
    layer = np.zeros((*mask.shape, 4), np.uint8)
    layer[mask] = 255
    buffer = io.BytesIO()
    Image.fromarray(layer).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def test_the_tab_opens_with_a_marked_defect_at_full_strength_first(handlers: Handlers) -> None:
    page = Page(handlers)
    for updates in handlers.show(sent=page.sent, **VALUES):
        page.take(updates)
        if page.frames:
            break
    assert list(page.frames) == [(1.0, 1.0)]
    assert page.header["hasTruth"]
    assert page.header["area"] == "truth"
    assert page.header["state"] == "running"
    answers = page.frames[(1.0, 1.0)]["answers"]
    assert set(answers) == {*DETECTORS, "joint"}
    assert all(answers[name]["isHit"] for name in DETECTORS)
    assert all(answers[name]["heat"] and answers[name]["outline"] for name in DETECTORS)


def test_all_strengths_and_sizes_follow_and_the_limits_are_said(handlers: Handlers) -> None:
    page = Page(handlers).ask()
    assert page.header["state"] == "done"
    tenths = {round(step / 10, 3) for step in range(11)}
    assert {point[0] for point in page.frames if point[1] == 1} >= tenths
    assert {point[1] for point in page.frames if point[0] == 1} >= tenths - {0.0}
    limits = page.header["limits"]
    assert set(limits["strength"]) == {*DETECTORS, "joint"}
    for name in DETECTORS:
        value = limits["strength"][name]["value"]
        above = [p for p in page.frames if p[1] == 1 and p[0] > value]
        assert all(page.frames[point]["answers"][name]["isFlagged"] for point in above)
    assert "still sees" in page.header["sub"]
    assert page.header["title"] == "How faint can this dent be?"


def test_a_healed_picture_is_the_base_and_its_frame_has_no_patch(handlers: Handlers) -> None:
    page = Page(handlers).ask()
    assert page.frames[(0.0, 1.0)]["patch"] is None
    patch = page.frames[(1.0, 1.0)]["patch"]
    assert 0 <= patch["left"] <= patch["left"] + patch["width"] <= 1
    assert patch["source"].startswith("data:image/png")


def test_the_slider_gets_its_own_answer_alone(handlers: Handlers) -> None:
    page = Page(handlers).ask()
    assert page.look([0.123, 1.0]) == [[0.123, 1.0]]
    answers = page.frames[(0.123, 1.0)]["answers"]
    assert answers["cae"]["relative"] < page.frames[(1.0, 1.0)]["answers"]["cae"]["relative"]
    assert list(page.handlers.show(**VALUES, sent=page.sent)) == []


def test_the_slider_is_answered_while_the_curves_are_still_being_made(handlers: Handlers) -> None:
    page = Page(handlers)
    steps = handlers.show(**VALUES, sent=page.sent)
    for updates in steps:
        page.take(updates)
        if page.frames:
            break
    assert page.look([0.123, 1.0]) == [[0.123, 1.0]]
    for updates in steps:
        page.take(updates)
    assert page.header["state"] == "done"
    assert (0.123, 1.0) in page.frames


@pytest.mark.parametrize("source", [OPENING, DENT, GOOD, ("sample", KEY, "x"), ("upload", KEY, 3)])
def test_a_slider_of_what_is_not_shown_is_not_answered(
    handlers: Handlers, source: tuple[str, object, object]
) -> None:
    assert Page(handlers).look([0.5, 1.0], source) == []
    page = Page(handlers).ask(("sample", KEY, "part/test/scratch/000.png"))
    assert page.look([0.5, 1.0], source) == []


def test_a_checkpoint_written_anew_ends_the_answers_to_the_slider(
    handlers: Handlers, catalog: Catalog
) -> None:
    page = Page(handlers).ask()
    (catalog.product(KEY).folder / "cae" / "detector.json").touch()
    assert page.look([0.5, 1.0]) == []


def test_what_a_page_was_not_sent_in_time_is_sent_later(handlers: Handlers) -> None:
    """An answer that is broken off by a newer request has not arrived."""
    sent: dict[str, Any] = {}
    steps = handlers.show(**VALUES, sent=sent)
    page = Page(handlers)
    page.sent = sent
    for updates in steps:
        if updates.get("feed", ("",))[0] == "fade-frames":
            break  # made, and not sent
        page.take(updates)
    steps.close()  # type: ignore[attr-defined]
    page.ask()
    assert {(1.0, 1.0), (0.0, 1.0)} <= set(page.frames)
    assert page.header["state"] == "done"


def test_a_second_visitor_gets_what_was_computed_for_the_first(handlers: Handlers) -> None:
    first, second = Page(handlers).ask(), Page(handlers).ask()
    assert {**second.header, "run": 0} == {**first.header, "run": 0}
    assert second.frames == first.frames


@pytest.mark.parametrize("point", [None, "x", [], [2.0, -1.0], [float("nan"), 1.0], [0.5], {}])
def test_a_point_by_hand_is_held_inside_or_left_out(handlers: Handlers, point: object) -> None:
    (found,) = Page(handlers).ask().look(point)
    assert all(0 <= one <= 1 for one in found)


def test_the_flagged_area_may_be_taken_as_the_defect(handlers: Handlers) -> None:
    page = Page(handlers).ask(area="flagged")
    assert page.header["area"] == "flagged"
    assert page.header["state"] == "done"


def test_a_good_sample_asks_for_a_brush_and_takes_it(handlers: Handlers) -> None:
    page = Page(handlers).ask(GOOD)
    assert page.header["state"] == "error"
    assert "Brush over" in page.header["sub"]
    assert page.picture["base"].startswith("data:image/")
    mask = np.zeros((PICTURE_SIDE, PICTURE_SIDE), bool)
    mask[40:50, 40:50] = True
    page.ask(GOOD, area="brushed", brushed=brush(mask))
    assert page.header["state"] == "done"
    assert page.header["sub"] == "No detector sees this defect, even at full strength."


def test_nothing_brushed_and_everything_brushed_are_said(handlers: Handlers) -> None:
    page = Page(handlers).ask(GOOD, area="brushed", brushed="")
    assert page.header["title"] == "Nothing is brushed yet."
    everything = brush(np.ones((PICTURE_SIDE, PICTURE_SIDE), bool))
    page.ask(GOOD, area="brushed", brushed=everything)
    assert page.header["state"] == "error"
    assert "too little is left" in page.header["title"]
    page.ask(GOOD, area="brushed", brushed=brush(np.zeros((8, 8), bool)))
    assert page.header["state"] == "error"


@pytest.mark.parametrize(
    "source",
    [
        "x",
        5,
        "data:image/png;base64,@@",
        "data:image/png;base64,aGVsbG8=",
        "data:image/png;base64,",
    ],
)
def test_a_brush_that_is_no_picture_is_refused(handlers: Handlers, source: object) -> None:
    page = Page(handlers).ask(GOOD, area="brushed", brushed=source)
    assert page.header["title"] == "The brushed area could not be read."


def test_an_own_image_is_judged_by_what_is_flagged_in_it(
    handlers: Handlers, tmp_path: Path
) -> None:
    path = tmp_path / "own.png"
    write_part(path, draw_part(77, defective=True, side=PICTURE_SIDE)[0])
    page = Page(handlers).ask(("upload", KEY, path))
    assert page.header["state"] == "done"
    assert (page.header["area"], page.header["hasTruth"]) == ("flagged", False)
    assert "the flagged area was taken" in page.header["note"]


def test_the_image_input_shows_an_own_image_and_nothing_else(
    handlers: Handlers, tmp_path: Path
) -> None:
    path = tmp_path / "own.png"
    write_part(path, draw_part(77, defective=True, side=PICTURE_SIDE)[0])
    sent: dict[str, Any] = {}
    shown = []
    sources = [("upload", KEY, path), ("upload", KEY, path), OPENING, ("upload", KEY, "x.png")]
    for source in sources:
        steps = handlers.show(sent=sent, **{**VALUES, "source": source})
        shown.append([one["image"] for one in steps if "image" in one])
    assert shown[0][0].startswith("data:image/png")
    assert shown[1:] == [[], [None], [None]]


def test_damaged_and_missing_files_are_answered_with_a_sentence(
    handlers: Handlers, tmp_path: Path
) -> None:
    files = [*write_bad_files(tmp_path).values(), tmp_path / "gone.png", None, "x.png", 3]
    for path in files:
        page = Page(handlers).ask(("upload", KEY, path))
        assert page.header["state"] == "error", path
        assert page.header["title"]
        assert str(tmp_path) not in page.header["title"]


@pytest.mark.parametrize("sample", ["../../x.png", "no/such.png"])
def test_a_sample_is_looked_up_and_never_opened_as_a_path(handlers: Handlers, sample: str) -> None:
    assert Page(handlers).ask(("sample", KEY, sample)).header["state"] == "error"


def test_without_a_trained_detector_it_says_so(tmp_path: Path) -> None:
    page = Page(Handlers(make_catalog(tmp_path, trained=()))).ask()
    assert page.header["title"] == "No detector of this product gives a verdict."


def test_without_products_it_says_so(tmp_path: Path) -> None:
    page = Page(Handlers(make_catalog(tmp_path, categories=()))).ask()
    assert page.header["title"] == "There is no product to choose yet."


def test_a_checkpoint_written_anew_is_asked_anew(handlers: Handlers, catalog: Catalog) -> None:
    page = Page(handlers).ask()
    first = page.header["run"]
    (catalog.product(KEY).folder / "cae" / "detector.json").touch()
    assert page.ask().header["run"] != first


def _event(data: Mapping[str, object]) -> gr.EventData:
    return gr.EventData(None, dict(data))


def test_steps_replace_what_a_new_image_makes_void_and_keep_the_rest() -> None:
    latest = LatestRequest({"source": OPENING, "area": None, "brushed": None, "levels": None})
    ask(_event({"levels": {"jpeg": 50}}), latest, 1, KEY)
    ask(_event({"area": "flagged"}), latest, 2, KEY)
    assert latest.values["levels"] == {"jpeg": 50}
    assert latest.values["area"] == "flagged"
    pick_sample(_event({"product": KEY, "sample": "s"}), latest, 3, KEY)
    assert latest.values["source"] == ("sample", KEY, "s")
    assert latest.values["area"] is None
    change_product(latest, 4, KEY)
    assert latest.values["source"] == ("sample", KEY, "s")
    change_product(latest, 5, "drawn/other")
    assert latest.values["source"] == ("sample", "drawn/other", None)
    take_photo(latest, 6, KEY, Path("own.png"))
    assert latest.values["source"] == ("upload", KEY, Path("own.png"))
    clear_image(latest, 7, KEY)
    assert latest.values["source"] == ("sample", KEY, None)


def test_an_upload_is_named_by_its_path_and_nothing_else_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    latest = LatestRequest({"source": OPENING})
    take_upload(_event({"upload": "0a1b/own.png"}), latest, 1, KEY)
    assert latest.values["source"] == ("upload", KEY, tmp_path / "0a1b" / "own.png")
    take_upload(_event({"upload": "/etc/passwd"}), latest, 2, KEY)
    assert latest.values["source"] == ("upload", KEY, None)


def test_opening_the_tab_again_asks_for_nothing() -> None:
    latest = LatestRequest({"source": OPENING, "area": None, "brushed": None, "levels": None})
    open_tab(latest, 1, KEY)
    assert latest.values["source"] == OPENING
    latest.sent["head"] = {}
    pick_sample(_event({"sample": "s"}), latest, 2, KEY)
    open_tab(latest, 3, KEY)
    assert latest.values["source"] == ("sample", KEY, "s")


def test_of_many_points_only_some_are_kept_and_all_are_sent(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.sensitivity.fade.MOST_FRAMES", 3)
    first, second = Page(handlers).ask(), Page(handlers).ask()
    assert len(first.frames) > 20
    assert second.frames.keys() == first.frames.keys()
    assert second.header["limits"] == first.header["limits"]
