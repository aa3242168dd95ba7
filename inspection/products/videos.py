"""A video through the detectors of a product: what each frame shows, one after another."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inspection.decoding.video import VideoFrame, read_frames, read_video_info
from inspection.errors import SettingsError
from inspection.findings import Inspection
from inspection.names import Outcome, decide_outcome
from inspection.products.inspecting import LoadedProduct, inspect_product
from inspection.progress import SILENT, Monitor

MOST_PER_SECOND = 120.0
FLAGGED = (Outcome.DEFECT, Outcome.MIXED)


@dataclass(frozen=True, slots=True, eq=False)
class InspectedFrame:
    """A frame of a video and what every detector found in it.

    Attributes:
        seconds: from the beginning of the video.
    """

    seconds: float
    inspection: Inspection

    @property
    def is_flagged(self) -> bool:
        return decide_outcome(self.inspection) in FLAGGED

    @property
    def relative_score(self) -> float | None:
        """The joint score in thresholds; without one the highest of the detectors', if any."""
        found = self.inspection
        if found.joint is not None:
            return found.joint.relative_score
        return max((one.relative_score for one in found.findings), default=None)


def inspect_video(
    loaded: LoadedProduct,
    path: Path,
    *,
    per_second: float,
    false_alarm_rate: float | None = None,
    is_wanted: bool = False,
    monitor: Monitor = SILENT,
) -> Iterator[InspectedFrame]:
    """Return an iterator that inspects frames of a video, each as a photograph.

    Args:
        loaded: the product.
        path: of the video.
        per_second: frames.
        false_alarm_rate: the product's own by default.
        is_wanted: whether frames are inspected even if they do not look like the product.
        monitor: follows how many seconds are done, and may stop it.

    Raises:
        SettingsError: a number of frames that cannot be.
        ImageError: the video cannot be read; by the iterator, too, behind what it has given.
        CalibrationError: the rate is below what a calibration supports.
        StoppedError: the monitor has stopped it.
    """
    if not 0 < per_second <= MOST_PER_SECOND:
        raise SettingsError(
            f"{per_second:g} frames per second cannot be inspected.",
            f"Give a number above 0, up to {MOST_PER_SECOND:g}.",
        )
    length = int(read_video_info(path).seconds or 0)

    def follow() -> Iterator[VideoFrame]:
        with monitor.step(path.name, "second") as progress:
            for frame in read_frames(path, per_second=per_second):
                progress(min(int(frame.seconds), length), length)
                yield frame

    return inspect_frames(
        loaded,
        follow(),
        name=path.name,
        false_alarm_rate=false_alarm_rate,
        is_wanted=is_wanted,
    )


def inspect_frames(
    loaded: LoadedProduct,
    frames: Iterable[VideoFrame],
    *,
    name: str,
    false_alarm_rate: float | None = None,
    is_wanted: bool = False,
) -> Iterator[InspectedFrame]:
    """Inspect frames of a video of that name, each as a photograph, and yield them.

    Raises:
        ImageError: of reading the frames.
        CalibrationError: the rate is below what a calibration supports.
    """
    for frame in frames:
        found = inspect_product(
            loaded,
            frame.pixels,
            source=f"{name} at {frame.seconds:.2f} s",
            false_alarm_rate=false_alarm_rate,
            is_wanted=is_wanted,
        )
        yield InspectedFrame(frame.seconds, found)


def find_peaks(
    scores: Sequence[tuple[float, float]], *, most: int = 5, apart: float = 1.0
) -> list[tuple[float, float]]:
    """Return the highest (seconds, score) pairs above 1, at least `apart` seconds from each other.

    They come in order of time.
    """
    found: list[tuple[float, float]] = []
    for seconds, score in sorted(scores, key=lambda one: -one[1]):
        is_apart = all(abs(seconds - other) >= apart for other, _ in found)
        if score > 1 and is_apart and len(found) < most:
            found.append((seconds, score))
    return sorted(found)
