"""Where defects occur: the density of all masks over the mean normal image."""

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image
from plotly.subplots import make_subplots

from eda.facts import GRID as CELLS
from eda.facts import decode_coverage, decode_jpeg
from eda.frame import GOOD, readable, select
from eda.index import Index
from eda.style import GRID, empty_plot, lay_out, say
from inspection.types import RGBImage

MAX_PANELS = 16
MAX_AVERAGED = 200  # normal images that make up the mean
MEAN_SIDE = 128
TITLE = "Where defects occur"
WIDE, NARROW = (4, 260), (2, 180)  # columns and height of a panel on each kind of screen, pixels
PANEL_TITLE = 36  # height of what stands above a panel, pixels
TOP, BOTTOM = 62, 56  # margins of the plot, pixels
GAP = 0.01  # beside a panel, share of the width
SCALE = (  # Inferno, transparent where there is nothing
    (0.0, "rgba(0,0,4,0)"),
    (0.04, "rgba(66,10,104,.35)"),
    (0.25, "rgba(147,38,103,.72)"),
    (0.5, "rgba(221,81,58,.82)"),
    (0.75, "rgba(252,165,10,.9)"),
    (1.0, "rgba(252,255,164,.96)"),
)
COLORBAR = {
    "orientation": "h",
    "thickness": 11,
    "outlinewidth": 0,
    "ticksuffix": " %",
    "lenmode": "pixels",
    "len": 280,
    "x": 0.5,
    "yref": "container",
    "y": 0,
    "yanchor": "bottom",
}


@dataclass(frozen=True, slots=True, eq=False)
class DensityMap:
    """The defects of one category or type.

    Attributes:
        defect_type: None for all of them.
        density: (CELLS, CELLS), percent of the images whose defect covers the cell.
        mean: mean normal image of the category, stretched to a square, or None.
    """

    category: str
    defect_type: str | None
    num_images: int
    density: NDArray[np.float32]
    mean: RGBImage | None
    aspect: float  # height / width


def make_density_maps(
    index: Index,
    frame: pd.DataFrame,
    *,
    category: str | None = None,
    defect_type: str | None = None,
    with_mean: bool = True,
) -> list[DensityMap]:
    """Return a panel per category, or per defect type where only one category is chosen.

    Args:
        index: whose coverages and thumbnails are read.
        frame: of all images of the index.
        category: to show.
        defect_type: to show.
        with_mean: draw the mean normal image underneath.
    """
    frame = readable(select(frame, category=category))
    found = frame[(frame["defect_type"] != GOOD) & (frame["num_defects"] > 0)]
    found = select(found, defect_type=defect_type)
    categories = list(found["category"].unique())
    panels: list[DensityMap] = []
    for name in categories:
        rows = found[found["category"] == name]
        whole = frame[frame["category"] == name]
        mean = mean_normal_image(index, whole) if with_mean else None
        panels.append(_make_map(index, rows, str(name), defect_type, mean))
        types = list(rows["defect_type"].value_counts().index)
        if len(categories) == 1 and defect_type is None and len(types) > 1:
            for kind in types:
                part = rows[rows["defect_type"] == kind]
                panels.append(_make_map(index, part, str(name), str(kind), mean))
    return panels[:MAX_PANELS]


def mean_normal_image(index: Index, frame: pd.DataFrame) -> RGBImage | None:
    """Return the mean of up to `MAX_AVERAGED` normal images, stretched to a square."""
    ids = [str(one) for one in frame.loc[frame["defect_type"] == GOOD, "id"]]
    ids = ids[:: max(1, len(ids) // MAX_AVERAGED)][:MAX_AVERAGED]
    total = np.zeros((MEAN_SIDE, MEAN_SIDE, 3), np.float32)
    thumbnails = index.thumbnails(ids)
    for data in thumbnails.values():
        total += cv2.resize(decode_jpeg(data), (MEAN_SIDE, MEAN_SIDE))
    return (total / len(thumbnails)).astype(np.uint8) if thumbnails else None


def draw_density(panels: Sequence[DensityMap]) -> go.Figure:
    """Draw every panel with one common scale; `plots.js` rearranges them on a narrow screen."""
    if not panels:
        return empty_plot(TITLE, "No image with a mask or a box is among the chosen ones.")
    is_one_category = len({panel.category for panel in panels}) == 1
    titles = [_title(panel, is_one_category=is_one_category) for panel in panels]
    plot = make_subplots(1, len(panels), subplot_titles=titles)
    for column, panel in enumerate(panels, 1):
        _add_panel(plot, panel, 1, column)
    lay_out(
        plot, TITLE, subtitle="percent of the images with a defect at a place", showlegend=False
    )
    plot.update_layout(
        margin={"t": TOP, "l": 12, "r": 12, "b": BOTTOM},
        coloraxis={
            "colorscale": [list(stop) for stop in SCALE],
            "cmin": 0,
            "cmax": max(1.0, float(max(panel.density.max() for panel in panels))),
            "colorbar": COLORBAR,
        },
    )
    plot.update_annotations(font={"size": 13})
    return fit_panels(plot, len(panels), CELLS, WIDE, NARROW)


def fit_panels(
    plot: go.Figure, num_panels: int, height: int, wide: tuple[int, int], narrow: tuple[int, int]
) -> go.Figure:
    """Let panels keep their shape, on a wide page and on a narrow one.

    Args:
        plot: with its pictures drawn.
        num_panels: side by side.
        height: of a picture, in units of its axis.
        wide: columns, and height of a panel in pixels.
        narrow: likewise.
    """
    plot.update_xaxes(visible=False, constrain="domain")
    plot.update_yaxes(
        visible=False,
        constrain="domain",
        constraintoward="top",
        autorange=False,
        range=[height, 0],
    )
    layouts = {"wide": arrange(num_panels, *wide), "narrow": arrange(num_panels, *narrow)}
    plot.plotly_relayout(layouts["wide"])
    return plot.update_layout(meta=layouts)


def arrange(num_panels: int, columns: int, side: int, below: int = 0) -> dict[str, Any]:
    """Return where panels of this height stand in columns, as changes of a plotly layout.

    Args:
        num_panels: of a plot that was made as one row of them, each with its title.
        columns: at most.
        side: height of a panel, pixels.
        below: room for the labels of its axis, pixels.
    """
    columns = min(columns, num_panels)
    lines = -(-num_panels // columns)
    step = PANEL_TITLE + side + below
    drawn = lines * step - below  # pixels; those of the last line lie beneath
    places: dict[str, Any] = {"height": drawn + TOP + BOTTOM}
    for panel in range(num_panels):
        line, column = divmod(panel, columns)
        top = 1 - (line * step + PANEL_TITLE) / drawn
        number = panel + 1 if panel else ""
        places[f"xaxis{number}.domain"] = [column / columns + GAP, (column + 1) / columns - GAP]
        places[f"yaxis{number}.domain"] = [max(0.0, top - side / drawn), top]
        places[f"annotations[{panel}].x"] = (column + 0.5) / columns
        places[f"annotations[{panel}].y"] = top
    return places


def describe_locations(panels: Sequence[DensityMap], defects: pd.DataFrame) -> pd.DataFrame:
    """Return per panel where its defects gather, and how many touch the border.

    `gathered` is the share of the defect area in the densest tenth of all places: 10 % where
    defects are spread evenly, 100 % where they all lie in one corner.
    """
    return pd.DataFrame(
        list(_locations(panels, defects)),
        columns=[
            "category",
            "defect_type",
            "images",
            "middle_x",
            "middle_y",
            "gathered",
            "at_border",
        ],
    )


def _locations(panels: Sequence[DensityMap], defects: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    for panel in panels:
        mass = panel.density / max(float(panel.density.sum()), 1e-9)
        rows, columns = np.mgrid[0:CELLS, 0:CELLS]
        densest = np.sort(mass, axis=None)[::-1][: CELLS * CELLS // 10]
        chosen = select(defects, category=panel.category, defect_type=panel.defect_type)
        at_border = 100 * float((chosen["border_distance"] == 0).mean()) if len(chosen) else 0.0
        yield (
            panel.category,
            panel.defect_type or "all",
            panel.num_images,
            round(100 * float((mass * (columns + 0.5)).sum()) / CELLS, 1),
            round(100 * float((mass * (rows + 0.5)).sum()) / CELLS, 1),
            round(100 * float(densest.sum()), 1),
            round(at_border, 1),
        )


def _make_map(
    index: Index, rows: pd.DataFrame, category: str, defect_type: str | None, mean: RGBImage | None
) -> DensityMap:
    ids = [str(one) for one in rows["id"]]
    total = np.zeros((CELLS, CELLS), np.float32)
    for data in index.coverages(ids).values():
        total += decode_coverage(data) > 0
    aspect = float((rows["height"] / rows["width"]).median()) if len(rows) else 1.0
    density = (100 * total / max(1, len(ids))).astype(np.float32)
    return DensityMap(category, defect_type, len(ids), density, mean, aspect)


def _add_panel(plot: go.Figure, panel: DensityMap, row: int, column: int) -> None:
    plot.add_heatmap(
        z=panel.density.round(1).tolist(),
        x0=0.5,
        y0=0.5,
        coloraxis="coloraxis",
        zsmooth="best",
        meta={  # a click asks for the images with a defect at a place
            "category": panel.category,
            **({"defect_type": panel.defect_type} if panel.defect_type else {}),
        },
        hovertemplate="%{z} % of the images<extra></extra>",
        row=row,
        col=column,
    )
    axis = next(plot.select_xaxes(row=row, col=column))
    upright = next(plot.select_yaxes(row=row, col=column))
    axis.update(range=[0, CELLS])
    upright.update(scaleanchor=upright.anchor, scaleratio=panel.aspect)
    plot.add_shape(
        type="rect",
        x0=0,
        x1=CELLS,
        y0=0,
        y1=CELLS,
        line={"color": GRID, "width": 1},
        layer="below",
        row=row,
        col=column,
    )
    if panel.mean is not None:
        add_picture(plot, panel.mean, CELLS, row=row, col=column)


def add_picture(plot: go.Figure, picture: RGBImage, side: int, *, row: int, col: int) -> None:
    """Fill a panel whose axes go from 0 to `side` with a picture."""
    plot.add_layout_image(
        source=_to_uri(picture),
        x=0,
        y=0,
        sizex=side,
        sizey=side,
        sizing="stretch",
        layer="below",
        row=row,
        col=col,
    )


def _title(panel: DensityMap, *, is_one_category: bool) -> str:
    if not is_one_category:
        name = say(panel.category)
    else:
        name = "all types" if panel.defect_type is None else say(panel.defect_type)
    return f"{name} ({panel.num_images:,})"


def _to_uri(image: RGBImage) -> str:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
