"""Read VisA: by its table of splits, or by its folders."""

import csv
from pathlib import Path, PurePosixPath

from inspection.datasets.division import divide_by_unit
from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing, descend, find_categories
from inspection.datasets.mask_files import match_masks
from inspection.errors import DatasetError, first_line
from inspection.issues import IssueKind
from inspection.types import Sample, Split

TRAINING_SHARE = 0.9  # as in split_csv/1cls.csv


def looks_like(listing: Listing) -> bool:
    """Return whether there is `split_csv/1cls.csv` or a folder `Data/Images/Normal`."""
    return _find_table(listing) is not None or bool(find_categories(listing, _is_category))


def read(listing: Listing) -> list[Sample]:
    """Read VisA by its one-class split; without `split_csv`, 90 % of the normal images train."""
    table = _find_table(listing)
    return _read_folders(listing) if table is None else _read_splits(listing, table)


def _is_category(listing: Listing, folder: Path) -> bool:
    return descend(listing, folder, "Data", "Images", "Normal") is not None


def _find_table(listing: Listing) -> Path | None:
    folder = listing.folder(listing.root, "split_csv")
    tables = [] if folder is None else listing.files(folder, ".csv")
    return next((path for path in tables if path.name.casefold() == "1cls.csv"), None)


def _read_folders(listing: Listing) -> list[Sample]:
    samples: list[Sample] = []
    for category, folder in find_categories(listing, _is_category):
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
        samples += divide_by_unit(normal, TRAINING_SHARE)
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


def _read_splits(listing: Listing, table: Path) -> list[Sample]:
    samples: list[Sample] = []
    missing: dict[str, list[str]] = {}
    for row in _read_table(table, ("object", "split", "label", "image", "mask")):
        image = _find_file(listing, row["image"])
        if image is None:
            missing.setdefault(row["object"], []).append(row["image"])
            continue
        is_normal = row["label"].casefold() == "normal"
        mask = None if is_normal else _find_file(listing, row["mask"])
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
        raise DatasetError(
            f"{table} cannot be read ({first_line(error)}).", "Unpack it again."
        ) from error
    absent = [name for name in columns if name not in found]
    if absent:
        raise DatasetError(
            f"{table} has no column {absent[0]!r}.", f"It should have {', '.join(columns)}."
        )
    return rows


def _find_file(listing: Listing, name: str) -> Path | None:
    """Return a file named in a table, if it is there and does not lead out of the dataset."""
    steps = _split_path(name)
    folder = None if steps is None else descend(listing, listing.root, *steps[:-1])
    return None if steps is None or folder is None else listing.file(folder, steps[-1])


def _split_path(name: str) -> tuple[str, ...] | None:
    """Return the steps of a relative path written in a file; None if it may lead elsewhere."""
    steps = PurePosixPath(name.replace("\\", "/")).parts
    if not steps or ".." in steps or ":" in name or steps[0] == "/":
        return None
    return steps


LAYOUT = Layout(
    title="VisA",
    expects="split_csv/1cls.csv and <category>/Data/Images/Normal, Anomaly",
    looks_like=looks_like,
    read=read,
)
