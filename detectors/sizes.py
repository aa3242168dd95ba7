"""Input sizes of detectors: what follows from their product, and what fits into a time."""

import time
from collections.abc import Callable, Sequence

from detectors.entry import Entry
from detectors.search.space import Categorical, SearchSpace
from detectors.settings import parse_size
from inspection.preprocess import choose_input_size
from inspection.products.input_size import MULTIPLE, SIDE, SideChoice, write_size
from inspection.progress import describe_duration
from inspection.types import Size

PASSES = 2  # of which the second is timed: in the first one memory is allocated


def fit_size(entry: Entry, product: Size) -> Size:
    """Return the input size of a detector for the input size of its product.

    A detector that usually gets fewer pixels than others gets as many times fewer.
    """
    usual: Size = entry.settings().input_size
    return _scale(usual, product, entry.multiple)


def fit_sides(entry: Entry, product: Size) -> SearchSpace:
    """Return the search space of a detector, its input sizes in the shape of its product's."""
    space = dict(entry.search_space)
    sides = space.get("input_size")
    if isinstance(sides, Categorical):
        sizes = [_scale(parse_size(side), product, entry.multiple) for side in sides.values]
        space["input_size"] = Categorical(tuple(dict.fromkeys(map(write_size, sizes))))
    return space


def _scale(size: Size, product: Size, multiple: int) -> Size:
    """Return what a size is for a product whose images have more or fewer pixels than usual."""
    share = product[0] * product[1] / SIDE**2
    return choose_input_size(product, pixels=round(share * size[0] * size[1]), multiple=multiple)


def find_side_by_time(
    sides: Sequence[int],
    shape: Size,
    *,
    num_images: int,
    seconds: float,
    read_features: Callable[[Size], None],
    clock: Callable[[], float] = time.perf_counter,
) -> SideChoice:
    """Return the largest side at which the features of all images are read within a time.

    Args:
        sides: of squares with as many pixels, in rising order; the first is taken in any case.
        shape: (height, width) of the images.
        num_images: how many a detector learns from.
        seconds: the limit.
        read_features: reads those of one image of a size.
        clock: in seconds.
    """
    chosen, needed = sides[0], 0.0
    for side in sides:
        size = choose_input_size(shape, pixels=side**2, multiple=MULTIPLE)
        for _ in range(PASSES):
            start = clock()
            read_features(size)
        lasting = (clock() - start) * num_images
        if lasting > seconds and side != sides[0]:
            break
        chosen, needed = side, lasting
    return SideChoice(
        chosen,
        f"no masks say how small defects are: of sizes from {sides[0]}x{sides[0]} to "
        f"{sides[-1]}x{sides[-1]}, {chosen}x{chosen} is the largest at which the features of "
        f"{num_images} images are read within {seconds / 60:g} minutes "
        f"({describe_duration(needed)})",
    )


def make_feature_reader(device: str | None) -> Callable[[Size], None]:
    """Return what reads the carried backbone's features of one image of a size; it may be timed."""
    import torch  # slow to import

    from detectors.backbones.extractors import load_backbone
    from detectors.devices import choose_device, synchronize

    place = choose_device(device)
    backbone = load_backbone().to(place)

    @torch.inference_mode()
    def read_features(size: Size) -> None:
        backbone(torch.zeros(1, 3, *size, device=place))
        synchronize(place)

    return read_features
