"""What misses and false alarms cost at a plant, and which rate is the cheapest there."""

import math
from functools import partial
from pathlib import Path

import gradio as gr

from inspection.evaluation.costs import Prices, price
from inspection.evaluation.verdicts import list_rates
from ui.parts.components import WORDS, make_part, make_plot, make_table
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection

HERE = Path(__file__).parent
BEGINNING = Prices(miss=100.0, false_alarm=5.0, defect_share=0.02)
MOST = 1e9
NOTE = (
    "Cost: per 1,000 parts, of missed defects and false alarms. Found: of the defective test "
    "parts. Flagged: of the good test parts and those held out for calibration. Defective among "
    "flagged: precision at the share of defects that was typed."
)
LACKING = "Costs take good and defective test images: there are none of one kind."


def make_number(label: str, value: float, highest: float = MOST) -> gr.Number:
    """Return a field for a number from 0 on."""
    return gr.Number(value, label=label, minimum=0, maximum=highest)


def read_prices(selection: Selection) -> Prices:
    """Return what was typed; what is no possible number is as in the beginning."""
    read = partial(_read, selection)
    return Prices(
        miss=read("miss-price", BEGINNING.miss),
        false_alarm=read("alarm-price", BEGINNING.false_alarm),
        defect_share=read("defect-share", 1000 * BEGINNING.defect_share, 1000.0) / 1000,
    )


def _read(selection: Selection, name: str, default: float, highest: float = MOST) -> float:
    value = selection.choices.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return default
    return float(value) if 0 <= value <= highest else default


def build(results: Results, selection: Selection) -> Updates:
    """Return the costs of every detector against the rate, and the cheapest of each."""
    from eda.results.costs import describe_costs, draw_costs, tabulate_costs
    from eda.tables import table_value

    judged = selection.judged
    if not judged:
        return {"cost-answer": "", "cost-plot": None, "costs": None}
    prices, rate = read_prices(selection), judged[0].verdicts.rate
    calibrations = results.calibrations(selection.key, selection.shown)
    own = max(one.report.false_alarm_rate for one in selection.shown)
    rates = list_rates(calibrations.values(), own)
    curves = price([one.verdicts for one in judged], rates, prices)
    if not curves:
        return {"cost-answer": LACKING, "cost-plot": None, "costs": None}
    shown = {one.name: one.shown for one in judged}
    titles = {one.name: one.title for one in judged}
    return {
        "cost-answer": " ".join(describe_costs(curves, titles, prices)),
        "cost-plot": draw_costs(curves, shown, prices, rate),
        "costs": table_value(
            tabulate_costs(curves, shown, rate),
            "Cheapest rate of each detector",
            file="costs",
            note=NOTE,
        ),
    }


VIEW = ResultsView(
    "costs",
    "Costs",
    rows=(
        {
            "cost-answer": partial(
                make_part, HERE / "said", template='<p class="said" hidden></p>', scripts=[WORDS]
            )
        },
        {"cost-plot": make_plot},
        {"costs": make_table},
    ),
    build=build,
    filters={
        "miss-price": partial(make_number, "Price of a missed defect", BEGINNING.miss),
        "alarm-price": partial(make_number, "Price of a false alarm", BEGINNING.false_alarm),
        "defect-share": partial(
            make_number, "Defective parts in 1,000", 1000 * BEGINNING.defect_share, 1000.0
        ),
    },
    is_offered=lambda _, selection: any(
        one.report.confusion.num_normal and one.report.confusion.num_anomalous
        for one in selection.shown
    ),
)
