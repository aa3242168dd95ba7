"""How images are distinguished in a cloud of points: good, and each type of defect."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from eda.frame import GOOD
from eda.style import DEFECT, NEUTRAL, NORMAL, SEQUENCE, SYMBOLS, escape, say

MAX_CLASSES = len(SYMBOLS)
ANY_DEFECT = "defective"
OUTLINE: dict[str, Any] = {"line": {"width": 0.6, "color": "#ffffff"}}
GOOD_SYMBOLS = ("circle", "circle-open", "circle-dot", "circle-open-dot")


def label_classes(frame: pd.DataFrame) -> pd.Series:
    """Return the class of every image: its defect type, or good or defective where there are many.

    The category is named too where there is more than one.
    """
    kinds, categories = frame["defect_type"], frame["category"]
    if categories.nunique() <= 1:
        few = kinds.nunique() <= MAX_CLASSES
        return kinds if few else kinds.where(kinds == GOOD, ANY_DEFECT)
    if (categories + kinds).nunique() <= MAX_CLASSES:
        return kinds + ", " + categories
    states = kinds.where(kinds == GOOD, ANY_DEFECT)
    return states + ", " + categories if categories.nunique() <= MAX_CLASSES // 2 else states


def add_classes(
    plot: go.Figure, frame: pd.DataFrame, x: ArrayLike, y: ArrayLike, **trace: Any
) -> None:
    """Add one point per image, distinguished by symbol and colour, the good ones underneath.

    A point carries the id of its image as custom data, and as the text that hovering shows.

    Args:
        plot: to add to.
        frame: of the images.
        x: one per image.
        y: one per image.
        trace: more of the points, such as `hovertemplate`.
    """
    labels = label_classes(frame).to_numpy()
    across, up = np.asarray(x, float), np.asarray(y, float)
    ids = frame["id"].to_numpy()
    order = sorted(set(labels), key=lambda name: (not _is_good(name), name))
    num_good = sum(map(_is_good, order))
    for position, name in enumerate(order):
        rows = labels == name
        plot.add_scatter(
            x=across[rows].round(4).tolist(),
            y=up[rows].round(4).tolist(),
            mode="markers",
            name=f"{say(str(name))} ({rows.sum():,})",
            marker=_mark_good(position)
            if _is_good(name)
            else _mark_defective(str(name), position - num_good),
            customdata=[str(one) for one in ids[rows]],
            text=[escape(str(one)) for one in ids[rows]],
            **trace,
        )


def add_measure(
    plot: go.Figure, frame: pd.DataFrame, place: NDArray[np.float32], column: str, *, title: str
) -> None:
    """Add one point per image (n, 2), coloured by a measure; where it is not known, grey."""
    values = frame[column].to_numpy(float)
    low, high = np.nanpercentile(values, [1, 99]) if np.isfinite(values).any() else (0.0, 1.0)
    ids = frame["id"].to_numpy()
    for rows, look in (
        (~np.isfinite(values), {"size": 6, "color": NEUTRAL, "opacity": 0.35}),
        (
            np.isfinite(values),
            {
                **OUTLINE,
                "size": 8,
                "color": values[np.isfinite(values)].round(3).tolist(),
                "colorscale": "Viridis",
                "cmin": float(low),
                "cmax": float(high if high > low else low + 1),
                "colorbar": {"title": {"text": title}, "thickness": 12, "outlinewidth": 0},
            },
        ),
    ):
        if rows.any():
            plot.add_scatter(
                x=place[rows, 0].round(4).tolist(),
                y=place[rows, 1].round(4).tolist(),
                mode="markers",
                marker=look,
                showlegend=False,
                customdata=[str(one) for one in ids[rows]],
                text=[
                    f"{escape(str(one))}<br>{title}: {value:.4g}"
                    for one, value in zip(ids[rows], values[rows], strict=True)
                ],
                hovertemplate="%{text}<extra></extra>",
            )


def _is_good(name: str) -> bool:
    return name == GOOD or name.startswith(f"{GOOD}, ")


def _mark_good(position: int) -> dict[str, Any]:
    """Return what good images look like: blue circles, and nothing else is either."""
    symbol = GOOD_SYMBOLS[position % len(GOOD_SYMBOLS)]
    return {**OUTLINE, "size": 7, "symbol": symbol, "color": NORMAL, "opacity": 0.6}


def _mark_defective(name: str, position: int) -> dict[str, Any]:
    """Return what a type of defect looks like, or defective images of any type."""
    is_any = name.startswith(ANY_DEFECT)
    colour = DEFECT if is_any else SEQUENCE[position % len(SEQUENCE)]
    symbol = SYMBOLS[position % len(SYMBOLS)]
    return {**OUTLINE, "size": 9, "symbol": symbol, "color": colour, "opacity": 0.9}
