"""What both programs, the page and the commands, ask of the terminal that they are started from."""

import io
import logging
import sys

logger = logging.getLogger(__name__)

ROOMS = ("inspection", "detectors", "eda", "ui", "commands")


def accept_all_characters() -> None:
    """Write what a stream has no letter for as a question mark: a pipe on Windows knows few."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(line: str) -> None:
    """Write a line that is read at once, be it through a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def report_error(sentence: object) -> None:
    """Say what ends a program while its error is being handled."""
    logger.info("%s", sentence, exc_info=True)
    sys.stderr.write(f"Error: {sentence}\n")


def show_log() -> None:
    """Write to stderr, with its traceback, what people otherwise see as a sentence alone."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    for room in ROOMS:
        logger = logging.getLogger(room)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
