"""Where a detector of a product stands, and the error that people see when it cannot answer."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from inspection.detector import Channel
from inspection.errors import (
    BreakdownError,
    InspectionError,
    explain,
    first_line,
    is_out_of_memory,
)

Value = TypeVar("Value")

logger = logging.getLogger(__name__)


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
        """Return whether the next inspection loads it."""
        return self.status in (Status.LOADING, Status.BROKEN)

    @property
    def error(self) -> InspectionError:
        """What keeps it from answering."""
        return InspectionError(self.problem, self.fix)


def attempt(
    work: Callable[[], Value],
    *,
    subject: str = "It",
    fix: str = "Try again; if it happens again, train it anew.",
) -> Value | InspectionError:
    """Return what a piece of work gives, or why it gave nothing, in words for people.

    This is the one place where any error is caught in front of people, be it a mistake of the
    program; the log holds it with its traceback.
    """
    try:
        return work()
    except InspectionError as error:
        logger.info("%s", error, exc_info=True)
        return error
    except Exception as error:
        logger.exception("%s stopped while working", subject)
        if is_out_of_memory(error):
            return explain(error)
        return BreakdownError(
            f"{subject} stopped while working ({first_line(error)}).",
            fix,
        )


def stopped(detector: str, error: InspectionError) -> Panel:
    """Return the panel of a detector that an error keeps from answering."""
    return Panel(detector, Status.BROKEN, problem=error.problem, fix=error.fix)
