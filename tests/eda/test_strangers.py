"""Copies and strangers among the images of a category, judged by vectors that are drawn."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from eda.health import likeness, strangers
from eda.health.evidence import Evidence
from eda.health.finding import Severity
from eda.similarity import ImageComparison, find_near_duplicates


def test_views_of_one_part_are_no_copies() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(30, 60)).astype(np.float32)
    vectors[1] = vectors[0] + 0.01
    units = [f"part {row}" for row in range(30)]
    (found,) = likeness.check_copies(make_evidence(vectors, units))
    assert set(found.ids) == {"0", "1"}
    units[1] = units[0]
    assert list(likeness.check_copies(make_evidence(vectors, units))) == []


def test_a_good_picture_of_something_else_is_found_and_a_defective_one_is_not_judged() -> None:
    rng = np.random.default_rng(0)
    vectors = (np.ones((40, 16)) + 0.1 * rng.normal(size=(40, 16))).astype(np.float32)
    vectors[[7, 30]] = -vectors[[7, 30]]
    kinds = ["good"] * 25 + ["dent"] * 15
    (found,) = strangers.check_strangers(make_evidence(vectors, kinds=kinds))
    assert found.severity is Severity.LOOK
    assert found.ids == ("7",)
    assert "times as far from the others" in found.groups[0].note
    vectors[7] = -vectors[7]
    (found,) = strangers.check_strangers(make_evidence(vectors, kinds=kinds))
    assert found.severity is Severity.FINE


def test_of_very_many_a_sample_says_how_far_apart_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(0).normal(size=(300, 6)).astype(np.float32)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    apart = np.linalg.norm(unit[:, None] - unit, axis=2)
    assert strangers.measure_reach(vectors, 3) == pytest.approx(np.sort(apart, axis=1)[:, 3], 1e-3)
    monkeypatch.setattr(strangers, "MOST", 200)
    monkeypatch.setattr(strangers, "BLOCK", 64)
    rows = np.sort(np.random.default_rng(0).choice(300, 200, replace=False))
    np.fill_diagonal(apart, np.inf)
    expected = np.sort(apart[:, rows], axis=1)[:, 1]
    assert strangers.measure_reach(vectors, 2) == pytest.approx(expected, 1e-3)


def make_evidence(
    vectors: NDArray[np.float32],
    units: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
) -> Evidence:
    """Return images of one category in training, of which nothing but vectors is known."""
    number = len(vectors)
    names = [str(row) for row in range(number)]
    images = pd.DataFrame({"id": names, "unit": units or names, "defect_type": kinds or "good"})
    images = images.assign(category="part", split="train", is_test=False, problem="")
    images["is_bad"] = images["defect_type"] != "good"

    def compare() -> ImageComparison:
        pairs = find_near_duplicates(vectors, ["part"] * number)
        return ImageComparison(images, pairs, vectors[:, :2], (0.0, 0.0), "")

    nothing = images.iloc[:0]
    return Evidence(
        images=images,
        unreadable=nothing,
        defects=nothing,
        issues=(),
        detectors={},
        judges=(),
        compare=compare,
        vectors=vectors,
        get_thumbnails=lambda ids: {},
        get_coverages=lambda ids: {},
    )
