"""The Results tab shows the study of a product, where there is one."""

from pathlib import Path

import pytest

from inspection.datasets.dataset import read_dataset
from inspection.products.catalog import Catalog
from inspection.sensitivity.category_study import StudyRequest, study_product
from inspection.sensitivity.kept import STUDY
from tests.doubles.page import to_json
from tests.doubles.products import make_catalog
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


def test_a_study_is_shown_with_its_curves_and_limits(catalog: Catalog) -> None:
    (updates,) = Handlers(catalog).show("sensitivity", "drawn", "part")
    assert updates["tab-sensitivity"]
    assert "Stain, 100 grey levels" in updates["pod-plot"].to_json()
    table = to_json(updates["pod"])
    assert "PatchCore" in table
    assert "Smallest stain found 90 % of the time" in table


def test_a_kind_that_was_not_studied_names_its_command(catalog: Catalog) -> None:
    filters = [name for view in VIEWS for name in view.filters]
    wanted = ["dent" if name == "drawn-kind" else None for name in filters]
    (updates,) = Handlers(catalog).show("sensitivity", "drawn", "part", *wanted)
    assert "--kind dent" in updates["pod-plot"].to_json()


def test_a_study_of_other_weights_is_not_shown(catalog: Catalog) -> None:
    path = catalog.product(KEY).folder / STUDY
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"weights_sha256": "00"', '"weights_sha256": "11"'), "utf-8")
    (updates,) = Handlers(catalog).show("sensitivity", "drawn", "part")
    assert not updates["tab-sensitivity"]
