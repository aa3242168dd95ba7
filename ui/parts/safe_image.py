"""An image input that no file can crash; Gradio writes a stub `safe_image.pyi` beside it."""

from pathlib import Path

import gradio as gr
from gradio.data_classes import Base64ImageData, ImageData
from gradio.utils import get_upload_folder


def find_upload(path: object) -> Path | None:
    """Return the upload that a browser names: a request can name anything.

    Uploads are named relative to their folder, so that no visitor is told where that is.
    """
    if not isinstance(path, str) or not path or "\0" in path:
        return None
    folder = Path(get_upload_folder()).resolve()
    try:
        found = (folder / path).resolve()
    except OSError:  # a name that is too long, or a loop
        return None
    return found if found != folder and found.is_relative_to(folder) else None


def place_upload(value: object) -> object:
    """Return what a browser sends of an upload with its own path, which Gradio checks for."""
    if not isinstance(value, dict):
        return value
    found = find_upload(value.get("path"))
    return {**value, "path": None if found is None else str(found)}


class SafeImage(gr.Image):
    """Hands over the uploaded file as it is, and shows a data URI.

    `gr.Image` decodes an upload before any handler runs: a damaged file ends in a crash, and a
    small file that claims a huge picture fills the memory. `open_upload` takes both elsewhere.
    """

    def get_block_name(self) -> str:
        return "image"

    def preprocess(  # type: ignore[override]
        self, payload: ImageData | None
    ) -> Path | None:
        return None if payload is None else find_upload(payload.path)

    def postprocess(  # type: ignore[override]
        self, value: str | None
    ) -> Base64ImageData | None:
        return None if value is None else Base64ImageData(url=value)
