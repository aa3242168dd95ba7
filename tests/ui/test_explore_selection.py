"""The one selection of the Explore data tab, as the server answers it."""

from pathlib import Path
from typing import Any

import pytest

from eda.selection import STATE
from inspection.products.catalog import Catalog
from tests.doubles.detectors import FakeDetector, make_channel, make_infos
from tests.doubles.parts import write_dataset
from ui.explore.choices import ALL
from ui.explore.tab import Handlers

SPOTS = [f"disc/test/spot/{number:03d}.png" for number in range(4)]


@pytest.fixture
def handlers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Handlers:
    monkeypatch.setenv("DEFECT_LENS_CACHE", str(tmp_path / "cache"))
    write_dataset(tmp_path / "parts")
    write_dataset(tmp_path / "parts", category="plate", num_train=3, num_test=2)
    (tmp_path / "checkpoints").mkdir()
    catalog = Catalog(
        tmp_path / "checkpoints",
        [tmp_path / "parts"],
        loader=lambda folder: make_channel(1.0),
        detectors=make_infos(FakeDetector.name),
    )
    return Handlers(catalog)


def select(handlers: Handlers, **wanted: Any) -> dict[str, Any]:
    tray = handlers.select({"dataset": "parts", "number": 1, **wanted})["tray"]
    assert (tray["step"], tray["number"], tray["dataset"]) == ("picked", 1, "parts")
    return dict(tray)


def test_ids_and_conditions_select_together_and_take_away(handlers: Handlers) -> None:
    spots = [{"category": "disc", "defect_type": "spot"}]
    assert select(handlers, ids=SPOTS[:2])["ids"] == SPOTS[:2]
    good = "disc/train/good/000.png"
    assert select(handlers, ids=[good], conditions=spots)["ids"] == [*SPOTS, good]
    left = select(handlers, ids=[good, *SPOTS], conditions=spots, removes=True)
    assert left["ids"] == [good]


def test_the_tray_says_how_many_of_which_class_and_shows_them(handlers: Handlers) -> None:
    tray = select(handlers, ids=SPOTS[:3], conditions=[{"category": "plate", STATE: "defective"}])
    assert [(one["label"], one["count"], one["total"]) for one in tray["classes"]] == [
        ("spot, disc", 3, 4),
        ("spot, plate", 2, 2),
    ]
    assert [one["id"] for one in tray["pictures"]] == tray["ids"]
    assert all(one["source"].startswith("data:image/jpeg") for one in tray["pictures"])
    assert [(one["category"], one["split"]) for one in tray["kinds"]] == [
        ("disc", "test"),
        ("plate", "test"),
    ]


def test_the_product_with_most_of_the_selected_images_inspects_them(handlers: Handlers) -> None:
    mixed = select(handlers, ids=[*SPOTS[:3], "plate/test/spot/000.png"])["inspected"]
    assert (mixed["product"], mixed["ids"]) == ("parts/disc", SPOTS[:3])
    assert mixed["label"] == "Inspect 3 of disc"
    assert select(handlers, ids=SPOTS)["inspected"]["label"] == "Inspect 4"


def test_the_table_of_a_selection_has_every_measure(handlers: Handlers) -> None:
    told = handlers.measure({"dataset": "parts", "ids": SPOTS[:2], "at": 5})["tray"]
    assert (told["step"], told["file"]) == ("measured", "selected-parts")
    assert {"image", "brightness", "defect area, %"} <= set(told["titles"])
    assert [row[0] for row in told["rows"]] == SPOTS[:2]


@pytest.mark.parametrize("odd", [None, 3, "parts", ["x"], [None, 1], {"a": 1}])
def test_whatever_is_asked_by_hand_selects_nothing(handlers: Handlers, odd: Any) -> None:
    assert select(handlers, ids=odd, conditions=odd, category=odd, type=odd)["ids"] == []
    assert handlers.select({"dataset": odd if odd != "parts" else "/etc"})["status"]["problem"]
    assert handlers.measure({"dataset": "parts", "ids": odd})["tray"]["rows"] == []


def test_the_gallery_is_narrowed_to_a_selection_of_its_dataset(handlers: Handlers) -> None:
    def show(chosen: Any, page: int = 0) -> dict[str, Any]:
        asked = ("gallery", "parts", ALL, ALL, *["any"] * 4, "class", *["any"] * 5, page)
        return dict(list(handlers.show(*asked, chosen=chosen))[-1]["gallery"])

    ids = [*SPOTS[:2], *(f"disc/train/good/{number:03d}.png" for number in range(12))]
    ids.append("plate/test/good/000.png")
    first, second = show(("parts", ids)), show(("parts", ids), 1)
    assert first["narrowed"] == "Only the selected images (15)."
    assert (first["pages"], [len(side["items"]) for side in first["sides"]]) == (2, [12, 2])
    assert [len(side["items"]) for side in second["sides"]] == [1, 0]
    assert show(("others", ids))["narrowed"] == show(None)["narrowed"] == ""
    assert show(("parts", 7))["sides"][0]["items"] == []


def test_the_images_most_like_one_are_selected_the_most_alike_first(handlers: Handlers) -> None:
    near = select(handlers, ids=SPOTS[:1], nearest=True)
    assert len(near["ids"]) == 12
    assert near["ids"][0] == SPOTS[0]
    assert all(one.startswith("disc/") for one in near["ids"])
    assert select(handlers, ids=SPOTS[:2], nearest=True)["ids"] == SPOTS[:2]
