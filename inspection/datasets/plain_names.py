"""Names that people give, as names of folders and files on every system, in any script."""

import re
import unicodedata
from collections.abc import Iterable

from inspection.datasets.folder_names import (
    ANNOTATION_FOLDERS,
    IMAGE_FOLDERS,
    MASK_FOLDERS,
    NO_TYPES,
    NORMAL_NAMES,
    TEST_FOLDERS,
    TRAIN_FOLDERS,
    VALIDATION_FOLDERS,
)
from inspection.errors import DatasetError

MOST_BYTES = 120  # of a name; systems allow 255, and checkpoints add their own to it
FORBIDDEN = '<>:"/\\|?*'
DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\..*)?", re.I)
"""What Windows takes for a device, whatever ending it has."""
TAKEN = frozenset(
    {*ANNOTATION_FOLDERS, *IMAGE_FOLDERS, *MASK_FOLDERS, *NORMAL_NAMES}
    | {*TEST_FOLDERS, *TRAIN_FOLDERS, *VALIDATION_FOLDERS}
)
"""Names of folders that mean something in a dataset, and would be taken for a part of it."""


def check_product_name(given: object, existing: Iterable[str]) -> str:
    """Return the name of a new product as its folder is called.

    Args:
        given: by a person, of any script.
        existing: names that are taken; upper and lower case are the same to some systems.

    Raises:
        DatasetError: no folder can be called so, or there is one.
    """
    name = _check(given, "A product", "Give it a name such as bracket 12.")
    if name.casefold() in TAKEN:
        raise DatasetError(
            f"A product cannot be called {name}: a folder of that name has a meaning of its own "
            "in a dataset.",
            "Give it another name.",
        )
    if _fold(name) in {_fold(one) for one in existing}:
        raise DatasetError(
            f"There is a product called {name} already.", "Choose it, or give another name."
        )
    return name


def check_type_name(given: object) -> str:
    """Return the name of a type of defect as its folder is called.

    Raises:
        DatasetError: no folder can be called so, or it means that nothing is wrong.
    """
    name = _check(given, "A type of defect", "Give it a name such as scratch.")
    if name.casefold() in NORMAL_NAMES:
        raise DatasetError(
            f"A type of defect cannot be called {name}: that is what good parts are called.",
            "Add the photographs to the good ones, or give the defect a name such as scratch.",
        )
    if name.casefold() in MASK_FOLDERS | NO_TYPES:
        raise DatasetError(
            f"A type of defect cannot be called {name}: a folder of that name has a meaning of "
            "its own in a dataset.",
            "Give it a name such as scratch.",
        )
    return name


def make_file_stem(given: str) -> str:
    """Return the stem of a file name that every system takes, as near to the given one as can be.

    Args:
        given: a file name without its ending, from anywhere.
    """
    plain = "".join(
        "_" if sign in FORBIDDEN or not sign.isprintable() else sign
        for sign in unicodedata.normalize("NFC", given.encode("utf-8", "replace").decode())
    )
    stem = _cut(plain.strip(" ").strip(". ")) or "photograph"
    return f"_{stem}" if DEVICES.fullmatch(stem) else stem


def _check(given: object, subject: str, fix: str) -> str:
    name = unicodedata.normalize("NFC", given).strip() if isinstance(given, str) else ""
    if not name:
        raise DatasetError(f"{subject} needs a name.", fix)
    if set(name) <= {"."} or name[0] == "." or name[-1] == ".":
        raise DatasetError(f"{subject} cannot be called {name!r}: a dot stands at its end.", fix)
    odd = sorted({sign for sign in name if sign in FORBIDDEN or not sign.isprintable()})
    if odd:
        shown = " ".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in odd)
        raise DatasetError(
            f"{subject} cannot be called so: no folder may have {shown} in its name.",
            "Use letters, digits, spaces and hyphens.",
        )
    if DEVICES.fullmatch(name):
        raise DatasetError(
            f"{subject} cannot be called {name}: Windows keeps that name for a device.", fix
        )
    if len(name.encode("utf-8", "replace")) > MOST_BYTES or name != _cut(name):
        raise DatasetError(
            f"{subject} cannot have a name of {len(name)} characters.", "Give it a shorter one."
        )
    return name


def _cut(name: str) -> str:
    """Return as much of a name as fits, and what UTF-8 can write."""
    return name.encode("utf-8", "ignore")[:MOST_BYTES].decode("utf-8", "ignore").rstrip(". ")


def _fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
