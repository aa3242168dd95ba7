"""Folders with pictures below the folders of datasets, by names that a visitor may give."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from inspection.datasets.folder_names import MASK_FOLDERS
from inspection.decoding.kinds import IMAGE_SUFFIXES
from inspection.errors import DatasetError
from inspection.paths import natural_key

MOST_FOLDERS = 300  # that are offered


def find_picture_folders(datasets: Mapping[str, Path]) -> list[tuple[str, int]]:
    """Return folders that hold pictures themselves, each with how many; none of masks.

    Args:
        datasets: name -> folder; one that is not there is left out.

    Returns:
        ("dataset/part/train/good", 40), in order.
    """
    found = []
    for name, root in datasets.items():
        for folder, inner, files in os.walk(root):
            inner[:] = [
                one for one in inner if one.casefold() not in MASK_FOLDERS and one[0] != "."
            ]
            if count := sum(1 for one in files if _is_picture(one)):
                part = Path(folder).relative_to(root).as_posix()
                found.append((name if part == "." else f"{name}/{part}", count))
    return sorted(found, key=lambda one: natural_key(one[0]))[:MOST_FOLDERS]


def list_pictures(datasets: Mapping[str, Path], folder: object) -> list[str]:
    """Return the names of the pictures in one of these folders.

    Args:
        datasets: name -> folder.
        folder: as `find_picture_folders` calls it; whatever else it is, nothing is found.

    Raises:
        DatasetError: there is no such folder.
    """
    with _opened(datasets, folder) as inner:
        names = [path.name for path in inner.iterdir() if _is_picture(path.name) and path.is_file()]
    return sorted(names, key=natural_key)


def find_picture(datasets: Mapping[str, Path], folder: object, name: object) -> Path:
    """Return the path of a picture in one of these folders.

    Raises:
        DatasetError: there is no such folder, or no such picture in it.
    """
    with _opened(datasets, folder) as inner:
        if isinstance(name, str) and name and _is_picture(name) and Path(name).name == name:
            path = inner / name
            if path.is_file():
                return path
    raise DatasetError("This image is no longer in that folder.", "Choose the folder again.")


@contextmanager
def _opened(datasets: Mapping[str, Path], folder: object) -> Iterator[Path]:
    """Give a folder by its name; none that lies elsewhere."""
    name, _, part = folder.partition("/") if isinstance(folder, str) else ("", "", "")
    try:
        root = datasets[name].resolve()
        inner = (root / part).resolve()
        if not inner.is_relative_to(root):
            raise KeyError(name)
        yield inner
    except (KeyError, OSError, ValueError) as error:  # ValueError: a name with a null byte
        raise DatasetError(
            "This folder is not there, or not to be read.", "Choose another one."
        ) from error


def _is_picture(name: str) -> bool:
    return name[0] != "." and Path(name).suffix.lower() in IMAGE_SUFFIXES
