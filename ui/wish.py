"""What one visitor of a tab wants to see now."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Show = Callable[..., Iterator[dict[str, Any]]]
"""Takes the values of a wish by their names, and yields what to show."""

_LOCK = threading.Lock()  # one for all: it is held for a few lines, and a wish must be copyable


@dataclass(slots=True, eq=False)
class Wish:
    """What one visitor wants to see now: a newer wish ends the showing of an older one.

    It is asked for without waiting, and shown when its turn in the queue comes. Only one showing
    goes on at a time, and goes over to the newest wish by itself: so what belongs to an older
    wish is never sent after what belongs to a newer one.

    Attributes:
        values: what is wished for, by name.
        shown: number of the wish that is shown.
        sent: what the page holds already and need not be sent again, as the tab pleases.
    """

    values: dict[str, Any]
    shown: int = 0
    sent: dict[str, object] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _changes: int = 0
    _begun: int = 0
    _is_showing: bool = False

    def ask(self, number: object, **values: Any) -> None:
        """Wish for other values; what is not named stays.

        Args:
            number: counts the wishes in the browser, whose requests may overtake one another.
            values: by name; one from an older wish than the value that is held is left out.
        """
        given = number if isinstance(number, int) else 0
        with _LOCK:
            newer = {
                name: value for name, value in values.items() if given >= self._numbers.get(name, 0)
            }
            if newer:
                self.values = {**self.values, **newer}
                self._numbers |= dict.fromkeys(newer, given)
                self._changes += 1

    def fulfil(self, show: Show) -> Iterator[dict[str, Any]]:
        """Show the newest wish until there is none that was not shown; at most one at a time."""
        values = self._begin()
        try:
            while values is not None:
                for slots in show(**values):
                    if self._begun != self._changes:
                        break
                    yield slots
                values = self._begin(goes_on=True)
        finally:
            if values is not None:  # broken off: the visitor has gone, or it has failed
                self._is_showing = False

    def _begin(self, *, goes_on: bool = False) -> dict[str, Any] | None:
        """Return the newest wish; None if it was begun, or if another showing sees to it."""
        with _LOCK:
            if self._is_showing and not goes_on:
                return None
            self._is_showing = self._begun != self._changes
            if not self._is_showing:
                return None
            self._begun = self._changes
            self.shown = max(self._numbers.values())
            return self.values
