"""The events that a browser posts: only what the page itself can have sent goes on to Gradio."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import gradio as gr
import orjson
from gradio.block_function import BlockFunction

from ui.gate.refusals import NOT_HERE, QUEUE_FULL, TOO_OFTEN, Refused, refuse
from ui.gate.visitors import is_own

MOST_WAITING = 24  # Gradio is told
MOST_OF_SESSION = 8  # of those that wait; a page has one of each tab, and reports
SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
EVENT = re.compile(r"[0-9a-f]{32}")
JOIN = "/gradio_api/queue/join"
RUN = "/gradio_api/run/predict"
CANCEL = "/gradio_api/cancel"
POSTS = (JOIN, RUN, CANCEL)

TAKEN = ("data", "event_data", "fn_index", "trigger_id", "session_hash")

Body = Mapping[str, Any]


def read_body(path: str, raw: bytes, page: gr.Blocks) -> dict[str, Any]:
    """Return what is posted, as far as Gradio is to have it.

    Raises:
        Refused: the page cannot have sent it.
    """
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise refuse() from None
    if not isinstance(body, dict) or not is_session(body.get("session_hash")):
        raise refuse()
    number = body.get("fn_index")
    event = page.fns.get(number) if type(number) is int else None
    if event is None:
        raise refuse()
    return _read_cancel(body) if path == CANCEL else _read_event(path, body, event)


def _read_cancel(body: Body) -> dict[str, Any]:
    if not is_like(EVENT, body.get("event_id")):
        raise refuse()
    return {name: body[name] for name in ("session_hash", "fn_index", "event_id")}


def _read_event(path: str, body: Body, event: BlockFunction) -> dict[str, Any]:
    if event.queue != (path == JOIN):
        raise Refused(404, NOT_HERE)
    if not _has_values(body, len(event.inputs)) or names_file(body.get("event_data")):
        raise refuse()
    taken = {name: body.get(name) for name in TAKEN}
    if event.collects_event_data and not isinstance(taken["event_data"], dict):
        taken["event_data"] = {}  # Gradio looks for names in whatever it is (6.31, `EventData`)
    return taken


def _has_values(body: Body, count: int) -> bool:
    """Return whether an event brings as many values as it should, and says what it came from."""
    data, trigger = body.get("data"), body.get("trigger_id")
    is_whole = isinstance(data, list) and len(data) == count
    return is_whole and (trigger is None or type(trigger) is int)


def names_file(value: object) -> bool:
    """Return whether there is a path of a file, as Gradio has them, anywhere in a value.

    The page calls its uploads otherwise, and Gradio stumbles over paths that are too long.
    """
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            if isinstance(one.get("path"), str):
                return True
            left += one.values()
        elif isinstance(one, list):
            left += one
    return False


def is_session(value: object) -> bool:
    """Return whether a value can be the name of a session."""
    return is_like(SESSION, value)


def is_like(pattern: re.Pattern[str], value: object) -> bool:
    """Return whether a value is a text of a kind."""
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def count_places(page: gr.Blocks) -> int:
    """Return how many events may wait at the same time."""
    most = page._queue.max_size
    return MOST_WAITING if most is None else most


def check_queue(page: gr.Blocks, session: str, address: str) -> None:
    """See that there is a place in the queue, and that one visitor does not take them all.

    Raises:
        Refused: there is none.
    """
    queue, most = page._queue, count_places(page)
    waiting = [one for each in queue.event_queue_per_concurrency_id.values() for one in each.queue]
    if len(waiting) >= most:
        raise Refused(503, QUEUE_FULL, wait=30)
    sessions = Counter(one.session_hash for one in waiting)
    if sessions[session] >= MOST_OF_SESSION:
        raise Refused(429, TOO_OFTEN, wait=5)
    addresses = Counter(one.request.client.host for one in waiting if one.request.client)
    if not is_own(address) and addresses[address] >= most // 2:
        raise Refused(429, TOO_OFTEN, wait=5)
