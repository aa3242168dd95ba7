"""Boards compare like with like, and show published metrics only beside their own category."""

from dataclasses import replace

import pytest

from inspection.evaluation.leaderboard import has_published, list_values, make_leaderboard
from inspection.evaluation.metrics import METRICS
from inspection.evaluation.published import CAE_SSIM, DEFECT_TYPES, PATCHCORE, is_published
from inspection.evaluation.ranking import Confusion
from inspection.evaluation.records import (
    Checkpoint,
    Estimate,
    EvaluationReport,
    FalseAlarms,
    Origin,
    TypeMetrics,
)


def make_report(
    category: str, detector: str, value: float | None, *, types: tuple[str, ...] = ("spot",)
) -> EvaluationReport:
    estimate = Estimate(value, value, value, "" if value is not None else "no masks")
    return EvaluationReport(
        checkpoint=Checkpoint("parts", category, detector, "0", "0"),
        origin=Origin("", 0, "", ""),
        false_alarm_rate=0.02,
        threshold=1.0,
        data_fingerprint="same",
        grid=(8, 8),
        pixel_error=0.0,
        images=(),
        left_out=(),
        metrics=dict.fromkeys(METRICS, estimate),
        confusion=Confusion(1, 1, 1, 1),
        pixel_confusion=None,
        false_alarms=FalseAlarms(0.02, 0, 1, 0.0, 1.0),
        by_type=tuple(TypeMetrics(name, 1, 1, estimate, estimate) for name in types),
        measures={},
    )


def test_means_are_over_categories_that_have_the_metric_for_every_detector() -> None:
    reports = [
        make_report("a", "cae", 0.5),
        make_report("a", "unet", 0.7),
        make_report("b", "cae", 0.9),
        make_report("b", "unet", None),
        make_report("c", "cae", 0.7),
        make_report("c", "unet", 0.8),
        make_report("d", "cae", 0.1),
    ]
    board = make_leaderboard(reports, "image_auroc")
    assert board.detectors == ("cae", "unet")
    assert [row.category for row in board.rows] == ["a", "b", "c", "d"]
    assert board.means == pytest.approx((0.6, 0.75))
    assert board.num_common == 2
    assert board.rows[3].cells[1].estimate.reason == "It was not evaluated."
    alone = make_leaderboard([make_report("b", "unet", None)], "image_auroc")
    assert alone.means == alone.published_means == (None,)


def test_a_row_says_when_its_detectors_saw_different_images() -> None:
    reports = [make_report("a", "cae", 0.5), make_report("a", "unet", 0.7)]
    assert make_leaderboard(reports, "recall").rows[0].is_same_images
    reports[1] = replace(reports[1], data_fingerprint="other")
    assert not make_leaderboard(reports, "recall").rows[0].is_same_images


def test_published_metrics_stand_beside_their_category_only() -> None:
    real = make_report("bottle", "patchcore", 0.99, types=("broken_large", "contamination"))
    drawn = make_report("bottle", "patchcore", 0.93, types=("chip", "contamination"))
    assert has_published([real])
    assert not has_published([drawn])
    assert make_leaderboard([real], "image_auroc").rows[0].cells[0].published == 1.0
    assert make_leaderboard([real], "aupro_30").published_means == pytest.approx((0.971,))
    assert make_leaderboard([real], "recall").rows[0].cells[0].published is None
    assert make_leaderboard([drawn], "image_auroc").rows[0].cells[0].published is None
    assert not is_published("bottle", [])


def test_the_published_numbers_have_the_published_means() -> None:
    for position, mean in enumerate((99.16, 98.11, 94.37)):  # as the repository states them
        column = [row[position] for row in PATCHCORE.percent.values()]
        assert sum(column) / 15 == pytest.approx(mean, abs=0.05)
    assert sum(row[0] for row in CAE_SSIM.percent.values()) / 15 == pytest.approx(86.9, abs=0.5)
    assert PATCHCORE.percent.keys() == CAE_SSIM.percent.keys() == DEFECT_TYPES.keys()


def test_the_table_has_every_metric_of_every_report() -> None:
    report = make_report("hazelnut", "patchcore", 0.9, types=("crack", "print"))
    row = list_values([report])[0]
    assert {key for key in METRICS if key in row} == set(METRICS)
    assert row["pixel_auroc_published"] == pytest.approx(0.987)
    assert row["image_auroc_low"] == 0.9
    assert "recall_published" not in row
