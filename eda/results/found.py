"""Who finds how small and how faint test defects, at the chosen rate, with 50 and 90 % points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from eda.results.shown import Judged, Shown
from eda.style import NEUTRAL, escape, lay_out
from inspection.sensitivity.fitting import Varied
from inspection.sensitivity.pod import HALF, NINETY, Outcome, PODFit, fit_hit_miss, say_limit
from inspection.sensitivity.records import RealDefect

HEIGHT = 380
POINTS = 80  # of a curve
GROUPS = 4  # of defects, each a mark beside the curve
TICKS = [digit * 10.0**power for power in range(-1, 5) for digit in (1, 2, 5)]
NOTE = (
    "{num} test defects with a mask, of each image the longest. One counts as found where its "
    "image is flagged at the rate of the slider. Large marks: where a curve reaches 50 and 90 %; "
    "small ones: what was found of each quarter of the defects. “Cannot be told”: larger or "
    "stronger defects were not found more often. Drawn defects, of which there can be more, are "
    "under Sensitivity."
)


@dataclass(frozen=True, slots=True, eq=False)
class FoundBy:
    """Which of n defects each detector finds, by size or by contrast.

    Attributes:
        values: (n,), above 0, in the unit of `by`.
        hits: detector -> (n,) bool.
        fits: detector -> its curve.
    """

    by: Varied
    values: NDArray[np.float64]
    hits: Mapping[str, NDArray[np.bool_]] = field(repr=False)
    fits: Mapping[str, PODFit] = field(repr=False)


def fit_found(defects: Mapping[str, RealDefect], judged: Sequence[Judged]) -> list[FoundBy]:
    """Return who finds which defects, by size and by contrast; nothing where there are none.

    Args:
        defects: image id -> the longest of its defects.
        judged: detectors with their verdicts; only images that all were tested on count.
    """
    flags = {one.name: _list_flags(one) for one in judged}
    ids = [key for key in defects if all(key in known for known in flags.values())]
    if not ids or not flags:
        return []
    hits = {name: np.array([known[key] for key in ids], np.bool_) for name, known in flags.items()}
    found = []
    for by in Varied:
        values = np.abs([_measure(defects[key], by) for key in ids]).astype(np.float64)
        fits = {name: fit_hit_miss(values, one) for name, one in hits.items()}
        found.append(FoundBy(by, values, hits, fits))
    return found


def _list_flags(one: Judged) -> dict[str, bool]:
    pairs = zip(one.verdicts.images, one.verdicts.is_flagged, strict=True)
    return {image.id: bool(flag) for image, flag in pairs if image.is_anomalous}


def _measure(defect: RealDefect, by: Varied) -> float:
    return defect.size if by is Varied.SIZE else defect.contrast


def draw_found(found: FoundBy, shown: Mapping[str, Shown]) -> go.Figure:
    """Draw the share found of every detector against size or contrast, with its 50 and 90 % points.

    Args:
        found: at least one defect.
        shown: the detectors by name, for titles and colours.
    """
    plot = go.Figure()
    for name, fit in found.fits.items():
        if fit.outcome is not Outcome.TOO_FEW:
            _add_curve(plot, fit, shown[name])
    for name, hits in found.hits.items():
        _add_groups(plot, found.values, hits, shown[name])
    for name, fit in found.fits.items():
        _add_points(plot, fit, found.by, shown[name])
    for share in (HALF, NINETY):
        plot.add_hline(y=share, line={"color": NEUTRAL, "width": 1, "dash": "dot"})
    lay_out(
        plot,
        f"Found, by {found.by} of the defect",
        height=HEIGHT,
        x_title=found.by.axis,
        y_title="share found",
        showlegend=True,
    )
    plot.update_xaxes(type="log", tickvals=TICKS)
    plot.update_yaxes(range=[-0.03, 1.05], tickvals=[0, 0.25, HALF, 0.75, NINETY, 1])
    return plot.update_yaxes(tickformat=".0%").update_layout(legend_itemwidth=48)


def _add_curve(plot: go.Figure, fit: PODFit, one: Shown) -> None:
    values = np.geomspace(fit.smallest, fit.largest, POINTS)
    look = one.appearance
    plot.add_scatter(
        x=np.round(values, 3).tolist(),
        y=np.round(fit.probability(values), 4).tolist(),
        mode="lines",
        name=one.title,
        legendgroup=one.title,
        line={"color": look.plot, "dash": look.dash, "width": 2.4},
        hovertemplate=f"%{{x:.3g}}: %{{y:.0%}}<extra>{escape(one.title)}</extra>",
    )


def _add_groups(
    plot: go.Figure, values: NDArray[np.float64], hits: NDArray[np.bool_], one: Shown
) -> None:
    """Add what was found of each quarter of the defects, from the smallest to the largest."""
    groups = np.array_split(np.argsort(values, kind="stable"), min(GROUPS, len(values)))
    plot.add_scatter(
        x=[round(float(np.exp(np.log(values[rows]).mean())), 3) for rows in groups],
        y=[float(hits[rows].mean()) for rows in groups],
        customdata=[
            [int(hits[rows].sum()), len(rows), values[rows].min(), values[rows].max()]
            for rows in groups
        ],
        mode="markers",
        name=f"{one.title}, quarters",
        legendgroup=one.title,
        showlegend=False,
        marker={"size": 6, "symbol": one.appearance.symbol, "color": one.appearance.plot},
        opacity=0.65,
        hovertemplate="%{customdata[0]} of %{customdata[1]} found, %{customdata[2]:.3g} to "
        f"%{{customdata[3]:.3g}}<extra>{escape(one.title)}</extra>",
    )


def _add_points(plot: go.Figure, fit: PODFit, by: Varied, one: Shown) -> None:
    reached = [
        (limit, share)
        for limit, share in ((fit.a50, HALF), (fit.a90, NINETY))
        if limit is not None and limit > fit.smallest * (1 + 1e-9)  # else it may lie below
    ]
    if not reached:
        return
    plot.add_scatter(
        x=[limit for limit, _ in reached],
        y=[share for _, share in reached],
        mode="markers",
        name=f"{one.title}, 50 and 90 %",
        legendgroup=one.title,
        showlegend=False,
        marker=one.point_marker,
        hovertemplate=f"%{{y:.0%}} found from %{{x:.3g}} {by.unit} on"
        f"<extra>{escape(one.title)}</extra>",
    )


def tabulate_found(found: Sequence[FoundBy], shown: Mapping[str, Shown]) -> pd.DataFrame:
    """Return one row per detector: from which size and contrast on it finds half, and 9 in 10."""
    rows = []
    for name, hits in found[0].hits.items():
        row: dict[str, object] = {
            "detector": shown[name].title,
            "found": f"{int(hits.sum())} of {len(hits)}",
        }
        for one in found:
            fit = one.fits[name]
            row[f"half found, {one.by}"] = say_limit(fit, fit.a50, one.by.unit)
            row[f"9 in 10 found, {one.by}"] = say_limit(fit, fit.a90, one.by.unit)
        rows.append(row)
    return pd.DataFrame(rows)
