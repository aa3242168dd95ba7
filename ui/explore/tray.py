"""The tray of selected images: its events, and what it asks for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import gradio as gr

from eda.assets import WEB
from eda.views.gallery import VIEW as GALLERY
from ui.explore import messages
from ui.explore.choices import ALL
from ui.parts.components import HAND_OVER, SAVE_FILE, make_part
from ui.parts.latest_request import LatestRequest
from ui.parts.request_events import AT_ONCE
from ui.parts.updates import Updates

HERE = Path(__file__).parent
WISH = ("dataset", "ids", "conditions", "removes", "category", "type", "number", "at", "nearest")


class Selecting(Protocol):
    """What answers the tray."""

    def select(self, wanted: Mapping[str, Any]) -> Updates: ...
    def measure(self, wanted: Mapping[str, Any]) -> Updates: ...


def make_tray() -> gr.HTML:
    """Return how to select images, and the tray, which shows itself when some are selected."""
    return make_part(
        HERE / "tray",
        texts={**messages.PARTS, "gallery": GALLERY.title},
        elem_id="explore-tray",
        scripts=[WEB / "csv.js", SAVE_FILE, HAND_OVER, HERE / "picking.js"],
    )


def bind_tray(handlers: Selecting, outputs: dict[str, Any]) -> None:
    """Connect a selection, and what is saved of it; `narrow_gallery` is a request like others."""

    def on_select(event: gr.EventData) -> dict[Any, Any]:
        return {outputs[key]: value for key, value in handlers.select(wish_of(event)).items()}

    def on_download(event: gr.EventData) -> dict[Any, Any]:
        return {outputs[key]: value for key, value in handlers.measure(wish_of(event)).items()}

    tray = outputs["tray"]
    tray.apply(on_select, None, [tray, outputs["status"]], **AT_ONCE)
    tray.download(on_download, None, [tray, outputs["status"]], **AT_ONCE)


def narrow_gallery(
    event: gr.EventData, latest: LatestRequest, number: object, *filters: object
) -> None:
    """Ask for the selected images in the gallery, or for all of them again."""
    ids, dataset = getattr(event, "ids", None), getattr(event, "dataset", None)
    chosen = None if ids is None else (dataset, ids)
    if ids and isinstance(dataset, str) and dataset != filters[0]:  # of one that is compared with
        filters = (dataset, ALL, ALL, *filters[3:])
    latest.update(number, view="gallery", filters=filters, page=0, chosen=chosen)


def wish_of(event: gr.EventData) -> dict[str, object]:
    """Return what the tray says of a selection that it asks for."""
    return {name: getattr(event, name, None) for name in WISH}
