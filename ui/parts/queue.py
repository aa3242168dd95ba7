"""What every tab has asked for and what is answered, told to the whole page, with the queue."""

from pathlib import Path

import gradio as gr

from ui.parts.components import QUIET, read

HERE = Path(__file__).parent
HIDDEN = "<span hidden></span>"
NOTICE = """
function tell() {
  const detail = props.value;
  if (detail) document.dispatchEvent(new CustomEvent('defect-lens-shown', { detail }));
}
watch('value', tell);
"""


def make_queue(page: gr.Blocks) -> None:
    """Follow what is asked for; the page's own script needs the name of its session for that."""
    queue = _make_hidden(read(HERE / "queue.js"))

    def name_session(request: gr.Request) -> str | None:
        return request.session_hash

    page.load(
        name_session,
        None,
        queue,
        **QUIET,
        queue=False,
    )


def make_notice() -> gr.HTML:
    """Return what tells the page which request of a tab is answered, given tab and request."""
    return _make_hidden(NOTICE)


def _make_hidden(script: str) -> gr.HTML:
    return gr.HTML(
        html_template=HIDDEN,
        js_on_load=script,
        apply_default_css=False,
        elem_classes=["dl-feed"],
    )
