"""The parts of the view of many images on the page, and the events that answer it."""

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import gradio as gr

from eda.assets import WEB
from inspection.datasets.listing import OTHER_SUFFIXES
from inspection.detector import DetectorInfo
from inspection.joint import JOINT
from inspection.products.catalog import Catalog
from inspection.reports.wording import GOOD
from ui.inspect.batch import messages
from ui.inspect.batch.answering import MOST, REQUEST, Batches, Kept, refuse
from ui.parts.components import POST_FILE, QUIET, define, read
from ui.parts.request_events import AT_ONCE
from ui.viewer import viewer

HERE = Path(__file__).parent
STYLES = (HERE / "batch.css",)
ZIP = HERE.parent / "live" / "zip.js"
SCRIPTS = ("talk", "unzip", "gather", "histogram", "rows", "table", "save", "batch")
CHANNEL = "defect-lens-batch"
MAX_AT_ONCE = 1  # images of all batches: who inspects a photograph meanwhile is answered, too


def make_batch(detectors: Mapping[str, DetectorInfo]) -> gr.HTML:
    """Return the view of many images, which is shown instead of the viewer while it is open."""
    return gr.HTML(
        html_template=read(HERE / "batch.html"),
        js_on_load=_script(tuple(detectors.values())),
        apply_default_css=False,
        elem_id="batch",
    )


def bind_batch(batch: gr.HTML, catalog: Catalog) -> None:
    """Answer what is asked of many images: one image of all visitors at a time, in turn."""
    answers, reports = viewer.make_feed(CHANNEL), viewer.make_feed(CHANNEL)
    batches, kept = Batches(catalog), gr.State(Kept())
    turn = asyncio.Semaphore(MAX_AT_ONCE)

    async def on_ask(event: gr.EventData, held: Kept, request: gr.Request) -> dict[str, object]:
        asked = _read(event)
        visitor = str(request.session_hash)
        seat = batches.seats.enter(visitor)
        if seat != "taken":
            return {"slot": "answer", "value": refuse(asked, seat)}
        is_end = asked["do"] == "end"
        try:
            if is_end:
                return {"slot": "answer", "value": refuse(asked, "ended")}
            async with turn:
                value = await asyncio.to_thread(batches.answer, held, asked)
        finally:
            batches.seats.leave(visitor, is_end=is_end or asked["do"] == "splits")
        return {"slot": "answer", "value": value}

    def on_report(event: gr.EventData, held: Kept) -> dict[str, object]:
        return {"slot": "report", "value": batches.report(held, _read(event))}

    script = f"() => document.dispatchEvent(new CustomEvent('{CHANNEL}-failed'))"
    asked = batch.input(on_ask, kept, answers, **AT_ONCE)
    asked.failure(None, None, None, js=script)
    made = batch.select(
        on_report,
        kept,
        reports,
        **QUIET,
        trigger_mode="multiple",
        concurrency_id="report",  # as those of single images
        concurrency_limit=1,
    )
    made.failure(None, None, None, js=script)


def _read(event: gr.EventData) -> dict[str, object]:
    return {name: getattr(event, name, None) for name in REQUEST}


@cache
def _script(detectors: tuple[DetectorInfo, ...]) -> str:
    infos = [
        {"name": one.name, "title": one.title, "mark": one.appearance.symbol} for one in detectors
    ]
    constants = [
        define("TEXTS", {**messages.BATCH, "and": "and"}),
        define("DETECTORS", infos),
        define("CHANNEL", CHANNEL),
        define("JOINT", JOINT),
        define("GOOD", GOOD),
        define("MOST", MOST),
        define("OTHERS", sorted(OTHER_SUFFIXES - {".zip"})),
    ]
    paths = [viewer.HERE / "format.js", ZIP, WEB / "csv.js", POST_FILE]
    return "\n".join([*constants, *(read(one) for one in [*paths, *map(_path, SCRIPTS)])])


def _path(name: str) -> Path:
    return HERE / f"{name}.js"
