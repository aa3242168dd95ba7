"""Evaluations as plots: which detector is better at what, and where their thresholds lie."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from eda.results.shown import Judged, Shown
from eda.style import NEUTRAL, bar_height, empty_plot, escape, lay_out, say
from inspection.evaluation.leaderboard import Leaderboard
from inspection.evaluation.metrics import METRICS
from inspection.evaluation.ranking import Weights, count_levels, pr_curve, roc_curve, thin_curve
from inspection.evaluation.records import Curve, Estimate, EvaluationReport

NOT_EVALUATED = "No detector of this category was evaluated."
NO_PIXELS = "No pixels were compared: there is no defective test image with a mask."
ONE_CLASS = "It takes both normal and defective test images."
MakeCurve = Callable[[Weights, Weights], tuple[Weights, Weights]]
SECONDS_HEIGHT = 318
DEVICES = {"cpu": "the CPU", "cuda": "a CUDA GPU", "mps": "the Apple GPU"}
SQUARE = 400  # height of a plot of curves, px


def draw_leaderboard(board: Leaderboard, shown: Mapping[str, Shown]) -> go.Figure:
    """Draw one metric of every detector and category, with its 95 % interval.

    Args:
        board: of one metric.
        shown: one evaluated detector per name of the board, for its title and colour.
    """
    metric = METRICS[board.key]
    hint = "higher is better" if metric.is_higher_better else "lower is better"
    title = f"{metric.title[0].upper()}{metric.title[1:]}: {hint}"
    plot = go.Figure()
    for place, name in enumerate(board.detectors):
        estimates = [row.cells[place].estimate for row in board.rows]
        shift = 0.22 * (place - (len(board.detectors) - 1) / 2)
        _add_dots(plot, shown[name], estimates, [row.category for row in board.rows], shift)
    if not plot.data:
        return empty_plot(title, _first_reason(board) or NOT_EVALUATED)
    rows = len(board.rows)
    lay_out(plot, title, height=bar_height(rows) + 26 * rows, x_title=metric.title, showlegend=True)
    plot.update_yaxes(
        tickvals=list(range(rows)),
        ticktext=[say(row.category) for row in board.rows],
        range=[rows - 0.5, -0.5],
        showgrid=False,
    )
    return plot if metric.is_higher_better else plot.update_xaxes(rangemode="tozero")


def draw_image_roc(judged: Sequence[Judged]) -> go.Figure:
    """Draw the ROC curve of image scores, with a mark on each at the chosen threshold."""
    curves = [(one.shown, _image_curve(one.shown.report, roc_curve)) for one in judged]
    plot = _draw_curves("ROC of images", curves, "image_auroc", lacking=ONE_CLASS)
    if plot.data:
        for one, (_, curve) in zip(judged, curves, strict=True):
            counts = one.verdicts.confusion
            if curve is not None:
                _add_point(plot, one.shown, counts.false_alarm_rate, counts.recall)
        _add_diagonal(plot)
    return _name_axes(plot, "share of good images flagged", "share of defective images found")


def draw_image_pr(judged: Sequence[Judged]) -> go.Figure:
    """Draw precision against recall of image scores, with a mark at the chosen threshold."""
    curves = [(one.shown, _image_curve(one.shown.report, pr_curve)) for one in judged]
    plot = _draw_curves("Precision and recall of images", curves, "image_ap", lacking=ONE_CLASS)
    for one, (_, curve) in zip(judged, curves, strict=True):
        counts = one.verdicts.confusion
        if curve is not None and np.isfinite(counts.precision):
            _add_point(plot, one.shown, counts.recall, counts.precision)
    return _name_axes(plot, "recall", "precision")


def draw_pixel_curves(shown: Sequence[Shown]) -> dict[str, go.Figure]:
    """Draw the PRO curve, and ROC and PR of pixels, by the names of the report's curves."""
    return {
        "pro": _shade_limit(_draw_kept("PRO curve of regions", shown, "pro", "aupro_30")),
        "pixel_pr": _name_axes(
            _draw_kept("Precision and recall of pixels", shown, "pixel_pr", "pixel_ap"),
            "recall",
            "precision",
        ),
        "pixel_roc": _name_axes(
            _draw_kept("ROC of pixels", shown, "pixel_roc", "pixel_auroc"),
            "false-positive rate of pixels",
            "true-positive rate of pixels",
        ),
    }


def draw_seconds(shown: Sequence[Shown], category: str) -> go.Figure:
    """Draw median and 95th percentile of the time per image of each detector on one category."""
    title = f"Time per image: {say(category)}"
    known = [one for one in shown if one.report.images]
    if not known:
        return empty_plot(title, NOT_EVALUATED)
    plot = go.Figure()
    devices = {one.report.origin.device for one in known}
    for one in known:
        _add_times(plot, one, "" if len(devices) == 1 else _name_device(one))
    lay_out(
        plot,
        title,
        subtitle="median (and 95th percentile), resizing included, in batches of 8",
        height=SECONDS_HEIGHT,
        x_title=f"ms, {_name_devices(known)}",
        showlegend=False,
    )
    longest = max(1000 * image.seconds for one in known for image in one.report.images)
    plot.update_xaxes(range=[0, 1.35 * longest])  # room for the longest bar's label
    return plot.update_yaxes(showgrid=False, autorange="reversed")


def _add_times(plot: go.Figure, one: Shown, device: str) -> None:
    """Add the bar of one detector; its device stands there where not all ran on the same."""
    where = f", {device}" if device else ""
    seconds = [image.seconds for image in one.report.images]
    middle, most = (1000 * float(np.percentile(seconds, share)) for share in (50, 95))
    plot.add_bar(
        x=[middle],
        y=[one.title],
        orientation="h",
        marker={"color": one.appearance.plot},
        error_x={"type": "data", "symmetric": False, "array": [most - middle], "thickness": 1.6},
        text=[f"{middle:,.0f} ms, 95 % within {most:,.0f} ms{where}"],
        textposition="none",
        hovertemplate=f"%{{text}}<extra>{escape(one.title)}</extra>",
    )
    plot.add_annotation(
        text=f"{middle:,.0f} ms ({most:,.0f}){where}",
        x=most,
        y=one.title,
        xanchor="left",
        xshift=8,
        showarrow=False,
    )


def _name_devices(shown: Sequence[Shown]) -> str:
    """Return what all ran on, in a few words."""
    devices = {one.report.origin.device for one in shown}
    if devices == {""}:
        return "on a device that the evaluation did not note"
    return _name_device(shown[0]) if len(devices) == 1 else "each on its device"


def _name_device(one: Shown) -> str:
    device = one.report.origin.device
    return f"on {DEVICES.get(device, device)}" if device else "device not noted"


def _add_dots(
    plot: go.Figure,
    one: Shown,
    estimates: Sequence[Estimate],
    categories: Sequence[str],
    shift: float,
) -> None:
    """Add the dots of one detector, each a little above or below the line of its category."""
    known = [
        (place, estimate) for place, estimate in enumerate(estimates) if estimate.value is not None
    ]
    if not known:
        return
    rows = np.array([_fences(estimate) for _, estimate in known])  # (n, 3): value, low, high
    plot.add_scatter(
        x=rows[:, 0].tolist(),
        y=[place + shift for place, _ in known],
        mode="markers",
        name=one.title,
        marker={"size": 11, "symbol": one.appearance.symbol, "color": one.appearance.plot},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": (rows[:, 2] - rows[:, 0]).tolist(),
            "arrayminus": (rows[:, 0] - rows[:, 1]).tolist(),
            "thickness": 1.6,
            "width": 4,
            "color": one.appearance.plot,
        },
        customdata=[
            [escape(categories[place]), _say_interval(estimate)] for place, estimate in known
        ],
        hovertemplate="%{customdata[0]}: %{x:.3f} (%{customdata[1]})"
        f"<extra>{escape(one.title)}</extra>",
    )


def _fences(estimate: Estimate) -> tuple[float, float, float]:
    """Return value, low and high of an estimate that is defined."""
    value = estimate.value or 0.0
    low, high = estimate.low, estimate.high
    return value, value if low is None else low, value if high is None else high


def _say_interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return "no interval"
    return f"{estimate.low:.3f} to {estimate.high:.3f}"


def _first_reason(board: Leaderboard) -> str:
    reasons = (cell.estimate.reason for row in board.rows for cell in row.cells)
    return next((reason for reason in reasons if reason), "")


def _image_curve(report: EvaluationReport, make: MakeCurve) -> Curve | None:
    """Return a curve of image scores; None where only one class was tested."""
    labels = [image.is_anomalous for image in report.images]
    if not any(labels) or all(labels):
        return None
    scores = [image.image_score for image in report.images]
    x, y = make(*count_levels(scores, labels))
    return _to_curve(*thin_curve(x, y))


def _to_curve(x: Weights, y: Weights) -> Curve:
    return Curve(tuple(np.round(x, 5).tolist()), tuple(np.round(y, 5).tolist()))


def _draw_kept(title: str, shown: Sequence[Shown], name: str, key: str) -> go.Figure:
    curves = [(one, one.report.curves.get(name)) for one in shown]
    return _draw_curves(title, curves, key, lacking=NO_PIXELS)


def _draw_curves(
    title: str, curves: Sequence[tuple[Shown, Curve | None]], key: str, *, lacking: str
) -> go.Figure:
    """Draw one line per detector; its area or average stands in the legend."""
    if not any(curve for _, curve in curves):
        return empty_plot(title, lacking if curves else NOT_EVALUATED, height=SQUARE)
    plot = go.Figure()
    for one, curve in curves:
        if curve is None:
            continue
        value = one.report.estimate(key).value
        plot.add_scatter(
            x=list(curve.x),
            y=list(curve.y),
            mode="lines",
            name=one.title if value is None else f"{one.title} {value:.3f}",
            legendgroup=one.title,
            line={"color": one.appearance.plot, "dash": one.appearance.dash, "width": 2.4},
            hovertemplate=f"%{{x:.3f}}, %{{y:.3f}}<extra>{escape(one.title)}</extra>",
        )
    lay_out(plot, f"{title}, {METRICS[key].title}", height=SQUARE, showlegend=True)
    return plot.update_layout(legend_itemwidth=48)  # wide enough to show how it is dashed


def _name_axes(plot: go.Figure, x_title: str, y_title: str) -> go.Figure:
    if not plot.data:
        return plot
    plot.update_xaxes(range=[-0.01, 1.01], title={"text": x_title})
    return plot.update_yaxes(range=[-0.01, 1.03], title={"text": y_title})


def _add_point(plot: go.Figure, one: Shown, x: float, y: float) -> None:
    plot.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        name=f"{one.title}, chosen",
        legendgroup=one.title,
        showlegend=False,
        marker=one.point_marker,
        hovertemplate="%{x:.3f}, %{y:.3f}"
        f"<extra>{escape(one.title)} at the chosen rate</extra>",
    )


def _add_diagonal(plot: go.Figure) -> None:
    line = {"color": NEUTRAL, "width": 1, "dash": "dot"}
    plot.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line=line, layer="below")


def _shade_limit(plot: go.Figure) -> go.Figure:
    """Shade the false-positive rates that AUPRO 0.30 counts."""
    _name_axes(plot, "false-positive rate of pixels", "overlap, mean over regions")
    if plot.data:
        plot.add_vrect(x0=0, x1=0.3, fillcolor="rgba(128,140,150,.13)", line_width=0)
        plot.add_annotation(text="counted", x=0.15, y=0.03, showarrow=False)
    return plot
