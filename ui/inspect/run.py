"""From an image to updates of the page, one detector after another."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from inspection.errors import ImageError, InspectionError
from inspection.findings import Familiarity
from inspection.ground_truth import read_mask
from inspection.images import OpenedImage, open_sample
from inspection.names import describe_namers, join_names
from inspection.pipeline import Answer
from inspection.products.catalog import Catalog
from inspection.products.inspecting import LoadedProduct
from inspection.products.own import OWN
from inspection.products.panels import Panel, Status
from inspection.products.product import Product
from inspection.products.reading import load_reading
from inspection.types import Mask, Sample
from inspection.uploads.reader import open_upload
from ui.inspect import messages
from ui.inspect.worth import Worths
from ui.messages import GOOD
from ui.parts.images import encode_preview
from ui.parts.run_counter import RunCounter
from ui.parts.updates import Payload, Updates
from ui.viewer import payload
from ui.viewer.payload import Subject


class Runner:
    """Inspects images with the detectors of a catalogue; holds nothing of any visitor."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._worths = Worths(catalog)
        self._runs = RunCounter()

    def start(self, product: str, *, sample: str = "", truth: str = "") -> Subject:
        """Return a new subject; what belongs to an older one is no longer shown."""
        return Subject(self._runs.next(), product, sample, truth)

    def idle(self, product: Product) -> Updates:
        """Say which detectors could answer, before there is an image."""
        subject, panels = self.start(product.key), self._peek(product)
        header = payload.header(subject, "empty", rate=0.0, note=self._describe_lack(panels))
        states = {one.detector: self._state(subject, one, is_idle=True) for one in panels}
        return {"header": header, **states}

    def fail(self, product: Product | None, error: InspectionError) -> Updates:
        """Say why there is no result, and which detectors of a known product could answer."""
        title = messages.ERROR_TITLE if isinstance(error, ImageError) else messages.ERROR_OTHER
        subject = self.start("" if product is None else product.key)
        panels = [] if product is None else self._peek(product)
        hide = self.catalog.places.hide
        shown = InspectionError(hide(error.problem), hide(error.fix))
        header = payload.error_header(subject, shown, title=title)
        states = {one.detector: self._state(subject, one, is_idle=True) for one in panels}
        return {"header": header, **states}

    def _peek(self, product: Product) -> list[Panel]:
        return [self.catalog.channels.peek(product, name) for name in self.catalog.detectors]

    def _state(self, subject: Subject, panel: Panel, *, is_idle: bool = False) -> Payload:
        """Say where a detector stands, in words for visitors."""
        hide = self.catalog.places.hide
        learns_here = self.catalog.workshop is not None and subject.product.startswith(f"{OWN}/")
        is_own = learns_here and panel.status is Status.MISSING
        fix = "" if is_own else hide(panel.fix)
        shown = replace(panel, problem=hide(panel.problem), fix=fix)
        return payload.panel_state(subject, shown, is_idle=is_idle)

    def inspect_upload(
        self, product: Product, path: Path, *, is_wanted: bool = False
    ) -> Iterator[Updates]:
        """Inspect a file that a visitor has uploaded.

        Args:
            product: that it is said to show.
            path: of the file.
            is_wanted: whether it is inspected even if it does not look like the product.

        Raises:
            ImageError: it cannot be read.
        """
        image = open_upload(path, reading=load_reading(product.folder))
        subject = self.start(product.key)
        yield from self._inspect(product, subject, image, is_wanted=is_wanted)

    def inspect_sample(
        self, sample: Sample, product: Product, *, is_wanted: bool = False
    ) -> Iterator[Updates]:
        """Inspect an image of a product's dataset.

        Args:
            sample: of the product.
            product: whose detectors are run.
            is_wanted: whether it is inspected even if it does not look like the product.

        Raises:
            InspectionError: it cannot be read.
        """
        image = open_sample(sample)
        mask = read_mask(sample, image.pixels.shape[:2])
        subject = self.start(product.key, sample=sample.id, truth=_truth(sample))
        yield from self._inspect(product, subject, image, mask=mask, is_wanted=is_wanted)

    def _inspect(
        self,
        product: Product,
        subject: Subject,
        opened: OpenedImage,
        *,
        is_wanted: bool,
        mask: Mask | None = None,
    ) -> Iterator[Updates]:
        """Yield the picture with every panel's state, each answer as it comes, and the end."""
        image, panels = opened.pixels, self._peek(product)
        loaded = LoadedProduct(self.catalog, product, tuple(self.catalog.detectors))
        settings = self.catalog.settings(product)
        known = (self._describe_lack(panels), opened.note, loaded.describe_seen(image))
        note = " ".join(filter(None, known))

        def header(state: str, note: str) -> Payload:
            wanted, rate = settings.rate(), loaded.rate
            return payload.header(subject, state, rate=rate, wanted=wanted, note=note)

        yield {
            "header": header("running", note),
            "image": encode_preview(image),
            "picture": payload.picture(subject, image, mask),
            **{one.detector: self._state(subject, _begin(one)) for one in panels},
        }
        familiarity, unlike = loaded.check_familiarity(image)
        running = {panel.detector for panel in panels if panel.channel or panel.is_to_load}
        if familiarity is not None and not familiarity.is_familiar and not is_wanted:
            yield {
                "header": self._unfamiliar(product, subject, familiarity, note),
                **dict.fromkeys(running, payload.panel_skipped(subject)),
            }
            return
        for name, step in loaded.predict_all(image):
            if name in running:
                yield {name: self._step(subject, name, step)}
        notes = (self.catalog.places.hide(unlike), note)
        worth = self._worths.of(product)
        yield {"header": {**header("done", " ".join(filter(None, notes))), "worth": worth}}

    def _step(self, subject: Subject, name: str, step: Panel | Answer) -> Payload:
        """Say that a detector is at work, what it has answered, or what keeps it from it."""
        if isinstance(step, Panel):
            if step.channel is not None:
                return payload.panel_running(subject)
            return self._state(subject, step)
        if step.channel.calibration.gives_verdicts:
            return payload.panel_result(subject, step)
        return payload.panel_named(subject, step, self.catalog.detectors[name].title)

    def _describe_lack(self, panels: Sequence[Panel]) -> str:
        """Say which detectors a product has no training images for; mostly nothing."""
        unable = {one.detector for one in panels if one.status is Status.UNABLE}
        if not unable:
            return ""
        shown = messages.LACKS_GOOD.format(names=join_names(self.catalog.titles(unable)))
        detectors = self.catalog.detectors
        untrained = [detectors[one.detector] for one in panels if one.status is Status.MISSING]
        return f"{shown} {describe_namers(untrained)}." if untrained else shown

    def _unfamiliar(
        self, product: Product, subject: Subject, familiarity: Familiarity, note: str
    ) -> Payload:
        alike = None
        if (key := familiarity.looks_like) is not None:
            name = self.catalog.product(key).category
            alike = {"key": key, "name": key if name == product.category else name}
        return payload.unfamiliar_header(
            subject, product.category, familiarity.reason, alike=alike, note=note
        )


def _begin(panel: Panel) -> Panel:
    """Return how a panel looks while a run begins: what has failed before is about to be tried."""
    return Panel(panel.detector, Status.LOADING) if panel.is_to_load else panel


def _truth(sample: Sample) -> str:
    return GOOD if sample.defect_type is None else sample.defect_type.replace("_", " ")
