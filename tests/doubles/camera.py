"""What a fake camera of Chromium shows: pictures of parts, as a video that goes round."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from inspection.types import RGBImage
from tests.doubles.parts import draw_part

HEIGHT, WIDTH = 480, 640
EMPTY = 50  # grey of the background


def place_part(*, defective: bool = False, seed: int = 0) -> RGBImage:
    """Return a camera's picture (480, 640, 3) with a part in the middle."""
    picture = np.full((HEIGHT, WIDTH, 3), EMPTY, np.uint8)
    part, _ = draw_part(seed, defective=defective, side=HEIGHT)
    left = (WIDTH - HEIGHT) // 2
    picture[:, left : left + HEIGHT] = part
    return picture


def write_mjpeg(path: Path, pictures: Sequence[RGBImage]) -> list[str]:
    """Write JPEGs one after another, and return the flags that make them Chromium's camera."""
    path.write_bytes(b"".join(encode_jpeg(one) for one in pictures))
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={path}",
    ]


def encode_jpeg(picture: RGBImage) -> bytes:
    """Return a JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()
