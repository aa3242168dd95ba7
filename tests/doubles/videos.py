"""Videos drawn in a test: with steady and odd times, turned, with sound alone."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from inspection.types import RGBImage

TICKS = 1000  # of a second


def write_video(
    path: Path,
    pictures: Sequence[RGBImage],
    *,
    times: Sequence[float] | None = None,
    per_second: float = 10,
    codec: str = "libx264",
    quality: str = "12",
) -> Path:
    """Write pictures (H, W, 3) at their times in seconds; by default evenly."""
    at = times or [place / per_second for place in range(len(pictures))]
    with av.open(path, "w") as container:
        options = {"crf": quality} if codec == "libx264" else {}
        stream: Any = container.add_stream(codec, rate=round(per_second), options=options)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, TICKS)
        stream.codec_context.gop_size = 4
        for picture, seconds in zip(pictures, at, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = round(TICKS * seconds), Fraction(1, TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_sound(path: Path) -> Path:
    """Write a tone without pictures."""
    with av.open(path, "w") as container:
        stream: Any = container.add_stream("aac", rate=8000, layout="mono")
        samples = np.zeros((1, 1024), np.float32)
        for place in range(8):
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 8000, 1024 * place
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def turn_clockwise(path: Path) -> None:
    """Let an MP4 say that its pictures are to be turned by 90 degrees, as phones do.

    The matrix in the header of its track (`tkhd` in ISO 14496-12) is replaced.
    """
    content = bytearray(path.read_bytes())
    place = content.index(b"tkhd") + 4 + 40  # version 0: what stands before the matrix
    one, none = 0x00010000, 0
    matrix = (none, one, none, 2**32 - one, none, none, none, none, 0x40000000)
    content[place : place + 36] = b"".join(number.to_bytes(4, "big") for number in matrix)
    path.write_bytes(content)
