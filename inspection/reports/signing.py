"""Who has inspected, and their remark, as a report carries them: bounded, on one line each."""

import unicodedata

from inspection.errors import ReportError

MOST_AUTHOR = 80
MOST_REMARK = 500
"""Letters; more of a remark would push the large picture off the first page."""

UNSEEN = {"Cc", "Cs"}  # control characters and halves of letters, which no format may hold


def sign(author: str, remark: str) -> tuple[str, str]:
    """Return author and remark ready for a report.

    Letters of any script stay. Line breaks, control characters and runs of blanks become a blank.

    Raises:
        ReportError: one of them is too long.
    """
    return (
        _bounded("name of who has inspected", author, MOST_AUTHOR),
        _bounded("remark", remark, MOST_REMARK),
    )


def _bounded(what: str, text: str, most: int) -> str:
    seen = (" " if unicodedata.category(one) in UNSEEN else one for one in text)
    line = " ".join("".join(seen).split())
    if len(line) > most:
        raise ReportError(
            f"The {what} has {len(line)} letters; a report has room for {most}.", "Shorten it."
        )
    return line
