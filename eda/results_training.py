"""How the trainings went: one figure of losses per detector."""

import plotly.graph_objects as go

from eda.style import DEFECT, NORMAL, empty_figure, lay_out
from inspection.history import LOSSES, History

LOOKS = {  # loss -> name, colour, dash
    "loss": ("training", NORMAL, "solid"),
    "validation_loss": ("validation", DEFECT, "dash"),
}
NO_EPOCHS = "It has no epochs: it keeps what it has seen."
MAX_EPOCHS = 2000  # of longer trainings every n-th is drawn
HEIGHT = 320


def draw_training(title: str, history: History | None, *, trouble: str = "") -> go.Figure:
    """Draw training and validation loss per epoch, and mark the best validation epoch.

    Args:
        title: of the detector.
        history: of its training; None where there is no checkpoint.
        trouble: what to say then.
    """
    if history is None:
        return empty_figure(title, trouble, height=HEIGHT)
    if not history.epochs:
        said = f"{history.summary[:1].upper()}{history.summary[1:]}."
        return empty_figure(title, f"{NO_EPOCHS} {said}", height=HEIGHT)
    figure = go.Figure()
    step = -(-len(history.epochs) // MAX_EPOCHS)
    for name in LOSSES:
        label, colour, dash = LOOKS[name]
        values = history.losses[name]
        if all(value is None for value in values):
            continue
        figure.add_scatter(
            x=list(history.epochs[::step]),
            y=list(values[::step]),
            mode="lines",
            name=label,
            line={"color": colour, "dash": dash, "width": 2.2},
            hovertemplate=f"epoch %{{x}}: %{{y:.4g}}<extra>{label}</extra>",
        )
    _mark_best(figure, history)
    lay_out(figure, title, height=HEIGHT, x_title="epoch", y_title="loss", showlegend=True)
    return figure.update_yaxes(type="log") if _is_steep(history) else figure


def _mark_best(figure: go.Figure, history: History) -> None:
    known = [
        (value, epoch)
        for value, epoch in zip(history.losses["validation_loss"], history.epochs, strict=True)
        if value is not None
    ]
    if not known:
        return
    value, epoch = min(known)
    figure.add_scatter(
        x=[epoch],
        y=[value],
        mode="markers",
        name=f"lowest: epoch {epoch}",
        marker={"color": DEFECT, "symbol": "diamond", "size": 11},
        hovertemplate=f"epoch {epoch}: %{{y:.4g}}<extra>lowest validation loss</extra>",
    )


def _is_steep(history: History) -> bool:
    """Tell whether the losses span more than a decade, all of them above 0."""
    values = [value for line in history.losses.values() for value in line if value is not None]
    return bool(values) and min(values) > 0 and max(values) > 10 * min(values)
