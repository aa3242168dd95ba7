"""One mask file: which of its pixels mark a defect, and by which rule that is certain.

Black is the background, and whatever stands out from it is marked. Beyond that:

- Numbers and levels. A mask whose levels fill areas was drawn level by level, one for each defect
  type: every level above 0 counts, of 8, 16 or 32 bits. A brightest level below 32 is a number.
- Grey edges. Levels that fill no area are edges that resizing or JPEG has blurred: pixels count
  from 128 on, and from half of the darkest area on where that is darker than 160. What is darker
  than an eighth of the brightest level is noise.
- Palettes. Numbers count, not colours: all but the background's (0, or the black one), and all but
  255 beside others, which PASCAL VOC draws around objects for "void". A palette of greys is grey.
- Colours. Any colour but the background's is marked, and but that of PASCAL VOC for void.
- Alpha. Where all that can be seen has one colour, opaque is marked. Where colours differ, they
  and the alpha channel have to say the same.
- Inverted. A level that covers the whole border of the mask and over half of it is the background,
  if it is the brightest or the darkest. White that leaves out a part of the border may be a large
  defect: it stays marked and is reported, and refused beside masks that are inverted for certain.

What none of this decides is refused by name, never guessed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspection.images import read_stored
from inspection.issues import FileNote, IssueKind
from inspection.masks.levels import (
    EACH_COUNTS,
    NOISE,
    Levels,
    MaskFile,
    border,
    is_drawn,
    list_levels,
    mark_levels,
    name_some,
)
from inspection.types import Mask

LOSSY = ("JPEG", "JPEG2000", "AVIF", "HEIF")
VOID, VOID_COLOUR = 255, (224, 224, 192)  # of PASCAL VOC


@dataclass(frozen=True, slots=True, eq=False)
class ReadMask:
    """A mask (H, W), and notes on how it was read; none for a plain one."""

    mask: Mask
    problems: tuple[FileNote, ...]


def read_mask_file(path: Path, *, sample_id: str) -> ReadMask:
    """Return which pixels of a mask file are defective.

    Raises:
        MaskError: no rule says for certain what it marks.
        ImageError: it cannot be read.
    """
    picture, kind = read_stored(path)
    file = MaskFile(f"{path.name} of {sample_id}", kind in LOSSY)
    mask = mark_levels(_to_plane(picture, file), file)
    return ReadMask(mask, tuple(file.problems))


def _to_plane(picture: Image.Image, file: MaskFile) -> Levels:
    mode = picture.mode
    has_hole = "transparency" in picture.info and mode in ("P", "L", "RGB")
    if has_hole or mode in ("LA", "PA", "RGBA"):
        rgba = np.asarray(picture.convert("RGBA"))
        if rgba[:, :, 3].min() < 255:
            return _from_alpha(rgba[:, :, :3], rgba[:, :, 3], file)
    if mode == "P":
        return _from_palette(picture, file)
    if mode == "F":
        return _from_floats(np.asarray(picture, np.float64), file)
    if mode.startswith("I"):
        return _from_integers(np.asarray(picture).astype(np.int64), file)
    if mode in ("1", "L"):
        return np.asarray(picture.convert("L"), np.int32)
    return _from_colours(np.asarray(picture.convert("RGB")), file)


def _from_alpha(colours: NDArray[np.uint8], alpha: NDArray[np.uint8], file: MaskFile) -> Levels:
    is_seen = alpha >= max(1, int(alpha.max()) // 2)  # edges may have been coloured by rounding
    is_uniform = alpha.min() == alpha.max()
    if alpha.max() == 0 and not _is_plain(colours.reshape(-1, 3)):
        raise file.refuse("is transparent all over, with a drawing hidden below")
    seen, hidden = colours[is_seen], colours[~is_seen]
    # black on transparency is a mark unless a drawing lies hidden below
    is_paint = _is_plain(seen) and (seen.max(initial=0) > NOISE or _is_plain(hidden))
    if is_paint and not is_uniform:
        file.note(
            IssueKind.ALPHA_MASK,
            "has its mark in the alpha channel",
            "What is opaque there counts as defective.",
        )
        return alpha.astype(np.int32)
    if alpha.min() > 0:
        return _from_colours(colours, file)
    plane = _from_colours(np.where(alpha[:, :, None] > 0, colours, 0).astype(np.uint8), file)
    silent = MaskFile(file.name, file.is_lossy)
    by_colour, by_alpha = mark_levels(plane, silent), mark_levels(alpha.astype(np.int32), silent)
    if np.count_nonzero(by_colour ^ by_alpha) > 0.05 * np.count_nonzero(by_colour | by_alpha):
        raise file.refuse("marks one area by its colours and another one by its alpha channel")
    return plane


def _is_plain(colours: NDArray[np.uint8]) -> bool:
    """Return whether pixels (n, 3) have all one colour."""
    return len(colours) == 0 or int(np.ptp(colours, axis=0).max()) <= NOISE


def _from_palette(picture: Image.Image, file: MaskFile) -> Levels:
    numbers = np.asarray(picture, np.int32)
    colours = np.asarray(picture.convert("RGB"))
    used, first = np.unique(numbers, return_index=True)
    palette = colours.reshape(-1, 3)[first]  # (k, 3), of the numbers in use
    is_told_apart = len(np.unique(palette, axis=0)) == len(palette)
    if is_told_apart and (palette == palette[:, :1]).all():
        return colours[:, :, 0].astype(np.int32)
    black = used[palette.max(axis=1) == 0]
    ground = int(black[0]) if is_told_apart and len(black) else 0
    labels = set(used.tolist()) - {ground}
    void = VOID if len(labels) > 1 and VOID in labels else ground
    levels = np.where((numbers == ground) | (numbers == void), 0, numbers + 1)
    values = list_levels(levels)
    if len(values) > 1 and not is_drawn(levels, values):  # a photograph's or an edge's colours
        return _from_colours(colours, file)
    also = "" if void == ground else f"and {VOID} (void) "
    file.note(
        IssueKind.LABEL_NUMBERS,
        f"holds the palette numbers {name_some(used)}",
        f"Every one but {ground} (background) {also}counts as defective.",
    )
    return np.searchsorted(values, levels, side="right").astype(np.int32)  # 0, 1, 2, ...


def _from_floats(values: NDArray[np.float64], file: MaskFile) -> Levels:
    if not np.isfinite(values).all():
        raise file.refuse("holds values that are not numbers")
    if values.min() >= 0 and values.max() <= 1:
        return np.round(255 * values).astype(np.int32)
    if (values != np.round(values)).any():
        raise file.refuse(f"holds fractions up to {values.max():.4g}, whose white is unknown")
    return _from_integers(values.astype(np.int64), file)


def _from_integers(values: NDArray[np.int64], file: MaskFile) -> Levels:
    """Return numbers of up to 32 bits by their rank, greys of 16 bits with 8."""
    if values.min() < 0:
        raise file.refuse("holds negative numbers")
    if values.max() <= 255:
        return values.astype(np.int32)
    known, ranks = np.unique(values, return_inverse=True)
    levels: Levels = (ranks.reshape(values.shape) + (known[0] > 0)).astype(np.int32)
    if len(known) == 2 and known[0] == 0:
        return 255 * levels
    if is_drawn(levels, list_levels(levels)):
        numbers = name_some(known)
        file.note(IssueKind.LABEL_NUMBERS, f"holds the numbers {numbers}", EACH_COUNTS)
        return levels
    scaled: Levels = np.round(values * (255 / values.max())).astype(np.int32)
    return scaled


def _from_colours(colours: NDArray[np.uint8], file: MaskFile) -> Levels:
    """Return how far each pixel is from the background, in the channel where it is farthest."""
    red, green, blue = cv2.split(colours)
    if np.array_equal(red, green) and np.array_equal(red, blue):
        return np.asarray(red, np.int32)
    colours = _without_void(colours, file)
    around = border(colours).astype(np.int32)  # (n, 3)
    ground = np.median(around, axis=0).astype(np.int32)
    if ground.max() > NOISE and np.abs(around - ground).max() <= NOISE:
        far = _strongest(np.abs(colours - ground))
        if np.mean(far <= NOISE) > 0.5:
            file.note(
                IssueKind.INVERTED_MASK,
                f"has a coloured or white background {tuple(ground.tolist())}",
                "Every other colour counts as defective.",
            )
            return far
    brightest = _strongest(colours)
    if brightest.min() > NOISE:
        raise file.refuse("has no black background, and none of one colour all around")
    return brightest


def _strongest(colours: NDArray[Any]) -> Levels:
    """Return the strongest channel of each pixel; faster than NumPy's maximum over an axis."""
    red, green, blue = np.moveaxis(colours, 2, 0)
    return np.asarray(np.maximum(np.maximum(red, green), blue), np.int32)


def _without_void(colours: NDArray[np.uint8], file: MaskFile) -> NDArray[np.uint8]:
    is_void = cv2.inRange(colours, VOID_COLOUR, VOID_COLOUR).astype(np.bool_)
    if not is_void.any() or not colours[~is_void].any():
        return colours
    file.note(
        IssueKind.LABEL_NUMBERS,
        f"holds the colour {VOID_COLOUR} for void",
        "It does not count as defective; every other colour but the background's does.",
    )
    return np.where(is_void[:, :, None], 0, colours).astype(np.uint8)
