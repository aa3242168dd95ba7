"""A view that is added to its list stands on the page, and of data in the report, at once."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from eda import views
from eda.choice import Choice, Filter
from eda.index import open_index
from eda.opened import Opened
from eda.report import make_report
from eda.views.view import Kind, View
from inspection.datasets.dataset import read_dataset
from inspection.evaluation.files import EVALUATION
from inspection.products.catalog import Catalog
from tests.doubles.detectors import make_channel
from tests.doubles.parts import write_dataset
from tests.doubles.products import make_catalog, write_evaluations
from ui.explore.tab import Handlers
from ui.layout import build_page
from ui.parts.components import make_tiles
from ui.parts.sub_tabs import known, make_filter
from ui.parts.updates import Updates
from ui.results import tab as results_tab
from ui.results import views as results_views
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection


def build(opened: Opened, choice: Choice) -> Mapping[str, Any]:
    from eda.overview import Tile
    from eda.tables import Table

    darkest = opened.images.nsmallest(3, "brightness")[["id", "brightness"]]
    return {
        "darkest": Table(darkest, "The darkest images", file="darkest"),
        "darkness": [Tile(choice.filters.get("depth", "?"), "deep")],
    }


DEPTH = Filter("depth", "Depth", {"any": (0.0, 9.0), "deep": (5.0, 9.0)})
DARKNESS = View(
    "darkness",
    "Darkness",
    rows=({"darkness": Kind.TILES}, {"darkest": Kind.TABLE, "nothing": Kind.PLOT}),
    build=build,
    filters=(DEPTH,),
)


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    monkeypatch.setenv("DEFECT_LENS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(views, "VIEWS", (*views.VIEWS, DARKNESS))
    (tmp_path / "checkpoints").mkdir()
    return Catalog(
        tmp_path / "checkpoints",
        [write_dataset(tmp_path / "parts")],
        loader=lambda folder: make_channel(1.0),
        detectors={},
    )


def test_a_new_view_is_a_sub_tab_of_the_page(catalog: Catalog) -> None:
    components = build_page(catalog).get_config_file()["components"]
    labels = [part["props"].get("label") for part in components]
    assert labels.index("Similarity") < labels.index("Darkness")
    assert "Depth" in labels, "its own filter"
    asked = ("parts", "all", "all", *["any"] * 4, "class", *["any"] * 5, "deep", 0)
    *_, shown = Handlers(catalog).show("darkness", *asked)
    assert shown["darkest"]["title"] == "The darkest images"
    assert len(shown["darkest"]["rows"]) == 3
    assert shown["darkness"] == [{"value": "deep", "label": "deep"}]
    assert shown["nothing"] is None


def test_a_new_view_is_a_section_of_the_report(catalog: Catalog, tmp_path: Path) -> None:
    index = open_index(read_dataset(tmp_path / "parts"), cache=tmp_path / "cache")
    text = make_report(index, detectors={})
    titles = [view.title for view in views.VIEWS]
    places = [text.index(f"<section><h2>{title}</h2>") for title in titles]
    assert places == sorted(places)
    values = json.loads(text.split('id="values">')[1].split("</script>")[0])
    assert values["part-darkest"]["title"] == "The darkest images"
    assert "part-nothing" not in values


def count(results: Results, selection: Selection) -> Updates:
    unit = known(selection.choices.get("unit"), ("images", "dozens"), "images")
    return {"counts": [{"value": unit, "label": str(len(selection.shown))}]}


COUNTS = ResultsView(
    "counted",
    "Counted",
    rows=({"counts": make_tiles},),
    build=count,
    filters={"unit": partial(make_filter, "Unit", [("images", "images"), ("dozens", "dozens")])},
    per_detector=make_tiles,
    is_offered=lambda _, selection: len(selection.shown) > 1,
)


def test_a_new_view_of_evaluations_is_a_sub_tab_where_it_is_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_views, "VIEWS", (*results_views.VIEWS, COUNTS))
    catalog = make_catalog(tmp_path, trained=("cae", "unet"))
    write_evaluations(catalog, "drawn/part")
    components = build_page(catalog).get_config_file()["components"]
    labels = [part["props"].get("label") for part in components]
    assert labels.index("Details") < labels.index("Counted")
    assert "Unit" in labels, "its own filter"
    others = sum(len(view.filters) for view in results_views.VIEWS) - len(COUNTS.filters)
    asked = ("drawn", "part", *[None] * others, "dozens")
    (updates,) = results_tab.Handlers(catalog).show("counted", *asked)
    assert updates["counts"] == [{"value": "dozens", "label": "3"}], "the joint verdict, too"
    assert updates["tab-counted"]
    (tmp_path / "checkpoints" / "drawn" / "part" / "cae" / EVALUATION).unlink()
    updates, _ = results_tab.Handlers(catalog).show("counted", *asked)
    assert not updates["tab-counted"]
    assert (updates["view"], "counts" in updates) == ("compare", False)


def test_no_two_views_share_a_name() -> None:
    of_data = [
        [part for view in views.VIEWS for part in view.parts],
        [one.name for view in views.VIEWS for one in view.filters],
    ]
    of_results = [
        [part for view in results_views.VIEWS for row in view.list_rows(["cae"]) for part in row],
        [name for view in results_views.VIEWS for name in view.filters],
    ]
    for parts, filters in (of_data, of_results):
        assert len({*parts, *filters}) == len(parts) + len(filters)
    for listed in (views.VIEWS, results_views.VIEWS):
        assert len({view.name for view in listed}) == len(listed)
