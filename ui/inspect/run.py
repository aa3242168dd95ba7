"""From an image to slots, one detector after another: what the viewer is told and when."""

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspection.errors import ImageError, InspectionError
from inspection.ground_truth import read_mask
from inspection.images import OpenedImage, open_image, open_sample, pixel_hash
from inspection.names import (
    describe_namers,
    describe_naming,
    describe_seen,
    describe_unfamiliar,
    join_names,
)
from inspection.pipeline import answer
from inspection.products.catalog import Catalog
from inspection.products.familiarity import FamiliarityCheck
from inspection.products.panels import FAILURES, Panel, Status, stopped
from inspection.types import Familiarity, Mask, Naming, RGBImage, Sample
from ui.inspect import messages
from ui.parts.images import encode_preview
from ui.viewer import payload
from ui.viewer.payload import Slot, Subject

Slots = dict[str, Any]
"""Slot name -> its new value; what is not named stays as it is."""


class RunCounter:
    """Numbers for runs, growing across restarts too: a page left open follows the newest."""

    def __init__(self) -> None:
        self._count = itertools.count(time.time_ns() // 1_000_000)
        self._lock = threading.Lock()

    def next(self) -> int:
        """Return a number higher than all before."""
        with self._lock:
            return next(self._count)


class Runner:
    """Inspects images with the detectors of a catalogue; holds nothing of any visitor."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._runs = RunCounter()
        self._familiarity = FamiliarityCheck(catalog)

    def start(self, product: str, *, sample: str = "", truth: str = "") -> Subject:
        """Return a new subject; what belongs to an older one is no longer shown."""
        return Subject(self._runs.next(), product, sample, truth)

    def idle(self, product: str) -> Slots:
        """Say which detectors could answer, before there is an image."""
        subject = self.start(product)
        header = payload.header(subject, "empty", rate=0.0, note=self._lack(product))
        return {"header": header, **self._idle_panels(subject)}

    def fail(self, product: str, error: InspectionError) -> Slots:
        """Say why there is no result, and which detectors of a known product could answer."""
        title = messages.ERROR_TITLE if isinstance(error, ImageError) else messages.ERROR_OTHER
        subject = self.start(product)
        panels = self._idle_panels(subject) if product in self.catalog.products else {}
        told = InspectionError(
            self.catalog.hide_folders(error.problem), self.catalog.hide_folders(error.fix)
        )
        return {"header": payload.error_header(subject, told, title=title), **panels}

    def _idle_panels(self, subject: Subject) -> Slots:
        return {
            name: self._state(subject, self.catalog.peek(subject.product, name), is_idle=True)
            for name in self.catalog.detectors
        }

    def _state(self, subject: Subject, panel: Panel, *, is_idle: bool = False) -> Slot:
        """Say where a detector stands, in words for visitors."""
        problem, fix = (
            self.catalog.hide_folders(panel.problem),
            self.catalog.hide_folders(panel.fix),
        )
        told = replace(panel, problem=problem, fix=fix)
        return payload.panel_state(subject, told, is_idle=is_idle)

    def inspect_upload(
        self, product: str, path: Path, *, is_wanted: bool = False
    ) -> Iterator[Slots]:
        """Inspect a file that a visitor has uploaded.

        Args:
            product: key of the product.
            path: of the file.
            is_wanted: whether it is inspected even if it does not look like the product.

        Raises:
            ImageError: it cannot be read.
        """
        image = open_image(path, reading=self.catalog.reading(product))
        yield from self._inspect(self.start(product), image, is_wanted=is_wanted)

    def inspect_sample(
        self, sample: Sample, product: str, *, is_wanted: bool = False
    ) -> Iterator[Slots]:
        """Inspect an image of a product's dataset.

        Args:
            sample: of the product.
            product: its key.
            is_wanted: whether it is inspected even if it does not look like the product.

        Raises:
            InspectionError: it cannot be read.
        """
        image = open_sample(sample)
        mask = read_mask(sample, image.pixels.shape[:2])
        subject = self.start(product, sample=sample.id, truth=_truth(sample))
        yield from self._inspect(subject, image, mask=mask, is_wanted=is_wanted)

    def _inspect(
        self, subject: Subject, opened: OpenedImage, *, is_wanted: bool, mask: Mask | None = None
    ) -> Iterator[Slots]:
        """Yield the picture with every panel's state, each answer as it comes, and the end."""
        names = self.catalog.detectors
        image = opened.pixels
        known = (self._lack(subject.product), opened.note, self._seen(subject.product, image))
        note = " ".join(filter(None, known))
        panels = {name: self.catalog.peek(subject.product, name) for name in names}
        yield {
            "header": self._header(subject, "running", note),
            "image": encode_preview(image),
            "picture": payload.picture(subject, image, mask),
            **{name: self._state(subject, _begin(panel)) for name, panel in panels.items()},
        }
        familiarity, unchecked = self._check(subject.product, image)
        asked = [panel for panel in panels.values() if panel.channel or panel.is_to_load]
        unfamiliar = describe_unfamiliar(self._category(subject.product), familiarity)
        if familiarity is not None and unfamiliar and not is_wanted:
            yield {
                "header": self._unfamiliar(subject, familiarity, note),
                **{panel.detector: payload.panel_skipped(subject) for panel in asked},
            }
            return
        for panel in asked:
            for slot in self._answer(subject, panel, image):
                yield {panel.detector: slot}
        notes = " ".join(filter(None, (unfamiliar, unchecked, note)))
        yield {"header": self._header(subject, "done", notes)}

    def _check(self, product: str, image: RGBImage) -> tuple[Familiarity | None, str]:
        """Tell whether an image shows a product, or the note why nobody knows."""
        try:
            return self._familiarity.check(product, image), ""
        except (InspectionError, *FAILURES) as error:
            return None, self.catalog.hide_folders(str(error))

    def _unfamiliar(self, subject: Subject, familiarity: Familiarity, note: str) -> Slot:
        category = self._category(subject.product)
        alike = None
        if (key := familiarity.looks_like) is not None:
            name = self._category(key)
            alike = {"key": key, "name": key if name == category else name}
        return payload.unfamiliar_header(
            subject, category, familiarity.reason, alike=alike, note=note
        )

    def _category(self, product: str) -> str:
        return self.catalog.product(product).category

    def _header(self, subject: Subject, state: str, note: str) -> Slot:
        wanted = self.catalog.wanted_rate(subject.product)
        rate = self._rate(subject)
        return payload.header(subject, state, rate=rate, wanted=wanted, note=note)

    def _lack(self, product: str) -> str:
        """Say which detectors a product has nothing to learn from for; mostly nothing."""
        detectors = self.catalog.detectors
        panels = [self.catalog.peek(product, name) for name in detectors]
        unable = [self._title(one) for one in panels if one.status is Status.UNABLE]
        if not unable:
            return ""
        told = messages.LACKS_GOOD.format(names=join_names(unable))
        untrained = [detectors[one.detector] for one in panels if one.status is Status.MISSING]
        return f"{told} {describe_namers(untrained)}." if untrained else told

    def _title(self, panel: Panel) -> str:
        return self.catalog.detectors[panel.detector].title

    def _seen(self, product: str, image: RGBImage) -> str:
        """Say which detectors know the image, whatever it is called."""
        saw = self.catalog.detectors_that_saw(product, pixel_hash(image))
        return describe_seen([self.catalog.detectors[name].title for name in saw])

    def _answer(self, subject: Subject, panel: Panel, image: RGBImage) -> Iterator[Slot]:
        """Load a detector if need be and yield its answer, or what keeps it from answering."""
        try:
            if panel.is_to_load:
                panel = self.catalog.load(subject.product, panel.detector)
            if panel.channel is None:
                yield self._state(subject, panel)
                return
            yield payload.panel_running(subject)
            rate = self._rate(subject, panel)
            found = answer(panel.channel, image, false_alarm_rate=rate)
            if isinstance(found, Naming):
                said = describe_naming(found, self._title(panel))
                yield payload.panel_named(subject, panel.channel, found, said)
            else:
                yield payload.panel_result(subject, panel.channel, found)
        except (InspectionError, *FAILURES) as error:
            yield self._state(subject, stopped(panel.detector, error))

    def _rate(self, subject: Subject, *panels: Panel) -> float:
        """Return the product's rate, as far as the detectors loaded by now support it."""
        known = [self.catalog.peek(subject.product, name) for name in self.catalog.detectors]
        calibrations = [
            panel.channel.calibration for panel in (*known, *panels) if panel.channel is not None
        ]
        return self.catalog.rate(subject.product, calibrations)


def _begin(panel: Panel) -> Panel:
    """Return how a panel looks while a run begins: what has failed before is about to be tried."""
    return Panel(panel.detector, Status.LOADING) if panel.is_to_load else panel


def _truth(sample: Sample) -> str:
    return messages.GOOD if sample.defect_type is None else sample.defect_type.replace("_", " ")
