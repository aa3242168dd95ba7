"""The parts of the live camera on the page, and the event that answers a frame."""

import asyncio
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

from inspection.detector import DetectorInfo
from inspection.products.catalog import Catalog
from ui.inspect.batch.messages import BATCH
from ui.inspect.live import messages
from ui.inspect.live.answering import REQUEST, Live, refuse
from ui.inspect.video.messages import VIDEO
from ui.parts.components import read
from ui.parts.request_events import AT_ONCE
from ui.viewer import viewer

HERE = Path(__file__).parent
STYLES = (HERE / "live.css",)
SCRIPTS = ("camera", "presence", "counting", "zip", "strip", "live")
CHANNEL = "defect-lens-live"
MAX_AT_ONCE = 1  # frames of all cameras: who inspects a photograph meanwhile is answered, too


MODES = """<div class="modes">
<button type="button" class="dl-button" data-open="live"></button>
<button type="button" class="dl-button" data-open="video"></button>
<button type="button" class="dl-button" data-open="batch"></button>
</div>"""


def make_modes() -> gr.HTML:
    """Return the buttons that open what else can be inspected beside a photograph."""
    texts = json.dumps({**messages.LIVE, **VIDEO, **BATCH}, ensure_ascii=False)
    return gr.HTML(
        html_template=MODES,
        js_on_load=f"const TEXTS = {texts};\n{read(HERE / 'modes.js')}",
        apply_default_css=False,
        elem_id="modes",
    )


def make_live(detectors: Mapping[str, DetectorInfo]) -> gr.HTML:
    """Return the live view, which is shown instead of the viewer while it is open."""
    return gr.HTML(
        html_template=read(HERE / "live.html"),
        js_on_load=_script(tuple(detectors.values())),
        apply_default_css=False,
        elem_id="live",
    )


def bind_live(live: gr.HTML, product: Any, catalog: Catalog) -> None:
    """Answer frames: each by itself, past the queue, in the order in which they arrive."""
    answers = viewer.make_feed(CHANNEL)
    answering = Live(catalog)
    turn = asyncio.Semaphore(MAX_AT_ONCE)

    async def on_frame(
        event: gr.EventData, shown: object, request: gr.Request
    ) -> dict[str, object]:
        asked = {name: getattr(event, name, None) for name in REQUEST}
        visitor = str(request.session_hash)
        is_end = asked["isEnd"] is True
        seat = answering.seats.enter(visitor)
        if seat != "taken":
            if is_end:
                answering.seats.leave(visitor, is_end=True)
            return {"slot": "live", "value": refuse(asked, seat)}
        try:
            if is_end:
                return {"slot": "live", "value": refuse(asked, "ended")}
            async with turn:
                value = await asyncio.to_thread(answering.answer, shown, asked)
        finally:
            answering.seats.leave(visitor, is_end=is_end)
        return {"slot": "live", "value": value}

    live.input(on_frame, product, answers, **AT_ONCE)


@cache
def _script(detectors: tuple[DetectorInfo, ...]) -> str:
    texts = json.dumps(dict(messages.LIVE), ensure_ascii=False)
    infos = [
        {"name": one.name, "title": one.title, "mark": one.appearance.symbol} for one in detectors
    ]
    known = json.dumps(infos, ensure_ascii=False)
    parts = [read(viewer.HERE / "format.js"), *(read(HERE / f"{name}.js") for name in SCRIPTS)]
    constants = f"const TEXTS = {texts}, DETECTORS = {known}, CHANNEL = '{CHANNEL}';\n"
    return constants + "\n".join(parts)
