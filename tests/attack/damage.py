"""Single changes of a stored file: a value, a key, a byte, the end; seeded."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

Place = tuple[str | int, ...]


def changes(path: Path, *, most: int, seed: int = 0) -> Iterator[tuple[str, bytes | None]]:
    """Yield what was done, and the content of the file then; None where it is removed.

    Args:
        path: of a JSON file or any other.
        most: values, keys and bytes that are changed, each.
        seed: of what is chosen.
    """
    rng = np.random.default_rng(seed)
    data = path.read_bytes()
    yield "removed", None
    yield "emptied", b""
    for share in (0.3, 0.99):
        yield f"cut at {share}", data[: int(share * len(data))]
    for place in _choose(range(len(data)), most, rng):
        changed = bytearray(data)
        changed[place] ^= 1 << int(rng.integers(8))
        yield f"bit of byte {place}", bytes(changed)
    if path.suffix == ".json":
        yield from _change_json(json.loads(data), most, rng)


def _change_json(content: Any, most: int, rng: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    leaves, keys = list(_leaves(content)), list(_keys(content))
    for place in _choose(leaves, most, rng):
        yield f"value of {_name(place)}", _with(content, place, _other(_at(content, place)))
    for place in _choose(keys, most, rng):
        name = str(place[-1])
        yield f"without {_name(place)}", _with(content, place, None, rename="")
        renamed = f"{name}s"
        yield f"{_name(place)} renamed", _with(content, place, None, rename=renamed)


def _other(value: Any) -> Any:
    """Return another value of the same kind."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case float():
            return value * 1.01 + 0.001
        case str():
            return f"{value[:-1]}{'0' if value[-1:] != '0' else '1'}"
        case None:
            return 1
    return [] if value else [1]


def _leaves(content: Any, place: Place = ()) -> Iterator[Place]:
    if isinstance(content, dict | list) and content:
        items = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in items:
            yield from _leaves(value, (*place, key))
    else:
        yield place


def _keys(content: Any, place: Place = ()) -> Iterator[Place]:
    if isinstance(content, dict | list):
        items = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in items:
            if isinstance(content, dict):
                yield (*place, key)
            yield from _keys(value, (*place, key))


def _at(content: Any, place: Place) -> Any:
    for key in place:
        content = content[key]
    return content


def _with(content: Any, place: Place, value: Any, *, rename: str | None = None) -> bytes:
    """Return the text with another value, or with a key renamed, or, called "", removed."""
    changed = copy.deepcopy(content)
    if not place:
        return json.dumps(value).encode()
    inner = _at(changed, place[:-1])
    if rename is None:
        inner[place[-1]] = value
    else:
        old = inner.pop(place[-1])
        if rename:
            inner[rename] = old
    return json.dumps(changed, indent=1, ensure_ascii=False).encode()


def _choose(found: Any, most: int, rng: np.random.Generator) -> list[Any]:
    """Return at most so many of them, the first ones always: they are the fields of the file."""
    if len(found) <= most:
        return list(found)
    rest = rng.choice(np.arange(most // 2, len(found)), most - most // 2, replace=False)
    return [found[place] for place in (*range(most // 2), *sorted(map(int, rest)))]


def _name(place: Place) -> str:
    return "/".join(map(str, place))
