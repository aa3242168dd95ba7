"""The Sensitivity tab: an image is changed, and every detector's answer followed."""

import asyncio
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from inspection.errors import DatasetError, InspectionError
from inspection.joint import JOINT
from inspection.products.catalog import Catalog
from inspection.products.product import Product
from inspection.sensitivity.placing import KINDS
from inspection.sensitivity.real_defects import REAL
from ui.parts.components import make_plot, make_status, make_table, status_value
from ui.parts.images import encode_preview
from ui.parts.latest_request import LatestRequest
from ui.parts.request_events import AT_ONCE, make_binder
from ui.parts.run_counter import RunCounter
from ui.parts.samples import Strips, make_strip
from ui.parts.sub_tabs import MANY, make_filter
from ui.parts.updates import Updates
from ui.parts.uploads import make_uploads
from ui.sensitivity import messages, steps
from ui.sensitivity.fade import FadeView
from ui.sensitivity.frames import fail
from ui.sensitivity.parts import make_feed, make_view, make_waiting
from ui.sensitivity.place import PlaceView
from ui.sensitivity.scenes import Scene, Scenes
from ui.sensitivity.stress import StressView
from ui.sensitivity.study import CURVES, DEFAULT_CURVE, FILTERS, NUMBERS, PLACES, StudyView

TITLE = "Sensitivity"
HERE = Path(__file__).parent
STYLES: Sequence[Path] = (HERE / "sensitivity.css",)
CHANNEL = "defect-lens-lab"
MAX_VISITORS = 4  # at the same time: two long studies leave room for who moves a slider
MAX_LOOKS = 2  # at the same time, of all whose slider moves
NUM_FEEDS = 12  # answers that arrive together are all shown as long as they come by different ones
VIEWS: Mapping[str, Sequence[str]] = {
    "fade": ("area", "brushed"),
    "place": ("drawing",),
    "stress": ("stress", "levels"),
    "study": ("study", "choice"),
}
"""What is asked of each view, by its name."""
SLIDERS: Mapping[str, Sequence[str]] = {"fade": VIEWS["fade"], "stress": ()}
"""The views with a slider, and what else its answer depends on."""


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
            "fade": FadeView(self.scenes, together, self.runs.next),
            "place": PlaceView(catalog, self.runs.next),
            "stress": StressView(together, self.runs.next),
            "study": StudyView(self.scenes, self.runs.next),
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
            scene = self._find_scene(shown, what, image)
            if sent.get("source") != source:
                yield {"image": encode_preview(scene.image) if what == "upload" else None}
                sent["source"] = source
            values = {name: wanted[name] for name in VIEWS[view]}
            yield from self.views[view].show(scene, sent=sent.setdefault(view, {}), **values)
        except InspectionError as error:
            sent.pop(view, None)
            if scene is None:  # the camera's picture is in its input already
                yield {"image": None}
            yield self._fail(view, error, scene)

    def look(
        self,
        *,
        view: str,
        source: tuple[str, object, object],
        sent: Mapping[str, Any],
        asked: object,
        **wanted: Any,
    ) -> Updates:
        """Return the answer where a slider of a view stands, as the value of a feed.

        It has no frames where something else is shown by now, or there is trouble with what is: who
        asks for all of it is told.
        """
        what, product, image = source
        held = sent.get(view, {})
        values = {name: wanted[name] for name in SLIDERS[view]}
        try:
            scene = self._find_scene(self._find_product(product), what, image)
            frames = self.views[view].look(scene, asked=asked, sent=held, **values) if held else []
        except InspectionError:
            frames = []
        return {"slot": f"{view}-looked", "value": {"run": held.get("run"), "frames": frames or []}}

    def _find_scene(self, product: Product, what: str, image: object) -> Scene:
        if what == "upload":
            return self.scenes.open(product, image)
        return self.scenes.find(product, image)

    def _fail(self, view: str, error: InspectionError, scene: Scene | None) -> Updates:
        hide = self.catalog.places.hide
        shown = InspectionError(hide(error.problem), hide(error.fix))
        if view == "study":
            return {"study-status": status_value(str(shown), is_problem=True)}
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


def build(tab: gr.Tab, page: gr.Blocks, catalog: Catalog) -> None:  # noqa: ARG001 (as every tab)
    """Lay out the open tab and bind its events; nothing is computed before it is opened."""
    with gr.Row(elem_id="lab-row", elem_classes=["dl-row"]):
        with gr.Column(scale=0, min_width=292, elem_classes=["dl-rail"]):
            parts = _lay_out_rail(catalog)
        with gr.Column(scale=1, min_width=320):
            make_waiting()
            views = _lay_out_views(catalog)
            feeds = [make_feed(CHANNEL) for _ in range(NUM_FEEDS)]
            looked = {name: make_feed(CHANNEL) for name in SLIDERS}
    uploads = parts.pop("uploads")
    parts |= {name: part for name, part in views.items() if not isinstance(part, gr.Tab)}
    handlers, state = Handlers(catalog), gr.State(LatestRequest(steps.first_request()))
    for name, look in _make_looks(handlers).items():
        parts[name].input(look, state, looked[name], **AT_ONCE)
    bind = make_binder(
        _make_show(handlers, parts, feeds),
        state=state,
        filters=[parts["product"]],
        shown=[*parts.values(), *feeds],
        queue="sensitivity",
        limit=MAX_VISITORS,
    )
    bind(tab.select, steps.open_tab)
    bind(parts["product"].input, steps.change_product)
    bind(parts["strip"].select, steps.pick_sample)
    bind(uploads.select, steps.take_upload)
    bind(parts["image"].upload, steps.take_photo, parts["image"])
    bind(uploads.clear, steps.clear_image)
    bind([parts[name].submit for name in ("fade", "place", "stress")], steps.ask)
    for name in VIEWS:
        bind(views[f"tab-{name}"].select, steps.OPEN[name])
    choice = [parts[name] for name in FILTERS]
    bind(parts["start"].click, steps.start_study, *choice)
    bind(parts["stop"].click, steps.stop_study, *choice)
    chosen = [parts["curve"].input, parts["scale"].submit, parts["scale"].blur]
    bind(chosen, steps.draw_anew, *choice)


def _lay_out_rail(catalog: Catalog) -> dict[str, Any]:
    """Lay out what chooses the image, and return it by name."""
    products = catalog.choices()
    product = gr.Dropdown(
        products,
        value=products[0][1] if products else None,
        label=messages.PRODUCT_LABEL,
        filterable=len(products) > MANY,
        elem_id="lab-product",
    )
    image, uploads = make_uploads(
        "sensitivity", "lab-row", label=messages.IMAGE_LABEL, prefix="lab-"
    )
    strip = make_strip("lab-samples", channel=CHANNEL)
    return {"product": product, "strip": strip, "image": image, "uploads": uploads}


def _lay_out_views(catalog: Catalog) -> dict[str, Any]:
    """Lay out the sub-tabs, and return them and their parts by name."""
    found: dict[str, Any] = {}
    with gr.Tabs(elem_id="lab-tabs"):
        with gr.Tab(messages.FADE_TAB, id="fade") as found["tab-fade"]:
            found["fade"] = make_view("fade", messages.FADE, catalog.detectors)
        with gr.Tab(messages.PLACE_TAB, id="place") as found["tab-place"]:
            found["place"] = make_view("place", messages.PLACE, catalog.detectors)
        with gr.Tab(messages.STRESS_TAB, id="stress") as found["tab-stress"]:
            found["stress"] = make_view("stress", messages.STRESS, catalog.detectors)
        with gr.Tab(messages.STUDY_TAB, id="study") as found["tab-study"]:
            found |= _lay_out_study(catalog)
    return found


def _lay_out_study(catalog: Catalog) -> dict[str, Any]:
    """Lay out the third view, whose parts are those of the other tabs, and return it by name."""
    kinds = [(one.replace("-", " "), one) for one in KINDS]
    places = list(zip(messages.PLACE_NAMES, PLACES, strict=True))
    with gr.Row(elem_classes="xp-filters"):
        parts: dict[str, Any] = {
            "kind": make_filter(messages.KIND, kinds),
            "trials": gr.Dropdown(
                list(NUMBERS), value=NUMBERS[1], label=messages.TRIALS, filterable=False
            ),
            "places": make_filter(messages.PLACES_LABEL, places),
            "curve": gr.Dropdown(
                CURVES, value=DEFAULT_CURVE, label=messages.CURVE, filterable=False
            ),
            "scale": gr.Number(label=messages.SCALE, minimum=0),
        }
    with gr.Row(elem_classes="lab-buttons"):
        parts["start"] = gr.Button(messages.START, variant="primary", size="sm")
        parts["stop"] = gr.Button(messages.STOP, size="sm")
    parts["study-status"] = make_status()
    parts["study-plot"] = make_plot()
    with gr.Row(elem_classes="xp-row"):
        parts |= {f"study-map-{name}": make_plot() for name in catalog.detectors}
    with gr.Row(elem_classes="xp-row"):
        parts |= {f"study-{name}": make_plot() for name in REAL}
    parts["study-table"] = make_table()
    return parts


def _make_looks(handlers: Handlers) -> Mapping[str, Callable[..., Any]]:
    """Return what answers the slider of each view: each question by itself, past the queue."""
    turn = asyncio.Semaphore(MAX_LOOKS)

    def make_look(view: str) -> Callable[..., Any]:
        async def on_look(event: gr.EventData, latest: LatestRequest) -> Updates:
            values = {**latest.values, "view": view, "asked": getattr(event, "asked", None)}
            async with turn:
                return await asyncio.to_thread(handlers.look, sent=latest.sent, **values)

        return on_look

    return {view: make_look(view) for view in SLIDERS}


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


def _fit(name: str, value: Any) -> Any:
    if name in {"product", "curve"}:
        choices, chosen = value
        return gr.Dropdown(choices, value=chosen, filterable=len(choices) > MANY)
    return value
