"""The chunks of a PNG: whether each is as it was written, and how much of them is text."""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from inspection.errors import ImageError

SIGNATURE_BYTES = 8
TEXT_CHUNKS = (b"eXIf", b"tEXt", b"zTXt", b"iTXt")
MAX_TEXT = 2_000_000  # bytes, packed; the longest notes of photographs take a tenth
MAX_CHUNKS = 10_000  # a 20 MB file in pieces of 8 KB has 2,500
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by type of colour
ADAM7 = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
"""Of each pass: the first column and row, and the steps to the next ones."""
PIECE = 1 << 20  # bytes read at once


class Chunk(NamedTuple):
    """Where a chunk lies: its kind, the place of its data in the file, their length."""

    kind: bytes
    start: int
    length: int


def check_chunks(path: Path, *, is_trusted: bool) -> None:
    """Compare every chunk with its checksum, which Pillow leaves out for pixels.

    Args:
        path: of a PNG.
        is_trusted: whether it may hold any number of chunks, and any amount of text.

    Raises:
        ImageError: a chunk is damaged; there are too many, or too much text.
        OSError: it cannot be read.
    """
    num_text = 0
    with path.open("rb") as file:
        for number, chunk in enumerate(_read_chunks(file)):
            num_text += chunk.length if chunk.kind in TEXT_CHUNKS else 0
            if not is_trusted and (number >= MAX_CHUNKS or num_text > MAX_TEXT):
                raise ImageError(
                    f"{path.name} holds more text or more pieces than a picture needs.",
                    "Export it without comments and metadata.",
                )
            if not _is_whole(file, chunk):
                raise ImageError(
                    f"{path.name} is damaged or cut off: a part of it does not fit its checksum.",
                    "Copy or export the image again.",
                )


def check_amount(path: Path) -> None:
    """Compare the amount of pixels with the size in the header, which Pillow believes.

    Raises:
        ImageError: there are more or fewer, or what they are packed in is damaged.
        OSError: it cannot be read.
    """
    unpack, expected, found = zlib.decompressobj(), 0, 0
    with path.open("rb") as file:
        for chunk in _read_chunks(file):
            file.seek(chunk.start)
            if chunk.kind == b"IHDR":
                expected = _count_bytes(file.read(chunk.length))
            left = chunk.length if chunk.kind == b"IDAT" else 0
            while left > 0 and found <= expected and (packed := file.read(min(left, PIECE))):
                left -= len(packed)
                while packed and found <= expected:
                    found += len(unpack.decompress(packed, PIECE))
                    packed = unpack.unconsumed_tail
    if found != expected:
        amount = "more" if found > expected else "fewer"
        raise ImageError(
            f"{path.name} is damaged: it holds {amount} pixels than its header says.",
            "Copy or export the image again.",
        )


def _count_bytes(header: bytes) -> int:
    """Return how many bytes a header asks for, unpacked: each row begins with one more."""
    width, height, bits, colours, _, _, is_interlaced = struct.unpack(">IIBBBBB", header)
    num_bits = bits * CHANNELS.get(colours, 0)
    passes = ADAM7 if is_interlaced else ((0, 0, 1, 1),)
    sizes = (
        (-(-(width - left) // across), -(-(height - top) // down))
        for left, top, across, down in passes
        if width > left and height > top
    )
    return sum(rows * (1 + (columns * num_bits + 7) // 8) for columns, rows in sizes)


def has_late_text(path: Path) -> bool:
    """Return whether there is text or EXIF behind the pixels; Pillow decodes them to find it."""
    is_behind = False
    with path.open("rb") as file:
        for chunk in _read_chunks(file):
            is_behind = is_behind or chunk.kind == b"IDAT"
            if is_behind and chunk.kind in TEXT_CHUNKS:
                return True
    return False


def _read_chunks(file: BinaryIO) -> Iterator[Chunk]:
    """Yield the chunks up to the end, by what their heads say."""
    at = SIGNATURE_BYTES
    while True:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        yield Chunk(kind, at + 8, length)
        if kind == b"IEND":
            return
        at += length + 12  # with its head and its checksum


def _is_whole(file: BinaryIO, chunk: Chunk) -> bool:
    """Return whether a chunk fits its checksum; one that the end of the file cuts off does not."""
    file.seek(chunk.start)
    found, left = zlib.crc32(chunk.kind), chunk.length
    if left > os.fstat(file.fileno()).st_size:
        return False
    while left > 0 and (piece := file.read(min(left, PIECE))):
        found = zlib.crc32(piece, found)
        left -= len(piece)
    return file.read(4) == struct.pack(">I", found)
