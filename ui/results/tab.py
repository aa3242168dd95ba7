"""The Results tab: how good every detector is, measured on images that none has seen."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from inspection.errors import InspectionError
from inspection.evaluation.verdicts import lowest_rate
from inspection.products.catalog import Catalog
from ui.parts.components import busy_value, make_part, make_status, status_value
from ui.parts.request_events import filter_anew, turn_page
from ui.parts.sub_tabs import bind_views, lay_out, make_filter
from ui.parts.updates import Updates
from ui.results import messages, views
from ui.results.answer import answer_value, make_answer, make_rate, rate_value, read_rate
from ui.results.data import Results, Trouble
from ui.results.views.view import Selection

TITLE = "Results"
HERE = Path(__file__).parent
STYLES: Sequence[Path] = (HERE / "results.css",)
MAX_COMMANDS = 3


class Handlers:
    """What happens on the tab, in updates; every input may come from anywhere."""

    def __init__(self, catalog: Catalog) -> None:
        self.results = Results(catalog)

    def show(self, view: object, *wanted: object) -> Iterator[Updates]:
        """Show one sub-tab, in one step.

        Args:
            view: name of one of `views.VIEWS`.
            wanted: dataset, category, a choice of every filter of the views, the rate of false
                alarms, and the page.
        """
        self.results.catalog.refresh()
        if not self.results.products:
            yield {"status": status_value(messages.NO_PRODUCTS)}
            return
        try:
            yield from self._show(view, *wanted)
        except InspectionError as error:
            yield {
                "status": status_value(
                    self.results.catalog.places.hide(str(error)), is_problem=True
                )
            }

    def _show(
        self, name: object, dataset: object = None, category: object = None, *wanted: object
    ) -> Iterator[Updates]:
        products = self.results.products
        datasets = list(dict.fromkeys(product.dataset for product in products.values()))
        dataset = dataset if dataset in datasets else datasets[0]
        keys = {one.category: key for key, one in products.items() if one.dataset == dataset}
        category = category if category in list(keys) else next(iter(keys))
        key = keys[str(category)]
        choices = dict(zip((*_filters(), "rate", "page"), wanted, strict=False))
        selection, slider = self._select(key, tuple(keys.values()), choices)
        offered = [one for one in views.VIEWS if one.is_offered(self.results, selection)]
        view = next((one for one in offered if one.name == name), offered[0])
        back = {} if view.name == name else {"view": view.name}  # its button goes while it is open
        yield {
            "dataset": ([(one, one) for one in datasets], dataset),
            "category": ([(one.replace("_", " "), one) for one in keys], category),
            "answer": answer_value(str(category), selection.judged),
            "rate": slider and {**slider, "note": view.say_rate(self.results, selection)},
            **view.build(self.results, selection),
            **back,
            **{f"tab-{one.name}": one in offered for one in views.VIEWS},
            "troubles": trouble_value(self.results.troubles(view.troubles_of(selection))),
            "status": status_value(messages.CLASSES_ONLY * (views.VIEWS[0] not in offered)),
        }
        if view.later is not None:
            yield view.later(self.results, selection)

    def _select(
        self, key: str, keys: Sequence[str], choices: Mapping[str, object]
    ) -> tuple[Selection, dict[str, Any] | None]:
        """Return what was chosen of a product, and the slider of its rate."""
        shown = self.results.shown(key)
        calibrations = self.results.calibrations(key, shown)
        own = max((one.report.false_alarm_rate for one in shown), default=0.0)
        wanted = read_rate(choices.get("rate"), key) or own
        rate = max(wanted, lowest_rate(calibrations.values()))
        judged = self.results.judged(key, shown, rate)
        selection = Selection(key, keys, shown, choices, judged)
        return selection, rate_value(key, calibrations, own=own, rate=rate)


def _filters() -> list[str]:
    """Return the names of what all views are asked by, beside what is asked of the whole tab."""
    filters = [name for view in views.VIEWS for name in view.filters]
    return filters + [name for view in views.VIEWS for name in view.inputs]


def trouble_value(troubles: list[Trouble]) -> dict[str, Any]:
    """Return what was not evaluated, with commands that mend it; many get one command for all."""
    others = [_describe_trouble(one) for one in troubles if not one.command]
    to_evaluate = [one for one in troubles if one.command]
    items = [_describe_trouble(one) for one in to_evaluate]
    if len(to_evaluate) > MAX_COMMANDS:
        names = ", ".join(f"{one.product} {one.detector}" for one in to_evaluate)
        text = messages.MANY_TROUBLES.format(num=len(to_evaluate), names=names)
        items = [{"text": text, "command": to_evaluate[0].dataset_command}]
    return {"title": messages.TROUBLES_TITLE, "items": others + items}


def _describe_trouble(one: Trouble) -> dict[str, str]:
    text = messages.TROUBLE.format(product=one.product, detector=one.detector, problem=one.problem)
    return {"text": text, "command": one.command}


def build(tab: gr.Tab, page: gr.Blocks, catalog: Catalog) -> None:  # noqa: ARG001 (as every tab)
    """Lay out the open tab and bind its events."""
    handlers = Handlers(catalog)
    outputs: dict[str, Any] = {}
    datasets = list(dict.fromkeys(one.dataset for one in handlers.results.products.values()))
    with gr.Row(elem_id="results-filters"):
        outputs["dataset"] = make_filter(messages.DATASET, [(one, one) for one in datasets])
        outputs["category"] = make_filter(messages.CATEGORY)
    outputs["status"] = make_status(busy_value(messages.READING, 0, 0))
    outputs["troubles"] = make_part(
        HERE / "troubles", template='<div class="troubles" hidden></div>'
    )
    outputs["answer"] = make_answer()
    outputs["rate"] = make_rate()
    with gr.Tabs(elem_id="results-tabs") as outputs["view"]:
        for view in views.VIEWS:
            with gr.Tab(view.title, id=view.name, visible=not view.is_rare) as sub_tab:
                rows = view.list_rows(catalog.detectors)
                outputs |= lay_out({}, rows[: view.filters_at])
                outputs |= lay_out(view.filters, rows[view.filters_at :])
            outputs[f"tab-{view.name}"] = sub_tab
    filters = ("dataset", "category", *_filters(), "rate")
    bind = bind_views(tab, outputs, handlers.show, filters=filters, queue="results")
    bind([outputs[name].input for name in filters], filter_anew)
    bind(outputs["review"].submit, turn_page)
