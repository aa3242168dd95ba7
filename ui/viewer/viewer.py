"""The compare viewer: a static template, and a script that judges and paints in the browser."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import gradio as gr

from inspection.detector import DetectorInfo
from inspection.evaluation.joint import JOINT_INFO
from inspection.reports.formats import FORMATS
from inspection.reports.signing import MOST_AUTHOR, MOST_REMARK
from ui.parts.components import read
from ui.viewer import messages

HERE = Path(__file__).parent
STYLES = (HERE / "viewer.css", HERE / "panels.css")
ARITHMETIC = (HERE / "calibration.js", HERE / "format.js")  # what other tabs use of it
SCRIPTS = (
    "calibration",
    "standing",
    "joint",
    "contour",
    "edges",
    "palette",
    "format",
    "stage",
    "kinds",
    "truth",
    "panels",
    "axis",
    "regions",
    "decode",
    "viewer",
    "rate",
    "verdict",
    "controls",
    "waiting",
    "familiarity",
    "naming",
    "rebuilt",
    "address",
    "report",
    "gestures",
    "start",
)

FEED = """
let announced = '';
const announce = () => {
  const text = JSON.stringify(props.value || '');
  if (!props.value || text === announced) return;
  announced = text;
  document.dispatchEvent(new CustomEvent(CHANNEL, { detail: props.value }));
  props.value = '';
};
watch('value', announce);
announce();
"""


def make_viewer(detectors: Mapping[str, DetectorInfo]) -> gr.HTML:
    """Return the panels side by side; the component's own value is the header."""
    return gr.HTML(
        html_template=viewer_template(),
        js_on_load=viewer_script(tuple(detectors.values())),
        apply_default_css=False,
        elem_id="viewer",
    )


def make_feed(channel: str = "defect-lens") -> gr.HTML:
    """Return an invisible component that hands its value, a payload, to whoever hears the channel.

    Gradio sends the value of a component as a whole, and once more when a handler ends. With one
    feed per detector a map travels once, and two quick updates cannot swallow each other. A value
    that was handed over is let go: Gradio's page copies all values at every event of any tab.
    """
    return gr.HTML(
        html_template="<span hidden></span>",
        js_on_load=f"const CHANNEL = '{channel}';\n{FEED}",
        apply_default_css=False,
        elem_classes=["dl-feed"],
    )


def viewer_template() -> str:
    """Return the markup, with a button for each format of a report and what a name may have."""
    buttons = "".join(
        f'<button type="button" class="dl-button" data-format="{name}" disabled>'
        f"{name.upper()}</button>"
        for name in FORMATS
    )
    template = read(HERE / "viewer.html").replace("@reports@", buttons)
    return template.replace("@author@", str(MOST_AUTHOR)).replace("@remark@", str(MOST_REMARK))


def describe_lines(detectors: Sequence[DetectorInfo], together: str) -> str:
    """Return how charts name and draw each detector, and all together under this title, as JSON."""
    infos = [
        {
            "name": one.name,
            "title": one.title,
            "mark": one.appearance.symbol,
            "dash": one.appearance.dash,
        }
        for one in (*detectors, replace(JOINT_INFO, title=together))
    ]
    return json.dumps(infos, ensure_ascii=False)


@cache
def viewer_script(detectors: Sequence[DetectorInfo]) -> str:
    """Return the parts of the script in their order, after the texts that they fill in."""
    texts = json.dumps(messages.viewer_texts(), ensure_ascii=False)
    infos = [
        {
            "name": info.name,
            "title": info.title,
            "method": info.method,
            "hint": info.hint,
            "mark": info.appearance.symbol,
        }
        for info in detectors
    ]
    records = json.dumps(infos, ensure_ascii=False)
    types = json.dumps({one.name: one.media_type for one in FORMATS.values()})
    constants = (
        f"const TEXTS = {texts}, DETECTORS = {records}, REPORT_TYPES = {types}, "
        f"JOINT_MARK = '{JOINT_INFO.appearance.symbol}';\n"
    )
    return constants + "\n".join(read(HERE / f"{script}.js") for script in SCRIPTS)
