"""From a video file to pictures: frames at a wanted rate, upright, each with its time."""

import contextlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from inspection.decoding.kinds import looks_like_image
from inspection.errors import ImageError
from inspection.types import RGBImage, Size

VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".3gp", ".mkv", ".webm", ".avi"})
"""Endings that videos mostly have; whatever they are called, the first bytes decide how."""
MAX_PIXELS = (
    9_500_000  # 4K, of a cinema, too: larger ones need gigabytes for the frames they refer to
)
MIN_SIDE = 16
NUM_THREADS = 2  # more take more memory, one frame each
TINY = 1e-6  # seconds
AGAIN = "Copy or export the video again."
KNOWN = "Use MP4, MOV, MKV, WebM or AVI."
INSTALL = "Run `python -m pip install -r requirements-video.txt`."


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What the header of a video says.

    Attributes:
        size: (height, width) of the upright picture.
        seconds: of the whole; None where the file does not say.
    """

    size: Size
    seconds: float | None


@dataclass(frozen=True, slots=True, eq=False)
class VideoFrame:
    """One picture of a video.

    Attributes:
        seconds: from the beginning of the video.
    """

    seconds: float
    pixels: RGBImage = field(repr=False)


def is_video(path: Path) -> bool:
    """Return whether a file starts as a video does, or is at least called one and no image."""
    if looks_like_image(path):
        return False
    is_called = path.suffix.lower() in VIDEO_SUFFIXES
    with contextlib.suppress(OSError):
        return is_called or find_container(path) is not None
    return is_called


def find_container(path: Path) -> str | None:
    """Return FFmpeg's name for the kind of video that a file is; None for another, or no video.

    A kind that is named is never guessed: a playlist, which would open further files and
    addresses, is no video here.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(16)
    if head[4:8] == b"ftyp" and head[8:12] not in {b"avif", b"heic", b"heix", b"mif1", b"crx "}:
        return "mov"
    if head[4:8] in {b"moov", b"mdat", b"wide", b"free"}:  # of older cameras
        return "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    return "avi" if head[:4] == b"RIFF" and head[8:12] == b"AVI " else None


def read_video_info(path: Path) -> VideoInfo:
    """Return size and length, without more than the first picture decoded.

    Raises:
        ImageError: as in `read_frames`.
    """
    with _opened(path) as (container, stream):
        frame, _ = _decode_first(container, stream, path)
        size = (frame.width, frame.height) if _turns(frame) % 2 else (frame.height, frame.width)
        return VideoInfo(size, _find_length(container, stream))


def read_frames(path: Path, *, per_second: float) -> Iterator[VideoFrame]:
    """Yield the first frame, and then the first at or behind each further time of the wanted rate.

    Times are those that the file gives, so that a variable rate does no harm; of a video with fewer
    frames than wanted, each comes once.

    Args:
        path: of the video.
        per_second: frames.

    Raises:
        ImageError: no such file, no video, without frames, too large or too small; damaged, after
            the frames before the damage.
    """
    wanted = 0.0
    with _opened(path) as (container, stream):
        start: float | None = None
        for frame, seconds in _decode(container, stream, path):
            start = seconds if start is None else start
            if (at := seconds - start) < wanted - TINY:
                continue
            wanted = (math.floor(at * per_second + TINY) + 1) / per_second
            yield VideoFrame(at, _to_pixels(frame))
        if start is None:
            raise _no_frames(path)


def read_frame_at(path: Path, seconds: float) -> VideoFrame:
    """Return the frame at a time, or the last one before it.

    Raises:
        ImageError: as in `read_frames`.
    """
    with _opened(path) as (container, stream):
        best, start = _decode_first(container, stream, path)
        at = start
        goal = start + max(0.0, seconds)
        container.seek(int(goal / stream.time_base), stream=stream)  # to a key frame before it
        for frame, time in _decode(container, stream, path):
            if time > goal + TINY:
                break
            best, at = frame, time
        return VideoFrame(at - start, _to_pixels(best))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """Open a video and give its container and its first stream of pictures."""
    if not path.is_file():
        raise ImageError(f"There is no file {path}.", "Check the path for typing errors.")
    try:
        kind = find_container(path)
    except OSError as error:
        raise ImageError(
            f"{path.name} cannot be read ({error.strerror}).", "Check its permissions."
        ) from error
    if kind is None:
        raise ImageError(f"{path.name} could not be read as a video.", KNOWN)
    av = import_av()
    try:
        # by a file that is open already, so that nothing in it can name another
        with path.open("rb") as file, av.open(file, format=kind) as container:
            streams = [one for one in container.streams.video if not _is_cover(one)]
            if not streams:
                raise ImageError(
                    f"{path.name} has no pictures, only sound or texts.", "Choose another file."
                )
            stream = streams[0]
            _check_size(stream, path)
            stream.thread_type = "AUTO"
            stream.codec_context.thread_count = NUM_THREADS
            yield container, stream
    except av.FFmpegError as error:
        raise ImageError(f"{path.name} is damaged or cut off ({_reason(error)}).", AGAIN) from error


def import_av() -> Any:
    """Return PyAV, which is installed only where somebody wants videos.

    Raises:
        ImageError: it is missing.
    """
    try:
        import av
    except ImportError as error:
        raise ImageError("Videos need the package av, which is not installed.", INSTALL) from error
    # older torchvision gives its log a level: FFmpeg's threads then wait for ours, ours for them
    av.logging.set_level(None)
    return av


def _check_size(stream: Any, path: Path) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{path.name} is {width} x {height} pixels; the limit of a video is 4K.",
            "Export it at most 3840 pixels wide.",
        )
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"{path.name} has no pictures, or such of {width} x {height} pixels.",
            f"Give a video of at least {MIN_SIDE} x {MIN_SIDE} pixels.",
        )


def _decode(container: Any, stream: Any, path: Path) -> Iterator[tuple[Any, float]]:
    """Yield frames with their times, in the order in which they are shown.

    Raises:
        ImageError: the file is damaged behind what was yielded.
    """
    av = import_av()
    last = -1.0
    rate = float(stream.average_rate or stream.guessed_rate or 25)
    frames = iter(container.decode(stream))
    while True:
        try:
            frame = next(frames, None)
        except av.FFmpegError as error:
            where = f"behind {last:.1f} s" if last >= 0 else "from its beginning"
            raise ImageError(
                f"{path.name} is damaged {where} ({_reason(error)}).", AGAIN
            ) from error
        if frame is None:
            return
        # some files give no times: then frames are as far apart as the rate says
        last = float(frame.time) if frame.time is not None else last + 1 / rate
        yield frame, last


def _decode_first(container: Any, stream: Any, path: Path) -> tuple[Any, float]:
    """Return the first frame with its time.

    Raises:
        ImageError: there is none, or it is damaged.
    """
    first = next(_decode(container, stream, path), None)
    if first is None:
        raise _no_frames(path)
    return first


def _to_pixels(frame: Any) -> RGBImage:
    pixels = np.rot90(frame.to_ndarray(format="rgb24"), k=_turns(frame))
    return np.ascontiguousarray(pixels, np.uint8)


def _turns(frame: Any) -> int:
    """Return the quarter turns, anticlockwise, by which a frame becomes upright."""
    return int(round(frame.rotation / 90) % 4)


def _is_cover(stream: Any) -> bool:
    """Return whether a stream is the picture of a cover and no film."""
    return bool(stream.disposition & type(stream.disposition).attached_pic)


def _find_length(container: Any, stream: Any) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None if container.duration is None else container.duration / 1_000_000


def _no_frames(path: Path) -> ImageError:
    return ImageError(f"{path.name} holds no frames.", AGAIN)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", "") or error)
