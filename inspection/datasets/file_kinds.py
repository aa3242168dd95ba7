"""Tell image files from others, by their ending or by their first bytes."""

from enum import Enum, auto
from pathlib import Path

from inspection.decoding.kinds import (
    IMAGE_SUFFIXES,
    UNREADABLE,
    looks_like_image,
    name_unreadable,
)

OTHER_SUFFIXES = frozenset(
    {".7z", ".cfg", ".ckpt", ".csv", ".db", ".doc", ".docx", ".gz", ".htm", ".html", ".ini"}
    | {".ipynb", ".json", ".jsonl", ".log", ".mat", ".md", ".npy", ".npz", ".onnx", ".parquet"}
    | {".pcd", ".pdf", ".pkl", ".ply", ".pt", ".pth", ".py", ".rar", ".rst", ".safetensors", ".sh"}
    | {".tar", ".toml", ".tsv", ".txt", ".xls", ".xlsx", ".xml", ".yaml", ".yml", ".zip"}
)
"""Endings that no image has: such files are not opened to see."""


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
    if suffix in UNREADABLE:
        return FileKind.UNREAD
    if suffix in OTHER_SUFFIXES:
        return FileKind.OTHER
    if looks_like_image(path):
        return FileKind.IMAGE
    return FileKind.OTHER if name_unreadable(path) is None else FileKind.UNREAD
