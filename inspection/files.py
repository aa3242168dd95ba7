"""Files and folders replaced as a whole, so that no reader ever sees half; JSON and CSV."""

import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from inspection.errors import CheckpointError, ReportError, first_line
from inspection.paths import train_again

FORMAT = 1
SEALED = 2
"""The format of JSON files that hold their own hash under `SEAL`."""
SEAL = "sha256"
RENAME_SECONDS = 0.3
"""Whoever replaces a folder needs far less between the two renames."""
LITTER_SECONDS = 24 * 3600  # far longer than any checkpoint takes to write
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def replace_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of `path` when the block ends well.

    Raises:
        OSError: the folder cannot be written; it names `path`.
    """
    with naming(path), ExitStack() as undo:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.tmp-", dir=path.parent)
        fresh = Path(name)
        undo.callback(fresh.unlink, missing_ok=True)
        with os.fdopen(handle, "wb") as file:
            yield file
        fresh.chmod(0o644)  # mkstemp makes files private
        fresh.replace(path)
        undo.pop_all()


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let errors of the system name what a person knows instead of nothing or of a file beside it.

    Raises:
        OSError: as inside.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def replace_bytes(path: Path, content: bytes) -> None:
    """Put a file in place of `path` in one step.

    Raises:
        OSError: the folder cannot be written.
    """
    with replace_file(path) as file:
        file.write(content)


@contextmanager
def replace_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder that takes the place of `target` when the block ends well.

    Whenever it is interrupted, `target` is either as it was before or complete; what was left
    beside it by those that were killed is removed after a day.

    Raises:
        CheckpointError: another program keeps the old folder to itself.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _clear(target)
    remove_litter(target.parent)
    with naming(target), ExitStack() as undo:
        fresh = Path(tempfile.mkdtemp(prefix=f"{target.name}.tmp-", dir=target.parent))
        undo.callback(shutil.rmtree, fresh, ignore_errors=True)
        yield fresh
        undo.pop_all()  # the block ended well: there is nothing to undo
    try:
        fresh.chmod(0o755)  # mkdtemp makes folders private
        if target.exists():
            target.replace(_aside(target))
        fresh.replace(target)
    except OSError as error:
        _clear(target)
        raise CheckpointError(
            f"The checkpoint could not be put at {target} ({error.strerror}).",
            f"It is complete in {fresh}: close what uses the old one, and rename it.",
        ) from error
    _clear(target)


def recover_folder(target: Path) -> None:
    """Bring back the folder that a killed program has left aside between two renames."""
    aside = _aside(target)
    if not target.is_dir() and aside.is_dir():
        time.sleep(RENAME_SECONDS)  # the program may be alive, between its two renames
        if not target.is_dir():
            with suppress(OSError):  # somebody else was faster, or may not write
                aside.rename(target)


def _clear(target: Path) -> None:
    """Remove the folder that was left aside, once `target` is there."""
    recover_folder(target)
    if target.is_dir():
        shutil.rmtree(_aside(target), ignore_errors=True)


def remove_litter(folder: Path) -> None:
    """Remove the files and folders that programs that were killed have left in a folder.

    What is younger than a day may be somebody's, and so may what was left aside by a rename.
    """
    for left in (*folder.glob("*.tmp-*"), *folder.glob("*.partial")):
        with suppress(OSError):  # another program may have removed it meanwhile
            if left.name.endswith(".tmp-old") or not is_left(left):
                continue
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink()


def is_left(path: Path) -> bool:
    """Return whether a file or folder, with what lies in it, was not written for a day.

    Raises:
        OSError: it is gone.
    """
    inside = path.iterdir() if path.is_dir() and not path.is_symlink() else ()
    newest: float = max(one.lstat().st_mtime for one in (path, *inside))
    return time.time() - newest > LITTER_SECONDS


def _aside(target: Path) -> Path:
    return target.with_name(f"{target.name}.tmp-old")


def try_writing(folder: Path) -> None:
    """Check that files can be written into a folder, before any work is done for them.

    Raises:
        OSError: they cannot.
    """
    with tempfile.TemporaryFile(dir=folder):
        pass


def write_whole(path: Path, text: str, *, encoding: str = "utf-8") -> None:
    """Replace a text file that people look at, unless it says the same already; make its folder.

    Raises:
        ReportError: the folder cannot be written, or another program keeps the file to itself.
    """
    content = text.encode(encoding)
    with suppress(OSError):
        if path.read_bytes() == content:
            return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(path, content)
    except OSError as error:
        raise ReportError(
            f"{path} cannot be written ({error.strerror or error}).",
            "Close it in other programs, such as Excel, or choose a folder where you may write.",
        ) from error


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a JSON file as a whole, so that no reader ever sees half of it."""
    text = json.dumps(content, indent=1, ensure_ascii=False)
    replace_bytes(path, f"{text}\n".encode())


def write_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a JSON file that nobody edits by hand; what is changed in it later is noticed."""
    sealed = {"format": SEALED, **content}
    write_json(path, {**sealed, SEAL: _seal(sealed)})


def unsealed(content: Any) -> dict[str, Any]:
    """Return the values of a JSON file without its format and its seal, which must fit.

    What was written before there were seals has none.

    Raises:
        ValueError: it is of another version, or was changed.
    """
    if not isinstance(content, dict) or content.get("format") not in (FORMAT, SEALED):
        raise ValueError("it is of another version")
    rest = {name: value for name, value in content.items() if name != SEAL}
    if (content["format"] == SEALED or SEAL in content) and content.get(SEAL) != _seal(rest):
        raise ValueError("it was changed after it was written")
    del rest["format"]
    return rest


def _seal(content: Mapping[str, Any]) -> str:
    """Return the hash of values, however they are laid out as text."""
    plain = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def read_json(path: Path, *, fix: str | None = None, digest: str | None = None) -> dict[str, Any]:
    """Return a JSON object of this format.

    Args:
        path: a file beside the weights of a detector, unless a remedy is given.
        fix: what to do about one that cannot be used; by default to train the detector again.
        digest: the SHA-256 that it must have.

    Raises:
        CheckpointError: missing, damaged, changed or of another version.
    """
    remedy = fix or train_again(path.parent)
    content = _parse(path, remedy, digest)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} was written by another version.", remedy)
    return content


def read_sealed(path: Path, *, fix: str) -> dict[str, Any]:
    """Return what `write_sealed` was given, or what was written before there were seals.

    Args:
        path: of the file.
        fix: what to do about one that cannot be used.

    Raises:
        CheckpointError: missing, damaged, changed or of another version.
    """
    content = _parse(path, fix)
    with checked_content(path, fix=fix):
        return unsealed(content)


def _parse(path: Path, remedy: str, digest: str | None = None) -> Any:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise CheckpointError(f"{path} is missing.", remedy) from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror}).", remedy) from error
    if digest is not None and hashlib.sha256(data).hexdigest() != digest:
        raise CheckpointError(
            f"{path} is not as it was written with the files beside it: it was changed, damaged "
            "or exchanged.",
            remedy,
        )
    try:
        return json.loads(data)
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged ({first_line(error)}).", remedy) from error


@contextmanager
def checked_content(path: Path, *, fix: str | None = None) -> Iterator[None]:
    """Say that a file is damaged, with the remedy as for `read_json`, if its content does not fit.

    Raises:
        CheckpointError: it does not.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        remedy = fix or train_again(path.parent)
        raise CheckpointError(f"{path} is damaged ({first_line(error)}).", remedy) from error


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
