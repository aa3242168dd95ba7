"""The parts of the view of a video on the page, and the events that answer it."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

from inspection.detector import DetectorInfo
from inspection.products.catalog import Catalog
from ui.inspect.video import messages
from ui.inspect.video.answering import MOST_FRAMES, RATES, REQUEST, Films
from ui.parts.components import QUIET, read
from ui.parts.request_events import AT_ONCE
from ui.viewer import viewer

HERE = Path(__file__).parent
CHART = HERE.parents[1] / "sensitivity" / "chart.js"
STYLES = (HERE / "video.css",)
CHANNEL = "defect-lens-video"


def make_video(detectors: Mapping[str, DetectorInfo]) -> gr.HTML:
    """Return the view of a video, which is shown instead of the viewer while it is open."""
    return gr.HTML(
        html_template=read(HERE / "video.html"),
        js_on_load=_script(tuple(detectors.values())),
        apply_default_css=False,
        elem_id="video",
    )


def bind_video(video: gr.HTML, product: Any, catalog: Catalog) -> None:
    """Answer what is asked of a video; one at a time, so that photographs do not wait for it."""
    found, opened = viewer.make_feed(CHANNEL), viewer.make_feed(CHANNEL)
    films = Films(catalog)

    def on_video(event: gr.EventData, shown: object) -> Iterator[dict[str, object]]:
        for value in films.inspect(shown, _read(event)):
            yield {"slot": "frames", "value": value}

    def on_frame(event: gr.EventData) -> dict[str, object]:
        asked = _read(event)
        value = {"run": asked["run"], "at": asked["at"], **films.open_frame(asked)}
        return {"slot": "frame", "value": value}

    started = video.select(
        on_video,
        product,
        found,
        **QUIET,
        trigger_mode="multiple",
        concurrency_id="video",
        concurrency_limit=1,
    )
    started.failure(
        None, None, None, js=f"() => document.dispatchEvent(new CustomEvent('{CHANNEL}-failed'))"
    )
    video.clear(None, None, None, cancels=[started], queue=False)
    video.input(on_frame, None, opened, **AT_ONCE)


def _read(event: gr.EventData) -> dict[str, object]:
    return {name: getattr(event, name, None) for name in REQUEST}


@cache
def _script(detectors: tuple[DetectorInfo, ...]) -> str:
    texts = json.dumps(dict(messages.VIDEO), ensure_ascii=False)
    known = viewer.describe_lines(detectors, messages.VIDEO["together"])
    constants = (
        f"const TEXTS = {{ ...{texts}, and: 'and' }}, "
        f"DETECTORS = {known}, CHANNEL = '{CHANNEL}', "
        f"RATES = {json.dumps(RATES)}, MOST_FRAMES = {MOST_FRAMES};\n"
        "const titleOf = (name) => DETECTORS.find((one) => one.name === name)?.title ?? name;\n"
    )
    parts = [read(viewer.HERE / "format.js"), read(CHART), read(HERE / "video.js")]
    return constants + "\n".join(parts)
