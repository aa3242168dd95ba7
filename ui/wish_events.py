"""Events of a tab with sub-tabs: a wish is taken down at once, and shown when its turn comes."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from ui.explore_wish import Wish

MAX_PARALLEL = 2
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
AT_ONCE: dict[str, Any] = {**QUIET, "queue": False}

Step = Callable[..., None]
"""Takes the visitor's wish and the values of the filters, and changes the wish."""

Bind = Callable[[Any, Step], None]
"""Lets triggers lead to a step, and then to showing the wish."""


def make_binder(
    on_show: Callable[[Wish], Any],
    *,
    wished: gr.State,
    filters: Sequence[Any],
    shown: Sequence[Any],
    queue: str,
) -> Bind:
    """Return what connects events of one tab.

    Args:
        on_show: shows a wish.
        wished: holds each visitor's wish.
        filters: components whose values a step is given.
        shown: components that `on_show` may change.
        queue: name of the tab's own queue.
    """

    def bind(triggers: Any, step: Step) -> None:
        asked = gr.on(triggers, step, [wished, *filters], None, **AT_ONCE)
        asked.then(
            on_show,
            wished,
            list(shown),
            **QUIET,
            trigger_mode="multiple",  # a newer wish begins while an older one is being shown
            concurrency_id=queue,
            concurrency_limit=MAX_PARALLEL,
        )

    return bind


def ask_for(view: str) -> Step:
    """Return the step that wishes for another sub-tab."""

    def ask(wish: Wish, *chosen: object) -> None:
        wish.ask(*chosen, view=view)

    return ask


def turn_page(event: gr.EventData, wish: Wish, *chosen: object) -> None:
    """Wish for the page that a gallery asks for."""
    wish.ask(*chosen, page=getattr(event, "page", 0))
