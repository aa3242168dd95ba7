"""Parts of a dataset as annotation tools export them, and what lies where in their folders."""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from inspection.folders import Listing, is_normal_name
from inspection.mask_files import is_mask_folder, split_off_masks
from inspection.type_folders import (
    TEST_FOLDERS,
    TRAIN_FOLDERS,
    VALIDATION_FOLDERS,
    images_below,
)

TRAIN_PART, VALID_PART, TEST_PART = "train", "valid", "test"
PARTS = {
    **dict.fromkeys((*TRAIN_FOLDERS, "trainval"), TRAIN_PART),
    **dict.fromkeys(VALIDATION_FOLDERS, VALID_PART),
    **dict.fromkeys(TEST_FOLDERS, TEST_PART),
}
IMAGE_FOLDERS = frozenset(
    {"images", "image", "img", "imgs", "jpegimages", "pictures", "photos", "data", "obj"}
)
ANNOTATION_FOLDERS = frozenset(
    {"labels", "label", "annotations", "annotation", "annots", "ann", "anns", "json", "jsons"}
    | {"xml", "xmls", "txt", "txts", "yolo", "coco", "voc", "labelme"}
)


def part_named(name: str) -> str | None:
    """Return the part that a folder or file of this name belongs to: `val2017`, `train_images`."""
    words = re.findall(r"[^\W\d_]+", name.casefold())
    found = {PARTS[word] for word in words if word in PARTS}
    is_plain = all(word in PARTS or word in IMAGE_FOLDERS | ANNOTATION_FOLDERS for word in words)
    return found.pop() if is_plain and len(found) == 1 else None


def part_of(path: Path, folder: Path) -> str | None:
    """Return the part that the outermost folder below this one says."""
    names = path.relative_to(folder).parts[:-1]
    return next((part for name in names if (part := part_named(name)) is not None), None)


def walk_folders(listing: Listing, folder: Path) -> Iterator[Path]:
    """Yield a folder and all folders below it."""
    yield folder
    for inner in listing.folders(folder):
        yield from walk_folders(listing, inner)


def is_structured(listing: Listing, folder: Path) -> bool:
    """Tell whether a folder holds parts, images beside annotations, or good images."""
    return any(
        part_named(inner.name) is not None
        or inner.name.casefold() in IMAGE_FOLDERS | ANNOTATION_FOLDERS
        or is_normal_name(inner.name)
        for inner in listing.folders(folder)
    )


def list_near_folders(listing: Listing, folder: Path, *, depth: int = 2) -> Iterator[Path]:
    """Yield a folder, and those of parts, images and annotations in it."""
    yield folder
    if depth > 0:
        for inner in listing.folders(folder):
            name = inner.name.casefold()
            if name in IMAGE_FOLDERS | ANNOTATION_FOLDERS or part_named(name) is not None:
                yield from list_near_folders(listing, inner, depth=depth - 1)


@dataclass(frozen=True, slots=True)
class Pair:
    """An image and its annotation, if it has one; the folders are those where it may lie."""

    image: Path
    annotation: Path | None
    folders: tuple[Path, ...]


def pair_annotations(listing: Listing, folder: Path, suffix: str) -> Iterator[Pair]:
    """Yield every image in a folder and below it with its annotation of this lower-case suffix.

    An annotation has the name of its image and lies beside it, in a folder like `labels` in or
    beside the image's, or at the same place below such a folder: `images/train`, `labels/train`.
    """
    for place in walk_folders(listing, folder):
        images = listing.images(place)
        folders = tuple(_list_annotation_folders(listing, folder, place)) if images else ()
        of_name = {
            same_name(path.stem): path
            for candidate in reversed(folders)
            for path in listing.files(candidate, suffix)
        }
        for image in images:
            found = of_name.get(same_name(image.stem)) or of_name.get(same_name(image.name))
            yield Pair(image, found, folders)


def count_annotated(listing: Listing, folder: Path, suffix: str) -> int:
    """Return how many images have an annotation of this suffix."""
    return sum(pair.annotation is not None for pair in pair_annotations(listing, folder, suffix))


def same_name(name: str) -> str:
    """Return a name so that those that differ only in how accents are stored are equal."""
    return unicodedata.normalize("NFC", name)


def _list_annotation_folders(listing: Listing, root: Path, place: Path) -> Iterator[Path]:
    """Yield the folders where annotations of the images in a folder may lie, the nearest first."""
    yield place
    yield from _annotation_folders_in(listing, place)
    below: tuple[str, ...] = ()
    while place != root:
        for mirror in _annotation_folders_in(listing, place.parent):
            if mirror != place:
                yield descend(listing, mirror, *below) or mirror
        below = (place.name, *below)
        place = place.parent


def _annotation_folders_in(listing: Listing, folder: Path) -> list[Path]:
    return [
        inner for inner in listing.folders(folder) if inner.name.casefold() in ANNOTATION_FOLDERS
    ]


def descend(listing: Listing, folder: Path, *names: str) -> Path | None:
    """Return a folder below this one, found in any case, or None."""
    found: Path | None = folder
    for name in names:
        found = None if found is None else listing.folder(found, name)
    return found


def split_path(name: str) -> tuple[str, ...] | None:
    """Return the steps of a relative path written in a file; None if it may lead elsewhere."""
    steps = PurePosixPath(name.replace("\\", "/")).parts
    if not steps or ".." in steps or ":" in name or steps[0] == "/":
        return None
    return steps


def find_file(listing: Listing, name: str) -> Path | None:
    """Return a file named in a table, if it is there and does not lead out of the dataset."""
    steps = split_path(name)
    folder = None if steps is None else descend(listing, listing.root, *steps[:-1])
    return None if steps is None or folder is None else listing.file(folder, steps[-1])


class ImageFinder:
    """The images of a category by the names that annotations give them."""

    def __init__(self, images: Iterable[Path], folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, list[Path]] = defaultdict(list)
        for image in images:
            self._known[self._key(image.name)].append(image)

    def find(self, name: str, *, near: Path, part: str | None = None) -> Path | None:
        """Return the image that a path in an annotation means; None if none or several could be.

        Args:
            name: relative, or absolute on the machine that wrote it; what leads out of the
                category is never found.
            near: the folder of the annotation, which decides between several.
            part: train, valid or test, which decides before that.
        """
        steps = PurePosixPath(name.replace("\\", "/")).parts
        if not steps:
            return None
        found = self._known.get(self._key(steps[-1]), [])
        path = Path(os.path.normpath(near.joinpath(*steps)))
        if path in found or ".." in steps:
            return path if path in found else None
        ranked = sorted((self._rank(path, steps, near, part), path) for path in found)
        if not ranked or (len(ranked) > 1 and ranked[-1][0] == ranked[-2][0]):
            return None
        return ranked[-1][1]

    def _rank(
        self, path: Path, steps: tuple[str, ...], near: Path, part: str | None
    ) -> tuple[int, bool, int]:
        shared = 0
        for own, given in zip(reversed(path.parts), reversed(steps), strict=False):
            if self._key(own) != self._key(given):
                break
            shared += 1
        is_in_part = part is not None and part_of(path, self._folder) == part
        return shared, is_in_part, len(os.path.commonpath([path, near]))

    @staticmethod
    def _key(name: str) -> str:
        return same_name(name).casefold()


def is_sorted_by_type(
    listing: Listing, folder: Path, count_annotated: Callable[[], int], *, share: float = 0.5
) -> bool:
    """Tell whether folders say what the images show, so that a few annotations do not count.

    That is so if there are folders like `good` and `scratch` with masks, or with fewer annotations
    than this share of the images outside of `good`.
    """
    outer = [folder, *(inner for inner in listing.folders(folder) if part_named(inner.name))]
    types = [inner for place in outer for inner in listing.folders(place)]
    if not any(is_normal_name(inner.name) for inner in types):
        return False
    images = list(images_below(listing, folder))
    masks = split_off_masks(images)[1]
    if masks or any(is_mask_folder(image.parent) for image in images):
        return True
    doubtful = [image for image in images if not is_in_normal_folder(image, folder)]
    return count_annotated() < share * len(doubtful)


def is_in_normal_folder(image: Path, folder: Path) -> bool:
    """Tell whether a folder between this one and the image says that it is good."""
    return any(is_normal_name(name) for name in image.relative_to(folder).parts[:-1])
