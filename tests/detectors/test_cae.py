from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from detectors.backbones.extractors import load_backbone
from detectors.cae.detector import CAE, SHRINKAGE
from detectors.cae.patches import choose_windows
from detectors.checkpoints import open_detector, save_detector
from detectors.learning import loop
from detectors.learning.features import PatchFeatures, compute_features
from detectors.learning.fitting import read_training_data
from detectors.learning.networks import to_batch
from inspection.errors import CheckpointError, SettingsError
from inspection.files import read_json, write_json
from inspection.products.manifest import CARD
from inspection.types import Sample
from tests.doubles.parts import DEFECT, SIDE, draw_part, make_samples

QUICK: dict[str, Any] = {"max_epochs": 20, "num_patches": 300, "smoothing": 2.0}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    return make_samples(tmp_path_factory.mktemp("parts"), num_normal=12)


@pytest.fixture(scope="module")
def fitted(samples: list[Sample]) -> CAE:
    return CAE(input_size=(SIDE, SIDE), device="cpu", progress=False, **QUICK).fit(samples)


@pytest.fixture(scope="module")
def features() -> PatchFeatures:
    return PatchFeatures(load_backbone(allow_download=False))


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
        assert DEFECT[0].start - 8 <= row < DEFECT[0].stop + 8
        assert DEFECT[1].start - 8 <= column < DEFECT[1].stop + 8


def test_a_typical_normal_part_scores_about_one(fitted: CAE) -> None:
    scores = [fitted.predict([draw_part(seed)[0]])[0].image_score for seed in range(800, 810)]
    assert 0.5 < np.median(scores) < 2.5


def test_the_picture_shows_the_part_as_it_would_be_without_its_defect(fitted: CAE) -> None:
    for seed in range(700, 704):
        normal, defective = (draw_part(seed, defective=bad)[0] for bad in (False, True))
        (found,) = fitted.predict([defective])
        assert found.reconstruction is not None
        assert found.reconstruction.shape == normal.shape
        assert found.reconstruction.dtype == np.uint8
        picture = found.reconstruction.astype(float)
        assert np.abs(picture - normal).mean() < np.abs(normal - normal.mean()).mean() / 2
        place = np.abs(picture[DEFECT] - normal[DEFECT]).mean()
        assert place < np.abs(picture[DEFECT] - defective[DEFECT]).mean()


def test_a_patch_seen_once_among_thousands_is_learned(features: PatchFeatures) -> None:
    images = np.stack([draw_part(seed)[0] for seed in range(20)])
    images[7][DEFECT] = 250
    windows = choose_windows(features, images, 20, generator=torch.Generator().manual_seed(0))
    assert windows.shape == (20, features.channels, 3, 3)
    odd = torch.cat(list(compute_features(features, images[7:8])))[0, :, 3, 4]
    others = torch.cat(list(compute_features(features, images[8:]))).transpose(0, 1).flatten(1)
    to_others = (others - odd[:, None]).norm(dim=0).min()
    assert (windows[:, :, 1, 1].float() - odd).norm(dim=1).min() < 0.6 * to_others


def test_windows_hold_a_patch_and_its_neighbours(features: PatchFeatures) -> None:
    images = np.stack([draw_part(seed)[0] for seed in range(3)])
    windows = choose_windows(features, images, 10_000, generator=torch.Generator())
    padded = nn.functional.pad(torch.cat(list(compute_features(features, images))), (1,) * 4)
    expected = nn.functional.unfold(padded, 3).transpose(1, 2).reshape(-1, features.channels, 3, 3)
    inside = (expected != 0).all(dim=(2, 3)).any(dim=1)  # the margin repeats, zeros do not
    whole = {tuple(one) for one in expected[inside].half()[:, 0].flatten(1).tolist()}
    assert len(whole) == 3 * 36
    assert whole <= {tuple(one) for one in windows[:, 0].flatten(1).tolist()}


def test_errors_are_weighed_by_the_shrunken_covariance_of_held_out_parts(
    fitted: CAE, samples: list[Sample]
) -> None:
    network = fitted._fitted()
    normal = [sample for sample in samples if not sample.is_anomalous]
    _, held = read_training_data(normal, fitted.settings, has_bar=False)
    with torch.inference_mode():
        usual, _ = network(to_batch(held.images))
        errors, _ = network(to_batch(draw_part(5, defective=True)[0][None]))
        weighed = network.weigh(errors)
    rows = usual.numpy().transpose(0, 2, 3, 1).reshape(-1, usual.shape[1]).astype(float)
    covariance = rows.T @ rows / len(rows)
    covariance += SHRINKAGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    patch = errors[0, :, 3, 4].numpy().astype(float)
    expected = patch @ np.linalg.solve(covariance, patch) / len(patch)
    assert weighed[0, 3, 4].item() == pytest.approx(expected, rel=1e-3)


def test_a_limited_time_is_shared_by_autoencoder_and_painter(
    samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []
    train = loop.train_network

    def watch(network: nn.Module, training_set: Any, settings: Any, **more: Any) -> Any:
        given.append(settings.max_seconds)
        return train(network, training_set, settings, **more)

    monkeypatch.setattr(loop, "train_network", watch)
    settings = QUICK | {"max_epochs": 1, "max_seconds": 1000.0}
    CAE(input_size=(SIDE, SIDE), device="cpu", progress=False, **settings).fit(samples)
    assert 0 < given[1] < given[0] < 1000
    assert sum(given) < 1000


def test_only_normal_images_are_learned(fitted: CAE, samples: list[Sample]) -> None:
    assert fitted.training is not None
    assert set(fitted.training.seen) == {s.id for s in samples if not s.is_anomalous}
    assert fitted.training.num_labelled == 0
    assert fitted.training.summary.startswith("rebuilds 300 patches of 12 normal images; backbone")
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
    settings = QUICK | {"max_epochs": 1}
    detector = CAE(input_size=(32, 96), device="cpu", progress=False, **settings).fit(samples)
    image = np.zeros((32, 96, 3), np.uint8)
    (before,) = detector.predict([image])
    (after,) = open_detector(CAE, save(detector, tmp_path), device="cpu").predict([image])
    assert before.anomaly_map.shape == (32, 96)
    assert before.anomaly_map.tobytes() == after.anomaly_map.tobytes()
    assert before.reconstruction is not None
    assert after.reconstruction is not None
    assert before.reconstruction.shape == image.shape
    assert np.array_equal(before.reconstruction, after.reconstruction)


def test_the_default_checkpoint_is_small(samples: list[Sample], tmp_path: Path) -> None:
    detector = CAE(input_size=(SIDE, SIDE), device="cpu", progress=False, max_epochs=1)
    folder = save(detector.fit(samples), tmp_path)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 3_000_000


def test_a_checkpoint_of_the_autoencoder_of_pixels_is_refused(fitted: CAE, tmp_path: Path) -> None:
    card = save(fitted, tmp_path) / CARD
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace('"num_patches"', '"damage_share"'), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"another version.*cli\.py train"):
        open_detector(CAE, card.parent)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"widht": 3}, r"no setting called widht\. Choose from input_size"),
        ({"width": 1}, "width = 1 does not suit"),
        ({"bottleneck": 0}, "from 1 to 1024"),
        ({"learning_rate": "fast"}, "Give a number"),
        ({"max_epochs": True}, "Give a whole number"),
        ({"max_epochs": 1.5}, "Give a whole number"),
        ({"backbone": 18}, "Give a name"),
        ({"layers": "layer2"}, "Give a list of names or none"),
        ({"layers": [2]}, "Give a list of names or none"),
        ({"max_seconds": "long"}, "Give a number or none"),
        ({"input_size": 256}, "height and width"),
        ({"input_size": (256, 250)}, "multiples of 16"),
    ],
)
def test_impossible_settings_are_refused(setting: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        CAE(**setting)


def test_a_checkpoint_whose_map_was_squared_is_refused(fitted: CAE, tmp_path: Path) -> None:
    folder = save(fitted, tmp_path)
    card = read_json(folder / CARD)
    del card["state"]["map"]
    write_json(folder / CARD, card)
    with pytest.raises(CheckpointError, match="another version"):
        open_detector(CAE, folder)
