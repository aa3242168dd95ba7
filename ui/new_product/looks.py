"""Looks at the photographs of products, made in the background once for all visitors."""

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspection.embedding import Embed
from inspection.errors import InspectionError
from inspection.preprocess import Progress
from inspection.products.own import OwnProducts
from inspection.products.panels import attempt
from inspection.progress import Monitor
from ui.new_product import messages

if TYPE_CHECKING:
    from eda.first_look import FirstLook

MOST = 20  # looks that are kept
OVERHEAD = 5.0  # seconds to load PyTorch
WORK: Mapping[str, tuple[float, float]] = {
    "patchcore": (300.0, 25.0),
    "cae": (6000.0, 8.0),
    "unet": (8000.0, 8.0),
}
"""Detector -> its work, and that for each photograph, in times of comparing one photograph."""


@dataclass(slots=True, eq=False)
class Look:
    """One look at the photographs of a product: under way, done or failed."""

    ids: tuple[str, ...]
    done: int = 0
    total: int = 0
    result: "FirstLook | None" = None
    problem: str = ""


class Looks:
    """What the photographs of each product are like, as they were last looked at."""

    def __init__(self, own: OwnProducts, embed: Embed | None) -> None:
        self._own, self._embed = own, embed
        self._looks: dict[str, Look] = {}
        self._lock = threading.Lock()
        self._turn = threading.Semaphore(1)

    def peek(self, name: str) -> Look | None:
        """Return the last look at a product, without beginning one."""
        return self._looks.get(name)

    def open(self, name: str, ids: tuple[str, ...]) -> Look | None:
        """Return the look at these photographs of a product, begun if need be; None without any."""
        if self._embed is None or not ids:
            return None
        with self._lock:
            look = self._looks.get(name)
            if look is None or look.ids != ids:
                self._looks.pop(name, None)
                while len(self._looks) >= MOST:
                    self._looks.pop(next(iter(self._looks)))
                look = self._looks[name] = Look(ids)
                arguments = (name, look, self._embed)
                threading.Thread(target=self._run, args=arguments, daemon=True).start()
        return look

    def _run(self, name: str, look: Look, embed: Embed) -> None:
        def track(*_: str) -> AbstractContextManager[Progress]:
            def progress(done: int, total: int) -> None:
                look.done, look.total = done, total

            return nullcontext(progress)

        def is_outdated() -> bool:
            return self._looks.get(name) is not look

        def work() -> "FirstLook":
            from eda.first_look import look_at  # imports pandas

            with self._turn:
                monitor = Monitor(track=track, is_stopped=is_outdated)
                monitor.check()
                return look_at(self._own.read(name), embed, monitor=monitor)

        found = attempt(work, subject="The look at the photographs", fix=messages.RELOAD)
        if isinstance(found, InspectionError):
            look.problem = str(found)
        else:
            look.result = found


def describe_look(look: Look | None) -> dict[str, Any] | None:
    """Return a look as JSON; None where there is none."""
    if look is None:
        return None
    if look.result is None:
        words = messages.LOOKING.format(done=look.done, total=look.total or len(look.ids))
        return {"busy": not look.problem, "words": look.problem or words}
    return {
        "busy": False,
        "findings": [
            {
                "severity": one.severity.value,
                "text": one.text,
                "advice": one.advice,
                "groups": [{"ids": group.ids, "note": group.note} for group in one.groups[:MOST]],
            }
            for one in look.result.findings
        ],
        "odd": [{"id": one.ids[0], "note": one.note} for one in look.result.odd],
    }


def estimate_seconds(look: Look | None, detector: str) -> float | None:
    """Return about how long a detector learns on this machine; None where that is not known."""
    if look is None or look.result is None or detector not in WORK or not look.result.seconds:
        return None
    fixed, each = WORK[detector]
    return OVERHEAD + look.result.seconds * (fixed + each * len(look.ids))
