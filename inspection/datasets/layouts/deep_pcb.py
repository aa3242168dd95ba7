"""Read DeepPCB: pairs of a tested board and its template, and boxes in text files."""

from collections.abc import Iterator
from pathlib import Path

from inspection.datasets.annotations import merge_types, tell_kinds
from inspection.datasets.division import divide_by_unit
from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing
from inspection.issues import IssueKind
from inspection.types import Box, Sample, Split

TRAINING_SHARE = 2 / 3  # 1,000 of 1,500 pairs, as published
TYPES = {
    "1": "open",
    "2": "short",
    "3": "mousebite",
    "4": "spur",
    "5": "copper",
    "6": "pin-hole",
}


def looks_like(listing: Listing) -> bool:
    """Return whether there are folders `group<n>/<n>` beside `group<n>/<n>_not`."""
    return bool(_list_folders(listing))


def read(listing: Listing) -> list[Sample]:
    """Read DeepPCB: each tested image and its template are a group; the template is normal.

    `trainval.txt` and `test.txt` say which pairs are for training; without them, two thirds are.
    """
    splits = dict(_read_splits(listing))
    samples: list[Sample] = []
    for folder, annotations in _list_folders(listing):
        labels = {path.stem: path for path in listing.files(annotations, ".txt")}
        prefix = f"{folder.parent.name}/{folder.name}"
        for path in listing.images(folder):
            pair, _, role = path.stem.rpartition("_")
            if role not in ("test", "temp"):
                continue
            is_tested = role == "test"
            has_boxes = is_tested and pair in labels
            boxes = _read_boxes(listing, labels[pair]) if has_boxes else []
            defect_type = merge_types(name for name, _ in boxes) if is_tested else None
            samples.append(
                Sample(
                    id=listing.sample_id(path),
                    image_path=path,
                    category=listing.root.name,
                    split=splits.get(f"{prefix}/{pair}", Split.TEST),
                    defect_type=defect_type,
                    boxes=tuple(box for _, box in boxes),
                    group=f"{prefix}/{pair}",
                    kinds=tell_kinds((name for name, _ in boxes), defect_type),
                )
            )
    return samples if splits else divide_by_unit(samples, TRAINING_SHARE)


def _find_root(listing: Listing) -> Path:
    return listing.folder(listing.root, "PCBData") or listing.root


def _list_folders(listing: Listing) -> list[tuple[Path, Path]]:
    """Return (images, annotations) of each board."""
    return [
        (images, annotations)
        for group in listing.folders(_find_root(listing))
        if group.name.casefold().startswith("group")
        for images in listing.folders(group)
        if (annotations := listing.folder(group, f"{images.name}_not")) is not None
    ]


def _read_splits(listing: Listing) -> Iterator[tuple[str, Split]]:
    """Yield (`group<n>/<n>/<pair>`, split) of the published lists."""
    names = {"trainval.txt": Split.TRAIN, "test.txt": Split.TEST}
    for path in listing.files(_find_root(listing), ".txt"):
        if path.name.casefold() in names:
            for line in _read_lines(listing, path):
                yield line[0].rpartition(".")[0], names[path.name.casefold()]


def _read_boxes(listing: Listing, path: Path) -> list[tuple[str, Box]]:
    """Return the boxes of a file with lines `left top right bottom type`."""
    boxes: list[tuple[str, Box]] = []
    for line in _read_lines(listing, path):
        try:
            left, top, right, bottom = (int(value) for value in line[:4])
            boxes.append((TYPES.get(line[4], line[4]), Box(left, top, right, bottom)))
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


LAYOUT = Layout(
    title="DeepPCB",
    expects="group<n>/<n> with pairs _test.jpg and _temp.jpg, boxes in group<n>/<n>_not",
    looks_like=looks_like,
    read=read,
)
