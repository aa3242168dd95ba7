"""Reports as files: which formats there are, and writing them so that nothing is half written."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from inspection.errors import ReportError, SettingsError
from inspection.files import replace_bytes, try_writing
from inspection.reports.html import make_html
from inspection.reports.records import Report, make_csv, make_json


def _pdf(report: Report) -> bytes:
    from inspection.reports.pdf import make_pdf  # fonts and PDF are read only when asked for

    return make_pdf(report)


FORMATS: Mapping[str, Callable[[Report], bytes]] = {
    "pdf": _pdf,
    "html": lambda report: make_html(report).encode(),
    "csv": lambda report: make_csv(report).encode("utf-8-sig"),  # Excel needs the mark
    "json": lambda report: make_json(report).encode(),
}
WITH_PICTURES = frozenset({"pdf", "html"})


def check_formats(text: str) -> tuple[str, ...]:
    """Return the formats named in a list with commas.

    Raises:
        SettingsError: one of them does not exist, or there is none.
    """
    names = tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        raise SettingsError(
            f"There is no report format {', '.join(unknown)}."
            if unknown
            else "No report format is named.",
            f"Choose from {', '.join(FORMATS)}, separated by commas.",
        )
    return names


def prepare_folder(out: Path) -> None:
    """Make a folder and check that it can be written, before any work is done for it.

    Raises:
        ReportError: it cannot.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        try_writing(out)
    except OSError as error:
        raise _not_writable(out, error) from error


def write_report(report: Report, out: Path, formats: Sequence[str]) -> list[Path]:
    """Write `report.FORMAT` files into a folder, each replaced as a whole, and return them.

    Raises:
        ReportError: a file cannot be written; the one that was there before is as it was.
    """
    written = []
    for name in formats:
        path = out / f"report.{name}"
        content = FORMATS[name](report)
        try:
            replace_bytes(path, content)
        except OSError as error:
            raise _not_writable(path, error) from error
        written.append(path)
    return written


def _not_writable(path: Path, error: OSError) -> ReportError:
    return ReportError(
        f"{path} cannot be written ({error.strerror}).",
        "Close it elsewhere, mend its rights, or choose another folder with --out.",
    )
