"""The view of stress, as plain functions: a picture, a range, several levels at once, bad input."""

from pathlib import Path
from typing import Any

import pytest

from inspection.datasets.dataset import read_dataset
from inspection.joint import JOINT
from inspection.sensitivity.category_stress import StressOptions, stress_product
from inspection.sensitivity.stress import STRESSES
from tests.doubles.detectors import DETECTORS
from tests.doubles.page import to_json
from tests.doubles.products import make_catalog
from ui.sensitivity.tab import Handlers

KEY = "drawn/part"
GOOD = ("sample", KEY, "part/test/good/000.png")
SCRATCHED = ("sample", KEY, "part/test/scratch/000.png")
LIGHT = STRESSES["brightness"].levels


@pytest.fixture
def handlers(tmp_path: Path) -> Handlers:
    return Handlers(make_catalog(tmp_path))


class Page:
    """What a visitor's page holds of the view."""

    def __init__(self, handlers: Handlers) -> None:
        self.handlers = handlers
        self.sent: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.frames: list[dict[str, Any]] = []
        self.slots: list[str] = []

    def ask(
        self, stress: object = None, levels: object = None, source: tuple[str, str, str] = GOOD
    ) -> "Page":
        values: dict[str, Any] = {"view": "stress", "source": source}
        self.slots, self.frames = [], []
        for updates in self.handlers.show(sent=self.sent, stress=stress, levels=levels, **values):
            to_json(updates)
            self.header = updates.get("stress", self.header)
            if "feed" in updates:
                slot, value = updates["feed"]
                self.slots.append(slot)
                self.frames += value.get("frames", [])
        return self

    def look(self, levels: object, source: tuple[str, str, str] = GOOD) -> list[dict[str, float]]:
        """Move the slider, and return the points that are answered."""
        values: dict[str, Any] = {"view": "stress", "source": source, "asked": levels}
        fed = self.handlers.look(sent=self.sent, **values)
        to_json(fed)
        assert fed["slot"] == "stress-looked"
        assert fed["value"]["run"] == self.header.get("run")
        return [dict(frame["point"]) for frame in fed["value"]["frames"]]

    def points(self) -> list[dict[str, float]]:
        return [dict(frame["point"]) for frame in self.frames]


def test_the_picture_comes_first_and_then_the_range_of_the_first_stress(
    handlers: Handlers,
) -> None:
    page = Page(handlers).ask()
    assert page.slots[:2] == ["stress-picture", "stress-frames"]
    assert page.points()[0] == {}
    assert sorted(one.get("brightness", 0.0) for one in page.points()) == list(LIGHT)
    assert page.header["state"] == "done"
    assert page.header["sub"].startswith("CAE flags it at +")
    assert list(page.frames[0]["answers"]) == [*DETECTORS, JOINT]
    assert page.frames[0]["patch"] is None
    assert [one["name"] for one in page.header["stresses"]] == list(STRESSES)


def test_a_level_between_is_answered_and_the_range_is_not_sent_again(handlers: Handlers) -> None:
    page = Page(handlers).ask()
    run = page.header["run"]
    page.ask("brightness", {"brightness": -15})
    assert page.points() == [{"brightness": -15.0}]
    assert page.header["run"] == run
    assert page.header["levels"] == {"brightness": -15.0}
    page.ask("brightness", {"brightness": -15})
    assert page.points() == []


def test_the_slider_is_answered_along_the_range_that_is_shown_alone(handlers: Handlers) -> None:
    page = Page(handlers)
    assert page.look({"brightness": -15}) == []
    page.ask().ask("brightness", {"noise": 5})
    assert page.look({"noise": 5, "brightness": -15}) == [{"brightness": -15.0, "noise": 5.0}]
    assert page.look({"noise": 5}) == [{"noise": 5.0}]
    assert page.look({"noise": 6, "brightness": -15}) == []
    assert page.look({"noise": 5, "brightness": 1e9}) == []
    assert page.look({"noise": 5}, SCRATCHED) == []


def test_another_stress_is_followed_with_the_first_as_it_is(handlers: Handlers) -> None:
    page = Page(handlers).ask()
    run, scene = page.header["run"], page.header["scene"]
    page.ask("noise", {"brightness": -20, "noise": 5})
    assert page.header["run"] > run
    assert page.header["scene"] == scene
    assert all(one["brightness"] == -20 for one in page.points())
    assert {one.get("noise", 0) for one in page.points()} == set(STRESSES["noise"].levels)


def test_another_image_begins_without_stress(handlers: Handlers) -> None:
    page = Page(handlers).ask()
    scene = page.header["scene"]
    page.ask("noise", {"noise": 40}, SCRATCHED)
    assert page.header["scene"] > scene
    assert page.header["levels"] == {}
    assert page.header["stress"] == "noise"


def test_a_page_that_left_in_between_gets_what_it_lacks(handlers: Handlers) -> None:
    first = Page(handlers)
    shown = handlers.show(
        sent=first.sent, view="stress", source=GOOD, stress="jpeg", levels={"jpeg": 50}
    )
    for updates in shown:
        if updates.get("feed", ("", {}))[0] == "stress-frames":
            break  # what follows was not asked for any more
    first.ask("jpeg", {"jpeg": 50})
    assert len(first.points()) == len(STRESSES["jpeg"].levels)
    assert first.header["state"] == "done"


@pytest.mark.parametrize(
    ("stress", "levels"),
    [("rain", {}), (None, {"rain": 3}), (["x"], "abc"), ("jpeg", {"jpeg": "50"}), (7, [1])],
)
def test_what_cannot_be_understood_is_left_out(
    handlers: Handlers, stress: object, levels: object
) -> None:
    page = Page(handlers).ask()
    page.ask(stress, levels)
    assert page.header["state"] == "done"
    assert page.header["levels"] == {}


@pytest.mark.parametrize("level", [float("nan"), 1e9])
def test_a_level_out_of_range_is_said(handlers: Handlers, level: float) -> None:
    page = Page(handlers).ask()
    page.ask("noise", {"noise": level})
    assert page.header["state"] == "error"
    assert page.header["title"].startswith("Noise cannot be")
    page.ask("noise", {"noise": 5})
    assert page.header["state"] == "done"


def test_what_was_measured_of_the_category_is_shown(handlers: Handlers, tmp_path: Path) -> None:
    page = Page(handlers).ask()
    assert page.header["measured"] == []
    catalog = handlers.catalog
    source = read_dataset(tmp_path / "data" / "drawn")
    options = StressOptions(stresses=("brightness",), num_levels=3)
    stress_product(catalog, catalog.product(KEY), source, options)
    page.ask("brightness", {})
    first, second, *_ = page.header["measured"]
    assert first == "Measured over 4 good and 6 defective test images of this product:"
    assert second.startswith("Brightness: at +60 % light CAE flags")
    page.ask("noise", {})
    assert page.header["measured"] == []
