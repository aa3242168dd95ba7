"""Turned copies of normal images: what is turned, and at which angles other parts lie as well."""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspection.preprocess import LoadedSamples

ANGLES = (0, 45, 90, 135, 180, 225, 270, 315)
"""Degrees, counter-clockwise; an image that is not turned comes first."""
TOLERANCE = 1.3
"""How much farther from the others turned parts may be: fewer of their patches are exact."""
LEAST_PARTS, MOST_PARTS = 3, 8  # that are compared
COMPARED = 512  # patches of each

Embed = Callable[[NDArray[np.uint8]], Tensor]
"""Images (n, h, w, 3) -> embeddings (n, patches, d)."""


def turn_images(images: NDArray[np.uint8], angle: int) -> NDArray[np.uint8]:
    """Turn images (n, h, w, 3) about their middle; what comes in from outside is mirrored.

    Quarter turns of squares and half turns are exact.
    """
    height, width = images.shape[1:3]
    if angle % 180 == 0 or (angle % 90 == 0 and height == width):
        return np.rot90(images, angle // 90, axes=(1, 2))
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    turned = [
        cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
        for image in images
    ]
    return np.stack(turned).astype(np.uint8, copy=False)


@torch.inference_mode()
def find_usual_angles(embed: Embed, loaded: LoadedSamples, *, seed: int) -> tuple[int, ...]:
    """Return the angles at which normal parts are as much like others as they are unturned.

    Each part is compared with the other parts: an angle is usual where its patches are about as
    near to those of the others turned as to those of the others as they are. A texture with a
    direction and a part that always lies the same way have no such angle but 0.

    Args:
        embed: of PatchCore.
        loaded: normal images; a few parts are compared, one image of each.
        seed: of the patches that are compared.
    """
    first: dict[str, int] = {}
    for row, sample in enumerate(loaded.samples):
        first.setdefault(sample.unit, row)
    rows = list(first.values())
    if len(rows) < LEAST_PARTS:
        return ANGLES[:1]
    rows = rows[:: -(-len(rows) // MOST_PARTS)]
    usual, unturned = [], embed(loaded.images[rows])
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(unturned.shape[1], generator=generator)[:COMPARED]
    queries = unturned[:, chosen]
    least = _distance_of_others(queries, queries)
    for angle in ANGLES[1:]:
        turned = embed(turn_images(loaded.images[rows], angle))[:, chosen]
        if _distance_of_others(queries, turned) <= TOLERANCE * least:
            usual.append(angle)
    return (0, *usual)


def _distance_of_others(queries: Tensor, parts: Tensor) -> float:
    """Return how far patches of parts (n, m, d) are from the nearest of other parts, on average."""
    distances = [
        torch.cdist(one, torch.cat([parts[:row], parts[row + 1 :]]).flatten(0, 1)).amin(dim=1)
        for row, one in enumerate(queries)
    ]
    return float(torch.stack(distances).mean())
