"""Collect the samples of one category from its images and their annotations."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from inspection.datasets.annotations import (
    UNNAMED,
    Annotation,
    Mark,
    find_scale,
    merge_types,
    scale_marks,
    tell_kinds,
)
from inspection.datasets.division import TRAINING_SHARE, divide_by_unit
from inspection.datasets.folder_names import NORMAL_NAMES, Part, is_in_normal_folder, part_of
from inspection.datasets.listing import Listing
from inspection.errors import ImageError
from inspection.issues import IssueKind
from inspection.types import Box, Sample, Shape, Split

Entry = TypeVar("Entry")

NO_DEFECTS = NORMAL_NAMES | {"background", "_background_", "__ignore__"}
OUTSIDE = "outside of the parts for training, validation and testing"
AUGMENTED = ".rf."  # Roboflow's copies of one image are <name>.rf.<hash>.jpg


class CategoryBuilder:
    """The samples of one category, collected image by image; what is odd is reported once."""

    def __init__(self, listing: Listing, category: str, folder: Path) -> None:
        self.listing = listing
        self.category = category
        self.folder = folder
        self._placed: list[tuple[Part | None, Sample]] = []
        self._num_good_by_folder = 0
        self._num_scaled = 0
        self._misfits: dict[Path, str] = {}
        self._odd: defaultdict[str, list[Path]] = defaultdict(list)

    def add(self, image: Path, annotation: Annotation | None, *, part: Part | None = None) -> None:
        """Take an image with its marks; without any it is good. A part given counts most."""
        marks = annotation.marks if annotation is not None else ()
        marks = tuple(mark for mark in marks if mark.label.casefold() not in NO_DEFECTS)
        boxes: tuple[Box, ...] = ()
        shapes: tuple[Shape, ...] = ()
        if annotation is not None and marks:
            boxes, shapes = self._place(image, replace(annotation, marks=marks))
        part = part or part_of(image, self.folder)
        defect_type = merge_types(mark.label for mark in marks) if marks else None
        kinds = [mark.label for mark in marks if mark.edges is not None]
        kinds += [mark.label for mark in marks for _ in mark.shapes]
        sample = Sample(
            id=self.listing.sample_id(image),
            image_path=image,
            category=self.category,
            split=Split.TEST,
            defect_type=defect_type,
            boxes=boxes,
            group=self._group(image, part),
            shapes=shapes,
            kinds=tell_kinds(kinds, defect_type) if boxes or shapes else (),
        )
        self._placed.append((part, sample))

    def add_unmarked(self, image: Path, *, reason: str) -> None:
        """Take an image without an annotation if its folder says that it is good."""
        if is_in_normal_folder(image, self.folder):
            self._num_good_by_folder += 1
            self.add(image, None)
        else:
            self.leave_out(image, reason=reason)

    def leave_out(self, image: Path, *, reason: str) -> None:
        """Leave out an image of which it is unknown whether it is good."""
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
            self.listing.report(
                IssueKind.UNLABELLED,
                images[0],
                problem=f"{_count(len(images))} {reason} cannot be used, such as "
                f"{self.listing.sample_id(images[0])}.",
                fix="Move them into one of the parts."
                if reason == OUTSIDE
                else "Annotate them, those without a defect, too, or put good ones into good.",
                category=self.category,
            )
        self._report_misfits()
        self._remark(self._num_scaled, "of another size than annotated: marks are scaled")
        self._remark(self._num_good_by_folder, "without an annotation, good by their folder")
        return samples

    def _report_misfits(self) -> None:
        if self._misfits:
            image, reason = next(iter(self._misfits.items()))
            self.report(
                image,
                problem=f"The marks of {_count(len(self._misfits))} do not fit and are left out, "
                f"such as those of {self.listing.sample_id(image)}: {reason}.",
                fix="Export them for the images as they are.",
            )

    def _remark(self, number: int, what: str) -> None:
        if number:
            self.listing.remark(f"{self.category}: {_count(number)} {what}.")

    def _divide(self) -> list[Sample]:
        """Give every sample the split of its part; without parts, divide them."""
        found = {part for part, _ in self._placed if part is not None}
        if len(found) < 2 and Part.TEST not in found:
            return _divide_without_parts([sample for _, sample in self._placed])
        tested = {Part.TEST}
        if Part.TEST not in found:
            tested = {Part.VALID}
            self.listing.remark(
                f"{self.category} has no part for testing: that for validation is its test part."
            )
        samples = []
        for part, sample in self._placed:
            if part is None:
                self.leave_out(sample.image_path, reason=OUTSIDE)
            else:
                split = Split.TEST if part in tested else Split.TRAIN
                samples.append(replace(sample, split=split))
        return samples

    def _group(self, image: Path, part: Part | None) -> str | None:
        """Return what augmented copies of one image share."""
        source, augmented, _ = image.stem.rpartition(AUGMENTED)
        return f"{part or ''}/{source}" if augmented else None

    def _place(
        self, image: Path, annotation: Annotation
    ) -> tuple[tuple[Box, ...], tuple[Shape, ...]]:
        """Return boxes and shapes in pixels of the file; report and leave out what does not fit."""
        try:
            across, down = find_scale(annotation, image)
            self._num_scaled += (across, down) != (1.0, 1.0)
            return scale_marks(annotation.marks, across, down)
        except ImageError:  # measuring and training report it
            return (), ()
        except ValueError as error:
            self._misfits[image] = str(error)
            return (), ()


def read_marks(
    builder: CategoryBuilder,
    path: Path,
    entries: Iterable[Entry],
    *,
    label_of: Callable[[Entry], str],
    place: Callable[[Entry], Mark],
) -> tuple[Mark, ...]:
    """Return the marks of an annotation; one that cannot be placed is reported and keeps its label.

    A label is "" where an entry says none; `place` raises a ValueError where it marks no place.
    """
    marks: list[Mark] = []
    reasons: list[str] = []
    for entry in entries:
        try:
            marks.append(place(entry))
        except ValueError as error:
            reasons.append(str(error))
            marks += [Mark(label)] if (label := label_of(entry)) else []
    builder.report_marks(path, reasons)
    if reasons and not marks:
        return (Mark(UNNAMED),)  # whatever it is, its image is not to be called good
    return tuple(marks)


def _count(number: int) -> str:
    return "1 image" if number == 1 else f"{number:,} images"


def _divide_without_parts(samples: list[Sample]) -> list[Sample]:
    """Train on 70 % of the good images and test the rest; of each type, where none is good."""
    normal = [sample for sample in samples if not sample.is_anomalous]
    if not normal:
        return divide_by_unit(samples, TRAINING_SHARE)
    return divide_by_unit(normal, TRAINING_SHARE) + [s for s in samples if s.is_anomalous]
