"""What the named endpoints answer: products, thresholds and inspections, as plain values."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from inspection.errors import CheckpointError, ImageError
from inspection.findings import Inspection
from inspection.joint import join
from inspection.names import Outcome, decide_outcome
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import read_calibration
from inspection.products.identity import identify
from inspection.products.inspecting import LoadedProduct, inspect_product, load_product
from inspection.products.product import Product
from inspection.products.reading import load_reading
from inspection.reports.json import report_values
from inspection.reports.records import Item, Report, Row, Unread, make_item
from inspection.types import Calibration
from inspection.uploads.reader import open_upload
from ui.api import messages
from ui.api.values import (
    image_file,
    name_image,
    read_flags,
    read_list,
    read_product,
    read_rate,
)

PER = 100
DIGITS = 4
TINY = 1e-9  # 1 / 101 is not always written the same


class Answers:
    """Answers with the detectors of a catalogue; holds nothing of any visitor."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def products(self) -> list[Row]:
        """Return what can be inspected; a product whose files are damaged is named with why."""
        self._catalog.refresh()
        trained = self._catalog.checkpoints.matching
        return [self._describe(one) for one in self._catalog.products.values() if trained(one)]

    def _describe(self, product: Product) -> Row:
        about: Row = {"product": product.key, "problem": ""}
        try:
            calibrations = self._calibrations(product)
            rate = self._catalog.settings(product).rate(calibrations.values())
        except CheckpointError as error:
            return {**about, "problem": self._catalog.places.shorten(str(error))}
        detectors = [self._about(name, one) for name, one in calibrations.items()]
        own = {"false_alarms_per_100": _per_hundred(rate)}
        return {**about, **own, "detectors": detectors, "joint": _about_joint(calibrations)}

    def thresholds(self, product: object, false_alarms_per_100: object = None) -> Row:
        """Return the threshold of each detector of a product at a rate.

        Raises:
            InspectionError: there is no such product, or its parts do not support the rate.
        """
        found = read_product(self._catalog, product)
        calibrations = self._calibrations(found)
        asked = read_rate(false_alarms_per_100)
        own = self._catalog.settings(found).rate(calibrations.values())
        rate = own if asked is None else asked
        judging = {name: one for name, one in calibrations.items() if one.gives_verdicts}
        return {
            "product": found.key,
            "false_alarms_per_100": _per_hundred(rate),
            "detectors": [
                {**self._about(name, one), "threshold": one.threshold(rate)}
                for name, one in judging.items()
            ],
            "joint": _about_joint(calibrations, rate),
        }

    def _calibrations(self, product: Product) -> Mapping[str, Calibration]:
        names = self._catalog.checkpoints.matching(product)
        return {name: read_calibration(product.folder / name).calibration for name in names}

    def _about(self, name: str, calibration: Calibration) -> Row:
        floor = calibration.floor if calibration.gives_verdicts else None
        return {
            "detector": name,
            "title": self._catalog.detectors[name].title,
            "good_parts": calibration.num_normal,
            "lowest_false_alarms_per_100": None if floor is None else _per_hundred(floor),
        }

    def inspect(
        self,
        product: object,
        image: object,
        false_alarms_per_100: object = None,
        anyway: object = False,
        overlays: object = False,
    ) -> Row:
        """Return what is found in one image, as a report has it.

        Raises:
            InspectionError: there is no such product or rate, or the image cannot be inspected.
        """
        rate, flags = read_rate(false_alarms_per_100), read_flags(anyway=anyway, overlays=overlays)
        report = self._report(read_product(self._catalog, product), [image], rate, **flags)
        if report.unread:
            raise ImageError(report.unread[0].problem, report.unread[0].fix)
        return report_values(report, has_overlays=True)

    def inspect_batch(
        self,
        product: object,
        images: object,
        false_alarms_per_100: object = None,
        anyway: object = False,
        overlays: object = False,
    ) -> Row:
        """Return what is found in several images, and which could not be inspected.

        Raises:
            InspectionError: there is no such product or rate.
        """
        rate, flags = read_rate(false_alarms_per_100), read_flags(anyway=anyway, overlays=overlays)
        found = read_product(self._catalog, product)
        report = self._report(found, read_list(images), rate, **flags)
        return report_values(report, has_overlays=True)

    def _report(
        self,
        product: Product,
        images: Sequence[object],
        rate: float | None,
        *,
        anyway: bool,
        overlays: bool,
    ) -> Report:
        loaded = load_product(self._catalog, product)
        rate = loaded.rate if rate is None else rate
        # before an image is inspected, so that a checkpoint replaced meanwhile changes nothing
        identity = identify(product, loaded.channels, self._catalog.detectors)
        items: list[Item] = []
        unread: list[Unread] = []
        for number, value in enumerate(images, 1):
            try:
                with image_file(value) as path:
                    found = _inspect(loaded, path, rate=rate, is_wanted=anyway)
                items.append(make_item(found, has_pictures=overlays))
            except ImageError as error:
                unread.append(Unread(name_image(value, number), error.problem, error.fix))
        return Report(
            created=datetime.now(UTC).replace(microsecond=0),
            false_alarm_rate=rate,
            identity=identity,
            items=tuple(items),
            unread=tuple(unread),
        )


def _inspect(loaded: LoadedProduct, path: Path, *, rate: float, is_wanted: bool) -> Inspection:
    opened = open_upload(path, reading=load_reading(loaded.product.folder))
    found = inspect_product(
        loaded,
        opened.pixels,
        source=path.name,
        note=opened.note,
        false_alarm_rate=rate,
        is_wanted=is_wanted,
    )
    if decide_outcome(found) is Outcome.NAMED and not found.namings:
        raise ImageError(messages.NO_ANSWER, messages.NO_ANSWER_FIX)
    return found


def _about_joint(calibrations: Mapping[str, Calibration], rate: float | None = None) -> Row | None:
    """Return what the joint verdict rests on; None where there is none, be it at this rate.

    It has no threshold before there is an image: the image is standardised with the good parts.
    """
    joint = join(calibrations)
    if joint is None or (rate is not None and rate < joint.floor - TINY):
        return None
    return {
        "detectors": list(joint.calibrations),
        "blind": list(joint.blind),
        "good_parts": len(joint.units),
        "lowest_false_alarms_per_100": _per_hundred(joint.floor),
    }


def _per_hundred(rate: float) -> float:
    return round(PER * rate, DIGITS)
