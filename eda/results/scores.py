"""Scores of test images: one detector against another, and against any threshold."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from eda.results.shown import Judged, Shown
from eda.style import DEFECT, NEUTRAL, NORMAL, empty_plot, escape, lay_out, say
from inspection.evaluation.joint import FLAGGED_FROM
from inspection.evaluation.records import ScoredImage
from inspection.evaluation.verdicts import Verdicts
from inspection.types import Calibration

BINS = 36
MAX_POINTS = 4000
STEEP = 20.0  # the largest score is so many times the smallest: a logarithmic axis
SCATTER_HEIGHT = 600
NARROW_HEIGHT = 430
TITLE = "Detector against detector"
TWO_NEEDED = "It takes two detectors that were evaluated on the same images."


def draw_scatter(
    first: Judged | None, second: Judged | None, picked: Collection[str] | None = None
) -> go.Figure:
    """Draw one detector against another, every image by its scores in units of the thresholds.

    Args:
        first: stands across.
        second: stands up.
        picked: ids of images that stand out; without, all are alike.
    """
    if first is None or second is None:
        return empty_plot(TITLE, TWO_NEEDED, height=SCATTER_HEIGHT)
    images, points = _match(first.verdicts, second.verdicts)
    if not images:
        return empty_plot(TITLE, TWO_NEEDED, height=SCATTER_HEIGHT)
    is_log = [_raise_zeros(points[:, axis]) for axis in (0, 1)]
    labels = np.array([image.is_anomalous for image in images])
    chosen = _choose(labels)
    plot = go.Figure()
    for label, name, colour, symbol in (
        (False, "good", NORMAL, "circle"),
        (True, "defective", DEFECT, "x"),
    ):
        rows = [row for row in chosen if labels[row] == label]
        _add_points(plot, [images[row] for row in rows], points[rows], (name, colour, symbol))
    if picked is not None:
        _select(plot, frozenset(picked))
    _lay_out_scatter(plot, first.title, second.title)
    for is_wanted, update in zip(is_log, (plot.update_xaxes, plot.update_yaxes), strict=True):
        update(**({"type": "log", "dtick": "D2"} if is_wanted else {"rangemode": "tozero"}))
    return plot


def _lay_out_scatter(plot: go.Figure, first: str, second: str) -> None:
    lay_out(
        plot,
        f"{first} against {second}",
        height=SCATTER_HEIGHT,
        subtitle="each point is a test image; the dashed lines are the thresholds",
        x_title=f"{first}: times its threshold",
        y_title=f"{second}: times its threshold",
        showlegend=True,
    )
    # a finger that moves over the plot turns the page; one that taps picks a point
    plot.update_layout(
        dragmode="select",
        meta={
            "wide": {"height": SCATTER_HEIGHT, "dragmode": "select"},
            "narrow": {"height": NARROW_HEIGHT, "dragmode": False},
        },
    )
    _mark_thresholds(plot, first, second)


def _select(plot: go.Figure, picked: Collection[str]) -> None:
    for trace in plot.data:
        chosen = [place for place, key in enumerate(trace.customdata) if key in picked]
        trace.update(selectedpoints=chosen)


def judge_values(
    shown: Sequence[Shown], calibrations: Mapping[str, Calibration], rate: float
) -> dict[str, Any]:
    """Return what a browser needs to judge every test image anew at any false-alarm rate.

    Args:
        shown: the detectors of one category, and their joint verdict.
        calibrations: by detector.
        rate: to begin with.
    """
    detectors = [one for one in shown if not one.is_joint]
    kinds = sorted({i.defect_type for one in shown for i in one.report.images if i.defect_type})
    return {
        "kinds": [{"name": kind, "label": kind.replace("_", " ")} for kind in kinds],
        "rate": rate,
        "detectors": [
            _judge_one(one, calibrations[one.report.detector], kinds) for one in detectors
        ],
        "joint": next((_judge_joint(one, kinds) for one in shown if one.is_joint), None),
    }


def _judge_joint(one: Shown, kinds: Sequence[str]) -> dict[str, Any]:
    flagged_from = [image.measures[FLAGGED_FROM] for image in one.report.images]
    return {"flaggedFrom": flagged_from, **_about(one, kinds)}


def _about(one: Shown, kinds: Sequence[str]) -> dict[str, Any]:
    """Return what the detector is called, and defect type and part of every image, as numbers."""
    images = one.report.images
    numbers = {unit: place for place, unit in enumerate(dict.fromkeys(i.unit for i in images))}
    return {
        "title": one.title,
        "name": one.info.name,
        "mark": one.appearance.symbol,
        "kinds": [kinds.index(i.defect_type) if i.defect_type else -1 for i in images],
        "units": [numbers[image.unit] for image in images],
    }


def _judge_one(one: Shown, calibration: Calibration, kinds: Sequence[str]) -> dict[str, Any]:
    images = one.report.images
    scores = np.array([image.image_score for image in images], np.float64)
    labels = np.array([image.is_anomalous for image in images], bool)
    return {
        "normalScores": [float(score) for score in calibration.normal_scores],
        "scores": scores.tolist(),
        **_about(one, kinds),
        "histogram": make_histogram(scores, labels),
    }


def make_histogram(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> dict[str, Any]:
    """Count normal and defective scores in bins of equal width on their axis.

    Returns:
        "low" and "high" of the axis, whether it "isLog", and the counts "normal" and "defective".
    """
    is_log = _is_steep(scores)
    used = np.maximum(scores, _smallest(scores)) if is_log else scores
    low, high = (float(used.min()), float(used.max())) if used.size else (0.0, 1.0)
    if high <= low:
        high = low + 1.0
    edges = np.geomspace(low, high, BINS + 1) if is_log else np.linspace(low, high, BINS + 1)
    edges[[0, -1]] = low, high  # rounding must not lose the extremes
    return {
        "low": low,
        "high": high,
        "isLog": is_log,
        "normal": np.histogram(used[~labels], edges)[0].tolist(),
        "defective": np.histogram(used[labels], edges)[0].tolist(),
    }


def _match(first: Verdicts, second: Verdicts) -> tuple[list[ScoredImage], NDArray[np.float64]]:
    """Return the images that both predicted, and their relative scores (n, 2)."""
    others = dict(zip((image.id for image in second.images), second.relative, strict=True))
    pairs = [
        (image, (relative, others[image.id]))
        for image, relative in zip(first.images, first.relative, strict=True)
        if image.id in others
    ]
    points = np.array([point for _, point in pairs], np.float64).reshape(-1, 2)
    return [image for image, _ in pairs], points


def _is_steep(values: NDArray[np.float64]) -> bool:
    positive = values[values > 0]
    return positive.size > 1 and bool(positive.max() > STEEP * positive.min())


def _raise_zeros(values: NDArray[np.float64]) -> bool:
    """Return whether the axis of some scores is logarithmic; zeros then become the smallest."""
    is_log = _is_steep(values)
    if is_log:
        np.maximum(values, _smallest(values), out=values)
    return is_log


def _smallest(values: NDArray[np.float64]) -> float:
    return float(values[values > 0].min())


def _choose(labels: NDArray[np.bool_]) -> list[int]:
    """Return the rows to draw: all of them, or of very many some drawn at random."""
    rows = np.arange(len(labels))
    if len(rows) > MAX_POINTS:
        rows = np.sort(np.random.default_rng(0).choice(rows, MAX_POINTS, replace=False))
    return [int(row) for row in rows]


def _add_points(
    plot: go.Figure,
    images: Sequence[ScoredImage],
    points: NDArray[np.float64],
    style: tuple[str, str, str],
) -> None:
    name, colour, symbol = style
    plot.add_scatter(
        x=[float(f"{value:.4g}") for value in points[:, 0]],
        y=[float(f"{value:.4g}") for value in points[:, 1]],
        mode="markers",
        name=f"{name} ({len(images):,})",
        marker={
            "size": 9,
            "symbol": symbol,
            "color": colour,
            "opacity": 0.8,
            "line": {"width": 0 if symbol == "x" else 1, "color": "#fff"},
        },
        customdata=[image.id for image in images],
        text=[f"{say(image.defect_type or 'good')}: {escape(image.id)}" for image in images],
        hovertemplate="%{text}<br>%{x:.2f}× and %{y:.2f}× the threshold<extra></extra>",
    )


def _mark_thresholds(plot: go.Figure, first: str, second: str) -> None:
    line = {"color": NEUTRAL, "width": 1.5, "dash": "dash"}
    plot.add_vline(x=1, line=line)
    plot.add_hline(y=1, line=line)
    for text, x, y, anchor in (
        ("both flag", 1, 1, ("right", "top")),
        ("neither flags", 0, 0, ("left", "bottom")),
        (f"only {second} flags", 0, 1, ("left", "top")),
        (f"only {first} flags", 1, 0, ("right", "bottom")),
    ):
        plot.add_annotation(
            text=text,
            x=x,
            y=y,
            xref="paper",
            yref="paper",
            xanchor=anchor[0],
            yanchor=anchor[1],
            showarrow=False,
        )
