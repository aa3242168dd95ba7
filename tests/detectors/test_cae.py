import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from detectors.cae.detector import CAE
from detectors.checkpoints import WEIGHTS, open_detector, save_detector
from inspection.errors import CheckpointError, SettingsError
from inspection.products.checkpoint_folders import CARD
from inspection.types import RGBImage, Sample
from tests.doubles.parts import DEFECT, SIDE, draw_part, make_samples

QUICK: dict[str, Any] = {
    "max_epochs": 12,
    "epoch_images": 32,
    "batch_size": 8,
    "width": 16,
    "depth": 3,
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    return make_samples(tmp_path_factory.mktemp("parts"), num_normal=12)


@pytest.fixture(scope="module")
def fitted(samples: list[Sample]) -> CAE:
    return CAE(input_size=(SIDE, SIDE), device="cpu", progress=False, **QUICK).fit(samples)


def save(detector: CAE, tmp_path: Path) -> Path:
    folder = tmp_path / "cae"
    folder.mkdir()
    save_detector(detector, folder)
    return folder


def test_a_defect_scores_higher_than_a_normal_part_and_lights_up_in_place(fitted: CAE) -> None:
    for seed in range(700, 704):
        normal, defective = (draw_part(seed, defective=bad)[0] for bad in (False, True))
        usual, found = fitted.predict([normal, defective])
        assert found.image_score > 1.5 * usual.image_score
        row, column = np.unravel_index(found.anomaly_map.argmax(), found.anomaly_map.shape)
        assert DEFECT[0].start - 3 <= row < DEFECT[0].stop + 3
        assert DEFECT[1].start - 3 <= column < DEFECT[1].stop + 3


def test_a_typical_normal_part_scores_about_one(fitted: CAE) -> None:
    scores = [fitted.predict([draw_part(seed)[0]])[0].image_score for seed in range(800, 810)]
    assert 0.5 < np.median(scores) < 2.5


def draw_reflections(seed: int, *, stained: bool = False) -> RGBImage:
    """Draw spots of light too fine to be rebuilt, and a faint stain of another hue at `DEFECT`."""
    rng = np.random.default_rng(seed)
    light = cv2.GaussianBlur(rng.normal(0, 100, (SIDE, SIDE)), (0, 0), 1.5)
    image = np.repeat((120 + light)[:, :, None], 3, axis=2)
    image += cv2.GaussianBlur(rng.normal(0, 4, image.shape), (0, 0), 1.5)  # of any hue
    if stained:
        image[DEFECT] += (16, 0, -16)
    return image.clip(0, 255).astype(np.uint8)


def test_a_stain_is_found_by_its_hue_amid_reflections(tmp_path: Path) -> None:
    samples = make_samples(tmp_path, num_normal=12)
    for seed, sample in enumerate(samples):
        Image.fromarray(draw_reflections(seed)).save(sample.image_path)
    settings = QUICK | {"max_epochs": 2, "bottleneck": 2}
    detector = CAE(input_size=(SIDE, SIDE), device="cpu", progress=False, **settings).fit(samples)
    for seed in range(900, 904):
        clean, stained = (draw_reflections(seed, stained=bad) for bad in (False, True))
        before, after = (found.anomaly_map for found in detector.predict([clean, stained]))
        row, column = np.unravel_index((after - before).argmax(), after.shape)
        assert DEFECT[0].start <= row < DEFECT[0].stop
        assert DEFECT[1].start <= column < DEFECT[1].stop
        assert after.max() > 1.3 * before.max()


def test_hues_mean_nothing_to_a_network_that_learned_from_grey_images(
    fitted: CAE, tmp_path: Path
) -> None:
    stored = load_file(save(fitted, tmp_path) / WEIGHTS)
    hue = torch.tensor([8.0, 0.0, -8.0])
    assert (hue @ stored["usual.colours"]).abs().max() < 1e-5


def test_the_mean_squared_error_is_reported_in_squares_of_0_to_1(fitted: CAE) -> None:
    normal, defective = (draw_part(3, defective=bad)[0] for bad in (False, True))
    errors = [p.measures["mean_squared_error"] for p in fitted.predict([normal, defective])]
    assert 0 < errors[0] < errors[1] < 0.2


def test_only_normal_images_are_learned(fitted: CAE, samples: list[Sample]) -> None:
    assert fitted.training is not None
    assert set(fitted.training.seen) == {s.id for s in samples if not s.is_anomalous}
    assert fitted.training.num_labelled == 0
    assert fitted.training.summary == "trained on 12 normal images"
    assert fitted.outline is None


def test_the_course_of_the_training_is_kept_with_the_checkpoint(
    fitted: CAE, tmp_path: Path
) -> None:
    loaded = open_detector(CAE, save(fitted, tmp_path), device="cpu")
    assert loaded.state == fitted.state
    history = loaded.state["history"]
    assert [entry["epoch"] for entry in history] == list(range(1, len(history) + 1))
    assert set(history[0]) == {"epoch", "seconds", "loss", "validation_loss"}
    assert loaded.settings == fitted.settings


def test_oblong_inputs_work(samples: list[Sample], tmp_path: Path) -> None:
    detector = CAE(input_size=(32, 96), device="cpu", progress=False, max_epochs=1, epoch_images=8)
    detector.fit(samples)
    image = np.zeros((32, 96, 3), np.uint8)
    (before,) = detector.predict([image])
    (after,) = open_detector(CAE, save(detector, tmp_path), device="cpu").predict([image])
    assert before.anomaly_map.shape == (32, 96)
    assert before.anomaly_map.tobytes() == after.anomaly_map.tobytes()


def test_the_default_checkpoint_is_small(samples: list[Sample], tmp_path: Path) -> None:
    detector = CAE(device="cpu", progress=False, max_epochs=1, epoch_images=1, batch_size=2)
    folder = save(detector.fit(samples), tmp_path)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2_000_000


def test_a_checkpoint_without_its_usual_errors_is_refused(fitted: CAE, tmp_path: Path) -> None:
    folder = save(fitted, tmp_path)
    content = (folder / WEIGHTS).read_bytes()
    other = content.replace(b"usual.place", b"other.place")
    card = (folder / CARD).read_text(encoding="utf-8")
    old, new = (hashlib.sha256(data).hexdigest() for data in (content, other))
    (folder / WEIGHTS).write_bytes(other)
    (folder / CARD).write_text(card.replace(old, new), encoding="utf-8")
    with pytest.raises(CheckpointError, match="lacks what this version needs"):
        open_detector(CAE, folder)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"depht": 3}, r"no setting called depht\. Choose from input_size"),
        ({"depth": 9}, "depth = 9 does not suit"),
        ({"bottleneck": 0}, "from 1 to 1024"),
        ({"learning_rate": "fast"}, "Give a number"),
        ({"max_epochs": True}, "Give a number"),
        ({"input_size": 256}, "height and width"),
        ({"input_size": (256, 250)}, "multiples of 16"),
    ],
)
def test_impossible_settings_are_refused(setting: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        CAE(**setting)
