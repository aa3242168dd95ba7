"""Where a visitor stands in the queue, as the page tells it."""

import math
from typing import Any

import gradio as gr

from ui.gate.events import count_places


def describe_place(page: gr.Blocks, session: str) -> dict[str, Any]:
    """Return the place of what a session waits for, about how many seconds, and if all is full.

    Both are None for what does not wait; the seconds also where nothing has been answered yet.
    """
    queue = page._queue
    found: dict[str, Any] = {"place": None, "seconds": None}
    count = 0
    for each in queue.event_queue_per_concurrency_id.values():
        count += len(each.queue)
        for rank, event in enumerate(list(each.queue), 1):
            if event.session_hash == session:
                known = queue.process_time_per_fn.get(event.fn)
                rounds = math.ceil(rank / (each.concurrency_limit or rank))
                seconds = None if known is None else math.ceil(rounds * known.avg_time)
                found = {"place": rank, "seconds": seconds}
                break
    return {**found, "isFull": count >= count_places(page)}
