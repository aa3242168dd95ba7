"""Readers of the layouts whose defects are marked by masks, or by nothing but their folder."""

from collections import defaultdict
from itertools import chain
from pathlib import Path

from inspection.folders import (
    Listing,
    divide_by_unit,
    find_categories,
    is_mask_folder,
    is_normal_name,
    match_masks,
    split_off_masks,
)
from inspection.types import Sample, Split

SPLIT_FOLDERS = {
    "train": Split.TRAIN,
    "validation": Split.TRAIN,  # normal images only; how to divide them is decided elsewhere
    "test": Split.TEST,
}
PLAIN_TRAINING_SHARE = 0.7
ANY_TYPE = ""  # of masks that lie in no folder of a type


def is_split_category(listing: Listing, folder: Path) -> bool:
    """Tell whether a folder holds `train` or `test` with one folder per type in it."""
    return bool(list_type_folders(listing, folder))


def list_type_folders(listing: Listing, folder: Path) -> list[tuple[Split, Path]]:
    """Return (split, folder) of `train/good`, `test/scratch` and their like."""
    return [
        (split, type_folder)
        for name, split in SPLIT_FOLDERS.items()
        if (split_folder := listing.folder(folder, name)) is not None
        for type_folder in listing.folders(split_folder)
        if not is_mask_folder(type_folder)
    ]


def has_type_folder(listing: Listing, names: frozenset[str]) -> bool:
    """Tell whether some category has a type folder of one of these names."""
    return any(
        type_folder.name.casefold() in names
        for _, folder in find_categories(listing, is_split_category)
        for _, type_folder in list_type_folders(listing, folder)
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
        listing.folder(type_folder, "rgb") is not None
        for _, folder in find_categories(listing, is_split_category)
        for _, type_folder in list_type_folders(listing, folder)[:1]
    )


def looks_like_mvtec(listing: Listing) -> bool:
    """Tell whether there are `train` and `test` folders with one folder per type."""
    return bool(find_categories(listing, is_split_category))


def read_mvtec(listing: Listing) -> list[Sample]:
    """Read `train/good`, `test/<type>`, `ground_truth/<type>`: MVTec AD, LOCO, BTAD, casting."""
    return [
        sample
        for category, folder in find_categories(listing, is_split_category)
        for sample in _read_split_category(listing, category, folder)
    ]


def _read_split_category(listing: Listing, category: str, folder: Path) -> list[Sample]:
    placed: defaultdict[str, list[tuple[Split, Path]]] = defaultdict(list)
    for split, type_folder in list_type_folders(listing, folder):
        placed[type_folder.name].extend((split, path) for path in listing.images(type_folder))
    truth = listing.folder(folder, "ground_truth")
    mask_folders = {path.name: path for path in listing.folders(truth)} if truth else {}
    samples: list[Sample] = []
    for name in sorted(placed.keys() | mask_folders.keys()):
        images = [path for _, path in placed[name]]
        of_stem, strays = _match_nested_masks(listing, images, mask_folders.get(name))
        listing.report_stray_masks(strays, category=category)
        tested = {path.stem for split, path in placed[name] if split is Split.TEST}
        for split, path in placed[name]:
            # a stem that occurs in both parts: the mask is the one of the test image
            has_mask = split is Split.TEST or path.stem not in tested
            found = of_stem.get(path.stem, ()) if has_mask else ()
            samples.append(
                _sample_of_type(listing, path, category=category, split=split, masks=found)
            )
    return samples


def _match_nested_masks(
    listing: Listing, images: list[Path], folder: Path | None
) -> tuple[dict[str, tuple[Path, ...]], list[Path]]:
    """Match the masks of one type; several of one image lie in a folder of its name (LOCO)."""
    if folder is None:
        return {}, []
    of_stem, strays = match_masks(images, listing.images(folder))
    stems = {image.stem for image in images}
    for inner in listing.folders(folder):
        masks = listing.images(inner)
        if inner.name in stems:
            of_stem[inner.name] = (*of_stem.get(inner.name, ()), *masks)
        else:
            strays += masks
    return of_stem, strays


def _sample_of_type(
    listing: Listing, path: Path, *, category: str, split: Split, masks: tuple[Path, ...]
) -> Sample:
    """Return a sample whose folder names its type."""
    is_normal = is_normal_name(path.parent.name)
    return Sample(
        id=listing.sample_id(path),
        image_path=path,
        category=category,
        split=split,
        defect_type=None if is_normal else path.parent.name,
        mask_paths=() if is_normal else masks,
    )


def read_mvtec_3d(listing: Listing) -> list[Sample]:
    """Read the colour images of MVTec 3D-AD: `<split>/<type>/rgb`, masks in `gt` beside it."""
    samples: list[Sample] = []
    for category, folder in find_categories(listing, is_split_category):
        for split, type_folder in list_type_folders(listing, folder):
            images, masks = (
                listing.images(place) if (place := listing.folder(type_folder, name)) else []
                for name in ("rgb", "gt")
            )
            of_stem, strays = match_masks(images, masks)
            listing.report_stray_masks(strays, category=category)
            is_normal = is_normal_name(type_folder.name)
            samples.extend(
                Sample(
                    id=listing.sample_id(path),
                    image_path=path,
                    category=category,
                    split=split,
                    defect_type=None if is_normal else type_folder.name,
                    mask_paths=() if is_normal else of_stem.get(path.stem, ()),
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

    Masks, where there are any, are `<name>_mask.png` beside the image, or lie in
    `ground_truth/<type>`.
    """
    return [
        sample
        for category, folder in find_categories(listing, is_plain_category)
        for sample in _read_plain_category(listing, category, folder)
    ]


def _read_plain_category(listing: Listing, category: str, folder: Path) -> list[Sample]:
    masks_of_type = _list_plain_masks(listing, folder)
    masks = [mask for found in masks_of_type.values() for mask in found]
    used: set[Path] = set()
    samples: list[Sample] = []
    for defect_type, type_folder in _list_plain_types(listing, folder):
        images, beside = split_off_masks(listing.images(type_folder))
        masks += beside
        named = masks_of_type[type_folder.name] + masks_of_type[ANY_TYPE]
        of_stem, _ = match_masks(images, beside + named)
        used.update(chain.from_iterable(of_stem.values()))
        samples.extend(
            Sample(
                id=listing.sample_id(path),
                image_path=path,
                category=category,
                split=Split.TEST,
                defect_type=defect_type,
                mask_paths=of_stem.get(path.stem, ()) if defect_type else (),
            )
            for path in images
        )
    listing.report_stray_masks((mask for mask in masks if mask not in used), category=category)
    normal = [sample for sample in samples if not sample.is_anomalous]
    anomalous = [sample for sample in samples if sample.is_anomalous]
    return divide_by_unit(normal, PLAIN_TRAINING_SHARE) + anomalous


def _list_plain_types(listing: Listing, folder: Path) -> list[tuple[str | None, Path]]:
    """Return (defect type or None, folder) of `good/`, `scratch/` and `defects/scratch/`."""
    return [
        (None if is_normal_name(outer.name) else inner.name, inner)
        for outer in listing.folders(folder)
        if not is_mask_folder(outer)
        for inner in (outer, *listing.folders(outer))
        if not is_mask_folder(inner)
    ]


def _list_plain_masks(listing: Listing, folder: Path) -> defaultdict[str, list[Path]]:
    """Return type -> masks of `masks/<type>`, `masks` and `<type>/masks`."""
    masks: defaultdict[str, list[Path]] = defaultdict(list)
    for outer in listing.folders(folder):
        if is_mask_folder(outer):
            masks[ANY_TYPE] += listing.images(outer)
        for inner in listing.folders(outer):
            if is_mask_folder(outer):
                masks[inner.name] += listing.images(inner)
            elif is_mask_folder(inner):
                masks[outer.name] += listing.images(inner)
    return masks
