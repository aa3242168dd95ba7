"""What was measured under stress has a view of its own among the results."""

from pathlib import Path

import pytest

from inspection.datasets.dataset import read_dataset
from inspection.products.catalog import Catalog
from inspection.sensitivity.category_stress import StressOptions, stress_product
from tests.doubles.products import make_catalog
from ui.results.data import Results
from ui.results.views.robustness import VIEW
from ui.results.views.view import Selection

KEY = "drawn/part"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    catalog = make_catalog(tmp_path)
    source = read_dataset(tmp_path / "data" / "drawn")
    options = StressOptions(stresses=("brightness",), num_levels=3)
    stress_product(catalog, catalog.product(KEY), source, options)
    return catalog


def select(stress: object) -> Selection:
    return Selection(KEY, (KEY,), (), {"stress": stress})


def test_a_stress_is_drawn_and_all_are_in_the_table(catalog: Catalog) -> None:
    results = Results(catalog)
    assert VIEW.is_offered(results, select("brightness"))
    parts = VIEW.build(results, select("brightness"))
    assert [one.name for one in parts["robustness-plot"].data[::2]] == [
        "CAE",
        "U-Net",
        "PatchCore",
        "Joint verdict",
    ]
    assert parts["robustness"]["note"].startswith("Brightness: at +60 % light CAE flags")


def test_the_slider_says_that_a_stress_does_not_follow_it(catalog: Catalog) -> None:
    said = VIEW.say_rate(Results(catalog), select("brightness"))
    assert said == "This view was measured at 2 in 100; the slider does not change it."


def test_a_stress_that_was_not_measured_says_how(catalog: Catalog) -> None:
    plot = VIEW.build(Results(catalog), select("jpeg"))["robustness-plot"]
    assert "--stress jpeg" in plot.layout.annotations[0].text.replace("<br>", " ")
    default = VIEW.build(Results(catalog), select(["?"]))["robustness-plot"]
    assert len(default.data) == 8


def test_it_is_not_offered_where_nothing_was_measured(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path)
    assert not VIEW.is_offered(Results(catalog), select("brightness"))
    parts = VIEW.build(Results(catalog), select("brightness"))
    assert set(parts) == {"robustness-plot", "robustness"}
