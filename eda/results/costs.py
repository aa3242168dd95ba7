"""Costs of misses and false alarms as a plot, a table and a sentence."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eda.results.shown import Shown
from eda.style import NEUTRAL, escape, lay_out
from inspection.evaluation.costs import PARTS, CostCurve, Prices, is_cheaper
from inspection.names import join_names

HEIGHT = 430
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
DOUBT = 0.05
HOVER = (
    "%{x:.3g} in 100: %{y:,.0f}<br>"
    "found %{customdata[0]:.0f} %, good parts flagged %{customdata[1]:.1f} %"
)
SAME_IMAGES = "The rate was chosen on the same test images, which flatters a little."


def draw_costs(
    curves: Sequence[CostCurve], shown: Mapping[str, Shown], prices: Prices, rate: float
) -> go.Figure:
    """Draw cost against false-alarm rate, with a mark at each detector's cheapest.

    Args:
        curves: at least one.
        shown: the detectors by name, for titles and colours.
        prices: that the costs follow from.
        rate: that is chosen.
    """
    plot = go.Figure()
    for add in (_add_curve, _add_mark):
        for curve in curves:
            add(plot, curve, shown[curve.detector])
    line = {"color": NEUTRAL, "width": 1.5, "dash": "dash"}
    plot.add_vline(x=100 * rate, line=line)
    highest = max(float(one.costs.max()) for one in curves)
    if prices.uninspected <= 1.1 * highest:
        plot.add_hline(y=prices.uninspected, line={**line, "dash": "dot"})
        plot.add_annotation(
            text="without inspection",
            x=0,
            xref="paper",
            xanchor="left",
            showarrow=False,
            y=prices.uninspected,
            yanchor="bottom",
        )
    lay_out(
        plot,
        f"Cost per {PARTS:,} parts",
        subtitle="marks: each detector's cheapest rate; dashed: the rate of the slider",
        height=HEIGHT,
        x_title="good parts that may be flagged, in 100",
        showlegend=True,
    )
    plot.update_xaxes(type="log", tickvals=list(TICKS), ticktext=[f"{one:g}" for one in TICKS])
    return plot.update_yaxes(rangemode="tozero").update_layout(legend_itemwidth=48)


def tabulate_costs(
    curves: Sequence[CostCurve], shown: Mapping[str, Shown], rate: float
) -> pd.DataFrame:
    """Return one row per detector: its cheapest rate, what that costs, and the chosen rate's."""
    rows = []
    for curve in sorted(curves, key=lambda one: float(one.costs.min())):
        best, here = curve.cheapest, curve.place(rate)
        rows.append(
            {
                "detector": shown[curve.detector].title,
                "cheapest at, in 100": 100 * float(curve.rates[best]),
                "cost": round(float(curve.costs[best])),
                "95 % interval": f"{curve.low[best]:,.0f} to {curve.high[best]:,.0f}",
                "found, %": 100 * float(curve.found[best]),
                "good parts flagged, %": 100 * float(curve.alarms[best]),
                "defective among flagged, %": 100 * float(curve.precision[best]),
                f"cost at {100 * rate:.3g} in 100": round(float(curve.costs[here])),
                "defective among flagged there, %": 100 * float(curve.precision[here]),
            }
        )
    return pd.DataFrame(rows)


def describe_costs(
    curves: Sequence[CostCurve], titles: Mapping[str, str], prices: Prices
) -> list[str]:
    """Return which detector and rate are cheapest, in sentences as strong as the test parts."""
    first, *others = sorted(curves, key=lambda one: float(one.costs.min()))
    best, title = first.cheapest, titles[first.detector]
    cost = float(first.costs[best])
    if cost >= prices.uninspected:
        return [
            f"At these prices it is cheapest to inspect nothing: {prices.uninspected:,.0f} per "
            f"{PARTS:,} parts, and with {title} {cost:,.0f}."
        ]
    said = [
        f"{title} costs least where {_say_rate(first)} good parts may be flagged: about "
        f"{cost:,.0f} per {PARTS:,} parts ({first.low[best]:,.0f} to {first.high[best]:,.0f}), "
        f"against {prices.uninspected:,.0f} without inspection.",
        _say_precision(float(first.precision[best])),
    ]
    if others:
        said.append(_say_others(first, others, titles))
    return [*filter(None, said), SAME_IMAGES]


def _say_rate(curve: CostCurve) -> str:
    return f"{100 * float(curve.rates[curve.cheapest]):.3g} in 100"


def _say_precision(precision: float) -> str:
    if not np.isfinite(precision):
        return ""
    return f"Of 100 flagged parts, about {100 * precision:.0f} are then defective."


def _say_others(first: CostCurve, others: Sequence[CostCurve], titles: Mapping[str, str]) -> str:
    costs = [f"{titles[one.detector]} {float(one.costs.min()):,.0f}" for one in others]
    said = f"At their cheapest rates, {join_names(costs)}."
    doubt = DOUBT / len(others)
    dearer = [titles[one.detector] for one in others if is_cheaper(first, one, doubt=doubt)]
    if not dearer:
        return f"{said} The differences are within chance."
    rest = len(others) - len(dearer)
    said += f" That {join_names(dearer)} cost{'s' * (len(dearer) == 1)} more is not chance"
    return (
        f"{said}; the other difference{'s may' if rest > 1 else ' may'} be." if rest else f"{said}."
    )


def _add_curve(plot: go.Figure, curve: CostCurve, one: Shown) -> None:
    look = one.appearance
    plot.add_scatter(
        x=np.round(100 * curve.rates, 4).tolist(),
        y=np.round(curve.costs, 1).tolist(),
        customdata=_list_shares(curve),
        mode="lines",
        name=one.title,
        legendgroup=one.title,
        line={"color": look.plot, "dash": look.dash, "width": 2.4, "shape": "hv"},
        hovertemplate=f"{HOVER}<extra>{escape(one.title)}</extra>",
    )


def _add_mark(plot: go.Figure, curve: CostCurve, one: Shown) -> None:
    look, best = one.appearance, curve.cheapest
    cost = float(curve.costs[best])
    plot.add_scatter(
        x=[round(100 * float(curve.rates[best]), 4)],
        y=[round(cost, 1)],
        customdata=[_list_shares(curve)[best]],
        mode="markers",
        name=f"{one.title}, cheapest",
        legendgroup=one.title,
        showlegend=False,
        marker={
            "size": 13,
            "symbol": look.symbol,
            "color": look.plot,
            "line": {"width": 2, "color": "#fff"},
        },
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [float(curve.high[best]) - cost],
            "arrayminus": [cost - float(curve.low[best])],
            "thickness": 1.4,
            "width": 4,
            "color": look.plot,
        },
        hovertemplate=f"{HOVER}<extra>{escape(one.title)}</extra>",
    )


def _list_shares(curve: CostCurve) -> list[list[float]]:
    shares = np.stack([curve.found, curve.alarms], axis=1)
    listed: list[list[float]] = np.round(100 * shares, 2).tolist()
    return listed
