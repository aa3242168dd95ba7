"""Features of images too large to be taken at once: by tiles, joined without a seam."""

from collections.abc import Callable, Mapping
from itertools import product

from torch import Tensor

WHOLE = 768 * 768  # pixels of an image that is taken at once
CORE = 512  # side of what a tile gives
MARGIN = 128  # pixels around it that it sees: as far as layer3 of a ResNet-18 or of the student

Extract = Callable[[Tensor], dict[str, Tensor]]


def extract_in_tiles(
    extract: Extract, images: Tensor, strides: Mapping[str, int]
) -> dict[str, Tensor]:
    """Return the features {layer: (B, channels, H / stride, W / stride)} of large images.

    They are those of the whole image where no feature depends on pixels beyond the margin, as far
    as floating-point numbers go; and memory grows with the tile, not with the image.

    Args:
        extract: gives the features of images of any size.
        images: (B, 3, H, W); sides are multiples of the strides.
        strides: of the layers; CORE and MARGIN are multiples of them.
    """
    height, width = images.shape[-2:]
    joined: dict[str, Tensor] = {}
    for top, left in product(range(0, height, CORE), range(0, width, CORE)):
        above, before = max(0, top - MARGIN), max(0, left - MARGIN)
        rows, columns = min(CORE, height - top), min(CORE, width - left)
        seen = images[..., above : top + rows + MARGIN, before : left + columns + MARGIN]
        for layer, features in extract(seen).items():
            stride = strides[layer]
            if layer not in joined:
                size = (*features.shape[:2], -(-height // stride), -(-width // stride))
                joined[layer] = features.new_empty(size)
            first, start = (top - above) // stride, (left - before) // stride
            high, wide = -(-rows // stride), -(-columns // stride)
            row, column = top // stride, left // stride
            joined[layer][..., row : row + high, column : column + wide] = features[
                ..., first : first + high, start : start + wide
            ]
    return joined
