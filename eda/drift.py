"""Two sets of images compared: by how much every measure differs, and which images drive that."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from eda.frame import MEASURES, readable
from eda.location import arrange
from eda.style import NEUTRAL, SEQUENCE, empty_plot, lay_out
from eda.tables import TITLES

TITLE = "Distribution of every measure in both sets"
LEAST = 8  # images of a set, to say anything
SIGNIFICANT = 0.01  # of the largest gap, after Holm's correction for all measures
LARGE = 0.2  # gap between the distributions that is worth a word, whatever its significance
RESAMPLES = 500
MAX_DRAWN = 2000  # images of a set that are resampled
BINS = 24
DRIVING = 24
TICKS = 18  # height of the labels below a panel, pixels
WIDE, NARROW = (4, 150, TICKS), (2, 120, TICKS)  # columns, height of a panel, by kind of screen


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """Two sets of images to compare, and what they are called."""

    first: pd.DataFrame
    second: pd.DataFrame
    names: tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """How two sets differ.

    Attributes:
        measures: one row per measure, the widest gap first.
        words: whether something has changed, in sentences.
        driving: images of the second set that lie farthest from the first, by what has changed.
    """

    measures: pd.DataFrame
    words: str
    driving: pd.DataFrame


def compare_sets(sets: Sets, *, seed: int = 0) -> Drift:
    """Compare two sets measure by measure.

    The difference is that of the medians, with a 95 % interval by bootstrap; the gap is the
    two-sample statistic of Kolmogorov and Smirnov, 0 to 1, with its p-value after Holm's
    correction. A measure has changed where p < 0.01 and the gap is at least 0.2. Images count as
    independent: several views of one part make p too small.

    Args:
        sets: to compare; unreadable images are left out.
        seed: of the bootstrap.
    """
    first, second = readable(sets.first), readable(sets.second)
    if min(len(first), len(second)) < LEAST:
        few = " and ".join(
            f"{len(rows)} images of {name}"
            for rows, name in zip((first, second), sets.names, strict=True)
        )
        words = f"There are {few}: at least {LEAST} of each are needed."
        return Drift(pd.DataFrame(), words, second.iloc[:0])
    rng = np.random.default_rng(seed)
    rows = [_compare(first[name], second[name], name, rng) for name in MEASURES]
    table = pd.DataFrame(rows)
    table["p"] = correct_holm(table["p"].to_numpy(float))
    is_changed = (table["p"] < SIGNIFICANT) & (table["gap"] >= LARGE)
    table["changed"] = np.where(is_changed, "yes", "no")
    table = table.sort_values("gap", ascending=False, kind="stable").reset_index(drop=True)
    changed = [str(one) for one in table.loc[table["changed"] == "yes", "measure"]]
    return Drift(table, _describe(table, sets.names), _find_driving(first, second, changed))


def correct_holm(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p-values (n,) corrected for being n by the method of Holm."""
    order = np.argsort(values)
    steps = values[order] * np.arange(len(values), 0, -1)
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return corrected


def draw_drift(sets: Sets) -> go.Figure:
    """Draw the distribution of every measure in both sets, each as percent of its own images."""
    first, second = readable(sets.first), readable(sets.second)
    if min(len(first), len(second)) < LEAST:
        return empty_plot(TITLE, f"At least {LEAST} images of each set are needed.")
    plot = make_subplots(
        1, len(MEASURES), subplot_titles=[TITLES.get(name, name) for name in MEASURES]
    )
    for column, name in enumerate(MEASURES, 1):
        both = np.concatenate([first[name], second[name]]).astype(float)
        low, high = np.percentile(both, [0.5, 99.5])
        edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
        for rows, title, colour, dash in (
            (first, sets.names[0], NEUTRAL, "solid"),
            (second, sets.names[1], SEQUENCE[2], "dot"),
        ):
            values = np.clip(rows[name].to_numpy(float), edges[0], edges[-1])
            shares = 100 * np.histogram(values, edges)[0] / len(values)
            plot.add_scatter(
                x=((edges[1:] + edges[:-1]) / 2).round(3).tolist(),
                y=shares.round(2).tolist(),
                mode="lines",
                line={"color": colour, "dash": dash, "width": 2, "shape": "hvh"},
                name=f"{title} ({len(rows):,})",
                legendgroup=title,
                showlegend=column == 1,
                hovertemplate="%{x}: %{y} %<extra>" + title + "</extra>",
                row=1,
                col=column,
            )
    lay_out(plot, TITLE, subtitle="percent of the images of each set", showlegend=True)
    plot.update_annotations(font={"size": 13})
    plot.update_yaxes(visible=False)
    wide, narrow = (arrange(len(MEASURES), *shape) for shape in (WIDE, NARROW))
    plot.plotly_relayout(wide)
    return plot.update_layout(meta={"wide": wide, "narrow": narrow})


def _compare(
    first: "pd.Series[float]", second: "pd.Series[float]", name: str, rng: np.random.Generator
) -> dict[str, object]:
    from scipy.stats import ks_2samp

    one, other = first.to_numpy(float), second.to_numpy(float)
    result = ks_2samp(one, other, method="asymp")
    medians = [
        np.median(rng.choice(values, (RESAMPLES, min(len(values), MAX_DRAWN))), axis=1)
        for values in (one, other)
    ]
    low, high = np.percentile(medians[1] - medians[0], [2.5, 97.5])
    return {
        "measure": name,
        "first": float(np.median(one)),
        "second": float(np.median(other)),
        "difference": float(np.median(other) - np.median(one)),
        "from": float(low),
        "to": float(high),
        "gap": float(result.statistic),
        "p": float(result.pvalue),
    }


def _describe(table: pd.DataFrame, names: Sequence[str]) -> str:
    changed = table[table["changed"] == "yes"]
    if changed.empty:
        return f"Nothing that is measured differs between {names[0]} and {names[1]}."
    parts = [
        f"{row['measure']} by {row['difference']:+.3g} ({row['from']:+.3g} to {row['to']:+.3g})"
        for _, row in changed.iterrows()
    ]
    return (
        f"Something has changed from {names[0]} to {names[1]}: {', '.join(parts)} "
        "(medians, 95 % intervals). What was learned from one set may not hold for the other."
    )


def _find_driving(
    first: pd.DataFrame, second: pd.DataFrame, changed: Sequence[str]
) -> pd.DataFrame:
    """Return the images of the second set that lie most robust deviations from the first."""
    if not changed:
        return second.iloc[:0]
    columns = list(changed)
    middle = first[columns].median()
    spread = 1.4826 * (first[columns] - middle).abs().median()
    spread = spread.where(spread > 0, first[columns].std()).replace(0, np.nan)
    away = ((second[columns] - middle) / spread).abs()
    farthest = away.max(axis=1).fillna(0)
    chosen = farthest.sort_values(ascending=False, kind="stable").index[:DRIVING]
    table = second.loc[chosen, ["id", "category", "split", "defect_type", *columns]]
    return table.assign(
        measure=away.loc[chosen].fillna(0).idxmax(axis=1), deviations=farthest[chosen].round(1)
    )
