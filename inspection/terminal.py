"""What both programs, the page and the commands, ask of the terminal that they are started from."""

import io
import json
import logging
import re
import signal
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from inspection.errors import SettingsError

logger = logging.getLogger(__name__)

MOST_LOG = 5_000_000  # bytes of a file; four are kept
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters of a name that would do something to a terminal, or turn what follows around."""

ROOMS = ("inspection", "detectors", "eda", "ui", "commands")


def accept_all_characters() -> None:
    """Write what a stream has no letter for as a question mark: a pipe on Windows knows few."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def raise_interrupts() -> None:
    """Let Ctrl+C raise `KeyboardInterrupt` again.

    While the programs import their libraries it ends them at once: a traceback would tell nothing.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def say(line: str, *, err: bool = False) -> None:
    """Write a line that is read at once, be it through a pipe, and that moves no cursor."""
    stream = sys.stderr if err else sys.stdout
    stream.write(f"{make_harmless(line)}\n")
    stream.flush()


def report_error(sentence: object) -> None:
    """Say what ends a program while its error is being handled."""
    logger.info("%s", sentence, exc_info=True)
    sys.stderr.write(f"Error: {make_harmless(str(sentence))}\n")


def show_log() -> None:
    """Write to stderr, with its traceback, what people otherwise see as a sentence alone."""
    handler = logging.StreamHandler()
    handler.setFormatter(HarmlessFormatter("%(levelname)s %(name)s: %(message)s"))
    for room in ROOMS:
        logger = logging.getLogger(room)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)


def write_log(path: str | None) -> None:
    """Write what is logged into a file, a JSON record a line; the file is replaced when large.

    Raises:
        SettingsError: it cannot be written.
    """
    if path is None:
        return
    try:
        handler = RotatingFileHandler(
            Path(path).expanduser(), maxBytes=MOST_LOG, backupCount=3, encoding="utf-8"
        )
    except OSError as error:
        raise SettingsError(
            f"The log {path} cannot be written ({error.strerror}).", "Choose another --log-file."
        ) from error
    handler.setFormatter(JsonFormatter())
    for name in (*ROOMS, "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        if name in ROOMS:
            logger.setLevel(logging.INFO)


def make_harmless(text: str) -> str:
    """Return a text in which no character does anything to a terminal."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


class HarmlessFormatter(logging.Formatter):
    """Formats for a terminal: a file's name may hold characters that move its cursor."""

    def format(self, record: logging.LogRecord) -> str:
        return make_harmless(super().format(record))


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON on one line: time, level, room, message, `fields` and traceback."""

    def format(self, record: logging.LogRecord) -> str:
        content = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "room": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            content["traceback"] = self.formatException(record.exc_info)
        return json.dumps(content, ensure_ascii=False)
