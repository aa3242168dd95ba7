"""Scored images as columns: what every metric is worked out from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inspection.evaluation.intervals import draw_resamples
from inspection.evaluation.pixels import PixelTally, stack_tallies
from inspection.evaluation.ranking import Confusion, Weights, confusion, count_levels
from inspection.evaluation.records import GroundTruth, ScoredImage

NO_NORMAL = "There is no normal test image."
NO_DEFECT = "There is no defective test image."
NO_MASK = "No defective test image has a mask."
LOST_MASK = "The masks are smaller than half a pixel of the detector's input size."
NO_MAP = "The joint verdict has no map of its own."
MIN_PARTS = 5
"""Defective parts for an interval: resamples of fewer are often a single part."""


@dataclass(frozen=True, eq=False)
class ScoredImages:
    """Scored images as columns, row i of each belonging to `images[i]`; and their pixels.

    Attributes:
        tally: pixels of the images that could be compared.
        seed: of the bootstrap.
    """

    images: Sequence[ScoredImage]
    tally: PixelTally
    threshold: float
    seed: int

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        return np.array([image.image_score for image in self.images])

    @cached_property
    def is_anomalous(self) -> NDArray[np.bool_]:
        return np.array([image.is_anomalous for image in self.images], bool)

    @cached_property
    def is_flagged(self) -> NDArray[np.bool_]:
        return self.scores > self.threshold

    @cached_property
    def verdicts(self) -> Confusion:
        """Verdicts against truth at the deployed threshold."""
        return confusion(self.is_flagged, self.is_anomalous)

    @cached_property
    def levels(self) -> tuple[Weights, Weights]:
        """Normal and anomalous images at each of k distinct scores, (k,)."""
        return count_levels(self.scores, self.is_anomalous)

    @cached_property
    def resamples(self) -> NDArray[np.float64]:
        """How often each image counts in each bootstrap resample, (resamples, n)."""
        return _draw(self.images, self.seed)

    @cached_property
    def resampled_levels(self) -> tuple[Weights, Weights]:
        """The levels of each resample, (resamples, k)."""
        order = np.argsort(self.scores, kind="stable")
        _, starts = np.unique(self.scores[order], return_index=True)
        normal, anomalous = (
            np.add.reduceat((self.resamples * chosen)[:, order], starts, axis=1)
            for chosen in (~self.is_anomalous, self.is_anomalous)
        )
        return normal, anomalous

    @cached_property
    def compared(self) -> Sequence[ScoredImage]:
        """The images whose pixels could be compared: m of the n."""
        return [image for image in self.images if image.pixels is not None]

    @cached_property
    def pixel_levels(self) -> Weights:
        """Normal pixels, anomalous ones and these by region, at each of k levels: (3, k)."""
        return self.tally.fine().weights

    @cached_property
    def pixel_resamples(self) -> NDArray[np.float64] | None:
        """How often each compared image counts in each resample of them, (resamples, m).

        A resample of all images would hold a mask by chance only. None of too few parts.
        """
        parts = {image.unit for image in self.compared if image.is_anomalous}
        return _draw(self.compared, self.seed) if len(parts) >= MIN_PARTS else None

    @cached_property
    def resampled_pixels(self) -> Sequence[Weights] | None:
        """The pixel levels of each resample, in wider bins: 3 of (resamples, k)."""
        weights = self.pixel_resamples
        if weights is None:
            return None
        return [weights @ kind for kind in stack_tallies(self.tally.images)]

    @property
    def reason(self) -> str:
        """Why metrics that need both classes are undefined; empty where they are defined."""
        if self.is_anomalous.all():
            return NO_NORMAL
        return "" if self.is_anomalous.any() else NO_DEFECT

    @property
    def pixel_reason(self) -> str:
        """Why pixel metrics are undefined; empty where they are defined."""
        if not self.is_anomalous.any():
            return NO_DEFECT
        defective = [image.ground_truth for image in self.images if image.is_anomalous]
        if GroundTruth.USED in defective:
            return ""
        if GroundTruth.UNASKED in defective:
            return NO_MAP
        return LOST_MASK if GroundTruth.LOST in defective else NO_MASK


def _draw(images: Sequence[ScoredImage], seed: int) -> NDArray[np.float64]:
    units, labels = zip(*((image.unit, image.is_anomalous) for image in images), strict=True)
    return draw_resamples(units, labels, seed=seed)
