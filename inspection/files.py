"""Files replaced as a whole, so that no reader ever sees half of one; JSON and CSV."""

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from inspection.command_line import train_again
from inspection.errors import CheckpointError, ReportError

FORMAT = 1
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


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


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a JSON file as a whole, so that no reader ever sees half of it."""
    with replace_text(path) as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
        file.write("\n")


def read_json(path: Path, *, fix: str | None = None) -> dict[str, Any]:
    """Return a JSON object of this format.

    Args:
        path: a file beside the weights of a detector, unless a remedy is given.
        fix: what to do about one that cannot be used; by default to train the detector again.

    Raises:
        CheckpointError: missing, damaged or of another version.
    """
    remedy = fix or train_again(path.parent)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(f"{path} is missing.", remedy) from error
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged ({error}).", remedy) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} was written by another version.", remedy)
    return content


def csv_text(rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows below the names of all their columns; what a row lacks stays empty."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(_plain, columns))
    writer.writerows([_plain(row.get(name, "")) for name in columns] for row in rows)
    return text.getvalue()


def _plain(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; `eda/web/csv.js` does the same.

    Names of files and categories come from anywhere (OWASP: CSV injection). Numbers stay numbers.
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def write_csv(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows, if there are any, in UTF-8 with the byte-order mark that Excel needs.

    Raises:
        ReportError: the folder cannot be written, or another program keeps the file to itself.
    """
    if rows:
        write_whole(path, csv_text(rows), encoding="utf-8-sig")
