"""The Results tab: how good every detector is, measured on images that none has seen."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from inspection.errors import InspectionError
from inspection.evaluation.metric_list import METRICS
from inspection.products.catalog import Catalog
from ui.parts.components import (
    GALLERY,
    HAND_OVER,
    WORDS,
    busy_value,
    make_part,
    make_plot,
    make_status,
    make_table,
    status_value,
)
from ui.parts.latest_request import LatestRequest
from ui.parts.request_events import choose, filter_anew, make_binder, open_view, turn_page, view_of
from ui.parts.updates import Updates
from ui.results import messages
from ui.results.data import Results, Trouble
from ui.viewer.viewer import ARITHMETIC

TITLE = "Results"
HERE = Path(__file__).parent
STYLES: Sequence[Path] = (HERE / "results.css",)
MAX_COMMANDS = 3
SUB_TABS = {
    "leaderboard": "Leaderboard",
    "threshold": "Threshold",
    "curves": "Curves",
    "compare": "Score against score",
    "mistakes": "Mistakes",
    "classes": "Classes",
    "training": "Training",
}
FILTERS = ("dataset", "category", "metric", "first", "second", "kind")


class Handlers:
    """What happens on the tab, in updates; every input may come from anywhere."""

    def __init__(self, catalog: Catalog) -> None:
        self.results = Results(catalog)

    def show(self, view: object, *wanted: object) -> Iterator[Updates]:
        """Show one sub-tab, in one step.

        Args:
            view: one of `SUB_TABS`.
            wanted: values of `FILTERS`, and the page of the gallery.
        """
        self.results.catalog.refresh()
        if not self.results.products:
            yield {"status": status_value(messages.NO_PRODUCTS)}
            return
        try:
            yield self._show(view, wanted)
        except InspectionError as error:
            yield {
                "status": status_value(
                    self.results.catalog.places.hide(str(error)), is_problem=True
                )
            }

    def _show(self, view: object, wanted: tuple[object, ...]) -> Updates:
        from ui.results.views import VIEWS, Selection, choose_tabs

        dataset, category, metric, first, second, kind, page = (*wanted, *(None,) * 7)[:7]
        products = self.results.products
        datasets = list(dict.fromkeys(product.dataset for product in products.values()))
        dataset = dataset if dataset in datasets else datasets[0]
        keys = {one.category: key for key, one in products.items() if one.dataset == dataset}
        category = category if category in list(keys) else next(iter(keys))
        selection = Selection(
            key=keys[str(category)],
            keys=tuple(keys.values()),
            metric=_known(metric, METRICS, "image_auroc"),
            first=str(first),
            second=str(second),
            kind=_known(kind, messages.MISTAKES, "misses"),
            page=page if isinstance(page, int) else 0,
        )
        tabs = choose_tabs(self.results, selection)
        shown = _known(view, VIEWS, "leaderboard")
        back: Updates = {}
        if not tabs[shown]:  # its button goes while it is open
            shown = next(name for name, is_there in tabs.items() if is_there)
            back = {"view": shown}
        chosen = selection.keys if shown == "leaderboard" else (selection.key,)
        troubles = [] if shown == "training" else self.results.troubles(chosen)
        return {
            "dataset": ([(one, one) for one in datasets], dataset),
            "category": ([(one.replace("_", " "), one) for one in keys], category),
            **VIEWS[shown](self.results, selection),
            **back,
            **{f"tab-{name}": is_there for name, is_there in tabs.items()},
            "todo": todo_value(troubles),
            "status": status_value(messages.CLASSES_ONLY * (not tabs["leaderboard"])),
        }


def todo_value(troubles: list[Trouble]) -> dict[str, Any]:
    """Return what was not evaluated, with commands that mend it; many get one command for all."""
    others = [_todo_item(one) for one in troubles if not one.command]
    to_evaluate = [one for one in troubles if one.command]
    items = [_todo_item(one) for one in to_evaluate]
    if len(to_evaluate) > MAX_COMMANDS:
        names = ", ".join(f"{one.product} {one.detector}" for one in to_evaluate)
        text = messages.TODO_ALL.format(num=len(to_evaluate), names=names)
        items = [{"text": text, "command": to_evaluate[0].dataset_command}]
    return {"title": messages.TODO, "items": others + items}


def _todo_item(one: Trouble) -> dict[str, str]:
    text = messages.TODO_ONE.format(product=one.product, detector=one.detector, problem=one.problem)
    return {"text": text, "command": one.command}


def build(tab: gr.Tab, page: gr.Blocks, catalog: Catalog) -> None:  # noqa: ARG001 (as every tab)
    """Lay out the open tab and bind its events."""
    handlers = Handlers(catalog)
    outputs: dict[str, Any] = {}
    datasets = list(dict.fromkeys(one.dataset for one in handlers.results.products.values()))
    with gr.Row(elem_id="results-filters"):
        outputs["dataset"] = _choice(messages.DATASET, [(one, one) for one in datasets])
        outputs["category"] = _choice(messages.CATEGORY, [])
    outputs["status"] = make_status(busy_value(messages.READING, 0, 0))
    outputs["todo"] = make_part(HERE / "todo", template='<div class="todo" hidden></div>')
    tabs: dict[str, gr.Tab] = {}
    with gr.Tabs(elem_id="results-tabs") as outputs["view"]:
        for name, title in SUB_TABS.items():
            with gr.Tab(title, id=name, visible=name != "classes") as tabs[name]:
                LAYOUTS[name](outputs, catalog)
    outputs |= {f"tab-{name}": tab for name, tab in tabs.items()}
    _bind(handlers, outputs, tab, tabs)


def _lay_out_leaderboard(outputs: dict[str, Any], catalog: Catalog) -> None:  # noqa: ARG001
    with gr.Row(elem_classes="xp-filters"):
        metrics = [(metric.title, key) for key, metric in METRICS.items()]
        outputs["metric"] = _choice(messages.METRIC, metrics)
    with gr.Row(elem_classes="xp-row"):
        outputs["board-plot"] = make_plot()
        outputs["seconds"] = make_plot()
    outputs["board"] = make_table()
    outputs["metrics"] = make_table()


def _lay_out_threshold(outputs: dict[str, Any], catalog: Catalog) -> None:  # noqa: ARG001
    outputs["judge"] = make_part(HERE / "judge", scripts=[*ARITHMETIC, HERE / "judge_count.js"])


def _lay_out_curves(outputs: dict[str, Any], catalog: Catalog) -> None:  # noqa: ARG001
    for row in (("roc", "pr"), ("pro", "pixel_pr", "pixel_roc")):
        with gr.Row(elem_classes="xp-row"):
            for name in row:
                outputs[name] = make_plot()


def _lay_out_compare(outputs: dict[str, Any], catalog: Catalog) -> None:  # noqa: ARG001
    with gr.Row(elem_classes="xp-filters"):
        outputs["first"] = _choice(messages.FIRST, [])
        outputs["second"] = _choice(messages.SECOND, [])
    outputs["click"] = make_part(
        HERE / "scatter", template='<p class="hint"></p>', scripts=[HAND_OVER]
    )
    outputs["scatter"] = make_plot("results-scatter")


def _lay_out_mistakes(outputs: dict[str, Any], catalog: Catalog) -> None:  # noqa: ARG001
    with gr.Row(elem_classes="xp-filters"):
        kinds = [(title, kind) for kind, title in messages.MISTAKES.items()]
        outputs["kind"] = _choice(messages.KIND, kinds)
    outputs["mistakes"] = make_part(HERE / "mistakes", scripts=[*GALLERY, HAND_OVER, WORDS])


def _lay_out_classes(outputs: dict[str, Any], catalog: Catalog) -> None:  # noqa: ARG001
    outputs["confusion"] = make_plot()
    outputs["classifiers"] = make_table()
    outputs["per-class"] = make_table()


def _lay_out_training(outputs: dict[str, Any], catalog: Catalog) -> None:
    with gr.Row(elem_classes="xp-row", elem_id="results-trainings"):
        for name in catalog.detectors:
            outputs[f"training-{name}"] = make_plot()
    outputs["trainings"] = make_table()


LAYOUTS = {
    "leaderboard": _lay_out_leaderboard,
    "threshold": _lay_out_threshold,
    "curves": _lay_out_curves,
    "compare": _lay_out_compare,
    "mistakes": _lay_out_mistakes,
    "classes": _lay_out_classes,
    "training": _lay_out_training,
}


def _bind(
    handlers: Handlers, outputs: dict[str, Any], tab: gr.Tab, tabs: dict[str, gr.Tab]
) -> None:
    """Connect events to handlers; nothing is read or drawn before the tab is opened."""
    state = gr.State(LatestRequest({"view": "leaderboard", "filters": (), "page": 0}))
    filters = [outputs[name] for name in FILTERS]
    shown = [part for name, part in outputs.items() if name not in ("metric", "kind")]

    def on_show(latest: LatestRequest) -> Iterator[dict[Any, Any]]:
        yield {outputs["status"]: gr.skip()}  # without any yield, Gradio would empty every output
        for updates in latest.answer(view_of(handlers.show)):
            yield {outputs[name]: _fed(name, value) for name, value in updates.items()}

    bind = make_binder(on_show, state=state, filters=filters, shown=shown, queue="results")
    bind(tab.select, choose)
    bind([part.input for part in filters], filter_anew)
    bind(outputs["mistakes"].submit, turn_page)
    for name, inner in tabs.items():
        bind(inner.select, open_view(name))


def _fed(name: str, value: Any) -> Any:
    """Return what a component is given."""
    if name == "view":
        return gr.Tabs(selected=value)
    if name.startswith("tab-"):
        return gr.Tab(visible=value)
    if name not in ("dataset", "category", "first", "second"):
        return value
    choices, chosen = value
    return gr.Dropdown(choices, value=chosen, filterable=len(choices) > 8)


def _choice(label: str, choices: list[tuple[str, str]]) -> gr.Dropdown:
    value = choices[0][1] if choices else None
    return gr.Dropdown(choices, value=value, label=label, filterable=False)


def _known(value: object, known: Any, default: str) -> str:
    """Return what was asked for if there is such a thing; a request by hand may ask anything."""
    return value if isinstance(value, str) and value in known else default
