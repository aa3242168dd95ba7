"""What is in the dataset: counts, sizes, light, and what is odd."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eda.classes import add_classes
from eda.frame import GOOD, readable
from eda.selection import DEFECTIVE_STATE, GOOD_STATE, STATE
from eda.style import (
    DEFECT,
    INSIDE_LABEL,
    LEARNED,
    NORMAL,
    SEQUENCE,
    SYMBOLS,
    bar_height,
    bar_marker,
    empty_plot,
    lay_out,
    make_room_for_legend,
    say,
)

MAX_BARS = 30
MAX_POINTS = 3000
MAX_NAMED_SIZES = 4
NEAR = 0.25  # share of an axis that the words below a bubble may take
KINDS = (  # split, is defective -> name, colour, pattern
    ("train", False, "train, good", LEARNED[NORMAL], ""),
    ("train", True, "train, defective", LEARNED[DEFECT], "x"),
    ("test", False, "test, good", NORMAL, "."),
    ("test", True, "test, defective", DEFECT, "/"),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One number that stands alone."""

    value: str
    label: str


def make_tiles(frame: pd.DataFrame, *, num_problems: int) -> list[Tile]:
    """Return the numbers that stand at the top.

    Args:
        frame: of the images (`frame.make_frame`).
        num_problems: files that are missing or odd (`frame.count_odd`).
    """
    defective = frame[frame["defect_type"] != GOOD]
    num_categories, num_types = frame["category"].nunique(), defective["defect_type"].nunique()
    share = len(defective) / len(frame) if len(frame) else 0.0
    area = defective["defect_area"].replace(0, np.nan).median()
    return [
        Tile(f"{len(frame):,}", "images"),
        Tile(f"{num_categories}", "category" if num_categories == 1 else "categories"),
        Tile(f"{num_types}", "defect type" if num_types == 1 else "defect types"),
        Tile(f"{100 * share:.0f} %", "of the images are defective"),
        Tile("–" if np.isnan(area) else f"{area:.2g} %", "median defect area"),
        Tile(f"{num_problems:,}", f"missing or odd file{'s' * (num_problems != 1)}"),
    ]


def count_images(frame: pd.DataFrame) -> pd.DataFrame:
    """Return images per split, and the medians of light, per category and defect type."""
    counts = frame.groupby(["category", "defect_type", "split"]).size().unstack(fill_value=0)
    for split in ("train", "test"):
        if split not in counts:
            counts[split] = 0
    order = [name for name in ("train", "validation", "calibration", "test") if name in counts]
    table = counts[order].astype(int)
    light = readable(frame).groupby(["category", "defect_type"])[["brightness", "contrast"]]
    return table.join(light.median().round(1)).reset_index().rename_axis(columns=None)


def tabulate_images(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per image, without problems and groups where no image has any."""
    return frame.drop(columns=[name for name in ("problem", "group") if not frame[name].any()])


def draw_splits(frame: pd.DataFrame) -> go.Figure:
    """Draw images per category, by split and state."""
    title = "Images per category and split"
    if frame.empty:
        return empty_plot(title, "No images are chosen.")
    totals = frame["category"].value_counts()
    shown = totals.index[:MAX_BARS]
    plot = go.Figure()
    is_bad = frame["defect_type"] != GOOD
    for split, bad, name, colour, pattern in KINDS:
        rows = frame[(frame["split"] == split) & (is_bad == bad)]
        if rows.empty:
            continue
        counts = rows["category"].value_counts().reindex(shown, fill_value=0)
        state = DEFECTIVE_STATE if bad else GOOD_STATE
        plot.add_bar(
            y=[say(one) for one in shown],
            x=counts.tolist(),
            name=name,
            orientation="h",
            marker=bar_marker(colour, pattern),
            text=[f"{value:,}" if value > 0.05 * totals.max() else "" for value in counts],
            **INSIDE_LABEL,
            customdata=[{"category": str(one), "split": split, STATE: state} for one in shown],
            hovertemplate="%{y}: %{x:,} images<extra>" + name + "</extra>",
        )
    lay_out(
        plot, title, height=bar_height(len(shown)), barmode="stack", bargap=0.35, showlegend=True
    )
    return plot.update_yaxes(showgrid=False, autorange="reversed")


def draw_defect_types(frame: pd.DataFrame) -> go.Figure:
    """Draw defective images per defect type, the most frequent at the top."""
    title = "Defective images per defect type"
    bad = frame[frame["defect_type"] != GOOD]
    if bad.empty:
        return empty_plot(title, "No defective image is among the chosen ones.")
    has_many = bad["category"].nunique() > 1
    counts = bad.groupby(["category", "defect_type"]).size().sort_values(ascending=False)
    cut = len(counts) - MAX_BARS
    counts = counts.iloc[:MAX_BARS]
    keys = [(str(category), str(kind)) for category, kind in counts.index.tolist()]
    labels = [say(f"{category}: {kind}" if has_many else kind) for category, kind in keys]
    plot = go.Figure(
        go.Bar(
            y=labels,
            x=counts.tolist(),
            orientation="h",
            marker=bar_marker(DEFECT, "/"),
            text=[f"{value:,}" for value in counts],
            textposition="outside",
            cliponaxis=False,
            customdata=[{"category": category, "defect_type": kind} for category, kind in keys],
            hovertemplate="%{y}: %{x:,} images<extra></extra>",
        )
    )
    more = f"the {MAX_BARS} most frequent of {len(counts) + cut}" if cut > 0 else ""
    lay_out(
        plot, title, subtitle=more, height=bar_height(len(counts)), bargap=0.4, showlegend=False
    )
    return plot.update_yaxes(showgrid=False, autorange="reversed")


def draw_sizes(frame: pd.DataFrame) -> go.Figure:
    """Draw every image size as one bubble, larger where more images have it, by mode."""
    title = "Image sizes and modes"
    frame = readable(frame)
    if frame.empty:
        return empty_plot(title, "No readable image is chosen.")
    sizes = frame.groupby(["mode", "width", "height"]).size().reset_index(name="images")
    is_few = len(sizes) <= MAX_NAMED_SIZES  # then they can say what they are
    sizes["label"] = _name_sizes(sizes) if is_few else ""
    plot = go.Figure()
    for position, (mode, rows) in enumerate(sizes.groupby("mode")):
        largest = rows.nlargest(MAX_POINTS, "images")
        plot.add_scatter(
            x=largest["width"].tolist(),
            y=largest["height"].tolist(),
            mode="markers+text" if is_few else "markers",
            name=f"{mode} ({int(rows['images'].sum()):,})",
            marker={
                "size": (9 + 22 * np.sqrt(largest["images"] / len(frame))).round(1).tolist(),
                "symbol": SYMBOLS[position % len(SYMBOLS)],
                "color": SEQUENCE[(position + 1) % len(SEQUENCE)],
                "opacity": 0.6,
                "line": {"width": 0.5, "color": "#fff"},
            },
            customdata=largest[["mode", "width", "height"]].to_dict("records"),
            text=largest["label"].tolist() if is_few else None,
            textposition="bottom center",
            hovertext=[
                f"{width} × {height} px: {images:,} images"
                for width, height, images in zip(
                    largest["width"], largest["height"], largest["images"], strict=True
                )
            ],
            hoverinfo="text",
        )
    lay_out(plot, title, x_title="width, px", y_title="height, px", showlegend=True)
    room = 1.25 if is_few else 1.1  # for the words below the widest
    plot.update_xaxes(range=[0, room * float(sizes["width"].max())])
    return plot.update_yaxes(range=[0, 1.15 * float(sizes["height"].max())])


def _name_sizes(sizes: pd.DataFrame) -> list[str]:
    """Return each size in words; "" where it would be written over a more frequent one's words."""
    across, up = (sizes[side] / sizes[side].max() for side in ("width", "height"))
    names = dict.fromkeys(range(len(sizes)), "")
    for row in np.argsort(-sizes["images"].to_numpy(), kind="stable").tolist():
        named = [other for other, name in names.items() if name]
        is_hidden = any(
            abs(across[row] - across[other]) < NEAR and abs(up[row] - up[other]) < NEAR
            for other in named
        )
        if not is_hidden:
            names[row] = f"{sizes['width'][row]} × {sizes['height'][row]}"
    return list(names.values())


def draw_light(frame: pd.DataFrame) -> go.Figure:
    """Draw brightness against contrast, one point per image, by class."""
    title = "Brightness and contrast per class"
    frame = readable(frame)
    if frame.empty:
        return empty_plot(title, "No readable image is chosen.")
    note = ""
    if len(frame) > MAX_POINTS:
        frame = frame.sample(MAX_POINTS, random_state=0)
        note = f"{MAX_POINTS:,} images drawn at random"
    plot = go.Figure()
    hover = "%{text}<br>mean %{x}, deviation %{y}<extra></extra>"
    light = frame["brightness"].round(1), frame["contrast"].round(1)
    add_classes(plot, frame, *light, hovertemplate=hover)
    lay_out(
        plot,
        title,
        subtitle=note,
        x_title="mean grey level, 0-255",
        y_title="standard deviation",
        showlegend=True,
    )
    return make_room_for_legend(plot)
