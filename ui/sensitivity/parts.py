"""The components of the tab: a view is a template and a script; feeds hand answers to it."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import gradio as gr

from inspection.detector import DetectorInfo
from ui.parts.components import read
from ui.sensitivity import messages
from ui.viewer import viewer

HERE = Path(__file__).parent
DRAWING = ("calibration", "contour", "palette", "format", "stage", "decode")
OWN = ("panels", "paint", "chart")
SHARED = ("answer", "panel")  # markup that views have in common, as @name@


def make_view(
    name: str, texts: Mapping[str, str], detectors: Mapping[str, DetectorInfo]
) -> gr.HTML:
    """Return a view; its own value is its header, and what is asked of it triggers `submit`."""
    template = read(HERE / f"{name}.html")
    for shared in SHARED:
        template = template.replace(f"@{shared}@", read(HERE / f"{shared}.html"))
    return gr.HTML(
        html_template=template,
        js_on_load=_script(name, tuple(texts.items()), tuple(detectors.values())),
        apply_default_css=False,
        elem_id=f"lab-{name}",
        elem_classes=["lab-view"],
    )


def make_waiting() -> gr.HTML:
    """Return the line that says while a new image is waited for that the old one is shown."""
    texts = json.dumps(messages.WAITING, ensure_ascii=False)
    return gr.HTML(
        html_template='<p class="lab-waiting" role="status"></p>',
        js_on_load=f"const TEXTS = {texts};\n{read(HERE / 'waiting.js')}",
        apply_default_css=False,
        elem_id="lab-waiting",
    )


def make_feed(channel: str) -> gr.HTML:
    """Return an invisible component that announces its value."""
    return viewer.make_feed(channel)


@cache
def _script(
    name: str, texts: tuple[tuple[str, str], ...], detectors: tuple[DetectorInfo, ...]
) -> str:
    words = json.dumps({**dict(texts), **messages.PAINT}, ensure_ascii=False)
    known = viewer.describe_lines(detectors, messages.FADE["joint"])
    own = "\n".join(read(HERE / f"{part}.js") for part in (*OWN, name))
    drawing = "\n".join(read(viewer.HERE / f"{part}.js") for part in DRAWING)
    return f"const TEXTS = {words}, DETECTORS = {known};\n{drawing}\n{own}"
