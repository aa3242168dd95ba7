"""The Sensitivity tab: an image is changed, and every detector's answer followed."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from inspection.decoding.kinds import IMAGE_SUFFIXES
from inspection.errors import DatasetError, InspectionError
from inspection.joint import JOINT
from inspection.products.catalog import Catalog
from inspection.products.product import Product
from ui.parts.latest_request import LatestRequest
from ui.parts.request_events import make_binder
from ui.parts.run_counter import RunCounter
from ui.parts.samples import Strips, make_strip
from ui.parts.updates import Updates
from ui.sensitivity import messages
from ui.sensitivity.fade import FadeView
from ui.sensitivity.frames import fail
from ui.sensitivity.parts import make_feed, make_view
from ui.sensitivity.place import PlaceView
from ui.sensitivity.scenes import Scene, Scenes
from ui.sensitivity.stress import StressView

TITLE = "Sensitivity"
HERE = Path(__file__).parent
STYLES: Sequence[Path] = (HERE / "sensitivity.css",)
CHANNEL = "defect-lens-lab"
NUM_FEEDS = 12  # answers that arrive together are all shown as long as they come by different ones
WHOLE = (1.0, 1.0)
VIEWS: Mapping[str, Sequence[str]] = {
    "fade": ("area", "brushed", "point"),
    "place": ("drawing",),
    "stress": ("stress", "levels"),
}
"""What is asked of each view, by its name."""
ACCEPTED = ["image", *sorted(IMAGE_SUFFIXES)]


class Handlers:
    """What happens on the tab, as generators of updates; every input may come from anywhere."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.scenes = Scenes(catalog)
        self.strips = Strips(catalog)
        self.runs = RunCounter()
        titles = {name: info.title for name, info in catalog.detectors.items()}
        together = titles | {JOINT: messages.FADE["joint"]}
        self.views: Mapping[str, Any] = {
            "fade": FadeView(together, self.runs.next),
            "place": PlaceView(titles, self.runs.next),
            "stress": StressView(together, self.runs.next),
        }

    def show(
        self, *, view: str, source: tuple[str, object, object], sent: dict[str, Any], **wanted: Any
    ) -> Iterator[Updates]:
        """Do what a visitor has asked for last.

        Args:
            view: that is open.
            source: sample or upload, the product, and the image.
            sent: what the visitor's page holds already; it is kept up to date.
            wanted: of each view.
        """
        what, product, image = source
        scene = None
        if not sent:  # a page that was just opened
            self.catalog.refresh()
        try:
            shown = self._find_product(product)
            head = {"product": self._choices(shown), "strip": self.strips.strip(shown)}
            if sent.get("head") != head:
                yield head
                sent["head"] = head
            scene = self.scenes.open(shown, image) if what == "upload" else None
            scene = scene or self.scenes.find(shown, image)
            values = {name: wanted[name] for name in VIEWS[view]}
            yield from self.views[view].show(scene, sent=sent.setdefault(view, {}), **values)
        except InspectionError as error:
            sent.pop(view, None)
            yield self._fail(view, error, scene)

    def _fail(self, view: str, error: InspectionError, scene: Scene | None) -> Updates:
        hide = self.catalog.places.hide
        shown = InspectionError(hide(error.problem), hide(error.fix))
        return fail(view, shown, scene, self.runs.next())

    def _find_product(self, key: object) -> Product:
        products = self.catalog.products
        found = products.get(key) if isinstance(key, str) else None
        found = found or next(iter(products.values()), None)
        if found is None:
            raise DatasetError(messages.NO_PRODUCTS, messages.NO_PRODUCTS_FIX)
        return found

    def _choices(self, shown: Product) -> tuple[list[tuple[str, str]], str]:
        return self.catalog.choices(), shown.key


# long: one list of what is laid out and bound
def build(tab: gr.Tab, page: gr.Blocks, catalog: Catalog) -> None:  # noqa: ARG001 (as every tab)
    """Lay out the open tab and bind its events; nothing is computed before it is opened."""
    handlers = Handlers(catalog)
    products = catalog.choices()
    with gr.Row(elem_id="lab-row", elem_classes=["dl-row"]):
        with gr.Column(scale=0, min_width=292, elem_classes=["dl-rail"]):
            product = gr.Dropdown(
                products,
                value=products[0][1] if products else None,
                label=messages.PRODUCT_LABEL,
                filterable=len(products) > 8,
                elem_id="lab-product",
            )
            strip = make_strip("lab-samples", channel=CHANNEL)
            upload = gr.UploadButton(
                messages.UPLOAD, file_types=ACCEPTED, size="sm", elem_id="lab-upload"
            )
        with gr.Column(scale=1, min_width=320):
            with gr.Tabs(elem_id="lab-tabs"):
                with gr.Tab(messages.FADE_TAB, id="fade") as fade_tab:
                    fade = make_view("fade", messages.FADE, catalog.detectors)
                with gr.Tab(messages.PLACE_TAB, id="place") as place_tab:
                    place = make_view("place", messages.PLACE, catalog.detectors)
                with gr.Tab(messages.STRESS_TAB, id="stress") as stress_tab:
                    stress = make_view("stress", messages.STRESS, catalog.detectors)
            feeds = [make_feed(CHANNEL) for _ in range(NUM_FEEDS)]
    outputs = {"product": product, "strip": strip, "fade": fade, "place": place, "stress": stress}
    bind = make_binder(
        _make_show(handlers, outputs, feeds),
        state=gr.State(LatestRequest({"view": "fade", **_fresh(("sample", None, None))})),
        filters=[product],
        shown=[*outputs.values(), *feeds],
        queue="sensitivity",
    )
    bind(tab.select, open_tab)
    bind(product.input, change_product)
    bind(strip.select, pick_sample)
    bind(upload.upload, take_upload, upload)
    bind([fade.submit, place.submit, stress.submit], ask)
    bind(fade_tab.select, open_fade)
    bind(place_tab.select, open_place)
    bind(stress_tab.select, open_stress)


def _make_show(
    handlers: Handlers, outputs: Mapping[str, Any], feeds: Sequence[gr.HTML]
) -> Callable[[LatestRequest], Iterator[dict[Any, Any]]]:
    """Return what answers the latest request; what is large goes by one feed after another."""
    counter = itertools.count()

    def on_show(latest: LatestRequest) -> Iterator[dict[Any, Any]]:
        yield {outputs["fade"]: gr.skip()}  # without any yield, Gradio would empty every output

        def show(**values: Any) -> Iterator[Updates]:
            return handlers.show(sent=latest.sent, **values)

        for updates in latest.answer(show):
            held = {outputs[name]: _fit(name, updates[name]) for name in updates if name != "feed"}
            if "feed" in updates:
                slot, value = updates["feed"]
                held[feeds[next(counter) % NUM_FEEDS]] = {"slot": slot, "value": value}
            yield held

    return on_show


def _fresh(source: tuple[str, object, object]) -> dict[str, Any]:
    """Return what is wanted of an image that is new: all of its defect, as it is known."""
    values = {"area": None, "brushed": None, "point": WHOLE, "drawing": None, "levels": None}
    return {"source": source, "stress": None, **values}


def open_tab(latest: LatestRequest, number: object, product: object) -> None:
    """Ask for the opening sample, if nothing is shown yet."""
    if latest.sent:
        latest.update(number)
    else:
        latest.update(number, **_fresh(("sample", product, None)))


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


def take_upload(latest: LatestRequest, number: object, product: object, path: object) -> None:
    """Ask for a visitor's own image."""
    found = Path(path) if isinstance(path, str) else None
    latest.update(number, **_fresh(("upload", product, found)))


def ask(event: gr.EventData, latest: LatestRequest, number: object, product: object) -> None:  # noqa: ARG001
    """Ask for what a view wants: a point, another area, a drawing, or levels of stress."""
    wanted: Mapping[str, Any] = {
        name: getattr(event, name)
        for name in ("point", "area", "brushed", "drawing", "stress", "levels")
        if getattr(event, name, None) is not None
    }
    latest.update(number, **wanted)


def _fit(name: str, value: Any) -> Any:
    if name == "product":
        choices, chosen = value
        return gr.Dropdown(choices, value=chosen, filterable=len(choices) > 8)
    return value
