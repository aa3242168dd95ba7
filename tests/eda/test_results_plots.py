"""Plots and tables of evaluations, on reports made by hand whose answers are known."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_curve

from eda.results.plots import (
    draw_image_pr,
    draw_image_roc,
    draw_leaderboard,
    draw_pixel_curves,
    draw_seconds,
)
from eda.results.scores import draw_scatter, judge_values, make_histogram
from eda.results.shown import Judged, Shown
from eda.results.tables import describe_board, describe_metrics, tabulate_board, tabulate_metrics
from eda.results.training import draw_training
from inspection.errors import CheckpointError
from inspection.evaluation.joint import JOINT_INFO, evaluate_jointly
from inspection.evaluation.leaderboard import make_leaderboard
from inspection.evaluation.metrics import METRICS
from inspection.evaluation.ranking import confusion
from inspection.evaluation.records import (
    Checkpoint,
    Curve,
    Estimate,
    EvaluationReport,
    FalseAlarms,
    GroundTruth,
    Origin,
    ScoredImage,
)
from inspection.evaluation.verdicts import Verdicts
from inspection.files import write_json
from inspection.products.history import History, read_history
from inspection.products.manifest import CARD
from inspection.types import Calibration
from tests.doubles.detectors import make_infos
from tests.javascript import evaluate

JUDGE = ("ui/viewer/calibration.js", "ui/results/views/judge_count.js")

TRUTH = {"g0": None, "g1": None, "g2": None, "b0": "dent", "b1": "dent", "b2": "scratch"}
LIMIT = 2_000_000


def make_report(
    scores: Mapping[str, float],
    *,
    threshold: float = 1.0,
    detector: str = "cae",
    category: str = "disc",
    value: float | None = 0.8,
    truth: Mapping[str, str | None] = TRUTH,
) -> EvaluationReport:
    images = tuple(
        ScoredImage(
            *(name, category, "test", truth[name], name, "", score, 0.05),
            measures={"mean": 0.1},
            ground_truth=GroundTruth.MISSING,
            pixels=None,
        )
        for name, score in scores.items()
    )
    estimate = Estimate(
        value, value and value - 0.1, value and value + 0.1, "" if value else "No mask."
    )
    flagged = [image.image_score > threshold for image in images]
    return EvaluationReport(
        checkpoint=Checkpoint("parts", category, detector, "0", "0"),
        origin=Origin("", 0, "", ""),
        false_alarm_rate=0.1,
        threshold=threshold,
        data_fingerprint="same",
        grid=(8, 8),
        pixel_error=0.0,
        images=images,
        left_out=(),
        metrics=dict.fromkeys(METRICS, estimate),
        confusion=confusion(flagged, [image.is_anomalous for image in images]),
        pixel_confusion=None,
        false_alarms=FalseAlarms(0.1, 1, 3, 0.01, 0.9),
        by_type=(),
        measures={},
        curves={"pro": Curve((0.0, 1.0), (0.0, 1.0))},
    )


CAE, UNET = make_infos("cae", "unet").values()


@pytest.fixture
def first() -> Shown:
    """It misses b1 and b2, and flags g2."""
    scores = {"g0": 0.2, "g1": 0.4, "g2": 3.0, "b0": 5.0, "b1": 0.9, "b2": 0.1}
    return Shown(CAE, 0, make_report(scores))


@pytest.fixture
def second() -> Shown:
    """In other units: it misses b2 only."""
    scores = {"g0": 20.0, "g1": 30.0, "g2": 10.0, "b0": 400.0, "b1": 60.0, "b2": 45.0}
    return Shown(UNET, 1, make_report(scores, threshold=50.0, detector="unet"))


def judge(one: Shown) -> Judged:
    """Return a detector with the verdicts of its own threshold."""
    report = one.report
    scores = np.array([image.image_score for image in report.images])
    limit = report.threshold
    flags = scores > limit
    return Judged(
        one, Verdicts(report.detector, 0.1, report.images, flags, scores / limit, flags / 1.0)
    )


def test_the_scatter_shows_every_image_both_have_scored(first: Shown, second: Shown) -> None:
    plot = draw_scatter(judge(first), judge(second))
    normal, defective = plot.data
    assert list(normal.customdata) == ["g0", "g1", "g2"]
    assert list(defective.x) == pytest.approx([5.0, 0.9, 0.1])
    assert list(defective.y) == pytest.approx([8.0, 1.2, 0.9])
    assert plot.layout.xaxis.type == plot.layout.yaxis.type == "log"
    said = {one.text for one in plot.layout.annotations}
    assert {"only CAE flags", "only U-Net flags", "both flag"} <= said
    other = Shown(UNET, 1, make_report({"x": 1.0}, truth={"x": None}))
    for pair in ((judge(first), None), (judge(first), judge(other))):
        assert draw_scatter(*pair).layout.annotations[0].text.startswith("It takes two detectors")


def test_a_score_of_nothing_fits_on_a_logarithmic_axis(first: Shown) -> None:
    silent = Shown(UNET, 1, make_report({"g0": 0.0, "b0": 0.001, "b1": 0.9}))
    normal, defective = draw_scatter(judge(first), judge(silent)).data
    assert list(normal.y) == [min(defective.y)] == [0.001]


def test_a_very_large_test_set_stays_below_the_limit() -> None:
    rng = np.random.default_rng(0)
    truth = {f"part/test/{row:06d}.png": "dent" if row % 2 else None for row in range(20_000)}
    scores = dict(zip(truth, rng.lognormal(size=len(truth)).tolist(), strict=True))
    many = judge(Shown(CAE, 0, make_report(scores, truth=truth)))
    for plot in (draw_scatter(many, many), draw_image_roc([many]), draw_image_pr([many])):
        assert len(plot.to_json()) < LIMIT


def test_image_curves_are_those_of_scikit_learn(first: Shown) -> None:
    images = first.report.images
    labels = [image.is_anomalous for image in images]
    scores = [image.image_score for image in images]
    line, point = draw_image_roc([judge(first)]).data
    x, y, _ = roc_curve(labels, scores, drop_intermediate=False)
    assert list(line.x) == pytest.approx(x, abs=1e-5)
    assert list(line.y) == pytest.approx(y, abs=1e-5)
    assert (point.x[0], point.y[0]) == pytest.approx((1 / 3, 1 / 3)), "the deployed threshold"
    line, point = draw_image_pr([judge(first)]).data
    precision, recall, _ = precision_recall_curve(labels, scores)
    assert list(line.x) == pytest.approx(recall[:-1][::-1], abs=1e-5)
    assert list(line.y) == pytest.approx(precision[:-1][::-1], abs=1e-5)
    assert (point.x[0], point.y[0]) == pytest.approx((1 / 3, 1 / 2))


def test_detectors_are_told_apart_without_colours(first: Shown, second: Shown) -> None:
    lines = [
        one for one in draw_image_roc([judge(first), judge(second)]).data if one.mode == "lines"
    ]
    assert len({one.line.dash for one in lines}) == 2
    marks = [
        one.marker.symbol
        for one in draw_image_pr([judge(first), judge(second)]).data
        if one.mode != "lines"
    ]
    assert marks == [CAE.appearance.symbol, UNET.appearance.symbol] == ["square", "circle"]


def test_curves_that_cannot_be_drawn_say_why(first: Shown) -> None:
    normal_only = judge(Shown(CAE, 0, make_report({"g0": 0.1, "g1": 0.2})))
    assert "normal and defective" in draw_image_roc([normal_only]).layout.annotations[0].text
    assert "normal and defective" in draw_image_pr([normal_only]).layout.annotations[0].text
    found = draw_pixel_curves([first])
    assert len(found["pro"].data) == 1
    assert "No pixels were compared" in found["pixel_pr"].layout.annotations[0].text
    assert "was evaluated" in draw_image_roc([]).layout.annotations[0].text
    assert "was evaluated" in draw_seconds([], "disc").layout.annotations[0].text


def test_times_are_medians_with_their_tail_and_the_device(first: Shown) -> None:
    images = tuple(
        replace(image, seconds=0.02 * (place + 1))
        for place, image in enumerate(first.report.images)
    )
    origin = replace(first.report.origin, device="cuda")
    timed = replace(first, report=replace(first.report, images=images, origin=origin))
    plot = draw_seconds([timed], "disc")
    (bar,) = plot.data
    assert list(bar.x) == pytest.approx([70.0])
    assert list(bar.error_x.array) == pytest.approx([115.0 - 70.0]), "of 20 to 120 ms"
    assert plot.layout.annotations[0].text == "70 ms (115)"
    assert plot.layout.xaxis.title.text == "ms, on a CUDA GPU"


def test_times_of_several_devices_say_which_and_those_of_none_say_so(
    first: Shown, second: Shown
) -> None:
    assert (
        "a device that the evaluation did not note"
        in draw_seconds([first, second], "disc")["layout"].xaxis.title.text
    )
    origin = replace(first.report.origin, device="cpu")
    noted = replace(first, report=replace(first.report, origin=origin))
    labels = [one.text for one in draw_seconds([noted, second], "disc").layout.annotations]
    assert [label.partition(", ")[2] for label in labels] == ["on the CPU", "device not noted"]


def test_picked_points_stand_out_in_the_scatter(first: Shown, second: Shown) -> None:
    normal, defective = draw_scatter(judge(first), judge(second), ["b1", "x"]).data
    assert (normal.selectedpoints, defective.selectedpoints) == ((), (1,))


def test_the_leaderboard_shows_what_is_defined_with_its_interval() -> None:
    reports = [
        make_report({}, category="a", value=0.7),
        make_report({}, category="b", value=None),
        make_report({}, category="a", value=0.9, detector="unet"),
        make_report({}, category="b", value=0.5, detector="unet"),
    ]
    shown = {"cae": Shown(CAE, 0, reports[0]), "unet": Shown(UNET, 1, reports[2])}
    titles = {"cae": "CAE", "unet": "U-Net"}
    board = make_leaderboard(reports, "image_auroc")
    cae, unet = draw_leaderboard(board, shown).data
    assert list(cae.x) == [0.7]
    assert list(unet.x) == [0.9, 0.5]
    assert list(cae.error_x.array) == list(cae.error_x.arrayminus) == pytest.approx([0.1])
    rows = tabulate_board(board, titles).set_index("category")
    assert rows.loc["a", "best"] == "U-Net"
    assert rows["CAE"].isna().tolist() == [False, True]
    assert rows.loc["b", "best"] == "–"
    assert "Mean over 1 categories: CAE 0.700, U-Net 0.900." in describe_board(board, titles)
    slowest = tabulate_board(make_leaderboard(reports, "milliseconds"), titles)
    assert slowest["best"][0] == "CAE", "fewer seconds are better"
    close = [reports[0], make_report({}, category="a", value=0.85, detector="unet")]
    board = make_leaderboard(close, "image_auroc")
    assert tabulate_board(board, titles)["best"][0] == "intervals overlap"
    lone = make_leaderboard([reports[1]], "iou")
    assert draw_leaderboard(lone, shown).layout.annotations[0].text == "No mask."


def test_a_dot_says_its_interval_or_that_there_is_none() -> None:
    report = make_report({}, category="a", value=0.7)
    few = replace(report, metrics={**report.metrics, "pixel_auroc": Estimate(0.7, reason="Few.")})
    shown = {"cae": Shown(CAE, 0, few)}
    for key, says in (("image_auroc", "0.600 to 0.800"), ("pixel_auroc", "no interval")):
        (dots,) = draw_leaderboard(make_leaderboard([few], key), shown).data
        assert dots.customdata[0][1] == says
    assert "Few." in describe_metrics([shown["cae"]])


def test_every_metric_stands_in_the_table_with_its_interval(first: Shown) -> None:
    table = tabulate_metrics([first]).set_index("metric")["CAE"]
    assert table["image AUROC"] == "0.800 (0.700–0.900)"
    assert table["accuracy *"] == "0.800 (0.700–0.900)"
    said = describe_metrics([first])
    assert "3 normal and 3 defective test images" in said
    assert "10 false alarms per 100" in said
    assert "CAE 1 of 3" in said


def test_a_histogram_counts_every_image_once() -> None:
    scores = np.array([0.0, 1.0, 1.5, 2.0])
    labels = np.array([False, False, True, True])
    plain = make_histogram(scores, labels)
    assert not plain["isLog"]
    assert sum(plain["normal"]) == sum(plain["defective"]) == 2
    steep = make_histogram(np.array([0.0, 0.001, 0.9, 1.0]), labels)
    assert steep["isLog"]
    assert (steep["low"], steep["high"]) == (0.001, 1.0)
    assert sum(steep["normal"]) == sum(steep["defective"]) == 2
    assert sum(make_histogram(np.ones(3), np.zeros(3, bool))["normal"]) == 3


def test_the_browser_counts_verdicts_as_the_evaluation_does(first: Shown, second: Shown) -> None:
    rng = np.random.default_rng(3)
    calibrations = {
        "cae": Calibration(
            np.sort(rng.random(19)).astype(np.float32), tuple("abcdefghijklmnopqrs")
        ),
        "unet": Calibration(
            np.sort(70 * rng.random(19)).astype(np.float32), tuple("abcdefghijklmnopqrs")
        ),
    }
    value = judge_values([first, second], calibrations, 0.1)
    assert value["joint"] is None
    assert [one["name"] for one in value["kinds"]] == ["dent", "scratch"]
    rates = [0.05, 0.1, 0.3, 0.5, 0.95]
    body = """return input.rates.map((rate) => input.value.detectors.map((one) => {
      const scores = Float32Array.from(one.normalScores);
      const calibration = { scores };
      const flagged = flagAll(one.scores, thresholdAt(calibration, rate));
      const counts = countVerdicts(flagged, one.kinds, one.units);
      return { ...counts, rates: rateVerdicts(counts) };
    }));"""
    found = evaluate(
        body,
        {"rates": rates, "value": json.loads(json.dumps(value))},
        scripts=JUDGE,
    )
    for rate, row in zip(rates, found, strict=True):
        for one, counts in zip((first, second), row, strict=True):
            threshold = calibrations[one.report.detector].threshold(rate)
            flagged = [image.image_score > threshold for image in one.report.images]
            expected = confusion(flagged, [image.is_anomalous for image in one.report.images])
            assert counts["found"] == expected.true_positives
            assert counts["missed"] == expected.false_negatives
            assert counts["alarms"] == counts["flaggedParts"] == expected.false_positives
            assert counts["right"] == expected.true_negatives
            assert counts["rates"]["accuracy"] == pytest.approx(expected.accuracy)
            assert counts["rates"]["f1"] == pytest.approx(expected.f1)
            assert sum(kind["total"] for kind in counts["byKind"]) == 3


def test_the_joint_verdict_stands_beside_its_detectors_at_every_rate(
    first: Shown, second: Shown
) -> None:
    rng = np.random.default_rng(5)
    units = tuple(f"part {place}" for place in range(40))
    calibrations = {
        one.report.detector: Calibration(np.sort(rng.random(40)).astype(np.float32) * scale, units)
        for one, scale in ((first, np.float32(0.5)), (second, np.float32(40)))
    }
    report = evaluate_jointly([first.report, second.report], calibrations)
    assert report is not None
    value = judge_values([first, second, Shown(JOINT_INFO, 9, report)], calibrations, 0.1)
    assert [one["title"] for one in value["detectors"]] == [first.title, second.title]
    joint = value["joint"]
    assert joint["kinds"] == value["detectors"][0]["kinds"]
    rate = report.false_alarm_rate
    flagged = [least <= rate + 1e-9 for least in joint["flaggedFrom"]]
    assert flagged == [report.is_flagged(image) for image in report.images]
    assert report.estimate("pixel_auroc").value is None
    assert "no map of its own" in report.estimate("pixel_auroc").reason
    assert report.estimate("image_auroc").value is not None


def test_images_of_one_part_are_one_part_and_the_joint_verdict_follows_the_rate() -> None:
    body = """return [countVerdicts([true, false, true, false], [-1, -1, -1, 0], [0, 0, 1, 2]),
      flagJointly([0.02, 0.021], 0.02),
      placeOn({ low: 1, high: 100, isLog: true }, 10), placeOn({ low: 0, high: 4 }, 9)];"""
    counts, joint, middle, clipped = evaluate(body, {}, scripts=JUDGE)
    assert (counts["flaggedParts"], counts["parts"]) == (2, 2)
    assert (counts["alarms"], counts["right"]) == (2, 1)
    assert joint == [True, False]
    assert middle == pytest.approx(0.5)
    assert clipped == 1


def write_card(folder: Path, history: object) -> Path:
    folder.mkdir()
    training = {"summary": "trained on 9 parts", "seconds": 60, "created": "2026", "device": "cpu"}
    write_json(folder / CARD, {"format": 1, "state": {"history": history}, "training": training})
    return folder


def test_a_training_is_read_from_the_card_and_its_best_epoch_marked(tmp_path: Path) -> None:
    rows = [
        {"epoch": 1, "loss": 20.0, "validation_loss": 9.0},
        {"epoch": 2, "loss": 2.0, "validation_loss": 1.0},
        {"epoch": 3, "loss": 1.0, "validation_loss": 1.5},
    ]
    history = read_history(write_card(tmp_path / "cae", rows))
    assert history.epochs == (1, 2, 3)
    assert history.metrics["loss"] == (20.0, 2.0, 1.0)
    plot = draw_training("CAE", history)
    assert [one.name for one in plot.data] == ["training", "validation", "lowest: epoch 2"]
    assert plot.layout.yaxis.type == "log"


def test_accuracy_and_f1_of_a_training_have_lines_on_an_axis_of_their_own(tmp_path: Path) -> None:
    rows = [
        {"epoch": n, "seconds": 2.0, "stage": 1, "loss": 1 / n, "validation_loss": 2 / n}
        | {"accuracy": 0.5 + n / 10, "f1": 0.4 + n / 10}
        for n in (1, 2, 3)
    ]
    history = read_history(write_card(tmp_path / "classifier", rows))
    assert list(history.metrics) == ["loss", "validation_loss", "accuracy", "f1"]
    assert history.metrics["f1"] == pytest.approx((0.5, 0.6, 0.7))
    lines = {one.name: one for one in draw_training("Classifier", history).data}
    assert lines["accuracy"].y == pytest.approx((0.6, 0.7, 0.8))
    assert lines["accuracy"].yaxis == lines["F1"].yaxis == "y2"
    assert lines["training"].yaxis == "y"


def test_what_has_no_epochs_or_no_checkpoint_says_so(tmp_path: Path) -> None:
    history = read_history(write_card(tmp_path / "patchcore", []))
    said = draw_training("PatchCore", history).layout.annotations[0].text
    assert "no epochs" in said
    assert "Trained on 9 parts." in said.replace("<br>", " ")
    lacking = draw_training("CAE", None, trouble="Not trained yet.")
    assert lacking.layout.annotations[0].text == "Not trained yet."


def test_without_validation_only_the_training_loss_is_drawn() -> None:
    history = History((1, 2), {"loss": (2.0, 1.0), "validation_loss": (None, None)}, "", "", 0, "")
    assert [one.name for one in draw_training("CAE", history).data] == ["training"]


@pytest.mark.parametrize("history", [[{"loss": 1}], [3], "abc", [{"epoch": "x"}]])
def test_a_damaged_history_is_a_sentence(tmp_path: Path, history: object) -> None:
    with pytest.raises(CheckpointError, match="is damaged"):
        read_history(write_card(tmp_path / "cae", history))
