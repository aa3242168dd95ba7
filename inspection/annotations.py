"""What annotation tools export: marks of one image at a time become samples of a category."""

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from inspection.errors import ImageError
from inspection.folders import NORMAL_NAMES, IssueKind, Listing, divide_by_unit
from inspection.images import read_image_size
from inspection.parts import TEST_PART, VALID_PART, is_in_normal_folder, part_of
from inspection.shapes import make_box, scale_shape
from inspection.types import Box, PixelRuns, Sample, Shape, Size, Split

Entry = TypeVar("Entry")

TRAINING_SHARE = 0.7
MIXED = "mixed"  # defects of several types in one image
NO_DEFECTS = NORMAL_NAMES | {"background", "_background_", "__ignore__"}
AUGMENTED = ".rf."  # Roboflow's copies of one image are <name>.rf.<hash>.jpg


Edges = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One marked place; a mark without a place says only what is in the image."""

    label: str
    edges: Edges | None = None  # of a box
    shapes: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """The marks of one image, in pixels of an image of this size; None is that of the file."""

    path: Path
    marks: tuple[Mark, ...]
    size: Size | None = None


def merge_types(labels: Iterable[str]) -> str:
    """Return the defect type of an image with these marks, of which there is at least one."""
    names = set(labels)
    return names.pop() if len(names) == 1 else MIXED


def to_numbers(values: object) -> list[float]:
    """Return a list of finite numbers out of a JSON document.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(values, list) or not all(_is_number(value) for value in values):
        raise ValueError(f"{str(values)[:40]!r} should be a list of numbers")
    return [float(value) for value in values]


def to_edges(left: float, top: float, right: float, bottom: float) -> Edges:
    """Return the edges of a box.

    Raises:
        ValueError: it has no size, or lies nowhere.
    """
    make_box(left, top, right, bottom)
    return left, top, right, bottom


def to_size(height: object, width: object) -> Size | None:
    """Return the (height, width) that a document tells, or None."""
    if isinstance(height, int) and isinstance(width, int) and height > 0 and width > 0:
        return height, width
    return None


def read_json(listing: Listing, path: Path, *, category: str) -> object:
    """Return the document in a file; None, and a note why, where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        reason = str(error.strerror)
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, or nested without an end
        reason = str(error)[:80]
    report_unreadable(listing, path, reason, category=category)
    return None


def report_unreadable(listing: Listing, path: Path, reason: str, *, category: str) -> None:
    """Note an annotation that nothing could be learned from."""
    listing.report(
        IssueKind.UNREADABLE,
        path,
        problem=f"The annotation {listing.sample_id(path)} cannot be read ({reason}).",
        fix="Export it again.",
        category=category,
    )


class CategoryReading:
    """The samples of one category while its images are gone through; what is odd is told once."""

    def __init__(self, listing: Listing, category: str, folder: Path) -> None:
        self.listing = listing
        self.category = category
        self.folder = folder
        self._placed: list[tuple[str | None, Sample]] = []
        self._odd: defaultdict[str, list[Path]] = defaultdict(list)

    def add(self, image: Path, annotation: Annotation | None, *, part: str | None = None) -> None:
        """Take an image with its marks; without any it is good. A part given counts most."""
        marks = annotation.marks if annotation is not None else ()
        marks = tuple(mark for mark in marks if mark.label.casefold() not in NO_DEFECTS)
        boxes: tuple[Box, ...] = ()
        shapes: tuple[Shape, ...] = ()
        if annotation is not None and marks:
            boxes, shapes = self._place(image, replace(annotation, marks=marks))
        part = part or part_of(image, self.folder)
        sample = Sample(
            id=self.listing.sample_id(image),
            image_path=image,
            category=self.category,
            split=Split.TEST,
            defect_type=merge_types(mark.label for mark in marks) if marks else None,
            boxes=boxes,
            group=self._group(image, part),
            shapes=shapes,
        )
        self._placed.append((part, sample))

    def add_unmarked(self, image: Path, *, reason: str) -> None:
        """Take an image without an annotation if its folder says that it is good."""
        if is_in_normal_folder(image, self.folder):
            self.add(image, None)
        else:
            self.leave_out(image, reason=reason)

    def leave_out(self, image: Path, *, reason: str) -> None:
        """Leave out an image of which nobody can say whether it is good."""
        self.listing.set_aside([image], reason=reason)
        self._odd[reason].append(image)

    def report_marks(self, path: Path, reasons: Sequence[str]) -> None:
        """Note marks of an annotation that cannot be used, by the first of them."""
        if reasons:
            number = "a mark" if len(reasons) == 1 else f"{len(reasons)} marks"
            self.report(
                path,
                problem=f"The annotation {self.listing.sample_id(path)} has {number} that cannot "
                f"be used: {reasons[0]}.",
                fix="Draw it again, or export the annotation again.",
            )

    def report(self, path: Path, *, problem: str, fix: str) -> None:
        """Note something odd about an annotation."""
        self.listing.report(
            IssueKind.ANNOTATION, path, problem=problem, fix=fix, category=self.category
        )

    def finish(self) -> list[Sample]:
        """Return the samples with their splits, and note what was left out."""
        samples = self._divide()
        for reason, images in self._odd.items():
            number = "1 image was" if len(images) == 1 else f"{len(images):,} images were"
            example = self.listing.sample_id(images[0])
            self.listing.report(
                IssueKind.UNLABELLED,
                images[0],
                problem=f"{number} left out ({reason}), such as {example}.",
                fix="Annotate them, empty where nothing is wrong, or put good ones into a folder "
                "good.",
                category=self.category,
            )
        return samples

    def _divide(self) -> list[Sample]:
        """Give every sample the split of its part; without parts, divide them."""
        found = {part for part, _ in self._placed if part is not None}
        if len(found) < 2 and TEST_PART not in found:
            return _divide_without_parts([sample for _, sample in self._placed])
        tested = {TEST_PART}
        if TEST_PART not in found:
            tested = {VALID_PART}
            self._report_valid_part()
        samples = []
        for part, sample in self._placed:
            if part is None:
                self.leave_out(sample.image_path, reason="outside of train, valid and test")
            else:
                split = Split.TEST if part in tested else Split.TRAIN
                samples.append(replace(sample, split=split))
        return samples

    def _report_valid_part(self) -> None:
        self.listing.report(
            IssueKind.PARTS,
            self.folder,
            problem="There is a part for validation but none for testing: its images are tested.",
            fix="Add a folder test if other images should be.",
            category=self.category,
        )

    def _group(self, image: Path, part: str | None) -> str | None:
        """Return what augmented copies of one image share."""
        source, augmented, _ = image.stem.rpartition(AUGMENTED)
        return f"{part or ''}/{source}" if augmented else None

    def _place(
        self, image: Path, annotation: Annotation
    ) -> tuple[tuple[Box, ...], tuple[Shape, ...]]:
        """Return boxes and shapes in pixels of the file; what does not fit is told and left out."""
        try:
            return fit_marks(annotation, image)
        except ImageError:  # measuring and training tell it
            return (), ()
        except ValueError as error:
            self.report_marks(annotation.path, [str(error)])
            return (), ()


def fit_marks(annotation: Annotation, image: Path) -> tuple[tuple[Box, ...], tuple[Shape, ...]]:
    """Return boxes and shapes in pixels of an image, which may have been resized since.

    Raises:
        ImageError: it cannot be read.
        ValueError: it has another shape than what was annotated.
    """
    shapes = tuple(shape for mark in annotation.marks for shape in mark.shapes)
    sizes = {shape.size for shape in shapes if isinstance(shape, PixelRuns)}
    if annotation.size is not None:
        sizes.add(annotation.size)
    across, down = _scale(image, sizes) if sizes else (1.0, 1.0)
    if (across, down) != (1.0, 1.0):
        shapes = tuple(scale_shape(shape, across, down) for shape in shapes)
    edges = [mark.edges for mark in annotation.marks if mark.edges is not None]
    boxes = [make_box(x * across, y * down, x2 * across, y2 * down) for x, y, x2, y2 in edges]
    return tuple(boxes), shapes


def read_marks(
    reading: CategoryReading,
    path: Path,
    entries: Iterable[Entry],
    parse: Callable[[Entry], Mark | None],
) -> tuple[Mark, ...]:
    """Return the marks that entries of an annotation say; those that say none are told."""
    marks: list[Mark] = []
    reasons: list[str] = []
    for entry in entries:
        try:
            mark = parse(entry)
        except ValueError as error:
            reasons.append(str(error))
        else:
            marks += [] if mark is None else [mark]
    reading.report_marks(path, reasons)
    return tuple(marks)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _scale(image: Path, sizes: set[Size]) -> tuple[float, float]:
    """Return by how much an image is wider and higher than what was annotated."""
    height, width = read_image_size(image)
    for drawn_height, drawn_width in sizes:
        is_alike = round(drawn_width * height / drawn_height) == width
        if not (is_alike or round(drawn_height * width / drawn_width) == height):
            raise ValueError(
                f"they are of an image of {drawn_width} x {drawn_height} pixels, but {image.name} "
                f"has {width} x {height}"
            )
    if len(sizes) > 1:
        raise ValueError(f"they are of images of different sizes for {image.name}")
    return width / drawn_width, height / drawn_height


def _divide_without_parts(samples: list[Sample]) -> list[Sample]:
    """Train on 70 % of the good images and test the rest; of each type, where none is good."""
    normal = [sample for sample in samples if not sample.is_anomalous]
    if not normal:
        return divide_by_unit(samples, TRAINING_SHARE)
    return divide_by_unit(normal, TRAINING_SHARE) + [s for s in samples if s.is_anomalous]
