"""Commands whose options are the fields of one record, and records as commands to paste."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from inspection.paths import quote, quote_path

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


Options = TypeVar("Options", bound="DataclassInstance")


def takes(
    kind: type[Options],
) -> Callable[[Callable[[Options], None]], Callable[..., None]]:
    """Give a command the fields of a record as its options; it is called with the record."""

    def decorate(command: Callable[[Options], None]) -> Callable[..., None]:
        @wraps(command)
        def called(**given: Any) -> None:
            command(kind(**given))

        parameters = [
            inspect.Parameter(
                one.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if one.default is MISSING else one.default,
                annotation=one.type,
            )
            for one in fields(kind)
        ]
        called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return called

    return decorate


def write_command(name: str, options: "DataclassInstance") -> str:
    """Return the command line that calls a command with such options; defaults are left out."""
    given = ((one, getattr(options, one.name)) for one in fields(options))
    words = [word for one, value in given if value != one.default for word in _write(one, value)]
    return " ".join(["python cli.py", name, *words])


def _write(one: Field[Any], value: object) -> Iterator[str]:
    (option,) = one.type.__metadata__  # type: ignore[union-attr]
    # Typer takes the first name of an annotated option for its default
    flag = f"--{one.name.replace('_', '-')}" if option.default is ... else option.default
    if isinstance(value, bool):
        yield flag.split("/")[0 if value else 1]
    elif isinstance(value, list):
        for item in value:
            yield f"{flag} {quote(str(item))}"
    else:
        yield f"{flag} {quote_path(value) if isinstance(value, Path) else quote(str(value))}"
