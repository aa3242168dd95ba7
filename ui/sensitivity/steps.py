"""What the events of the tab ask for: each step replaces a part of the visitor's request."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from ui.parts.latest_request import LatestRequest
from ui.parts.request_events import Step
from ui.parts.safe_image import find_upload


def first_request() -> dict[str, Any]:
    """Return what is wanted of a page that was just opened."""
    return {"view": "fade", "choice": (), **_fresh(("sample", None, None))}


def _fresh(source: tuple[str, object, object]) -> dict[str, Any]:
    """Return what is wanted of an image that is new: all of its defect, as it is known."""
    return {
        "source": source,
        "area": None,
        "brushed": None,
        "drawing": None,
        "stress": None,
        "levels": None,
        "study": None,
    }


def open_tab(latest: LatestRequest, number: object, product: object) -> None:
    """Ask for the opening sample, if nothing is shown yet."""
    if latest.sent:
        latest.update(number)
    else:
        latest.update(number, **_fresh(("sample", product, None)))


def open_study(latest: LatestRequest, number: object, product: object) -> None:  # noqa: ARG001
    """Ask for the view of many trials."""
    latest.update(number, view="study")


def start_study(
    latest: LatestRequest,
    number: object,
    product: object,  # noqa: ARG001
    *choice: object,
) -> None:
    """Ask for a study; one that was stopped goes on."""
    latest.update(number, study="run", choice=choice)


def stop_study(
    latest: LatestRequest,
    number: object,
    product: object,  # noqa: ARG001
    *choice: object,
) -> None:
    """Ask for what there is of a study, and for no more of it."""
    latest.update(number, study="stop" if latest.values["study"] else None, choice=choice)


def draw_anew(
    latest: LatestRequest,
    number: object,
    product: object,  # noqa: ARG001
    *choice: object,
) -> None:
    """Ask for another curve of the same trials; a study that runs goes on."""
    if choice == latest.values["choice"]:
        latest.update(number)  # a field that was only left
    else:
        latest.update(number, choice=choice)


def open_fade(latest: LatestRequest, number: object, product: object) -> None:  # noqa: ARG001
    """Ask for the opening view."""
    latest.update(number, view="fade")


def open_place(latest: LatestRequest, number: object, product: object) -> None:  # noqa: ARG001
    """Ask for the view to draw on."""
    latest.update(number, view="place")


def open_stress(latest: LatestRequest, number: object, product: object) -> None:  # noqa: ARG001
    """Ask for the view of stress."""
    latest.update(number, view="stress")


def change_product(latest: LatestRequest, number: object, product: object) -> None:
    """Ask for another product; a dropdown reports a choice twice, and also that it was left."""
    if product == latest.values["source"][1]:
        latest.update(number)
    else:
        latest.update(number, **_fresh(("sample", product, None)))


def pick_sample(
    event: gr.EventData, latest: LatestRequest, number: object, product: object
) -> None:
    """Ask for a sample."""
    product = getattr(event, "product", product)
    latest.update(number, **_fresh(("sample", product, getattr(event, "sample", None))))


def take_upload(
    event: gr.EventData, latest: LatestRequest, number: object, product: object
) -> None:
    """Ask for a visitor's own image."""
    found = find_upload(getattr(event, "upload", None))
    latest.update(number, **_fresh(("upload", product, found)))


def take_photo(latest: LatestRequest, number: object, product: object, path: Path | None) -> None:
    """Ask for a photograph by the camera."""
    latest.update(number, **_fresh(("upload", product, path)))


def clear_image(latest: LatestRequest, number: object, product: object) -> None:
    """Ask for the opening sample instead of a visitor's own image."""
    latest.update(number, **_fresh(("sample", product, None)))


def ask(event: gr.EventData, latest: LatestRequest, number: object, product: object) -> None:  # noqa: ARG001
    """Ask for what a view wants: another area, a drawing, or levels of stress."""
    wanted: Mapping[str, Any] = {
        name: getattr(event, name)
        for name in ("area", "brushed", "drawing", "stress", "levels")
        if getattr(event, name, None) is not None
    }
    latest.update(number, **wanted)


OPEN: Mapping[str, Step] = {
    "fade": open_fade,
    "place": open_place,
    "stress": open_stress,
    "study": open_study,
}
"""The step that opens a view, by its name."""
