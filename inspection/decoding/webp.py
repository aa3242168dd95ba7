"""The size of a WebP by its first bytes, before a library takes memory for it."""

from pathlib import Path

HEAD_BYTES = 30
SIDE_BITS = 14


def read_webp_size(path: Path) -> tuple[int, int]:
    """Return (width, height) as the first chunk says.

    Raises:
        ValueError: it is cut off, or of no known kind.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    kind, mask = head[12:16], (1 << SIDE_BITS) - 1
    if len(head) < HEAD_BYTES:
        raise ValueError("its header is cut off")
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & mask), 1 + (bits >> SIDE_BITS & mask)
    if kind == b"VP8 ":
        sides = int.from_bytes(head[26:28], "little"), int.from_bytes(head[28:30], "little")
        return sides[0] & mask, sides[1] & mask
    raise ValueError("its first chunk is of no known kind")
