"""Categories whose folders name the type of what lies in them: `good`, `defects/dent`."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inspection.datasets.folder_names import (
    CAPTURE,
    GENERAL_TYPES,
    NO_TYPES,
    TEST_FOLDERS,
    TRAIN_FOLDERS,
    VALIDATION_FOLDERS,
    is_mask_folder,
    is_normal_name,
)
from inspection.datasets.listing import Listing, find_categories, images_below
from inspection.datasets.mask_files import (
    Pairing,
    PlacedImage,
    is_drawn,
    pair_masks,
    split_off_masks,
)
from inspection.types import Sample, Split

SAMPLED = 3  # files of a folder whose name alone does not tell masks from a defect type


@dataclass(frozen=True, slots=True)
class TypeFolder:
    """A folder whose name says what is in the images below it; `defect_type` None is normal."""

    split: Split | None
    path: Path
    defect_type: str | None


@dataclass(frozen=True, slots=True)
class Category:
    """A folder of one product, and the folders in it that hold folders of types."""

    name: str
    path: Path
    parts: Sequence[tuple[Split | None, Path]]


def find_splits(listing: Listing, folder: Path) -> list[tuple[Split, Path]]:
    """Return the parts of a category: train, validation and test under any of their names.

    Images for validation are for training beside a test part, and are the test part where there is
    none; how training images are divided further is decided elsewhere.
    """
    tested = _named(listing, folder, TEST_FOLDERS)
    other = Split.TRAIN if tested else Split.TEST
    return [
        *((Split.TRAIN, path) for path in _named(listing, folder, TRAIN_FOLDERS)),
        *((other, path) for path in _named(listing, folder, VALIDATION_FOLDERS)),
        *((Split.TEST, path) for path in tested),
    ]


def _named(listing: Listing, folder: Path, names: tuple[str, ...]) -> list[Path]:
    return [path for name in names if (path := listing.folder(folder, name)) is not None]


def find_types(listing: Listing, parts: Sequence[tuple[Split | None, Path]]) -> list[TypeFolder]:
    """Return the folders of types in the parts of a category; what lies deeper belongs to them.

    A folder that only says that something is wrong (`defects`), and has no images of its own, holds
    one folder per type; but not where its folders are named like captures (`cam1`, `2024-05-01`) or
    like those below the good ones.
    """
    folders = [
        (split, outer)
        for split, part in parts
        for outer in listing.folders(part)
        if not holds_masks(listing, outer)
    ]
    captures = {
        inner.name.casefold()
        for _, outer in folders
        if is_normal_name(outer.name)
        for inner in listing.folders(outer)
    }
    return [
        TypeFolder(split, path, None if is_normal_name(outer.name) else path.name)
        for split, outer in folders
        for path in _list_types(listing, outer, captures)
    ]


def _list_types(listing: Listing, outer: Path, captures: Collection[str]) -> list[Path]:
    """Return a folder of a type itself, or the folders of types in it."""
    inner = [path for path in listing.folders(outer) if not is_mask_folder(path)]
    if outer.name.casefold() in NO_TYPES:
        return []
    if any(is_normal_name(path.name) for path in inner) and not is_normal_name(outer.name):
        return []  # good and defective parts of something: it is a category, not a type
    is_general = outer.name.casefold() in GENERAL_TYPES and not listing.images(outer)
    names_types = inner and not any(
        CAPTURE.fullmatch(path.name) or path.name.casefold() in captures for path in inner
    )
    return inner if is_general and names_types else [outer]


def holds_masks(listing: Listing, folder: Path) -> bool:
    """Return whether a folder holds masks: by its name, or by its files where that could be a type.

    A label may be missing on a part, so `test/label` is looked into: masks are drawn in few levels.
    """
    if not is_mask_folder(folder):
        return False
    if folder.name.casefold() not in ("label", "labels", "mask", "masks"):
        return True
    files = [path for _, path in zip(range(SAMPLED), images_below(listing, folder), strict=False)]
    return not files or any(is_drawn(path) for path in files)


def read_types(listing: Listing, categories: Sequence[Category]) -> list[Sample]:
    """Read every image below the folders of types of the categories, with its masks.

    Samples of a part without a split are for testing.
    """
    images: list[PlacedImage] = []
    masks = list(_masks_beside(listing, categories))
    for category in categories:
        masks += _masks_below(listing, category.path)
        for one in find_types(listing, category.parts):
            for place in _folders_below(listing, one.path):
                found, beside = split_off_masks(listing.images(place))
                masks += beside
                images += [
                    PlacedImage(path, category.name, one.split, one.defect_type) for path in found
                ]
    pairing = pair_masks(listing.root, images, dict.fromkeys(masks))
    for category in categories:
        own = {path for path in masks if path.is_relative_to(category.path)}
        _report_unpaired(listing, pairing, own, category=category.name)
    _report_unpaired(listing, pairing, set(masks), category=None)
    return [_to_sample(listing, image, pairing.of_image.get(image.path, ())) for image in images]


def _to_sample(listing: Listing, image: PlacedImage, masks: Sequence[Path]) -> Sample:
    if image.defect_type is None:
        listing.set_aside(masks, reason="masks of good images")
    return Sample(
        id=listing.sample_id(image.path),
        image_path=image.path,
        category=image.category,
        split=image.split or Split.TEST,
        defect_type=image.defect_type,
        mask_paths=() if image.defect_type is None else tuple(masks),
    )


def _report_unpaired(
    listing: Listing, pairing: Pairing, masks: Collection[Path], *, category: str | None
) -> None:
    """Note those of the masks that have no image, or several, and forget them."""
    strays = [path for path in pairing.strays if path in masks]
    shared = {path: found for path, found in pairing.shared.items() if path in masks}
    listing.report_stray_masks(strays, category=category)
    listing.report_shared_masks(shared, category=category)
    pairing.strays = [path for path in pairing.strays if path not in masks]
    pairing.shared = {path: found for path, found in pairing.shared.items() if path not in masks}


def _masks_beside(listing: Listing, categories: Sequence[Category]) -> Iterator[Path]:
    """Yield the masks that lie beside the folders of the categories: `masks` beside `images`."""
    if all(category.path != listing.root for category in categories):
        for folder in listing.folders(listing.root):
            if holds_masks(listing, folder):
                yield from images_below(listing, folder)


def _folders_below(listing: Listing, folder: Path) -> Iterator[Path]:
    """Yield a folder and those below it that hold images and not masks."""
    yield folder
    for inner in listing.folders(folder):
        if not is_mask_folder(inner):
            yield from _folders_below(listing, inner)


def _masks_below(listing: Listing, folder: Path) -> Iterator[Path]:
    """Yield the files in the folders of masks below a folder."""
    for inner in listing.folders(folder):
        found = images_below if holds_masks(listing, inner) else _masks_below
        yield from found(listing, inner)


def is_split_category(listing: Listing, folder: Path) -> bool:
    """Return whether a folder holds `train`, `test` or their like with a folder per type in it."""
    return bool(find_types(listing, find_splits(listing, folder)))


def has_type_folder(listing: Listing, names: frozenset[str]) -> bool:
    """Return whether some category has a type folder of one of these names."""
    return any(
        found.path.name.casefold() in names
        for _, folder in find_categories(listing, is_split_category)
        for found in find_types(listing, find_splits(listing, folder))
    )


def read_split_categories(listing: Listing) -> list[Sample]:
    """Read `train/good`, `test/<type>`, `ground_truth/<type>` as MVTec AD has them.

    Images may lie deeper in their folders, and masks in any folder for masks.
    """
    categories = [
        Category(name, folder, find_splits(listing, folder))
        for name, folder in find_categories(listing, is_split_category)
    ]
    for category in categories:
        for split, part in category.parts:
            if split is Split.TEST and part.name.casefold() in VALIDATION_FOLDERS:
                listing.remark(f"{category.name} has no folder test: {part.name} is its test part.")
    return read_types(listing, categories)
