"""Every defect as a point, what was found of them, and what a class looks like as a whole."""

import numpy as np
import pytest

from eda.choice import COLOUR
from eda.class_images import colour_difference, draw_class_images, make_class_images
from eda.defects import draw_places, draw_sizes
from eda.frame import GOOD
from eda.index import open_index
from eda.nearest import find_nearest
from eda.opened import Opened, open_tables
from eda.similarity import compare_images
from eda.verdicts import FOUND, MISSED, UNTESTED, Verdicts
from inspection.datasets.dataset import read_dataset
from tests.doubles.parts import write_dataset


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    root = tmp_path_factory.mktemp("defects")
    write_dataset(root / "parts", defects={"spot": 90.0, "dip": -40.0}, num_bad=3)
    return open_tables(open_index(read_dataset(root / "parts"), cache=root / "cache"))


def judge(opened: Opened) -> Verdicts:
    """Return verdicts of a detector that finds spots alone, and was not tested on one of them."""
    images = opened.images[opened.images["split"] == "test"]
    flags = dict(zip(images["id"], images["defect_type"] == "spot", strict=True))
    del flags["disc/test/spot/002.png"]
    return Verdicts("CAE", flags | {"disc/test/good/000.png": True})


def test_every_defect_is_a_point_that_knows_its_image(opened: Opened) -> None:
    for draw in (draw_sizes, draw_places):
        traces = draw(opened.defects).data
        assert sorted(one for trace in traces for one in trace.customdata) == sorted(
            opened.defects["id"]
        )
        assert [trace.name for trace in traces] == ["dip (3)", "spot (3)"]
    spots = draw_sizes(opened.defects).data[1]
    rows = opened.defects[opened.defects["defect_type"] == "spot"]
    np.testing.assert_allclose(spots.x, rows["area_share"], atol=1e-3)
    np.testing.assert_allclose(spots.y, rows["contrast"], atol=0.1)
    places = draw_places(opened.defects).data[0]
    np.testing.assert_allclose(places.x, 100 * 37.5 / 64, atol=1.5)
    np.testing.assert_allclose(places.y, 100 * 27.5 / 64, atol=1.5)


def test_found_and_missed_are_told_apart(opened: Opened) -> None:
    verdicts = judge(opened)
    points = {
        trace.name.split(" (")[0]: set(trace.customdata)
        for trace in draw_sizes(opened.defects, verdicts).data
    }
    assert points == {
        UNTESTED: {"disc/test/spot/002.png"},
        FOUND: {"disc/test/spot/000.png", "disc/test/spot/001.png"},
        MISSED: {f"disc/test/dip/{number:03d}.png" for number in range(3)},
    }
    assert verdicts.describe(opened.images) == (
        "CAE finds 2 of 5 tested defective images, and flags 1 of 4 good ones."
    )
    only_bad = opened.images[opened.images["defect_type"] == "dip"]
    assert verdicts.describe(only_bad) == "CAE finds 0 of 3 tested defective images."
    assert Verdicts("CAE", {}).describe(opened.images) == ""


def test_a_class_differs_from_good_where_its_defects_lie(opened: Opened) -> None:
    images = {
        one.words.split(", ")[0]: one for one in make_class_images(opened.index, opened.images)
    }
    assert list(images) == [
        *("good: mean", "good: spread"),
        *("dip: mean", "dip: spread", "dip: from good"),
        *("spot: mean", "spot: spread", "spot: from good"),
    ]
    inside = (slice(44, 68), slice(64, 88))  # of `DEFECT` at twice its side
    for name, channel in (("spot", 0), ("dip", 2)):  # brighter: orange; darker: blue
        picture = images[f"{name}: from good"].picture.astype(float)
        strongest = picture[inside].mean(axis=(0, 1))
        assert strongest.argmax() == channel
        assert strongest.min() < 120 < picture[:30, :30].min(axis=2).mean()
    layout = draw_class_images(list(images.values())).layout
    assert len(layout.images) == len(images)
    assert layout.meta["narrow"]["height"] > layout.meta["wide"]["height"]
    assert draw_class_images([]).layout.annotations[0].text


def test_the_colours_of_a_difference_are_symmetric() -> None:
    ends = colour_difference(np.array([[-1.0, 0.0, 1.0, 2.0]], np.float32))[0]
    assert ends.tolist() == [[217, 96, 26], [255] * 3, [47, 134, 201], [47, 134, 201]]


@pytest.mark.parametrize("colour", COLOUR.values)
def test_similarity_is_coloured_by_any_measure(opened: Opened, colour: str) -> None:
    found = compare_images(opened.index, opened.images, None)
    traces = found.draw(colour=colour).data
    assert sorted(one for trace in traces for one in trace.customdata) == sorted(
        opened.images["id"]
    )
    column = COLOUR.values[colour]
    measured = [trace for trace in traces if isinstance(trace.marker.color, tuple)]
    if column in (None, "split"):
        assert len(traces) == opened.images[column or "defect_type"].nunique()
        return
    values = opened.images.set_index("id")[column]
    for trace in measured:
        np.testing.assert_allclose(trace.marker.color, values[list(trace.customdata)], atol=1e-3)


def test_an_image_is_most_like_its_copy(opened: Opened) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(opened.images), 40)).astype(np.float32)
    vectors[7] = vectors[3] + 0.01
    near = find_nearest(opened.index, opened.images, vectors, 3, count=4)
    assert near[:2] == [3, 7]
    assert len(near) == 4
    spot = int(np.flatnonzero(opened.images["defect_type"] != GOOD)[0])
    assert find_nearest(opened.index, opened.images, None, spot)[0] == spot
