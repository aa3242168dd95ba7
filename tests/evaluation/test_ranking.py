"""Metrics agree with scikit-learn and anomalib, and with cases worked by hand."""

from functools import partial

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    jaccard_score,
    precision_recall_curve,
    precision_score,
    recall_score,
    roc_auc_score,
)
from sklearn.metrics import roc_curve as sklearn_roc_curve

from inspection.evaluation.pixels import PixelTally, region_weights, stack_tallies
from inspection.evaluation.ranking import (
    aupro_of,
    auroc,
    auroc_of,
    average_precision_of,
    confusion,
    count_levels,
    f1_max_of,
    image_ap,
    image_auroc,
    image_f1_max,
    pixel_auroc,
    pr_curve,
    roc_curve,
    thin_curve,
)
from inspection.types import AnomalyMap, Mask


def draw_maps(
    seed: int = 0, *, count: int = 6, side: int = 40
) -> tuple[list[AnomalyMap], list[Mask]]:
    """Draw maps that see defects imperfectly; the first image is normal."""
    rng = np.random.default_rng(seed)
    maps, masks = [], []
    for index in range(count):
        mask = np.zeros((side, side), bool)
        for _ in range(index):
            top, left = rng.integers(0, side - 9, 2)
            mask[top : top + rng.integers(1, 9), left : left + rng.integers(1, 9)] = True
        noise = rng.gamma(2.0, 0.2, (side, side)) + mask * rng.uniform(0.0, 0.6)
        maps.append(noise.astype(np.float32))
        masks.append(mask)
    return maps, masks


def draw_scores(seed: int, *, levels: int = 12) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Draw image scores with many ties."""
    rng = np.random.default_rng(seed)
    labels = rng.random(200) < 0.3
    return (rng.integers(0, levels, 200) + 2 * labels).astype(np.float32), labels


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_image_metrics_agree_with_scikit_learn_on_ties(seed: int) -> None:
    scores, labels = draw_scores(seed)
    assert image_auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))
    assert image_ap(scores, labels) == pytest.approx(average_precision_score(labels, scores))
    precision, recall, _ = precision_recall_curve(labels, scores)
    with np.errstate(invalid="ignore"):
        best = np.nanmax(2 * precision * recall / (precision + recall))
    assert image_f1_max(scores, labels) == pytest.approx(best)


def test_image_metrics_agree_with_hand_worked_cases() -> None:
    assert auroc([1, 2], [3, 4]) == 1
    assert auroc([3, 4], [1, 2]) == 0
    assert auroc([1, 1], [1, 1]) == 0.5
    assert auroc([1, 3], [2]) == 0.5
    # from above: a defect, a normal, a defect: precision 1 at recall 1/2, 2/3 at recall 1
    scores, labels = [3, 2, 1], [True, False, True]
    assert image_ap(scores, labels) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert image_f1_max(scores, labels) == pytest.approx(0.8)
    # all alike: nothing but flagging everything or nothing
    assert image_f1_max([5, 5, 5, 5], [True, False, False, False]) == pytest.approx(0.4)
    assert image_ap([5, 5, 5, 5], [True, False, False, False]) == pytest.approx(0.25)


@pytest.mark.parametrize("metric", [image_auroc, image_ap, image_f1_max])
def test_one_class_alone_has_no_value(metric: partial[float]) -> None:
    assert np.isnan(metric([1, 2], [True, True]))
    assert np.isnan(metric([1, 2], [False, False]))
    assert np.isnan(metric([], []))


def test_the_roc_and_pr_curves_are_those_of_scikit_learn() -> None:
    scores, labels = draw_scores(3)
    normal, anomalous = count_levels(scores, labels)
    x, y = roc_curve(normal, anomalous)
    expected = sklearn_roc_curve(labels, scores, drop_intermediate=False)
    np.testing.assert_allclose([x, y], expected[:2])
    recall, precision = pr_curve(normal, anomalous)
    expected_precision, expected_recall, _ = precision_recall_curve(labels, scores)
    np.testing.assert_allclose(recall[::-1], expected_recall[:-1])
    np.testing.assert_allclose(precision[::-1], expected_precision[:-1])


def test_a_thinned_curve_keeps_its_ends_and_its_area() -> None:
    rng = np.random.default_rng(0)
    normal, anomalous = count_levels(rng.normal(size=5000), rng.random(5000) < 0.5)
    x, y = roc_curve(normal, anomalous)
    thin_x, thin_y = thin_curve(x, y)
    assert len(thin_x) <= 300
    assert (thin_x[0], thin_y[0], thin_x[-1], thin_y[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(thin_y, thin_x) == pytest.approx(np.trapezoid(y, x), abs=0.005)


def test_the_confusion_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    flagged, labels = rng.random(50) < 0.5, rng.random(50) < 0.4
    counts = confusion(flagged, labels)
    assert counts.accuracy == pytest.approx(accuracy_score(labels, flagged))
    assert counts.precision == pytest.approx(precision_score(labels, flagged))
    assert counts.recall == pytest.approx(recall_score(labels, flagged))
    assert counts.f1 == pytest.approx(f1_score(labels, flagged))
    assert counts.iou == pytest.approx(jaccard_score(labels, flagged))
    assert counts.false_alarm_rate == pytest.approx((flagged & ~labels).sum() / (~labels).sum())
    assert np.isnan(confusion([], []).recall)


def test_pixel_metrics_agree_with_scikit_learn_within_the_stated_error() -> None:
    maps, masks = draw_maps()
    tally = PixelTally()
    for anomaly_map, mask in zip(maps, masks, strict=True):
        tally.add(anomaly_map, mask)
    truth, scores = np.concatenate(masks).ravel(), np.concatenate(maps).ravel()
    normal, anomalous, _ = tally.fine().weights
    exact = roc_auc_score(truth, scores)
    assert pixel_auroc(maps, masks) == pytest.approx(exact, abs=1e-12)
    assert 0 < tally.error_bound() < 1e-3
    assert abs(float(auroc_of(normal, anomalous)) - exact) <= tally.error_bound()
    found = float(average_precision_of(normal, anomalous))
    assert found == pytest.approx(average_precision_score(truth, scores), abs=1e-3)


@pytest.mark.parametrize("limit", [0.05, 0.3, 1.0])
def test_aupro_agrees_with_anomalib(limit: float) -> None:
    from anomalib.metrics.aupro import _AUPRO

    maps, masks = draw_maps(4)
    tally = PixelTally()
    metric = _AUPRO(fpr_limit=limit)
    for anomaly_map, mask in zip(maps, masks, strict=True):
        tally.add(anomaly_map, mask)
        metric.update(torch.tensor(anomaly_map)[None], torch.tensor(mask.astype(int))[None])
    normal, _, overlaps = tally.fine().weights
    found = float(aupro_of(normal, overlaps, fpr_limit=limit))
    assert found == pytest.approx(float(metric.compute()), abs=2e-3)


def test_aupro_agrees_with_hand_worked_cases() -> None:
    mask = np.zeros((4, 4), bool)
    mask[0, 0] = mask[2:, 2:] = True  # two defects, of 1 and 4 pixels
    assert region_weights(mask)[mask].tolist() == [1.0, 0.25, 0.25, 0.25, 0.25]
    only_small, both = np.zeros((4, 4), np.float32), np.zeros((4, 4), np.float32)
    only_small[0, 0] = 1
    both[mask] = 1

    def aupro(anomaly_map: AnomalyMap, limit: float) -> float:
        tally = PixelTally()
        tally.add(anomaly_map, mask)
        normal, _, overlaps = tally.fine().weights
        return float(aupro_of(normal, overlaps, fpr_limit=limit))

    assert aupro(both, 0.3) == 1
    # half of the defects at no false alarm, then straight up to (1, 1): 0.5 + 0.5 * 0.3 / 2
    assert aupro(only_small, 0.3) == pytest.approx(0.575)
    assert aupro(only_small, 1.0) == pytest.approx(0.75)
    # a constant map: the diagonal
    assert aupro(np.full((4, 4), 3, np.float32), 0.3) == pytest.approx(0.15)


def test_touching_corners_make_one_defect() -> None:
    mask = np.eye(3, dtype=bool)
    assert region_weights(mask)[mask] == pytest.approx([1 / 3] * 3)
    assert region_weights(np.zeros((3, 3), bool)).sum() == 0


def test_without_defective_pixels_there_is_no_pixel_metric() -> None:
    tally = PixelTally()
    tally.add(np.ones((4, 4), np.float32), np.zeros((4, 4), bool))
    normal, anomalous, overlaps = tally.fine().weights
    assert np.isnan(auroc_of(normal, anomalous))
    assert np.isnan(aupro_of(normal, overlaps))
    assert tally.error_bound() == 0
    assert np.isnan(pixel_auroc([], []))


def test_bins_rise_with_the_value_over_every_unit_a_detector_may_have() -> None:
    values = np.sort(np.random.default_rng(0).lognormal(0, 12, 4000)).astype(np.float32)
    values = np.concatenate([[0.0, 1e-40], values, [np.finfo(np.float32).max]]).astype(np.float32)
    tally = PixelTally()
    tally.add(values[None], np.zeros((1, values.size), bool))
    fine = tally.fine()
    assert fine.bins[0] == 0
    assert fine.weights[0].sum() == values.size
    assert len(fine.bins) > 3900  # hardly any two share a bin
    steps = np.array([1.0, 1.0003, 1.0006], np.float32)[None]
    alone = PixelTally()
    alone.add(steps, np.zeros((1, 3), bool))
    assert len(alone.fine().bins) == 3


def test_coarse_bins_of_each_image_add_up_to_the_fine_ones() -> None:
    maps, masks = draw_maps(5)
    tally = PixelTally()
    for anomaly_map, mask in zip(maps, masks, strict=True):
        tally.add(anomaly_map, mask)
    stacked = stack_tallies(tally.images)
    np.testing.assert_allclose(stacked.sum(axis=1), tally.fine().coarse().weights)
    assert stack_tallies([]).shape == (3, 0, 0)


def test_many_resamples_are_worked_out_at_once() -> None:
    rng = np.random.default_rng(7)
    normal = rng.integers(0, 5, (3, 9)).astype(float)
    anomalous = rng.integers(1, 5, (3, 9)).astype(float)
    for metric in (auroc_of, average_precision_of, f1_max_of, partial(aupro_of, fpr_limit=0.2)):
        together = metric(normal, anomalous)
        alone = [float(metric(n, a)) for n, a in zip(normal, anomalous, strict=True)]
        np.testing.assert_allclose(together, alone)
