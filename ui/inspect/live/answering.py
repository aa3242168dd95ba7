"""Who may ask with a camera, and the answers: one frame in flight per visitor, none queued."""

import threading
import time
from collections.abc import Callable, Mapping

from inspection.errors import DatasetError, InspectionError
from inspection.products.catalog import Catalog
from inspection.products.inspecting import inspect_product, load_product
from inspection.products.product import Product
from inspection.products.reading import load_reading
from ui.inspect import messages as tab_messages
from ui.inspect.live import messages
from ui.inspect.live.frames import MAX_SIDE, describe_frame, read_frame
from ui.parts.updates import Payload

MAX_LIVE = 4  # visitors whose cameras run; each has one frame in flight
GONE_AFTER = 12.0  # seconds without a frame, after which a visitor has left
LEAST_SIDE = 256  # of a frame, its longer side
REQUEST = ("number", "frame", "rate", "isWanted", "isStart", "isEnd")


class Seats:
    """Seats for visitors whose cameras run; safe between threads.

    Args:
        most: visitors at the same time.
        clock: in seconds.
    """

    def __init__(self, most: int = MAX_LIVE, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._seen: dict[str, float] = {}
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def enter(self, visitor: str) -> str:
        """Take a visitor's turn: "taken", "busy" while an answer is under way, or "full"."""
        with self._lock:
            now = self._clock()
            for one in [one for one, at in self._seen.items() if now - at > GONE_AFTER]:
                if one not in self._busy:
                    del self._seen[one]
            if visitor in self._busy:
                return "busy"
            if visitor not in self._seen and len(self._seen) >= self._most:
                return "full"
            self._seen[visitor] = now
            self._busy.add(visitor)
            return "taken"

    def leave(self, visitor: str, *, is_end: bool = False) -> None:
        """End a visitor's turn; with `is_end` the camera is off and the seat is free."""
        with self._lock:
            self._busy.discard(visitor)
            if is_end:
                self._seen.pop(visitor, None)
            elif visitor in self._seen:
                self._seen[visitor] = self._clock()


class Live:
    """Inspects frames with the detectors of a catalogue; holds no picture of any visitor."""

    def __init__(self, catalog: Catalog, seats: Seats | None = None) -> None:
        self.catalog = catalog
        self.seats = seats or Seats()

    def answer(self, product: object, request: Mapping[str, object]) -> Payload:
        """Return what a frame shows, how frames are wanted, or the sentence why there is none.

        Args:
            product: key of the product.
            request: what is named in `REQUEST`, as a browser has sent it.
        """
        number = request.get("number")
        answered = {"number": number if isinstance(number, int) else 0}
        try:
            known = self._find(product)
            if request.get("isStart") is True:
                return {**answered, "state": "ready", **self._wanted(known)}
            return {**answered, "state": "done", **self._inspect(known, request)}
        except InspectionError as error:
            return {**answered, "state": "problem", "problem": self.catalog.places.hide(str(error))}

    def _find(self, key: object) -> Product:
        if not isinstance(key, str):
            raise DatasetError(tab_messages.UNREADABLE_REQUEST, messages.RELOAD)
        return self.catalog.product(key)

    def _wanted(self, product: Product) -> Payload:
        """Return shape and size of frames: those of the training images, as far as is known."""
        loaded = load_product(self.catalog, product)
        if not loaded.detectors:
            raise DatasetError(tab_messages.NOTHING_TO_REPORT, tab_messages.NOTHING_TO_REPORT_FIX)
        sizes = [channel.detector.input_size for channel in loaded.channels.values()]
        side = 2 * max(max(size) for size in sizes)
        aspect = sizes[0][1] / sizes[0][0]
        aspects = (aspect, aspect)
        model = self.catalog.familiarity.model(product)
        if model is not None:
            aspects = model.sizes.aspects
            side = min(side, round(max(*model.sizes.heights, *model.sizes.widths)))
        return {"aspects": list(aspects), "side": min(MAX_SIDE, max(LEAST_SIDE, side))}

    def _inspect(self, product: Product, request: Mapping[str, object]) -> Payload:
        rate = request.get("rate")
        if rate is not None and not isinstance(rate, float):
            raise DatasetError(tab_messages.UNREADABLE_REQUEST, messages.RELOAD)
        image = read_frame(request.get("frame"), load_reading(product.folder))
        begun = time.perf_counter()
        found = inspect_product(
            load_product(self.catalog, product),
            image,
            false_alarm_rate=rate,
            is_wanted=request.get("isWanted") is True,
        )
        titles = {name: info.title for name, info in self.catalog.detectors.items()}
        shown = describe_frame(found, product.category, titles)
        shown["sub"] = self.catalog.places.hide(shown["sub"])
        return {**shown, "seconds": round(time.perf_counter() - begun, 4)}


def refuse(request: Mapping[str, object], seat: str) -> Payload:
    """Return what a visitor is told who has no turn now."""
    number = request.get("number")
    answered = {"number": number if isinstance(number, int) else 0, "state": seat}
    if seat != "full":
        return answered
    return {**answered, "problem": f"{messages.FULL.format(n=MAX_LIVE)} {messages.FULL_FIX}"}
