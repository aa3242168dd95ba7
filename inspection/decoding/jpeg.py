"""JPEGs, decoded with an eye to what libjpeg only warns of, which Pillow does not tell."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from inspection.errors import ImageError
from inspection.issues import FileNote, IssueKind

START_OF_SCAN, END = 0xDA, 0xD9
ALONE = (0x01, 0xD8)  # markers without a length
PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)  # none that stands among pixels
SPACES = {"YCbCr": "RGB", "Gray": "GRAY"}  # those that simplejpeg decodes exactly as Pillow does
DAMAGED = ("Corrupt JPEG data", "Premature end", "Inconsistent progression")
EXTRANEOUS = "extraneous bytes"  # some cameras write a few more than needed
SMALLEST = {"min_factor": 8, "min_height": 1, "min_width": 1}  # every code is read all the same


@dataclass(frozen=True, slots=True)
class JpegLayout:
    """What the segments of the first picture of a file say.

    Attributes:
        num_scans: how often it goes over the picture.
        is_progressive: whether the coefficients are kept until the last scan.
    """

    num_scans: int
    is_progressive: bool


def read_layout(data: bytes) -> JpegLayout:
    """Walk over the segments of a JPEG; where they make no sense, they end."""
    at, num_scans, is_progressive = 0, 0, False
    while (found := MARKER.search(data, at)) is not None:
        code, at = found[1][0], found.end()
        if code == END:
            break
        if code in ALONE:
            continue
        is_progressive = is_progressive or code in PROGRESSIVE
        at += int.from_bytes(data[at : at + 2], "big")
        num_scans += code == START_OF_SCAN
    return JpegLayout(num_scans, is_progressive)


@dataclass(frozen=True, slots=True, eq=False)
class Jpeg:
    """The bytes of a JPEG, and what its segments say."""

    path: Path
    data: bytes = field(repr=False)
    layout: JpegLayout

    @property
    def num_kept_scans(self) -> int:
        """How often a progressive JPEG goes over its picture; 0 for another one."""
        return self.layout.num_scans if self.layout.is_progressive else 0

    def decode(self, factor: int = 1) -> tuple[NDArray[np.uint8] | None, tuple[FileNote, ...]]:
        """Return the pixels, and a note if they may not be what was photographed.

        A JPEG has no checksum. All that can be told is whether its codes make sense and use up its
        data. After a lost byte most make sense again soon: then nothing is noticed.

        Args:
            factor: by which the sides are made smaller: 1, 2, 4 or 8.

        Returns:
            (H, W) or (H, W, 3); None for colours that Pillow has to decode, which are checked.

        Raises:
            ImageError: codes make no sense, or data are lacking.
        """
        try:
            height, width, colours, _ = simplejpeg.decode_jpeg_header(self.data, strict=False)
        except ValueError:
            return None, ()  # of a kind that libjpeg-turbo does not know: Pillow has the last word
        space, options = SPACES.get(colours), SMALLEST
        if space:
            least = {"min_height": -(-height // factor), "min_width": -(-width // factor)}
            options = {"min_factor": factor} | least if factor > 1 else {}
        pixels, is_doubtful = self._decode(space or "GRAY", options)
        if not is_doubtful:
            return (pixels if space else None), ()
        problem = f"{self.path.name} may be damaged: it holds more data than its picture needs."
        note = FileNote(IssueKind.DOUBTFUL, problem, "Look whether it is whole.")
        return (pixels if space else None), (note,)

    def _decode(self, space: str, options: dict[str, Any]) -> tuple[NDArray[np.uint8] | None, bool]:
        """Return pixels and whether there are more data than needed; None if they are unknown."""
        is_doubtful = False
        try:
            pixels = simplejpeg.decode_jpeg(self.data, space, **options)
        except ValueError as error:
            said, is_doubtful = str(error), EXTRANEOUS in str(error)
            if said.startswith(DAMAGED) and not is_doubtful:
                raise ImageError(
                    f"{self.path.name} is damaged or cut off ({said}).",
                    "Copy or export the image again.",
                ) from error
            try:  # of an odd head only, or of a kind that this library does not know
                pixels = simplejpeg.decode_jpeg(self.data, space, strict=False, **options)
            except ValueError:
                return None, False
        return (pixels[:, :, 0] if pixels.shape[2] == 1 else pixels), is_doubtful


def read_jpeg(path: Path) -> Jpeg:
    """Return a file without decoding it.

    Raises:
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    return Jpeg(path, data, read_layout(data))
