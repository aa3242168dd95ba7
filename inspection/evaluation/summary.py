"""What a report says beside its metrics: curves, counts, defect types, a detector's measures."""

from collections.abc import Iterable, Sequence

import numpy as np

from inspection.evaluation.intervals import binomial_interval
from inspection.evaluation.metrics import METRICS, estimate_share
from inspection.evaluation.pixels import PixelTally
from inspection.evaluation.ranking import Confusion, Weights, pr_curve, roc_curve, thin_curve
from inspection.evaluation.records import (
    Curve,
    FalseAlarms,
    MeasureMeans,
    ScoredImage,
    TypeMetrics,
)
from inspection.evaluation.scored import NO_DEFECT, ScoredImages


def make_curves(scored: ScoredImages) -> dict[str, Curve]:
    """Return the pixel curves, thinned; none where no pixels could be compared."""
    if scored.pixel_reason:
        return {}
    normal, anomalous, overlaps = scored.pixel_levels
    return {
        "pixel_roc": _to_curve(*roc_curve(normal, anomalous)),
        "pixel_pr": _to_curve(*pr_curve(normal, anomalous)),
        "pro": _to_curve(*roc_curve(normal, overlaps)),
    }


def count_pixels(images: Sequence[ScoredImage]) -> Confusion | None:
    """Return flagged against defective pixels of all images that could be compared."""
    counts = [image.pixels for image in images if image.pixels is not None]
    if not counts:
        return None
    return Confusion(
        sum(count.true_positives for count in counts),
        sum(count.false_positives for count in counts),
        sum(count.true_negatives for count in counts),
        sum(count.false_negatives for count in counts),
    )


def count_false_alarms(scored: ScoredImages, promised: float) -> FalseAlarms:
    """Count good parts that are flagged."""
    pairs = zip(scored.images, scored.is_flagged, strict=True)
    good = [(image.unit, bool(is_flagged)) for image, is_flagged in pairs if not image.is_anomalous]
    return count_flagged_parts(good, promised)


def count_flagged_parts(good: Iterable[tuple[str, bool]], promised: float) -> FalseAlarms:
    """Count good parts; one is flagged when any of its images is, as the promise is meant.

    Args:
        good: of each image, the part that it shows and whether it is flagged.
        promised: share of good parts that may be flagged.
    """
    flagged: dict[str, bool] = {}
    for unit, is_flagged in good:
        flagged[unit] = flagged.get(unit, False) or is_flagged
    num_flagged = sum(flagged.values())
    low, high = binomial_interval(num_flagged, len(flagged))
    return FalseAlarms(promised, num_flagged, len(flagged), low, high)


def metrics_by_type(scored: ScoredImages) -> tuple[TypeMetrics, ...]:
    """Return recall, and AUROC against all normal images, of every defect type."""
    types = np.array([image.defect_type or "" for image in scored.images])
    found = []
    for name in sorted(set(types[scored.is_anomalous])):
        chosen = types == name
        rows = chosen | ~scored.is_anomalous
        num_flagged, num_images = int(scored.is_flagged[chosen].sum()), int(chosen.sum())
        part = ScoredImages(
            [image for image, is_used in zip(scored.images, rows, strict=True) if is_used],
            PixelTally(),
            scored.threshold,
            scored.seed,
        )
        found.append(
            TypeMetrics(
                defect_type=str(name),
                num_images=num_images,
                num_flagged=num_flagged,
                recall=estimate_share(num_flagged, num_images, NO_DEFECT),
                image_auroc=METRICS["image_auroc"].compute(part),
            )
        )
    return tuple(found)


def mean_measures(images: Sequence[ScoredImage]) -> dict[str, MeasureMeans]:
    """Return the mean of every measure over normal and over defective images."""
    names = sorted({name for image in images for name in image.measures})
    return {
        name: MeasureMeans(
            *(
                _mean([i.measures[name] for i in images if i.is_anomalous is label])
                for label in (False, True)
            )
        )
        for name in names
    }


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _to_curve(x: Weights, y: Weights) -> Curve:
    x, y = thin_curve(x, y)
    return Curve(tuple(float(f"{v:.6g}") for v in x), tuple(float(f"{v:.6g}") for v in y))
