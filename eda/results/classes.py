"""What a classifier takes each class for: the confusion matrix, and metrics class by class."""

from collections.abc import Iterator

import pandas as pd
import plotly.graph_objects as go

from eda.style import lay_out, say
from inspection.evaluation.classes import ClassReport
from inspection.evaluation.classification import Classification, count_differences

SCALE = ((0.0, "#f4f6f8"), (1.0, "#a99ad8"))
INK = "#10161d"  # readable on the whole scale, whatever the theme
MANY = 8  # classes, from which on a cell has room for the count only
CELL = 46  # height of a row, px
FRAME = 190  # height of title, names and axis title, px


def draw_confusion(classification: Classification) -> go.Figure:
    """Draw how many images of each class (row) were taken for each class (column)."""
    report = classification.judge()
    counts = report.confusion
    totals = counts.sum(axis=1, keepdims=True)
    percent = 100 * counts / totals.clip(min=1)  # 0 in the row of a class without images
    names = [say(name) for name in report.classes]
    places = list(range(len(names)))  # two names may be the same once they are shortened
    cell = "%{text}" if len(names) > MANY else "%{text}<br>%{z:.0f} %"
    plot = go.Figure()
    plot.add_heatmap(
        z=percent.round(1).tolist(),
        x=places,
        y=places,
        text=counts.tolist(),
        customdata=[[[true, guess] for guess in names] for true in names],
        texttemplate=cell,
        textfont={"color": INK},
        colorscale=[list(stop) for stop in SCALE],
        zmin=0,
        zmax=100,
        showscale=False,
        xgap=2,
        ygap=2,
        hovertemplate="%{customdata[0]}, taken for %{customdata[1]}: %{text} images, "
        "%{z:.1f} %<extra></extra>",
    )
    lay_out(
        plot,
        "Confusion matrix",
        subtitle="images, and percent of the true class",
        height=FRAME + CELL * len(names),
        x_title="predicted class",
        y_title="true class",
    )
    ticks = {"tickvals": places, "ticktext": names, "showgrid": False}
    plot.update_xaxes(**ticks, tickangle=-45)
    return plot.update_yaxes(**ticks, autorange="reversed")


def tabulate_classifiers(
    own: Classification, baseline: Classification | None, *, title: str
) -> pd.DataFrame:
    """Return accuracy and macro averages of a detector so called, of its baseline, by dataset."""
    rows = list(_rows_of(own, title))
    if baseline is not None:
        rows += _rows_of(baseline, f"{baseline.title} (baseline)")
    return pd.DataFrame(rows)


def describe_difference(own: Classification, baseline: Classification, *, title: str) -> str:
    """Return on how many images only one is right: a detector so called, or its baseline."""
    better, worse = count_differences(own, baseline)
    return (
        f"{title} is right where the baseline is wrong on {better} images; the other way round "
        f"on {worse}."
    )


def tabulate_classes(own: Classification, baseline: Classification | None) -> pd.DataFrame:
    """Return one row per class and one of their plain means, with F1 of the baseline."""
    report = own.judge()
    rows: list[dict[str, object]] = [
        {
            "class": one.name,
            "images": one.num_images,
            "precision": one.precision,
            "recall": one.recall,
            "F1": one.f1,
        }
        for one in report.per_class
    ]
    rows.append({"class": "macro (mean)", "images": len(own.images), **_macro(report)})
    if baseline is not None:
        other = baseline.judge()
        known = {one.name: one.f1 for one in other.per_class} | {"macro (mean)": other.f1}
        for row in rows:
            row["F1 of the baseline"] = known.get(str(row["class"]))
    return pd.DataFrame(rows)


def _rows_of(classification: Classification, title: str) -> Iterator[dict[str, object]]:
    report = classification.judge()
    yield {
        "detector": title,
        "images of": "all",
        "images": len(classification.images),
        "accuracy": report.accuracy,
        **{f"macro {name}": value for name, value in _macro(report).items()},
    }
    for dataset, accuracy in report.accuracy_by_dataset.items():
        count = sum(image.dataset == dataset for image in classification.images)
        yield {"detector": title, "images of": dataset, "images": count, "accuracy": accuracy}


def _macro(report: ClassReport) -> dict[str, float]:
    return {"precision": report.precision, "recall": report.recall, "F1": report.f1}
