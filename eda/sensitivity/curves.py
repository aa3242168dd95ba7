"""Curves of detection as a plot and a table, and shares detected as maps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eda.style import NEUTRAL, empty_plot, escape, lay_out
from inspection.detector import DetectorInfo
from inspection.sensitivity.fitting import DetectionMap, Varied
from inspection.sensitivity.pod import (
    NINETY,
    NOT_REACHED,
    Outcome,
    PODFit,
    say_limit,
    say_value,
)
from inspection.sensitivity.signal import SignalFit

TITLE = "Probability of detection"
NO_TRIALS = "There is no trial yet."
NO_CURVE = "No curve yet: the trials are too few."
NONE = "–"
BY_SCORE = "a90/95 by score"
MODELS = (
    "Curves and limits are those of the hit/miss model. “a90/95 by score” is the limit of the "
    "signal-response model, which stands beside it, and in the plots as a thin line, where its "
    "assumptions hold (log(score / threshold) is a straight line of log(size), with equal and "
    "normal scatter); where they do not, the cell says which."
)
POINTS = 80  # of a curve
HEIGHT = 420
MAP_HEIGHT = 320
TICKS = [digit * 10.0**power for power in range(-3, 4) for digit in (1, 2, 5)]
FAINT = 0.14  # opacity of a band
SHADES = [[0.0, "#f7f2e9"], [0.5, "#b5d3cf"], [1.0, "#5b9fb8"]]
"""From never to always detected: lightness tells them apart, and dark letters stay legible."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A detector and its curve; the model of its scores stands beside it where there is one."""

    info: DetectorInfo
    fit: PODFit
    signal: SignalFit | None = None


def draw_pod(
    fitted: Sequence[Fitted],
    by: Varied = Varied.SIZE,
    *,
    title: str = TITLE,
    scale: float | None = None,
) -> go.Figure:
    """Draw the curve of every detector with its band, and a mark at its a90/95.

    Args:
        fitted: the detectors.
        by: what was varied.
        title: of the plot.
        scale: millimetres of one pixel, for a second unit at the axis.
    """
    if not fitted:
        return empty_plot(title, NO_TRIALS, height=HEIGHT)
    shown = [one for one in fitted if one.fit.outcome is not Outcome.TOO_FEW]
    if not shown:
        return empty_plot(title, NO_CURVE, height=HEIGHT)
    factor, axis = _measure(by, scale)
    plot = go.Figure()
    for one in shown:
        _add_band(plot, one, factor)
    for one in shown:
        _add_curve(plot, one, factor, say_limit(one.fit, one.fit.a90_95, by.unit))
        if one.signal is not None and one.signal.holds:
            _add_signal(plot, one.info, one.signal, factor)
    for one in shown:
        _add_mark(plot, one, factor)
    line = {"color": NEUTRAL, "width": 1, "dash": "dot"}
    plot.add_hline(y=NINETY, line=line)
    subtitle = "bands: one-sided 95 % bounds; marks: found with 90 %, 95 % confidence (a90/95)"
    lay_out(plot, title, subtitle=subtitle, height=HEIGHT, showlegend=True)
    plot.update_xaxes(type="log", tickvals=TICKS, title={"text": axis})
    plot.update_yaxes(range=[-0.02, 1.03], tickformat=".0%", title={"text": "share detected"})
    return plot.update_layout(legend_itemwidth=48)


def draw_detection_map(found: DetectionMap, info: DetectorInfo) -> go.Figure:
    """Draw the share that a detector found, by size and contrast; empty where nothing was tried."""
    title = f"{escape(info.title)}: share detected"
    if not found.counts.any():
        return empty_plot(title, NO_TRIALS, height=MAP_HEIGHT)
    plot = go.Figure()
    texts = [
        [f"{share:.0%}" if count else "" for share, count in zip(*row, strict=True)]
        for row in zip(found.shares.T, found.counts.T, strict=True)
    ]
    plot.add_heatmap(
        x=[f"{size:.3g}" for size in found.sizes],
        y=[f"{contrast:.3g}" for contrast in found.contrasts],
        z=[[None if np.isnan(share) else float(share) for share in row] for row in found.shares.T],
        zmin=0,
        zmax=1,
        colorscale=SHADES,
        colorbar={"tickformat": ".0%", "thickness": 12},
        text=texts,
        customdata=found.counts.T.tolist(),
        texttemplate="%{text}",
        hovertemplate="%{x} px, %{y} grey levels: %{z:.0%} of %{customdata} trials<extra></extra>",
        xgap=2,
        ygap=2,
    )
    lay_out(
        plot, title, height=MAP_HEIGHT, x_title=Varied.SIZE.axis, y_title="contrast, grey levels"
    )
    plot.update_xaxes(type="category", showgrid=False)
    return plot.update_yaxes(type="category", showgrid=False)


def tabulate_limits(
    fitted: Sequence[Fitted], by: Varied = Varied.SIZE, *, scale: float | None = None
) -> pd.DataFrame:
    """Return one row per detector: trials, a50, a90 and a90/95 in words, and what to know of them.

    Args:
        fitted: the detectors.
        by: what was varied.
        scale: millimetres of one pixel; the limits are then given in both.
    """
    rows = []
    for one in fitted:
        fit = one.fit
        limits = {"a50": fit.a50, "a90": fit.a90, "a90/95": fit.a90_95}
        rows.append(
            {
                "detector": one.info.title,
                "trials": fit.num_trials,
                "hits": fit.num_hits,
                **{name: _say(fit, limit, by, scale) for name, limit in limits.items()},
                **_say_signal(one, by, scale),
                "found at most": f"{fit.ceiling:.0%}" if fit.outcome is Outcome.FITTED else NONE,
                "notes": " ".join(fit.notes),
            }
        )
    return pd.DataFrame(rows)


def fit_infos(
    fits: Mapping[str, PODFit],
    infos: Mapping[str, DetectorInfo],
    signals: Mapping[str, SignalFit] | None = None,
) -> list[Fitted]:
    """Return detectors with their curves, in the order of the curves."""
    beside = signals or {}
    return [
        Fitted(infos[name], fit, beside.get(name)) for name, fit in fits.items() if name in infos
    ]


def _say(fit: PODFit, limit: float | None, by: Varied, scale: float | None) -> str:
    return say_limit(fit, limit, by.unit) + _say_millimetres(limit, by, scale)


def _say_millimetres(limit: float | None, by: Varied, scale: float | None) -> str:
    if scale is None or limit is None or by is not Varied.SIZE:
        return ""
    return f" ({limit * scale:.3g} mm)"


def _say_signal(one: Fitted, by: Varied, scale: float | None) -> dict[str, str]:
    """Return the cell of the signal-response model; none where it was not asked for."""
    if one.signal is None:
        return {}
    text = f"{NONE} ({', '.join(one.signal.problems)})"
    if one.signal.holds:
        limit = one.signal.a90_95
        text = NOT_REACHED if limit is None else say_value(limit, one.signal.smallest, by.unit)
        text += _say_millimetres(limit, by, scale)
    return {BY_SCORE: text}


def _measure(by: Varied, scale: float | None) -> tuple[float, str]:
    """Return by what sizes are multiplied for the axis, and what stands there."""
    if scale is None or by is not Varied.SIZE:
        return 1.0, by.axis
    return scale, by.axis.replace("px", "mm")


def _values(fit: PODFit | SignalFit) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if fit.smallest == fit.largest:
        return np.array([fit.smallest])
    return np.geomspace(fit.smallest, fit.largest, POINTS)


def _add_band(plot: go.Figure, one: Fitted, factor: float) -> None:
    values = _values(one.fit)
    low, high = np.round(one.fit.band(values), 4)
    sizes = np.round(values * factor, 4)
    plot.add_scatter(
        x=np.concatenate([sizes, sizes[::-1]]).tolist(),
        y=np.concatenate([high, low[::-1]]).tolist(),
        mode="lines",
        fill="toself",
        fillcolor=one.info.appearance.plot,
        line={"width": 0, "color": one.info.appearance.plot},
        opacity=FAINT,
        legendgroup=one.info.title,
        showlegend=False,
        hoverinfo="skip",
    )


def _add_curve(plot: go.Figure, one: Fitted, factor: float, limit: str) -> None:
    values = _values(one.fit)
    look = one.info.appearance
    plot.add_scatter(
        x=np.round(values * factor, 4).tolist(),
        y=np.round(one.fit.probability(values), 4).tolist(),
        mode="lines" if values.size > 1 else "markers",
        name=f"{one.info.title}: a90/95 {limit}",
        legendgroup=one.info.title,
        line={"color": look.plot, "dash": look.dash, "width": 2.4},
        hovertemplate=f"%{{x:.3g}}: %{{y:.0%}}<extra>{escape(one.info.title)}</extra>",
    )


def _add_signal(plot: go.Figure, info: DetectorInfo, signal: SignalFit, factor: float) -> None:
    values = _values(signal)
    plot.add_scatter(
        x=np.round(values * factor, 4).tolist(),
        y=np.round(signal.probability(values), 4).tolist(),
        mode="lines",
        name=f"{info.title}, by score",
        legendgroup=info.title,
        showlegend=False,
        line={"color": info.appearance.plot, "width": 1},
        hovertemplate=f"by score, %{{x:.3g}}: %{{y:.0%}}<extra>{escape(info.title)}</extra>",
    )


def _add_mark(plot: go.Figure, one: Fitted, factor: float) -> None:
    if one.fit.a90_95 is None:
        return
    look = one.info.appearance
    plot.add_scatter(
        x=[one.fit.a90_95 * factor],
        y=[NINETY],
        mode="markers",
        name=f"{one.info.title}, a90/95",
        legendgroup=one.info.title,
        showlegend=False,
        marker={
            "size": 12,
            "symbol": look.symbol,
            "color": look.plot,
            "line": {"width": 2, "color": "#fff"},
        },
        hovertemplate=f"a90/95: %{{x:.3g}}<extra>{escape(one.info.title)}</extra>",
    )
