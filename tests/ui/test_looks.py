"""Marks and colours mean the same on panels, in plots and in legends."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from plotly.validator_cache import ValidatorCache

from detectors import list_detectors
from eda import overview, style
from eda.classes import add_classes
from inspection.detector import NEUTRAL, DetectorInfo, Symbol
from ui.theme import mark_colours
from ui.viewer.viewer import STYLES, viewer_script

BLUE = (style.NORMAL, style.LEARNED[style.NORMAL])
ORANGE = (style.DEFECT, style.LEARNED[style.DEFECT])


def make_images(kinds: list[str], categories: tuple[str, ...] = ("part",)) -> pd.DataFrame:
    rows = [
        {"id": f"{category}/{split}/{kind}", "category": category, "split": split}
        | {"defect_type": kind}
        for category in categories
        for kind in kinds
        for split in ("train", "test")
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("categories", [("part",), ("part", "ring"), ("a", "b", "c")])
def test_good_images_are_blue_circles_and_nothing_else_is_either(
    categories: tuple[str, ...],
) -> None:
    frame = make_images(["crack", "dent", "good", "scratch"], categories)
    plot = go.Figure()
    add_classes(plot, frame, np.zeros(len(frame)), np.zeros(len(frame)))
    good = [trace for trace in plot.data if trace.name.startswith("good")]
    bad = [trace for trace in plot.data if not trace.name.startswith("good")]
    assert good
    assert bad
    assert {trace.marker.color for trace in good} == {style.NORMAL}
    assert all(trace.marker.symbol.startswith("circle") for trace in good)
    assert not any(trace.marker.color in BLUE for trace in bad)
    assert not any(trace.marker.symbol.startswith("circle") for trace in bad)
    assert bad[0].marker.color == style.DEFECT


def test_in_bars_good_is_blue_and_defective_orange_in_every_split() -> None:
    plot = overview.draw_splits(make_images(["good", "dent"]))
    colours = {trace.name: trace.marker.color for trace in plot.data}
    assert {colours["train, good"], colours["test, good"]} == set(BLUE)
    assert {colours["train, defective"], colours["test, defective"]} == set(ORANGE)


def test_a_detector_has_one_mark_on_its_panel_and_in_plots() -> None:
    detectors = list_detectors()
    script = viewer_script(tuple(detectors.values()))
    for name, info in detectors.items():
        assert f'"name": "{name}", "title": "{info.title}"' in script
        assert f'"mark": "{info.appearance.symbol}"' in script
        colours = mark_colours(detectors)
        assert f"[data-detector={name}] {{ --mark: {info.appearance.light}; }}" in colours
        assert f".dark [data-detector={name}] {{ --mark: {info.appearance.dark}; }}" in colours
    assert len({info.appearance.symbol for info in detectors.values()}) == len(detectors)


def test_the_page_draws_every_symbol_of_the_plots() -> None:
    style = "".join(path.read_text("utf-8") for path in STYLES)
    for symbol in Symbol:
        assert symbol == "square" or f".dl-mark[data-mark={symbol}]" in style
        assert symbol in ValidatorCache.get_validator("scatter.marker", "symbol").values


def test_a_detector_without_a_mark_of_its_own_has_one_all_the_same() -> None:
    assert DetectorInfo("another", "Another").appearance == NEUTRAL
    assert NEUTRAL not in [info.appearance for info in list_detectors().values()]
