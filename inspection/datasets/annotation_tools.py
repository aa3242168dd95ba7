"""Read data sets whose tool writes one annotation file per annotated image."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from inspection.datasets.annotation_files import (
    ImageFinder,
    Pair,
    count_annotated,
    is_sorted_by_type,
    is_structured,
    pair_annotations,
)
from inspection.datasets.annotations import Annotation
from inspection.datasets.category_builder import CategoryBuilder
from inspection.datasets.folder_names import PARTS, Part, is_mask_folder
from inspection.datasets.listing import (
    Listing,
    descend,
    find_categories,
    images_below,
    walk_folders,
)
from inspection.datasets.mask_files import split_off_masks
from inspection.types import Sample

NUM_SAMPLED = 20  # annotations, until one is of the tool


@dataclass(frozen=True, slots=True)
class AnnotationTool:
    """How a tool's annotations are recognised and read.

    Attributes:
        suffix: lower case.
        is_annotation: whether a file is one of the tool's, by its beginning.
        read: the annotation of an image; None, and a note why, if it cannot be read.
        image_name: the image that an annotation names, "" for none.
    """

    suffix: str
    is_annotation: Callable[[Path], bool]
    read: Callable[[CategoryBuilder, Path, Path], Annotation | None]
    image_name: Callable[[Path], str]


def looks_like_tool(listing: Listing, tool: AnnotationTool) -> bool:
    """Return whether images have annotations of this tool, and not just a few of those by type."""
    return any(_is_annotated(listing, folder, tool) for _, folder in _list_categories(listing))


def read_tool(listing: Listing, tool: AnnotationTool) -> list[Sample]:
    """Read images with an annotation each; one without marks says that its image is good.

    An image without an annotation is good in a folder of good ones, and left out elsewhere.
    """
    return [
        sample
        for category, folder in _list_categories(listing)
        if _is_annotated(listing, folder, tool)
        for sample in _read_category(CategoryBuilder(listing, category, folder), tool)
    ]


def _list_categories(listing: Listing) -> list[tuple[str, Path]]:
    """Return the folders with parts or the like in them; without such, the root is the only one."""
    return find_categories(listing, is_structured) or [(listing.root.name, listing.root)]


def _is_annotated(listing: Listing, folder: Path, tool: AnnotationTool) -> bool:
    found = (
        pair.annotation
        for pair in pair_annotations(listing, folder, tool.suffix)
        if pair.annotation is not None
    )
    if any(tool.is_annotation(path) for path in islice(found, NUM_SAMPLED)):
        return not is_sorted_by_type(
            listing, folder, lambda: count_annotated(listing, folder, tool.suffix)
        )
    return _is_annotated_under_other_names(listing, folder, tool)


def _is_annotated_under_other_names(listing: Listing, folder: Path, tool: AnnotationTool) -> bool:
    places = walk_folders(listing, folder)
    files = [path for place in places for path in listing.files(place, tool.suffix)]
    own = [path for path in files[:NUM_SAMPLED] if tool.is_annotation(path)]
    if not own:
        return False
    finder = ImageFinder(images_below(listing, folder), folder)
    is_named = any(finder.find(tool.image_name(path), near=path.parent) for path in own)
    return is_named and not is_sorted_by_type(listing, folder, lambda: len(files))


def _read_category(builder: CategoryBuilder, tool: AnnotationTool) -> list[Sample]:
    listing, folder = builder.listing, builder.folder
    pairs = list(pair_annotations(listing, folder, tool.suffix))
    claims: defaultdict[Path, list[Path]] = defaultdict(list)
    for pair in pairs:
        if pair.annotation is not None:
            claims[pair.annotation].append(pair.image)
    owners = {path: _choose_owner(images, path, tool) for path, images in claims.items()}
    owners |= _find_renamed(builder, tool, pairs)
    annotations = {image: path for path, image in owners.items() if image is not None}
    parts = _read_image_sets(listing, folder)
    _set_masks_aside(listing, [pair.image for pair in pairs if pair.image not in annotations])
    for pair in pairs:
        if pair.image in listing.aside:
            continue
        path = annotations.get(pair.image)
        if path is None:
            builder.add_unmarked(pair.image, reason="without an annotation of their own")
        elif (annotation := tool.read(builder, path, pair.image)) is None:
            builder.leave_out(pair.image, reason="whose annotation cannot be read")
        else:
            builder.add(pair.image, annotation, part=parts.get(pair.image.stem))
    return builder.finish()


def _read_image_sets(listing: Listing, folder: Path) -> dict[str, Part]:
    """Return image stem -> part, as the lists `ImageSets/Main/train.txt` of Pascal VOC say."""
    place = descend(listing, folder, "ImageSets", "Main")
    files = {path.stem.casefold(): path for path in listing.files(place, ".txt")} if place else {}
    found: dict[str, Part] = {}
    for name in ("trainval", "train", "val", "test"):
        if name in files:
            lines = files[name].read_text(encoding="utf-8-sig", errors="replace").splitlines()
            found |= {line.strip(): PARTS[name] for line in lines}
    return found


def _choose_owner(images: list[Path], annotation: Path, tool: AnnotationTool) -> Path | None:
    """Return the image of an annotation; where several have its stem, the one that it names."""
    if len(images) == 1:
        return images[0]
    name = tool.image_name(annotation)
    named = [image for image in images if image.name == name]
    return named[0] if len(named) == 1 else None


def _find_renamed(
    builder: CategoryBuilder, tool: AnnotationTool, pairs: list[Pair]
) -> dict[Path, Path]:
    """Return annotation -> image where only the annotation's content names it; note the strays."""
    listing, folder = builder.listing, builder.folder
    paired = {pair.annotation for pair in pairs}
    finder = ImageFinder((pair.image for pair in pairs if pair.annotation is None), folder)
    found: dict[Path, Path] = {}
    strays: list[Path] = []
    for place in walk_folders(listing, folder):
        for path in listing.files(place, tool.suffix):
            if path in paired or not tool.is_annotation(path):
                continue
            image = finder.find(tool.image_name(path), near=path.parent)
            if image is None or image in found.values():
                strays.append(path)
            else:
                found[path] = image
    listing.report_stray_masks(strays, category=builder.category)
    return found


def _set_masks_aside(listing: Listing, images: list[Path]) -> None:
    """Leave out what the tool's own export draws: masks beside the annotations."""
    beside = split_off_masks(images)[1]
    masks = [image for image in images if is_mask_folder(image.parent)]
    listing.set_aside([*beside, *masks], reason="masks beside annotations")
