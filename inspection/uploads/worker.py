"""The process that decodes what visitors give: a request per line, an answer to each, to the end.

It knows neither PyTorch nor Gradio and answers in JSON and pixels, so that whoever takes it over by
a file still cannot make the page run anything. Where the system has such limits, it may not take
more memory and time than a picture costs, and write no file.
"""

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from inspection.decoding.cost import MAX_BYTES, MAX_SECONDS
from inspection.errors import ImageError
from inspection.images import OpenedImage, open_image
from inspection.types import Reading, RGBImage

READY = b"ready\n"
SPARE_BYTES = 150_000_000  # for libraries that come with the first picture of a kind


def main() -> None:
    """Answer until the requests end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C ends the page, and the page this process
    answers = take_output()
    limit_process(MAX_BYTES)
    send(answers, READY)
    for request in sys.stdin.buffer:
        limit_time(MAX_SECONDS)
        head, image = answer(json.loads(request))
        limit_time(0)
        pixels = None if image is None else image.pixels
        send(answers, json.dumps(head).encode() + b"\n", pixels)


def answer(request: Mapping[str, Any]) -> tuple[Mapping[str, object], OpenedImage | None]:
    """Return what is said of an image, and the image; or the sentence why there is none.

    Args:
        request: "path", and "white" and "background" of a `Reading`.
    """
    reading = Reading(request["white"], tuple(request["background"]))
    try:
        image = open_image(Path(request["path"]), reading=reading, is_trusted=False)
    except ImageError as error:
        return {"problem": error.problem, "fix": error.fix}, None
    notes = [(note.kind.value, note.problem, note.fix) for note in image.notes]
    return {"shape": image.pixels.shape, "notes": notes}, image


def take_output() -> BinaryIO:
    """Return where answers go; what libraries print goes nowhere."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def send(answers: BinaryIO, head: bytes, pixels: RGBImage | None = None) -> None:
    """Write a line, and the pixels that it tells of."""
    left = memoryview(head)
    while left:
        left = left[answers.write(left) :]
    if pixels is not None:
        left = pixels.data.cast("B")
        while left:
            left = left[answers.write(left) :]


def limit_process(most_bytes: int) -> None:
    """Let the system refuse memory beyond what a picture may take, and every file."""
    if sys.platform == "win32":
        return
    import resource

    for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(kind, (0, 0))
    if sys.platform == "linux":  # macOS does not keep to it
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + most_bytes + SPARE_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def limit_time(seconds: float) -> None:
    """Let the system end this process after so much processor time; 0 takes the limit away."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)


if __name__ == "__main__":
    main()
