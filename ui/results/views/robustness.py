"""How far the promises of detectors hold in other light, focus or place."""

from functools import partial

from inspection.errors import CheckpointError, EvaluationError
from inspection.evaluation.joint import JOINT_INFO
from inspection.joint import JOINT
from inspection.sensitivity.robustness import Robustness, describe_robustness, load_robustness
from inspection.sensitivity.stress import STRESSES
from ui.parts.components import make_plot, make_table
from ui.parts.sub_tabs import known, make_filter
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection, say_fixed

NOT_MEASURED = "It was not measured: `python cli.py stress` with `--stress {name}` does it."


def find_robustness(results: Results, selection: Selection) -> Robustness | None:
    """Return what `cli.py stress` has measured of a product; None where that is no longer true."""
    try:
        return load_robustness(results.catalog.product(selection.key))
    except (EvaluationError, CheckpointError):
        return None


def say_rate(results: Results, selection: Selection) -> str:
    """Return at which rate the stress was measured."""
    found = find_robustness(results, selection)
    return "" if found is None else say_fixed(found.false_alarm_rate)


def build(results: Results, selection: Selection) -> Updates:
    """Return the curves of one stress, and the table of all."""
    from eda.sensitivity.robustness import draw_robustness, tabulate_robustness
    from eda.style import empty_plot
    from eda.tables import table_value

    found = find_robustness(results, selection)
    if found is None:
        return {"robustness-plot": None, "robustness": None}
    infos = {**results.catalog.detectors, JOINT: JOINT_INFO}
    titles = {name: info.title for name, info in infos.items()}
    first = found.stresses[0].stress
    name = known(selection.choices.get("stress"), STRESSES, first)
    chosen = next((one for one in found.stresses if one.stress == name), None)
    plot = (
        empty_plot(STRESSES[name].label, NOT_MEASURED.format(name=name))
        if chosen is None
        else draw_robustness(found, chosen, infos)
    )
    return {
        "robustness-plot": plot,
        "robustness": table_value(
            tabulate_robustness(found, infos),
            f"Under stress: {found.category}",
            file="robustness",
            note=" ".join(describe_robustness(found, titles, stress=name)),
        ),
    }


VIEW = ResultsView(
    "robustness",
    "Robustness",
    rows=({"robustness-plot": make_plot}, {"robustness": make_table}),
    build=build,
    filters={
        "stress": partial(
            make_filter, "Stress", [(one.label, name) for name, one in STRESSES.items()]
        )
    },
    is_offered=lambda results, selection: find_robustness(results, selection) is not None,
    is_rare=True,
    say_rate=say_rate,
)
