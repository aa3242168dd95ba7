"""What was found in a video, ready for files: a row per frame, and an annotated copy."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from inspection.decoding.video import import_av
from inspection.errors import ReportError, first_line
from inspection.files import replace_file
from inspection.findings import Inspection
from inspection.images import shrink
from inspection.names import OUTCOME_TITLES, Outcome, decide_outcome
from inspection.overlay import DARK, FONT, WHITE, draw_finding, draw_outlines, stretch_flags
from inspection.products.videos import FLAGGED, InspectedFrame
from inspection.reports.records import LIGHT, Row, familiarity_row, joint_row
from inspection.reports.wording import find_leading
from inspection.types import RGBImage, Size, Verdict

LONGEST = 1280  # pixels of the annotated copy
TICKS = 1000  # of a second: frames may come at any time
ENCODERS = (("libx264", {"crf": "20", "preset": "veryfast"}), ("mpeg4", {"qscale": "3"}))
TONES: Mapping[Outcome, tuple[int, int, int]] = {
    Outcome.DEFECT: (178, 62, 0),
    Outcome.MIXED: (138, 97, 0),
    Outcome.NORMAL: (10, 98, 164),
}


def frame_row(frame: InspectedFrame) -> Row:
    """Return the values of a frame, in one row: those of all detectors side by side."""
    found = frame.inspection
    row: Row = {
        "seconds": round(frame.seconds, 4),
        "outcome": decide_outcome(found).value,
        **joint_row(found.joint),
        **familiarity_row(found.familiarity),
    }
    for one in found.findings:
        row |= {
            f"{one.detector}_image_score": one.image_score,
            f"{one.detector}_threshold": one.threshold,
            f"{one.detector}_relative_score": one.relative_score,
            f"{one.detector}_verdict": one.verdict.value,
        }
    return row


def annotate(frame: InspectedFrame) -> RGBImage:
    """Return the picture of a frame with what was found on it, and the verdict in a line on top."""
    found = frame.inspection
    picture = shrink(found.image, LONGEST)
    outcome, leading = decide_outcome(found), find_leading(found)
    if outcome in FLAGGED and leading is not None:
        picture = draw_finding(picture, leading, opacity=LIGHT)
        picture = draw_outlines(picture, _flagged_by_any(found, leading.flagged.shape))
    picture = _make_even(picture)
    height, width = picture.shape[:2]
    band = np.full((_even(max(28, height // 16)), width, 3), TONES.get(outcome, DARK), np.uint8)
    score = frame.relative_score
    words = f"{frame.seconds:.2f} s   {OUTCOME_TITLES[outcome]}"
    words += "" if score is None else f"   {score:.2f} x threshold"
    scale = band.shape[0] / 42
    (wide, _), _ = cv2.getTextSize(words, FONT, scale, 1)
    scale *= min(1.0, (width - 16) / max(1, wide))
    at = (8, round(0.68 * band.shape[0]))
    cv2.putText(band, words, at, FONT, scale, WHITE, max(1, round(2 * scale)), cv2.LINE_AA)
    return np.concatenate([band, picture])


def _flagged_by_any(found: Inspection, size: Size) -> np.ndarray[Any, np.dtype[np.bool_]]:
    flagged = np.zeros(size, np.bool_)
    for one in found.findings:
        if one.verdict is Verdict.DEFECT:
            flagged |= stretch_flags(one.flagged, size) > 0
    return flagged


def _even(number: int) -> int:
    return number - number % 2


def _make_even(picture: RGBImage) -> RGBImage:
    """Cut a row or a column: encoders want even sides."""
    height, width = picture.shape[:2]
    return np.ascontiguousarray(picture[: _even(height), : _even(width)])


class AnnotatedVideo:
    """Writes annotated frames into an MP4; made by `annotated_video`."""

    def __init__(self, container: Any, av: Any, per_second: float) -> None:
        self._container, self._av = container, av
        self._rate = Fraction(per_second).limit_denominator(TICKS)
        self._stream: Any = None
        self._last = -1
        self._size: Size = (0, 0)

    def add(self, frame: InspectedFrame) -> None:
        """Add a frame at its time; it is as large as the first."""
        picture = annotate(frame)
        if self._stream is None:
            self._size = (picture.shape[0], picture.shape[1])
            self._stream = self._open_stream()
        if picture.shape[:2] != self._size:  # a video may change its size on the way
            picture = np.asarray(cv2.resize(picture, self._size[::-1]), np.uint8)
        made = self._av.VideoFrame.from_ndarray(picture, format="rgb24")
        self._last = max(self._last + 1, round(TICKS * frame.seconds))
        made.pts, made.time_base = self._last, Fraction(1, TICKS)
        self._container.mux(self._stream.encode(made))

    def _open_stream(self) -> Any:
        name, options = next(one for one in ENCODERS if self._has(one[0]))
        stream = self._container.add_stream(name, rate=self._rate, options=options)
        stream.height, stream.width = self._size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, TICKS)
        stream.codec_context.thread_count = 2
        return stream

    def _has(self, name: str) -> bool:
        return name in self._av.codecs_available

    def finish(self) -> None:
        """Write what the encoder still holds."""
        if self._stream is not None:
            self._container.mux(self._stream.encode())


@contextmanager
def annotated_video(path: Path, *, per_second: float) -> Iterator[AnnotatedVideo]:
    """Give what takes inspected frames; the file is there, whole, when the block ends well.

    Raises:
        ReportError: it cannot be written.
    """
    av = import_av()
    try:
        with replace_file(path) as file, av.open(file, "w", format="mp4") as container:
            made = AnnotatedVideo(container, av, per_second)
            yield made
            made.finish()
    except (av.FFmpegError, OSError) as error:
        raise ReportError(
            f"{path} cannot be written ({first_line(error)}).",
            "Choose a folder where you may write, on a disk with room.",
        ) from error
