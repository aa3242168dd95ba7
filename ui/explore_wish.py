"""What one visitor wants to see on a tab with sub-tabs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Show = Callable[..., Iterator[dict[str, Any]]]
"""Takes view, filters and page, and yields what to show."""


@dataclass(slots=True, eq=False)
class Wish:
    """What one visitor wants to see now: a newer wish ends the showing of an older one.

    It is asked for without waiting, and read when its turn in the queue comes.

    Attributes:
        filters: what is chosen above and on the sub-tabs.
        number: counts the wishes.
        begun: the last one that was begun to be shown.
    """

    view: str = "overview"
    filters: tuple[object, ...] = ()
    page: object = 0
    number: int = 0
    begun: int = 0

    def ask(self, *filters: object, view: str | None = None, page: object = 0) -> None:
        """Wish for another sub-tab (the same by default), filter or page."""
        self.view, self.filters, self.page = view or self.view, filters, page
        self.number += 1

    def fulfil(self, show: Show) -> Iterator[dict[str, Any]]:
        """Show the newest wish, unless that is being shown already, until there is a newer one."""
        number = self.number
        if number == self.begun:
            return
        self.begun = number
        for slots in show(self.view, *self.filters, self.page):
            if number != self.number:
                return
            yield slots
