"""What can be measured on one image and its ground truth: size, light, defects, oddities."""

import io
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, field
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from eda.quality import UNKNOWN, Quality, measure_quality
from inspection.decoding.kinds import find_format
from inspection.errors import ImageError
from inspection.ground_truth import read_ground_truth
from inspection.images import read_reduced, shrink
from inspection.issues import FileNote, IssueKind
from inspection.regions import measure_elongation
from inspection.types import Box, Mask, RGBImage, Sample

THUMBNAIL_SIDE = 128
MEASURED_SIDE = 256  # the quality of a picture is that of a copy of at most this side
GRID = 64  # side of the coverage map, which stretches every image to a square
MAX_DEFECTS = 200  # of one image; what is beyond is noise in a mask
JPEG_QUALITY = 82


@dataclass(frozen=True, slots=True)
class DefectFacts:
    """One connected defect, in pixels of its own image.

    Attributes:
        area_share: of the whole image, 0-1.
        elongation: length / width of the ellipse with the same second moments, >= 1.
        contrast: mean inside minus mean of a ring around it, in the colour channel where they
            differ most; -255 to 255.
        border_distance: from the defect to the nearest edge of the image, 0 where it touches.
        thickness: diameter of the largest disc that fits into it.
        length: longest side of the upright rectangle around it.
        centre: (row, column) as shares of height and width.
    """

    area: int
    area_share: float
    elongation: float
    contrast: float
    border_distance: int
    thickness: float
    length: int
    centre: tuple[float, float]


class Truth(StrEnum):
    """Where the defects of an image are known from."""

    MASK = "mask"  # or shapes
    BOXES = "boxes"
    NOWHERE = ""


@dataclass(frozen=True, slots=True, eq=False)
class ImageFacts:
    """One image as measured; an image that cannot be read has a `problem` and zeros.

    Attributes:
        mode: as stored in the file, such as L, RGB or I;16.
        truth: where the defects are known from.
        mask_problems: what is odd about the masks, and how they were read.
        notes: what is to be known of the file, though it could be read.
        quality: of the picture, on a copy of at most `MEASURED_SIDE`.
        coverage: uint8 (GRID, GRID) share of each cell that is defective, zlib; b"" for none.
        thumbnail: JPEG, longer side `THUMBNAIL_SIDE`.
    """

    width: int = 0
    height: int = 0
    mode: str = ""
    file_size: int = 0
    truth: Truth = Truth.NOWHERE
    defects: tuple[DefectFacts, ...] = ()
    mask_problems: tuple[FileNote, ...] = ()
    problem: str = ""
    notes: tuple[FileNote, ...] = ()
    quality: Quality = UNKNOWN
    coverage: bytes = field(default=b"", repr=False)
    thumbnail: bytes = field(default=b"", repr=False)


def measure_sample(sample: Sample) -> ImageFacts:
    """Read an image and its ground truth once and measure them; what is broken is only noted."""
    has_truth = sample.is_marked  # defects are measured at full size
    try:
        file_size = sample.image_path.stat().st_size
        longest = None if has_truth else MEASURED_SIDE
        full, size, mode, notes = read_reduced(sample.image_path, longest, reading=sample.reading)
    except ImageError as error:
        return ImageFacts(problem=error.problem)
    except OSError as error:
        return ImageFacts(problem=f"{sample.image_path.name} cannot be read ({error.strerror}).")
    small = _small_copy(sample, full)
    mask, problems = read_ground_truth(sample, size)
    defects: tuple[DefectFacts, ...] = ()
    if mask.any():
        boxes = sample.boxes if sample.has_only_boxes else ()
        defects = tuple(measure_defects(full, mask, boxes=boxes))
    return ImageFacts(
        width=size[1],
        height=size[0],
        mode=mode,
        file_size=file_size,
        truth=_find_truth(sample),
        defects=defects,
        mask_problems=problems,
        notes=notes,
        quality=measure_quality(small),
        coverage=encode_coverage(mask),
        thumbnail=encode_jpeg(small),
    )


def _small_copy(sample: Sample, full: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture as small as the decoder of JPEG makes it, as for images without defects.

    It keeps more detail than shrinking the whole does: else defective images would look duller.
    """
    is_reducible = sample.is_marked and min(full.shape[:2]) >= 2 * MEASURED_SIDE
    if is_reducible and find_format(sample.image_path) == "JPEG":
        full = read_reduced(sample.image_path, MEASURED_SIDE, reading=sample.reading).image
    return shrink(full, MEASURED_SIDE)


def measure_defects(
    image: NDArray[np.uint8], mask: Mask, *, boxes: tuple[Box, ...] = ()
) -> Iterator[DefectFacts]:
    """Yield the connected defects of a mask, the largest first; boxes count one by one.

    Args:
        image: (H, W) or (H, W, 3).
        mask: (H, W).
        boxes: where they are all that is known of the defects.
    """
    if boxes:
        for box in boxes:
            single = np.zeros_like(mask)
            single[max(box.top, 0) : box.bottom, max(box.left, 0) : box.right] = True
            if single.any():
                yield _measure(
                    image, mask, single.view(np.uint8), cv2.boundingRect(single.view(np.uint8))
                )
        return
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    areas = stats[1:count, cv2.CC_STAT_AREA]
    for label in (np.argsort(-areas, kind="stable")[:MAX_DEFECTS] + 1).tolist():
        left, top, width, height = (int(value) for value in stats[label, :4])
        part = (labels[top : top + height, left : left + width] == label).view(np.uint8)
        yield _measure(image, mask, part, (left, top, width, height))


def encode_jpeg(array: NDArray[np.uint8], *, side: int = THUMBNAIL_SIDE) -> bytes:
    """Return a small JPEG of (h, w) or (h, w, 3)."""
    buffer = io.BytesIO()
    Image.fromarray(shrink(array, side)).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def encode_coverage(mask: Mask) -> bytes:
    """Return which share of each cell is defective, as compressed uint8 (GRID, GRID)."""
    if not mask.any():
        return b""
    interpolation = cv2.INTER_AREA if min(mask.shape) >= GRID else cv2.INTER_LINEAR
    cells = cv2.resize(mask.astype(np.float32), (GRID, GRID), interpolation=interpolation)
    return zlib.compress(np.round(cells * 255).astype(np.uint8).tobytes(), 1)


def decode_coverage(data: bytes) -> NDArray[np.float32]:
    """Return the shares (GRID, GRID), 0-1."""
    if not data:
        return np.zeros((GRID, GRID), np.float32)
    cells = np.frombuffer(zlib.decompress(data), np.uint8)
    return cells.reshape(GRID, GRID).astype(np.float32) / np.float32(255)  # (GRID, GRID)


def decode_jpeg(data: bytes) -> RGBImage:
    """Return a thumbnail as (h, w, 3)."""
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
        return np.asarray(picture.convert("RGB"))


def defects_to_json(defects: tuple[DefectFacts, ...]) -> str:
    """Return the defects as rows of numbers; no text for none."""
    return json.dumps([astuple(defect) for defect in defects]) if defects else ""


def defects_from_json(text: str) -> tuple[DefectFacts, ...]:
    """Return what `defects_to_json` wrote."""
    if not text:
        return ()
    rows: list[Any] = json.loads(text)
    return tuple(DefectFacts(*[*row[:-1], tuple(row[-1])]) for row in rows)


def facts_to_row(facts: ImageFacts) -> tuple[object, ...]:
    """Return the facts as columns of a table, without the pictures."""
    return (
        facts.width,
        facts.height,
        facts.mode,
        facts.file_size,
        facts.truth,
        defects_to_json(facts.defects),
        _to_json(facts.mask_problems),
        facts.problem,
        _to_json(facts.notes),
        json.dumps(astuple(facts.quality)),
    )


def facts_from_row(row: Sequence[Any]) -> ImageFacts:
    """Return what `facts_to_row` has made columns of."""
    *measured, truth, defects, problems, problem, notes, quality = row
    width, height, mode, file_size = measured
    return ImageFacts(
        width,
        height,
        mode,
        file_size,
        Truth(truth),
        defects_from_json(defects),
        _from_json(problems),
        problem,
        _from_json(notes),
        Quality(*json.loads(quality)),
    )


def _find_truth(sample: Sample) -> Truth:
    if sample.has_only_boxes:
        return Truth.BOXES
    return Truth.MASK if sample.is_marked else Truth.NOWHERE


def _to_json(notes: Sequence[FileNote]) -> str:
    """Return what is odd as rows of text; no text for nothing."""
    return json.dumps([astuple(one) for one in notes]) if notes else ""


def _from_json(text: str) -> tuple[FileNote, ...]:
    rows: list[list[str]] = json.loads(text) if text else []
    return tuple(FileNote(IssueKind(kind), problem, fix) for kind, problem, fix in rows)


def _measure(
    image: NDArray[np.uint8], mask: Mask, part: NDArray[np.uint8], frame: tuple[int, int, int, int]
) -> DefectFacts:
    """Measure one defect.

    Args:
        image: (H, W) or (H, W, 3).
        mask: (H, W), every defect of the image.
        part: uint8 (h, w) or (H, W), this defect.
        frame: left, top, width, height of its box in the image.
    """
    rows, columns = image.shape[:2]
    left, top, width, height = (int(value) for value in frame)
    if part.shape == mask.shape:
        part = part[top : top + height, left : left + width]
    area = int(cv2.countNonZero(part))
    return DefectFacts(
        area=area,
        area_share=area / (rows * columns),
        elongation=measure_elongation(part.view(np.bool_)),
        contrast=_contrast(image, mask, part, (left, top)),
        border_distance=min(left, top, columns - left - width, rows - top - height),
        thickness=_thickness(part),
        length=max(height, width),
        centre=((top + height / 2) / rows, (left + width / 2) / columns),
    )


def _thickness(part: NDArray[np.uint8]) -> float:
    """Return the diameter of the largest disc inside; a line one pixel wide has 1."""
    padded = cv2.copyMakeBorder(part, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return max(1.0, 2 * float(distance.max()) - 1)


def _contrast(
    image: NDArray[np.uint8], mask: Mask, part: NDArray[np.uint8], corner: tuple[int, int]
) -> float:
    """Return inside minus ring, in the channel where they differ most; 0 without a ring."""
    height, width = part.shape
    margin = max(3, round(0.15 * max(height, width)))
    left, top = corner
    rows = slice(max(0, top - margin), top + height + margin)
    columns = slice(max(0, left - margin), left + width + margin)
    crop = image[rows, columns]
    inside = np.zeros(crop.shape[:2], np.uint8)
    row, column = top - rows.start, left - columns.start
    inside[row : row + height, column : column + width] = part
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * margin + 1, 2 * margin + 1))
    around = cv2.dilate(inside, kernel).astype(np.bool_) & ~mask[rows, columns]
    if not around.any():
        return 0.0
    difference = np.atleast_1d(crop[inside > 0].mean(axis=0) - crop[around].mean(axis=0))
    return float(difference[np.abs(difference).argmax()])
