"""What a detector is worth on a product, at every rate."""

from dataclasses import replace

import numpy as np
import pytest

from inspection.evaluation.joint import FLAGGED_FROM
from inspection.evaluation.records import Estimate, GroundTruth, ScoredImage
from inspection.evaluation.worth import measure_worth
from inspection.types import Calibration
from tests.evaluation.test_leaderboard import make_report

CALIBRATION = Calibration(np.arange(1, 10, dtype=np.float32), tuple("abcdefghi"))


def make_image(score: float, kind: str | None, unit: str = "") -> ScoredImage:
    name = f"{score}{kind}{unit}"
    return ScoredImage(
        id=name,
        category="a",
        split="test",
        defect_type=kind,
        unit=unit or name,
        pixel_hash="0",
        image_score=score,
        seconds=0.1,
        measures={FLAGGED_FROM: score / 100},
        ground_truth=GroundTruth.MISSING,
        pixels=None,
    )


IMAGES = (
    make_image(9.5, "dent"),
    make_image(5.5, "dent"),
    make_image(3.5, None, "part"),
    make_image(8.5, None, "part"),
    make_image(0.5, None),
)


def test_images_are_flagged_from_their_rate_on_and_a_part_by_any_of_its_images() -> None:
    report = replace(make_report("a", "cae", 0.8), images=IMAGES)
    worth = measure_worth(report, CALIBRATION)
    assert worth is not None
    assert worth.defects == pytest.approx((0.1, 0.5))
    assert worth.parts == pytest.approx((0.2, 1.0))
    assert not worth.is_chance


def test_the_joint_verdict_brings_its_rates_along() -> None:
    worth = measure_worth(replace(make_report("a", "joint", 0.8), images=IMAGES), None)
    assert worth is not None
    assert worth.defects == pytest.approx((0.055, 0.095))
    assert worth.parts == pytest.approx((0.005, 0.035))


@pytest.mark.parametrize(("low", "is_chance"), [(0.49, True), (0.5, True), (0.51, False)])
def test_a_detector_whose_interval_reaches_chance_is_no_better(low: float, is_chance: bool) -> None:
    report = make_report("a", "cae", 0.7)
    metrics = {**report.metrics, "image_auroc": Estimate(0.7, low, 0.9)}
    worth = measure_worth(replace(report, images=IMAGES, metrics=metrics), CALIBRATION)
    assert worth is not None
    assert worth.is_chance == is_chance


def test_without_a_defective_image_there_is_nothing_to_be_worth() -> None:
    report = replace(make_report("a", "cae", 0.8), images=IMAGES[2:])
    assert measure_worth(report, CALIBRATION) is None
