"""The view of many trials, as plain functions: a study that runs, stops, goes on and is bounded."""

from pathlib import Path
from typing import Any

import pytest

from eda.index import open_index
from eda.sensitivity.real_defects import list_longest
from inspection.products.catalog import Catalog
from inspection.sensitivity.category_study import StudyRequest, study_product
from tests.doubles.detectors import DETECTORS
from tests.doubles.products import make_catalog, write_evaluations
from ui.parts.latest_request import LatestRequest
from ui.sensitivity.steps import draw_anew, start_study, stop_study
from ui.sensitivity.study import MOST_SHARED, NUMBERS, StudyView
from ui.sensitivity.tab import Handlers

KEY = "drawn/part"
GOOD = ("sample", KEY, "part/test/good/000.png")
SCRATCHED = ("sample", KEY, "part/test/scratch/000.png")
CHOICE = ("foreign-body", 60, "part", "size@80", None)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_catalog(tmp_path)


@pytest.fixture
def handlers(catalog: Catalog) -> Handlers:
    return Handlers(catalog)


class Page:
    """What a visitor's page holds of the view."""

    def __init__(self, handlers: Handlers) -> None:
        self.handlers = handlers
        self.sent: dict[str, Any] = {}
        self.held: dict[str, Any] = {}
        self.texts: list[str] = []

    def ask(
        self,
        study: str | None,
        choice: object = CHOICE,
        *,
        source: tuple[str, str, str] = GOOD,
        most: int | None = None,
    ) -> "Page":
        """Ask, and break off after so many answers."""
        values: dict[str, Any] = {"area": None, "brushed": None, "drawing": None}
        steps = self.handlers.show(
            view="study", source=source, study=study, choice=choice, sent=self.sent, **values
        )
        self.texts = []
        for updates in steps:
            self.held |= updates
            if "study-status" in updates:
                self.texts.append(updates["study-status"]["text"])
            if most is not None and len(self.texts) > most:
                break
        return self

    @property
    def rows(self) -> list[list[Any]]:
        return list(self.held["study-table"]["rows"])


def test_the_view_says_what_to_do_first(handlers: Handlers) -> None:
    page = Page(handlers).ask(None)
    assert "press Start" in page.texts[-1]
    assert page.held["study-plot"] is None


def test_a_study_runs_and_gives_curves_maps_limits_and_words(handlers: Handlers) -> None:
    page = Page(handlers).ask("run")
    assert any("of 60 trials, about" in text for text in page.texts)
    assert page.texts[-1].startswith("60 trials.")
    assert not page.held["study-status"]["problem"]
    names = [row[0] for row in page.rows]
    assert {"CAE", "U-Net", "PatchCore"} <= {str(name) for name in names}
    assert "hit/miss model" in page.held["study-table"]["note"]
    assert "at 80 grey levels" in page.held["study-plot"].layout.title.text
    for name in DETECTORS:
        counts = page.held[f"study-map-{name}"].data[0].customdata
        assert sum(sum(row) for row in counts) == 60
    curves = [value for _, value in page.held["curve"][0]]
    assert "size@80" in curves
    assert any(value.startswith("contrast@") for value in curves)


def test_a_study_that_was_stopped_goes_on_with_its_trials(handlers: Handlers) -> None:
    page = Page(handlers).ask("run", most=2)
    page.ask("stop")
    assert page.texts[-1].startswith("Stopped after ")
    assert "of 60 trials" in page.texts[-1]
    before = int(page.texts[-1].split()[2])
    assert 0 < before < 60
    page.ask("run")
    assert page.texts[1].startswith(f"{before + 8} of 60")
    assert page.texts[-1].startswith("60 trials.")


def test_another_curve_of_the_same_trials_asks_nobody(handlers: Handlers) -> None:
    page = Page(handlers).ask("run")
    size = next(value for _, value in page.held["curve"][0] if value.startswith("contrast@"))
    page.ask("run", ("foreign-body", 60, "part", size, None))
    assert not any("about" in text for text in page.texts)
    assert page.held["curve"][1] == size
    assert "px long" in page.held["study-plot"].layout.title.text


def test_with_a_scale_limits_are_given_in_millimetres_too(handlers: Handlers) -> None:
    page = Page(handlers).ask("run", ("foreign-body", 60, "part", "size@80", 0.05))
    assert "mm" in page.held["study-plot"].layout.xaxis.title.text
    assert any("mm)" in str(cell) for row in page.rows for cell in row)


def test_an_image_that_is_flagged_already_is_refused_and_a_good_one_offered(
    handlers: Handlers,
) -> None:
    page = Page(handlers).ask("run", source=SCRATCHED)
    assert page.held["study-status"]["problem"]
    assert "before anything is drawn" in page.texts[-1]
    assert "Choose a good sample" in page.texts[-1]


def test_on_a_shared_page_a_study_is_bounded_and_that_is_said(
    handlers: Handlers, catalog: Catalog
) -> None:
    catalog.places.is_shared = True
    page = Page(handlers).ask(None)
    assert f"{MOST_SHARED} trials at most" in page.texts[-1]
    page.ask("run", ("foreign-body", NUMBERS[-1], "part", "size@80", None), most=1)
    assert f"of {MOST_SHARED} trials" in page.texts[1]


@pytest.mark.parametrize(
    "choice",
    [
        (),
        None,
        "x",
        ("no kind", 1_000_000, "x", "size@nan", -1),
        (None, "60", [], "contrast@-4", float("nan")),
        ({}, True, 5, 7, "x"),
    ],
)
def test_a_choice_by_hand_becomes_one_that_there_is(handlers: Handlers, choice: object) -> None:
    page = Page(handlers).ask("run", choice, most=1)
    assert "of 120 trials" in page.texts[1]


def test_a_checkpoint_replaced_meanwhile_ends_the_study(
    handlers: Handlers, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = iter(range(1000))
    view: StudyView = handlers.views["study"]
    subject = view._subject

    def changing(scene: Any) -> Any:
        found = subject(scene)
        return type(found)(found.channels, found.rate, state=lambda: next(states))

    monkeypatch.setattr(StudyView, "_subject", lambda _, scene: changing(scene))
    page = Page(handlers).ask("run")
    assert page.held["study-status"]["problem"]
    assert "replaced" in page.texts[-1]


def test_steps_start_stop_and_choose() -> None:
    latest = LatestRequest({"study": None, "choice": ()})
    stop_study(latest, 1, KEY, "a")
    assert latest.values["study"] is None
    start_study(latest, 2, KEY, "a")
    assert latest.values == {"study": "run", "choice": ("a",)}
    changes = latest._changes
    draw_anew(latest, 3, KEY, "a")  # a field that was only left
    assert latest._changes == changes
    draw_anew(latest, 4, KEY, "b")
    assert latest.values == {"study": "run", "choice": ("b",)}
    stop_study(latest, 5, KEY, "b")
    assert latest.values["study"] == "stop"


def test_what_a_study_of_the_category_has_found_is_shown_before_one_is_started(
    handlers: Handlers, catalog: Catalog, tmp_path: Path
) -> None:
    assert "whole category" not in Page(handlers).ask(None).texts[-1]
    source = catalog.datasets.read("drawn")
    defects = list_longest(open_index(source, cache=tmp_path / "cache"))
    request = StudyRequest(kinds=("foreign-body",), num_trials=60, defects=defects)
    study_product(catalog, catalog.product(KEY), source, request)
    page = Page(handlers).ask(None)
    assert "The whole category, by `cli.py sensitivity`: Smallest foreign body" in page.texts[-1]
    assert "60 trials" in page.held["study-table"]["title"]
    assert {row[2] for row in page.rows} == {"CAE", "U-Net", "PatchCore", "Joint verdict"}
    assert "Foreign body" in page.held["study-plot"].to_json()
    assert page.held["study-real-size"] is None  # the detectors were not evaluated
    write_evaluations(catalog, KEY)
    page.ask(None)
    assert "real test defects" in page.texts[-1]
    assert "Real defects by contrast" in page.held["study-real-contrast"].to_json()
    assert {row[0] for row in page.rows} > {"Foreign body", "Real defects by size"}
    page.ask("run", most=20)
    page.ask("stop")
    assert page.held["study-real-size"] is None
