"""The input size of a product: decided once by its training images, the same for its detectors."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inspection.errors import ImageError
from inspection.images import read_image_size
from inspection.preprocess import choose_input_size, is_nearly_square
from inspection.products.product_file import read_settings, save_product_size
from inspection.products.reading import training_part
from inspection.types import Sample, Size

SIDE = 256  # of a square with as many pixels as detectors are given, where nothing else is said
MULTIPLE = 16
MOST_COMPARED = 256  # images whose shapes are compared, evenly spaced among all


@dataclass(frozen=True, slots=True)
class SideChoice:
    """How large images are to be looked at: the side of a square of as many pixels, and why."""

    side: int
    reason: str


ChooseSide = Callable[[Size], SideChoice]
"""Decides for images of a shape (height, width)."""


def settle_input_size(
    folder: Path,
    samples: Sequence[Sample],
    *,
    choose_side: ChooseSide | None = None,
    is_kept: bool = True,
) -> tuple[Size, list[str]]:
    """Return the input size of a product, decided and kept where that was not done before.

    Args:
        folder: of the product.
        samples: of one category.
        choose_side: decides anew how many pixels there are; else it is 256 x 256.
        is_kept: whether a size that is decided is written down.

    Returns:
        (height, width), and sentences that say why.

    Raises:
        CheckpointError: what is stored of the product is damaged.
    """
    stored = read_settings(folder).input_size
    if stored is not None and choose_side is None:
        return stored, [f"input size {write_size(stored)}, as decided for this product"]
    shapes = _read_shapes(samples)
    shape = _middle(shapes)
    choice = SideChoice(SIDE, "") if choose_side is None else choose_side(shape)
    size = choose_input_size(shape, pixels=choice.side**2, multiple=MULTIPLE)
    if is_kept:
        save_product_size(folder, size)
    return size, [*filter(None, [choice.reason]), *_describe(size, shape, shapes)]


def write_size(size: Size) -> str:
    """Return a size as on the command line, such as 352x176."""
    return f"{size[0]}x{size[1]}"


def _read_shapes(samples: Sequence[Sample]) -> list[Size]:
    """Return (height, width) of training images, good ones where there are any."""
    learned = training_part(samples)
    chosen = [sample for sample in learned if not sample.is_anomalous] or learned
    step = -(-len(chosen) // MOST_COMPARED)
    shapes = []
    for sample in chosen[:: max(1, step)]:
        with contextlib.suppress(ImageError):  # whoever needs its pixels says so
            shapes.append(read_image_size(sample.image_path))
    return shapes or [(SIDE, SIDE)]


def _middle(shapes: Sequence[Size]) -> Size:
    """Return the shape whose aspect ratio is the median; an even number of them has the wider."""
    ordered = sorted(shapes, key=lambda shape: (shape[0] / shape[1], shape))
    return ordered[(len(ordered) - 1) // 2]


def _describe(size: Size, shape: Size, shapes: Sequence[Size]) -> list[str]:
    written = write_size(size)
    if is_nearly_square(shape):
        said = [f"input size {written}"]
    else:
        said = [
            f"images are {write_size(shape)} (height x width): input size {written} keeps their "
            "shape"
        ]
    odd = sum(not is_nearly_square((high * size[1], wide * size[0])) for high, wide in shapes)
    if odd:
        said.append(
            f"note: shapes vary: {odd} of {len(shapes)} training images are stretched by more than "
            "4:3 to this size; give another with --input-size."
        )
    return said
