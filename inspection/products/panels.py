"""Where a detector of a product stands, and what people are told when it cannot answer."""

from dataclasses import dataclass
from enum import StrEnum

from inspection.detector import Channel
from inspection.errors import InspectionError, explain, first_line, is_out_of_memory

FAILURES = (ImportError, RuntimeError, MemoryError, TypeError, ValueError, OSError)
"""What a detector may die of without a sentence of its own: memory, a driver, an install."""


class Status(StrEnum):
    """Where a detector of a product stands."""

    READY = "ready"
    LOADING = "loading"
    MISSING = "missing"
    ABSENT = "absent"  # missing, and nobody expects it
    UNABLE = "unable"  # missing, and the dataset has nothing that it could learn from
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One detector of a product; `channel` is there if and only if it is ready.

    Attributes:
        problem: what is wrong, when it is missing or broken.
        fix: what to do about it.
    """

    detector: str
    status: Status
    channel: Channel | None = None
    problem: str = ""
    fix: str = ""

    @property
    def is_to_load(self) -> bool:
        """Tell whether the next inspection loads it."""
        return self.status in (Status.LOADING, Status.BROKEN)


def stopped(detector: str, error: BaseException) -> Panel:
    """Return the panel of a detector that an InspectionError or one of `FAILURES` has stopped."""
    if isinstance(error, InspectionError) or is_out_of_memory(error):
        told = explain(error)
        return Panel(detector, Status.BROKEN, problem=told.problem, fix=told.fix)
    return Panel(
        detector,
        Status.BROKEN,
        problem=f"It stopped while working ({first_line(error)}).",
        fix="Try again; if it happens again, train it anew.",
    )
