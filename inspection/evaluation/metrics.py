"""The metrics of an evaluation, an entry each: report, leaderboard, tables and page follow.

To add one, write its function (`ranking.py` has those of ranking) and its entry.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from inspection.evaluation.intervals import binomial_interval, percentile_interval
from inspection.evaluation.ranking import (
    Values,
    Weights,
    aupro_of,
    auroc_of,
    average_precision_of,
    f1_max_of,
)
from inspection.evaluation.records import Estimate, EvaluationReport, ScoredImage
from inspection.evaluation.scored import MIN_PARTS, NO_DEFECT, NO_NORMAL, ScoredImages

NO_FLAG = "No image was flagged."
ONE_CLASS = "All compared pixels are defective, or none is."
FEW_MASKS = (
    f"Fewer than {MIN_PARTS} defective test parts have a mask, too few for intervals of pixels."
)
TARGET_ACCURACY = 0.90

Compute = Callable[[ScoredImages], Estimate]
RankMetric = Callable[[Weights, Weights], Values]


@dataclass(frozen=True, slots=True)
class Metric:
    """How a metric is called, worked out, compared and written.

    Attributes:
        is_at_threshold: whether it depends on the deployed threshold.
        is_leading: whether the terminal shows a leaderboard of it.
        target: what plants usually require; None where they require nothing.
        number: format of its values, as Python and Plotly take it.
    """

    title: str
    compute: Compute
    is_higher_better: bool = True
    is_at_threshold: bool = False
    is_leading: bool = False
    target: float | None = None
    number: str = ".3f"

    @property
    def label(self) -> str:
        """Its title, with a mark if it depends on the deployed threshold."""
        return f"{self.title} *" if self.is_at_threshold else self.title

    def is_reached(self, value: float | None) -> bool | None:
        """Return whether a value reaches what plants usually require; None without either."""
        return None if value is None or self.target is None else value >= self.target

    def write(self, value: float | None, *, dash: str = "–") -> str:
        """Return a value as text, a dash where it is undefined."""
        return dash if value is None else f"{value:{self.number}}"

    def write_estimate(self, estimate: Estimate, *, dash: str = "–") -> str:
        """Return a value and its interval as text, a dash where it is undefined."""
        value = self.write(estimate.value, dash=dash)
        if estimate.value is None or estimate.low is None or estimate.high is None:
            return value
        return f"{value} ({self.write(estimate.low)}{dash}{self.write(estimate.high)})"


def has_every_metric(report: EvaluationReport) -> bool:
    """Return whether a stored report has all metrics, also those that were added since."""
    return METRICS.keys() <= report.metrics.keys()


def estimate_share(part: int, whole: int, reason: str) -> Estimate:
    """Return a share with its exact binomial interval; undefined of nothing, for the reason."""
    if whole == 0:
        return Estimate(None, reason=reason)
    return Estimate(part / whole, *binomial_interval(part, whole))


def rank_images(rank: RankMetric) -> Compute:
    """Return how to work out a metric of the order of image scores."""
    return lambda scored: _bootstrap(
        rank(*scored.levels), lambda: rank(*scored.resampled_levels), reason=scored.reason
    )


def rank_pixels(rank: RankMetric) -> Compute:
    """Return how to work out a metric of the order of pixels."""
    return lambda scored: _rank_pixels(scored, rank, anomalous=1)


def rank_regions(*, fpr_limit: float) -> Compute:
    """Return how to work out AUPRO, where every connected defect weighs the same."""
    return lambda scored: _rank_pixels(scored, partial(aupro_of, fpr_limit=fpr_limit), anomalous=2)


def _rank_pixels(scored: ScoredImages, rank: RankMetric, *, anomalous: int) -> Estimate:
    if scored.pixel_reason:
        return Estimate(None, reason=scored.pixel_reason)
    levels, coarse = scored.pixel_levels, scored.resampled_pixels
    draw = None if coarse is None else partial(rank, coarse[0], coarse[anomalous])
    return _bootstrap(rank(levels[0], levels[anomalous]), draw)


def _mean_overlap(value: Callable[[ScoredImage], float | None]) -> Compute:
    def compute(scored: ScoredImages) -> Estimate:
        if scored.pixel_reason:
            return Estimate(None, reason=scored.pixel_reason)
        return _mean([value(image) for image in scored.compared], scored.pixel_resamples)

    return compute


def _mean_time(scored: ScoredImages) -> Estimate:
    return _mean([1000 * image.seconds for image in scored.images], scored.resamples)


def _accuracy(scored: ScoredImages) -> Estimate:
    counts = scored.verdicts
    right = counts.true_positives + counts.true_negatives
    return estimate_share(right, counts.num_normal + counts.num_anomalous, NO_NORMAL)


def _precision(scored: ScoredImages) -> Estimate:
    counts = scored.verdicts
    if not counts.num_anomalous:
        return Estimate(None, reason=NO_DEFECT)
    hits = counts.true_positives
    return estimate_share(hits, hits + counts.false_positives, NO_FLAG)


def _recall(scored: ScoredImages) -> Estimate:
    return estimate_share(scored.verdicts.true_positives, scored.verdicts.num_anomalous, NO_DEFECT)


def _false_alarm_rate(scored: ScoredImages) -> Estimate:
    return estimate_share(scored.verdicts.false_positives, scored.verdicts.num_normal, NO_NORMAL)


def _f1(scored: ScoredImages) -> Estimate:
    """Return F1 with the bootstrap's interval, since it is no share."""
    flagged, labels = scored.is_flagged, scored.is_anomalous

    def draw() -> Values:
        hits = scored.resamples @ (flagged & labels)
        wrong = scored.resamples @ (flagged != labels)
        return np.asarray(2 * hits / np.maximum(2 * hits + wrong, 1))

    reason = "" if scored.verdicts.num_anomalous else NO_DEFECT
    return _bootstrap(np.asarray(scored.verdicts.f1), draw, reason=reason)


def _mean(values: Sequence[float | None], resamples: NDArray[np.float64] | None) -> Estimate:
    """Return the mean of what is known, one value for each column of the resamples."""
    known = np.array([value is not None for value in values])
    column = np.array([value for value in values if value is not None])
    if resamples is None:
        return _bootstrap(np.asarray(column.mean()), None)
    weights = resamples[:, known]

    def draw() -> Values:
        sums = weights.sum(axis=1)
        return np.asarray((weights @ column)[sums > 0] / sums[sums > 0])

    return _bootstrap(np.asarray(column.mean()), draw)


def _bootstrap(value: Values, draw: Callable[[], Values] | None, *, reason: str = "") -> Estimate:
    """Return a value with its bootstrap interval, or why it or its interval is undefined."""
    if reason or not np.isfinite(value):
        return Estimate(None, reason=reason or ONE_CLASS)
    if draw is None:
        return Estimate(float(value), reason=FEW_MASKS)
    low, high = percentile_interval(draw(), around=float(value)) or (None, None)
    return Estimate(float(value), low, high)


METRICS: Mapping[str, Metric] = {
    "image_auroc": Metric("image AUROC", rank_images(auroc_of), is_leading=True),
    "image_ap": Metric("image AP", rank_images(average_precision_of)),
    "image_f1_max": Metric("image F1-max", rank_images(f1_max_of)),
    "accuracy": Metric(
        "accuracy", _accuracy, is_at_threshold=True, is_leading=True, target=TARGET_ACCURACY
    ),
    "precision": Metric("precision", _precision, is_at_threshold=True),
    "recall": Metric("recall", _recall, is_at_threshold=True),
    "f1": Metric("F1", _f1, is_at_threshold=True),
    "false_alarm_rate": Metric(
        "false alarms", _false_alarm_rate, is_higher_better=False, is_at_threshold=True
    ),
    "pixel_auroc": Metric("pixel AUROC", rank_pixels(auroc_of), is_leading=True),
    "pixel_ap": Metric("pixel AP", rank_pixels(average_precision_of)),
    "aupro_30": Metric("AUPRO 0.30", rank_regions(fpr_limit=0.30), is_leading=True),
    "aupro_05": Metric("AUPRO 0.05", rank_regions(fpr_limit=0.05)),
    "iou": Metric("IoU", _mean_overlap(lambda image: image.iou), is_at_threshold=True),
    "dice": Metric("Dice", _mean_overlap(lambda image: image.dice), is_at_threshold=True),
    "milliseconds": Metric("ms per image", _mean_time, is_higher_better=False, number=".1f"),
}
"""Every metric of a report, by key. IoU and Dice are means over the defective images."""
