"""Calls of the named endpoints by programs: which there are, and the values that they bring."""

import re
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

import gradio as gr
import orjson

from ui.gate.refusals import NO_CALL, NO_EVENT, NOT_HERE, Refused

CALLS = "/gradio_api/call/"
CALL = re.compile(r"/gradio_api/call/(v2/)?(?P<name>[a-z_]{1,40})/?")
ANSWER = re.compile(r"/gradio_api/call/(v2/)?[a-z_]{1,40}/(?P<event>[0-9a-f]{32})")


def read_call(name: str, raw: bytes, page: gr.Blocks) -> dict[str, Any]:
    """Return the values that an endpoint is called with, in its order, defaults included.

    They are given by name, or in a list called `data`; the endpoint looks at each of them.

    Raises:
        Refused: there is no such endpoint, or these cannot be its values.
    """
    endpoint = list_endpoints(page).get(name)
    if endpoint is None:
        raise Refused(404, NOT_HERE)
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refused(400, NO_CALL) from None
    if not isinstance(body, dict):
        raise Refused(400, NO_CALL)
    known = signature(endpoint).parameters
    listed = body.get("data")
    if isinstance(listed, list) and len(listed) <= len(known):
        body = dict(zip(known, listed, strict=False))
    values = {**{one.name: one.default for one in known.values()}, **body}
    if Parameter.empty in values.values() or values.keys() != known.keys():
        raise Refused(400, NO_CALL)
    return {"data": list(values.values())}


def check_event(event: str, page: gr.Blocks) -> None:
    """See that a call waits, works or has an answer that nobody has read.

    Raises:
        Refused: it does not.
    """
    unread = page._queue.pending_event_ids_session.values()
    if not any(event in one for one in unread):  # events themselves outlive their answer by moments
        raise Refused(404, NO_EVENT)


def list_endpoints(page: gr.Blocks) -> Mapping[str, Callable[..., Any]]:
    """Return what answers at each endpoint, by its name."""
    return {
        str(one.api_name): one.fn
        for one in page.fns.values()
        if one.api_visibility == "public" and one.fn is not None
    }
