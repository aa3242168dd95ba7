"""Evaluations are honest, complete, kept, resumed, and refused where they do not belong."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inspection.datasets.dataset import read_dataset
from inspection.detector import Channel
from inspection.errors import CheckpointError, DatasetError, EvaluationError
from inspection.evaluation.evaluate import EvaluationJob, evaluate
from inspection.evaluation.files import (
    EVALUATION,
    TABLE,
    encode,
    has_evaluation,
    load_evaluation,
    read_identity,
    save_evaluation,
)
from inspection.evaluation.metrics import METRICS
from inspection.evaluation.partial import FOLDER, PartialEvaluation
from inspection.evaluation.records import Checkpoint, EvaluationReport, GroundTruth
from inspection.files import unsealed
from inspection.images import pixel_hash, read_image
from inspection.products.places import CHECKPOINTS
from inspection.types import Prediction, RGBImage, Sample, Split
from tests.doubles.detectors import FakeDetector, make_channel
from tests.doubles.parts import SIDE, draw_part, write_dataset
from tests.doubles.products import write_checkpoint

NORMAL_SCORES = [float(draw_part(seed)[0].mean(axis=2).max()) for seed in range(50, 80)]
CHECKPOINT = Checkpoint("parts", "disc", "brightness", "0", "1")


@pytest.fixture
def tested(tmp_path: Path) -> list[Sample]:
    samples = read_dataset(write_dataset(tmp_path / "parts", num_test=12)).samples
    return [sample for sample in samples if sample.split is Split.TEST]


def make_job(samples: Sequence[Sample], **changes: Any) -> EvaluationJob:
    return replace(EvaluationJob(samples, 0.05, CHECKPOINT), **changes)


def run(samples: Sequence[Sample], **changes: Any) -> EvaluationReport:
    return evaluate(make_channel(*NORMAL_SCORES), make_job(samples, **changes))


def test_an_evaluation_ranks_and_judges_a_dataset(tested: list[Sample]) -> None:
    calls: list[tuple[int, int]] = []
    report = evaluate(
        make_channel(*NORMAL_SCORES),
        make_job(tested),
        progress=lambda done, total: calls.append((done, total)),
    )
    assert set(report.metrics) == set(METRICS)
    assert all(estimate.value is not None for estimate in report.metrics.values())
    assert report.metrics["image_auroc"].value == 1.0
    assert 0.98 < (report.metrics["pixel_auroc"].value or 0) <= 1.0
    assert (report.metrics["iou"].value or 0) > 0.9
    assert report.metrics["recall"].value == 1.0
    mean = np.mean([image.seconds for image in report.images])
    assert report.metrics["milliseconds"].value == pytest.approx(1000 * mean)
    assert report.by_type[0].defect_type == "spot"
    assert report.by_type[0].image_auroc.value == 1.0
    assert METRICS["accuracy"].is_reached(report.metrics["accuracy"].value)
    assert set(report.curves) == {"pixel_roc", "pixel_pr", "pro"}
    means = report.measures["mean_brightness"]
    assert means.anomalous is not None
    assert means.normal is not None
    assert means.anomalous > means.normal
    assert calls[-1] == (24, 24)


def test_every_interval_holds_its_metric(tested: list[Sample]) -> None:
    for estimate in run(tested).metrics.values():
        assert estimate.low is not None
        assert estimate.value is not None
        assert estimate.high is not None
        assert estimate.low - 0.02 <= estimate.value <= estimate.high + 0.02


def test_the_same_seed_gives_the_same_metrics(tested: list[Sample]) -> None:
    first, second = run(tested, seed=3), run(tested, seed=3)
    timeless = {name for name in METRICS if name != "milliseconds"}
    for name in timeless:
        assert first.metrics[name] == second.metrics[name]
    assert first.curves == second.curves
    assert first.data_fingerprint == second.data_fingerprint
    assert first.origin.digest == second.origin.digest
    assert run(tested, seed=4).origin.digest != first.origin.digest


def test_false_alarms_are_counted_by_part_and_held_against_the_promise(
    tested: list[Sample],
) -> None:
    good = [sample for sample in tested if not sample.is_anomalous]
    views = [replace(sample, group=f"part{index // 3}") for index, sample in enumerate(good)]
    report = evaluate(make_channel(*([60.0] * 40)), make_job(views))  # flags every part
    alarms = report.false_alarms
    assert (alarms.num_flagged, alarms.num_parts, alarms.seen) == (4, 4, 1.0)
    assert not alarms.is_within_promise
    assert alarms.low == pytest.approx(0.025 ** (1 / 4))
    assert run(tested).false_alarms.is_within_promise


def test_a_leak_is_left_out_whatever_it_is_called_and_named(
    tmp_path: Path, tested: list[Sample]
) -> None:
    root = tmp_path / "parts"
    copy = root / "disc" / "train" / "good" / "copy.png"
    shutil.copy(tested[3].image_path, copy)
    learned = {s.id: s for s in read_dataset(root).samples if s.split is Split.TRAIN}
    seen = {name: pixel_hash(read_image(s.image_path)) for name, s in learned.items()}
    report = run(tested, seen={"cae": {}, "unet": seen})
    assert [asdict(one) for one in report.left_out] == [
        {"id": tested[3].id, "seen_by": ("unet",), "seen_as": "disc/train/good/copy.png"}
    ]
    assert tested[3].id not in {image.id for image in report.images}
    assert len(report.images) == len(tested) - 1


def test_an_image_that_changed_since_training_is_still_left_out(
    tested: list[Sample],
) -> None:
    report = run(tested, seen={"cae": {tested[0].id: "another"}})
    assert [one.id for one in report.left_out] == [tested[0].id]


def test_with_nothing_unseen_there_is_nothing_to_say(tested: list[Sample]) -> None:
    with pytest.raises(DatasetError, match="no test image"):
        run([])
    with pytest.raises(DatasetError, match="1 were seen"):
        run(tested[3:4], seen={"cae": {tested[3].id: ""}})


def test_without_masks_only_image_metrics_are_defined(tested: list[Sample]) -> None:
    report = run([replace(sample, mask_paths=()) for sample in tested])
    assert report.metrics["image_auroc"].value == 1.0
    for name in ("pixel_auroc", "pixel_ap", "aupro_30", "aupro_05", "iou", "dice"):
        assert report.metrics[name].value is None
        assert "mask" in report.metrics[name].reason
    assert report.curves == {}


PIXEL_METRICS = ("pixel_auroc", "pixel_ap", "aupro_30", "aupro_05", "iou", "dice")


def test_images_without_a_mask_change_no_interval_of_pixels(tested: list[Sample]) -> None:
    normal = [sample for sample in tested if not sample.is_anomalous]
    marked = [sample for sample in tested if sample.is_anomalous][:6]
    others = [sample for sample in tested if sample.is_anomalous][6:]
    bare = [replace(sample, mask_paths=()) for sample in others]
    mixed, alone = run([*normal, *marked, *bare]), run([*normal, *marked])
    for name in PIXEL_METRICS:
        estimate = mixed.metrics[name]
        assert estimate == alone.metrics[name]
        fences = [one for one in (estimate.low, estimate.value, estimate.high) if one is not None]
        assert len(fences) == 3
        assert fences == sorted(fences)


@pytest.mark.parametrize(("num_masks", "has_interval"), [(1, False), (4, False), (5, True)])
def test_few_masks_give_metrics_of_pixels_but_no_interval(
    num_masks: int, has_interval: bool, tested: list[Sample]
) -> None:
    defective = [sample for sample in tested if sample.is_anomalous]
    bare = {sample.id for sample in defective[num_masks:]}
    report = run([replace(s, mask_paths=()) if s.id in bare else s for s in tested])
    for name in PIXEL_METRICS:
        estimate = report.metrics[name]
        assert estimate.value is not None
        assert (estimate.low is not None) is has_interval
        assert estimate.reason.startswith("Fewer than 5 defective") is not has_interval
    assert report.metrics["image_auroc"].low is not None


def test_without_defects_only_normal_metrics_are_defined(tested: list[Sample]) -> None:
    report = run([sample for sample in tested if not sample.is_anomalous])
    defined = {name for name, estimate in report.metrics.items() if estimate.value is not None}
    assert defined == {"accuracy", "false_alarm_rate", "milliseconds"}
    assert "no defective" in report.metrics["image_auroc"].reason
    assert report.measures["mean_brightness"].anomalous is None


def test_without_normal_images_ranking_and_false_alarms_are_undefined(
    tested: list[Sample],
) -> None:
    report = run([sample for sample in tested if sample.is_anomalous])
    for name in ("image_auroc", "image_ap", "image_f1_max", "false_alarm_rate"):
        assert "no normal" in report.metrics[name].reason
    assert report.metrics["recall"].value == 1.0
    assert report.metrics["pixel_auroc"].value is not None
    assert report.false_alarms.seen is None


def test_constant_maps_rank_nothing(monkeypatch: pytest.MonkeyPatch, tested: list[Sample]) -> None:
    replace_maps(monkeypatch, lambda image: 1.0)
    report = run(tested)
    assert report.metrics["image_auroc"].value == 0.5
    assert report.metrics["pixel_auroc"].value == 0.5
    assert report.metrics["aupro_30"].value == pytest.approx(0.15)
    assert report.metrics["precision"].value is None
    assert report.metrics["f1"].value == 0
    assert report.metrics["iou"].value == 0


def test_nan_in_a_map_names_detector_and_image(
    monkeypatch: pytest.MonkeyPatch, tested: list[Sample]
) -> None:
    broken = read_image(tested[5].image_path)
    replace_maps(monkeypatch, lambda image: np.nan if np.array_equal(image, broken) else 1.0)
    with pytest.raises(CheckpointError, match=f"brightness.*{tested[5].id}"):
        run(tested)


def test_a_mask_too_small_for_the_grid_counts_for_the_image_only(
    tmp_path: Path, tested: list[Sample]
) -> None:
    mask = np.zeros((SIDE * 8, SIDE * 8), np.uint8)
    mask[0, 0] = 255
    Image.fromarray(mask).save(tmp_path / "tiny_mask.png")
    bad = next(sample for sample in tested if sample.is_anomalous)
    Image.fromarray(draw_part(1, side=SIDE * 8)[0]).save(tmp_path / "large.png")
    tiny = replace(bad, image_path=tmp_path / "large.png", mask_paths=(tmp_path / "tiny_mask.png",))
    good = [sample for sample in tested if not sample.is_anomalous]
    report = run([tiny, *good])
    assert report.images[0].ground_truth is GroundTruth.LOST
    assert report.images[0].iou is None
    assert "half a pixel" in report.metrics["iou"].reason
    assert report.metrics["image_auroc"].value is not None


def test_an_interrupted_evaluation_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tested: list[Sample]
) -> None:
    channel = make_channel(*NORMAL_SCORES)
    whole = evaluate(channel, make_job(tested))
    seen: list[RGBImage] = []
    plain = FakeDetector.predict

    def dying(self: FakeDetector, images: Sequence[RGBImage]) -> list[Prediction]:
        if len(seen) >= 16:
            raise KeyboardInterrupt
        seen.extend(images)
        return plain(self, images)

    monkeypatch.setattr(FakeDetector, "predict", dying)
    partial = PartialEvaluation(tmp_path, make_job(tested).key)
    with pytest.raises(KeyboardInterrupt):
        evaluate(channel, make_job(tested), partial=partial)
    monkeypatch.setattr(
        FakeDetector, "predict", lambda self, images: count(seen, plain(self, images))
    )
    seen.clear()
    resumed = evaluate(channel, make_job(tested), partial=partial)
    assert len(seen) == len(tested) - 16
    for name in set(METRICS) - {"milliseconds"}:
        assert resumed.metrics[name] == whole.metrics[name]
    assert resumed.curves == whole.curves
    partial.clear()
    assert not (tmp_path / FOLDER).exists()


def test_what_was_kept_for_other_scores_or_is_damaged_is_not_used(
    tmp_path: Path, tested: list[Sample]
) -> None:
    asked = make_job(tested)
    partial = PartialEvaluation(tmp_path, asked.key)
    evaluate(make_channel(*NORMAL_SCORES), asked, partial=partial)
    chunk = tested[:16]
    assert partial.load(chunk) is not None
    other = make_job(tested, checkpoint=replace(CHECKPOINT, weights_sha256="2"))
    assert PartialEvaluation(tmp_path, other.key).load(chunk) is None
    leaky = make_job(tested, seen={"cae": {"x": "y"}})
    assert PartialEvaluation(tmp_path, leaky.key).load(chunk) is None
    for path in (tmp_path / FOLDER).iterdir():
        path.write_bytes(path.read_bytes()[:100])
    assert partial.load(chunk) is None
    tested[0].image_path.write_bytes(tested[1].image_path.read_bytes())
    assert partial.load(chunk) is None


@pytest.mark.parametrize("path", sorted(CHECKPOINTS.glob(f"demo/*/*/{EVALUATION}")), ids=str)
def test_a_stored_report_is_written_as_it_was_read(path: Path) -> None:
    stored = unsealed(json.loads(path.read_text(encoding="utf-8")))
    assert encode(load_evaluation(path.parent)) == stored


@pytest.fixture
def kept(tmp_path: Path, tested: list[Sample]) -> Path:
    """A checkpoint folder with a saved evaluation."""
    folder = tmp_path / "checkpoints" / "parts" / "disc" / "cae"
    write_checkpoint(folder)
    report = run(tested, checkpoint=read_identity(folder))
    save_evaluation(folder, report)
    assert load_evaluation(folder) == report
    return folder


def test_a_report_comes_back_as_it_was_and_its_table_has_a_row_per_image(kept: Path) -> None:
    text = (kept / EVALUATION).read_text(encoding="utf-8")
    assert "NaN" not in text
    rows = (kept / TABLE).read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 25
    assert rows[0].startswith("id,category,split,defect_type,is_anomalous,image_score")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda text: text[: len(text) // 2], "is damaged"),
        (lambda text: "[]", "another version"),
        (lambda text: text.replace('"format": 1', '"format": 99'), "another version"),
        (lambda text: text.replace('"threshold"', '"treshold"'), "is damaged"),
        (lambda text: text.replace('"num_flagged": ', '"num_flagged": "x", "y": '), "is damaged"),
        (lambda text: text.replace('"pixel_error": ', '"pixel_error": NaN, "z": '), "is damaged"),
        (lambda text: text.replace('"category": "disc"', '"category": "ring"'), "other weights"),
    ],
)
def test_a_damaged_or_foreign_report_is_refused(
    kept: Path, damage: Callable[[str], str], sentence: str
) -> None:
    path = kept / EVALUATION
    older = {"format": 1, **unsealed(json.loads(path.read_text(encoding="utf-8")))}
    text = json.dumps(older)  # what is sealed is refused before anybody looks inside
    assert damage(text) != text
    path.write_text(damage(text), encoding="utf-8")
    with pytest.raises(EvaluationError, match=sentence) as caught:
        load_evaluation(kept)
    assert "--category disc --detector cae" in caught.value.fix


def test_a_figure_that_was_changed_is_refused(kept: Path) -> None:
    path = kept / EVALUATION
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content), encoding="utf-8")
    assert load_evaluation(kept), "laid out otherwise it says the same"
    for changed in (
        {**content, "threshold": content["threshold"] + 1},
        {**content, "format": 1},
        {key: value for key, value in content.items() if key != "sha256"},
    ):
        path.write_text(json.dumps(changed), encoding="utf-8")
        with pytest.raises(EvaluationError, match=r"is damaged \(it was changed"):
            load_evaluation(kept)


@pytest.mark.parametrize("name", ["detector.json", "calibration.json"])
def test_a_report_of_other_weights_or_thresholds_is_outdated(kept: Path, name: str) -> None:
    card = json.loads((kept / name).read_text(encoding="utf-8"))
    changed = {**card, "weights_sha256": "f" * 64, "outline": {"level": 0.5}}
    (kept / name).write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(EvaluationError, match="other weights or thresholds"):
        load_evaluation(kept)


def test_a_missing_report_says_how_to_make_it(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "parts" / "disc" / "cae")
    assert not has_evaluation(tmp_path / "parts" / "disc" / "cae")
    with pytest.raises(EvaluationError, match=r"cli\.py evaluate --data DIR --category disc"):
        load_evaluation(tmp_path / "parts" / "disc" / "cae")


def count(seen: list[RGBImage], predictions: list[Prediction]) -> list[Prediction]:
    seen.extend(predictions)  # type: ignore[arg-type]
    return predictions


def replace_maps(monkeypatch: pytest.MonkeyPatch, value: Callable[[RGBImage], float]) -> None:
    """Make the detector answer with a map that has one value everywhere."""

    def predict(self: Channel, images: Sequence[RGBImage]) -> list[Prediction]:
        return [Prediction(np.full((SIDE, SIDE), value(image), np.float32)) for image in images]

    monkeypatch.setattr(FakeDetector, "predict", predict)
