"""A defect is taken out of an image, and put back as faint and as small as somebody wants it."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.errors import MaskError, SettingsError
from inspection.sensitivity.light import from_linear, to_linear
from inspection.types import Mask, RGBImage

Picture = NDArray[np.float32]
"""(H, W, 3), any range."""

Field = NDArray[np.float32]
"""(H, W), one value per pixel."""

MOST = 0.5  # share of an image that can be healed from the rest of it
SEAM = 0.06  # of the longest side of a defect, in which what is healed goes over to what is not
LEAST_SEAM = 2  # pixels, for a mask rarely holds the last faint pixel of a defect
RING = 0.3  # of the longest side of a defect: what has to look alike around it and around a filling
LEAST_RING = 4  # pixels
SEARCHED = 192  # pixels of the longer side at which fillings are looked for
ALIKE, SLACK = 2.5, 30.0  # of the variance around a defect, and grey levels squared beside it
INPAINT_RADIUS = 5


class _Window(NamedTuple):
    """A part of an image that holds a defect, with what counts in it.

    Attributes:
        top: row of its first pixel; `left` is the column.
        image: of the part, (h, w, 3).
        hidden: 1 where it is not known what lies under the defect, (h, w).
        ring: 1 around that, (h, w).
    """

    top: int
    left: int
    image: Picture
    hidden: Field
    ring: Field


def heal(image: RGBImage, mask: Mask, *, normals: Sequence[RGBImage] = ()) -> RGBImage:
    """Return the image without its defect; beyond a narrow seam every byte stays as it is.

    What fills the area is the piece of this image, or of a normal one, whose surroundings look most
    like those of the defect. Where nothing looks like them, they are grown inwards (Telea 2004),
    with their grain.

    Args:
        image: with the defect.
        mask: of the defect, (H, W).
        normals: images of good parts that may serve, of any size; the nearer, the better.

    Raises:
        MaskError: nothing is marked, or so much that too little is left around it.
    """
    _check_mask(image, mask)
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    longest = _longest_side(mask)
    seam = max(LEAST_SEAM, round(SEAM * longest))
    reach = seam + max(LEAST_RING, round(RING * longest))
    window = _cut(image, (away <= seam).astype(np.float32), (away <= reach).astype(np.float32))
    filling = _find_filling(image, window, normals)
    if filling is None:
        filling = _grow(image, (away <= seam).astype(np.uint8), window)
    filling = filling + _spread(window.image - filling, window.ring, reach)
    place = _place(window)
    cover = np.clip(1 - away[place] / (seam + 1), 0, 1)[..., None]
    mixed = window.image + cover * (filling - window.image)
    healed = image.copy()
    healed[place] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    return healed


def fade(healed: RGBImage, image: RGBImage, strength: float) -> RGBImage:
    """Return the defect at a strength from 0, the healed image, to 1, the image itself.

    The two are mixed in linear light, as if the defect reflected or swallowed that much less of it.

    Raises:
        SettingsError: the strength is no number from 0 to 1.
    """
    _check_share(strength, "strength")
    differs = (healed != image).any(axis=2)
    mixed = healed.copy()
    without, fully = to_linear(healed[differs]), to_linear(image[differs])
    mixed[differs] = from_linear(without + np.float32(strength) * (fully - without))
    return mixed


def shrink(healed: RGBImage, image: RGBImage, mask: Mask, scale: float) -> tuple[RGBImage, Mask]:
    """Return the image with its defect shrunk about its centre, and the mask of what is left.

    At 1 it is the image itself, at 0 the healed one. What shrinks is by how much the image departs
    from the healed one, in linear light.

    Raises:
        MaskError: nothing is marked.
        SettingsError: the scale is no number from 0 to 1.
    """
    _check_share(scale, "scale")
    if not mask.any():
        raise _nothing_marked()
    if scale == 1:
        return image.copy(), mask.copy()
    if scale == 0:
        return healed.copy(), np.zeros_like(mask)
    changed = mask | (healed != image).any(axis=2)
    part = _bounds(changed)
    departure = to_linear(image[part]) - to_linear(healed[part])
    centre = _centre(mask, part)
    shrunk = healed.copy()
    less = _shrink_field(departure, centre, scale)
    changes = (less != 0).any(axis=2)
    shrunk[part][changes] = from_linear(to_linear(healed[part]) + less)[changes]
    left = np.zeros_like(mask)
    cover = _shrink_field(mask[part].astype(np.float32), centre, scale)
    left[part] = cover >= 0.5 * cover.max()  # a thin scratch covers no pixel by more than half
    return shrunk, left


def _check_mask(image: RGBImage, mask: Mask) -> None:
    if mask.shape != image.shape[:2]:
        raise MaskError(
            f"The mask has {mask.shape[1]} x {mask.shape[0]} pixels, and the image "
            f"{image.shape[1]} x {image.shape[0]}.",
            "Give a mask of the same size.",
        )
    if not mask.any():
        raise _nothing_marked()
    if mask.mean() > MOST:
        raise MaskError(
            f"{100 * mask.mean():.0f} % of the image is marked: too little is left to heal from.",
            "Mark the defect alone.",
        )


def _nothing_marked() -> MaskError:
    return MaskError(
        "No defect is marked, so there is nothing to heal.",
        "Brush over the defect, or take what a detector has flagged.",
    )


def _check_share(value: float, name: str) -> None:
    if not 0 <= value <= 1:  # NaN included
        raise SettingsError(f"A {name} of {value:g} is not possible.", "Give a value from 0 to 1.")


def _longest_side(mask: Mask) -> int:
    rows, columns = np.nonzero(mask)
    return int(max(np.ptp(rows), np.ptp(columns))) + 1


def _bounds(mask: Mask) -> tuple[slice, slice]:
    rows, columns = np.nonzero(mask)
    return slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)


def _centre(mask: Mask, part: tuple[slice, slice]) -> tuple[float, float]:
    """Return the middle (x, y) of what is marked, in pixels of a part."""
    rows, columns = _bounds(mask)
    return (
        (columns.start + columns.stop - 1) / 2 - part[1].start,
        (rows.start + rows.stop - 1) / 2 - part[0].start,
    )


def _shrink_field(
    field: NDArray[np.float32], centre: tuple[float, float], scale: float
) -> NDArray[np.float32]:
    """Shrink values (h, w) or (h, w, 3), 0 around them, about a point (x, y), with antialiasing."""
    sigma = 0.5 * math.sqrt(1 / scale**2 - 1)
    smooth = cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    matrix = np.array([[scale, 0, (1 - scale) * centre[0]], [0, scale, (1 - scale) * centre[1]]])
    size = (field.shape[1], field.shape[0])
    return np.asarray(cv2.warpAffine(smooth, matrix, size, flags=cv2.INTER_LINEAR), np.float32)


def _cut(image: RGBImage, hidden: Field, around: Field) -> _Window:
    """Cut the window of a defect out of fields of the whole image."""
    rows, columns = part = _bounds(around > 0)
    ring = around[part] - hidden[part]
    pixels = image[part].astype(np.float32)
    return _Window(int(rows.start), int(columns.start), pixels, hidden[part], ring)


def _place(window: _Window) -> tuple[slice, slice]:
    height, width = window.hidden.shape
    return slice(window.top, window.top + height), slice(window.left, window.left + width)


def _find_filling(image: RGBImage, window: _Window, normals: Sequence[RGBImage]) -> Picture | None:
    """Return the piece (h, w, 3) that fits best into its surroundings; None where none does."""
    if not window.ring.any():
        return None
    candidates = list(_search(image, window, is_own=True))
    for normal in normals:
        candidates += _search(_align_brightness(normal, image, window), window, is_own=False)
    if not candidates:
        return None
    unlike, best = min(candidates, key=lambda one: one[0])
    around = window.image[window.ring > 0]
    # two pieces of the same grain differ by twice its variance
    return best if unlike <= ALIKE * float(around.var(axis=0).sum()) + SLACK else None


def _grow(image: RGBImage, hidden: NDArray[np.uint8], window: _Window) -> Picture:
    """Return what surrounds a defect, carried on into it, with the grain that it has."""
    grown = cv2.inpaint(image, hidden, INPAINT_RADIUS, cv2.INPAINT_TELEA)
    filling = grown[_place(window)].astype(np.float32)
    inside = window.hidden > 0
    if window.ring.any():
        fine = window.image - cv2.GaussianBlur(window.image, (0, 0), 2)
        grain = fine[window.ring > 0]
        chosen = np.random.default_rng(0).integers(len(grain), size=int(inside.sum()))
        filling[inside] += grain[chosen]
    return np.asarray(filling, np.float32)


def _align_brightness(normal: RGBImage, image: RGBImage, window: _Window) -> RGBImage:
    """Return a normal image in the size of another, and as bright as it is beside its defect."""
    height, width = image.shape[:2]
    sized = cv2.resize(normal, (width, height), interpolation=cv2.INTER_AREA)
    beside = np.ones((height, width), np.bool_)
    beside[_place(window)] = window.hidden == 0
    gain = (image[beside].mean(axis=0) + 1) / (sized[beside].mean(axis=0) + 1)
    return np.asarray(np.clip(np.rint(sized * gain), 0, 255), np.uint8)


def _search(source: RGBImage, window: _Window, *, is_own: bool) -> Iterator[tuple[float, Picture]]:
    """Yield the piece of a source whose ring looks most like that of a window, and how unlike.

    It is looked for in a reduced picture first, then around there. No piece of the image itself may
    hold any of the defect.
    """
    full = source.astype(np.float32)
    height, width = window.hidden.shape
    factor = min(1.0, SEARCHED / max(source.shape[:2]))
    blocked = np.zeros(source.shape[:2], np.float32)
    if is_own:
        blocked[_place(window)] = window.hidden
    small = [
        _reduce(one, factor) for one in (full, blocked, window.image, window.hidden, window.ring)
    ]
    found = _match(small[0], small[1], small[2], small[3], small[4])
    if found is None:
        return
    row, column = (round(place / factor) for place in found[1])
    slack = 0 if factor == 1 else math.ceil(1 / factor) + 1
    top = min(max(0, row - slack), source.shape[0] - height)
    left = min(max(0, column - slack), source.shape[1] - width)
    near = (slice(top, top + height + 2 * slack), slice(left, left + width + 2 * slack))
    exact = _match(full[near], blocked[near], window.image, window.hidden, window.ring)
    if exact is not None:
        row, column = top + exact[1][0], left + exact[1][1]
        yield exact[0], full[row : row + height, column : column + width]


def _reduce(field: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    if factor == 1:
        return field
    height, width = (max(1, round(factor * side)) for side in field.shape[:2])
    return np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _match(
    source: Picture, blocked: Field, image: Picture, hidden: Field, ring: Field
) -> tuple[float, tuple[int, int]] | None:
    """Return the mean squared difference in the ring where it is least, and (row, column) of it."""
    if any(have < want for have, want in zip(source.shape[:2], image.shape[:2], strict=True)):
        return None
    weight = np.repeat(np.sqrt(ring)[..., None], 3, axis=2)
    unlike = cv2.matchTemplate(source, image, cv2.TM_SQDIFF, mask=weight)
    taken = cv2.matchTemplate(blocked, hidden, cv2.TM_CCORR)
    unlike[(taken > 0.5) | ~np.isfinite(unlike)] = np.inf
    row, column = np.unravel_index(int(unlike.argmin()), unlike.shape)
    least = float(unlike[row, column])
    if not math.isfinite(least):
        return None
    return least / max(1.0, float(ring.sum())), (int(row), int(column))


def _spread(difference: Picture, ring: Field, reach: int) -> Picture:
    """Return what is missing in a ring, carried on smoothly over the window."""
    sigma = max(1.0, reach / 2)
    weight = cv2.GaussianBlur(ring, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    known = difference * ring[..., None]
    carried = cv2.GaussianBlur(known, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    overall = known.sum(axis=(0, 1)) / max(1.0, float(ring.sum()))
    trust = np.float32(1e-4)  # far inside a wide defect the mean of the ring counts
    return np.asarray((carried + trust * overall) / (weight + trust)[..., None], np.float32)
