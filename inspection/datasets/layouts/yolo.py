"""Read YOLO's text files: boxes and outlines as shares of the image, classes by number."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from inspection.datasets.annotation_files import (
    ImageFinder,
    Pair,
    count_annotated,
    find_annotated,
    is_sorted_by_type,
    is_structured,
    list_near_folders,
    pair_annotations,
)
from inspection.datasets.annotations import Annotation, Mark, report_unreadable, to_edges
from inspection.datasets.category_builder import CategoryBuilder, read_marks
from inspection.datasets.folder_names import PARTS, Part
from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing, descend
from inspection.errors import ImageError, first_line
from inspection.images import read_image_size
from inspection.masks.shapes import make_polygon
from inspection.types import Sample

NUM_SAMPLED = 20  # label files, until one holds a box
NO_LABELS = frozenset({"classes", "predefined_classes", "readme", "notes", *PARTS})
LABEL_FOLDERS = ("labels", "label")
PLACES = frozenset({"images", *LABEL_FOLDERS})
SLACK = 0.01  # that a share may lie outside of 0 to 1
NAME_FILES = ("classes.txt", "obj.names", "predefined_classes.txt")


@dataclass(frozen=True, slots=True)
class _Settings:
    """Names of the classes, and the parts of folders or of single images."""

    names: Mapping[int, str] = field(default_factory=dict)
    parts: Mapping[Path, Part] = field(default_factory=dict)
    has_keypoints: bool = False

    def name_of(self, number: int) -> str:
        """Return the name of a class, "class 7" where the list is too short."""
        return self.names.get(number, f"class {number}")


def looks_like(listing: Listing) -> bool:
    """Return whether images have text files of boxes, or a `data.yaml` beside them."""
    return bool(find_annotated(listing, _is_category))


def _is_category(listing: Listing, folder: Path) -> bool:
    """Return whether a folder holds images with label files, perhaps in parts."""
    if not (listing.images(folder) or is_structured(listing, folder)):
        return False
    found = (
        pair.annotation
        for pair in pair_annotations(listing, folder, ".txt")
        if pair.annotation is not None
    )
    if not any(_is_label_file(path) for path in islice(found, NUM_SAMPLED)):
        names = {place.name.casefold() for place in list_near_folders(listing, folder)}
        return not names.isdisjoint(PLACES) and _has_settings(listing, folder)
    # where an image without a file is good, each image in the folder of a defect needs one
    return not is_sorted_by_type(
        listing, folder, lambda: count_annotated(listing, folder, ".txt"), share=1.0
    )


def read(listing: Listing) -> list[Sample]:
    """Read YOLO: an image with an empty label file, or with none in a folder of them, is good."""
    return [
        sample
        for category, folder in find_annotated(listing, _is_category)
        for sample in _read_category(CategoryBuilder(listing, category, folder))
    ]


def _read_category(builder: CategoryBuilder) -> list[Sample]:
    listing = builder.listing
    pairs = list(pair_annotations(listing, builder.folder, ".txt"))
    settings = _read_settings(builder, [pair.image for pair in pairs])
    claims = Counter(pair.annotation for pair in pairs)
    labelled = {pair.annotation.parent for pair in pairs if pair.annotation is not None}
    for pair in pairs:
        part = _part_of(pair.image, settings.parts)
        if pair.annotation is None and _has_labels(listing, pair, labelled):
            builder.add(pair.image, None, part=part)
        elif pair.annotation is None:
            builder.add_unmarked(pair.image, reason="without a folder of labels")
        elif claims[pair.annotation] > 1:
            builder.add_unmarked(pair.image, reason="that share a label file")
        elif (annotation := _read_labels(builder, pair, settings)) is None:
            builder.leave_out(pair.image, reason="whose annotation cannot be read")
        else:
            builder.add(pair.image, annotation, part=part)
    _report_strays(builder, pairs, set(claims))
    return builder.finish()


def _has_labels(listing: Listing, pair: Pair, labelled: set[Path]) -> bool:
    """Return whether the labels of the images beside this one are there, be they all empty."""
    return any(
        folder in labelled or (folder != pair.image.parent and not listing.folders(folder))
        for folder in pair.folders
    )


def _report_strays(builder: CategoryBuilder, pairs: list[Pair], used: set[Path | None]) -> None:
    folders = {folder: None for pair in pairs for folder in pair.folders[1:]}
    strays = [
        path
        for folder in folders
        for path in builder.listing.files(folder, ".txt")
        if path not in used and path.stem.casefold() not in NO_LABELS and _holds_boxes(path)
    ]
    builder.listing.report_stray_masks(strays, category=builder.category)


def _part_of(image: Path, parts: Mapping[Path, Part]) -> Part | None:
    """Return the part that `data.yaml` says of an image or of the nearest folder above it."""
    return next((parts[path] for path in (image, *image.parents) if path in parts), None)


def _is_label_file(path: Path) -> bool:
    """Return whether a file beside an image holds boxes, or is empty in a folder of labels."""
    is_in_place = any(above.name.casefold() in LABEL_FOLDERS for above in list(path.parents)[:2])
    return (is_in_place and path.stat().st_size == 0) or _holds_boxes(path)


def _holds_boxes(path: Path) -> bool:
    """Return whether some line of a file is a box or an outline."""
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError:
        return False
    return any(_is_mark(line) for line in lines)


def _is_mark(line: str) -> bool:
    try:
        _parse(line)
    except ValueError:
        return False
    return True


def _parse(line: str) -> tuple[int, list[float]]:
    """Return the class and the shares of a line.

    Raises:
        ValueError: it is no box and no outline.
    """
    try:
        number, *shares = (float(word) for word in line.split())
    except ValueError:
        shares = []
    if len(shares) < 4:
        raise ValueError(f"{line.strip()[:60]!r} is no box and no outline")
    if number < 0 or number != int(number):
        raise ValueError(f"{line.strip()[:60]!r} has no class number")
    if not all(-SLACK <= share <= 1 + SLACK for share in shares):
        raise ValueError(f"{line.strip()[:60]!r} has values outside of 0 to 1")
    return int(number), shares


def _read_labels(builder: CategoryBuilder, pair: Pair, settings: _Settings) -> Annotation | None:
    path = pair.annotation or pair.image
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        report_unreadable(builder.listing, path, first_line(error), category=builder.category)
        return None
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        height, width = read_image_size(pair.image) if lines else (1, 1)
    except ImageError:
        height, width = 1, 1  # never read: measuring and training report why
    return Annotation(
        path,
        read_marks(
            builder,
            path,
            lines,
            label_of=lambda line: _label_of(line, settings),
            place=lambda line: _to_mark(line, settings, width, height),
        ),
    )


def _label_of(line: str, settings: _Settings) -> str:
    """Return the class of a line, "" for none."""
    number = line.split(maxsplit=1)[0]
    return settings.name_of(int(number)) if number.isdecimal() else ""


def _to_mark(line: str, settings: _Settings, width: int, height: int) -> Mark:
    number, shares = _parse(line)
    label = settings.name_of(number)
    if len(shares) < 6 or settings.has_keypoints:  # a fifth is how sure a network was
        across, down = shares[2] / 2, shares[3] / 2
        left, right = (shares[0] - across) * width, (shares[0] + across) * width
        top, bottom = (shares[1] - down) * height, (shares[1] + down) * height
        return Mark(label, to_edges(left, top, right, bottom))
    clipped = [min(max(share, 0.0), 1.0) for share in shares]
    points = zip(clipped[::2], clipped[1::2], strict=False)
    return Mark(label, shapes=(make_polygon([(x * width, y * height) for x, y in points]),))


def _has_settings(listing: Listing, folder: Path) -> bool:
    """Return whether a YAML file of a category names classes."""
    for path in _list_files(listing, folder):
        try:
            if _load(path).get("names"):
                return True
        except ValueError:
            pass
    return False


def _read_settings(builder: CategoryBuilder, images: Iterable[Path]) -> _Settings:
    """Return what the YAML file of a category says, else a list of names in one of its folders."""
    listing, folder = builder.listing, builder.folder
    for path in _list_files(listing, folder):
        try:
            content = _load(path)
        except ValueError as error:
            report_unreadable(listing, path, first_line(error), category=builder.category)
            continue
        if names := content.get("names"):
            parts = _read_parts(listing, path, content, ImageFinder(images, folder))
            return _Settings(_to_names(names), parts, "kpt_shape" in content)
    return _Settings(_read_name_file(listing, folder))


def _list_files(listing: Listing, folder: Path) -> Iterator[Path]:
    for place in list_near_folders(listing, folder):
        yield from listing.files(place, ".yaml", ".yml")


def _load(path: Path) -> dict[str, Any]:
    """Return the record in a YAML file.

    Raises:
        ValueError: it cannot be read.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, RecursionError, yaml.YAMLError) as error:
        raise ValueError(" ".join(str(error).split())[:80]) from error
    return content if isinstance(content, dict) else {}


def _to_names(names: object) -> dict[int, str]:
    """Return number -> name of a list of names or of a record `0: scratch`."""
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(names, dict):
        pairs = names.items()
    elif isinstance(names, list):
        pairs = enumerate(names)
    return {int(str(key)): str(name).strip() for key, name in pairs if str(key).isdecimal()}


def _read_name_file(listing: Listing, folder: Path) -> dict[int, str]:
    for place in list_near_folders(listing, folder):
        for name in NAME_FILES:
            path = listing.file(place, name)
            if path is not None:
                lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
                return _to_names([line for line in lines if line.strip()])
    return {}


def _read_parts(
    listing: Listing, path: Path, content: Mapping[str, Any], finder: ImageFinder
) -> dict[Path, Part]:
    """Return folder or image -> part, without those that are named for several parts."""
    named: defaultdict[Path, set[Part]] = defaultdict(set)
    for key, part in PARTS.items():
        value = content.get(key)
        for place in value if isinstance(value, list) else [value]:
            if isinstance(place, str):
                for found in _find_places(listing, path.parent, place, finder):
                    named[found].add(part)
    return {place: parts.pop() for place, parts in named.items() if len(parts) == 1}


def _find_places(listing: Listing, folder: Path, place: str, finder: ImageFinder) -> Iterator[Path]:
    """Yield the folder that a path means, or the images of a list; other machines wrote it."""
    written = PurePosixPath(place.replace("\\", "/")).parts
    steps = [step for step in written if step not in ("/", "..")]
    for start in range(len(steps)):
        parent = descend(listing, folder, *steps[start:-1])
        if parent is None:
            continue
        if (inner := listing.folder(parent, steps[-1])) is not None:
            yield inner
            return
        table = listing.file(parent, steps[-1])
        if table is not None and table.suffix.lower() == ".txt":
            for line in table.read_text(encoding="utf-8-sig", errors="replace").splitlines():
                if (image := finder.find(line.strip(), near=table.parent)) is not None:
                    yield image
            return


LAYOUT = Layout(
    title="YOLO",
    expects="images and labels, each with train and val or in them, data.yaml with the names",
    looks_like=looks_like,
    read=read,
)
