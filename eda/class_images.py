"""What a class looks like as a whole: its mean, its spread, and how it differs from good parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from eda.facts import decode_jpeg
from eda.frame import GOOD, readable
from eda.index import Index
from eda.location import add_picture, fit_panels
from eda.style import empty_plot, lay_out, say
from inspection.types import RGBImage

TITLE = "Mean, spread and difference per class"
MAX_AVERAGED = 200  # images of a class
SIDE = 128  # every image is stretched to a square of this side
MAX_PANELS = 18
WIDE, NARROW = (6, 180), (2, 160)  # columns and height of a panel on each kind of screen, pixels
LEAST_RANGE = 4.0  # grey levels: what differs by less is not made to look like much


@dataclass(frozen=True, slots=True, eq=False)
class ClassImage:
    """One picture of a class, (SIDE, SIDE, 3), and what it shows in words."""

    words: str
    picture: RGBImage
    aspect: float


def make_class_images(index: Index, frame: pd.DataFrame) -> list[ClassImage]:
    """Return mean and spread of the good images, and of every class how it differs from them.

    Of one category every defect type is a class, of several all defects of each are one. Spread is
    the standard deviation over the images, in grey levels; the difference is mean good minus mean
    defective, blue where defective images are darker, and orange where they are brighter.

    Args:
        index: whose thumbnails are read.
        frame: of the images to show.
    """
    frame = readable(frame)
    is_one = frame["category"].nunique() == 1
    found: list[ClassImage] = []
    for category, rows in frame.groupby("category"):
        aspect = float((rows["height"] / rows["width"]).median())
        is_good = rows["defect_type"] == GOOD
        good = _measure(index, rows[is_good])
        found += _show(f"good, {category}" if not is_one else "good", good, None, aspect)
        bad = rows[~is_good]
        classes = bad.groupby("defect_type") if is_one else [(f"defective, {category}", bad)]
        for name, part in classes:
            found += _show(str(name), _measure(index, part), good, aspect)
    return found[:MAX_PANELS]


def draw_class_images(images: Sequence[ClassImage]) -> go.Figure:
    """Draw the pictures side by side; `plots.js` rearranges them on a narrow screen."""
    if not images:
        return empty_plot(TITLE, "There is no readable image among the chosen ones.")
    plot = make_subplots(1, len(images), subplot_titles=[one.words for one in images])
    for column, one in enumerate(images, 1):
        plot.add_scatter(  # a panel without a trace has no axes to stand on
            x=[SIDE / 2], y=[SIDE / 2], opacity=0, hoverinfo="skip", row=1, col=column
        )
        add_picture(plot, one.picture, SIDE, row=1, col=column)
        axis = next(plot.select_yaxes(row=1, col=column))
        next(plot.select_xaxes(row=1, col=column)).update(range=[0, SIDE])
        axis.update(scaleanchor=axis.anchor, scaleratio=one.aspect)
    note = "blue: defective images are darker there; orange: brighter"
    lay_out(plot, TITLE, subtitle=note, showlegend=False)
    plot.update_annotations(font={"size": 12.5})
    return fit_panels(plot, len(images), SIDE, WIDE, NARROW)


Statistics = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""Mean (SIDE, SIDE, 3); mean and spread of its grey levels (SIDE, SIDE)."""


def _measure(index: Index, rows: pd.DataFrame) -> Statistics | None:
    """Return what up to `MAX_AVERAGED` images have in common; None of none."""
    ids = [str(one) for one in rows["id"]]
    ids = ids[:: max(1, len(ids) // MAX_AVERAGED)][:MAX_AVERAGED]
    total = np.zeros((SIDE, SIDE, 3), np.float64)
    grey_total, squares = np.zeros((2, SIDE, SIDE), np.float64)
    thumbnails = index.thumbnails(ids)
    for data in thumbnails.values():
        picture = cv2.resize(decode_jpeg(data), (SIDE, SIDE)).astype(np.float64)
        grey = picture.mean(axis=2)
        total += picture
        grey_total += grey
        squares += grey**2
    if not thumbnails:
        return None
    count = len(thumbnails)
    mean = grey_total / count
    spread = np.sqrt(np.maximum(squares / count - mean**2, 0))
    return (
        (total / count).astype(np.float32),
        mean.astype(np.float32),
        spread.astype(np.float32),
    )


def _show(
    name: str, own: Statistics | None, good: Statistics | None, aspect: float
) -> list[ClassImage]:
    """Return the pictures of one class: its mean, its spread, its difference where there is one."""
    if own is None:
        return []
    colour, grey, spread = own
    words = say(name)
    top = max(float(spread.max()), LEAST_RANGE)
    shade = cv2.applyColorMap((255 * spread / top).astype(np.uint8), cv2.COLORMAP_INFERNO)
    shown = [
        ClassImage(f"{words}: mean", colour.astype(np.uint8), aspect),
        ClassImage(f"{words}: spread, 0 to {top:.0f}", shade[:, :, ::-1], aspect),
    ]
    if good is not None:
        difference = good[1] - grey
        most = max(float(np.abs(difference).max()), LEAST_RANGE)
        shown.append(
            ClassImage(
                f"{words}: from good, ±{most:.0f}", colour_difference(difference / most), aspect
            )
        )
    return shown


def colour_difference(share: NDArray[np.float32]) -> RGBImage:
    """Return a picture of -1 to 1: orange below 0, white at 0, blue above it."""
    ends = np.array([[217, 96, 26], [255, 255, 255], [47, 134, 201]], np.float32)
    low = ends[1] + (ends[0] - ends[1]) * np.clip(-share, 0, 1)[:, :, None]
    high = ends[1] + (ends[2] - ends[1]) * np.clip(share, 0, 1)[:, :, None]
    picture: RGBImage = np.where((share < 0)[:, :, None], low, high).astype(np.uint8)
    return picture
