"""A video file through the detectors of a product, as the command does it: table and copy."""

from collections.abc import Sequence
from pathlib import Path

from commands.options import TERMINAL
from inspection.errors import InspectionError
from inspection.files import write_csv
from inspection.products.inspecting import LoadedProduct
from inspection.products.videos import InspectedFrame, find_peaks, inspect_video
from inspection.reports.records import MAX_STEM_BYTES, Row, shorten
from inspection.reports.video import annotated_video, frame_row
from inspection.terminal import say


class FrameLog:
    """What a video has come to so far: rows of a table, and where its scores are highest."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.scores: list[tuple[float, float]] = []
        self.num_flagged = 0

    def add(self, frame: InspectedFrame) -> None:
        """Take the numbers of a frame; its pictures are let go."""
        self.rows.append(frame_row(frame))
        self.num_flagged += frame.is_flagged
        if frame.relative_score is not None:
            self.scores.append((frame.seconds, frame.relative_score))

    def describe(self, name: str) -> str:
        """Return what came out, in a line."""
        count = f"{name}: {len(self.rows)} frames inspected, {self.num_flagged} flagged."
        return " ".join([count, *_describe_peaks(find_peaks(self.scores))])


def inspect_video_file(
    loaded: LoadedProduct,
    path: Path,
    out: Path,
    *,
    per_second: float,
    rate: float | None,
    anyway: bool,
) -> bool:
    """Write `NAME.csv` and `NAME_annotated.mp4`, and return whether all frames could be inspected.

    Whatever ends it, what was inspected is kept.

    Raises:
        InspectionError: not one frame could be inspected.
    """
    stem, log = shorten(path.stem, MAX_STEM_BYTES), FrameLog()
    ended: BaseException | None = None
    frames = inspect_video(
        loaded,
        path,
        per_second=per_second,
        false_alarm_rate=rate,
        is_wanted=anyway,
        monitor=TERMINAL,
    )
    with annotated_video(out / f"{stem}_annotated.mp4", per_second=per_second) as copy:
        try:
            for frame in frames:
                log.add(frame)
                copy.add(frame)
        except (InspectionError, KeyboardInterrupt) as error:
            if not log.rows:
                raise
            ended = error
    write_csv(out / f"{stem}.csv", log.rows)
    say(log.describe(path.name))
    say(f"  {stem}.csv and {stem}_annotated.mp4 are in {out}.")
    if isinstance(ended, KeyboardInterrupt):
        raise ended
    if ended is not None:
        say(f"Error: {ended}", err=True)
    return ended is None


def _describe_peaks(peaks: Sequence[tuple[float, float]]) -> list[str]:
    if not peaks:
        return []
    said = ", ".join(f"{score:.2f} x threshold at {seconds:.2f} s" for seconds, score in peaks)
    return [f"Peaks: {said}."]
