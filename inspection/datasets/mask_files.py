"""Find the masks of images by their names and folders, wherever people have put them."""

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from inspection.datasets.folder_names import MASK_FOLDERS
from inspection.errors import ImageError
from inspection.images import read_grey
from inspection.types import Split

MASK_NAME = re.compile(
    r"(?:mask|label|gt|seg)[ ._-]+(?P<after>.+)"
    r"|(?P<before>.+?)[ ._-]+(?:masks?|labels?|gt|seg|segmentation|ground_?truth|annotation)"
    r"(?:[ ._-]?\d{1,3})?",  # several masks of one image are numbered
    re.IGNORECASE,
)
DRAWN_SHARE = 0.9  # of the pixels of a mask have one of two levels; blurred edges have others


def without_mask_name(stem: str) -> str:
    """Return the stem of the image that a mask of this stem belongs to, such as 000 of 000_mask."""
    found = MASK_NAME.fullmatch(stem)
    return stem if found is None else found["after"] or found["before"]


def split_off_masks(files: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Return (images, masks) of a folder in which both lie.

    A mask has the name of an image beside it and a word for mask; where no image of the folder has
    such a mask, these words are part of the names: the images may show masks. Or it has the name
    of an image with another ending, and is drawn.
    """
    files = list(files)
    endings: defaultdict[str, list[Path]] = defaultdict(list)
    for path in files:
        endings[path.stem].append(path)
    masks = {path for path in files if without_mask_name(path.stem) != path.stem}
    if not any(without_mask_name(path.stem) in endings for path in masks):
        masks = set()
    for twins in (paths for paths in endings.values() if len(paths) > 1):
        drawn = [path for path in twins if path.suffix.lower() == ".png" and is_drawn(path)]
        if len(drawn) < len(twins):
            masks.update(drawn)
    return [path for path in files if path not in masks], [path for path in files if path in masks]


def match_masks(
    images: Iterable[Path], masks: Iterable[Path]
) -> tuple[dict[str, tuple[Path, ...]], list[Path]]:
    """Return image stem -> its masks, and the masks that belong to no image.

    `000.png` has the mask `000.png`, `000_mask.png`, `000_label.bmp` or `mask_000.png`.
    """
    stems = {image.stem for image in images}
    matched: defaultdict[str, list[Path]] = defaultdict(list)
    strays: list[Path] = []
    for mask in masks:
        stem = mask.stem if mask.stem in stems else without_mask_name(mask.stem)
        (matched[stem] if stem in stems else strays).append(mask)
    return {stem: tuple(paths) for stem, paths in matched.items()}, strays


@dataclass(frozen=True, slots=True)
class PlacedImage:
    """An image with what its folders say of it; `defect_type` is None for a normal one."""

    path: Path
    category: str
    split: Split | None
    defect_type: str | None


@dataclass(slots=True)
class Pairing:
    """Which masks belong to which image.

    Attributes:
        of_image: image -> its masks.
        strays: masks that no image has.
        shared: mask -> the images of several folders that it could belong to.
    """

    of_image: defaultdict[Path, list[Path]] = field(default_factory=lambda: defaultdict(list))
    strays: list[Path] = field(default_factory=list)
    shared: dict[Path, list[Path]] = field(default_factory=dict)


def pair_masks(root: Path, images: Sequence[PlacedImage], masks: Iterable[Path]) -> Pairing:
    """Find the image of every mask of a dataset by its name and the folders that it lies in.

    The folders of a mask, but for those for masks, must be folders of its image, too:
    `ground_truth/scratch/000_mask.png` and `masks/test/scratch/000.png` belong to
    `test/scratch/000.png`. A folder with the name of an image holds masks of that image (LOCO).
    Of several that fit, a defective image comes before a normal one, then one whose folders are
    the same, then a test image.

    Args:
        root: of the dataset.
        images: all of the dataset.
        masks: those in folders for masks, and those beside images.
    """
    folders_of = functools.cache(functools.partial(_folders, root))
    of_stem: defaultdict[str, list[_Candidate]] = defaultdict(list)
    for image in images:
        of_stem[image.path.stem].append(_Candidate(image, folders_of(image.path.parent)))
    known = frozenset(chain.from_iterable(folders_of(image.path.parent) for image in images))
    pairing = Pairing()
    for mask in masks:
        found = _find_owners(mask, folders_of(mask.parent), known, of_stem)
        if not found:
            pairing.strays.append(mask)
        elif len(found) > 1:
            pairing.shared[mask] = [one.image.path for one in found]
        else:
            pairing.of_image[found[0].image.path].append(mask)
    return pairing


@dataclass(frozen=True, slots=True)
class _Candidate:
    image: PlacedImage
    folders: frozenset[str]


def _find_owners(
    mask: Path,
    folders: frozenset[str],
    known: frozenset[str],
    of_stem: Mapping[str, list[_Candidate]],
) -> list[_Candidate]:
    """Return the images that a mask fits equally well."""
    holder = mask.parent.name
    stems = [mask.stem, without_mask_name(mask.stem)]
    if holder in of_stem and holder.casefold() not in known:
        stems, folders = [holder], folders - {holder.casefold()}
    stem = next((stem for stem in stems if stem in of_stem), "")
    fitting = [one for one in of_stem.get(stem, ()) if folders <= one.folders]
    ranks = [_rank(one, folders) for one in fitting]
    return [one for one, rank in zip(fitting, ranks, strict=True) if rank == min(ranks)]


def _rank(one: _Candidate, folders: frozenset[str]) -> tuple[bool, int, bool]:
    image = one.image
    return image.defect_type is None, len(one.folders - folders), image.split is Split.TRAIN


def _folders(root: Path, folder: Path) -> frozenset[str]:
    """Return the folders from a dataset to one in it, in lower case, those for masks left out."""
    between = folder.relative_to(root).parts
    return frozenset(name.casefold() for name in between) - MASK_FOLDERS


def is_drawn(path: Path) -> bool:
    """Return whether an image is drawn in a few levels, as masks are and photographs are not."""
    try:
        counts = np.bincount(read_grey(path).ravel(), minlength=256)
    except ImageError:
        return False
    return bool(np.sort(counts)[-2:].sum() >= DRAWN_SHARE * counts.sum())
