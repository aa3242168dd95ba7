"""The process that decodes a visitor's video: one request, then its frames, each as it is wanted.

Nobody reads ahead: a pipe holds less than a frame, so that the next one is decoded when the one
before was taken. As `worker.py` it may not take more memory and time than it is given.
"""

import json
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from inspection.decoding.video import (
    VideoFrame,
    import_av,
    read_frame_at,
    read_frames,
    read_video_info,
)
from inspection.errors import ImageError
from inspection.uploads.worker import READY, limit_process, limit_time, send, take_output

MAX_BYTES = 1_500_000_000  # a 4K video refers to up to 16 frames
MAX_SECONDS = 20.0  # of the processor, for a frame and those that it refers to


def main() -> None:
    """Answer one request."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = take_output()
    try:
        import_av()
    except ImageError as error:
        send(answers, READY)
        send(answers, _to_line({"problem": error.problem, "fix": error.fix}))
        return
    limit_process(MAX_BYTES)
    send(answers, READY)
    request = json.loads(sys.stdin.buffer.readline())
    limit_time(MAX_SECONDS)
    for head, frame in answer(request):
        limit_time(0)
        send(answers, _to_line(head), None if frame is None else frame.pixels)
        limit_time(MAX_SECONDS)


def answer(request: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, object], VideoFrame | None]]:
    """Yield what the video is, its frames, and at the end that it is one or the sentence why not.

    Args:
        request: "path", with "per_second", or with "at" for a single frame.
    """
    path = Path(request["path"])
    try:
        info = read_video_info(path)
        yield {"size": info.size, "seconds": info.seconds}, None
        if "at" in request:
            frames = iter([read_frame_at(path, request["at"])])
        else:
            frames = read_frames(path, per_second=request["per_second"])
        for frame in frames:
            yield {"at": frame.seconds, "shape": frame.pixels.shape}, frame
        yield {"end": True}, None
    except ImageError as error:
        yield {"problem": error.problem, "fix": error.fix}, None


def _to_line(head: Mapping[str, object]) -> bytes:
    return json.dumps(head).encode() + b"\n"


if __name__ == "__main__":
    main()
