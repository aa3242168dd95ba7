"""A cache of values, each computed once, and again when what it depends on has changed."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class StampedCache(Generic[Key, Value]):
    """Values by key, each with the stamp of what it was made from; safe between threads."""

    def __init__(self) -> None:
        self._held: dict[Key, tuple[object, Value]] = {}

    def get(self, key: Key, stamp: object, make: Callable[[], Value]) -> Value:
        """Return the value of a key, made anew unless it was made under an equal stamp."""
        held = self._held.get(key)
        if held is None or held[0] != stamp:
            held = self._held[key] = (stamp, make())
        return held[1]

    def put(self, key: Key, stamp: object, value: Value) -> None:
        """Take note of a value that was made under a stamp."""
        self._held[key] = (stamp, value)

    def peek(self, key: Key, stamp: object) -> Value | None:
        """Return the value of a key if it was made under an equal stamp."""
        held = self._held.get(key)
        return held[1] if held is not None and held[0] == stamp else None

    def forget(self, key: Key) -> None:
        """Make the value of a key anew the next time."""
        self._held.pop(key, None)
