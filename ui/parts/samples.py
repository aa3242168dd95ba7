"""The strip of samples, as a component and as thumbnails."""

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from inspection.errors import DatasetError, ImageError
from inspection.images import pixel_hash, read_sample
from inspection.products.catalog import Catalog
from inspection.products.product import Product
from inspection.products.showcase import choose_samples
from inspection.products.stamped import StampedCache
from inspection.types import Sample
from ui import messages
from ui.parts.components import HAND_OVER, read
from ui.parts.images import encode_thumbnail
from ui.parts.labels.marking import MARKS

HERE = Path(__file__).parent
THUMBNAIL_SIDE = 132

TEMPLATE = f"""
<div class="strip-head"><span>{messages.STRIP_TITLE}</span>
<span aria-hidden="true"><i class="good"></i> {messages.GOOD}<i></i> {messages.DEFECT}</span></div>
<div class="strip" role="group" aria-label="{messages.STRIP_LABEL}"></div>
<div class="strip-walk">
<button type="button" class="previous">‹</button><output></output>
<button type="button" class="next">›</button>
<button type="button" class="any" hidden></button>
<button type="button" class="back" hidden></button>
<span class="labels"></span>
</div>
"""


def make_strip(
    elem_id: str = "samples", *, channel: str = "defect-lens", has_any: bool = False
) -> gr.HTML:
    """Return the strip; a click triggers `select` with the id of a sample, to be looked up.

    Args:
        elem_id: of the strip.
        channel: name of the event by which the page announces what its tab shows.
        has_any: whether a button triggers `submit` with a seed, for any other sample.
    """
    scripts = [read(path) for path in (HAND_OVER, MARKS, HERE / "samples.js")]
    texts = json.dumps(messages.STRIP_TEXTS, ensure_ascii=False)
    constants = f"const CHANNEL = '{channel}', HAS_ANY = {json.dumps(has_any)}, TEXTS = {texts};\n"
    return gr.HTML(
        html_template=TEMPLATE,
        js_on_load=constants + "\n".join(scripts),
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes=["dl-strip"],
    )


class Strips:
    """The contents of the strip, made once per product and shared by all visitors."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._made: StampedCache[Product, dict[str, Any]] = StampedCache()

    def strip(self, product: Product) -> dict[str, Any]:
        """Return the value of a strip, another one as soon as a detector has learned.

        Raises:
            InspectionError: the product's data cannot be read.
        """
        samples = self._catalog.samples.unseen(product)
        state = (*self._catalog.checkpoints.state(product), samples)
        return self._made.get(product, state, lambda: self._make(product, samples))

    def _make(self, product: Product, samples: Sequence[Sample]) -> dict[str, Any]:
        chosen = choose_samples(samples)
        with contextlib.suppress(DatasetError):  # of a folder that cannot be written
            self._catalog.datasets.draw(chosen)
        found = [self._item(product, sample) for sample in chosen]
        items = [item for item in found if item is not None]
        note = "" if items else messages.NO_SAMPLES
        return {"product": product.key, "items": items, "note": note}

    def _item(self, product: Product, sample: Sample) -> dict[str, Any] | None:
        """Return an item; None for a file that is damaged, or that a detector has learned from."""
        try:
            image = read_sample(sample)
        except ImageError:
            return None
        if self._catalog.checkpoints.that_saw(product, pixel_hash(image)):
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
