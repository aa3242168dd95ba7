"""Frames of visitors' cameras: what a browser sends of one, and what it is sent back."""

import base64
import binascii
import tempfile
from collections.abc import Mapping
from pathlib import Path

from inspection.errors import DatasetError, ImageError
from inspection.findings import Inspection
from inspection.images import read_image_size
from inspection.names import OUTCOME_TITLES, Outcome, decide_outcome, describe_joint
from inspection.overlay import trace_outlines
from inspection.types import Reading, RGBImage, Verdict
from inspection.uploads.reader import open_upload
from ui.inspect import messages as tab_messages
from ui.inspect.live import messages
from ui.parts.updates import Payload

MAX_CHARACTERS = 1_500_000  # of a data URI
MAX_SIDE = 1024
HEAD = "data:image/jpeg;base64,"
FLAGGED = (Outcome.DEFECT, Outcome.MIXED)
DIGITS = 4  # of a share of the picture


def read_frame(source: object, reading: Reading) -> RGBImage:
    """Return a frame, a JPEG as a data URI, decoded and checked as an uploaded file is.

    Raises:
        ImageError: it is no such thing, or too large.
    """
    if not isinstance(source, str) or not source.startswith(HEAD) or len(source) > MAX_CHARACTERS:
        raise ImageError(messages.BAD_FRAME, messages.RELOAD)
    try:
        content = base64.b64decode(source[len(HEAD) :], validate=True)
    except binascii.Error as error:
        raise ImageError(messages.BAD_FRAME, messages.RELOAD) from error
    with tempfile.TemporaryDirectory(prefix="defect-lens-") as folder:
        path = Path(folder) / "frame.jpg"
        path.write_bytes(content)
        if max(read_image_size(path)) > MAX_SIDE:
            raise ImageError(messages.LARGE_FRAME.format(side=MAX_SIDE), messages.RELOAD)
        return open_upload(path, reading=reading).pixels


def describe_frame(found: Inspection, category: str, titles: Mapping[str, str]) -> Payload:
    """Return what the browser shows of an inspected frame; outlines in shares of the frame.

    Raises:
        DatasetError: no detector can answer.
    """
    outcome = decide_outcome(found)
    if outcome is Outcome.NAMED and not found.namings:
        raise DatasetError(tab_messages.NOTHING_TO_REPORT, tab_messages.NOTHING_TO_REPORT_FIX)
    flagging = [one for one in found.findings if one.verdict is Verdict.DEFECT]
    outlined = None if found.joint is None else found.joint.outlined
    shown = flagging or [one for one in found.findings if one.detector == outlined]
    return {
        "outcome": outcome.value,
        "isFlagged": outcome in FLAGGED,
        "title": _describe_outcome(outcome, category),
        "sub": _describe(found, outcome, titles),
        "relative": find_relative(found),
        "outlines": [
            [[round(x, DIGITS), round(y, DIGITS)] for x, y in outline]
            for one in (shown if outcome in FLAGGED else ())
            for outline in trace_outlines(one.flagged)
        ],
        "answers": [
            {
                "name": one.detector,
                "relative": one.relative_score,
                "isFlagged": one.verdict is Verdict.DEFECT,
            }
            for one in found.findings
        ],
    }


def find_relative(found: Inspection) -> float | None:
    """Return the joint score in thresholds; without one, the highest of the detectors'."""
    if found.joint is not None:
        return found.joint.relative_score
    return max((one.relative_score for one in found.findings), default=None)


def _describe_outcome(outcome: Outcome, category: str) -> str:
    if outcome is Outcome.UNFAMILIAR:
        return messages.UNFAMILIAR.format(category=category)
    return OUTCOME_TITLES[outcome]


def _describe(found: Inspection, outcome: Outcome, titles: Mapping[str, str]) -> str:
    if outcome is Outcome.UNFAMILIAR:
        return "" if found.familiarity is None else found.familiarity.reason
    return describe_joint(found, titles) if found.findings else " ".join(found.notes)
