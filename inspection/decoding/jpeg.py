"""The segments of a JPEG: how often it goes over its picture, and where its pixels end."""

import re
from dataclasses import dataclass

START_OF_SCAN, END = 0xDA, 0xD9
ALONE = (0x01, 0xD8)  # markers without a length
PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)  # none that stands among pixels


@dataclass(frozen=True, slots=True)
class JpegLayout:
    """What the segments of the first picture of a file say.

    Attributes:
        num_scans: how often it goes over the picture.
        is_progressive: whether the coefficients are kept until the last scan.
        end: the place behind the data of the last scan; 0 where there is none.
    """

    num_scans: int
    is_progressive: bool
    end: int


def read_layout(data: bytes) -> JpegLayout:
    """Walk over the segments of a JPEG; where they make no sense, they end."""
    at, num_scans, end, is_progressive = 0, 0, 0, False
    while (found := MARKER.search(data, at)) is not None:
        code, at = found[1][0], found.end()
        if num_scans and not end:
            end = found.start()
        if code == END:
            break
        if code in ALONE:
            continue
        is_progressive = is_progressive or code in PROGRESSIVE
        at += int.from_bytes(data[at : at + 2], "big")
        if code == START_OF_SCAN:
            num_scans, end = num_scans + 1, 0
    return JpegLayout(num_scans, is_progressive, end)
