"""Image files as cameras and programs write them, byte by byte where no library does."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from inspection.decoding.jpeg import read_layout
from inspection.images import read_image
from inspection.types import Reading

RNG = np.random.default_rng(7)
COLOURS = RNG.integers(0, 256, (24, 32, 3)).astype(np.uint8)
GREY = COLOURS[:, :, 0]
DEEP = RNG.integers(0, 4096, (24, 32, 3)).astype(np.uint16)  # 12 bits
DEEP_GREY = DEEP[:, :, 0]
TWELVE = Reading(white=4095)
CUT_OUT = np.where(np.arange(32) < 16, 0, 255).astype(np.uint8) * np.ones((24, 1), np.uint8)


def scaled(values: NDArray[Any], white: float = 4095) -> NDArray[np.uint8]:
    """Return what values should look like where this one is white."""
    return np.floor(values * (255 / white) + 0.5).astype(np.uint8)


def grey_of(path: Path, reading: Reading = TWELVE) -> NDArray[np.uint8]:
    """Return the one channel of an image whose three are the same."""
    image = read_image(path, reading=reading)
    assert (image == image[:, :, :1]).all()
    return image[:, :, 0]


def write_bytes(path: Path, data: bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(data)
    return path


def write_tiff(path: Path, values: NDArray[Any], **options: Any) -> Path:
    """Write a TIFF of these values."""
    options = {"photometric": "rgb" if values.ndim == 3 else "minisblack"} | options
    tifffile.imwrite(path, values, **options)
    return path


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_deep_png(path: Path, values: NDArray[Any], colour_type: int, *, key: bytes = b"") -> Path:
    """Write a PNG of 16 bits, where the values of the key are transparent."""
    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0))
    transparent = _chunk(b"tRNS", key) if key else b""
    body = header + transparent + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return write_bytes(path, b"\x89PNG\r\n\x1a\n" + body)


def write_pgm(path: Path, values: NDArray[Any]) -> None:
    """Write a PGM of 16 bits."""
    magic = "P5" if values.ndim == 2 else "P6"
    write_bytes(path, f"{magic} 32 24 65535\n".encode() + values.astype(">u2").tobytes())


GREY_KINDS: dict[str, Callable[[Path], object]] = {
    "grey png": Image.fromarray(DEEP_GREY).save,
    "grey jp2": Image.fromarray(DEEP_GREY).save,
    "grey pgm": lambda path: write_pgm(path, DEEP_GREY),
    "int32 tif": lambda path: write_tiff(path, DEEP_GREY.astype(np.int32)),
    "uint32 tif": lambda path: write_tiff(path, DEEP_GREY.astype(np.uint32)),
    "motorola tif": lambda path: write_tiff(path, DEEP_GREY, byteorder=">"),
    "lzw tif": lambda path: Image.fromarray(DEEP_GREY).save(path, compression="tiff_lzw"),
}
COLOUR_KINDS: dict[str, Callable[[Path], object]] = {
    "colour png": lambda path: write_deep_png(path, DEEP, 2),
    "colour ppm": lambda path: write_pgm(path, DEEP),
    "big tif": lambda path: write_tiff(path, DEEP, bigtiff=True),
    "tiles tif": lambda path: write_tiff(path, DEEP, tile=(16, 16)),
    "zip tif": lambda path: write_tiff(path, DEEP, compression="zlib", predictor=True),
    "planes tif": lambda path: write_tiff(
        path, np.moveaxis(DEEP, 2, 0), photometric="rgb", planarconfig="separate"
    ),
}
"""How to write 12 bits, unscaled, into a container of 16 or more; the last word is the suffix."""


def write_twelve_bits(folder: Path, kind: str) -> Path:
    """Write `DEEP` or its first channel in a kind of file."""
    path = folder / f"deep.{kind.rsplit(' ', 1)[-1]}"
    (GREY_KINDS | COLOUR_KINDS)[kind](path)
    return path


def pack_twelve(values: NDArray[Any]) -> bytes:
    """Return rows of 12-bit values without gaps, each row filled up to a byte."""
    rows = ("".join(f"{value:012b}" for value in row) for row in values.tolist())
    bits = [row + "0" * (-len(row) % 8) for row in rows]
    return b"".join(int(row, 2).to_bytes(len(row) // 8, "big") for row in bits)


def tiff_bytes(
    data: bytes, size: tuple[int, int], *entries: tuple[int, int, int], order: str = "<"
) -> bytes:
    """Return a TIFF of one strip; entries are (tag, type, value) and replace the usual ones."""
    height, width = size
    tags = {256: (4, width), 257: (4, height), 258: (3, 8), 259: (3, 1), 262: (3, 1), 277: (3, 1)}
    tags |= {278: (4, height), 279: (4, len(data))} | {tag: (kind, v) for tag, kind, v in entries}
    tags[273] = (4, 8 + 2 + 12 * (len(tags) + 1) + 4)
    head = struct.pack(f"{order}2sHIH", b"II" if order == "<" else b"MM", 42, 8, len(tags))
    fields = b""
    for tag, (kind, value) in sorted(tags.items()):
        form = {1: "B3x", 3: "H2x", 4: "I"}[kind]
        fields += struct.pack(f"{order}HHI{form}", tag, kind, 1, value)
    return head + fields + bytes(4) + data


def make_progressive(num_scans: int) -> bytes:
    """Return a progressive JPEG that goes over its picture this often."""
    buffer = io.BytesIO()
    Image.new("RGB", (512, 512), "grey").save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * (num_scans - read_layout(data).num_scans) + data[-2:]
