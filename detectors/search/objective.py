"""The objective of a search for settings, on training images, never a test or calibration image.

Some normal training parts are set aside; a detector learns from the rest and must separate them
from the same parts with synthetic defects drawn on them, or from labelled defects. Every trial is
measured on the same images.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from inspection.detector import Detector
from inspection.errors import DatasetError
from inspection.evaluation.pixels import PixelTally
from inspection.evaluation.ranking import aupro_of, image_auroc
from inspection.ground_truth import has_ground_truth, read_mask
from inspection.images import read_sample
from inspection.pipeline import predict
from inspection.preprocess import limit_side, mask_to_size
from inspection.synthetic import draw_defects
from inspection.types import Mask, RGBImage, Sample, Split

ASIDE_SHARE = 0.25
MOST_ASIDE = 48  # parts of either kind: enough to tell settings apart, few enough to stay quick
DRAWN_PER_PART = 2
MOST_SIDE = 512  # pixels; larger images are drawn on and kept at this size


@dataclass(frozen=True, slots=True)
class TuningSplit:
    """Training samples divided for trying settings.

    Attributes:
        learned: for `Detector.fit`.
        normal: set aside.
        defective: labelled ones set aside; empty where synthetic defects are to be drawn.
    """

    learned: tuple[Sample, ...]
    normal: tuple[Sample, ...]
    defective: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ValidationImage:
    """An image, and where it is defective; None where that is unknown."""

    image: RGBImage
    is_anomalous: bool
    mask: Mask | None


def divide_training(
    samples: Iterable[Sample], *, seed: int, with_labelled: bool = False, keeps_labels: bool = False
) -> TuningSplit:
    """Set parts of the training samples aside; all others than training samples are ignored.

    Args:
        samples: of one category, with the split of its plan.
        seed: of the choice.
        with_labelled: measure with labelled defects of the training part instead of drawn ones.
        keeps_labels: leave half of the labelled defects for learning (a supervised U-Net).

    Raises:
        DatasetError: too few parts, or no labelled defects though they are wanted.
    """
    usable = [sample for sample in samples if sample.split in (Split.TRAIN, Split.VALIDATION)]
    rng = np.random.default_rng(seed)
    normal = _units(sample for sample in usable if not sample.is_anomalous)
    marked = _units(sample for sample in usable if sample.is_anomalous)
    if len(normal) < 4:
        raise DatasetError(
            f"There are {len(normal)} normal training parts; settings are tried with 4 or more.",
            "Put more normal images into train/good.",
        )
    if with_labelled and len(marked) < 2:
        raise DatasetError(
            "There are fewer than two labelled defects to try settings on.",
            "Leave --labelled-defects out to try them on synthetic defects.",
        )
    aside = set(_choose(sorted(normal), ASIDE_SHARE, rng))
    marked_aside = (
        _choose(sorted(marked), 0.5 if keeps_labels else 1.0, rng) if with_labelled else []
    )
    rest = [s for s in usable if s.unit not in aside and s.unit not in marked_aside]
    return TuningSplit(
        learned=tuple(s for s in rest if keeps_labels or not s.is_anomalous),
        normal=tuple(s for s in usable if s.unit in aside and not s.is_anomalous),
        defective=tuple(s for s in usable if s.unit in marked_aside and s.is_anomalous),
    )


def read_validation(split: TuningSplit, *, seed: int) -> list[ValidationImage]:
    """Read the images to measure with; where no defect is labelled, draw some, seeded."""
    images = []
    for number, sample in enumerate(split.normal):
        image = limit_side(read_sample(sample), MOST_SIDE)
        clean = np.zeros(image.shape[:2], np.bool_)
        images.append(ValidationImage(image, is_anomalous=False, mask=clean))
        if split.defective:
            continue
        for copy in range(DRAWN_PER_PART):
            drawn, drawing = draw_defects(image, np.random.default_rng([seed, number, copy]))
            images.append(ValidationImage(drawn, is_anomalous=True, mask=drawing))
    for sample in split.defective:
        full = read_sample(sample)
        image = limit_side(full, MOST_SIDE)
        mask: Mask | None = None
        if has_ground_truth(sample):
            mask = mask_to_size(read_mask(sample, full.shape[:2]), image.shape[:2])
        images.append(ValidationImage(image, is_anomalous=True, mask=mask))
    return images


def measure_objective(
    detector: Detector, images: Sequence[ValidationImage], *, progress: Callable[[int, int], None]
) -> dict[str, float]:
    """Return image AUROC, AUPRO 0.30 and their mean, `objective`, by which settings are ranked.

    Without any mask the image AUROC alone is the objective.
    """
    tally = PixelTally()
    scores = []
    for number, one in enumerate(images, 1):
        prediction = predict(detector, [one.image])[0]
        scores.append(prediction.image_score)
        if one.mask is not None:
            tally.add(prediction.anomaly_map, mask_to_size(one.mask, detector.input_size))
        progress(number, len(images))
    normal, _, overlaps = tally.fine().weights
    auroc = image_auroc(scores, [one.is_anomalous for one in images])
    aupro = float(aupro_of(normal, overlaps))
    if np.isnan(aupro):
        return {"objective": auroc, "image_auroc": auroc}
    return {"objective": (auroc + aupro) / 2, "image_auroc": auroc, "aupro_30": aupro}


def _units(samples: Iterable[Sample]) -> dict[str, list[Sample]]:
    units: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        units[sample.unit].append(sample)
    return units


def _choose(units: Sequence[str], share: float, rng: np.random.Generator) -> list[str]:
    count = min(MOST_ASIDE, max(1, round(share * len(units))))
    return [units[index] for index in rng.permutation(len(units))[:count]]
