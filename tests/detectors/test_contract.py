"""What every registered detector must do; a new one is found here by itself."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from detectors import create_detector, find_entry, list_detectors, load_detector, setting_names
from detectors.backbones.student import Student
from detectors.checkpoints import save_detector
from detectors.workflow import calibrate_detector, train_detector
from inspection.detector import Detector
from inspection.errors import CheckpointError, DatasetError, NotFittedError, SettingsError
from inspection.outlines import flagged_mask
from inspection.preprocess import to_input_size
from inspection.products.checkpoint_folders import load_calibration
from inspection.products.manifest import CALIBRATION, CARD, MANIFEST, WEIGHTS
from inspection.types import Prediction, Sample, Split
from tests.doubles.parts import SIDE, draw_part, make_samples

IMAGES = [draw_part(seed, defective=seed % 2 == 1)[0] for seed in range(3)]
NAMES = list(list_detectors())


@pytest.fixture(scope="session")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small student with random weights: the contract is not about quality."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("backbone") / "student.safetensors"
    save_file(Student((8, 12, 16)).state_dict(), path)
    return path


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """Eight normal images and four marked ones, of which a few are for validation."""
    return make_samples(tmp_path_factory.mktemp("parts"))


def make(name: str, backbone: Path, **changes: Any) -> Detector:
    settings = {"input_size": (SIDE, SIDE), "device": "cpu", **find_entry(name).tiny_settings}
    if "backbone_weights" in setting_names(name):
        settings["backbone_weights"] = str(backbone)
    return create_detector(name, **{**settings, **changes})


@pytest.fixture(scope="session", params=NAMES)
def fitted(request: pytest.FixtureRequest, backbone: Path, samples: list[Sample]) -> Detector:
    return make(request.param, backbone).fit(samples)


def same(first: list[Prediction], second: list[Prediction]) -> bool:
    return all(
        np.allclose(a.anomaly_map, b.anomaly_map, rtol=1e-5, atol=1e-6)
        for a, b in zip(first, second, strict=True)
    )


def test_maps_have_the_size_of_the_input_and_are_finite_and_positive(fitted: Detector) -> None:
    assert fitted.input_size == (SIDE, SIDE)
    for prediction in fitted.predict(IMAGES):
        assert prediction.anomaly_map.shape == fitted.input_size
        assert prediction.anomaly_map.dtype == np.float32
        assert np.isfinite(prediction.anomaly_map).all()
        assert prediction.anomaly_map.min() >= 0
        assert prediction.image_score == prediction.anomaly_map.max()
        assert all(np.isfinite(value) for value in prediction.measures.values())


def test_the_same_image_gives_the_same_map_alone_and_in_a_batch(fitted: Detector) -> None:
    batch = fitted.predict(IMAGES)
    assert same(batch, fitted.predict(IMAGES))
    assert same(batch, [fitted.predict([image])[0] for image in IMAGES])
    assert fitted.predict([]) == []


def test_a_saved_detector_predicts_the_same(fitted: Detector, tmp_path: Path) -> None:
    folder = tmp_path / fitted.name
    folder.mkdir()
    save_detector(fitted, folder)
    loaded = load_detector(folder, device="cpu")
    before, after = fitted.predict(IMAGES), loaded.predict(IMAGES)
    for first, second in zip(before, after, strict=True):
        assert first.anomaly_map.tobytes() == second.anomaly_map.tobytes()
        assert first.measures == second.measures
    assert loaded.training == fitted.training
    assert loaded.outline == fitted.outline


def test_what_was_seen_is_recorded(fitted: Detector, samples: list[Sample]) -> None:
    record = fitted.training
    assert record is not None
    normal = {sample.id for sample in samples if not sample.is_anomalous}
    labelled = {sample.id for sample in samples} - normal
    if not find_entry(fitted.name).info.needs_labels:
        labelled = set()
    assert set(record.seen) == normal | labelled
    assert record.num_normal == len(normal)
    assert record.num_labelled == len(labelled)
    assert record.summary


@pytest.mark.parametrize("name", NAMES)
def test_nothing_works_before_fit_and_the_remedy_is_named(
    name: str, tmp_path: Path, backbone: Path
) -> None:
    detector = make(name, backbone)
    with pytest.raises(NotFittedError, match=r"cli\.py train"):
        detector.predict(IMAGES)
    with pytest.raises(NotFittedError, match=r"cli\.py train"):
        save_detector(detector, tmp_path)
    with pytest.raises(NotFittedError, match=r"cli\.py train"):
        detector.weights()
    assert detector.training is None


def test_the_same_seed_learns_the_same_and_a_refit_forgets(
    fitted: Detector, backbone: Path, samples: list[Sample], tmp_path: Path
) -> None:
    detector = make(fitted.name, backbone)
    others = make_samples(tmp_path, num_normal=6)
    detector.fit([replace(s, id=f"other/{s.id}") for s in others])
    assert detector.training is not None
    assert all(key.startswith("other/") for key in detector.training.seen)
    assert same(fitted.predict(IMAGES), detector.fit(samples).predict(IMAGES))


def test_calibration_and_test_images_are_never_learned(
    fitted: Detector, samples: list[Sample], backbone: Path
) -> None:
    unused = [replace(s, id=f"u/{s.id}", split=Split.TEST) for s in samples]
    unused += [replace(s, id=f"c/{s.id}", split=Split.CALIBRATION) for s in samples]
    again = make(fitted.name, backbone).fit([*samples, *unused])
    assert again.training is not None
    assert fitted.training is not None
    assert set(again.training.seen) == set(fitted.training.seen)


def test_the_rate_decides_for_every_detector_and_no_threshold_is_the_least(
    fitted: Detector, tmp_path: Path
) -> None:
    """With a level that no threshold may fall below, the slider would move nothing."""
    parts = make_samples(tmp_path, num_normal=60, num_defective=0)
    held_out = [replace(s, split=Split.CALIBRATION) for s in parts]
    calibration = calibrate_detector(fitted, held_out).calibration
    strict, loose = calibration.threshold(0.02), calibration.threshold(0.2)
    assert loose < strict
    assert (calibration.normal_scores > strict).sum() < (calibration.normal_scores > loose).sum()


def test_every_part_is_drawn_on_once_and_flagged_images_are_outlined(
    fitted: Detector, samples: list[Sample]
) -> None:
    normal = [s for s in samples if not s.is_anomalous]
    held_out = [
        replace(s, split=Split.CALIBRATION, group=f"part {row // 2}")
        for row, s in enumerate(normal)
    ]
    calibration = calibrate_detector(fitted, held_out).calibration
    assert len(calibration.units) == len(calibration.drawn_scores) == len(normal) // 2
    again = calibrate_detector(fitted, held_out).calibration
    assert np.array_equal(again.drawn_scores, calibration.drawn_scores)
    assert again.outline == calibration.outline
    for prediction in fitted.predict(IMAGES):
        for threshold in (0.5 * prediction.image_score, prediction.image_score):
            flagged = flagged_mask(prediction.anomaly_map, threshold, calibration.outline)
            assert flagged.any() == (prediction.image_score > threshold)


@pytest.mark.parametrize("name", NAMES)
def test_learning_from_nothing_is_refused(name: str, backbone: Path) -> None:
    with pytest.raises(DatasetError, match="no image"):
        make(name, backbone).fit([])


@pytest.mark.parametrize("name", NAMES)
def test_an_input_size_need_not_be_square(
    name: str, backbone: Path, samples: list[Sample], tmp_path: Path
) -> None:
    images = [to_input_size(image, (96, 32)) for image in IMAGES]
    detector = make(name, backbone, input_size=(96, 32)).fit(samples)
    predictions = detector.predict(images)
    assert {one.anomaly_map.shape for one in predictions} == {(96, 32)}
    folder = tmp_path / name
    folder.mkdir()
    save_detector(detector, folder)
    assert same(predictions, load_detector(folder, device="cpu").predict(images))


@pytest.mark.parametrize("name", NAMES)
def test_an_input_size_that_does_not_fit_is_refused(name: str, backbone: Path) -> None:
    with pytest.raises(SettingsError, match="multiples of"):
        make(name, backbone, input_size=(70, 64))


def test_a_checkpoint_is_complete_or_refused(
    fitted: Detector, samples: list[Sample], tmp_path: Path
) -> None:
    held_out = [replace(s, split=Split.CALIBRATION) for s in samples if not s.is_anomalous]
    name = fitted.name
    folder = tmp_path / name
    folder.mkdir()
    save_detector(fitted, folder)
    assert {path.name for path in folder.iterdir()} == {WEIGHTS, CARD}
    assert held_out

    weights = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(weights[:-7])
    with pytest.raises(CheckpointError, match=r"weights\.safetensors is damaged, cut off"):
        load_detector(folder)
    flipped = bytearray(weights)
    flipped[-1] ^= 1
    (folder / WEIGHTS).write_bytes(flipped)
    with pytest.raises(CheckpointError, match=r"weights\.safetensors is damaged"):
        load_detector(folder)
    (folder / WEIGHTS).unlink()
    with pytest.raises(CheckpointError, match=r"is missing.*cli\.py train"):
        load_detector(folder)

    (folder / WEIGHTS).write_bytes(weights)
    card = (folder / CARD).read_text(encoding="utf-8")
    for broken, sentence in [
        (card[:-40], "is damaged"),
        (card.replace('"format": 1', '"format": 2'), "another version"),
        (card.replace(f'"detector": "{name}"', '"detector": "oracle"'), "belongs to a oracle"),
        (card.replace('"settings"', '"setings"'), "lacks what this version needs"),
        (card.replace('"input_size"', '"inputs_sized"'), "another version"),
        ("[]", "another version"),
    ]:
        (folder / CARD).write_text(broken, encoding="utf-8")
        with pytest.raises(CheckpointError, match=sentence):
            load_detector(folder)


def test_an_interrupted_training_leaves_the_old_checkpoint(
    samples: list[Sample], backbone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = [*samples, *(replace(s, id=f"c/{s.id}", split=Split.CALIBRATION) for s in samples)]
    detector = make("patchcore", backbone)
    stored = train_detector(detector, every, tmp_path)
    assert stored.calibration.num_normal == 8
    before = {path.name: path.read_bytes() for path in (tmp_path / "patchcore").iterdir()}
    assert set(before) == {WEIGHTS, CARD, CALIBRATION, MANIFEST}

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    for place in ("fit", "weights"):
        with monkeypatch.context() as patch:
            patch.setattr(type(detector), place, stop)
            with pytest.raises(KeyboardInterrupt):
                train_detector(detector, every, tmp_path)
        after = {path.name: path.read_bytes() for path in (tmp_path / "patchcore").iterdir()}
        assert after == before
    assert [path.name for path in tmp_path.iterdir()] == ["patchcore"]
    assert load_calibration(tmp_path / "patchcore").calibration.num_normal == 8


def test_the_settings_are_those_that_were_given(fitted: Detector, backbone: Path) -> None:
    assert fitted.settings.input_size == fitted.input_size
    assert make(fitted.name, backbone, seed=3).settings.seed == 3
    assert fitted.settings.seed == 0


def test_an_unknown_detector_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=", ".join(NAMES)):
        find_entry("oracle")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_made_on_a_gpu_loads_on_a_cpu(
    name: str, samples: list[Sample], backbone: Path, tmp_path: Path
) -> None:
    detector = make(name, backbone, device="cuda").fit(samples)
    folder = tmp_path / name
    folder.mkdir()
    save_detector(detector, folder)
    loaded = load_detector(folder, device="cpu")
    for first, second in zip(detector.predict(IMAGES), loaded.predict(IMAGES), strict=True):
        assert np.allclose(first.anomaly_map, second.anomaly_map, rtol=1e-2, atol=1e-3)
