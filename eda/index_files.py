"""The files that indexes are kept in: where they lie, and what becomes of those of old versions."""

import contextlib
import hashlib
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from inspection.names import join_names
from inspection.paths import expand_home

ADDED: Mapping[int, str] = {
    5: "how thick defects are at any input size",
    6: "how long defects are",
    7: "sharpness, exposure, noise and colour cast",
    8: "the checksums of its own rows",
}
"""Version -> what is measured since then, and so why an older index is made anew."""

VERSION = max(ADDED)  # of what is measured and how it is stored
NAME = re.compile(r"index-(\d{1,4})-\w{0,40}-[0-9a-f]{12}\.sqlite")
HEADER = b"SQLite format 3\0"
NOWHERE = Path(os.devnull) / "defect-lens"  # no folder can be made there
FORGOTTEN = 30 * 24 * 3600  # seconds since an index of an old version was written


def cache_folder() -> Path:
    """Return the folder for what can be made again: XDG's, Windows', or that of the Mac.

    An account without a home directory has none, and its indexes stay in memory.
    """
    with contextlib.suppress(RuntimeError):  # of `Path.home`
        return _find_folder()
    return NOWHERE


def _find_folder() -> Path:
    if given := os.environ.get("DEFECT_LENS_CACHE"):
        return expand_home(given)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "defect-lens" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "defect-lens"
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "defect-lens"


def cache_path(root: Path, folder: Path | None = None, *, version: int = VERSION) -> Path:
    """Return the file that keeps the index of a dataset folder."""
    name = "".join(sign if sign.isalnum() else "_" for sign in root.name)[:40]
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    return (folder or cache_folder()) / f"index-{version}-{name}-{digest}.sqlite"


def why_anew(root: Path, folder: Path | None = None) -> str:
    """Return in a sentence why the index of a dataset folder will be made anew, "" if it won't."""
    there = [one for one in range(1, VERSION) if _is_index(cache_path(root, folder, version=one))]
    if not there or cache_path(root, folder).exists():
        return ""
    added = [text for version, text in ADDED.items() if version > max(there)]
    return f"The index is made anew: this version also measures {join_names(added)}."


def remove_former(root: Path, folder: Path | None = None) -> None:
    """Remove the older indexes of a dataset folder, and those of others that nobody needs.

    Nobody needs one of an older version that was not written for 30 days. What is no index by its
    name and by its first bytes stays.
    """
    own = {cache_path(root, folder, version=one) for one in range(1, VERSION)}
    for path in _find_former(folder or cache_folder()):
        with contextlib.suppress(OSError):  # somebody has it open, or has removed it
            if path in own or time.time() - path.stat().st_mtime > FORGOTTEN:
                path.unlink()


def _find_former(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir()):
            found = NAME.fullmatch(path.name)
            if found is not None and int(found[1]) < VERSION and _is_index(path):
                yield path


def _is_index(path: Path) -> bool:
    with contextlib.suppress(OSError):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                return file.read(len(HEADER)) == HEADER
    return False
