"""A report of what a visitor looks at, made in memory and handed to the browser."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from inspection.errors import DatasetError, ImageError, InspectionError
from inspection.images import OpenedImage, open_sample
from inspection.products.catalog import Catalog
from inspection.products.identity import identify
from inspection.products.inspecting import inspect_product, load_product
from inspection.products.product import Product
from inspection.products.reading import load_reading
from inspection.reports.formats import FORMATS
from inspection.reports.records import Report, make_item, shorten
from inspection.reports.signing import sign
from inspection.reports.wording import GOOD
from inspection.uploads.reader import open_upload
from ui.inspect import messages
from ui.parts.run_counter import RunCounter
from ui.parts.updates import Payload

MAX_NAME_BYTES = 100
REQUEST = ("format", "rate", "product", "sample", "author", "remark")


class Reporter:
    """Makes reports with the detectors of a catalogue; holds nothing of any visitor."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._numbers = RunCounter()

    def make(self, request: Mapping[str, object], upload: Path | None) -> Payload:
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
                "problem": self.catalog.places.hide(str(error)),
            }

    def _make(self, request: Mapping[str, object], upload: Path | None) -> Payload:
        kind, rate, product, sample, author, remark = (request.get(name) for name in REQUEST)
        if (
            not (isinstance(kind, str) and kind in FORMATS)
            or not (isinstance(product, str) and product in self.catalog.products)
            or not isinstance(rate, float)
            or not all(one is None or isinstance(one, str) for one in (author, remark))
        ):
            raise DatasetError(messages.UNREADABLE_REQUEST, messages.RELOAD)
        signed_by, remarked = sign(str(author or ""), str(remark or ""))
        found = self.catalog.product(product)
        name, image, truth = self._find(found, sample, upload)
        file = FORMATS[kind]
        report = self._report(found, name, image, rate=rate, has_pictures=file.has_pictures)
        report = replace(
            report,
            items=tuple(replace(one, truth=truth) for one in report.items),
            author=signed_by,
            remark=remarked,
        )
        return {
            "name": f"{_plain(name)}_report.{kind}",
            "format": kind,
            "content": base64.b64encode(file.make(report)).decode(),
        }

    def _find(
        self, product: Product, sample: object, upload: Path | None
    ) -> tuple[str, OpenedImage, str]:
        """Return name, image and what it shows, where that is known.

        A sample is looked up by its id, never used as a path.
        """
        if isinstance(sample, str) and sample:
            found = self.catalog.samples.find(product, sample)
            return found.id, open_sample(found), found.defect_type or GOOD
        if upload is None or not upload.is_file():
            raise ImageError(messages.GONE_PROBLEM, messages.GONE_FIX)
        opened = open_upload(upload, reading=load_reading(product.folder))
        return upload.name, opened, ""

    def _report(
        self, product: Product, name: str, image: OpenedImage, *, rate: float, has_pictures: bool
    ) -> Report:
        loaded = load_product(self.catalog, product)
        # before the image is inspected, so that a checkpoint replaced meanwhile changes nothing
        identity = identify(product, loaded.channels, self.catalog.detectors)
        found = inspect_product(
            loaded,
            image.pixels,
            source=name,
            note=image.note,
            false_alarm_rate=rate,
            is_wanted=True,  # the page has said by itself what it does not look like
        )
        if not found.findings and not found.namings:
            raise DatasetError(messages.NOTHING_TO_REPORT, messages.NOTHING_TO_REPORT_FIX)
        answered = [one for one in identity.detectors if one.name not in found.silent]
        return Report(
            created=datetime.now(UTC).replace(microsecond=0),
            false_alarm_rate=rate,
            identity=replace(identity, detectors=tuple(answered)),
            items=(make_item(found, has_pictures=has_pictures),),
        )


def _plain(name: str) -> str:
    """Return what a file may be called after an image, without folders or suffix."""
    stem = Path(name).with_suffix("").as_posix().replace("/", "_")
    return shorten(stem, MAX_NAME_BYTES)
