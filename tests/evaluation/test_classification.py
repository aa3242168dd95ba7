"""Classes of parts: their names, and metrics compared with scikit-learn."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from inspection.datasets.classes import Labelling, class_of, find_thin_classes, list_classes
from inspection.errors import DatasetError
from inspection.evaluation.classes import classify_scored, judge_images, report_classes
from inspection.evaluation.records import GroundTruth, ScoredImage
from inspection.measures import to_measures
from inspection.types import Sample, Split

NAMES = ["normal", "crack", "dent", "stain"]


def make_sample(defect_type: str | None, *, split: Split = Split.TRAIN, number: int = 0) -> Sample:
    name = f"{defect_type}/{split}/{number}.png"
    return Sample(name, Path(name), "part", split, defect_type)


def make_image(
    defect_type: str | None,
    measures: dict[str, float],
    *,
    category: str = "part",
    dataset: str = "",
) -> ScoredImage:
    return ScoredImage(
        id=f"{defect_type}/1.png",
        category=category,
        split="test",
        defect_type=defect_type,
        unit="",
        pixel_hash="",
        image_score=0.0,
        seconds=0.0,
        measures=measures,
        ground_truth=GroundTruth.MISSING,
        pixels=None,
        dataset=dataset,
    )


@pytest.mark.parametrize("seed", range(5))
def test_metrics_of_classes_are_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = [NAMES[index] for index in rng.integers(0, 3 + seed % 2, 60)]
    guesses = [NAMES[index] for index in rng.integers(0, 4, 60)]
    wanted = [t if rng.uniform() < 0.6 else g for t, g in zip(truth, guesses, strict=True)]
    report = report_classes(truth, wanted)
    labels = list(report.classes)
    assert report.accuracy == pytest.approx(metrics.accuracy_score(truth, wanted))
    assert np.array_equal(report.confusion, metrics.confusion_matrix(truth, wanted, labels=labels))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, wanted, labels=labels, zero_division=0
    )
    assert [one.precision for one in report.per_class] == pytest.approx(precision)
    assert [one.recall for one in report.per_class] == pytest.approx(recall)
    assert [one.f1 for one in report.per_class] == pytest.approx(f1)
    assert [one.num_images for one in report.per_class] == support.tolist()
    assert report.f1 == pytest.approx(
        metrics.f1_score(truth, wanted, average="macro", zero_division=0)
    )
    assert report.precision == pytest.approx(np.mean(precision))
    assert report.recall == pytest.approx(np.mean(recall))


def test_metrics_worked_by_hand() -> None:
    truth = ["normal", "normal", "normal", "dent", "crack"]
    report = report_classes(truth, ["normal", "normal", "dent", "dent", "dent"])
    assert report.classes == ("normal", "crack", "dent")
    assert report.confusion.tolist() == [[2, 0, 1], [0, 0, 1], [0, 0, 1]]
    assert report.accuracy == 0.6
    assert [one.precision for one in report.per_class] == [1, 0, pytest.approx(1 / 3)]
    assert [one.recall for one in report.per_class] == [pytest.approx(2 / 3), 0, 1]
    assert report.accuracy_by_dataset == {}


def test_datasets_that_are_judged_together_are_also_told_apart() -> None:
    report = report_classes(["a", "a", "b"], ["a", "b", "b"], datasets=["x", "x", "y"])
    assert report.accuracy_by_dataset == {"x": 0.5, "y": 1.0}


def test_nothing_to_classify_is_refused() -> None:
    with pytest.raises(DatasetError, match="no test image"):
        report_classes([], [])


def test_the_normal_class_comes_first_and_then_the_types_in_natural_order() -> None:
    samples = [make_sample(kind) for kind in ("type 10", "type 2", None, "type 2")]
    assert list_classes(samples, Labelling.TYPES) == ("normal", "type 2", "type 10")
    assert list_classes(samples, Labelling.BINARY) == ("normal", "defective")
    assert class_of(samples[0], Labelling.BINARY) == "defective"
    assert list_classes(samples[:2], Labelling.TYPES) == ("type 2", "type 10")


@pytest.mark.parametrize("kinds", [[None, None], ["dent"], []])
def test_a_single_class_cannot_be_learned(kinds: list[str | None]) -> None:
    with pytest.raises(DatasetError, match=r"of one class.*--labelled-defects"):
        list_classes([make_sample(kind) for kind in kinds], Labelling.TYPES)


@pytest.mark.parametrize("kinds", [["Crack", "crack"], ["Crack", "Crack "], ["dent", "Normal"]])
def test_classes_that_sound_alike_are_refused(kinds: list[str]) -> None:
    samples = [make_sample(kind) for kind in (*kinds, None)]
    with pytest.raises(DatasetError, match="cannot be told apart by their names"):
        list_classes(samples, Labelling.TYPES)
    assert list_classes(samples, Labelling.BINARY) == ("normal", "defective")


def test_classes_that_can_hardly_be_learned_are_named() -> None:
    samples = [
        make_sample(None, number=1),
        make_sample(None, split=Split.VALIDATION),
        make_sample("lonely"),
        make_sample("unchecked"),
        make_sample("unchecked", number=1),
        make_sample("unknown", split=Split.TEST),
    ]
    lonely, unchecked, unknown = find_thin_classes(samples, Labelling.TYPES)
    assert "lonely has only one image" in lonely
    assert "unchecked is absent from validation" in unchecked
    assert "unknown is for learning" in unknown


def test_scored_images_are_judged_by_their_most_probable_class() -> None:
    sure = to_measures(("normal", "dent"), (0.1, 0.9))
    report = judge_images(classify_scored([make_image("dent", sure), make_image(None, sure)]))
    assert report.accuracy == 0.5
    unknown = judge_images(classify_scored([make_image("crack", sure)]))
    assert unknown.classes == ("crack", "dent")
    assert unknown.accuracy == 0.0
    assert classify_scored([make_image("dent", {"mean_squared_error": 0.1})]) == ()
    assert classify_scored([]) == ()


def test_any_defect_is_defective_to_a_binary_classifier() -> None:
    defective = to_measures(("normal", "defective"), (0.2, 0.8))
    images = [make_image(kind, defective) for kind in ("dent", "crack")]
    report = judge_images(classify_scored(images))
    assert report.classes == ("defective",)
    assert report.accuracy == 1.0


def test_images_of_a_pool_are_judged_by_dataset_too() -> None:
    sure = to_measures(("normal", "dent"), (0.1, 0.9))
    images = [
        make_image("dent", sure, category="all", dataset="tiles"),
        make_image(None, sure, category="all", dataset="steel"),
    ]
    report = judge_images(classify_scored(images))
    assert report.accuracy_by_dataset == {"tiles": 1.0, "steel": 0.0}
    outside = judge_images(classify_scored([replace(image, dataset="") for image in images]))
    assert outside.accuracy_by_dataset == {}  # also of a category that is called like a pool's
