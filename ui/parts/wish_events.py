"""Events of a tab: a wish is taken down at once, and shown when its turn comes."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from ui.parts.wish import Show, Wish

MAX_PARALLEL = 2
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
# "multiple": by default Gradio drops an event while an earlier one is under way, and "always_last"
# sends the data of the earlier one once more
AT_ONCE: dict[str, Any] = {**QUIET, "queue": False, "trigger_mode": "multiple"}

Step = Callable[..., None]
"""Takes the visitor's wish, its number and the values of the filters, and changes the wish."""

Bind = Callable[..., list[gr.events.Dependency]]
"""Lets triggers lead to a step, which may take further inputs, and then to showing the wish."""

NUMBER = """(wish, number, ...values) => {
  const held = window.defectLens ??= { wishes: 0, values: {} };
  const text = JSON.stringify(values);
  const isRepeat = @repeats@ && held.values['@tab@'] === text;
  const detail = { tab: '@tab@', step: '@step@', number: held.wishes += 1, isRepeat };
  held.values['@tab@'] = text;
  document.dispatchEvent(new CustomEvent('defect-lens-wish', { detail }));
  return [wish, detail.number, ...values];
}"""
# steps of dropdowns
REPEATS = frozenset({"change_product", "filter_anew"})


def make_binder(
    on_show: Callable[[Wish], Iterator[dict[Any, Any]]],
    *,
    wished: gr.State,
    filters: Sequence[Any],
    shown: Sequence[Any],
    queue: str,
) -> Bind:
    """Return what connects events of one tab.

    The page hears of every wish as a `defect-lens-wish`, before the server does.

    Args:
        on_show: shows a wish.
        wished: holds each visitor's wish.
        filters: components whose values a step is given.
        shown: components that `on_show` may change.
        queue: name of the tab's own queue.
    """
    number = gr.Number(visible=False, precision=0)

    def bind(triggers: Any, step: Step, *further: Any) -> list[gr.events.Dependency]:
        count = number_script(queue, step.__name__)
        inputs = [wished, number, *filters, *further]
        asked = gr.on(triggers, step, inputs, None, js=count, **AT_ONCE)
        shown_then = asked.then(
            on_show,
            wished,
            list(shown),
            **QUIET,
            trigger_mode="always_last",  # the showing that goes on sees to a newer wish
            concurrency_id=queue,
            concurrency_limit=MAX_PARALLEL,
        )
        return [asked, shown_then]

    return bind


def number_script(tab: str, step: str) -> str:
    """Return what the browser runs before a wish is sent: it counts it, and tells the page.

    A dropdown tells of a choice twice, and once more when it is left without any.
    """
    repeats = str(step in REPEATS).lower()
    return NUMBER.replace("@tab@", tab).replace("@step@", step).replace("@repeats@", repeats)


def view_of(show: Show) -> Show:
    """Return what shows the wishes of a tab with sub-tabs, from what takes them one by one."""

    def show_wish(*, view: object, filters: Sequence[object], page: object) -> Iterator[Any]:
        yield from show(view, *filters, page)

    return show_wish


def ask_for(view: str) -> Step:
    """Return the step that wishes for another sub-tab."""

    def ask(wish: Wish, number: object, *filters: object) -> None:
        wish.ask(number, view=view, filters=filters, page=0)

    return ask


def choose(wish: Wish, number: object, *filters: object) -> None:
    """Wish for what the filters choose, on the sub-tab that is open."""
    wish.ask(number, filters=filters, page=0)


def filter_anew(wish: Wish, number: object, *filters: object) -> None:
    """Wish for what the filters choose, if that is something else than before."""
    if filters == wish.values["filters"]:
        wish.ask(number)
    else:
        choose(wish, number, *filters)


def turn_page(event: gr.EventData, wish: Wish, number: object, *filters: object) -> None:
    """Wish for the page that a gallery asks for."""
    wish.ask(number, filters=filters, page=getattr(event, "page", 0))
