"""Readers of published data sets that mark defects by masks in a layout of their own."""

import csv
import re
from dataclasses import replace
from itertools import chain
from pathlib import Path

from inspection.datasets.folders import Listing, divide_by_unit, find_categories, is_normal_name
from inspection.datasets.mask_files import match_masks, split_off_masks
from inspection.datasets.parts import descend, find_file
from inspection.errors import DatasetError, ImageError
from inspection.issues import IssueKind
from inspection.masks.reading import read_mask_file
from inspection.types import Sample, Split

TILE_GAP = 150  # file numbers further apart than this show different tiles
UNNAMED_DEFECT = "defect"  # where a data set tells no types apart
KOLEKTOR_TRAINING_SHARE = 2 / 3  # the three folds of Tabernik et al. 2020, of which one is tested
VISA_TRAINING_SHARE = 0.9  # as in split_csv/1cls.csv


def looks_like_magnetic_tile(listing: Listing) -> bool:
    """Tell whether there are folders `MT_<Type>/Imgs`."""
    return bool(_list_tile_folders(listing))


def _list_tile_folders(listing: Listing) -> list[tuple[str, Path]]:
    """Return (type, image folder) of each `MT_<Type>`."""
    return [
        (folder.name[3:], images)
        for folder in listing.folders(listing.root)
        if folder.name.casefold().startswith("mt_")
        and (images := listing.folder(folder, "Imgs")) is not None
    ]


def read_magnetic_tile(listing: Listing) -> list[Sample]:
    """Read the magnetic tiles: `.jpg` images, `.png` masks; exposures of one tile are a group.

    Half of the tiles are for training, their defective images included, balanced by defect type.
    """
    listing.set_aside(listing.images(listing.root), reason="pictures of the data set as a whole")
    samples: list[Sample] = []
    for defect_type, folder in _list_tile_folders(listing):
        images = listing.files(folder, ".jpg", ".jpeg")
        of_stem, strays = match_masks(images, listing.files(folder, ".png"))
        listing.report_stray_masks(strays, category=listing.root.name)
        is_normal = defect_type.casefold() == "free"
        if is_normal:
            good = chain.from_iterable(of_stem.values())
            listing.set_aside(good, reason="masks of good images")
        samples.extend(
            Sample(
                id=listing.sample_id(path),
                image_path=path,
                category=listing.root.name,
                split=Split.TEST,
                defect_type=None if is_normal else defect_type,
                mask_paths=() if is_normal else of_stem.get(path.stem, ()),
            )
            for path in images
        )
    return divide_by_unit(_group_by_tile(samples), 0.5)


def _group_by_tile(samples: list[Sample]) -> list[Sample]:
    """Give the exposures of one tile, known by neighbouring file numbers, one group."""
    grouped = []
    first = last = -TILE_GAP - 1
    for number, sample in sorted(
        ((_tile_number(sample), sample) for sample in samples),
        key=lambda pair: (pair[0], pair[1].id),
    ):
        if number - last > TILE_GAP:
            first = number
        last = number
        grouped.append(replace(sample, group=f"tile-{first}"))
    return grouped


def _tile_number(sample: Sample) -> int:
    """Return n of `exp<e>_num_<n>`."""
    numbers = re.findall(r"\d+", sample.image_path.stem)
    return int(numbers[-1]) if numbers else -1


def looks_like_dagm(listing: Listing) -> bool:
    """Tell whether there are folders `Train` or `Test` with a folder `Label` in them."""
    return bool(find_categories(listing, _is_dagm_class))


def _is_dagm_class(listing: Listing, folder: Path) -> bool:
    return any(
        part is not None and listing.folder(part, "Label") is not None and listing.images(part)
        for part in (listing.folder(folder, "Train"), listing.folder(folder, "Test"))
    )


def read_dagm(listing: Listing) -> list[Sample]:
    """Read DAGM 2007: an image with an ellipse in `Label` is defective, in both parts."""
    samples: list[Sample] = []
    for category, folder in find_categories(listing, _is_dagm_class):
        for split in (Split.TRAIN, Split.TEST):
            if (part := listing.folder(folder, split.value)) is None:
                continue
            images = listing.images(part)
            labels = listing.folder(part, "Label")
            masks = [] if labels is None else listing.images(labels)
            of_stem, strays = match_masks(images, masks)
            listing.report_stray_masks(strays, category=category)
            samples.extend(
                Sample(
                    id=listing.sample_id(path),
                    image_path=path,
                    category=category,
                    split=split,
                    defect_type=UNNAMED_DEFECT if path.stem in of_stem else None,
                    mask_paths=of_stem.get(path.stem, ()),
                )
                for path in images
            )
    return samples


def looks_like_kolektor(listing: Listing) -> bool:
    """Tell whether there are folders of images with `_label` masks, and none of good ones."""
    folders = listing.folders(listing.root)
    return not any(is_normal_name(folder.name) for folder in folders) and any(
        path.stem.endswith("_label")
        for folder in folders
        for path in listing.files(folder, ".bmp", ".png")
    )


def read_kolektor(listing: Listing) -> list[Sample]:
    """Read KolektorSDD: a part is defective where its mask is not black; an item is a group.

    Two thirds of the items are for training, their defective images included.
    """
    samples: list[Sample] = []
    for folder in listing.folders(listing.root):
        images, masks = split_off_masks(listing.images(folder))
        of_stem, strays = match_masks(images, masks)
        listing.report_stray_masks(strays, category=listing.root.name)
        for path in images:
            marked = tuple(
                mask for mask in of_stem.get(path.stem, ()) if _shows_defect(listing, mask)
            )
            empty = [mask for mask in of_stem.get(path.stem, ()) if mask not in marked]
            listing.set_aside(empty, reason="masks of good images")
            samples.append(
                Sample(
                    id=listing.sample_id(path),
                    image_path=path,
                    category=listing.root.name,
                    split=Split.TEST,
                    defect_type=UNNAMED_DEFECT if marked else None,
                    mask_paths=marked,
                    group=folder.name,
                )
            )
    return divide_by_unit(samples, KOLEKTOR_TRAINING_SHARE)


def _shows_defect(listing: Listing, mask: Path) -> bool:
    try:
        return bool(read_mask_file(mask, sample_id=listing.sample_id(mask)).mask.any())
    except ImageError as error:
        listing.report(
            IssueKind.UNREADABLE,
            mask,
            problem=error.problem,
            fix=error.fix,
            category=listing.root.name,
        )
        return True  # never train on a part as normal that may not be


def looks_like_visa(listing: Listing) -> bool:
    """Tell whether there is `split_csv/1cls.csv` or a folder `Data/Images/Normal`."""
    return _find_visa_csv(listing) is not None or bool(find_categories(listing, _is_visa_category))


def _is_visa_category(listing: Listing, folder: Path) -> bool:
    return descend(listing, folder, "Data", "Images", "Normal") is not None


def _find_visa_csv(listing: Listing) -> Path | None:
    folder = listing.folder(listing.root, "split_csv")
    tables = [] if folder is None else listing.files(folder, ".csv")
    return next((path for path in tables if path.name.casefold() == "1cls.csv"), None)


def read_visa(listing: Listing) -> list[Sample]:
    """Read VisA by its one-class split; without `split_csv`, 90 % of the normal images train."""
    table = _find_visa_csv(listing)
    return _read_visa_folders(listing) if table is None else _read_visa_csv(listing, table)


def _read_visa_folders(listing: Listing) -> list[Sample]:
    samples: list[Sample] = []
    for category, folder in find_categories(listing, _is_visa_category):
        images, masks = (
            listing.images(place) if place else []
            for place in (
                descend(listing, folder, "Data", "Images", "Anomaly"),
                descend(listing, folder, "Data", "Masks", "Anomaly"),
            )
        )
        of_stem, strays = match_masks(images, masks)
        listing.report_stray_masks(strays, category=category)
        place = descend(listing, folder, "Data", "Images", "Normal")
        normal = [
            Sample(listing.sample_id(path), path, category, Split.TEST)
            for path in (listing.images(place) if place else [])
        ]
        samples += divide_by_unit(normal, VISA_TRAINING_SHARE)
        samples += [
            Sample(
                id=listing.sample_id(path),
                image_path=path,
                category=category,
                split=Split.TEST,
                defect_type="anomaly",
                mask_paths=of_stem.get(path.stem, ()),
            )
            for path in images
        ]
    return samples


def _read_visa_csv(listing: Listing, table: Path) -> list[Sample]:
    samples: list[Sample] = []
    missing: dict[str, list[str]] = {}
    for row in _read_table(table, ("object", "split", "label", "image", "mask")):
        image = find_file(listing, row["image"])
        if image is None:
            missing.setdefault(row["object"], []).append(row["image"])
            continue
        is_normal = row["label"].casefold() == "normal"
        mask = None if is_normal else find_file(listing, row["mask"])
        samples.append(
            Sample(
                id=listing.sample_id(image),
                image_path=image,
                category=row["object"],
                split=Split.TRAIN if row["split"].casefold() == "train" else Split.TEST,
                defect_type=None if is_normal else row["label"],
                mask_paths=() if mask is None else (mask,),
            )
        )
    for category, names in missing.items():
        listing.report(
            IssueKind.MISSING,
            table,
            problem=f"{len(names)} images named in {table.name} are missing, such as {names[0]}.",
            fix="Unpack the data set again, or go on without them.",
            category=category,
        )
    return samples


def _read_table(table: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the rows of a CSV file that has these columns."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = [{name: row.get(name) or "" for name in columns} for row in reader]
            found = reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{table} cannot be read ({error}).", "Unpack it again.") from error
    absent = [name for name in columns if name not in found]
    if absent:
        raise DatasetError(
            f"{table} has no column {absent[0]!r}.", f"It should have {', '.join(columns)}."
        )
    return rows
