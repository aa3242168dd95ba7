"""Find the annotations of images, and the images of annotations, by names and folders."""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from inspection.datasets.folder_names import (
    ANNOTATION_FOLDERS,
    IMAGE_FOLDERS,
    Part,
    is_in_normal_folder,
    is_mask_folder,
    is_normal_name,
    part_named,
    part_of,
)
from inspection.datasets.listing import (
    Listing,
    descend,
    find_categories,
    images_below,
    walk_folders,
)
from inspection.datasets.mask_files import split_off_masks

MAX_ALIKE = 100  # images of one name; whoever names no folder means none of them


def is_structured(listing: Listing, folder: Path) -> bool:
    """Return whether a folder holds parts, images beside annotations, or good images."""
    return any(
        part_named(inner.name) is not None
        or inner.name.casefold() in IMAGE_FOLDERS | ANNOTATION_FOLDERS
        or is_normal_name(inner.name)
        for inner in listing.folders(folder)
    )


def find_annotated(
    listing: Listing, is_category: Callable[[Listing, Path], bool]
) -> list[tuple[str, Path]]:
    """Return (name, folder) of the categories; what lies in parts or beside good ones is none."""
    if is_structured(listing, listing.root):
        is_one = is_category(listing, listing.root)
        return [(listing.root.name, listing.root)] if is_one else []
    return find_categories(listing, is_category)


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


class ImageFinder:
    """The images of a category by the names that annotations give them."""

    def __init__(self, images: Iterable[Path], folder: Path) -> None:
        self._folder = folder
        self._ending: defaultdict[tuple[str, ...], list[Path]] = defaultdict(list)
        for image in images:
            steps = _normal_steps(image.relative_to(folder).parts)
            for start in range(len(steps)):
                self._ending[steps[start:]].append(image)

    def find(self, name: str, *, near: Path, part: Part | None = None) -> Path | None:
        """Return the image that a path in an annotation means; None if none or several could be.

        Of several it is the one with the most folders in common with the path, then the one in the
        part, then the nearest.

        Args:
            name: relative, or absolute on the machine that wrote it; what leads out of the
                category is never found.
            near: the folder of the annotation.
            part: train, valid or test.
        """
        steps = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in steps:
            place = Path(os.path.normpath(near.joinpath(*steps)))
            if not place.is_relative_to(self._folder):
                return None
            found = self._ending.get(_normal_steps(place.relative_to(self._folder).parts), [])
            return place if place in found else None
        steps = _normal_steps(steps)
        fitting = (
            self._ending[steps[at:]] for at in range(len(steps)) if steps[at:] in self._ending
        )
        return self._choose(next(fitting, []), near, part)

    def _choose(self, found: list[Path], near: Path, part: Part | None) -> Path | None:
        if len(found) > MAX_ALIKE:
            return None
        ranked = sorted(
            (
                part is not None and part_of(path, self._folder) == part,
                len(os.path.commonpath([path, near])),
                path,
            )
            for path in found
        )
        if not ranked or (len(ranked) > 1 and ranked[-1][:2] == ranked[-2][:2]):
            return None
        return ranked[-1][2]


def _normal_steps(steps: Iterable[str]) -> tuple[str, ...]:
    return tuple(same_name(step).casefold() for step in steps)


def is_sorted_by_type(
    listing: Listing, folder: Path, count_annotated: Callable[[], int], *, share: float = 0.5
) -> bool:
    """Return whether folders say what the images show, so that a few annotations do not count.

    That is so if most images lie in folders like `good` and `scratch`, with masks, or with fewer
    annotations than this share of the images outside of `good`. It is remarked.
    """
    types = _list_type_folders(listing, folder)
    if not any(is_normal_name(inner.name) for inner in types):
        return False
    images = list(images_below(listing, folder))
    masks = {*split_off_masks(images)[1], *(i for i in images if is_mask_folder(i.parent))}
    doubtful = [i for i in images if i not in masks and not is_in_normal_folder(i, folder)]
    if sum(not types.isdisjoint(image.parents) for image in doubtful) < len(doubtful) / 2:
        return False
    is_sorted = bool(masks) or count_annotated() < share * len(doubtful)
    if is_sorted:
        listing.remark(
            f"{folder.name}: annotation files are not read, as folders say what the images show."
        )
    return is_sorted


def _list_type_folders(listing: Listing, folder: Path) -> set[Path]:
    outer = [folder, *(inner for inner in listing.folders(folder) if part_named(inner.name))]
    return {
        inner
        for place in outer
        for inner in listing.folders(place)
        if inner.name.casefold() not in IMAGE_FOLDERS | ANNOTATION_FOLDERS
        and not (is_mask_folder(inner) or part_named(inner.name))
    }
