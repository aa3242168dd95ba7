"""Reports as files: the formats, one line each, and writing them whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from inspection.errors import ReportError, SettingsError
from inspection.files import replace_bytes, try_writing
from inspection.reports.records import Report


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """A kind of file that a report can be.

    Attributes:
        name: in options and file names.
        media_type: as browsers know it.
        location: MODULE:FUNCTION that makes the file, imported when it is asked for.
        has_pictures: whether it shows the images.
    """

    name: str
    media_type: str
    location: str
    has_pictures: bool = False

    def make(self, report: Report) -> bytes:
        """Return a report as a file of this format."""
        module, _, function = self.location.partition(":")
        made: bytes = getattr(import_module(module), function)(report)
        return made


_LISTED = (
    ReportFormat("pdf", "application/pdf", "inspection.reports.pdf:make_pdf", has_pictures=True),
    ReportFormat("html", "text/html", "inspection.reports.html:make_html", has_pictures=True),
    ReportFormat("csv", "text/csv", "inspection.reports.csv:make_csv"),
    ReportFormat("json", "application/json", "inspection.reports.json:make_json"),
)
FORMATS: Mapping[str, ReportFormat] = {one.name: one for one in _LISTED}


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
        content = FORMATS[name].make(report)
        try:
            replace_bytes(path, content)
        except OSError as error:
            raise _not_writable(path, error) from error
        written.append(path)
    return written


def _not_writable(path: Path, error: OSError) -> ReportError:
    return ReportError(
        f"{path} cannot be written ({error.strerror}).",
        "Close it elsewhere, correct its permissions, or choose another folder with --out.",
    )
