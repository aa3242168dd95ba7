"""Which detector is better: one metric of all categories; times and all metrics of one."""

from functools import partial

from inspection.evaluation.leaderboard import make_leaderboard
from inspection.evaluation.metrics import METRICS
from ui.parts.components import make_plot, make_table
from ui.parts.sub_tabs import known, make_filter
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection


def is_offered(results: Results, selection: Selection) -> bool:
    """It says what was not evaluated, unless there are good parts in no category."""
    has_classes = results.classes(selection.key) is not None
    return not has_classes or any(results.shown(key) for key in selection.keys)


def build(results: Results, selection: Selection) -> Updates:
    """Return the leaderboard, the times, and all metrics."""
    import pandas as pd

    from eda.results import plots, tables
    from eda.tables import table_value

    metric = known(selection.choices.get("metric"), METRICS, "image_auroc")
    everyone = [one for key in selection.keys for one in results.shown(key)]
    everyone.sort(key=lambda one: one.place)
    board = make_leaderboard([one.report for one in everyone], metric)
    by_name = {one.report.detector: one for one in everyone}
    titles = {name: one.title for name, one in by_name.items()}
    here = selection.shown
    category = results.catalog.product(selection.key).category
    return {
        "board-plot": plots.draw_leaderboard(board, by_name),
        "seconds": plots.draw_seconds(here, category),
        "board": table_value(
            tables.tabulate_board(board, titles),
            f"Leaderboard: {METRICS[metric].title}",
            file="leaderboard",
            note=tables.describe_board(board, titles),
        ),
        "metrics": table_value(
            tables.tabulate_metrics(here) if here else pd.DataFrame(),
            f"All metrics: {category}",
            file="metrics",
            note=tables.describe_metrics(here) if here else "",
        ),
    }


VIEW = ResultsView(
    "leaderboard",
    "Leaderboard",
    rows=(
        {"board-plot": make_plot, "seconds": make_plot},
        {"board": make_table},
        {"metrics": make_table},
    ),
    build=build,
    filters={
        "metric": partial(make_filter, "Metric", [(one.title, key) for key, one in METRICS.items()])
    },
    is_offered=is_offered,
    judged=lambda selection: selection.keys,
)
