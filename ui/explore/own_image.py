"""A visitor's own image, compared with those of the dataset that is shown."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from eda.choice import Choice
from eda.opened import Opened
from inspection.embedding import Embed
from inspection.images import open_image
from inspection.types import DEFAULT_READING
from ui.explore import messages
from ui.parts.images import encode_preview
from ui.parts.latest_request import LatestRequest
from ui.parts.request_events import Bind
from ui.parts.safe_image import find_upload
from ui.parts.updates import Updates
from ui.parts.uploads import make_uploads

if TYPE_CHECKING:
    from eda.health.finding import PictureGroups

ROW = "own-row"


def make_own_image(make_groups: Any) -> dict[str, Any]:
    """Lay out the image input and the place of what is most like it, and return all by name."""
    with gr.Row(elem_id=ROW, elem_classes="xp-row"):
        with gr.Column(scale=0, min_width=300):
            image, uploads = make_uploads(
                "explore", ROW, label=messages.OWN_LABEL, prefix="own-", texts=messages.OWN_TEXTS
            )
        with gr.Column():
            nearest = make_groups()
    return {"own": image, "own-uploads": uploads, "nearest": nearest}


def bind_own_image(outputs: dict[str, Any], bind: Bind) -> None:
    """Connect the image input: what arrives is a request of the tab like any other."""
    bind(outputs["own-uploads"].select, take_upload)
    bind(outputs["own"].upload, take_photo, outputs["own"])
    bind(outputs["own-uploads"].clear, clear_image)


def take_upload(
    event: gr.EventData, latest: LatestRequest, number: object, *filters: object
) -> None:
    """Ask for what is most like an image that has arrived."""
    path = find_upload(getattr(event, "upload", None))
    latest.update(number, view="similarity", filters=filters, own=path)


def take_photo(latest: LatestRequest, number: object, *filters: object) -> None:
    """Ask for what is most like a photograph by the camera."""
    *chosen, path = filters
    latest.update(number, view="similarity", filters=tuple(chosen), own=path)


def clear_image(latest: LatestRequest, number: object, *filters: object) -> None:
    """Ask for the dataset alone."""
    latest.update(number, view="similarity", filters=filters, own=None)


def nearest_value(
    opened: Opened, choice: Choice, path: Path | None, embed: Embed | None
) -> Updates:
    """Return the image and what is most like it among the images of the chosen category.

    Raises:
        ImageError: the file cannot be read.
    """
    from eda.health.finding import PictureGroups
    from ui.explore.health import shown_value  # slow to import; loaded by now

    if path is None:
        nothing = PictureGroups(messages.OWN_TITLE, messages.OWN_HINT, ())
        return {"own": None, "nearest": shown_value(opened, nothing)}
    samples = opened.index.samples
    readings = {one.reading for one in samples if choice.category in (None, one.category)}
    reading = readings.pop() if len(readings) == 1 else DEFAULT_READING
    picture = open_image(path, reading=reading, is_trusted=False).pixels
    found = _find(opened, choice, picture, embed)
    return {"own": encode_preview(picture), "nearest": shown_value(opened, found)}


def _find(opened: Opened, choice: Choice, picture: Any, embed: Embed | None) -> "PictureGroups":
    from eda.frame import readable, select
    from eda.nearest import describe_neighbours, find_neighbours

    images = readable(select(opened.images, category=choice.category))
    where = choice.category or opened.index.dataset.name
    found = find_neighbours(opened.index, images, picture, vectors=choice.vectors, embed=embed)
    return describe_neighbours(found, where.replace("_", " "))
