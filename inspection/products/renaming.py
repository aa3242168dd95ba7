"""A product gets another name: the ids of its images, which begin with it, are written anew."""

import json
from pathlib import Path
from typing import Any

from inspection.files import replace_bytes

LISTS = ("*.txt", "*.json", "*/*.json")


def rename_ids(folder: Path, old: str, new: str) -> None:
    """Write anew what lies in a folder and names images as `old/...`.

    Args:
        folder: of photographs or of checkpoints; it may not exist.
        old: name of the product.
        new: its new name.

    Raises:
        OSError: a file cannot be written.
    """
    for pattern in LISTS:
        for path in folder.glob(pattern):
            if path.suffix == ".json":
                content = json.loads(path.read_text(encoding="utf-8"))
                text = json.dumps(_renamed(content, old, new), indent=1, ensure_ascii=False) + "\n"
            else:
                lines = path.read_text(encoding="utf-8").splitlines()
                text = "".join(f"{_renamed(line, old, new)}\n" for line in lines)
            replace_bytes(path, text.encode())


def _renamed(content: Any, old: str, new: str) -> Any:
    if isinstance(content, dict):
        return {
            _renamed(key, old, new): new
            if key == "category" and value == old
            else _renamed(value, old, new)
            for key, value in content.items()
        }
    if isinstance(content, list):
        return [_renamed(one, old, new) for one in content]
    if isinstance(content, str) and content.startswith(f"{old}/"):
        return new + content[len(old) :]
    return content
