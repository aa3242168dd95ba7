"""What the autoencoder's errors usually are on normal images, and how far one goes beyond them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from detectors.learning.networks import smooth_map
from inspection.detector import WeightArrays
from inspection.types import AnomalyMap

PREFIX = "usual."  # of its arrays in a checkpoint
TINY = 1e-7
PLACE_BLUR = 0.015  # of the shorter side: how far the usual error at a place is blurred
FLOOR_SHARE = 0.1  # of the mean error, added everywhere, so that calm places are not overrated
GRAIN = 1.0  # standard deviation in pixels of the filter that takes grain out of a difference
COLOUR_FLOOR = 0.02  # of the mean variance, added to each colour: what is nearly grey has no hue

Errors = NDArray[np.float32]
"""(2, h, w): the squared and the structural error at every pixel, smoothed."""
Colours = NDArray[np.float32]
"""(3, 3): turns differences in red, green and blue into uncorrelated ones of equal weight."""


@dataclass(frozen=True, slots=True, eq=False)
class Reconstruction:
    """What became of an image.

    Attributes:
        difference: (h, w, 3), the rebuilt colours minus its own, without grain.
        structural: (h, w), 1 - SSIM of both in grey.
    """

    difference: NDArray[np.float32]
    structural: NDArray[np.float32]

    def errors(self, colours: Colours, smoothing: float) -> Errors:
        """Return both errors; the squared one has the variance of each colour as its unit."""
        squared = np.square(self.difference @ colours).mean(axis=2)
        return np.stack([smooth_map(each, smoothing) for each in (squared, self.structural)])


def _usual_colours(rebuilt: Sequence[Reconstruction], *, is_grey: bool) -> Colours:
    """Learn from normal images how well each colour is rebuilt.

    Brightness is rebuilt far worse than hue: counted alike, rust drowns in reflections. Of grey
    images brightness alone counts, since any hue is the network's own invention.
    """
    if is_grey:
        return np.full((3, 3), 1 / 3, np.float32)
    pixels = (each.difference.reshape(-1, 3) for each in rebuilt)
    covariance = np.mean([each.T @ each / len(each) for each in pixels], axis=0)
    floor = COLOUR_FLOOR * np.trace(covariance) / 3 + TINY
    variances, axes = np.linalg.eigh(covariance + floor * np.eye(3))
    return np.asarray(axes / np.sqrt(variances), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceErrors:
    """What both errors usually are on normal images.

    Attributes:
        colours: (3, 3), see `_usual_colours`.
        place: (2, h, w), the mean at each place.
        calm: (2,), the calm level of an image, see `_calm_level`.
        highest: (2,), the maximum of an image after both corrections.
    """

    colours: Colours
    place: Errors
    calm: NDArray[np.float32]
    highest: NDArray[np.float32]

    @classmethod
    def measure(cls, rebuilt: Sequence[Reconstruction], smoothing: float, *, is_grey: bool) -> Self:
        """Learn it from held-out normal images."""
        colours = _usual_colours(rebuilt, is_grey=is_grey)
        errors = [each.errors(colours, smoothing) for each in rebuilt]
        mean = np.mean(errors, axis=0)
        size = max(1.0, PLACE_BLUR * min(mean.shape[1:]))
        place = np.stack([smooth_map(each, size) for each in mean])
        place += FLOOR_SHARE * place.mean(axis=(1, 2), keepdims=True) + TINY
        ones = np.ones(2, np.float32)
        by_place = [each / place for each in errors]
        calm = np.median([_calm_level(each) for each in by_place], axis=0)
        calm = np.maximum(calm, TINY).astype(np.float32)
        half_made = cls(colours, place, calm, ones)
        highest = np.median([half_made._correct(each).max(axis=(1, 2)) for each in errors], axis=0)
        return cls(colours, place, calm, np.maximum(highest, TINY).astype(np.float32))

    def compare(self, rebuilt: Reconstruction, smoothing: float) -> AnomalyMap:
        """Return the anomaly map (h, w) of what became of an image."""
        errors = rebuilt.errors(self.colours, smoothing)
        parts = self._correct(errors) / self.highest[:, None, None]
        return np.asarray(parts.mean(axis=0), np.float32)

    def _correct(self, errors: Errors) -> Errors:
        by_place = errors / self.place
        roughness = np.maximum(1.0, _calm_level(by_place) / self.calm)
        return np.asarray(by_place / np.sqrt(roughness)[:, None, None], np.float32)

    def to_weights(self) -> dict[str, NDArray[np.float32]]:
        """Return it as a checkpoint holds it."""
        return {f"{PREFIX}{one.name}": getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_weights(cls, weights: WeightArrays) -> Self:
        """Take it out of the weights of a checkpoint.

        Raises:
            KeyError: some of it is missing.
        """
        return cls(*(weights[f"{PREFIX}{one.name}"] for one in fields(cls)))


def _calm_level(errors: Errors) -> NDArray[np.float32]:
    """Return the level (2,) that a quarter of the image stays below; no small defect changes it."""
    return np.asarray(np.quantile(errors, 0.25, axis=(1, 2)), np.float32)
