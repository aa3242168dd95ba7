"""Tell image files from others, by their ending or by their first bytes."""

from enum import Enum, auto
from pathlib import Path

from inspection.images import IMAGE_SUFFIXES

UNREAD_SUFFIXES = frozenset(
    {".arw", ".cr2", ".cr3", ".dcm", ".dcx", ".dds", ".dicom", ".dng", ".eps", ".exr", ".fit"}
    | {".fits", ".hdr", ".icns", ".ico", ".jls", ".jpx", ".jxl", ".mpo", ".nef", ".orf", ".pcx"}
    | {".pfm", ".psd", ".raf", ".raw", ".rw2", ".sgi", ".svg", ".xcf"}
)
"""Endings of images that are not read; each is told, none is dropped without a word."""

OTHER_SUFFIXES = frozenset(
    {".7z", ".cfg", ".ckpt", ".csv", ".db", ".doc", ".docx", ".gz", ".htm", ".html", ".ini"}
    | {".ipynb", ".json", ".jsonl", ".log", ".mat", ".md", ".npy", ".npz", ".onnx", ".parquet"}
    | {".pcd", ".pdf", ".pkl", ".ply", ".pt", ".pth", ".py", ".rar", ".rst", ".safetensors", ".sh"}
    | {".tar", ".toml", ".tsv", ".txt", ".xls", ".xlsx", ".xml", ".yaml", ".yml", ".zip"}
)
"""Endings that no image has: such files are not opened to see."""

MAGIC = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*", b"GIF8")


class FileKind(Enum):
    """What a file is to a dataset."""

    IMAGE = auto()
    UNREAD = auto()  # an image of a kind that is not read
    OTHER = auto()


def kind_of(path: Path) -> FileKind:
    """Return the kind of a file; only one with an ending that nobody knows is opened."""
    suffix = path.suffix.lower()
    if suffix in IMAGE_SUFFIXES:
        return FileKind.IMAGE
    if suffix in UNREAD_SUFFIXES:
        return FileKind.UNREAD
    if suffix in OTHER_SUFFIXES:
        return FileKind.OTHER
    return FileKind.IMAGE if looks_like_image(path) else FileKind.OTHER


def looks_like_image(path: Path) -> bool:
    """Tell by its first bytes whether a file is an image of a kind that can be read."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return False
    return head.startswith(MAGIC) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
