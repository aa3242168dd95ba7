"""From scored images and counted pixels to the metrics of a report, each with its interval."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from inspection.evaluation.intervals import binomial_interval, draw_resamples, percentile_interval
from inspection.evaluation.metrics import (
    Confusion,
    Values,
    Weights,
    aupro_of,
    auroc_of,
    average_precision_of,
    confusion,
    count_levels,
    f1_max_of,
    pr_curve,
    roc_curve,
    thin_curve,
)
from inspection.evaluation.pixels import PixelTally, stack_tallies
from inspection.evaluation.records import (
    Curve,
    Estimate,
    FalseAlarms,
    GroundTruth,
    MeasureMeans,
    ScoredImage,
    TypeMetrics,
)

NO_NORMAL = "There is no normal test image."
NO_DEFECT = "There is no defective test image."
NO_FLAG = "No image was flagged."
NO_MASK = "No defective test image has a mask."
LOST_MASK = "The masks are smaller than half a pixel of the detector's input size."
ONE_CLASS = "All compared pixels are defective, or none is."
MIN_PARTS = 5
"""Defective parts for an interval: resamples of fewer are often a single part."""
FEW_MASKS = (
    f"Fewer than {MIN_PARTS} defective test parts have a mask, too few for intervals of pixels."
)

RankMetric = Callable[[Weights, Weights], Values]
IMAGE_METRICS: Mapping[str, RankMetric] = {
    "image_auroc": auroc_of,
    "image_ap": average_precision_of,
    "image_f1_max": f1_max_of,
}
PIXEL_METRICS: Mapping[str, RankMetric] = {
    "pixel_auroc": auroc_of,
    "pixel_ap": average_precision_of,
}
REGION_METRICS: Mapping[str, RankMetric] = {
    "aupro_30": partial(aupro_of, fpr_limit=0.30),
    "aupro_05": partial(aupro_of, fpr_limit=0.05),
}


@dataclass(frozen=True, eq=False)
class Outcome:
    """Scored images as columns, row i of each belonging to `images[i]`."""

    images: Sequence[ScoredImage]
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
    def resamples(self) -> NDArray[np.float64]:
        """How often each image counts in each bootstrap resample, (resamples, n)."""
        return _draw(self.images, self.seed)

    @cached_property
    def compared(self) -> Sequence[ScoredImage]:
        """The images whose pixels could be compared: m of the n."""
        return [image for image in self.images if image.pixels is not None]

    @cached_property
    def pixel_resamples(self) -> NDArray[np.float64] | None:
        """How often each compared image counts in each resample of them, (resamples, m).

        A resample of all images would hold a mask by chance only. None of too few parts.
        """
        parts = {image.unit for image in self.compared if image.is_anomalous}
        return _draw(self.compared, self.seed) if len(parts) >= MIN_PARTS else None

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
        return LOST_MASK if GroundTruth.LOST in defective else NO_MASK


def _draw(images: Sequence[ScoredImage], seed: int) -> NDArray[np.float64]:
    units, labels = zip(*((image.unit, image.is_anomalous) for image in images), strict=True)
    return draw_resamples(units, labels, seed=seed)


def make_metrics(outcome: Outcome, tally: PixelTally) -> dict[str, Estimate]:
    """Return every metric of a report, by the keys of `METRICS`."""
    return {
        **_image_metrics(outcome),
        **_verdict_metrics(outcome),
        **_pixel_metrics(outcome, tally),
        **_overlap_metrics(outcome),
        "seconds": _mean_estimate([i.seconds for i in outcome.images], outcome.resamples),
    }


def make_curves(outcome: Outcome, tally: PixelTally) -> dict[str, Curve]:
    """Return the pixel curves, thinned; none where no pixels could be compared."""
    if outcome.pixel_reason:
        return {}
    normal, anomalous, overlaps = tally.fine().weights
    return {
        "pixel_roc": _to_curve(*roc_curve(normal, anomalous)),
        "pixel_pr": _to_curve(*pr_curve(normal, anomalous)),
        "pro": _to_curve(*roc_curve(normal, overlaps)),
    }


def count_verdicts(outcome: Outcome) -> Confusion:
    """Return verdicts against truth at the deployed threshold."""
    return confusion(outcome.is_flagged, outcome.is_anomalous)


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


def count_false_alarms(outcome: Outcome, promised: float) -> FalseAlarms:
    """Count good parts; one is flagged when any of its images is, as the promise is meant."""
    flagged: dict[str, bool] = {}
    for image, is_flagged in zip(outcome.images, outcome.is_flagged, strict=True):
        if not image.is_anomalous:
            flagged[image.unit] = flagged.get(image.unit, False) or bool(is_flagged)
    num_flagged = sum(flagged.values())
    low, high = binomial_interval(num_flagged, len(flagged))
    return FalseAlarms(promised, num_flagged, len(flagged), low, high)


def metrics_by_type(outcome: Outcome) -> tuple[TypeMetrics, ...]:
    """Return recall, and AUROC against all normal images, of every defect type."""
    types = np.array([image.defect_type or "" for image in outcome.images])
    found = []
    for name in sorted(set(types[outcome.is_anomalous])):
        chosen = types == name
        rows = chosen | ~outcome.is_anomalous
        num_flagged, num_images = int(outcome.is_flagged[chosen].sum()), int(chosen.sum())
        part = Outcome(
            [image for image, is_used in zip(outcome.images, rows, strict=True) if is_used],
            outcome.threshold,
            outcome.seed,
        )
        found.append(
            TypeMetrics(
                defect_type=str(name),
                num_images=num_images,
                num_flagged=num_flagged,
                recall=_share_estimate(num_flagged, num_images, NO_DEFECT),
                image_auroc=_image_metrics(part)["image_auroc"],
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


def _image_metrics(outcome: Outcome) -> dict[str, Estimate]:
    normal, anomalous = count_levels(outcome.scores, outcome.is_anomalous)
    order = np.argsort(outcome.scores, kind="stable")
    _, starts = np.unique(outcome.scores[order], return_index=True)

    def at_levels(label: bool) -> Weights:
        weights = outcome.resamples * (outcome.is_anomalous == label)
        return np.add.reduceat(weights[:, order], starts, axis=1)

    resampled = (at_levels(False), at_levels(True))
    return {
        name: _ranked(outcome.reason, metric(normal, anomalous), partial(metric, *resampled))
        for name, metric in IMAGE_METRICS.items()
    }


def _verdict_metrics(outcome: Outcome) -> dict[str, Estimate]:
    """Shares get the exact binomial interval; F1, which is none, the bootstrap's."""
    counts = count_verdicts(outcome)
    hits, alarms = counts.true_positives, counts.false_positives
    total = counts.num_normal + counts.num_anomalous
    lone = "" if counts.num_anomalous else NO_DEFECT
    return {
        "accuracy": _share_estimate(hits + counts.true_negatives, total, NO_NORMAL),
        "precision": _share_estimate(hits, 0 if lone else hits + alarms, lone or NO_FLAG),
        "recall": _share_estimate(hits, counts.num_anomalous, NO_DEFECT),
        "f1": _ranked(lone, np.asarray(counts.f1), partial(_resampled_f1, outcome)),
        "false_alarm_rate": _share_estimate(alarms, counts.num_normal, NO_NORMAL),
    }


def _resampled_f1(outcome: Outcome) -> Values:
    flagged, labels = outcome.is_flagged, outcome.is_anomalous
    hits = outcome.resamples @ (flagged & labels)
    wrong = outcome.resamples @ (flagged != labels)
    return np.asarray(2 * hits / np.maximum(2 * hits + wrong, 1))


def _pixel_metrics(outcome: Outcome, tally: PixelTally) -> dict[str, Estimate]:
    reason = outcome.pixel_reason
    names = [*PIXEL_METRICS, *REGION_METRICS]
    if reason:
        return {name: Estimate(None, reason=reason) for name in names}
    fine, weights = tally.fine().weights, outcome.pixel_resamples
    coarse = None if weights is None else [weights @ kind for kind in stack_tallies(tally.images)]
    found = {}
    for place, metrics in ((1, PIXEL_METRICS), (2, REGION_METRICS)):
        for name, metric in metrics.items():
            draw = None if coarse is None else partial(metric, coarse[0], coarse[place])
            found[name] = _ranked("", metric(fine[0], fine[place]), draw)
    return found


def _overlap_metrics(outcome: Outcome) -> dict[str, Estimate]:
    reason = outcome.pixel_reason
    if reason:
        return {name: Estimate(None, reason=reason) for name in ("iou", "dice")}
    resamples = outcome.pixel_resamples
    return {
        "iou": _mean_estimate([image.iou for image in outcome.compared], resamples),
        "dice": _mean_estimate([image.dice for image in outcome.compared], resamples),
    }


def _mean_estimate(
    values: Sequence[float | None], resamples: NDArray[np.float64] | None
) -> Estimate:
    """Return the mean of what is known, one value for each column of the resamples."""
    known = np.array([value is not None for value in values])
    column = np.array([value for value in values if value is not None])
    if resamples is None:
        return _ranked("", np.asarray(column.mean()), None)
    weights = resamples[:, known]

    def draw() -> Values:
        sums = weights.sum(axis=1)
        return np.asarray((weights @ column)[sums > 0] / sums[sums > 0])

    return _ranked("", np.asarray(column.mean()), draw)


def _ranked(reason: str, value: Values, draw: Callable[[], Values] | None) -> Estimate:
    """Return a metric with its bootstrap interval, or why it or its interval is undefined."""
    if reason or not np.isfinite(value):
        return Estimate(None, reason=reason or ONE_CLASS)
    if draw is None:
        return Estimate(float(value), reason=FEW_MASKS)
    low, high = percentile_interval(draw(), around=float(value)) or (None, None)
    return Estimate(float(value), low, high)


def _share_estimate(part: int, whole: int, reason: str) -> Estimate:
    if whole == 0:
        return Estimate(None, reason=reason)
    return Estimate(part / whole, *binomial_interval(part, whole))


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _to_curve(x: Weights, y: Weights) -> Curve:
    x, y = thin_curve(x, y)
    return Curve(tuple(float(f"{v:.6g}") for v in x), tuple(float(f"{v:.6g}") for v in y))
