"""Every defect as a point: its size and contrast, and its place; by type, or found and missed."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eda.classes import OUTLINE, add_classes
from eda.shape import NO_DEFECT, choose_log_ticks
from eda.style import DEFECT, NEUTRAL, empty_plot, escape, lay_out, make_room_for_legend
from eda.verdicts import FOUND, MISSED, UNTESTED, Verdicts

MAX_POINTS = 3000
SMALLEST = 1e-4  # percent of the image; an axis of logarithms has no 0
LOOKS: dict[str, dict[str, Any]] = {  # the ones that matter are drawn last
    UNTESTED: {"size": 6, "symbol": "circle-open", "color": NEUTRAL, "opacity": 0.6},
    FOUND: {**OUTLINE, "size": 8, "symbol": "diamond", "color": "#17916b", "opacity": 0.8},
    MISSED: {**OUTLINE, "size": 10, "symbol": "x", "color": DEFECT, "opacity": 0.95},
}


def draw_sizes(defects: pd.DataFrame, verdicts: Verdicts | None = None) -> go.Figure:
    """Draw the area of every defect against its contrast, whatever its sign.

    Args:
        defects: one row per defect (`frame.make_defect_frame`).
        verdicts: colour by what a detector found; without them by defect type.
    """
    title = "Size and contrast of every defect"
    if defects.empty:
        return empty_plot(title, NO_DEFECT)
    shown, note = _thin(defects)
    plot = go.Figure()
    area = shown["area_share"].clip(lower=SMALLEST)
    hover = "%{text}<br>%{x:.3g} % of the image, %{y:.0f} grey levels<extra></extra>"
    _add(plot, shown, area, shown["contrast"].abs().round(1), verdicts, hover)
    lay_out(
        plot,
        title,
        subtitle=note,
        height=420,
        x_title="area, percent of the image",
        y_title="contrast, grey levels",
        showlegend=True,
    )
    ticks = choose_log_ticks(float(area.min()), float(max(area.max(), 1.01 * area.min())))
    plot.update_xaxes(type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    plot.update_yaxes(rangemode="tozero")
    return make_room_for_legend(plot)


def draw_places(defects: pd.DataFrame, verdicts: Verdicts | None = None) -> go.Figure:
    """Draw where the middle of every defect lies (see `draw_sizes`)."""
    title = "Place of every defect"
    if defects.empty:
        return empty_plot(title, NO_DEFECT)
    shown, note = _thin(defects)
    plot = go.Figure()
    across, down = 100 * shown["column"], 100 * shown["row"]
    _add(plot, shown, across, down, verdicts, "%{text}<br>%{x:.0f} %, %{y:.0f} %<extra></extra>")
    lay_out(
        plot,
        title,
        subtitle=note,
        height=420,
        x_title="from the left, percent of the width",
        y_title="from the top, percent",
        showlegend=True,
    )
    plot.update_xaxes(range=[-2, 102])
    plot.update_yaxes(range=[102, -2])
    return make_room_for_legend(plot)


def _thin(defects: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    if len(defects) <= MAX_POINTS:
        return defects, ""
    drawn = defects.sample(MAX_POINTS, random_state=0).sort_index()
    return drawn, f"{MAX_POINTS:,} of {len(defects):,} defects, drawn at random"


def _add(
    plot: go.Figure,
    defects: pd.DataFrame,
    x: "pd.Series[float]",
    y: "pd.Series[float]",
    verdicts: Verdicts | None,
    hover: str,
) -> None:
    if verdicts is None:
        add_classes(plot, defects, x, y, hovertemplate=hover)
        return
    names = verdicts.name(defects["id"]).to_numpy()
    ids = defects["id"].to_numpy()
    for name, look in LOOKS.items():
        rows = np.flatnonzero(names == name)
        if rows.size:
            plot.add_scatter(
                x=x.to_numpy()[rows].round(4).tolist(),
                y=y.to_numpy()[rows].round(4).tolist(),
                mode="markers",
                name=f"{name} ({rows.size:,})",
                marker=look,
                customdata=[str(one) for one in ids[rows]],
                text=[escape(str(one)) for one in ids[rows]],
                hovertemplate=hover,
            )
