"""Read MVTec AD 2, whose test images with labels lie in `test_public`."""

from pathlib import Path

from inspection.folders import (
    Listing,
    find_categories,
    is_mask_folder,
    is_normal_name,
    match_masks,
)
from inspection.parts import descend, walk_images
from inspection.types import Sample, Split

PRIVATE = ("test_private", "test_private_mixed")
PUBLIC = "test_public"


def looks_like_ad2(listing: Listing) -> bool:
    """Tell whether there are folders `test_public` or `test_private`."""
    return bool(find_categories(listing, _is_category))


def _is_category(listing: Listing, folder: Path) -> bool:
    return any(listing.folder(folder, name) is not None for name in (PUBLIC, *PRIVATE))


def read_ad2(listing: Listing) -> list[Sample]:
    """Read MVTec AD 2; its private test images are left out, as their labels are not published."""
    return [
        sample
        for category, folder in find_categories(listing, _is_category)
        for sample in _read_category(listing, category, folder)
    ]


def _read_category(listing: Listing, category: str, folder: Path) -> list[Sample]:
    for name in PRIVATE:
        if (place := listing.folder(folder, name)) is not None:
            listing.set_aside(walk_images(listing, place), reason="no labels are published")
    samples: list[Sample] = []
    for name, split in (("train", Split.TRAIN), ("validation", Split.TRAIN), (PUBLIC, Split.TEST)):
        part = listing.folder(folder, name)
        for place in listing.folders(part) if part is not None else []:
            if part is not None and not is_mask_folder(place):
                truth = descend(listing, part, "ground_truth", place.name)
                samples += _read_type(listing, place, truth, category=category, split=split)
    return samples


def _read_type(
    listing: Listing, folder: Path, truth: Path | None, *, category: str, split: Split
) -> list[Sample]:
    images = walk_images(listing, folder)
    of_stem, strays = match_masks(images, listing.images(truth) if truth is not None else [])
    listing.report_stray_masks(strays, category=category)
    is_normal = is_normal_name(folder.name)
    return [
        Sample(
            id=listing.sample_id(path),
            image_path=path,
            category=category,
            split=split,
            defect_type=None if is_normal else folder.name,
            mask_paths=() if is_normal else of_stem.get(path.stem, ()),
        )
        for path in images
    ]
