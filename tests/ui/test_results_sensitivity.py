"""The Results tab shows the study of a product, where there is one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eda.index import open_index
from eda.sensitivity.real_defects import list_longest
from inspection.datasets.dataset import read_dataset
from inspection.products.catalog import Catalog
from inspection.sensitivity.category_study import StudyRequest, study_product
from inspection.sensitivity.kept import STUDY
from tests.doubles.page import to_json
from tests.doubles.products import make_catalog, write_evaluations
from ui.results.tab import Handlers
from ui.results.views import VIEWS

KEY = "drawn/part"
REQUEST = StudyRequest(kinds=("stain",), sizes=(6, 20), contrasts=(20, 100), num_trials=24)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    catalog = make_catalog(tmp_path)
    source = read_dataset(tmp_path / "data" / "drawn")
    study_product(catalog, catalog.product(KEY), source, REQUEST)
    return catalog


def ask(catalog: Catalog, question: str) -> dict[str, Any]:
    filters = [name for view in VIEWS for name in view.filters]
    wanted = [question if name == "question" else None for name in filters]
    (updates,) = Handlers(catalog).show("sensitivity", "drawn", "part", *wanted)
    return dict(updates)


def test_a_study_is_shown_with_its_curves_and_limits(catalog: Catalog) -> None:
    (updates,) = Handlers(catalog).show("sensitivity", "drawn", "part")
    assert updates["tab-sensitivity"]
    assert updates["rate"] is None, "nothing was evaluated"
    assert "Stain, 100 grey levels" in updates["pod-plot"].to_json()
    table = to_json(updates["pod"])
    assert "PatchCore" in table
    assert "Smallest stain found 90 % of the time" in table


def test_a_kind_that_was_not_studied_names_its_command(catalog: Catalog) -> None:
    assert "--kind dent" in ask(catalog, "dent")["pod-plot"].to_json()


def test_real_defects_are_shown_once_they_were_measured_and_judged(
    catalog: Catalog, tmp_path: Path
) -> None:
    product = catalog.product(KEY)
    source = read_dataset(tmp_path / "data" / "drawn")
    assert "No defect with a mask" in ask(catalog, "real-size")["pod-plot"].to_json()
    defects = list_longest(open_index(source, cache=tmp_path / "cache"))
    study_product(catalog, product, source, replace(REQUEST, defects=defects))
    assert "No defect with a mask" in ask(catalog, "real-size")["pod-plot"].to_json()
    write_evaluations(catalog, KEY)
    shown = ask(catalog, "real-size")
    assert "Real defects by size" in shown["pod-plot"].to_json()
    assert {row[0] for row in shown["pod"]["rows"]} == {
        "CAE",
        "U-Net",
        "PatchCore",
        "Joint verdict",
    }
    assert "real test defects found 90 % of the time" in shown["pod"]["note"]
    assert "grey levels of 255" in ask(catalog, "real-contrast")["pod-plot"].to_json()


def test_what_is_fitted_is_fitted_once(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = read_dataset(tmp_path / "data" / "drawn")
    defects = list_longest(open_index(source, cache=tmp_path / "cache"))
    study_product(catalog, catalog.product(KEY), source, replace(REQUEST, defects=defects))
    write_evaluations(catalog, KEY)
    handlers = Handlers(catalog)
    rates = [*[name for view in VIEWS for name in (*view.filters, *view.inputs)], "rate"]
    loose = [None] * (len(rates) - 1) + [{"product": KEY, "rate": 0.5}]
    first, later = handlers.show("compare", "drawn", "part")
    shown = later["found-limits"]["rows"]
    assert [row[1] for row in shown] == [f"{row['found']} of 6" for row in first["answer"]["rows"]]
    (study,) = handlers.show("sensitivity", "drawn", "part")
    assert study["rate"]["note"].startswith("This view was measured at 2 in 100")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("fitted once more")

    with monkeypatch.context() as patch:
        for place in (
            "eda.results.found.fit_hit_miss",
            "inspection.sensitivity.fitting.fit_hit_miss",
        ):
            patch.setattr(place, refuse)
        assert (
            list(handlers.show("compare", "drawn", "part"))[1]["found-limits"]
            == (later["found-limits"])
        )
        (again,) = handlers.show("sensitivity", "drawn", "part")
        assert again["pod"] == study["pod"]
        with pytest.raises(AssertionError, match="once more"):
            list(handlers.show("compare", "drawn", "part", *loose))
    write_evaluations(catalog, KEY)
    assert list(handlers.show("compare", "drawn", "part", *loose))[1]["found-limits"]["rows"]


def test_a_study_of_other_weights_is_not_shown(catalog: Catalog) -> None:
    path = catalog.product(KEY).folder / STUDY
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"weights_sha256": "00"', '"weights_sha256": "11"'), "utf-8")
    updates, *_ = Handlers(catalog).show("sensitivity", "drawn", "part")
    assert not updates["tab-sensitivity"]
