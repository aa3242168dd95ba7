"""A view that is added to the list stands on the page and in the report, and needs nothing else."""

import json
from collections.abc import Mapping
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
from inspection.products.catalog import Catalog
from tests.doubles.detectors import make_channel
from tests.doubles.parts import write_dataset
from ui.explore.tab import Handlers
from ui.layout import build_page


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
    asked = ("parts", "all", "all", "any", "any", "deep", 0)
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


def test_no_two_views_share_a_name() -> None:
    names = [name for view in views.VIEWS for name in view.parts]
    filters = [one.name for view in views.VIEWS for one in view.filters]
    assert len({*names, *filters}) == len(names) + len(filters)
    assert len({view.name for view in views.VIEWS}) == len(views.VIEWS)
