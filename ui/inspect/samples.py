"""The strip of samples, as a component and as thumbnails."""

import contextlib
from pathlib import Path
from typing import Any

import gradio as gr

from inspection.errors import DatasetError, ImageError
from inspection.images import pixel_hash, read_sample
from inspection.products.catalog import Catalog
from inspection.types import Sample
from ui.inspect import messages
from ui.inspect.showcase import choose_samples
from ui.parts.components import read
from ui.parts.images import encode_thumbnail

THUMBNAIL_SIDE = 132

TEMPLATE = f"""
<div class="strip-head"><span>{messages.STRIP_TITLE}</span>
<span aria-hidden="true"><i class="good"></i> {messages.GOOD}<i></i> {messages.DEFECT}</span></div>
<div class="strip" role="group" aria-label="{messages.STRIP_LABEL}"></div>
"""


def make_strip() -> gr.HTML:
    """Return the strip; a click triggers `select` with the id of a sample, to be looked up."""
    return gr.HTML(
        html_template=TEMPLATE,
        js_on_load=read(Path(__file__).parent / "samples.js"),
        apply_default_css=False,
        elem_id="samples",
    )


class Strips:
    """The contents of the strip, made once per product and shared by all visitors."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._made: dict[str, tuple[tuple[Sample, ...], dict[str, Any]]] = {}

    def strip(self, product: str) -> dict[str, Any]:
        """Return the value of a strip.

        Raises:
            InspectionError: there is no such product, or its data cannot be read.
        """
        samples = self._catalog.samples(product)
        held = self._made.get(product)
        if held is None or held[0] is not samples:  # others as soon as a detector has learned
            chosen = choose_samples(samples)
            with contextlib.suppress(DatasetError):  # of a folder that cannot be written
                self._catalog.draw(chosen)
            found = [self._item(product, sample) for sample in chosen]
            items = [item for item in found if item is not None]
            note = "" if items else messages.NO_SAMPLES
            held = (samples, {"product": product, "items": items, "note": note})
            self._made[product] = held
        return held[1]

    def _item(self, product: str, sample: Sample) -> dict[str, Any] | None:
        """Return an item; None for a file that is damaged, or that a detector has learned from."""
        try:
            image = read_sample(sample)
        except ImageError:
            return None
        if self._catalog.detectors_that_saw(product, pixel_hash(image)):
            return None
        return _describe(sample, encode_thumbnail(image, THUMBNAIL_SIDE))


def _describe(sample: Sample, source: str) -> dict[str, Any]:
    """Return what the strip shows of a sample, whose thumbnail is a data URL."""
    label = messages.SAMPLE_LABEL.format(
        kind=(sample.defect_type or messages.GOOD).replace("_", " "),
        name=sample.id.rsplit("/", 1)[-1],
    )
    return {
        "id": sample.id,
        "source": source,
        "label": label,
        "isGood": not sample.is_anomalous,
    }
