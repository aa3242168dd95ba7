"""The strip of samples: a few unseen test images of a product, of every kind it has."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import gradio as gr

from inspection.catalog import Catalog
from inspection.errors import ImageError
from inspection.images import read_image
from inspection.types import Sample
from ui import messages
from ui.images import encode_thumbnail

MAX_SAMPLES = 12
PER_KIND = 4
THUMBNAIL_SIDE = 132

TEMPLATE = """
<div class="strip-head" hidden><span>Samples nobody has learned from</span>
<span aria-hidden="true"><i class="good"></i> good<i></i> defect</span></div>
<div class="strip" role="group" aria-label="Samples"></div>
"""


class SampleStrip(gr.HTML):
    """Thumbnails; a click triggers `select` with the id of a sample, to be looked up, never opened."""

    def __init__(self, **options: Any) -> None:
        script = (Path(__file__).parent / "samples.js").read_text(encoding="utf-8")
        super().__init__(
            value=None,
            html_template=TEMPLATE,
            js_on_load=script,
            apply_default_css=False,
            elem_id="samples",
            **options,
        )

    def get_block_name(self) -> str:
        return "html"


def choose_samples(samples: Sequence[Sample]) -> list[Sample]:
    """Pick a few of every kind, spread over the dataset: a defect of each type, a good part, and again."""
    kinds: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        kinds[sample.defect_type or ""].append(sample)
    good = kinds.pop("", [])
    columns = [_spread(found, PER_KIND) for found in kinds.values()] + [_spread(good, PER_KIND)]
    rows = zip_longest(*columns)
    chosen = [sample for row in rows for sample in row if sample is not None]
    return chosen[:MAX_SAMPLES]


def find_opening(samples: Sequence[Sample]) -> Sample | None:
    """Return the sample that the page opens with: the first defective one of the strip, else the first."""
    chosen = choose_samples(samples)
    return next((sample for sample in chosen if sample.is_anomalous), chosen[0] if chosen else None)


class Strips:
    """The contents of the strip, made once per product and shared by all visitors."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._made: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {}

    def strip(self, product: str) -> dict[str, Any]:
        """Return the value of a `SampleStrip`.

        Raises:
            InspectionError: there is no such product, or its data cannot be read.
        """
        chosen = choose_samples(self._catalog.samples(product))
        ids = tuple(sample.id for sample in chosen)
        held = self._made.get(product)
        if held is None or held[0] != ids:
            items = [item for sample in chosen if (item := _item(sample)) is not None]
            held = (ids, {"items": items, "note": "" if items else messages.NO_SAMPLES})
            self._made[product] = held
        return held[1]


def _spread(samples: Sequence[Sample], count: int) -> list[Sample]:
    """Return up to this many samples, evenly spaced."""
    if len(samples) <= count:
        return list(samples)
    return [samples[index * len(samples) // count] for index in range(count)]


def _item(sample: Sample) -> dict[str, Any] | None:
    """Return a thumbnail, or None for a file that cannot be read."""
    try:
        source = encode_thumbnail(read_image(sample.image_path), THUMBNAIL_SIDE)
    except ImageError:
        return None
    label = messages.SAMPLE_LABEL.format(
        kind=sample.defect_type or messages.GOOD, name=sample.id.rsplit("/", 1)[-1]
    )
    return {
        "id": sample.id,
        "source": source,
        "label": label,
        "isGood": not sample.is_anomalous,
    }
