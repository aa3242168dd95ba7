"""Events of a tab: a request is recorded at once, and answered when its turn comes."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from ui.parts.components import QUIET
from ui.parts.latest_request import LatestRequest
from ui.parts.queue import make_notice

MAX_PARALLEL = 2
# "multiple": by default Gradio drops an event while an earlier one is under way, and "always_last"
# sends the data of the earlier one once more
AT_ONCE: dict[str, Any] = {**QUIET, "queue": False, "trigger_mode": "multiple"}

Step = Callable[..., None]
"""Takes the visitor's latest request, a number and the values of the filters, and replaces it."""

Bind = Callable[..., list[gr.events.Dependency]]
"""Lets triggers lead to a step, which may take further inputs, and then to answering it."""

NUMBER = """(latest, number, ...values) => {
  const held = window.defectLens ??= { requests: 0, values: {} };
  const text = JSON.stringify(values);
  const isRepeat = @repeats@ && held.values['@tab@'] === text;
  const detail = { tab: '@tab@', step: '@step@', number: held.requests += 1, isRepeat };
  held.values['@tab@'] = text;
  document.dispatchEvent(new CustomEvent('defect-lens-request', { detail }));
  return [latest, detail.number, ...values];
}"""
FAILED = """() => {
  const detail = { tab: '@tab@' };
  document.dispatchEvent(new CustomEvent('defect-lens-request-failed', { detail }));
}"""
# steps of dropdowns
REPEATS = frozenset({"change_product", "filter_anew"})


def make_binder(
    on_show: Callable[[LatestRequest], Iterator[dict[Any, Any]]],
    *,
    state: gr.State,
    filters: Sequence[Any],
    shown: Sequence[Any],
    queue: str,
    limit: int = MAX_PARALLEL,
) -> Bind:
    """Return what connects events of one tab.

    The page is notified of every request as a `defect-lens-request`, before the server does, of
    its answer as a `defect-lens-shown`, and of one that has failed.

    Args:
        on_show: answers a request.
        state: holds each visitor's latest request.
        filters: components whose values a step is given.
        shown: components that `on_show` may change.
        queue: name of the tab's own queue.
        limit: of the visitors who are answered at the same time.
    """
    number = gr.Number(visible=False, precision=0)
    notice = make_notice()

    def on_answer(latest: LatestRequest) -> Iterator[dict[Any, Any]]:
        yield from on_show(latest)
        if latest.is_answered:
            yield {notice: {"tab": queue, "request": latest.shown}}

    def bind(triggers: Any, step: Step, *further: Any) -> list[gr.events.Dependency]:
        count = number_script(queue, step.__name__)
        inputs = [state, number, *filters, *further]
        event = gr.on(triggers, step, inputs, None, js=count, **AT_ONCE)
        answered = event.then(
            on_answer,
            state,
            [*shown, notice],
            **QUIET,
            trigger_mode="always_last",  # the answer that is under way goes over to a newer request
            concurrency_id=queue,
            concurrency_limit=limit,
        )
        for one in (event, answered):
            one.failure(None, None, None, js=FAILED.replace("@tab@", queue))
        return [event, answered]

    return bind


def number_script(tab: str, step: str) -> str:
    """Return what the browser runs before a request is sent: it counts it, and notifies the page.

    A dropdown reports a choice twice, and once more when it is left without any.
    """
    repeats = str(step in REPEATS).lower()
    return NUMBER.replace("@tab@", tab).replace("@step@", step).replace("@repeats@", repeats)


def open_view(view: str) -> Step:
    """Return the step that asks for another sub-tab."""

    def open_tab(latest: LatestRequest, number: object, *filters: object) -> None:
        latest.update(number, view=view, filters=filters, page=0)

    return open_tab


def choose(latest: LatestRequest, number: object, *filters: object) -> None:
    """Ask for what the filters choose, on the sub-tab that is open."""
    latest.update(number, filters=filters, page=0)


def come_back(latest: LatestRequest, number: object, *filters: object) -> None:
    """Ask once more for what was shown, on the page that was turned to: there may be news."""
    latest.update(number, filters=filters)


def filter_anew(latest: LatestRequest, number: object, *filters: object) -> None:
    """Ask for what the filters choose, if that is something else than before."""
    if filters == latest.values["filters"]:
        latest.update(number)
    else:
        choose(latest, number, *filters)


def turn_page(event: gr.EventData, latest: LatestRequest, number: object, *filters: object) -> None:
    """Ask for the page that a gallery asks for."""
    latest.update(number, filters=filters, page=getattr(event, "page", 0))
