"""Sub-tabs: their filters and parts laid out by name, and what each is given."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import gradio as gr

from ui.parts.latest_request import LatestRequest, Show
from ui.parts.request_events import Bind, come_back, make_binder, open_view
from ui.parts.updates import Updates

Make = Callable[[], Any]
"""Returns a component, in the place where it is called."""

Row = Mapping[str, Make]
"""What stands side by side, by name."""

MANY = 8  # choices, from which on a filter can be searched


def lay_out(filters: Row, rows: Iterable[Row]) -> dict[str, Any]:
    """Lay out the filters and the parts of a sub-tab, and return all by name."""
    outputs: dict[str, Any] = {}
    if filters:
        with gr.Row(elem_classes="xp-filters"):
            outputs |= {name: make() for name, make in filters.items()}
    for row in rows:
        with gr.Row(elem_classes="xp-row") if len(row) > 1 else nullcontext():
            outputs |= {name: make() for name, make in row.items()}
    return outputs


def make_filter(
    label: str, choices: Sequence[tuple[str, str]] = (), *, visible: bool = True
) -> gr.Dropdown:
    """Return a filter; the first choice is made."""
    value = choices[0][1] if choices else None
    return gr.Dropdown(choices, value=value, label=label, filterable=False, visible=visible)


def known(value: object, values: Container[str], default: str) -> str:
    """Return what was asked for if there is such a thing; a request by hand may ask anything."""
    return value if isinstance(value, str) and value in values else default


def bind_views(
    tab: gr.Tab,
    outputs: dict[str, Any],
    show: Show,
    *,
    filters: Sequence[str],
    queue: str,
) -> Bind:
    """Connect the sub-tabs, their gallery and the tab; nothing happens before it is opened.

    Args:
        tab: that holds them.
        outputs: everything that `show` may change, by name: among it the sub-tabs, and `status`.
        show: takes a sub-tab, the values of the filters, and the page of the gallery.
        filters: names of those whose values a request has.
        queue: name of the tab's own queue.
    """
    sub_tabs = [part for part in outputs.values() if isinstance(part, gr.Tab)]
    state = gr.State(LatestRequest({"view": sub_tabs[0].id, "filters": (), "page": 0}))

    def show_request(
        *, view: object, filters: Sequence[object], page: object, **further: object
    ) -> Iterator[Updates]:
        yield from show(view, *filters, page, **further)

    def on_show(latest: LatestRequest) -> Iterator[dict[Any, Any]]:
        yield {outputs["status"]: gr.skip()}  # without any yield, Gradio would empty every output
        for updates in latest.answer(show_request):
            yield {outputs[name]: _fit(outputs[name], value) for name, value in updates.items()}

    bind = make_binder(
        on_show,
        state=state,
        filters=[outputs[name] for name in filters],
        shown=list(outputs.values()),
        queue=queue,
    )
    bind(tab.select, come_back)
    for one in sub_tabs:
        bind(one.select, open_view(str(one.id)))
    return bind


def _fit(output: Any, value: Any) -> Any:
    """Return what a component is given: a value, or another property that stands for it."""
    match output:
        case gr.Dropdown():
            choices, chosen = value
            if not choices:  # there is nothing to choose
                return gr.Dropdown([], value=None, visible=False)
            is_long = len(choices) > MANY
            return gr.Dropdown(choices, value=chosen, filterable=is_long, visible=True)
        case gr.Tabs():
            return gr.Tabs(selected=value)
        case gr.Tab() | gr.Button():
            return type(output)(visible=value)
        case gr.Timer():
            return gr.Timer(active=value)
    return value
