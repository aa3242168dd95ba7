"""A visitor's video: scores over time while they are found, and a frame of it as a photograph."""

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from inspection.errors import DatasetError, ImageError, InspectionError
from inspection.images import write_png
from inspection.joint import JOINT
from inspection.names import decide_outcome
from inspection.products.catalog import Catalog
from inspection.products.inspecting import load_product
from inspection.products.product import Product
from inspection.products.videos import InspectedFrame, inspect_frames
from inspection.uploads.films import open_film
from ui.inspect import messages as tab_messages
from ui.inspect.video import messages
from ui.parts.safe_image import find_upload
from ui.parts.updates import Payload

MOST_FRAMES = 600
RATES = (1, 2, 5, 10)  # frames per second that can be chosen
MOST_KEPT = 8  # frames of a video that lie beside it
GROWTH = 12  # an answer holds all frames: it goes out again when there are a twelfth more
REQUEST = ("run", "upload", "perSecond", "rate", "isWanted", "at")


class Films:
    """Inspects videos with the detectors of a catalogue; holds nothing of any visitor."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def inspect(self, product: object, request: Mapping[str, object]) -> Iterator[Payload]:
        """Yield what is known of a video so far, more and more; the last one says how it ended.

        Args:
            product: key of the product.
            request: what is named in `REQUEST`, as a browser has sent it.
        """
        told: Payload = {"run": request.get("run"), "frames": [], "note": "", "seconds": None}
        try:
            known, path, per_second = self._read(product, request)
            for told in self._inspect(known, path, per_second, request):
                yield {**told, "state": "running"}
            yield {**told, "state": "done"}
        except InspectionError as error:
            yield {**told, "state": "problem", "problem": self.catalog.places.hide(str(error))}

    def open_frame(self, request: Mapping[str, object]) -> Payload:
        """Return what a frame is called once it lies among the uploads, or the sentence why not."""
        try:
            path, at = _find(request.get("upload")), request.get("at")
            if not isinstance(at, float | int) or not math.isfinite(at):
                raise DatasetError(tab_messages.UNREADABLE_REQUEST, tab_messages.RELOAD)
            with open_film(path, at=float(at)) as film:
                (frame,) = film.frames
            _forget_oldest(path)
            kept = path.with_name(f"{path.stem}_{at:.2f}s.png")
            write_png(kept, frame.pixels)
        except InspectionError as error:
            return {"problem": self.catalog.places.hide(str(error))}
        return {"upload": f"{Path(str(request['upload'])).parent.as_posix()}/{kept.name}"}

    def _read(self, key: object, request: Mapping[str, object]) -> tuple[Product, Path, int]:
        """Return product, file and frames per second, if there are such."""
        per_second, rate = request.get("perSecond"), request.get("rate")
        if (
            not isinstance(key, str)
            or not isinstance(per_second, int)
            or per_second not in RATES
            or not (rate is None or isinstance(rate, float))
        ):
            raise DatasetError(tab_messages.UNREADABLE_REQUEST, tab_messages.RELOAD)
        return self.catalog.product(key), _find(request.get("upload")), per_second

    def _inspect(
        self, product: Product, path: Path, per_second: float, request: Mapping[str, object]
    ) -> Iterator[Payload]:
        rate = request.get("rate")
        loaded = load_product(self.catalog, product)
        if not loaded.detectors:
            raise DatasetError(tab_messages.NOTHING_TO_REPORT, tab_messages.NOTHING_TO_REPORT_FIX)
        told: Payload = {"run": request.get("run"), "note": ""}
        with open_film(path, per_second=per_second) as film:
            length = film.info.seconds or 0.0
        if length * per_second > MOST_FRAMES:
            per_second = MOST_FRAMES / length
            told["note"] = messages.SPARSER.format(most=MOST_FRAMES, every=1 / per_second)
        frames: list[Payload] = []
        with open_film(path, per_second=per_second) as film:
            told |= {"seconds": length, "perSecond": per_second}
            for frame in inspect_frames(
                loaded,
                film.frames,
                name=path.name,
                false_alarm_rate=rate if isinstance(rate, float) else None,
                is_wanted=request.get("isWanted") is True,
            ):
                if len(frames) == MOST_FRAMES:
                    told["note"] = messages.CUT.format(most=MOST_FRAMES)
                    break
                frames.append(_encode(frame))
                if len(frames) % max(1, len(frames) // GROWTH) == 0:
                    yield {**told, "frames": list(frames)}
        yield {**told, "frames": frames}


def _encode(frame: InspectedFrame) -> Payload:
    found = frame.inspection
    values = {one.detector: round(one.relative_score, 4) for one in found.findings}
    if found.joint is not None and len(found.findings) > 1:
        values[JOINT] = round(found.joint.relative_score, 4)
    return {
        "at": round(frame.seconds, 4),
        "outcome": decide_outcome(found).value,
        "isFlagged": frame.is_flagged,
        "values": values,
    }


def _find(upload: object) -> Path:
    path = find_upload(upload)
    if path is None or not path.is_file():
        raise ImageError(messages.GONE, messages.GONE_FIX)
    return path


def _forget_oldest(path: Path) -> None:
    """Let no more frames lie beside a video than are of use."""
    kept = sorted(path.parent.glob("*.png"), key=lambda one: one.stat().st_mtime)
    for one in kept[: max(0, len(kept) - MOST_KEPT + 1)]:
        with suppress(OSError):  # another request was faster
            one.unlink()
