"""The Inspect tab: one image of a product, and what every detector makes of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from inspection.errors import DatasetError, ImageError, InspectionError
from inspection.products.catalog import Catalog
from inspection.products.product import Product
from inspection.products.showcase import find_any, find_opening
from inspection.reports.formats import FORMATS
from inspection.types import Sample
from ui.inspect import messages
from ui.inspect.batch import part as batch_part
from ui.inspect.live import part as live_part
from ui.inspect.report import REQUEST, Reporter
from ui.inspect.run import Runner
from ui.inspect.video import part as video_part
from ui.parts.components import QUIET
from ui.parts.latest_request import LatestRequest
from ui.parts.request_events import Bind, make_binder
from ui.parts.safe_image import find_upload
from ui.parts.samples import Strips, make_strip
from ui.parts.updates import Updates
from ui.parts.uploads import make_uploads
from ui.viewer.viewer import STYLES as VIEWER_STYLES
from ui.viewer.viewer import make_feed, make_viewer

TITLE = "Inspect"
STYLES: Sequence[Path] = (
    Path(__file__).parent / "inspect.css",
    *VIEWER_STYLES,
    *live_part.STYLES,
    *video_part.STYLES,
    *batch_part.STYLES,
)
PLAIN_OUTPUTS = frozenset({"product", "strip", "image", "source", "header"})
ADDRESS = ("product", "sample")
Ways = dict[str, Callable[..., Iterator[Updates]]]
FAILED = "() => document.dispatchEvent(new CustomEvent('defect-lens-report-failed'))"


@dataclass(frozen=True, slots=True)
class Source:
    """A visitor's own image as the page shows it: kept on the server, for a report.

    Attributes:
        run: the run that it was inspected in.
    """

    path: Path
    run: int


class Handlers:
    """What happens on the tab, as generators of updates; every input may come from anywhere."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.runner = Runner(catalog)
        self.strips = Strips(catalog)
        self.reporter = Reporter(catalog)

    def show(self, *, request: tuple[str, object, object]) -> Iterator[Updates]:
        """Do what a visitor has asked for last: what, of which product, with which image."""
        ways: Ways = {
            "open": self.open_page,
            "sample": self.pick_sample,
            "any": self.pick_any,
            "upload": self.upload,
            "inspect_as": self.inspect_as,
            "anyway": self.inspect_anyway,
            "clear": self.clear,
        }
        what, product, image = request
        yield from ways[what](product, image)

    def open_page(self, product: object, address: object = None) -> Iterator[Updates]:
        """Show a product and inspect a sample of it.

        Args:
            product: key of the one to show if the address names none.
            address: what the page's address says, by name; unknown values are left out.
        """
        named = address if isinstance(address, Mapping) else {}
        self.catalog.refresh()
        shown = self._known(named.get("product")) or self._known_or_first(product)
        if shown is None:
            yield self.runner.fail(None, _no_products())
            return
        is_named = shown.key == named.get("product", shown.key)
        try:
            yield self._choose(shown)
            named_sample = self._find(shown, named.get("sample")) if is_named else None
            opening = named_sample or find_opening(self.catalog, shown)
            if opening is None:
                yield {"image": None, **self.runner.idle(shown)}
            else:
                yield from self.runner.inspect_sample(opening, shown)
        except InspectionError as error:
            yield {"image": None, **self.runner.fail(shown, error)}

    def pick_sample(
        self, product: object, sample_id: object, *, is_wanted: bool = False
    ) -> Iterator[Updates]:
        """Inspect any image of a product: one of the strip, or one that another tab hands over."""
        known = self._known(product)
        if known is None or not isinstance(sample_id, str):
            yield self.runner.fail(known, _not_understood())
            return
        try:
            yield self._choose(known)
            sample = self.catalog.samples.find(known, sample_id)
            yield from self.runner.inspect_sample(sample, known, is_wanted=is_wanted)
        except InspectionError as error:
            yield {"image": None, **self.runner.fail(known, error)}

    def pick_any(self, product: object, wanted: tuple[object, object]) -> Iterator[Updates]:
        """Inspect a test sample that no detector has learned from, by a seed, but not the shown."""
        known, (seed, shown) = self._known(product), wanted
        if known is None or not isinstance(seed, int):
            yield self.runner.fail(known, _not_understood())
            return
        try:
            chosen = find_any(self.catalog, known, seed, shown=shown)
        except InspectionError as error:
            yield {"image": None, **self.runner.fail(known, error)}
            return
        if chosen is None:
            yield {**self._choose(known), "image": None, **self.runner.idle(known)}
        else:
            yield from self.pick_sample(product, chosen.id)

    def upload(
        self, product: object, path: object, *, is_wanted: bool = False
    ) -> Iterator[Updates]:
        """Inspect what a visitor has uploaded, pasted or photographed."""
        known = self._known(product)
        if known is None:
            yield {"image": None, **self.runner.fail(None, _no_products())}
            return
        try:
            yield {"product": self._chosen(known), "strip": self.strips.strip(known)}
            if not isinstance(path, Path) or not path.is_file():
                raise ImageError(messages.GONE_PROBLEM, messages.GONE_FIX)
            for updates in self.runner.inspect_upload(known, path, is_wanted=is_wanted):
                if "image" in updates:
                    updates["source"] = Source(path, updates["header"]["run"])
                yield updates
        except InspectionError as error:
            yield {"image": None, "source": None, **self.runner.fail(known, error)}

    def inspect_as(
        self, product: object, image: tuple[object, object], *, is_wanted: bool = False
    ) -> Iterator[Updates]:
        """Inspect a sample of one product, given as (product, sample), as another one."""
        owner, sample_id = self._known(image[0]), image[1]
        sample = None if owner is None else self._find(owner, sample_id)
        path = None if sample is None else sample.image_path
        yield from self.upload(product, path, is_wanted=is_wanted)

    def inspect_anyway(self, product: object, requested: tuple[str, Any]) -> Iterator[Updates]:
        """Inspect what does not look like the product, given as it was asked for."""
        ways: Ways = {
            "sample": self.pick_sample,
            "upload": self.upload,
            "inspect_as": self.inspect_as,
        }
        what, image = requested
        if what in ways:
            yield from ways[what](product, image, is_wanted=True)
        else:
            yield self.runner.fail(self._known(product), _not_understood())

    def clear(self, product: object, image: object = None) -> Iterator[Updates]:  # noqa: ARG002
        """Forget the image."""
        known = self._known(product)
        if known is None:
            yield self.runner.fail(None, _no_products())
        else:
            yield {"image": None, "source": None, **self.runner.idle(known)}

    def _find(self, product: Product, sample_id: object) -> Sample | None:
        """Return a sample that an address names; None for one that is not there."""
        if not isinstance(sample_id, str):
            return None
        try:
            return self.catalog.samples.find(product, sample_id)
        except DatasetError:
            return None

    def _known_or_first(self, product: object) -> Product | None:
        """Return a product that there is: the page may be older than the products."""
        return self._known(product) or next(iter(self.catalog.products.values()), None)

    def _choose(self, product: Product) -> Updates:
        """Show another product, and no image of the visitor's own."""
        strip = self.strips.strip(product)
        return {"product": self._chosen(product), "source": None, "strip": strip}

    def _chosen(self, product: Product) -> tuple[list[tuple[str, str]], str]:
        """Return all products, as there may be new ones, and the one that is shown."""
        return self.catalog.choices(), product.key

    def _known(self, key: object) -> Product | None:
        return self.catalog.products.get(key) if isinstance(key, str) else None


def build(tab: gr.Tab, page: gr.Blocks, catalog: Catalog) -> None:  # noqa: ARG001 (as every tab)
    """Lay out the open tab and bind its events; the first inspection begins with the page."""
    handlers = Handlers(catalog)
    products = catalog.choices()
    with gr.Row(elem_id="inspect-row"):
        with gr.Column(scale=0, min_width=292, elem_id="rail"):
            product = gr.Dropdown(
                products,
                value=products[0][1] if products else None,
                label=messages.PRODUCT_LABEL,
                filterable=len(products) > 8,
                elem_id="product",
            )
            image, uploads = make_uploads("inspect", "inspect-row", label=messages.IMAGE_LABEL)
            live_part.make_modes()
            strip = make_strip(has_any=True)
        with gr.Column(scale=1, min_width=320):
            live = live_part.make_live(catalog.detectors)
            video = video_part.make_video(catalog.detectors)
            batch = batch_part.make_batch(catalog.detectors)
            viewer = make_viewer(catalog.detectors)
            feeds = {slot: make_feed() for slot in ("picture", *catalog.detectors)}
            reports = {name: make_feed() for name in FORMATS}
    source = gr.State(None)
    outputs: dict[str, Any] = {"product": product, "strip": strip, "image": image}
    outputs |= {"source": source, "header": viewer, **feeds}
    bind = _make_binder(handlers, outputs)
    bind(page.load, open_page)
    bind(product.input, change_product)
    bind(strip.select, pick_sample)
    bind(strip.submit, pick_any)
    bind(uploads.select, upload)
    bind(image.upload, take_photo, image)
    bind(viewer.submit, inspect_again)
    bind(uploads.clear, clear_page)
    _bind_reports(handlers, viewer, source, reports)
    live_part.bind_live(live, product, catalog)
    video_part.bind_video(video, product, catalog)
    batch_part.bind_batch(batch, catalog)


def _make_binder(handlers: Handlers, outputs: dict[str, Any]) -> Bind:
    """Return what connects events that inspect."""
    state = gr.State(LatestRequest({"request": ("clear", None, None)}))

    def on_show(latest: LatestRequest) -> Iterator[dict[Any, Any]]:
        yield {outputs["header"]: gr.skip()}  # without any yield, Gradio would empty every output
        for updates in latest.answer(handlers.show):
            ready = prepare_updates(latest, updates)
            yield {outputs[name]: _fed(name, value) for name, value in ready.items()}
        if latest.is_answered and "header" in latest.sent:  # by what is shown already
            yield {outputs["header"]: {**latest.sent["header"], "request": latest.shown}}

    return make_binder(
        on_show,
        state=state,
        filters=[outputs["product"]],
        shown=list(outputs.values()),
        queue="inspect",
    )


def open_page(latest: LatestRequest, number: object, product: object, request: gr.Request) -> None:
    """Ask for what the address names, as far as there is such a thing."""
    address = {name: request.query_params.get(name) for name in ADDRESS}
    named = {name: value for name, value in address.items() if value is not None}
    latest.update(number, request=("open", product, named))


def change_product(latest: LatestRequest, number: object, product: object) -> None:
    """Ask for another product; a visitor's own image is looked at again, by its detectors."""
    what, image = _requested_image(latest)
    former = latest.values["request"][1]
    if what == "open" and image:  # the address has named one
        former = latest.sent["product"][1] if "product" in latest.sent else None
    if product == former:  # a dropdown reports a choice twice, and also that it was left
        latest.update(number)
        return
    kept = (what, product, image) if what in {"upload", "inspect_as"} else ("open", product, None)
    latest.update(number, request=kept)


def inspect_again(
    event: gr.EventData, latest: LatestRequest, number: object, product: object
) -> None:
    """Ask for the shown image again: as another product, or as its own, whatever it looks like."""
    owner, sample = getattr(event, "owner", product), getattr(event, "sample", None)
    product = getattr(event, "product", product)
    requested = ("sample", sample) if sample else _requested_image(latest)
    if product == owner:
        latest.update(number, request=("anyway", product, requested))
    else:
        what, image = ("inspect_as", (owner, sample)) if sample else requested
        latest.update(number, request=(what, product, image))


def _requested_image(latest: LatestRequest) -> tuple[str, Any]:
    """Return how the image was asked for, whether or not it is wanted anyway."""
    what, _, image = latest.values["request"]
    return image if what == "anyway" else (what, image)


def pick_sample(
    event: gr.EventData, latest: LatestRequest, number: object, product: object
) -> None:
    """Ask for a sample."""
    product = getattr(event, "product", product)
    latest.update(number, request=("sample", product, getattr(event, "sample", None)))


def pick_any(event: gr.EventData, latest: LatestRequest, number: object, product: object) -> None:
    """Ask for any other sample."""
    product = getattr(event, "product", product)
    wanted = (getattr(event, "seed", None), getattr(event, "shown", None))
    latest.update(number, request=("any", product, wanted))


def upload(event: gr.EventData, latest: LatestRequest, number: object, product: object) -> None:
    """Ask for what was uploaded."""
    latest.update(number, request=("upload", product, find_upload(getattr(event, "upload", None))))


def take_photo(latest: LatestRequest, number: object, product: object, path: Path | None) -> None:
    """Ask for a photograph by the camera."""
    latest.update(number, request=("upload", product, path))


def clear_page(latest: LatestRequest, number: object, product: object) -> None:
    """Ask for an empty page."""
    latest.update(number, request=("clear", product, None))


def prepare_updates(latest: LatestRequest, updates: Updates) -> Updates:
    """Return what the page is sent: a header names its request, a strip goes once."""
    ready = dict(updates)
    if "header" in ready:
        ready["header"] = {**ready["header"], "request": latest.shown}
    if "strip" in ready and latest.sent.get("strip") is ready["strip"]:
        del ready["strip"]
    latest.sent |= {name: ready[name] for name in ("header", "product", "strip") if name in ready}
    return ready


def _bind_reports(
    handlers: Handlers, viewer: gr.HTML, source: Any, reports: Mapping[str, gr.HTML]
) -> None:
    """Make a report when a button of the viewer asks for one; each format has its own feed."""

    def on_report(held: Source | None, event: gr.EventData) -> dict[Any, Any]:
        request = {name: getattr(event, name, None) for name in REQUEST}
        # the request is about what the page showed then, and another upload may be there by now
        is_shown = held is not None and held.run == getattr(event, "run", None)
        made = handlers.reporter.make(request, held.path if held and is_shown else None)
        named = request["format"]
        kind = named if isinstance(named, str) and named in FORMATS else next(iter(FORMATS))
        return {reports[kind]: _fed("report", {**made, "format": kind})}

    made = viewer.select(
        on_report,
        source,
        list(reports.values()),
        **QUIET,
        trigger_mode="multiple",  # several are made one after another
        concurrency_id="report",  # a long one keeps no inspection waiting
        concurrency_limit=1,
    )
    made.failure(None, None, None, js=FAILED)


def _fed(name: str, value: Any) -> Any:
    """Return what a component is given: a feed also says which slot it feeds."""
    if name == "product":
        choices, chosen = value
        return gr.Dropdown(choices, value=chosen, filterable=len(choices) > 8)
    return value if name in PLAIN_OUTPUTS else {"slot": name, "value": value}


def _no_products() -> DatasetError:
    return DatasetError(messages.NO_PRODUCTS, messages.NO_PRODUCTS_FIX)


def _not_understood() -> DatasetError:
    return DatasetError(messages.UNREADABLE_REQUEST, messages.RELOAD)
