"""Read the magnetic tiles: folders `MT_<Type>/Imgs` of `.jpg` images and `.png` masks."""

import re
from dataclasses import replace
from itertools import chain
from pathlib import Path

from inspection.datasets.division import divide_by_unit
from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing
from inspection.datasets.mask_files import match_masks
from inspection.types import Sample, Split

TILE_GAP = 150  # file numbers further apart than this show different tiles


def looks_like(listing: Listing) -> bool:
    """Return whether there are folders `MT_<Type>/Imgs`."""
    return bool(_list_folders(listing))


def read(listing: Listing) -> list[Sample]:
    """Read the magnetic tiles: `.jpg` images, `.png` masks; exposures of one tile are a group.

    Half of the tiles are for training, their defective images included, balanced by defect type.
    """
    listing.set_aside(listing.images(listing.root), reason="pictures of the data set as a whole")
    samples: list[Sample] = []
    for defect_type, folder in _list_folders(listing):
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


def _list_folders(listing: Listing) -> list[tuple[str, Path]]:
    """Return (type, image folder) of each `MT_<Type>`."""
    return [
        (folder.name[3:], images)
        for folder in listing.folders(listing.root)
        if folder.name.casefold().startswith("mt_")
        and (images := listing.folder(folder, "Imgs")) is not None
    ]


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


LAYOUT = Layout(
    title="Magnetic Tile",
    expects="folders MT_<Type>/Imgs with .jpg images and .png masks",
    looks_like=looks_like,
    read=read,
)
