"""Readers of the layouts whose defects are marked by boxes."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from inspection.datasets.annotations import merge_types, report_unreadable
from inspection.datasets.folders import Listing, divide_by_unit
from inspection.datasets.layouts.voc import read_voc_objects
from inspection.issues import IssueKind
from inspection.masks.shapes import make_box
from inspection.types import Box, Sample, Split

BOX_TRAINING_SHARE = 0.7
NUM_LOOKED_INTO = 20  # annotations, until one is named by its class
PCB_TRAINING_SHARE = 2 / 3  # 1,000 of 1,500 pairs, as published
PCB_TYPES = {
    "1": "open",
    "2": "short",
    "3": "mousebite",
    "4": "spur",
    "5": "copper",
    "6": "pin-hole",
}

LabelledBox = tuple[str, Box]


def looks_like_neu(listing: Listing) -> bool:
    """Tell whether `IMAGES` and `ANNOTATIONS` hold VOC files that are named by their classes."""
    return any(
        _is_named_by_class(path)
        for _, _, annotations in _list_neu_parts(listing)
        for path in listing.files(annotations, ".xml")[:NUM_LOOKED_INTO]
    )


def _is_named_by_class(path: Path) -> bool:
    try:
        return any(path.stem.startswith(mark.label) for mark in read_voc_objects(path))
    except (ValueError, OSError):
        return False


def _list_neu_parts(listing: Listing) -> list[tuple[Split | None, Path, Path]]:
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


def read_neu(listing: Listing) -> list[Sample]:
    """Read NEU-DET: VOC boxes, one class per image in its file name, no normal images.

    Without folders for the parts, 70 % of each class are for training.
    """
    samples: list[Sample] = []
    has_split = True
    for split, folder, annotations in _list_neu_parts(listing):
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
            samples.append(
                Sample(
                    id=listing.sample_id(path),
                    image_path=path,
                    category=listing.root.name,
                    split=split or Split.TEST,
                    defect_type=_classify(path.stem, boxes),
                    boxes=tuple(box for _, box in boxes or ()),
                )
            )
    return samples if has_split else divide_by_unit(samples, BOX_TRAINING_SHARE)


def _classify(stem: str, boxes: list[LabelledBox] | None) -> str | None:
    """Return the class of an image: what its name says, else what most of its boxes say."""
    named = re.sub(r"_?\d+$", "", stem)
    if boxes is None:
        return named or "defect"
    counts = Counter(name for name, _ in boxes)
    if not counts:
        return None
    return named if named in counts else min(counts, key=lambda name: (-counts[name], name))


def _read_boxes(listing: Listing, path: Path) -> list[LabelledBox] | None:
    try:
        return [
            (mark.label, make_box(*mark.edges))
            for mark in read_voc_objects(path)
            if mark.edges is not None
        ]
    except (ValueError, OSError) as error:
        report_unreadable(listing, path, str(error), category=listing.root.name)
        return None


def looks_like_deep_pcb(listing: Listing) -> bool:
    """Tell whether there are folders `group<n>/<n>` beside `group<n>/<n>_not`."""
    return bool(_list_pcb_folders(listing))


def _pcb_root(listing: Listing) -> Path:
    return listing.folder(listing.root, "PCBData") or listing.root


def _list_pcb_folders(listing: Listing) -> list[tuple[Path, Path]]:
    """Return (images, annotations) of each board."""
    return [
        (images, annotations)
        for group in listing.folders(_pcb_root(listing))
        if group.name.casefold().startswith("group")
        for images in listing.folders(group)
        if (annotations := listing.folder(group, f"{images.name}_not")) is not None
    ]


def read_deep_pcb(listing: Listing) -> list[Sample]:
    """Read DeepPCB: each tested image and its template are a group; the template is normal.

    `trainval.txt` and `test.txt` say which pairs are for training; without them, two thirds are.
    """
    splits = dict(_read_pcb_lists(listing))
    samples: list[Sample] = []
    for folder, annotations in _list_pcb_folders(listing):
        labels = {path.stem: path for path in listing.files(annotations, ".txt")}
        prefix = f"{folder.parent.name}/{folder.name}"
        for path in listing.images(folder):
            pair, _, role = path.stem.rpartition("_")
            if role not in ("test", "temp"):
                continue
            is_tested = role == "test"
            has_boxes = is_tested and pair in labels
            boxes = _read_pcb_boxes(listing, labels[pair]) if has_boxes else []
            samples.append(
                Sample(
                    id=listing.sample_id(path),
                    image_path=path,
                    category=listing.root.name,
                    split=splits.get(f"{prefix}/{pair}", Split.TEST),
                    defect_type=merge_types(name for name, _ in boxes) if is_tested else None,
                    boxes=tuple(box for _, box in boxes),
                    group=f"{prefix}/{pair}",
                )
            )
    return samples if splits else divide_by_unit(samples, PCB_TRAINING_SHARE)


def _read_pcb_lists(listing: Listing) -> Iterator[tuple[str, Split]]:
    """Yield (`group<n>/<n>/<pair>`, split) of the published lists."""
    names = {"trainval.txt": Split.TRAIN, "test.txt": Split.TEST}
    for path in listing.files(_pcb_root(listing), ".txt"):
        if path.name.casefold() in names:
            for line in _read_lines(listing, path):
                yield line[0].rpartition(".")[0], names[path.name.casefold()]


def _read_pcb_boxes(listing: Listing, path: Path) -> list[LabelledBox]:
    """Return the boxes of a file with lines `left top right bottom type`."""
    boxes: list[LabelledBox] = []
    for line in _read_lines(listing, path):
        try:
            left, top, right, bottom = (int(value) for value in line[:4])
            boxes.append((PCB_TYPES.get(line[4], line[4]), Box(left, top, right, bottom)))
        except (ValueError, IndexError):
            listing.report(
                IssueKind.UNREADABLE,
                path,
                problem=f"The annotation {listing.sample_id(path)} has a line that is no box: "
                f"{' '.join(line)!r}.",
                fix="Each line should be left, top, right, bottom and type.",
                category=listing.root.name,
            )
    return boxes


def _read_lines(listing: Listing, path: Path) -> list[list[str]]:
    """Return the words of each line that has any; they stand apart by blanks or commas."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        listing.report(
            IssueKind.UNREADABLE,
            path,
            problem=f"{path} cannot be read ({error.strerror}).",
            fix="Allow reading it, or unpack the data set again.",
        )
        return []
    return [words for line in text.splitlines() if (words := line.replace(",", " ").split())]
