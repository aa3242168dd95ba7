"""Many images, one request each: a row per image, and what a report of all of them needs."""

import base64
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from inspection.errors import DatasetError, ImageError, InspectionError
from inspection.findings import Inspection
from inspection.images import OpenedImage, open_sample
from inspection.joint import JOINT
from inspection.names import decide_outcome, describe_namings
from inspection.overlay import stretch_flags
from inspection.products.catalog import Catalog
from inspection.products.identity import Identity, identify
from inspection.products.inspecting import LoadedProduct, inspect_product, load_product
from inspection.products.panels import attempt
from inspection.products.product import Product
from inspection.products.reading import load_reading
from inspection.reports.extent import Extent
from inspection.reports.formats import FORMATS
from inspection.reports.records import Item, Report, make_item, shorten
from inspection.reports.wording import GOOD, find_leading
from inspection.shift import measure_shift
from inspection.types import Sample, Split
from inspection.uploads.reader import open_upload
from ui.inspect import messages as tab_messages
from ui.inspect.batch import messages
from ui.inspect.live.answering import Seats
from ui.parts.images import encode_mask
from ui.parts.safe_image import find_upload
from ui.parts.updates import Payload

MOST = 500  # images of a batch
MOST_NAME_BYTES = 200
MAX_BATCHES = 4  # visitors whose batches run at the same time
REQUEST = (
    *("number", "do", "run", "product", "rate", "isWanted"),
    *("split", "place", "upload", "sample", "name"),
)
Asked = Mapping[str, object]


@dataclass(slots=True, eq=False)
class Kept:
    """What the server keeps of a visitor's batch: small pictures and numbers, of `MOST` images.

    Attributes:
        run: the batch that it is of, as the browser counts them.
        items: by the place of the image in the batch.
        identity: of the detectors, as they were at the start.
        rate: that the thresholds follow from.
    """

    run: object = None
    items: dict[int, Item] = field(default_factory=dict)
    identity: Identity | None = None
    rate: float = 0.0


class Batches:
    """Inspects images of batches with the detectors of a catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.seats = Seats(MAX_BATCHES)
        self._ways: Mapping[str, Callable[[Product, Kept, Asked], Payload]] = {
            "splits": self._list_splits,
            "start": self._start,
            "one": self._inspect,
        }

    def answer(self, kept: Kept, asked: Asked) -> Payload:
        """Return what is asked for, or the sentence why there is nothing.

        Args:
            kept: of this visitor.
            asked: what is named in `REQUEST`, as a browser has sent it.
        """
        number = asked.get("number")
        answered = {"number": number if isinstance(number, int) else 0}
        found = attempt(lambda: self._answer(kept, asked), fix=tab_messages.RELOAD)
        if isinstance(found, InspectionError):
            return {**answered, "problem": self.catalog.places.hide(str(found)).strip()}
        return {**answered, **found}

    def report(self, kept: Kept, asked: Asked) -> Payload:
        """Return the report of what is kept, for the browser, or the sentence why there is none."""
        found = attempt(lambda: self._report(kept, asked), subject="The report")
        if isinstance(found, InspectionError):
            return {"problem": self.catalog.places.hide(str(found)).strip()}
        return found

    def _answer(self, kept: Kept, asked: Asked) -> Payload:
        what, key, rate = asked.get("do"), asked.get("product"), asked.get("rate")
        way = self._ways.get(what) if isinstance(what, str) else None
        is_sound = isinstance(rate, float | None) and isinstance(asked.get("run"), int | None)
        if way is None or not isinstance(key, str) or not is_sound:
            raise _not_understood()
        return way(self.catalog.product(key), kept, asked)

    def _list_splits(self, product: Product, kept: Kept, asked: Asked) -> Payload:  # noqa: ARG002
        """Say which images of the dataset can be chosen."""
        found = ((name, len(self._find_split(product, name))) for name in messages.SPLITS)
        splits = [
            {"name": name, "title": messages.SPLITS[name].format(n=f"{count:,}")}
            for name, count in found
            if count
        ]
        return {"splits": splits}

    def _find_split(self, product: Product, split: object) -> Sequence[Sample]:
        if split == "test":
            return self.catalog.samples.unseen(product)
        listed = self.catalog.datasets.list_all(product)
        own = [one for one in listed if one.category == product.category]
        if split != "held_out":
            return own if split == "all" else ()
        channels = load_product(self.catalog, product).channels.values()
        units = {unit for one in channels for unit in one.calibration.units}
        return [one for one in own if one.unit in units and one.split is not Split.TEST]

    def _start(self, product: Product, kept: Kept, asked: Asked) -> Payload:
        """Begin a batch: forget the one before, and say by which thresholds it is judged."""
        loaded = load_product(self.catalog, product)
        self._begin(loaded, kept, asked)
        judging = {k: one for k, one in loaded.channels.items() if one.calibration.gives_verdicts}
        thresholds = {k: one.calibration.threshold(kept.rate) for k, one in judging.items()}
        good = {
            name: [round(float(one) / max(thresholds[name], 1e-30), 4) for one in scores]
            for name, scores in (
                (k, channel.calibration.normal_scores) for k, channel in judging.items()
            )
        }
        told: Payload = {"rate": kept.rate, "category": product.category, "good": good}
        if asked.get("split") is None:
            return told
        samples = self._find_split(product, asked.get("split"))
        if not samples:
            raise DatasetError(messages.NO_SPLIT, messages.NO_SPLIT_FIX)
        return {**told, "samples": [one.id for one in samples[:MOST]], "count": len(samples)}

    def _begin(self, loaded: LoadedProduct, kept: Kept, asked: Asked) -> None:
        if not loaded.detectors:
            raise DatasetError(tab_messages.NOTHING_TO_REPORT, tab_messages.NOTHING_TO_REPORT_FIX)
        rate = asked.get("rate")
        kept.items = {}
        kept.run = asked.get("run")
        kept.rate = rate if isinstance(rate, float) else loaded.rate
        kept.identity = identify(loaded.product, loaded.channels, self.catalog.detectors)

    def _inspect(self, product: Product, kept: Kept, asked: Asked) -> Payload:
        """Return the row of one image: the sentence why not counts for this image alone."""
        place = asked.get("place")
        if not isinstance(place, int) or not 0 <= place < MOST:
            raise _not_understood()
        loaded = load_product(self.catalog, product)
        if kept.run != asked.get("run"):  # the server was started anew in between
            self._begin(loaded, kept, asked)
        name, image, truth = self._open(product, asked)
        found = inspect_product(
            loaded,
            image.pixels,
            source=name,
            note=image.note,
            false_alarm_rate=kept.rate,
            is_wanted=asked.get("isWanted") is True,
        )
        item = replace(make_item(found, extent=Extent.THUMBNAIL), truth=truth)
        kept.items[place] = item
        row = self._describe(found, item)
        return {"row": row, "drift": self._describe_drift(loaded, kept)}

    def _open(self, product: Product, asked: Asked) -> tuple[str, OpenedImage, str]:
        """Return name, image and what it shows, where that is known; an upload is then let go."""
        sample_id, name = asked.get("sample"), asked.get("name")
        if isinstance(sample_id, str) and sample_id:
            sample = self.catalog.samples.find(product, sample_id)
            return sample.id, open_sample(sample), sample.defect_type or GOOD
        path = find_upload(asked.get("upload"))
        if path is None or not path.is_file():
            raise ImageError(messages.LOST_IMAGE, "")
        called = shorten(name, MOST_NAME_BYTES) if isinstance(name, str) and name else path.name
        try:
            return called, open_upload(path, reading=load_reading(product.folder)), ""
        finally:
            with suppress(OSError):  # what is not removed now goes with the others
                path.unlink()

    def _describe(self, found: Inspection, item: Item) -> Payload:
        values = {one.detector: round(one.relative_score, 4) for one in found.findings}
        if found.joint is not None and len(found.findings) > 1:
            values[JOINT] = round(found.joint.relative_score, 4)
        titles = {name: info.title for name, info in self.catalog.detectors.items()}
        named = [describe_namings(found.namings, titles)] if found.namings else []
        notes = " ".join(filter(None, (*named, *found.notes)))
        masks = {
            one.detector: encode_mask(stretch_flags(one.flagged, item.size) > 0)
            for one in found.findings
            if one.regions
        }
        thumbnail = b"" if item.pictures is None else item.pictures.thumbnail
        return {
            "outcome": decide_outcome(found).value,
            "values": values,
            "region": _describe_region(found),
            "truth": item.truth.replace("_", " "),
            "note": self.catalog.places.hide(notes),
            "masks": masks,
            "thumbnail": base64.b64encode(thumbnail).decode(),
        }

    def _describe_drift(self, loaded: LoadedProduct, kept: Kept) -> Payload:
        """Say of each detector whether the scores so far lie as those of good parts do."""
        scores: dict[str, list[float]] = {}
        for item in kept.items.values():
            for one in item.findings:
                scores.setdefault(one.detector, []).append(one.image_score)
        told = {}
        for name, found in scores.items():
            if (channel := loaded.channels.get(name)) is None:
                continue
            calibration, title = channel.calibration, self.catalog.detectors[name].title
            shift = measure_shift(found, calibration, calibration.threshold(kept.rate))
            if shift is None:
                told[name] = messages.TOO_FEW.format(title=title)
                continue
            k = round(1000 * shift.chance)
            told[name] = (messages.SHIFTED if shift.is_sure else messages.LIKE_GOOD).format(
                title=title,
                n=shift.num_compared,
                x=f"{shift.ratio:.2f}",
                chance=messages.SOMETIMES.format(k=k) if k else messages.SELDOM,
            )
        return told

    def _report(self, kept: Kept, asked: Asked) -> Payload:
        if kept.identity is None or not kept.items or kept.run != asked.get("run"):
            raise DatasetError(messages.NO_ITEMS, messages.NO_ITEMS_FIX)
        items = tuple(kept.items[place] for place in sorted(kept.items))
        made = Report(
            created=datetime.now(UTC).replace(microsecond=0),
            false_alarm_rate=kept.rate,
            identity=kept.identity,
            items=items,
        )
        count = asked.get("place")
        is_whole = not isinstance(count, int) or count <= len(items)
        return {
            "name": f"{kept.identity.category}_{len(items)}_images.pdf",
            "content": base64.b64encode(FORMATS["pdf"].make(made)).decode(),
            "note": "" if is_whole else messages.FEWER.format(held=len(items), n=count),
        }


def refuse(asked: Asked, seat: str) -> Payload:
    """Return what a visitor is told who has no turn now."""
    number = asked.get("number")
    answered = {"number": number if isinstance(number, int) else 0, "seat": seat}
    return answered if seat != "full" else {**answered, "wait": messages.FULL.format(n=MAX_BATCHES)}


def _describe_region(found: Inspection) -> Payload | None:
    """Return the largest region of the finding that leads, in pixels of the image."""
    leading = find_leading(found)
    if leading is None:
        return None
    region = max(leading.regions, key=lambda one: one.area)
    box = region.box
    return {
        "detector": leading.detector,
        "share": round(region.area_share, 6),
        "width": box.right - box.left,
        "height": box.bottom - box.top,
    }


def _not_understood() -> DatasetError:
    return DatasetError(tab_messages.UNREADABLE_REQUEST, tab_messages.RELOAD)
