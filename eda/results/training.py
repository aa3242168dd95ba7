"""How the trainings went: one plot of losses, and of accuracy and F1, per detector."""

from collections.abc import Sequence

import plotly.graph_objects as go

from eda.page import make_page
from eda.style import GRID, SEQUENCE, empty_plot, lay_out
from inspection.products.history import LOSSES, History

STYLES = {  # metric -> name, colour, dash
    "loss": ("training", SEQUENCE[6], "solid"),
    "validation_loss": ("validation", SEQUENCE[2], "dash"),
    "accuracy": ("accuracy", SEQUENCE[1], "solid"),
    "f1": ("F1", SEQUENCE[3], "dash"),
}
SCORES = ("accuracy", "f1")
NO_EPOCHS = "It has no epochs: it keeps what it has seen."
MAX_EPOCHS = 2000  # of longer trainings every n-th is drawn
HEIGHT = 320
HEIGHT_WITH_SCORES = 440


def draw_training(title: str, history: History | None, *, trouble: str = "") -> go.Figure:
    """Draw training and validation loss per epoch, and mark the best validation epoch.

    Accuracy and F1 of the validation images are drawn below, where they are known.

    Args:
        title: of the detector.
        history: of its training; None where there is no checkpoint.
        trouble: what to say then.
    """
    if history is None:
        return empty_plot(title, trouble)
    if not history.epochs:
        said = f"{history.summary[:1].upper()}{history.summary[1:]}."
        return empty_plot(title, f"{NO_EPOCHS} {said}")
    plot = go.Figure()
    for name in LOSSES:
        _draw_line(plot, history, name)
    _mark_best(plot, history)
    lay_out(plot, title, height=HEIGHT, x_title="epoch", y_title="loss", showlegend=True)
    if _is_steep(history):
        plot.update_yaxes(type="log")
    scores = [name for name in SCORES if name in history.metrics]
    return _draw_scores(plot, history, scores) if scores else plot


def make_training_page(trainings: Sequence[tuple[str, History]]) -> str:
    """Return the curves of several trainings as one HTML page that needs nothing else.

    Args:
        trainings: title and history of each, at least one.
    """
    plots = [draw_training(title, history) for title, history in trainings]
    return make_page("Training curves", [("", plots)])


def _draw_line(plot: go.Figure, history: History, name: str, *, axis: str = "y") -> None:
    """Draw one metric over the epochs, unless it was never measured."""
    label, colour, dash = STYLES[name]
    values = history.metrics[name]
    if all(value is None for value in values):
        return
    step = -(-len(history.epochs) // MAX_EPOCHS)
    plot.add_scatter(
        x=list(history.epochs[::step]),
        y=list(values[::step]),
        yaxis=axis,
        mode="lines",
        name=label,
        line={"color": colour, "dash": dash, "width": 2.2},
        hovertemplate=f"epoch %{{x}}: %{{y:.4g}}<extra>{label}</extra>",
    )


def _draw_scores(plot: go.Figure, history: History, names: Sequence[str]) -> go.Figure:
    """Add accuracy and F1 on an axis of their own, below the losses and over the same epochs."""
    for name in names:
        _draw_line(plot, history, name, axis="y2")
    return plot.update_layout(
        height=HEIGHT_WITH_SCORES,
        xaxis={"anchor": "y2"},
        yaxis={"domain": [0.48, 1]},
        yaxis2={
            "domain": [0, 0.38],
            "range": [0, 1.03],
            "title": {"text": "validation", "standoff": 8, "font": {"size": 13}},
            **{"gridcolor": GRID, "zeroline": False, "linecolor": GRID, "automargin": True},
        },
    )


def _mark_best(plot: go.Figure, history: History) -> None:
    row = history.best
    if row is None:
        return
    value, epoch = history.metrics["validation_loss"][row], history.epochs[row]
    plot.add_scatter(
        x=[epoch],
        y=[value],
        mode="markers",
        name=f"lowest: epoch {epoch}",
        marker={"color": SEQUENCE[2], "symbol": "diamond", "size": 11},
        hovertemplate=f"epoch {epoch}: %{{y:.4g}}<extra>lowest validation loss</extra>",
    )


def _is_steep(history: History) -> bool:
    """Return whether the losses span more than a decade, all of them above 0."""
    values = [value for name in LOSSES for value in history.metrics[name] if value is not None]
    return bool(values) and min(values) > 0 and max(values) > 10 * min(values)
