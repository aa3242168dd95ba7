"""The trials of a search as one self-contained HTML page."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from detectors.search.search import Trial

COLUMNS = 3
BEST_COLOUR, COLOUR = "#65409b", "#7d8fa1"
ROW_HEIGHT = 320


def draw_trials(trials: Sequence[Trial]) -> str:
    """Return HTML: the objective from trial to trial, and against every setting."""
    varied = [key for key in trials[0].settings if len({t.settings[key] for t in trials}) > 1]
    rows = -(-len(varied) // COLUMNS)
    plot = make_subplots(
        rows=rows + 1,
        cols=COLUMNS,
        specs=[[{"colspan": COLUMNS}, *[None] * (COLUMNS - 1)], *[[{}] * COLUMNS] * rows],
        subplot_titles=["Trials, and the best so far", *varied],
    )
    numbers, values = [t.number for t in trials], [t.objective for t in trials]
    plot.add_trace(_points(numbers, values, trials), row=1, col=1)
    plot.add_trace(
        go.Scatter(
            x=numbers,
            y=np.maximum.accumulate(values),
            mode="lines",
            line={"color": BEST_COLOUR, "shape": "hv"},
            hoverinfo="skip",
        ),
        row=1,
        col=1,
    )
    plot.update_xaxes(tickformat="d", dtick=max(1, len(trials) // 20), row=1, col=1)
    for position, key in enumerate(varied):
        row, column = divmod(position, COLUMNS)
        tried = [_read(trial.settings[key]) for trial in trials]
        plot.add_trace(_points(tried, values, trials), row=row + 2, col=column + 1)
        if key == "learning_rate":
            plot.update_xaxes(type="log", row=row + 2, col=column + 1)
    plot.update_yaxes(title="objective", col=1)
    plot.update_layout(
        title="Objective: mean of image AUROC and AUPRO 0.30, on images set aside from training",
        height=ROW_HEIGHT * (rows + 1),
        showlegend=False,
        template="plotly_white",
    )
    return str(plot.to_html(include_plotlyjs=True, full_html=True))


def _points(x: Sequence[object], y: Sequence[float], trials: Sequence[Trial]) -> go.Scatter:
    best = max(y)
    texts = ["<br>".join(f"{key} = {v}" for key, v in t.settings.items()) for t in trials]
    return go.Scatter(
        x=x,
        y=y,
        mode="markers",
        text=texts,
        hovertemplate="%{y:.4f}<br>%{text}<extra></extra>",
        marker={"color": [BEST_COLOUR if value == best else COLOUR for value in y], "size": 9},
    )


def _read(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
