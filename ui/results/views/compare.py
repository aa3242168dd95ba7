"""Which detector finds what: verdicts at the chosen rate, and one metric of all categories."""

from functools import partial
from pathlib import Path

from inspection.evaluation.leaderboard import make_leaderboard
from inspection.evaluation.metrics import METRICS
from ui.parts.components import make_part, make_plot, make_table
from ui.parts.sub_tabs import known, make_filter
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection
from ui.viewer.viewer import ARITHMETIC

HERE = Path(__file__).parent
FOUND = ("found-size", "found-contrast", "found-limits")
NOT_MEASURED = (
    "How large and how strong the test defects are was not measured: `python cli.py sensitivity` "
    "does it."
)
TEXTS = {
    "threshold": "threshold {threshold}",
    "normal": "good",
    "defective": "defective",
    "picture": "Scores: {found} defective images lie above the threshold and {missed} below, "
    "{alarms} good ones above and {right} below",
    "jointNote": "Scores of all detectors as one, calibrated on the good parts that all held out.",
    "matrix": "Verdicts of {title} against the truth",
    "isFlagged": "flagged",
    "isNot": "not flagged",
    "found": "found",
    "missed": "missed",
    "alarm": "false alarms",
    "passed": "passed",
    "alarms": "Good parts flagged",
    "seen": "{flagged} of {parts}",
    "kindsTitle": "Found, by defect type",
    "kindsNote": "Test images that no detector has seen. Thresholds come from held-out good parts, "
    "never from these images.",
    "kind": "defect type",
    "of": "{found} of {total}",
    "rates": {
        "accuracy": ["Right in all", "Accuracy: the share of all test images with a right verdict"],
        "precision": [
            "Of what it flags, defective",
            "Precision, among these test images; where defects are rarer it is lower: see Costs",
        ],
        "recall": ["Of the defects, found", "Recall"],
        "f1": ["Balance of these two", "F1: the harmonic mean of precision and recall"],
    },
}


def is_offered(results: Results, selection: Selection) -> bool:
    """It says what was not evaluated, unless there are good parts in no category."""
    has_classes = results.classes(selection.key) is not None
    return not has_classes or any(results.shown(key) for key in selection.keys)


def build(results: Results, selection: Selection) -> Updates:
    """Return what the browser judges anew at any threshold, and the leaderboard."""
    from eda.results import plots, tables
    from eda.results.scores import judge_values
    from eda.tables import table_value

    metric = known(selection.choices.get("metric"), METRICS, "image_auroc")
    everyone = [one for key in selection.keys for one in results.shown(key)]
    everyone.sort(key=lambda one: one.place)
    board = make_leaderboard([one.report for one in everyone], metric)
    by_name = {one.report.detector: one for one in everyone}
    titles = {name: one.title for name, one in by_name.items()}
    shown, judge = selection.shown, None
    if shown:
        calibrations = results.calibrations(selection.key, shown)
        rate = selection.judged[0].verdicts.rate
        values = judge_values(shown, calibrations, rate)
        judge = {**values, "product": selection.key, "texts": TEXTS}
    return {
        "judge": judge,
        "board-plot": plots.draw_leaderboard(board, by_name),
        "board": table_value(
            tables.tabulate_board(board, titles),
            f"Leaderboard: {METRICS[metric].title}",
            file="leaderboard",
            note=tables.describe_board(board, titles),
        ),
    }


def add_found(results: Results, selection: Selection) -> Updates:
    """Return who finds how small and how faint defects; fitted anew at another rate."""
    from eda.results.found import NOTE, draw_found, tabulate_found
    from eda.style import empty_plot
    from eda.tables import table_value

    parts: Updates = dict.fromkeys(FOUND)
    if not any(one.verdicts.is_anomalous.any() for one in selection.judged):
        return parts
    found = results.studies.found(selection.key, selection.judged)
    if not found:
        return {**parts, "found-size": empty_plot("Found, by size of the defect", NOT_MEASURED)}
    shown = {one.name: one.shown for one in selection.judged}
    category = selection.shown[0].report.checkpoint.category
    plots = {f"found-{one.by}": draw_found(one, shown) for one in found}
    table = table_value(
        tabulate_found(found, shown),
        f"How small, how faint: {category}",
        file=f"found-{category}",
        note=NOTE.format(num=len(found[0].values)),
    )
    return {**parts, **plots, "found-limits": table}


VIEW = ResultsView(
    "compare",
    "Compare",
    rows=(
        {
            "judge": partial(
                make_part, HERE / "judge", scripts=[*ARITHMETIC, HERE / "judge_count.js"]
            )
        },
        {"found-size": make_plot, "found-contrast": make_plot},
        {"found-limits": make_table},
        {"board-plot": make_plot, "board": make_table},
    ),
    build=build,
    later=add_found,
    filters={
        "metric": partial(
            make_filter,
            "Metric of all categories",
            [(one.title, key) for key, one in METRICS.items()],
        )
    },
    filters_at=3,
    is_offered=is_offered,
    troubles_of=lambda selection: selection.keys,
)
