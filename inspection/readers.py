"""Readers of the layouts whose defects are marked by masks, or by nothing but their folder."""

from collections import defaultdict
from pathlib import Path

from inspection.folders import (
    Listing,
    divide_by_unit,
    find_categories,
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
MASK_FOLDERS = frozenset({"ground_truth", "groundtruth", "gt", "mask", "masks", "label", "labels"})
PLAIN_TRAINING_SHARE = 0.7


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
        if type_folder.name.casefold() not in MASK_FOLDERS
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
    by_type: defaultdict[str, list[tuple[Split, Path]]] = defaultdict(list)
    for split, type_folder in list_type_folders(listing, folder):
        by_type[type_folder.name].extend((split, path) for path in listing.images(type_folder))
    masks = _list_masks(listing, folder)
    samples: list[Sample] = []
    for name in sorted(by_type.keys() | masks.keys()):
        placed = by_type.get(name, [])
        of_stem, strays = _match_nested_masks([path for _, path in placed], masks.get(name, []))
        listing.report_stray_masks(strays, category=category)
        tested = {path.stem for split, path in placed if split is Split.TEST}
        for split, path in placed:
            # a stem that occurs in both parts: the mask is the one of the test image
            has_mask = split is Split.TEST or path.stem not in tested
            found = of_stem.get(path.stem, ()) if has_mask else ()
            samples.append(
                _sample_of_type(listing, path, category=category, split=split, masks=found)
            )
    return samples


def _list_masks(listing: Listing, folder: Path) -> dict[str, list[Path]]:
    """Return type -> masks, those in a folder of their own per image (LOCO) included."""
    truth = listing.folder(folder, "ground_truth")
    if truth is None:
        return {}
    return {
        type_folder.name: [
            mask
            for place in (type_folder, *listing.folders(type_folder))
            for mask in listing.images(place)
        ]
        for type_folder in listing.folders(truth)
    }


def _match_nested_masks(
    images: list[Path], masks: list[Path]
) -> tuple[dict[str, tuple[Path, ...]], list[Path]]:
    """Match masks by their own stem or, with several per image, by the name of their folder."""
    of_stem, unmatched = match_masks(images, masks)
    stems = {image.stem for image in images}
    strays = []
    for mask in unmatched:
        if mask.parent.name in stems:
            of_stem[mask.parent.name] = (*of_stem.get(mask.parent.name, ()), mask)
        else:
            strays.append(mask)
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
    truths = [place for name in sorted(MASK_FOLDERS) if (place := listing.folder(folder, name))]
    flat = [mask for truth in truths for mask in listing.images(truth)]  # in no folder of a type
    unclaimed = set(flat)
    unknown = {
        place: None
        for truth in truths
        for place in listing.folders(truth)  # masks of a type
    }
    samples: list[Sample] = []
    for defect_type, type_folder in _list_plain_types(listing, folder, truths):
        images, masks = split_off_masks(listing.images(type_folder))
        for truth in truths:
            if (place := listing.folder(truth, type_folder.name)) is not None:
                masks.extend(listing.images(place))
                unknown.pop(place, None)
        of_stem, strays = match_masks(images, masks)
        from_flat, _ = match_masks(images, flat)
        unclaimed -= {mask for found in from_flat.values() for mask in found}
        listing.report_stray_masks(strays, category=category)
        samples.extend(
            Sample(
                id=listing.sample_id(path),
                image_path=path,
                category=category,
                split=Split.TEST,
                defect_type=defect_type,
                mask_paths=(of_stem.get(path.stem, ()) + from_flat.get(path.stem, ()))
                if defect_type
                else (),
            )
            for path in images
        )
    orphans = [mask for place in unknown for mask in listing.images(place)]
    listing.report_stray_masks([*sorted(unclaimed), *orphans], category=category)
    normal = [sample for sample in samples if not sample.is_anomalous]
    anomalous = [sample for sample in samples if sample.is_anomalous]
    return divide_by_unit(normal, PLAIN_TRAINING_SHARE) + anomalous


def _list_plain_types(
    listing: Listing, folder: Path, truths: list[Path]
) -> list[tuple[str | None, Path]]:
    """Return (defect type or None, folder) of `good/`, `scratch/` and `defects/scratch/`."""
    found: list[tuple[str | None, Path]] = []
    for outer in listing.folders(folder):
        if outer in truths:
            continue
        for inner in (outer, *listing.folders(outer)):
            found.append((None if is_normal_name(outer.name) else inner.name, inner))
    return found
