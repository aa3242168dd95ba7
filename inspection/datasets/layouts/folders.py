"""Readers of the layouts whose folders name the type of what lies in them."""

from pathlib import Path

from inspection.datasets.folders import Listing, divide_by_unit, find_categories, is_normal_name
from inspection.datasets.mask_files import match_masks
from inspection.datasets.type_folders import (
    VALIDATION_FOLDERS,
    Category,
    find_splits,
    find_types,
    read_types,
)
from inspection.types import Sample, Split

PLAIN_TRAINING_SHARE = 0.7


def is_split_category(listing: Listing, folder: Path) -> bool:
    """Tell whether a folder holds `train`, `test` or their like with one folder per type in it."""
    return bool(find_types(listing, find_splits(listing, folder)))


def has_type_folder(listing: Listing, names: frozenset[str]) -> bool:
    """Tell whether some category has a type folder of one of these names."""
    return any(
        found.path.name.casefold() in names
        for _, folder in find_categories(listing, is_split_category)
        for found in find_types(listing, find_splits(listing, folder))
    )


def looks_like_loco(listing: Listing) -> bool:
    """Tell whether the defect types are logical and structural anomalies."""
    return has_type_folder(listing, frozenset({"logical_anomalies", "structural_anomalies"}))


def looks_like_btad(listing: Listing) -> bool:
    """Tell whether the types are `ok` and `ko`."""
    return has_type_folder(listing, frozenset({"ko"}))


def looks_like_casting(listing: Listing) -> bool:
    """Tell whether the types are `ok_front` and `def_front`."""
    return has_type_folder(listing, frozenset({"ok_front", "def_front"}))


def looks_like_mvtec_3d(listing: Listing) -> bool:
    """Tell whether the images lie in `rgb` beside `xyz` or `gt`."""
    return any(
        listing.folder(found.path, "rgb") is not None
        for _, folder in find_categories(listing, is_split_category)
        for found in find_types(listing, find_splits(listing, folder))[:1]
    )


def looks_like_mvtec(listing: Listing) -> bool:
    """Tell whether there are `train` and `test` folders with one folder per type."""
    return bool(find_categories(listing, is_split_category))


def read_mvtec(listing: Listing) -> list[Sample]:
    """Read `train/good`, `test/<type>`, `ground_truth/<type>`: MVTec AD, LOCO, BTAD, casting.

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


def read_mvtec_3d(listing: Listing) -> list[Sample]:
    """Read the colour images of MVTec 3D-AD: `<split>/<type>/rgb`, masks in `gt` beside it."""
    samples: list[Sample] = []
    for category, folder in find_categories(listing, is_split_category):
        for found in find_types(listing, find_splits(listing, folder)):
            images, masks, depth = (
                listing.images(place) if (place := listing.folder(found.path, name)) else []
                for name in ("rgb", "gt", "xyz")
            )
            of_stem, strays = match_masks(images, masks)
            listing.report_stray_masks(strays, category=category)
            listing.set_aside(depth, reason="depth images")
            if found.defect_type is None:
                listing.set_aside(masks, reason="masks of good images")
                of_stem = {}
            samples.extend(
                Sample(
                    id=listing.sample_id(path),
                    image_path=path,
                    category=category,
                    split=found.split or Split.TEST,
                    defect_type=found.defect_type,
                    mask_paths=of_stem.get(path.stem, ()),
                )
                for path in images
            )
    return samples


def is_plain_category(listing: Listing, folder: Path) -> bool:
    """Tell whether a folder holds a folder of normal images."""
    return any(is_normal_name(child.name) for child in listing.folders(folder))


def looks_like_plain(listing: Listing) -> bool:
    """Tell whether there is a folder `good`, `normal` or `ok`."""
    return bool(find_categories(listing, is_plain_category))


def read_plain(listing: Listing) -> list[Sample]:
    """Read `good/` beside defect folders: 70 % of the normal images are for training.

    Masks, where there are any, are `<name>_mask.png` beside the image, or in a folder for masks.
    """
    categories = [
        Category(name, folder, [(None, folder)])
        for name, folder in find_categories(listing, is_plain_category)
    ]
    found = read_types(listing, categories)
    samples = [sample for sample in found if sample.is_anomalous]
    for category in categories:
        own = [one for one in found if one.category == category.name and not one.is_anomalous]
        samples += divide_by_unit(own, PLAIN_TRAINING_SHARE)
    return samples


def looks_like_flat(listing: Listing) -> bool:
    """Tell whether images lie in the folder itself, and nowhere below it."""
    has_images = bool(listing.images(listing.root))
    return has_images and not any(
        listing.holds_image(folder) for folder in listing.folders(listing.root)
    )


def read_flat(listing: Listing) -> list[Sample]:
    """Read a folder of photographs as good ones, of which 70 % are for training."""
    samples = [
        Sample(listing.sample_id(path), path, listing.root.name, Split.TEST)
        for path in listing.images(listing.root)
    ]
    listing.remark("Nothing says what the images show: all of them are read as good.")
    return divide_by_unit(samples, PLAIN_TRAINING_SHARE)
