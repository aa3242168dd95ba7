"""Who sends how much: a bound for each visitor, told apart by session and by address."""

import ipaddress
import time
from collections import OrderedDict
from dataclasses import dataclass

from ui.gate.refusals import TOO_OFTEN, Refused

MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """How many requests are answered at once, and how many more a second."""

    burst: float
    per_second: float


SESSION_RATE = Rate(60, 20)  # a slider asks about ten times a second
ADDRESS_RATE = Rate(400, 100)  # many visitors may share an address
UPLOAD_RATE = Rate(20, 1)
LOGIN_RATE = Rate(10, 0.1)


class Buckets:
    """Counts what each sender has left of a rate (a token bucket)."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, sender: str, count: float = 1) -> None:
        """Count requests of a sender.

        Raises:
            Refused: there are too many.
        """
        left = self._count_left(sender)
        self._left[sender] = (left - count if left >= count else left, time.monotonic())
        self._left.move_to_end(sender)
        while len(self._left) > MOST_KNOWN:
            self._left.popitem(last=False)
        self._refuse(left, count)

    def check(self, sender: str) -> None:
        """See that a sender may send one more, and count nothing.

        Raises:
            Refused: there are too many.
        """
        self._refuse(self._count_left(sender), 1)

    def _count_left(self, sender: str) -> float:
        now = time.monotonic()
        left, at = self._left.get(sender, (self._rate.burst, now))
        return min(self._rate.burst, left + (now - at) * self._rate.per_second)

    def _refuse(self, left: float, count: float) -> None:
        if left < count:
            wait = max(1, round((count - left) / self._rate.per_second))
            raise Refused(429, TOO_OFTEN, wait=wait)


def is_own(address: str) -> bool:
    """Return whether a request comes from this machine itself, not through a proxy."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
