"""Files replaced as a whole, so that no reader ever sees half of one."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from inspection.errors import ReportError


@contextmanager
def replace_text(path: Path, *, encoding: str = "utf-8") -> Iterator[TextIO]:
    """Open a text file that takes the place of `path` when the block ends well.

    Line ends are written as they are given.

    Raises:
        OSError: the folder cannot be written.
    """
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.tmp-", dir=path.parent)
    fresh = Path(name)
    with ExitStack() as undo:
        undo.callback(fresh.unlink, missing_ok=True)
        with os.fdopen(handle, "w", newline="", encoding=encoding) as file:
            yield file
        fresh.chmod(0o644)  # mkstemp makes files private
        fresh.replace(path)
        undo.pop_all()


def replace_bytes(path: Path, content: bytes) -> None:
    """Put a file in place of `path` in one step.

    Raises:
        OSError: the folder cannot be written.
    """
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.tmp-", dir=path.parent)
    with ExitStack() as undo:
        undo.callback(Path(name).unlink, missing_ok=True)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)  # mkstemp makes files private
        Path(name).replace(path)
        undo.pop_all()


def write_whole(path: Path, text: str, *, encoding: str = "utf-8") -> None:
    """Replace a text file that people look at, unless it says the same already; make its folder.

    Raises:
        ReportError: the folder cannot be written, or another program keeps the file to itself.
    """
    with suppress(OSError):
        if path.read_bytes() == text.encode(encoding):
            return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replace_text(path, encoding=encoding) as file:
            file.write(text)
    except OSError as error:
        raise ReportError(
            f"{path} cannot be written ({error.strerror or error}).",
            "Close it in other programs, such as Excel, or choose a folder where you may write.",
        ) from error
