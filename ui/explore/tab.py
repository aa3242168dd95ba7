"""The Explore data tab: what is in a dataset, and what will go wrong in training."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from eda import views
from eda.choice import ANY, DETECTOR, OTHER_DATASET, Choice
from eda.opened import Opened
from eda.views.view import Kind, View
from inspection.errors import InspectionError
from inspection.products.catalog import Catalog
from ui.explore import messages
from ui.explore.choices import (
    ALL,
    asked_for,
    choose_offered,
    choose_shown,
    list_filters,
    offer,
)
from ui.explore.data import Explorer, Job
from ui.explore.own_image import bind_own_image, make_own_image
from ui.explore.tray import bind_tray, make_tray, narrow_gallery
from ui.explore.verdicts import KeptVerdicts
from ui.parts.components import (
    GALLERY,
    HAND_OVER,
    OVERLAY,
    PICTURES,
    WORDS,
    busy_value,
    make_part,
    make_plot,
    make_plot_keeper,
    make_status,
    make_table,
    make_tiles,
    status_value,
)
from ui.parts.labels.marking import MARKS, bar_value, make_label_bar, marking_value
from ui.parts.latest_request import LatestRequest
from ui.parts.request_events import AT_ONCE, Bind, filter_anew, turn_page
from ui.parts.sub_tabs import Make, bind_views, known, lay_out, make_filter
from ui.parts.updates import Updates

TITLE = "Explore data"
HERE = Path(__file__).parent
OPEN = HERE / "open.js"
SHOWN = (*PICTURES, OPEN, MARKS, HERE / "groups.js")
STYLES: Sequence[Path] = (HERE / "explore.css",)
TICK = 2.0  # seconds between two looks at how much of the demo was drawn


class Handlers:
    """What happens on the tab, as generators of updates; every input may come from anywhere."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.explorer = Explorer(catalog)
        self.verdicts = KeptVerdicts(catalog)

    def show(
        self,
        view: object,
        name: object,
        category: object,
        defect_type: object,
        *further: object,
        chosen: tuple[object, object] | None = None,
        own: Path | None = None,
    ) -> Iterator[Updates]:
        """Show one sub-tab of one dataset, opening the dataset if need be.

        Args:
            view: name of one of `views.VIEWS`.
            name: of the dataset.
            category: or `ALL`.
            defect_type: or `ALL`.
            further: a choice of every filter of the views, and the page of the pictures.
            chosen: a dataset and the ids of it that the gallery is narrowed to.
            own: a visitor's own image.
        """
        if not self.explorer.names:
            yield {"status": status_value(messages.NO_DATASETS)}
            return
        self.catalog.refresh()
        try:
            job = self.explorer.open(name)
            yield from self._watch(job)
            narrowed = chosen[1] if chosen is not None and chosen[0] == name else None
            yield from self._show(view, job, (category, defect_type, *further, narrowed), own)
        except InspectionError as error:
            yield {
                "status": status_value(self.catalog.places.hide(str(error)), is_problem=True),
                "stop": False,
            }

    def follow(self, name: object) -> Updates:
        """Say how far the drawing of the demo is, if an excerpt of it is shown."""
        job = self.explorer.shown(name)
        demo = None if job is None else self.explorer.demo_of(job)
        if job is None or job.result is None or demo is None or not demo.is_at_work:
            return {}
        return {"status": self._describe(job, job.result)}

    def open_image(self, name: object, sample_id: object) -> Updates:
        """Show one image large; its id is looked up, never used as a path."""
        from ui.explore.gallery import detail_value

        try:
            return {"detail": detail_value(self.explorer.get(name), self.catalog, sample_id)}
        except InspectionError as error:
            return {"status": status_value(self.catalog.places.hide(str(error)), is_problem=True)}

    def open_groups(self, name: object, groups: object) -> dict[str, Any]:
        """Return pictures of the images behind a finding; their ids are looked up."""
        from ui.explore.health import groups_value

        try:
            return {"shown": groups_value(self.explorer.get(name), groups)}
        except InspectionError:
            return {}

    def select(self, wanted: Mapping[str, Any]) -> Updates:
        """Select images, by their ids or by what they have in common."""
        from ui.explore.selection import selection_value

        try:
            job = self.explorer.open(wanted.get("dataset"))
            opened = self.explorer.wait_for(job)
            value = selection_value(opened, self.catalog, wanted, job.vectors)
        except InspectionError as error:
            return {"status": status_value(self.catalog.places.hide(str(error)), is_problem=True)}
        return {"tray": {"step": "picked", "number": wanted.get("number"), **value}}

    def measure(self, wanted: Mapping[str, Any]) -> Updates:
        """Return all that is measured of the selected images."""
        from ui.explore.selection import measures_value

        try:
            value = measures_value(self.explorer.get(wanted.get("dataset")), wanted.get("ids"))
        except InspectionError as error:
            return {"status": status_value(self.catalog.places.hide(str(error)), is_problem=True)}
        return {"tray": {"step": "measured", "at": wanted.get("at"), **value}}

    def peek(self, name: object, sample_id: object) -> dict[str, str]:
        """Return the thumbnail of one image."""
        from ui.explore.gallery import peek_value

        try:
            return peek_value(self.explorer.get(name), sample_id)
        except InspectionError:
            return {}

    def _watch(self, job: Job) -> Iterator[Updates]:
        for done, total in job.watch():
            text = messages.MEASURING.format(done=done, total=total) if total else messages.READING
            text = f"{job.reason} {text}".strip()
            yield {"status": busy_value(text, done, total), "stop": bool(total)}

    def _show(
        self, name: object, job: Job, wanted: tuple[object, ...], own: Path | None
    ) -> Iterator[Updates]:
        from ui.explore.views import refine, show

        opened = self.explorer.wait_for(job)
        choice, categories, types = choose_shown(opened, wanted)
        yield {
            "category": offer(messages.ALL_CATEGORIES, categories, choice.category),
            "type": offer(messages.ALL_TYPES, types, choice.defect_type),
            "status": busy_value("", 0, 0),  # what is shown meanwhile is of an older request
            "ticker": False,
        }
        view = next((one for one in views.VIEWS if one.name == name), views.VIEWS[0])
        choice = replace(choice, detectors=self.catalog.detectors, vectors=job.vectors)
        offered, choice = yield from self._complete(view, job, choice, wanted)
        is_shown = view.refine is not None  # but for what takes seconds
        if is_shown:
            checking = {**busy_value(messages.CHECKING, 0, 0), "busy": False}
            yield {**show(view, opened, choice), "status": checking}
        if view.needs_vectors:
            for step in self._embed(job):
                yield {**step, "status": {**step["status"], "busy": not is_shown}}
            choice = replace(choice, vectors=job.vectors)
        updates = (refine if is_shown else show)(view, opened, choice)
        if choice.ids is not None and view.needs_pictures:
            updates["tabs"] = view.name  # a narrow screen keeps it in a menu, out of scripts' reach
        if view.takes_image:
            updates |= self._find_like(own, opened, choice)
        demo = self.explorer.demo_of(job)
        yield {
            "status": self._describe(job, opened),
            "stop": False,
            "dataset": ([(one, one) for one in self.explorer.names], job.name),  # there may be more
            "labels": bar_value(marking_value(job.name, opened.index.dataset.root), "explore"),
            "ticker": demo is not None and demo.is_at_work,
            **offered,
            **updates,
        }

    def _complete(
        self, view: View, job: Job, choice: Choice, wanted: Sequence[object]
    ) -> Generator[Updates, None, tuple[Updates, Choice]]:
        """Return what there is to choose from in a view, and the choice with what it needs."""
        opened = self.explorer.wait_for(job)
        categories = [choice.category] if choice.category else opened.index.dataset.categories
        offered, choice = choose_offered(view, opened, choice, self.explorer.names, wanted)
        if DETECTOR in view.filters:
            kept = self.verdicts.list(job.name, categories)
            chosen = known(asked_for(wanted, DETECTOR), kept, ANY)
            titles = [(one.title, detector) for detector, one in kept.items()]
            found = [(messages.NO_DETECTOR, ANY), *titles] if kept else []
            offered[DETECTOR.name] = found, chosen
            choice = replace(choice, verdicts=kept.get(chosen))
        if view.needs_judges:
            choice = replace(choice, judges=self.verdicts.judges(job.name, categories))
        other = choice.filters.get(OTHER_DATASET.name)
        if other in self.explorer.names:
            measured = self.explorer.open(other)
            yield from self._watch(measured)
            images = self.explorer.wait_for(measured).images
            choice = replace(choice, against=images, against_name=str(other))
        return offered, choice

    def _find_like(self, own: Path | None, opened: Opened, choice: Choice) -> Updates:
        """Return what is most like a visitor's own image; why not, if it cannot be read."""
        from ui.explore.own_image import nearest_value

        try:
            return nearest_value(opened, choice, own, self.catalog.embed)
        except InspectionError as error:
            status = status_value(self.catalog.places.hide(str(error)), is_problem=True)
            return {**nearest_value(opened, choice, None, None), "status": status}

    def _describe(self, job: Job, opened: Opened) -> dict[str, Any]:
        """Return what the status line says of a dataset that is shown: mostly nothing."""
        shown = len(opened.images)
        if not opened.index.is_complete:
            return status_value(messages.PARTIAL.format(done=shown))
        if (demo := self.explorer.demo_of(job)) is None:
            return status_value()
        counts = {"shown": shown, "done": demo.num_drawn, "total": len(demo.samples)}
        if demo.is_at_work:
            text = messages.DRAWING.format(**counts)
            return {**busy_value(text, counts["done"], counts["total"]), "busy": False}
        trouble = self.catalog.places.hide(str(demo.trouble or ""))
        return status_value(messages.EXCERPT.format(**counts, trouble=trouble).strip())

    def _embed(self, job: Job) -> Iterator[Updates]:
        for done, total in self.explorer.watch_vectors(job):
            text = messages.EMBEDDING.format(done=done, total=total) if total else messages.LOADING
            yield {"status": busy_value(text, done, total), "stop": bool(total)}


def build(tab: gr.Tab, page: gr.Blocks, catalog: Catalog) -> None:  # noqa: ARG001 (as every tab)
    """Lay out the open tab and bind its events."""
    handlers = Handlers(catalog)
    outputs: dict[str, Any] = {}
    with gr.Row(elem_id="explore-filters"):
        names = list(handlers.explorer.names)
        outputs["dataset"] = gr.Dropdown(
            names,
            value=names[0] if names else None,
            label=messages.DATASET,
            filterable=len(names) > 8,
        )
        outputs["category"] = make_filter(messages.CATEGORY, [(messages.ALL_CATEGORIES, ALL)])
        outputs["type"] = make_filter(messages.TYPE, [(messages.ALL_TYPES, ALL)])
    with gr.Row(elem_id="explore-status"):
        outputs["status"] = make_status()
        outputs["stop"] = gr.Button(messages.STOP, visible=False, elem_id="explore-stop")
    outputs["tray"] = make_tray()
    outputs["labels"] = make_label_bar()
    with gr.Tabs(elem_id="explore-tabs") as outputs["tabs"]:
        for view in views.VIEWS:
            with gr.Tab(view.title, id=view.name) as sub_tab:
                outputs |= _lay_out(view)
            outputs[f"tab-{view.name}"] = sub_tab
    outputs["peek"] = make_part(HERE / "peek", elem_id="peek")
    outputs["detail"] = make_part(
        HERE / "detail",
        texts=messages.PARTS,
        elem_id="explore-detail",
        scripts=[OVERLAY, HAND_OVER],
    )
    outputs["ticker"] = gr.Timer(TICK, active=False)
    make_plot_keeper()
    _bind(handlers, outputs, tab)


def _lay_out(view: View) -> dict[str, Any]:
    """Return the filters of a sub-tab, and a place for every part."""
    filters = {
        one.name: partial(
            make_filter,
            one.label,
            [(name, name) for name in one.values],
            visible=len(one.values) > 1,
        )
        for one in view.filters
    }
    first, *rest = [{name: MAKERS[kind] for name, kind in row.items()} for row in view.rows]
    outputs = lay_out(filters, [first])
    if view.takes_image:
        outputs |= make_own_image(MAKERS[Kind.GROUPS])
    return outputs | lay_out({}, rest)


MAKERS: Mapping[Kind, Make] = {
    Kind.PLOT: make_plot,
    Kind.TABLE: partial(make_table, [HERE / "pick_rows.js"]),
    Kind.TILES: make_tiles,
    Kind.FINDINGS: partial(
        make_part, HERE / "health", texts=messages.PARTS, scripts=[*SHOWN, WORDS]
    ),
    Kind.GROUPS: partial(make_part, HERE / "shown", scripts=SHOWN),
    Kind.PICTURES: partial(
        make_part, HERE / "gallery", texts=messages.PARTS, scripts=[*GALLERY, OPEN]
    ),
}


def _bind(handlers: Handlers, outputs: dict[str, Any], tab: gr.Tab) -> None:
    """Connect events to handlers."""
    filters = ("dataset", "category", "type", *(one.name for one in list_filters()))
    bind = bind_views(tab, outputs, handlers.show, filters=filters, queue="explore")

    def on_dataset(latest: LatestRequest, number: object, name: object, *chosen: object) -> None:
        handlers.explorer.forget(name)
        latest.update(number, filters=(name, ALL, ALL, *chosen[2:]), page=0)

    bind([outputs[name].input for name in filters[1:]], filter_anew)
    bind(outputs["dataset"].input, on_dataset)
    bind(outputs["gallery"].submit, turn_page)
    bind(outputs["tray"].submit, narrow_gallery)
    bind_tray(handlers, outputs)
    _bind_ticker(handlers, outputs, bind)
    _bind_images(handlers, outputs)
    bind_own_image(outputs, bind)


def _bind_ticker(handlers: Handlers, outputs: dict[str, Any], bind: Bind) -> None:
    """While an excerpt is shown, say how much there is by now, and in the end show all of it."""

    def on_tick(latest: LatestRequest, number: object, name: object, *chosen: object) -> None:
        if not handlers.follow(name):
            latest.update(number, filters=(name, *chosen))

    def on_progress(name: object) -> Any:
        return handlers.follow(name).get("status", gr.skip())

    ticker, dataset = outputs["ticker"], outputs["dataset"]
    ticker.tick(on_progress, dataset, outputs["status"], **AT_ONCE)
    bind(ticker.tick, on_tick)


def _bind_images(handlers: Handlers, outputs: dict[str, Any]) -> None:
    """Connect what shows a single image, and the button that stops."""

    def on_open(event: gr.EventData) -> dict[Any, Any]:
        updates = handlers.open_image(*_image_of(event))
        return {outputs[key]: value for key, value in updates.items()}

    def on_peek(event: gr.EventData) -> Any:
        return handlers.peek(*_image_of(event))

    def on_groups(event: gr.EventData) -> Any:
        asked = getattr(event, "dataset", None), getattr(event, "groups", None)
        return handlers.open_groups(*asked) or gr.skip()

    for part in ("gallery", "health", "odd", "twins", "nearest", "tray", "detail"):
        outputs[part].select(on_open, None, [outputs["detail"], outputs["status"]], **AT_ONCE)
    outputs["health"].input(on_groups, None, outputs["health"], **AT_ONCE)
    outputs["peek"].input(on_peek, None, outputs["peek"], **AT_ONCE)
    outputs["stop"].click(handlers.explorer.stop, outputs["dataset"], None, **AT_ONCE)


def _image_of(event: gr.EventData) -> tuple[object, object]:
    """Return dataset and id of the image that an event is about.

    The dataset is that of the picture: another one may be chosen above and not be shown yet.
    """
    return getattr(event, "dataset", None), getattr(event, "id", None)
