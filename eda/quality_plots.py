"""How good the pictures are, per class and split, and which ones stand out."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eda.frame import GOOD, readable
from eda.health.finding import Group, PictureGroups
from eda.health.outliers import FAMILIES, find_odd
from eda.style import DEFECT, NORMAL, bar_height, empty_plot, lay_out, say

MEASURES: Mapping[str, tuple[str, str]] = {  # column -> title, unit
    "sharpness": ("Sharpness (low: blurred)", "percent of edges lost by a blur"),
    "brightness": ("Brightness", "mean grey level, 0-255"),
    "dark": ("Underexposed", "percent of the pixels nearly black"),
    "bright": ("Overexposed", "percent of the pixels nearly white"),
    "noise": ("Noise", "grain in grey levels"),
    "yellow": ("Colour cast", "CIELAB b*: blue < 0 < yellow"),
}
MAX_KINDS = 16
MOST = 24  # images that are shown
LEAST = 1.0  # percent that the axis of a share of pixels shows
FENCES = (5, 25, 50, 75, 95)  # percent
NONE_ODD = (
    "No picture is more than 3.5 robust standard deviations away from others of its category and "
    "type, by a difference that can be seen."
)


def draw_quality(images: pd.DataFrame, measure: str) -> go.Figure:
    """Draw one measure per class and split: box for the middle half, whiskers from 5 to 95 %."""
    title, unit = MEASURES[measure]
    images = readable(images)
    if images.empty:
        return empty_plot(title, "No readable image is chosen.")
    kinds = images["defect_type"] + ", " + images["split"]
    if images["category"].nunique() > 1:  # a type of defect belongs to its category
        state = np.where(images["defect_type"] == GOOD, GOOD, "defective")
        kinds = images["category"] + ": " + state + ", " + images["split"]
    plot = go.Figure()
    names = kinds.value_counts().index[:MAX_KINDS]
    for name in sorted(names, key=lambda one: (f"{GOOD}, " not in one, one)):
        values = images.loc[kinds == name, measure]
        low, first, middle, third, high = np.percentile(values, FENCES).round(3).tolist()
        colour = NORMAL if f"{GOOD}, " in name else DEFECT
        plot.add_box(
            y=[f"{say(str(name))} ({len(values):,})"],
            lowerfence=[low],
            q1=[first],
            median=[middle],
            q3=[third],
            upperfence=[high],
            orientation="h",
            line={"color": colour, "width": 2},
            whiskerwidth=0.5,
            hoverinfo="x",
        )
    height = bar_height(len(names))
    lay_out(plot, title, height=height, x_title=unit, boxgap=0.4, showlegend=False)
    if measure in ("dark", "bright"):
        highest = max(box.upperfence[0] for box in plot.data)
        plot.update_xaxes(range=[-0.02 * LEAST, 1.05 * max(LEAST, highest)])
    return plot.update_yaxes(showgrid=False, autorange="reversed")


def show_odd(images: pd.DataFrame) -> PictureGroups:
    """Return the pictures that stand out among others of their kind, the oddest first."""
    images = readable(images)
    found = [find_odd(images, one) for _, oddities in FAMILIES for one in oddities]
    rows = pd.concat(found).sort_values("z", ascending=False, kind="stable").drop_duplicates("id")
    shown = rows.head(MOST)
    groups = tuple(Group((str(key),), str(note)) for key, note in shown[["id", "note"]].to_numpy())
    cut = f" The {MOST} oddest are shown." if len(rows) > MOST else ""
    number = "1 image stands" if len(rows) == 1 else f"{len(rows):,} images stand"
    note = f"{number} out among others of the same kind.{cut}" if len(rows) else NONE_ODD
    return PictureGroups("Odd ones out", note, groups, tuple(rows["id"].astype(str)))
