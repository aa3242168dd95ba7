"""The Explore data tab: what is in a dataset, and what will go wrong in training."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from inspection.catalog import Catalog
from inspection.errors import InspectionError
from ui import messages
from ui.explore_data import Explorer
from ui.explore_parts import make_plot, make_status, make_table, make_tiles, status_value

TITLE = "Explore data"
ALL = "all"
MAX_PARALLEL = 2

Slots = dict[str, Any]


class Handlers:
    """What happens on the tab, as plain generators of slots; every input may come from anywhere."""

    def __init__(self, catalog: Catalog) -> None:
        self.explorer = Explorer(catalog)

    def show(
        self, view: object, name: object, category: object, defect_type: object
    ) -> Iterator[Slots]:
        """Show one sub-tab of one dataset, opening the dataset if need be."""
        if not self.explorer.names:
            yield {"status": status_value(messages.EXPLORE_NO_DATASETS)}
            return
        try:
            yield from self._open(name)
            yield from self._show(view, name, category, defect_type)
        except InspectionError as error:
            yield {"status": status_value(str(error), is_problem=True)}

    def change_dataset(self, view: object, name: object) -> Iterator[Slots]:
        """Show another dataset as a whole."""
        self.explorer.forget(name)
        yield from self.show(view, name, ALL, ALL)

    def _open(self, name: object) -> Iterator[Slots]:
        for done, total in self.explorer.watch(name):
            text = (
                messages.EXPLORE_MEASURING.format(done=done, total=total)
                if total
                else messages.EXPLORE_READING
            )
            yield {"status": status_value(text, progress=(done, total)), "stop": bool(total)}

    def _show(
        self, view: object, name: object, category: object, defect_type: object
    ) -> Iterator[Slots]:
        from ui.explore_views import VIEWS

        opened = self.explorer.get(name)
        categories = [str(one) for one in opened.images["category"].unique()]
        chosen = category if isinstance(category, str) and category in categories else ALL
        rows = opened.images
        if chosen != ALL:
            rows = rows[rows["category"] == chosen]
        types = [str(one) for one in rows["defect_type"].unique() if one != "good"]
        kind = defect_type if isinstance(defect_type, str) and defect_type in types else ALL
        text = ""
        if not opened.index.is_complete:
            text = messages.EXPLORE_PARTIAL.format(done=len(opened.images))
        yield {
            "status": status_value(text),
            "stop": False,
            "category": ([(messages.EXPLORE_ALL_CATEGORIES, ALL), *_named(categories)], chosen),
            "type": ([(messages.EXPLORE_ALL_TYPES, ALL), *_named(types)], kind),
            **VIEWS[view if isinstance(view, str) and view in VIEWS else "overview"](
                opened, chosen, kind
            ),
        }


def build(page: gr.Blocks, catalog: Catalog) -> None:  # noqa: ARG001 (every tab is built alike)
    """Lay out the tab inside the open `gr.Tab` and bind its events to it."""
    handlers = Handlers(catalog)
    outputs: dict[str, Any] = {}
    with gr.Row(elem_id="explore-filters"):
        names = list(handlers.explorer.names)
        dataset = gr.Dropdown(
            names,
            value=names[0] if names else None,
            label=messages.EXPLORE_DATASET,
            filterable=len(names) > 8,
        )
        outputs["category"] = _filter(messages.EXPLORE_CATEGORY, messages.EXPLORE_ALL_CATEGORIES)
        outputs["type"] = _filter(messages.EXPLORE_TYPE, messages.EXPLORE_ALL_TYPES)
    outputs["status"] = make_status()
    outputs["stop"] = gr.Button(messages.EXPLORE_STOP, size="sm", visible=False)
    view = gr.State("overview")
    with gr.Tabs(elem_id="explore-tabs"), gr.Tab("Overview") as tab:
        _lay_out_overview(outputs)
    _bind(handlers, outputs, {"overview": tab}, inputs=(view, dataset))


def _lay_out_overview(outputs: dict[str, Any]) -> None:
    outputs["tiles"] = make_tiles()
    for left, right in (("splits", "types"), ("sizes", "light")):
        with gr.Row(elem_classes="xp-row"):
            outputs[left] = make_plot()
            outputs[right] = make_plot()
    for name in ("counts", "problems", "images"):
        outputs[name] = make_table()


def _bind(
    handlers: Handlers, outputs: dict[str, Any], tabs: dict[str, gr.Tab], *, inputs: tuple[Any, Any]
) -> None:
    """Connect events to handlers; nothing happens before the tab is opened."""
    view, dataset = inputs
    filters = [view, dataset, outputs["category"], outputs["type"]]

    def named(slots: Slots) -> dict[Any, Any]:
        return {outputs[name]: _fed(name, value) for name, value in slots.items()}

    def on_show(*values: Any) -> Iterator[dict[Any, Any]]:
        yield from map(named, handlers.show(*values))

    def on_dataset(*values: Any) -> Iterator[dict[Any, Any]]:
        yield from map(named, handlers.change_dataset(*values))

    shared: dict[str, Any] = {
        "outputs": list(outputs.values()),
        "show_progress": "hidden",
        "api_visibility": "private",
        "trigger_mode": "always_last",
        "concurrency_id": "explore",
        "concurrency_limit": MAX_PARALLEL,
    }
    whole = gr.context.Context.block
    if isinstance(whole, gr.Tab):
        whole.select(on_show, filters, **shared)
    gr.on([outputs["category"].input, outputs["type"].input], on_show, filters, **shared)
    dataset.input(on_dataset, [view, dataset], **shared)
    for name, tab in tabs.items():
        tab.select(lambda name=name: name, None, view, queue=False, api_visibility="private").then(
            on_show, filters, **shared
        )
    outputs["stop"].click(
        handlers.explorer.stop, dataset, None, queue=False, api_visibility="private"
    )


def _fed(name: str, value: Any) -> Any:
    """Return what a component is given."""
    if name in ("category", "type"):
        choices, chosen = value
        return gr.Dropdown(choices, value=chosen, filterable=len(choices) > 8)
    return gr.Button(visible=value) if name == "stop" else value


def _filter(label: str, everything: str) -> gr.Dropdown:
    return gr.Dropdown([(everything, ALL)], value=ALL, label=label, filterable=False)


def _named(values: list[str]) -> list[tuple[str, str]]:
    return [(value.replace("_", " "), value) for value in values]
