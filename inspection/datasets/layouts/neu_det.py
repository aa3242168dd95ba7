"""Read NEU-DET: VOC boxes in `ANNOTATIONS`, named by their classes."""

import re
from collections import Counter
from pathlib import Path

from inspection.datasets.annotations import report_unreadable, tell_kinds
from inspection.datasets.division import TRAINING_SHARE, divide_by_unit
from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing
from inspection.datasets.voc_files import read_objects
from inspection.errors import first_line
from inspection.masks.shapes import make_box
from inspection.types import Box, Sample, Split

NUM_SAMPLED = 20  # annotations, until one is named by its class


def looks_like(listing: Listing) -> bool:
    """Return whether `IMAGES` and `ANNOTATIONS` hold VOC files that are named by their classes."""
    return any(
        _is_named_by_class(path)
        for _, _, annotations in _list_parts(listing)
        for path in listing.files(annotations, ".xml")[:NUM_SAMPLED]
    )


def _is_named_by_class(path: Path) -> bool:
    try:
        return any(path.stem.startswith(mark.label) for mark in read_objects(path))
    except (ValueError, OSError):
        return False


def _list_parts(listing: Listing) -> list[tuple[Split | None, Path, Path]]:
    """Return (split or None, images, annotations): of the root, or of `train` and `validation`."""
    places: list[tuple[Split | None, Path | None]] = [
        (None, listing.root),
        (Split.TRAIN, listing.folder(listing.root, "train")),
        (Split.TEST, listing.folder(listing.root, "validation")),
        (Split.TEST, listing.folder(listing.root, "test")),
    ]
    return [
        (split, images, annotations)
        for split, place in places
        if place is not None
        and (images := listing.folder(place, "IMAGES")) is not None
        and (annotations := listing.folder(place, "ANNOTATIONS")) is not None
        and listing.files(annotations, ".xml")
    ]


def read(listing: Listing) -> list[Sample]:
    """Read NEU-DET: VOC boxes, one class per image in its file name, no normal images.

    Without folders for the parts, 70 % of each class are for training.
    """
    samples: list[Sample] = []
    has_split = True
    for split, folder, annotations in _list_parts(listing):
        has_split = split is not None
        files = {path.stem: path for path in listing.files(annotations, ".xml")}
        images = [
            path for place in (folder, *listing.folders(folder)) for path in listing.images(place)
        ]
        strays = files.keys() - {path.stem for path in images}
        listing.report_stray_masks(
            (files[stem] for stem in sorted(strays)), category=listing.root.name
        )
        for path in images:
            boxes = _read_boxes(listing, files[path.stem]) if path.stem in files else None
            defect_type = _classify(path.stem, boxes)
            samples.append(
                Sample(
                    id=listing.sample_id(path),
                    image_path=path,
                    category=listing.root.name,
                    split=split or Split.TEST,
                    defect_type=defect_type,
                    boxes=tuple(box for _, box in boxes or ()),
                    kinds=tell_kinds((name for name, _ in boxes or ()), defect_type),
                )
            )
    return samples if has_split else divide_by_unit(samples, TRAINING_SHARE)


def _classify(stem: str, boxes: list[tuple[str, Box]] | None) -> str | None:
    """Return the class of an image: what its name says, else what most of its boxes say."""
    named = re.sub(r"_?\d+$", "", stem)
    if boxes is None:
        return named or "defect"
    counts = Counter(name for name, _ in boxes)
    if not counts:
        return None
    return named if named in counts else min(counts, key=lambda name: (-counts[name], name))


def _read_boxes(listing: Listing, path: Path) -> list[tuple[str, Box]] | None:
    try:
        return [
            (mark.label, make_box(*mark.edges))
            for mark in read_objects(path)
            if mark.edges is not None
        ]
    except (ValueError, OSError) as error:
        report_unreadable(listing, path, first_line(error), category=listing.root.name)
        return None


LAYOUT = Layout(
    title="NEU-DET",
    expects="IMAGES and ANNOTATIONS with VOC boxes",
    looks_like=looks_like,
    read=read,
)
