"""Images that visitors give: chosen, dropped or pasted anywhere on an open tab, or photographed."""

import json
from collections.abc import Mapping
from pathlib import Path

import gradio as gr

from inspection.decoding.kinds import IMAGE_SUFFIXES
from ui.parts.components import LIST_FILES, read
from ui.parts.safe_image import SafeImage

HERE = Path(__file__).parent
ACCEPTED = ",".join(("image/*", *sorted(IMAGE_SUFFIXES)))
TEMPLATE = f"""
<input type="file" accept="{ACCEPTED}" aria-hidden="true" tabindex="-1" hidden>
<p role="status"></p>
"""
HINT = "Drop anywhere, paste or click\nPNG · JPEG · BMP · TIFF · WebP, up to 20\u00a0MB"
SENTENCES: Mapping[str, str] = {
    "drop": "Drop to inspect",
    "arriving": "{name}: {percent} % has arrived.",
    "several": "Only the first of {n} files is inspected.",
    "tooLarge": "{name} is larger than {most} MB. Choose a smaller file.",
    "failed": "{name} did not arrive. Check the connection and try again.",
    "noCamera": "The camera needs https or localhost. Upload or paste a photo instead.",
    "cameraRefused": "The browser keeps the camera from this page. Allow it there, or upload a "
    "photo.",
    "cameraMissing": "No camera was found. Upload or paste a photo instead.",
    "nothingToPaste": "There is no image on the clipboard.",
    "pasteByKeys": "Press Ctrl+V (⌘V on a Mac) to paste an image.",
}


def make_uploads(
    tab: str, row: str, *, label: str, prefix: str = "", texts: Mapping[str, str] = SENTENCES
) -> tuple[SafeImage, gr.HTML]:
    """Return the image input of a tab, and a listener.

    An image that has arrived triggers `select` of the listener with `upload`, as the server calls
    it, one that is taken away `clear`, and the camera's `upload` of the input.

    Args:
        tab: as its requests are called.
        row: id of the component that is visible while the tab is open.
        label: of the input.
        prefix: of the ids of both.
        texts: sentences that are others than those of Inspect.
    """
    camera = {"video": {"width": 1280, "height": 960}}
    image = SafeImage(
        label=label,
        sources=["upload", "webcam", "clipboard"],
        height=190,
        buttons=[],
        placeholder=HINT,
        webcam_options=gr.WebcamOptions(mirror=False, constraints=camera),
        elem_id=f"{prefix}input",
        elem_classes=["dl-input"],
    )
    has_more = tab == "inspect"  # announced as `defect-lens-film` and `defect-lens-many`
    place = {"tab": tab, "row": f"#{row}", "input": f"#{prefix}input", "more": has_more}
    words = json.dumps({**SENTENCES, **texts}, ensure_ascii=False)
    constants = f"const TEXTS = {words};\n"
    constants += f"const PLACE = {json.dumps(place)};\n"
    script = constants + "\n".join(map(read, (LIST_FILES, HERE / "uploads.js")))
    listener = gr.HTML(
        html_template=TEMPLATE,
        js_on_load=script,
        apply_default_css=False,
        elem_id=f"{prefix}uploads",
        elem_classes=["dl-uploads"],
    )
    return image, listener
