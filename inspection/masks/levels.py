"""Levels of a mask become marked or not, by rules that are certain (`reading.py` lists them)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.errors import MaskError
from inspection.issues import FileNote, IssueKind
from inspection.types import Mask

NUMBERS = 32  # a brightest level below this is the number of a defect type, not a grey
NOISE = 8  # levels that compression may add to or take from a plain area
HALF = 128
DARK = 160  # an area below this is nearer to 128 than edges and noise allow
MIN_PURE = 4  # pixels of one level that stand alone; fewer may be specks
MAX_STEPS = 32  # levels; more than these, side by side, may be the bands of a smooth slope
WINDOWS = (2 * NOISE + 1, 4 * NOISE + 1)  # levels, around that of an area
MIN_AREA = 4  # pixels within an area of a noisy mask
MIN_SHARE = 0.01  # of the marked pixels, for such an area
MIN_DARK = 16  # pixels of a dark area that touches no brighter one
MIN_NUMBERS = 0.1  # of the pixels within areas, for a number in a JPEG
MAX_STRAY = 0.5  # of the pixels, between the levels of background and areas
MAX_NAMED = 5  # levels in a sentence
SQUARE = np.ones((3, 3), np.uint8)
EACH_COUNTS = "Each above 0 counts as defective."
SAVE_PLAINLY = "Save it as a PNG that is black where the part is good and white where it is not."

Levels = NDArray[np.int32]
"""(H, W), 0 and more; 0 is the background once that is known."""


@dataclass(slots=True)
class MaskFile:
    """A mask file by name, and notes on how it was read."""

    name: str
    is_lossy: bool
    problems: list[FileNote] = field(default_factory=list)

    def note(self, kind: IssueKind, text: str, fix: str) -> None:
        """Note how it was read."""
        self.problems.append(FileNote(kind, f"The mask {self.name} {text}.", fix))

    def refuse(self, text: str) -> MaskError:
        """Return the error that says why it is not certain."""
        return MaskError(f"The mask {self.name} {text}.", SAVE_PLAINLY)


def mark_levels(plane: Levels, file: MaskFile) -> Mask:
    """Return which pixels are marked, and note in `file` by which rule.

    Raises:
        MaskError: no rule is certain.
    """
    levels = _remove_background(plane, file)
    values = list_levels(levels)
    if not len(values):
        return np.zeros(levels.shape, np.bool_)
    is_number = values[-1] < NUMBERS
    if is_number and file.is_lossy:
        return _mark_jpeg_numbers(levels, file)
    if len(values) > 1 and not is_number and not is_drawn(levels, values, is_lossy=file.is_lossy):
        return _mark_soft(levels, file)
    if not file.problems and (is_number or len(values) > 1):
        kind = IssueKind.LABEL_NUMBERS if is_number else IssueKind.SEVERAL_LEVELS
        file.note(kind, f"holds the levels {name_some(values)}", EACH_COUNTS)
    return levels > 0


def _remove_background(plane: Levels, file: MaskFile) -> Levels:
    """Return levels whose 0 is the background: black, or what surrounds all else."""
    low, high = int(plane.min()), int(plane.max())
    noise = NOISE if NUMBERS <= high <= 255 else 0
    around = border(plane)
    ground = int(np.median(around))
    if ground == 0 or high - low <= noise:
        return plane
    is_around = bool((np.abs(around - ground) <= noise).all())
    if not is_around or np.mean(np.abs(plane - ground) <= noise) <= 0.5:
        if low > noise:
            raise file.refuse(f"has no black background: its darkest level is {low}")
        return plane - low
    if ground <= low + noise:
        if ground > noise:
            _note_inverted(file, ground)
        return np.maximum(plane - ground, 0)
    if ground < high - noise:
        raise file.refuse(f"is grey (level {ground}) around darker and brighter areas")
    _note_inverted(file, ground)
    return np.maximum(ground - plane, 0)


def _note_inverted(file: MaskFile, ground: int) -> None:
    file.note(
        IssueKind.INVERTED_MASK,
        f"is inverted: level {ground} surrounds all else",
        "What differs from it counts as defective.",
    )


def is_drawn(levels: Levels, values: NDArray[Any], *, is_lossy: bool = False) -> bool:
    """Return whether most levels above 0 fill an area, as no blurred edge does.

    An area holds 3 x 3 pixels of the level, or touches no other level.

    Args:
        levels: (H, W).
        values: the levels above 0, ascending.
        is_lossy: whether levels that lie close together may come from compression.
    """
    if values[-1] > np.iinfo(np.uint16).max:
        return False
    if is_lossy and np.diff(values, prepend=0).min() <= NOISE:
        return False
    drawn = _list_pure(levels)
    if len(values) <= MAX_STEPS:
        drawn |= set(np.unique(levels[_is_flat(levels, tolerance=0)]).tolist()) - {0}
    return 2 * len(drawn) > len(values)


def _list_pure(levels: Levels) -> set[int]:
    """Return the levels of connected areas in which there is no second level above 0."""
    is_marked = levels > 0
    _, areas = cv2.connectedComponents(is_marked.astype(np.uint8), connectivity=8)
    base = int(levels.max()) + 1
    pairs, counts = np.unique(
        areas[is_marked].astype(np.int64) * base + levels[is_marked], return_counts=True
    )
    area, level = np.divmod(pairs, base)
    is_pure = (np.bincount(area)[area] == 1) & (counts >= MIN_PURE)
    return set(level[is_pure].tolist())


def _is_flat(levels: Levels, *, tolerance: int) -> NDArray[np.bool_]:
    """Return for each pixel whether the 3 x 3 pixels around it, all in the mask, have its level."""
    narrow = levels.astype(np.uint16)
    span = cv2.dilate(narrow, SQUARE) - cv2.erode(narrow, SQUARE)
    is_flat = np.zeros(levels.shape, np.bool_)
    is_flat[1:-1, 1:-1] = span[1:-1, 1:-1] <= tolerance
    return is_flat


def _mark_jpeg_numbers(levels: Levels, file: MaskFile) -> Mask:
    counts = np.bincount(levels[_is_flat(levels, tolerance=0)], minlength=2)[1:]
    if counts.sum() < SQUARE.size:
        raise file.refuse("is a JPEG whose compression has blurred its label numbers")
    darkest = 1 + int(np.flatnonzero(counts >= MIN_NUMBERS * counts.sum())[0])
    least = (darkest + 1) // 2
    file.note(
        IssueKind.JPEG_NUMBERS,
        "holds label numbers in a JPEG, whose compression moves their edges",
        f"It counts as defective from {least} on. Save it as PNG.",
    )
    return levels >= least


def _mark_soft(levels: Levels, file: MaskFile) -> Mask:
    """Mark a mask with blurred edges from half of its darkest area on."""
    areas = _find_areas(levels)
    brightest = int(levels.max())
    counts = np.bincount(levels.ravel())
    plain = np.array([0, brightest, *areas])
    away = np.abs(np.arange(len(counts))[:, None] - plain).min(axis=1)  # of each level
    if counts[away > 2 * NOISE].sum() > MAX_STRAY * levels.size:
        raise file.refuse(f"has {np.count_nonzero(counts)} grey levels and no clear mark")
    darkest = min([brightest, *areas])
    least = HALF if darkest >= DARK else (darkest + 1) // 2
    if least == HALF:
        kind, text = IssueKind.GREY_EDGES, "has grey edges"
    else:
        kind, text = IssueKind.SEVERAL_LEVELS, f"has areas as dark as level {darkest}"
    file.note(kind, text, f"From level {least} on it counts as defective.")
    return levels >= least


def _find_areas(levels: Levels) -> list[int]:
    """Return the levels, ascending, of plain areas in a noisy mask and of what stands apart."""
    floor = max(NOISE, int(levels.max()) // 8)  # below, compression rings
    is_marked = levels > floor
    flat = levels[_is_flat(levels, tolerance=NOISE) & is_marked]
    counts = np.bincount(flat, minlength=256)
    near, around = (np.convolve(counts, np.ones(width), mode="same") for width in WINDOWS)
    least = max(MIN_AREA, MIN_SHARE * np.count_nonzero(is_marked))
    is_peak = (near >= least) & (3 * near >= 2 * around)  # on a smooth slope both grow alike
    peaks = {
        level
        for level in np.flatnonzero(is_peak).tolist()
        if counts[level] == counts[max(0, level - 2 * NOISE) : level + 2 * NOISE + 1].max() > 0
    }
    apart = _list_dark(levels, is_marked)
    return sorted(peaks | {level for level in apart if 2 * level > 3 * floor})


def _list_dark(levels: Levels, is_marked: Mask) -> set[int]:
    """Return the brightest levels of connected areas that stay below 128."""
    _, areas = cv2.connectedComponents(is_marked.astype(np.uint8), connectivity=8)
    sizes = np.bincount(areas[is_marked])
    brightest = np.zeros(len(sizes), np.int32)
    np.maximum.at(brightest, areas[is_marked], levels[is_marked])
    return set(brightest[(sizes >= MIN_DARK) & (brightest < HALF)].tolist()) - {0}


def list_levels(levels: Levels) -> NDArray[np.intp]:
    """Return the levels above 0 that are in use, ascending."""
    return np.flatnonzero(np.bincount(levels.ravel())[1:]) + 1


def border(plane: NDArray[Any]) -> NDArray[Any]:
    """Return the outermost pixels, (n,) or (n, 3)."""
    return np.concatenate([plane[0], plane[-1], plane[:, 0], plane[:, -1]])


def name_some(values: Sequence[int] | NDArray[Any]) -> str:
    """Return the first of some numbers as text."""
    named = ", ".join(str(int(value)) for value in values[:MAX_NAMED])
    return named + (", ..." if len(values) > MAX_NAMED else "")
