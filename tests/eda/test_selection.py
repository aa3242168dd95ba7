"""Bars, cells and rows stand for exactly the images that they count."""

from collections.abc import Mapping
from typing import Any

import pytest

from eda.facts import decode_coverage
from eda.frame import GOOD, make_frame
from eda.index import Index, open_index
from eda.location import make_density_maps
from eda.opened import Opened, open_tables
from eda.overview import draw_defect_types, draw_sizes, draw_splits
from eda.selection import CELL, STATE, select_images
from eda.shape import draw_counts
from inspection.datasets.dataset import read_dataset
from tests.doubles.parts import write_dataset


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root = tmp_path_factory.mktemp("selection")
    write_dataset(root / "parts", defects={"spot": 90.0, "dip": -40.0}, num_bad=3)
    write_dataset(root / "parts", category="plate", num_train=5, num_bad=2, side=48)
    return open_index(read_dataset(root / "parts"), cache=root / "cache")


@pytest.fixture(scope="module")
def opened(index: Index) -> Opened:
    return open_tables(index)


def count(opened: Opened, condition: Mapping[str, Any], **chosen: str) -> int:
    return len(select_images(opened.index, opened.images, condition, **chosen))


def test_every_bar_selects_as_many_images_as_it_counts(opened: Opened) -> None:
    for plot in (draw_splits(opened.images), draw_defect_types(opened.images)):
        counted = [
            (value, count(opened, condition))
            for trace in plot.data
            for value, condition in zip(trace.x, trace.customdata, strict=True)
        ]
        assert len(counted) >= 3
        assert all(value == selected for value, selected in counted)


def test_bubbles_and_shares_select_their_images(opened: Opened) -> None:
    sizes = [c for trace in draw_sizes(opened.images).data for c in trace.customdata]
    assert sum(count(opened, condition) for condition in sizes) == len(opened.images)
    one, *others = draw_counts(opened.images).data
    assert [count(opened, c) for c in one.customdata] == [3, 3, 2]  # each has one defect
    assert all(count(opened, c) == 0 for trace in others for c in trace.customdata)


def test_a_place_on_the_map_selects_the_images_with_a_defect_there(opened: Opened) -> None:
    (panel,) = make_density_maps(opened.index, opened.images, category="plate", with_mean=False)
    row, column = divmod(int(panel.density.argmax()), panel.density.shape[1])
    found = select_images(opened.index, opened.images, {"category": "plate", CELL: [column, row]})
    assert len(found) == round(panel.density.max() * panel.num_images / 100) == 2
    covers = opened.index.coverages(list(found["id"]))
    assert all(decode_coverage(data)[row, column] > 0 for data in covers.values())
    assert count(opened, {"category": "plate", CELL: [0, 0]}) == 0


def test_a_view_that_is_narrowed_selects_among_what_it_shows(opened: Opened) -> None:
    bad = {"category": "disc", STATE: "defective"}
    assert count(opened, bad) == 6
    assert count(opened, bad, category="disc", defect_type="dip") == 3
    assert count(opened, {STATE: "good"}, category="disc", defect_type="dip") == 16
    assert count(opened, bad, category="plate") == 0


@pytest.mark.parametrize(
    "odd",
    [
        *({"nothing": 1}, {"width": "64"}, {"width": None}, {"width": [1]}, {"width": {"a": 1}}),
        *({"category": [1, 2]}, {STATE: "odd"}, {STATE: ["good"]}),
        *({CELL: [64, 0]}, {CELL: "here"}, {CELL: [0.5, 1]}, {CELL: [-1, -1]}),
    ],
)
def test_nothing_meets_a_condition_that_cannot_be_understood(
    opened: Opened, odd: dict[str, Any]
) -> None:
    assert count(opened, odd) == 0


def test_ranges_hold_both_ends(opened: Opened) -> None:
    frame = make_frame(opened.index)
    low, high = sorted(frame["brightness"])[3], sorted(frame["brightness"])[9]
    assert count(opened, {"brightness": [low, high]}) == 7
    assert count(opened, {"defect_type": GOOD, "width": [48, 48]}) == 9
