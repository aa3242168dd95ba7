"""Plots and tables of curves of detection."""

import numpy as np
import pytest
from scipy.special import expit

from eda.sensitivity.curves import (
    Fitted,
    draw_detection_map,
    draw_pod,
    fit_infos,
    tabulate_limits,
)
from inspection.sensitivity.fitting import DetectionMap, Varied
from inspection.sensitivity.pod import PODFit, fit_hit_miss
from inspection.sensitivity.signal import fit_signal
from tests.doubles.detectors import make_infos


def make_fit(a50: float, num_trials: int = 96) -> PODFit:
    sizes = np.geomspace(2, 60, num_trials)
    rng = np.random.default_rng(0)
    return fit_hit_miss(sizes, rng.uniform(size=num_trials) < expit(5 * np.log(sizes / a50)))


def make_fitted(**fits: PODFit) -> list[Fitted]:
    return fit_infos(fits, make_infos(*fits))


def test_every_detector_has_a_curve_a_band_and_a_mark_where_the_limit_is_reached() -> None:
    fitted = make_fitted(cae=make_fit(300.0), unet=make_fit(8.0))
    plot = draw_pod(fitted)
    marks = [trace for trace in plot.data if trace.name and trace.name.endswith(", a90/95")]
    assert [mark.x[0] for mark in marks] == [pytest.approx(fitted[1].fit.a90_95)]
    curve = next(trace for trace in plot.data if trace.mode == "lines" and trace.showlegend is None)
    assert "not reached" in curve.name
    assert len(plot.data) == 5


def test_a_scale_gives_millimetres() -> None:
    fitted = make_fitted(unet=make_fit(8.0))
    plot = draw_pod(fitted, scale=0.1)
    assert "mm" in plot.layout.xaxis.title.text
    assert max(plot.data[0].x) == pytest.approx(6.0)
    assert "mm)" in tabulate_limits(fitted, scale=0.1)["a90"][0]
    assert "mm" not in draw_pod(fitted, Varied.CONTRAST, scale=0.1).layout.xaxis.title.text


def test_without_a_curve_there_is_a_sentence() -> None:
    assert "no trial" in draw_pod([]).layout.annotations[0].text
    few = make_fitted(unet=fit_hit_miss([2.0, 3.0], [True, False]))
    assert "too few" in draw_pod(few).layout.annotations[0].text
    assert tabulate_limits(few)["a90/95"][0] == "too few trials"


def test_the_table_says_what_is_not_reached_and_why() -> None:
    table = tabulate_limits(make_fitted(cae=make_fit(300.0)))
    assert table["a90/95"][0] == "not reached"
    assert "60" in table["notes"][0]


def test_the_signal_response_model_stands_beside_where_it_holds() -> None:
    rng = np.random.default_rng(0)
    sizes = np.geomspace(2, 60, 60)
    scores = np.exp(np.log(sizes / 8) + 0.3 * rng.standard_normal(60))
    fit = fit_hit_miss(sizes, scores > 1)
    signals = {"cae": fit_signal(sizes, scores), "unet": fit_signal(sizes, np.maximum(scores, 0.9))}
    fitted = fit_infos({"cae": fit, "unet": fit}, make_infos("cae", "unet"), signals)
    table = tabulate_limits(fitted)
    assert table["a90/95 by score"][0].endswith("px")
    assert table["a90/95 by score"][1].startswith("– (no straight line")
    names = [trace.name for trace in draw_pod(fitted).data]
    assert [name for name in names if name and "by score" in name] == ["CAE, by score"]


def test_a_map_leaves_out_what_was_not_tried() -> None:
    info = make_infos("unet")["unet"]
    shares = np.array([[0.25, np.nan], [1.0, 0.5]])
    counts = np.array([[4, 0], [4, 4]])
    found = DetectionMap(np.array([4.0, 8.0]), np.array([20.0, 40.0]), shares, counts)
    heat = draw_detection_map(found, info).data[0]
    assert [list(row) for row in heat.z] == [[0.25, 1.0], [None, 0.5]]  # contrast by size
    assert [list(row) for row in heat.text] == [["25%", "100%"], ["", "50%"]]
    nothing = DetectionMap(found.sizes, found.contrasts, shares, np.zeros_like(counts))
    assert "no trial" in draw_detection_map(nothing, info).layout.annotations[0].text
