"""The compare viewer: a static template, and a script that judges, colours and outlines in the browser."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

from ui import messages

HERE = Path(__file__).parent
SCRIPTS = (
    "calibration",
    "contour",
    "palette",
    "format",
    "stage",
    "panels",
    "viewer",
    "gestures",
    "start",
)

FEED = """
const announce = () =>
  document.dispatchEvent(new CustomEvent('defect-lens', { detail: props.value }));
watch('value', announce);
announce();
"""


class CompareViewer(gr.HTML):
    """The panels side by side; its own value is the header slot."""

    def __init__(self, detectors: Sequence[str], **options: Any) -> None:
        super().__init__(
            value=None,
            html_template=read("viewer.html"),
            js_on_load=viewer_script(tuple(detectors)),
            apply_default_css=False,
            elem_id="viewer",
            **options,
        )

    def get_block_name(self) -> str:
        return "html"


class Feed(gr.HTML):
    """An invisible slot that hands its value to the viewer.

    Gradio sends the value of a component as a whole, and once more when a handler ends. With one slot per
    detector, a map of megabytes travels once, and quick updates of two slots cannot swallow each other.
    """

    def __init__(self, slot: str, **options: Any) -> None:
        self.slot = slot
        super().__init__(
            value=None,
            html_template='<span hidden></span>',
            js_on_load=FEED,
            apply_default_css=False,
            elem_classes=["dl-feed"],
            **options,
        )

    def get_block_name(self) -> str:
        return "html"

    def postprocess(self, value: Any) -> Any:
        return None if value is None else {"slot": self.slot, "value": value}


@cache
def read(name: str) -> str:
    """Return a file of the viewer."""
    return (HERE / name).read_text(encoding="utf-8")


@cache
def viewer_script(detectors: tuple[str, ...]) -> str:
    """Return the parts of the script in their order, after the texts that they fill in."""
    texts = json.dumps(messages.viewer_texts(), ensure_ascii=False)
    names = json.dumps([messages.detector_texts(name) for name in detectors], ensure_ascii=False)
    constants = f"const TEXTS = {texts};\nconst DETECTORS = {names};\n"
    return constants + "\n".join(read(f"{script}.js") for script in SCRIPTS)
