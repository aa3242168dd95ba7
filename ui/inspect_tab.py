"""The Inspect tab: one image of a product, and what every detector makes of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from inspection.catalog import Catalog
from inspection.errors import DatasetError, ImageError, InspectionError
from inspection.image_decoding import look_at
from ui import messages
from ui.inspection_run import Runner, Slots
from ui.paste import make_paste_listener
from ui.report_run import REQUEST, Reporter
from ui.safe_image import SafeImage
from ui.samples import Strips, make_strip
from ui.showcase import find_opening
from ui.viewer.viewer import make_feed, make_viewer

TITLE = "Inspect"
SHOWN_BY_BROWSERS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"})
MAX_PARALLEL = 2
PLAIN_OUTPUTS = frozenset({"product", "strip", "image", "source", "header"})


@dataclass(frozen=True, slots=True)
class Source:
    """A visitor's own image, kept on the server so that another product can look at it."""

    path: Path


class Handlers:
    """What happens on the tab, as plain generators of slots; every input may come from anywhere."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.runner = Runner(catalog)
        self.strips = Strips(catalog)
        self.reporter = Reporter(catalog)

    def open_page(self, product: object) -> Iterator[Slots]:
        """Show the strip of a product and inspect the sample that the page opens with."""
        key = self._known(product)
        if key is None:
            yield self.runner.fail("", _no_products())
            return
        try:
            yield {"strip": self.strips.strip(key)}
            opening = find_opening(self.catalog, key)
            if opening is None:
                yield {"image": None, **self.runner.idle(key)}
            else:
                yield from self.runner.inspect_sample(key, opening.id)
        except InspectionError as error:
            yield {"image": None, **self.runner.fail(key, error)}

    def pick_sample(self, product: object, sample_id: object) -> Iterator[Slots]:
        """Inspect a sample of the strip."""
        key = self._known(product)
        if key is None or not isinstance(sample_id, str):
            yield self.runner.fail(key or "", _not_understood())
            return
        try:
            yield {"source": None}
            yield from self.runner.inspect_sample(key, sample_id)
        except InspectionError as error:
            yield {"image": None, **self.runner.fail(key, error)}

    def hand_over(self, product: object, sample_id: object) -> Iterator[Slots]:
        """Show a product and inspect any of its images, as another tab asks for it."""
        key = self._known(product)
        if key is None or not isinstance(sample_id, str):
            yield self.runner.fail(key or "", _not_understood())
            return
        try:
            yield {"product": key, "source": None, "strip": self.strips.strip(key)}
            yield from self.runner.inspect_sample(key, sample_id, is_any=True)
        except InspectionError as error:
            yield {"image": None, **self.runner.fail(key, error)}

    def upload(self, product: object, path: Path | None) -> Iterator[Slots]:
        """Inspect what a visitor has uploaded, pasted or photographed."""
        key = self._known(product)
        if key is None:
            yield {"image": None, **self.runner.fail("", _no_products())}
        elif path is not None:
            yield from self._inspect_source(key, Source(path))

    def change_product(self, product: object, source: Source | None) -> Iterator[Slots]:
        """Show another product; a visitor's own image is looked at again, by its detectors."""
        key = self._known(product)
        if key is None or source is None:
            yield from self.open_page(product)
            return
        try:
            yield {"strip": self.strips.strip(key)}
        except InspectionError as error:
            yield self.runner.fail(key, error)
            return
        if source.path.is_file():
            yield from self._inspect_source(key, source)
        else:
            gone = ImageError(messages.GONE_PROBLEM, messages.GONE_FIX)
            yield {"image": None, "source": None, **self.runner.fail(key, gone)}

    def clear(self, product: object) -> Slots:
        """Forget the image."""
        key = self._known(product)
        if key is None:
            return self.runner.fail("", _no_products())
        return {"image": None, "source": None, **self.runner.idle(key)}

    def _inspect_source(self, key: str, source: Source) -> Iterator[Slots]:
        try:
            slots = self.runner.inspect_upload(key, source.path)
            first = next(slots)
            yield {"source": source, **_preview(source.path, first), **first}
            yield from slots
        except InspectionError as error:
            yield {"image": None, "source": None, **self.runner.fail(key, error)}

    def _known(self, product: object) -> str | None:
        return product if isinstance(product, str) and product in self.catalog.products else None


def build(page: gr.Blocks, catalog: Catalog) -> None:
    """Lay out the tab inside the open `gr.Blocks` and bind its events."""
    handlers = Handlers(catalog)
    products = [(_product_label(catalog, key), key) for key in catalog.products]
    with gr.Row(elem_id="inspect-row"):
        with gr.Column(scale=0, min_width=292, elem_id="rail"):
            product = gr.Dropdown(
                products,
                value=products[0][1] if products else None,
                label=messages.PRODUCT_LABEL,
                filterable=len(products) > 8,
                elem_id="product",
            )
            image = SafeImage(
                label=messages.IMAGE_LABEL,
                sources=["upload", "webcam", "clipboard"],
                height=250,
                buttons=[],
                placeholder=messages.IMAGE_HINT,
                webcam_options=gr.WebcamOptions(
                    mirror=False, constraints={"video": {"width": 1280, "height": 960}}
                ),
                elem_id="input",
            )
            make_paste_listener()
            strip = make_strip()
            clear = gr.Button(messages.CLEAR, size="sm", elem_id="clear")
        with gr.Column(scale=1, min_width=320):
            viewer = make_viewer(catalog.detectors)
            feeds = {slot: make_feed() for slot in ("picture", *catalog.detectors)}
            report = make_feed()
    source = gr.State(None)
    outputs = {
        "product": product,
        "strip": strip,
        "image": image,
        "source": source,
        "header": viewer,
        **feeds,
    }
    _bind(page, handlers, outputs, product=product, clear=clear)
    _bind_reports(handlers, viewer, source, report)


def _bind(
    page: gr.Blocks,
    handlers: Handlers,
    outputs: dict[str, Any],
    *,
    product: gr.Dropdown,
    clear: gr.Button,
) -> None:
    """Connect events to handlers; all that inspect share one queue."""
    image, strip, source = outputs["image"], outputs["strip"], outputs["source"]

    def named(slots: Slots) -> dict[Any, Any]:
        return {outputs[name]: _fed(name, value) for name, value in slots.items()}

    def on_load(key: Any) -> Iterator[dict[Any, Any]]:
        yield from map(named, handlers.open_page(key))

    def on_upload(key: Any, path: Path | None) -> Iterator[dict[Any, Any]]:
        yield from map(named, handlers.upload(key, path))

    def on_pick(key: Any, event: gr.EventData) -> Iterator[dict[Any, Any]]:
        sample = getattr(event, "sample", None)
        if (other := getattr(event, "product", None)) is not None:
            yield from map(named, handlers.hand_over(other, sample))
        else:
            yield from map(named, handlers.pick_sample(key, sample))

    def on_product(key: Any, held: Source | None) -> Iterator[dict[Any, Any]]:
        yield from map(named, handlers.change_product(key, held))

    def on_clear(key: Any) -> dict[Any, Any]:
        return named(handlers.clear(key))

    shared: dict[str, Any] = {
        "outputs": list(outputs.values()),
        "show_progress": "hidden",
        "api_visibility": "private",
        "trigger_mode": "always_last",
    }
    queued: dict[str, Any] = {"concurrency_id": "inspect", "concurrency_limit": MAX_PARALLEL}
    running = [
        page.load(on_load, product, **shared, **queued),
        image.upload(on_upload, [product, image], **shared, **queued),
        strip.select(on_pick, product, **shared, **queued),
        product.input(on_product, [product, source], **shared, **queued),
    ]
    clears = [clear.click, image.clear]
    gr.on(clears, on_clear, product, **shared, queue=False, cancels=running)


def _bind_reports(handlers: Handlers, viewer: gr.HTML, source: gr.State, report: gr.HTML) -> None:
    """Make a report when a button of the viewer asks for one."""

    def on_report(held: Source | None, event: gr.EventData) -> Any:
        request = {name: getattr(event, name, None) for name in REQUEST}
        return _fed("report", handlers.reporter.make(request, held.path if held else None))

    viewer.select(
        on_report,
        source,
        report,
        show_progress="hidden",
        api_visibility="private",
        concurrency_id="report",  # a long one holds no slot of an inspection
        concurrency_limit=1,
    )


def _fed(name: str, value: Any) -> Any:
    """Return what a component is given: a feed also says which slot it feeds."""
    return value if name in PLAIN_OUTPUTS else {"slot": name, "value": value}


def _preview(path: Path, slots: Slots) -> Slots:
    """Show an upload as what it was read as, where browsers show nothing, or 12 bits as black."""
    if path.suffix.lower() in SHOWN_BY_BROWSERS and not look_at(path).needs_white:
        return {}
    return {"image": slots["picture"]["image"]}


def _product_label(catalog: Catalog, key: str) -> str:
    """Return the category, with its dataset where there are several."""
    product = catalog.products[key]
    has_many = len({other.dataset for other in catalog.products.values()}) > 1
    return f"{product.category} ({product.dataset})" if has_many else product.category


def _no_products() -> DatasetError:
    return DatasetError(messages.NO_PRODUCTS, messages.NO_PRODUCTS_FIX)


def _not_understood() -> DatasetError:
    return DatasetError(messages.UNREADABLE_REQUEST, messages.RELOAD)
