"""What turns images into vectors, as the rooms above the detectors know it."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inspection.types import RGBImage

EMBED_BATCH = 64
FIELDS = 4  # of an image, each with one number per channel in its vector


class Embed(Protocol):
    """Turns images of any size into vectors (n, d), where d is channels * FIELDS."""

    @property
    def source(self) -> str:
        """What makes the vectors; other weights have another name."""

    def __call__(self, images: Sequence[RGBImage]) -> NDArray[np.float32]:
        """Return one vector per image."""
