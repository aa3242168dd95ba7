"""Where two detectors agree: the scores of one against those of another."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from eda.results.shown import Shown
from ui.parts.components import HAND_OVER, make_part, make_plot
from ui.parts.sub_tabs import make_filter
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection

HERE = Path(__file__).parent
HINT = "One point per test image. Click one to open it in Inspect."


def build(_: Results, selection: Selection) -> Updates:
    """Return one detector against another."""
    from eda.results.scores import draw_scatter

    # the joint verdict first: without a choice, two detectors are compared
    shown = sorted(selection.shown, key=lambda one: not one.is_joint)
    first, second = choose_pair(
        shown, *(selection.choices.get(name) for name in ("first", "second"))
    )
    choices = [(one.title, one.report.detector) for one in shown]
    return {
        "first": (choices, first.report.detector),
        "second": (choices, second.report.detector),
        "scatter": draw_scatter(first, second),
        "click": {"product": selection.key, "hint": HINT},
    }


def choose_pair(shown: Sequence[Shown], first: object, second: object) -> tuple[Shown, Shown]:
    """Return the detectors of the scatter: those asked for, else the last two; never one twice."""
    level = next((one for one in shown if one.report.detector == first), shown[-2])
    others = [one for one in shown if one is not level]
    return level, next((one for one in others if one.report.detector == second), others[-1])


VIEW = ResultsView(
    "compare",
    "Score against score",
    rows=(
        {
            "click": partial(
                make_part, HERE / "scatter", template='<p class="hint"></p>', scripts=[HAND_OVER]
            )
        },
        {"scatter": partial(make_plot, "results-scatter")},
    ),
    build=build,
    filters={
        "first": partial(make_filter, "Horizontal axis"),
        "second": partial(make_filter, "Vertical axis"),
    },
    is_offered=lambda _, selection: len(selection.shown) > 1,
)
