"""A product gets another name: the ids of its images, which begin with it, are written anew.

So are the hashes by which the files vouch for each other.
"""

import json
from pathlib import Path
from typing import Any

from inspection.files import SEAL, SEALED, replace_bytes, write_json, write_sealed
from inspection.products.checkpoint_folders import fingerprint
from inspection.products.manifest import CARD, MANIFEST, write_manifest

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
                content = _renamed(json.loads(path.read_text(encoding="utf-8")), old, new)
                _write(path, content)
            else:
                lines = path.read_text(encoding="utf-8").splitlines()
                text = "".join(f"{_renamed(line, old, new)}\n" for line in lines)
                replace_bytes(path, text.encode())
    for manifest in folder.glob(f"*/{MANIFEST}"):
        write_manifest(manifest.parent)


def _write(path: Path, content: dict[str, Any]) -> None:
    if path.name == CARD and "data_fingerprint" in content:
        content["data_fingerprint"] = fingerprint(content["training"]["seen"])
    if content.get("format") == SEALED:
        del content[SEAL]
        write_sealed(path, content)
    else:
        write_json(path, content)


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
