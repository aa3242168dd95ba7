"""A report of what a visitor looks at, made in memory and handed to the browser."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inspection.detector import Channel
from inspection.errors import CheckpointError, DatasetError, ImageError, InspectionError
from inspection.images import OpenedImage, open_image, open_sample, pixel_hash
from inspection.names import describe_seen, describe_silent, describe_unfamiliar
from inspection.pipeline import answer
from inspection.products.catalog import Catalog
from inspection.products.familiarity import FamiliarityCheck
from inspection.products.identity import identify
from inspection.products.panels import FAILURES
from inspection.reports.formats import FORMATS, WITH_PICTURES
from inspection.reports.records import Report, make_item, shorten
from inspection.types import Familiarity, Finding, Inspection, Naming, RGBImage
from ui.inspect import messages
from ui.inspect.run import RunCounter

Slot = dict[str, Any]

MAX_NAME_BYTES = 100
REQUEST = ("format", "rate", "product", "sample")


class Reporter:
    """Makes reports with the detectors of a catalogue; holds nothing of any visitor."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._numbers = RunCounter()
        self._familiarity = FamiliarityCheck(catalog)

    def make(self, request: Mapping[str, object], upload: Path | None) -> Slot:
        """Return a file for the browser, or the sentence why there is none.

        Args:
            request: what is named in `REQUEST`, as a browser has sent it.
            upload: the visitor's own image, which counts where no sample is named.
        """
        try:
            return {"number": self._numbers.next(), **self._make(request, upload)}
        except InspectionError as error:
            return {
                "number": self._numbers.next(),
                "problem": self.catalog.hide_folders(str(error)),
            }

    def _make(self, request: Mapping[str, object], upload: Path | None) -> Slot:
        kind, rate, product, sample = (request.get(name) for name in REQUEST)
        if (
            not (isinstance(kind, str) and kind in FORMATS)
            or not (isinstance(product, str) and product in self.catalog.products)
            or not isinstance(rate, float)
        ):
            raise DatasetError(messages.UNREADABLE_REQUEST, messages.RELOAD)
        name, image = self._find(product, sample, upload)
        report = self._report(product, name, image, rate=rate, has_pictures=kind in WITH_PICTURES)
        return {
            "name": f"{_plain(name)}_report.{kind}",
            "format": kind,
            "content": base64.b64encode(FORMATS[kind](report)).decode(),
        }

    def _find(self, product: str, sample: object, upload: Path | None) -> tuple[str, OpenedImage]:
        """Return name and image; a sample is looked up by its id, never used as a path."""
        if isinstance(sample, str) and sample:
            found = self.catalog.any_sample(product, sample)
            return found.id, open_sample(found)
        if upload is None or not upload.is_file():
            raise ImageError(messages.GONE_PROBLEM, messages.GONE_FIX)
        return upload.name, open_image(upload, reading=self.catalog.reading(product))

    def _report(
        self, product: str, name: str, opened: OpenedImage, *, rate: float, has_pictures: bool
    ) -> Report:
        image = opened.pixels
        channels: dict[str, Channel] = {}
        answers: list[Finding | Naming] = []
        for detector in self.catalog.detectors:
            channel = self.catalog.load(product, detector).channel
            if channel is None:
                continue
            try:
                answers.append(answer(channel, image, false_alarm_rate=rate))
            except (CheckpointError, *FAILURES):  # its panel says why; the others still answer
                continue
            channels[detector] = channel
        if not answers:
            raise DatasetError(messages.NOTHING_TO_REPORT, messages.NOTHING_TO_REPORT_FIX)
        trained = (self.catalog.detectors[name] for name in self.catalog.trained(product))
        silent = [info.title for info in trained if info.name not in channels]
        familiarity, unfamiliar = self._check(product, image)
        notes = (opened.note, unfamiliar, self._seen(product, image), describe_silent(silent))
        note = " ".join(filter(None, notes))
        inspection = Inspection.of(name, image, answers, familiarity)
        return Report(
            created=datetime.now(UTC).replace(microsecond=0),
            false_alarm_rate=rate,
            identity=identify(self.catalog.product(product), channels, self.catalog.detectors),
            items=(make_item(inspection, note=note, has_pictures=has_pictures),),
        )

    def _check(self, product: str, image: RGBImage) -> tuple[Familiarity | None, str]:
        """Tell whether an image shows a product, with the note that it does not, or why unknown."""
        try:
            found = self._familiarity.check(product, image)
        except (InspectionError, *FAILURES) as error:
            return None, str(error)
        return found, describe_unfamiliar(self.catalog.product(product).category, found)

    def _seen(self, product: str, image: RGBImage) -> str:
        saw = self.catalog.detectors_that_saw(product, pixel_hash(image))
        return describe_seen([self.catalog.detectors[name].title for name in saw])


def _plain(name: str) -> str:
    """Return what a file may be called after an image, without folders or suffix."""
    stem = Path(name).with_suffix("").as_posix().replace("/", "_")
    return shorten(stem, MAX_NAME_BYTES)
