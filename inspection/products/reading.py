"""How a product's files become colours: measured once, kept beside its split, obeyed by everybody.

Deep files of most cameras do not say which value is white: 12 bits lie in 16-bit files. What all
files of a product share is measured over its training images, before the first training.
"""

import contextlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.decoding.decode import FileTraits, decode, read_traits
from inspection.decoding.deep_values import Deep
from inspection.errors import ImageError
from inspection.files import checked_content, read_sealed, write_sealed
from inspection.images import read_layers
from inspection.issues import FileNote, summarise_issues
from inspection.preprocess import Progress
from inspection.products.manifest import CARD, has_vouched
from inspection.types import DEFAULT_READING, Colour, Reading, Sample, Split

READING = "reading.json"
DEPTHS = (8, 10, 12, 14, 16)  # bits that cameras have
BORDER_IMAGES = 16  # good images whose border is looked at, evenly spaced among all
BORDER_SHARE = 0.02  # of the shorter side
LEAST_VISIBLE = 0.01  # share of the border; of cut-outs nothing is to be seen there


@dataclass(frozen=True, slots=True)
class Measured:
    """A reading, and what it was measured on.

    Attributes:
        largest: value in the deep files that do not name their white; None without any.
        bits: of one value in them.
        has_alpha: whether parts of some image are transparent.
        notes: what is to be known of the files, in their order.
    """

    reading: Reading
    largest: int | float | None
    bits: int
    has_alpha: bool
    notes: tuple[FileNote, ...]


def settle_reading(
    folder: Path,
    samples: Sequence[Sample],
    *,
    is_kept: bool = True,
    progress: Progress | None = None,
) -> tuple[Reading, list[str]]:
    """Return the reading of a product, measured and kept as long as no detector has learned by it.

    Args:
        folder: of the product.
        samples: of one category.
        is_kept: whether a reading that is measured is written down.
        progress: called with (done, total) while values are measured.

    Returns:
        The reading, and sentences that say what it is and what is to be known of the files.

    Raises:
        CheckpointError: the stored one is damaged.
    """
    if any(folder.glob(f"*/{CARD}")):
        reading = load_reading(folder)
        if is_kept and not (folder / READING).is_file():  # of a product from before
            save_reading(folder, Measured(reading, None, 0, has_alpha=False, notes=()))
        return reading, [] if reading.white is None else [_describe_white(reading, folder)]
    measured = measure_reading(training_part(samples), progress=progress)
    if is_kept:
        folder.mkdir(parents=True, exist_ok=True)
        save_reading(folder, measured)
    return measured.reading, list(describe_measured(measured))


def load_reading(folder: Path) -> Reading:
    """Return what a product's files are read by; by their depth where nothing was measured.

    Raises:
        CheckpointError: the stored reading is damaged, or missing beside detectors that learned by
            it.
    """
    path = folder / READING
    return _read(path) if path.is_file() or has_vouched(folder) else DEFAULT_READING


def save_reading(folder: Path, measured: Measured) -> None:
    """Write `reading.json` into the folder that holds a product's detectors."""
    content = {**reading_to_json(measured.reading), "largest": measured.largest}
    write_sealed(folder / READING, content)


def reading_to_json(reading: Reading) -> dict[str, Any]:
    """Return what `reading_from_json` understands."""
    return {"white": reading.white, "background": list(reading.background)}


def reading_from_json(content: Mapping[str, Any]) -> Reading:
    """Return the reading.

    Raises:
        ValueError: there is none, or one that cannot be.
    """
    white, background = content.get("white"), content.get("background")
    is_number = isinstance(white, int | float) and not isinstance(white, bool) and white > 0
    if not (white is None or is_number):
        raise ValueError("white is no number")
    if not isinstance(background, list) or not all(map(_is_level, background)):
        raise ValueError("background is no colour")
    red, green, blue = background
    return Reading(white, (red, green, blue))


def read_by(samples: Iterable[Sample], reading: Reading) -> list[Sample]:
    """Return the samples with this reading."""
    return [replace(sample, reading=reading) for sample in samples]


def training_part(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples that are not for testing, or all where there is no other."""
    return [sample for sample in samples if sample.split is not Split.TEST] or list(samples)


def measure_reading(
    samples: Sequence[Sample],
    *,
    needs_background: bool = True,
    progress: Progress | None = None,
) -> Measured:
    """Measure white and background over the training part; what cannot be read is left to others.

    White is the largest value, rounded up to a depth that cameras have; of floating-point values
    to 1, or to a whole number of bits where they go beyond. The background is the mean colour at
    the border of some good images, as far as it is opaque, else white.

    Args:
        samples: of one category.
        needs_background: whether images may be transparent of which none is among the samples.
        progress: called with (done, total) while values are measured.
    """
    learned = training_part(samples)
    traits: dict[str, FileTraits] = {}
    for sample in samples:
        with contextlib.suppress(ImageError):
            traits[sample.id] = read_traits(sample.image_path)
    deep = [s.image_path for s in learned if s.id in traits and traits[s.id].needs_white]
    largest, bits = _measure_largest(deep, progress)
    reading = Reading(None if largest is None else round_up(largest))
    has_alpha = any(one.has_alpha for one in traits.values())
    if has_alpha or needs_background:
        good = [sample.image_path for sample in learned if not sample.is_anomalous]
        reading = replace(reading, background=_measure_border(good, reading))
    notes = tuple(note for one in traits.values() for note in one.notes)
    return Measured(reading, largest, bits, has_alpha, notes)


def round_up(largest: int | float) -> int | float:
    """Return the white that a largest value speaks for."""
    if isinstance(largest, float):
        return 1.0 if largest <= 1 else float(2 ** math.ceil(math.log2(largest + 1)) - 1)
    depth = next((bits for bits in DEPTHS if largest < 1 << bits), largest.bit_length())
    return (1 << depth) - 1


def describe_measured(measured: Measured) -> Iterable[str]:
    """Yield what a person should know of what was measured."""
    white, largest = measured.reading.white, measured.largest
    if isinstance(white, int):
        yield (
            f"images have {white.bit_length()} bits in {measured.bits}-bit files: {white} is white "
            f"(largest value {largest})"
        )
    elif white is not None:
        yield f"images hold floating-point values: {white:g} is white (largest value {largest:g})"
    if measured.has_alpha:
        red, green, blue = measured.reading.background
        yield (
            f"transparent parts are laid on the colour ({red}, {green}, {blue}), the mean at the "
            "border of the good images, or white where nothing is to be seen there"
        )
    yield from describe_notes(measured.notes)


def describe_notes(notes: Iterable[FileNote]) -> list[str]:
    """Return one sentence for each kind of note."""
    return [f"note: {sentence}" for sentence in summarise_issues(notes)]


def look_through(samples: Iterable[Sample]) -> list[str]:
    """Return what is to be known of the files of samples, by their headers alone."""
    notes: list[FileNote] = []
    for sample in samples:
        with contextlib.suppress(ImageError):  # whoever reads it will say so
            notes.extend(read_traits(sample.image_path).notes)
    return describe_notes(notes)


def _describe_white(reading: Reading, folder: Path) -> str:
    return f"{reading.white:g} is white in deep images, as stored in {folder / READING}"


def _read(path: Path) -> Reading:
    fix = f"Bring it back, or delete the folder {path.parent} and train the product again."
    content = read_sealed(path, fix=fix)
    with checked_content(path, fix=fix):
        return reading_from_json(content)


def _is_level(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= 255


def _measure_largest(
    paths: Sequence[Path], progress: Progress | None
) -> tuple[int | float | None, int]:
    """Return the largest value, and the bits of one; whole numbers count before other ones."""
    found: dict[bool, list[int | float]] = {True: [], False: []}
    bits = 0
    for number, path in enumerate(paths, 1):
        with contextlib.suppress(ImageError):
            content = decode(path).content
            if isinstance(content, Deep):
                is_whole = np.issubdtype(content.values.dtype, np.integer)
                found[is_whole].append(content.colours.max().item())
                bits = max(bits, 8 * content.values.dtype.itemsize)
        if progress is not None:
            progress(number, len(paths))
    values = [one for one in found[True] or found[False] if math.isfinite(one)]
    return max(values, default=None), bits


def _measure_border(paths: Sequence[Path], reading: Reading) -> Colour:
    """Return the mean colour at the border of some images, weighed by how opaque it is there."""
    step = max(1, len(paths) // BORDER_IMAGES)
    total, weight, num_pixels = np.zeros(3), 0.0, 0
    for path in paths[::step][:BORDER_IMAGES]:
        with contextlib.suppress(ImageError):
            border = _border_of(read_layers(path, reading=reading)).astype(np.float64)  # (n, 4)
            shares = border[:, 3] / 255
            total += shares @ border[:, :3]
            weight += shares.sum()
            num_pixels += len(border)
    if weight <= LEAST_VISIBLE * num_pixels:
        return DEFAULT_READING.background
    red, green, blue = (int(level) for level in np.rint(total / weight))
    return red, green, blue


def _border_of(layers: NDArray[Any]) -> NDArray[Any]:
    """Return the pixels at the border of (H, W, channels) as (n, channels)."""
    width = max(1, round(BORDER_SHARE * min(layers.shape[:2])))
    inside = np.zeros(layers.shape[:2], np.bool_)
    inside[width:-width, width:-width] = True
    return layers[~inside]
