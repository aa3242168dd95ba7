"""Images that visitors give: chosen, dropped or pasted anywhere on the Inspect tab."""

import json
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

from inspection.decoding.kinds import IMAGE_SUFFIXES
from ui.inspect import messages
from ui.parts.components import read

HERE = Path(__file__).parent
ACCEPTED = ",".join(("image/*", *sorted(IMAGE_SUFFIXES)))
TEMPLATE = f"""
<input type="file" accept="{ACCEPTED}" aria-hidden="true" tabindex="-1" hidden>
<p role="status"></p>
"""


def make_uploads() -> gr.HTML:
    """Return a listener; an image that has arrived triggers `select` with its path."""
    texts = json.dumps(dict(messages.UPLOADS), ensure_ascii=False)
    script = read(HERE / "uploads.js")
    return gr.HTML(
        html_template=TEMPLATE,
        js_on_load=f"const TEXTS = {texts};\n{script}",
        apply_default_css=False,
        elem_id="uploads",
    )


def find_upload(path: object) -> Path | None:
    """Return the file that a browser names, if it is an upload: a request can name anything."""
    if not isinstance(path, str) or not path or "\0" in path:
        return None
    found = Path(path).resolve()
    return found if found.is_relative_to(Path(get_upload_folder()).resolve()) else None
