"""`SHA256SUMS` in a checkpoint folder: what its files must be, in the format of `sha256sum`.

A detector, its thresholds and the images that it has seen are only right together. The hash of each
file is written last and compared whenever one of them is read. What is written by later commands,
such as an evaluation, carries a seal of its own (`inspection.files`): no two files have to be
replaced at once.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspection.errors import CheckpointError
from inspection.files import read_json, replace_bytes
from inspection.paths import train_again

MANIFEST = "SHA256SUMS"
WEIGHTS = "weights.safetensors"
CARD = "detector.json"
CALIBRATION = "calibration.json"
FILES = (WEIGHTS, CARD, CALIBRATION)
NO_MANIFEST = (
    f"(an older checkpoint, without {MANIFEST}: damage to its settings and thresholds would go "
    "unnoticed until it is trained again)"
)
LINE = re.compile(r"([0-9a-f]{64}) [ *]([\w.]+)")  # a star is what Windows writes


def write_manifest(folder: Path) -> None:
    """Write the hashes of the files of a checkpoint, once all are there.

    Raises:
        OSError: one is missing, or the folder cannot be written.
    """
    lines = [f"{hash_file(folder / name)}  {name}\n" for name in FILES]
    replace_bytes(folder / MANIFEST, "".join(lines).encode())


def has_manifest(folder: Path) -> bool:
    """Return whether the files of a checkpoint vouch for each other; older ones do not."""
    return (folder / MANIFEST).is_file()


def has_vouched(product: Path) -> bool:
    """Return whether a product has a detector with a manifest, and so whatever it learned by."""
    return any(".tmp-" not in path.parent.name for path in product.glob(f"*/{MANIFEST}"))


def read_manifest(folder: Path) -> Mapping[str, str] | None:
    """Return the SHA-256 of each file of a checkpoint, by name; None of one from before.

    Raises:
        CheckpointError: the manifest is damaged.
    """
    path = folder / MANIFEST
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read.", train_again(folder)) from error
    found = [LINE.fullmatch(line) for line in lines]
    sums = {match[2]: match[1] for match in found if match is not None}
    if sorted(sums) != sorted(FILES) or len(lines) != len(FILES):
        raise CheckpointError(
            f"{path} does not name the three files of a checkpoint.", train_again(folder)
        )
    return sums


def read_vouched(folder: Path, name: str) -> dict[str, Any]:
    """Return the content of a JSON file of a checkpoint, which the manifest must vouch for.

    Raises:
        CheckpointError: missing, damaged, changed or of another version.
    """
    before = read_manifest(folder)
    try:
        return _read(folder, name, before)
    except CheckpointError:
        after = read_manifest(folder)  # a training may have replaced the folder in between
        if after == before:
            raise
        return _read(folder, name, after)


def _read(folder: Path, name: str, sums: Mapping[str, str] | None) -> dict[str, Any]:
    return read_json(folder / name, digest=None if sums is None else sums[name])


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file in hex.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
