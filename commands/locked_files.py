"""Files that people look at while a command works: Excel on Windows locks what it shows."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from inspection.errors import ReportError


@contextmanager
def tolerate_locked_files() -> Iterator[None]:
    """Say which table or figure cannot be written, and go on: what it shows is kept elsewhere."""
    try:
        yield
    except ReportError as error:
        typer.echo(f"Warning: {error}", err=True)
