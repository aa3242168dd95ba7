"""Ground truth: where the defects of a sample are, by its masks, boxes and shapes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from inspection.errors import ImageError
from inspection.folders import DatasetIssue, IssueKind
from inspection.images import read_grey, read_image_size
from inspection.shapes import draw_shapes
from inspection.types import Mask, Sample, Size


def has_ground_truth(sample: Sample) -> bool:
    """Tell whether `read_mask` knows where the defects are; on a normal image they are nowhere."""
    return not sample.is_anomalous or sample.is_marked


def read_mask(sample: Sample, size: Size) -> Mask:
    """Return the union of a sample's masks, boxes and shapes, (H, W) of its image.

    All False for a normal image, and for a defective one that has none (see `has_ground_truth`).

    Args:
        sample: whose ground truth.
        size: (height, width) of its image, which every mask must share.

    Raises:
        DatasetError: a mask is of another size than its image.
        ImageError: a mask cannot be read.
    """
    mask = np.zeros(size, dtype=np.bool_)
    for path in sample.mask_paths:
        grey = read_grey(path)
        if grey.shape != size:
            raise _wrong_mask_size(path, grey.shape[:2], sample, size).to_error()
        mask |= grey >= defect_level(path, int(grey.max()))
    for box in sample.boxes:
        mask[max(box.top, 0) : box.bottom, max(box.left, 0) : box.right] = True
    draw_shapes(mask, sample.shapes)
    return mask


def find_mask_issues(samples: Sequence[Sample]) -> Iterator[DatasetIssue]:
    """Yield masks of another size than their image, and defective images without a mask."""
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
        if sample.mask_paths:
            yield from _check_mask_sizes(sample)


def defect_level(path: Path, brightest: int) -> int:
    """Return the grey level from which on a pixel counts as defective.

    128 for masks drawn in black and white, whose edges JPEG or resizing may have blurred; 1 for
    masks that hold the number of a defect type instead (VisA).
    """
    is_numbered = brightest < 128 and path.suffix.lower() not in (".jpg", ".jpeg")
    return 1 if is_numbered else 128


def _check_mask_sizes(sample: Sample) -> Iterator[DatasetIssue]:
    try:
        size = read_image_size(sample.image_path)
        for path in sample.mask_paths:
            mask_size = read_image_size(path)
            if mask_size != size:
                yield _wrong_mask_size(path, mask_size, sample, size)
    except ImageError as error:
        yield DatasetIssue(
            IssueKind.UNREADABLE, sample.image_path, error.problem, error.fix, sample.category
        )


def _wrong_mask_size(path: Path, mask_size: Size, sample: Sample, size: Size) -> DatasetIssue:
    return DatasetIssue(
        IssueKind.MASK_SIZE,
        path,
        f"The mask {path.name} is {mask_size[1]} x {mask_size[0]} pixels, "
        f"but its image {sample.id} is {size[1]} x {size[0]}.",
        "Draw the mask at the size of its image.",
        sample.category,
    )
