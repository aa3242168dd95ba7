"""What not every system and disk knows: links, and names of any letters."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def where_possible() -> Iterator[None]:
    """Skip the test where the disk refuses, as Windows and exFAT do."""
    try:
        yield
    except OSError as error:
        pytest.skip(f"this disk cannot do that: {error.strerror}")


def make_link(path: Path, target: Path) -> None:
    """Let a path lead to a file or folder."""
    with where_possible():
        path.symlink_to(target, target_is_directory=target.is_dir())
