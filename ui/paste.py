"""Images pasted anywhere on the Inspect tab."""

from pathlib import Path

import gradio as gr

HERE = Path(__file__).parent


def make_paste_listener() -> gr.HTML:
    """Return an invisible component that gives a pasted image to the input called `input`."""
    return gr.HTML(
        html_template="<span hidden></span>",
        js_on_load=(HERE / "paste.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_classes=["dl-feed"],
    )
