"""The latest request of a visitor on a tab replaces older ones: a debounce without a delay."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Show = Callable[..., Iterator[dict[str, Any]]]
"""Takes the values of a request by their names, and yields what to show."""

_LOCK = threading.Lock()  # one for all: it is held for a few lines, and a request must be copyable


@dataclass(slots=True, eq=False)
class LatestRequest:
    """What one visitor wants to see now: a newer request replaces an older one.

    It is recorded without waiting, and answered when its turn in the queue comes. Only one answer
    is given at a time, and it goes over to the newest request by itself: so what belongs to an
    older request is never sent after what belongs to a newer one. A debounce by what is newest,
    not by time.

    Attributes:
        values: what is requested, by name.
        sent: what the page was sent last, by name, as far as the tab needs to know.
    """

    values: dict[str, Any]
    sent: dict[str, Any] = field(default_factory=dict)
    _latest: int = 0
    _shown: int = 0
    _numbers: dict[str, int] = field(default_factory=dict)
    _changes: int = 0
    _begun: int = 0
    _is_showing: bool = False

    def update(self, number: object, **values: Any) -> None:
        """Ask for other values; what is not named stays, and without any, all stays as it is.

        Args:
            number: counts the requests in the browser; they may overtake one another on the way.
            values: by name; one from an older request than the value that is held is left out.
        """
        given = number if isinstance(number, int) else 0
        with _LOCK:
            newer = {
                name: value for name, value in values.items() if given >= self._numbers.get(name, 0)
            }
            self._latest = max(self._latest, given)
            if newer:
                self.values = {**self.values, **newer}
                self._numbers |= dict.fromkeys(newer, given)
                self._changes += 1

    @property
    def shown(self) -> int:
        """Number of the newest request that is shown, or was answered by what is shown."""
        return self._latest if self._begun == self._changes else self._shown

    @property
    def is_answered(self) -> bool:
        """Whether nothing is left to be shown, nor is being shown."""
        return self._begun == self._changes and not self._is_showing

    def answer(self, show: Show) -> Iterator[dict[str, Any]]:
        """Show the newest request until there is none that was not shown; at most one at a time."""
        values = self._begin()
        try:
            while values is not None:
                for updates in show(**values):
                    if self._begun != self._changes:
                        break
                    yield updates
                values = self._begin(goes_on=True)
        finally:
            if values is not None:  # broken off: the visitor has gone, or it has failed
                self._is_showing = False

    def _begin(self, *, goes_on: bool = False) -> dict[str, Any] | None:
        """Return the newest request; None if it was begun, or if another answer sees to it."""
        with _LOCK:
            if self._is_showing and not goes_on:
                return None
            self._is_showing = self._begun != self._changes
            if not self._is_showing:
                return None
            self._begun = self._changes
            self._shown = self._latest
            return self.values
