"""Where the defects of a sample are, by its masks, boxes and shapes, and what is odd about them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from inspection.boxes import Edges, KindBox
from inspection.errors import DatasetError, ImageError, InspectionError, MaskError
from inspection.images import read_image_size
from inspection.issues import DatasetIssue, FileNote, IssueKind
from inspection.masks.levels import SAVE_PLAINLY, border
from inspection.masks.reading import read_mask_file
from inspection.masks.shapes import draw_shapes, find_components
from inspection.processors import map_in_threads
from inspection.types import Box, Mask, Sample, Size

VERSION = 2  # of how masks are read: metrics made with another one are not the same
LARGE = 0.5  # of the image
REFUSED = (
    IssueKind.STRAY_MASK,
    IssueKind.SHARED_MASK,
    IssueKind.MASK_SIZE,
    IssueKind.UNCLEAR_MASK,
)
"""Issues that would make a training learn, or an evaluation say, something wrong."""


def has_ground_truth(sample: Sample) -> bool:
    """Return whether `read_mask` knows where the defects are; a normal image has none."""
    return not sample.is_anomalous or sample.is_marked


def read_mask(sample: Sample, size: Size) -> Mask:
    """Return the union of a sample's masks, boxes and shapes, (H, W) of its image.

    All False for a normal image, and for a defective one that has none (see `has_ground_truth`).

    Args:
        sample: whose ground truth.
        size: (height, width) of its image, which every mask must share.

    Raises:
        DatasetError: a mask is of another size than its image.
        MaskError: what a mask marks is not certain (`masks/reading.py` has the rules).
        ImageError: a mask cannot be read.
    """
    mask = _draw_marks(sample, size)
    for path in sample.mask_paths:
        mask |= _read_file(path, sample, size)[0]
    return mask


def read_kind_boxes(sample: Sample, size: Size) -> tuple[KindBox, ...]:
    """Return the place and the kind of every defect of a sample, in pixels of its image.

    Outlines and masks give a box for each connected area of one kind. A normal image has none, nor
    has a defective one without ground truth.

    Args:
        sample: whose ground truth.
        size: (height, width) of its image.

    Raises:
        DatasetError: a mask is of another size than its image.
        MaskError: what a mask marks is not certain.
        ImageError: a mask cannot be read.
    """
    if sample.defect_type is None:
        return ()
    kinds = sample.kinds or (sample.defect_type,) * (len(sample.boxes) + len(sample.shapes))
    masks: defaultdict[str, Mask] = defaultdict(lambda: np.zeros(size, np.bool_))
    for kind, shape in zip(kinds[len(sample.boxes) :], sample.shapes, strict=True):
        draw_shapes(masks[kind], (shape,))
    for path in sample.mask_paths:
        masks[sample.defect_type] |= _read_file(path, sample, size)[0]
    found = [(box, kind) for box, kind in zip(sample.boxes, kinds, strict=False)]
    found += [(box, kind) for kind, mask in masks.items() for box in find_components(mask)]
    boxes = (KindBox(_clip(box, size), kind) for box, kind in found)
    return tuple(box for box in boxes if box.width > 0 and box.height > 0)


def _clip(box: Box, size: Size) -> Edges:
    height, width = size
    return max(box.left, 0), max(box.top, 0), min(box.right, width), min(box.bottom, height)


def read_ground_truth(sample: Sample, size: Size) -> tuple[Mask, tuple[FileNote, ...]]:
    """Return the same union and what is odd about it; a mask that cannot be used is left out."""
    mask = _draw_marks(sample, size)
    problems: list[FileNote] = []
    num_used = 0
    for path in sample.mask_paths:
        try:
            marked, notes = _read_file(path, sample, size)
        except InspectionError as error:
            problems.append(FileNote(_kind_of(error), error.problem, error.fix))
            continue
        mask |= marked
        problems += notes
        num_used += 1
    is_drawn = sample.is_marked and not sample.has_only_boxes
    if is_drawn and num_used == len(sample.mask_paths) and sample.is_anomalous:
        problems += _check_extent(sample, mask)
    return mask, tuple(problems)


def find_mask_issues(samples: Sequence[Sample]) -> Iterator[DatasetIssue]:
    """Yield what is odd about the ground truth of samples, and how it was read where not plainly.

    Every mask is read: 400 of them take a second or two.
    """
    has_masks = any(sample.is_marked for sample in samples)
    for sample in samples:
        if has_masks and not has_ground_truth(sample):
            yield DatasetIssue(
                IssueKind.NO_MASK,
                sample.image_path,
                f"The defective image {sample.id} has no mask.",
                "Add its mask; until then it counts in image scores but not in pixel scores.",
                sample.category,
            )
    masked = [sample for sample in samples if sample.is_marked and not sample.has_only_boxes]
    found = [issue for issues in map_in_threads(_examine, masked) for issue in issues]
    is_inverted = any(issue.kind is IssueKind.INVERTED_MASK for issue in found)
    yield from (_doubt(issue) if is_inverted else issue for issue in found)


def check_masks(samples: Sequence[Sample]) -> list[DatasetIssue]:
    """Return what `find_mask_issues` yields.

    Raises:
        DatasetError: a mask is of another size than its image, or not certain.
    """
    return refuse_unusable(find_mask_issues(samples))


def refuse_unusable(issues: Iterable[DatasetIssue]) -> list[DatasetIssue]:
    """Return issues that leave the dataset usable.

    Raises:
        DatasetError: one does not (`REFUSED`).
    """
    found = list(issues)
    for issue in found:
        if issue.kind in REFUSED:
            raise issue.to_error()
    return found


def _draw_marks(sample: Sample, size: Size) -> Mask:
    mask = np.zeros(size, dtype=np.bool_)
    for box in sample.boxes:
        mask[max(box.top, 0) : box.bottom, max(box.left, 0) : box.right] = True
    draw_shapes(mask, sample.shapes)
    return mask


def _read_file(path: Path, sample: Sample, size: Size) -> tuple[Mask, tuple[FileNote, ...]]:
    read = read_mask_file(path, sample_id=sample.id)
    height, width = read.mask.shape
    if (height, width) != size:
        raise DatasetError(
            f"The mask {path.name} is {width} x {height} pixels, "
            f"but its image {sample.id} is {size[1]} x {size[0]}.",
            "Draw the mask at the size of its image.",
        )
    return read.mask, read.problems


def _kind_of(error: InspectionError) -> IssueKind:
    if isinstance(error, DatasetError):
        return IssueKind.MASK_SIZE
    is_unclear = isinstance(error, MaskError)
    return IssueKind.UNCLEAR_MASK if is_unclear else IssueKind.UNREADABLE_MASK


def _check_extent(sample: Sample, mask: Mask) -> Iterator[FileNote]:
    share = float(mask.mean())
    if not share:
        yield FileNote(
            IssueKind.EMPTY_MASK,
            f"The mask of the defective image {sample.id} is empty.",
            "Draw the defect, or move the image to the good ones; "
            "until then it counts in image scores but not in pixel scores.",
        )
    elif share > LARGE:
        is_at_border = float(border(mask).mean()) > LARGE
        yield FileNote(
            IssueKind.MAYBE_INVERTED if is_at_border else IssueKind.LARGE_MASK,
            f"The mask of {sample.id} covers {100 * share:.0f} % of the image"
            f"{' and most of its border' if is_at_border else ''}.",
            "Look at it: white has to be the defect, and pixel scores say little of one so large.",
        )


def _examine(sample: Sample) -> list[DatasetIssue]:
    try:
        size = read_image_size(sample.image_path)
    except ImageError as error:
        return [
            DatasetIssue(
                IssueKind.UNREADABLE, sample.image_path, error.problem, error.fix, sample.category
            )
        ]
    _, problems = read_ground_truth(sample, size)
    path = sample.mask_paths[0] if sample.mask_paths else sample.image_path
    return [DatasetIssue(one.kind, path, one.problem, one.fix, sample.category) for one in problems]


def _doubt(issue: DatasetIssue) -> DatasetIssue:
    """Return what may be inverted, beside others that are for sure, as unclear."""
    if issue.kind is not IssueKind.MAYBE_INVERTED:
        return issue
    problem = f"{issue.problem[:-1]}, while others of this dataset are inverted."
    return replace(issue, kind=IssueKind.UNCLEAR_MASK, problem=problem, fix=SAVE_PLAINLY)
