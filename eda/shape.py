"""What defects are like, and which input size keeps them visible."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eda.facts import MAX_DEFECTS
from eda.style import (
    INSIDE_LABEL,
    NEUTRAL,
    bar_height,
    bar_marker,
    empty_plot,
    lay_out,
    make_room_for_legend,
    say,
)

SIZES = (64, 96, 128, 192, 256, 320, 384, 512, 768, 1024)
MAX_TYPES = 24
MEASURES = ("area_share", "elongation", "contrast", "border_distance", "thickness")
LOG_STEPS = (  # an axis over more decades than this -> its marks within a decade
    (2.5, (1,)),
    (1.2, (1, 3)),
    (0.8, (1, 2, 5)),
    (0.0, (1, 1.5, 2, 3, 4, 6)),
)
LOST_SHARE = 0.05  # of the defects thinner than 1 px: too small
THIN_SHARE = 0.10  # of the defects thinner than 2 px: risky
NO_DEFECT = "No defect with a mask or a box is among the chosen ones."
ONLY_BOXES = "Boxes do not show how thick a defect is."
COUNTS = (  # from, to, name, colour, pattern
    (1, 1, "one", "#d5c6ee", ""),
    (2, 2, "two", "#b093dd", "."),
    (3, 5, "three to five", "#8b62c4", "/"),
    (6, np.inf, "six or more", "#65409b", "x"),
)
VERDICTS = ("Keeps the defects", "Thin defects at risk", "Loses defects")


def describe_types(defects: pd.DataFrame, images: pd.DataFrame) -> pd.DataFrame:
    """Return medians per category and defect type.

    Args:
        defects: one row per defect (`frame.make_defect_frame`).
        images: one row per image, for the number of defects in each.
    """
    columns = {name: (name, "median") for name in MEASURES}
    grouped = defects.groupby(["category", "defect_type"]).agg(
        defects=("id", "size"), images=("id", "nunique"), **columns
    )
    per_image = images[images["num_defects"] > 0].groupby(["category", "defect_type"])
    grouped["most_in_one_image"] = per_image["num_defects"].max()
    return grouped.reset_index().round(3)


def draw_counts(images: pd.DataFrame) -> go.Figure:
    """Draw how many separate defects an image has, as shares of the images of a defect type."""
    title = "Separate defects per image"
    rows = images[images["num_defects"] > 0]
    if rows.empty:
        return empty_plot(title, NO_DEFECT)
    rows = _label(rows)
    totals = rows["label"].value_counts().iloc[:MAX_TYPES]
    names = [f"{say(str(name))} ({count:,})" for name, count in totals.items()]
    conditions = _conditions(rows)
    plot = go.Figure()
    for low, high, name, colour, pattern in COUNTS:
        counted = rows.loc[rows["num_defects"].between(low, high), "label"].value_counts()
        shares = (100 * counted.reindex(totals.index, fill_value=0) / totals).round(1)
        plot.add_bar(
            y=names,
            x=shares.tolist(),
            name=name,
            orientation="h",
            marker=bar_marker(colour, pattern),
            text=[f"{share:.0f} %" if share >= 8 else "" for share in shares],
            **INSIDE_LABEL,
            customdata=[
                {**conditions[str(one)], "num_defects": [low, min(high, MAX_DEFECTS)]}
                for one in totals.index
            ],
            hovertemplate="%{y}: %{x} %<extra>" + name + "</extra>",
        )
    lay_out(
        plot,
        title,
        height=bar_height(len(totals)),
        x_title="share of the images",
        barmode="stack",
        bargap=0.35,
        showlegend=True,
    )
    plot.update_layout(margin_r=26)  # room for "100 %"
    plot.update_yaxes(showgrid=False, autorange="reversed")
    plot.update_xaxes(range=[0, 100], ticksuffix=" %")
    return make_room_for_legend(plot)


def check_resolution(defects: pd.DataFrame, sizes: Sequence[int] = SIZES) -> pd.DataFrame:
    """Return, per number of pixels, how many defects get thinner than 1 and 2 pixels.

    A size is the side of a square of so many pixels, whatever the shape that images are brought
    to; thickness is the diameter of the largest disc inside a defect. "Loses defects": more than
    5 % are thinner than 1 pixel. "Thin defects at risk": more than 10 % are thinner than 2 pixels.
    An image is lost where all of its defects are thinner than 1 pixel. What is known by boxes alone
    is left out.
    """
    rows = []
    defects = defects[defects["thickness_share"].notna()]
    thickest = defects.groupby("id")["thickness_share"].max()
    total = max(1, len(defects))
    for size in sizes:
        thickness = size * defects["thickness_share"]
        lost, thin = int((thickness < 1).sum()), int((thickness < 2).sum())
        rows.append(
            (
                f"{size} × {size}",
                lost,
                round(100 * lost / total, 1),
                thin,
                round(100 * thin / total, 1),
                int((size * thickest < 1).sum()),
                _verdict(lost / total, thin / total) if len(defects) else "–",
            )
        )
    return pd.DataFrame(
        rows,
        columns=[
            "input_size",
            "thinner_than_1_px",
            "percent_1",
            "thinner_than_2_px",
            "percent_2",
            "images_lost",
            "verdict",
        ],
    )


def find_side(defects: pd.DataFrame, sizes: Sequence[int]) -> int | None:
    """Return the smallest of these sizes that keeps the defects; None where none does."""
    verdicts = check_resolution(defects, sizes)["verdict"]
    return next(
        (size for size, one in zip(sizes, verdicts, strict=True) if one == VERDICTS[0]), None
    )


def draw_resolution(defects: pd.DataFrame, sizes: Sequence[int] = SIZES) -> go.Figure:
    """Draw which share of the defects stays how thick, per input size."""
    title = "Resolution check"
    if defects["thickness_share"].isna().all():
        return empty_plot(title, NO_DEFECT if defects.empty else ONLY_BOXES)
    table = check_resolution(defects, sizes)
    lost, thin = table["percent_1"], table["percent_2"] - table["percent_1"]
    labels = [name.split(" ")[0] for name in table["input_size"]]
    plot = go.Figure()
    for values, name, colour, pattern in (
        (lost, "thinner than 1 px: lost", "#c0394b", "x"),
        (thin, "1 to 2 px: at risk", "#c99700", "/"),
        (100 - lost - thin, "2 px or more: kept", NEUTRAL, ""),
    ):
        plot.add_bar(
            x=labels,
            y=values.round(1).tolist(),
            name=name,
            marker=bar_marker(colour, pattern),
            text=[f"{value:.0f} %" if value >= 7 else "" for value in values],
            **INSIDE_LABEL,
            hovertemplate="%{x} px: %{y} %<extra>" + name + "</extra>",
        )
    lay_out(
        plot,
        title,
        subtitle="how thick the defects stay at each input size",
        height=340,
        x_title="input size, px (square, or of another shape with as many)",
        barmode="stack",
        bargap=0.3,
        showlegend=True,
    )
    plot.update_xaxes(type="category")
    plot.update_yaxes(range=[0, 100], ticksuffix=" %")
    return make_room_for_legend(plot)


def recommend_size(table: pd.DataFrame) -> str:
    """Return in a sentence which input size is the smallest that keeps the defects."""
    kept = table[table["verdict"] == VERDICTS[0]]
    if len(kept):
        first = kept.iloc[0]
        return (
            f"From {first['input_size']} on the defects keep their thickness: "
            f"{first['percent_2']:g} % are thinner than 2 pixels there."
        )
    if (table["verdict"] == "–").all():
        return f"Without masks there is nothing to check. {ONLY_BOXES}"
    last = table.iloc[-1]
    return (
        f"Even at {last['input_size']}, {last['percent_2']:g} % of the defects are thinner than "
        "2 pixels: cut the images into tiles, or expect to miss the thinnest."
    )


def _verdict(lost: float, thin: float) -> str:
    if lost > LOST_SHARE:
        return VERDICTS[2]
    return VERDICTS[1] if thin > THIN_SHARE else VERDICTS[0]


def _label(frame: pd.DataFrame) -> pd.DataFrame:
    """Add how each row's defect type is called on an axis."""
    if frame["category"].nunique() > 1:
        return frame.assign(label=frame["category"] + ": " + frame["defect_type"])
    return frame.assign(label=frame["defect_type"])


def _conditions(labelled: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return which images a name on an axis stands for."""
    named = labelled.drop_duplicates("label").set_index("label")
    return {
        str(label): {"category": str(row["category"]), "defect_type": str(row["defect_type"])}
        for label, row in named.iterrows()
    }


def choose_log_ticks(low: float, high: float) -> list[float]:
    """Return the marks of a logarithmic axis: the shorter it is, the finer.

    An axis between two powers of ten has marks, too.
    """
    decades = np.log10(high / low)
    steps = next(steps for least, steps in LOG_STEPS if decades > least or least == 0)
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [float(f"{step}e{power}") for power in powers for step in steps]
    return [tick for tick in ticks if 0.8 * low <= tick <= 1.25 * high]
