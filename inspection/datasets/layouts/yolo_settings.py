"""What `data.yaml`, or a list of class names, says about a YOLO data set."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from inspection.datasets.annotations import report_unreadable
from inspection.datasets.category_reading import CategoryReading
from inspection.datasets.folders import Listing
from inspection.datasets.parts import PARTS, ImageFinder, descend, list_near_folders

NAME_FILES = ("classes.txt", "obj.names", "predefined_classes.txt")


@dataclass(frozen=True, slots=True)
class YoloSettings:
    """Names of the classes, and the parts of folders or of single images."""

    names: Mapping[int, str] = field(default_factory=dict)
    parts: Mapping[Path, str] = field(default_factory=dict)
    has_keypoints: bool = False

    def name_of(self, number: int) -> str:
        """Return the name of a class, "class 7" where the list is too short."""
        return self.names.get(number, f"class {number}")


def has_settings(listing: Listing, folder: Path) -> bool:
    """Tell whether a YAML file of a category names classes."""
    for path in _list_files(listing, folder):
        try:
            if _load(path).get("names"):
                return True
        except ValueError:
            pass
    return False


def read_settings(reading: CategoryReading, images: Iterable[Path]) -> YoloSettings:
    """Return what the YAML file of a category says, else a list of names in one of its folders."""
    listing, folder = reading.listing, reading.folder
    for path in _list_files(listing, folder):
        try:
            content = _load(path)
        except ValueError as error:
            report_unreadable(listing, path, str(error), category=reading.category)
            continue
        if names := content.get("names"):
            parts = _read_parts(listing, path, content, ImageFinder(images, folder))
            return YoloSettings(_to_names(names), parts, "kpt_shape" in content)
    return YoloSettings(_read_name_file(listing, folder))


def _list_files(listing: Listing, folder: Path) -> Iterator[Path]:
    for place in list_near_folders(listing, folder):
        yield from listing.files(place, ".yaml", ".yml")


def _load(path: Path) -> dict[str, Any]:
    """Return the record in a YAML file.

    Raises:
        ValueError: it cannot be read.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, RecursionError, yaml.YAMLError) as error:
        raise ValueError(" ".join(str(error).split())[:80]) from error
    return content if isinstance(content, dict) else {}


def _to_names(names: object) -> dict[int, str]:
    """Return number -> name of a list of names or of a record `0: scratch`."""
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(names, dict):
        pairs = names.items()
    elif isinstance(names, list):
        pairs = enumerate(names)
    return {int(str(key)): str(name).strip() for key, name in pairs if str(key).isdecimal()}


def _read_name_file(listing: Listing, folder: Path) -> dict[int, str]:
    for place in list_near_folders(listing, folder):
        for name in NAME_FILES:
            path = listing.file(place, name)
            if path is not None:
                lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
                return _to_names([line for line in lines if line.strip()])
    return {}


def _read_parts(
    listing: Listing, path: Path, content: Mapping[str, Any], finder: ImageFinder
) -> dict[Path, str]:
    """Return folder or image -> part, without those that are named for several parts."""
    named: defaultdict[Path, set[str]] = defaultdict(set)
    for key, part in PARTS.items():
        value = content.get(key)
        for place in value if isinstance(value, list) else [value]:
            if isinstance(place, str):
                for found in _find_places(listing, path.parent, place, finder):
                    named[found].add(part)
    return {place: parts.pop() for place, parts in named.items() if len(parts) == 1}


def _find_places(listing: Listing, folder: Path, place: str, finder: ImageFinder) -> Iterator[Path]:
    """Yield the folder that a path means, or the images of a list; other machines wrote it."""
    written = PurePosixPath(place.replace("\\", "/")).parts
    steps = [step for step in written if step not in ("/", "..")]
    for start in range(len(steps)):
        parent = descend(listing, folder, *steps[start:-1])
        if parent is None:
            continue
        if (inner := listing.folder(parent, steps[-1])) is not None:
            yield inner
            return
        table = listing.file(parent, steps[-1])
        if table is not None and table.suffix.lower() == ".txt":
            for line in table.read_text(encoding="utf-8-sig", errors="replace").splitlines():
                if (image := finder.find(line.strip(), near=table.parent)) is not None:
                    yield image
            return
