"""Settings of PatchCore."""

from dataclasses import dataclass
from typing import Annotated

from detectors.settings import (
    STUDENT,
    Range,
    Seconds,
    Seed,
)
from inspection.types import Size


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchCoreSettings:
    """Settings of the memory bank.

    Attributes:
        input_size: (height, width), multiples of 16.
        backbone: name for `backbones.load_backbone`.
        backbone_weights: file with the weights of that backbone, to be taken first.
        layers: feature maps joined into one embedding per patch, the finest first; None for those
            of the backbone's record.
        coreset_ratio: share of all patches kept in the memory bank.
        max_memory: most rows of the memory bank, whatever the ratio.
        max_candidates: most patches to choose among; a larger set is thinned at random.
        turned_copies: whether every normal image is remembered at eight angles; None for those of
            them at which normal parts lie, where there are few normal images.
        smoothing: standard deviation of the map's Gaussian filter, in pixels of the input.
        max_seconds: for all of a training; remembers fewer patches where there is no time for more.
        seed: of the thinning, the projection and the first patch.
    """

    input_size: Size = (256, 256)
    backbone: str = STUDENT
    backbone_weights: str | None = None
    layers: tuple[str, ...] | None = None
    coreset_ratio: Annotated[float, Range(0.0001, 1.0)] = 0.25
    max_memory: Annotated[int, Range(1, 1_000_000)] = 4000
    max_candidates: Annotated[int, Range(1, 100_000_000)] = 150_000
    turned_copies: bool | None = None
    smoothing: Annotated[int, Range(0, 64)] = 6
    max_seconds: Seconds = None
    seed: Seed = 0
