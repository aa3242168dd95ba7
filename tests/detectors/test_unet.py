import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save
from safetensors.torch import load_file

from detectors.backbones.extractors import load_backbone
from detectors.checkpoints import open_detector, save_detector
from detectors.learning.losses import dice_per_image
from detectors.learning.networks import EVEN
from detectors.unet.decoder import backbone_tensors
from detectors.unet.detector import UNet
from detectors.unet.segmenter import LAYERS, ROWS, Segmenter
from inspection.errors import CheckpointError, DatasetError, SettingsError
from inspection.types import Sample, Split
from tests.doubles.parts import DEFECT, SIDE, draw_part, make_samples

SMALL: dict[str, Any] = {"memory_rows": 100, "kept_images": 24}
QUICK: dict[str, Any] = {
    **SMALL,
    "kept_images": 64,
    "max_epochs": 8,
    "epoch_images": 48,
    "batch_size": 8,
    "smoothing": 1.0,
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    return make_samples(tmp_path_factory.mktemp("parts"), num_normal=12, num_defective=8)


@pytest.fixture(scope="module")
def labelled(samples: list[Sample]) -> UNet:
    settings = {**QUICK, "labelled": True, "synthetic_share": 0.0, "crop": False}
    return UNet(input_size=(SIDE, SIDE), device="cpu", progress=False, **settings).fit(samples)


def make_quick(samples: list[Sample], **settings: Any) -> UNet:
    chosen = {**SMALL, "input_size": (SIDE, SIDE), "max_epochs": 1, "epoch_images": 8, **settings}
    detector = UNet(device="cpu", progress=False, batch_size=4, **chosen)
    return detector.fit(samples)


def test_labelled_defects_are_learned_and_found_in_place(labelled: UNet) -> None:
    for seed in range(700, 704):
        normal, defective = (draw_part(seed, defective=bad)[0] for bad in (False, True))
        usual, found = labelled.predict([normal, defective])
        assert found.image_score > usual.image_score
        row, column = np.unravel_index(found.anomaly_map.argmax(), found.anomaly_map.shape)
        assert DEFECT[0].start - 3 <= row < DEFECT[0].stop + 3
        assert DEFECT[1].start - 3 <= column < DEFECT[1].stop + 3


def test_the_map_is_the_level_of_a_probability_whose_mean_is_reported(labelled: UNet) -> None:
    (prediction,) = labelled.predict([draw_part(1, defective=True)[0]])
    assert 0 <= prediction.anomaly_map.min() < prediction.anomaly_map.max()
    probability = 1 / (1 + np.exp(EVEN - prediction.anomaly_map))
    mean = prediction.measures["mean_mask_probability"]
    assert mean == pytest.approx(probability.mean(), abs=0.02)


def test_the_outline_of_labelled_defects_is_chosen_on_validation_masks_and_stored(
    labelled: UNet, tmp_path: Path
) -> None:
    outline = labelled.outline
    assert outline is not None
    assert outline.level is not None
    assert outline.level > 0
    save_detector(labelled, tmp_path)
    assert open_detector(UNet, tmp_path, device="cpu").outline == outline


def test_the_record_says_how_many_labelled_defects_were_learned(
    labelled: UNet, samples: list[Sample]
) -> None:
    assert labelled.training is not None
    assert labelled.training.summary == "trained on 8 labelled defects"
    assert labelled.training.num_labelled == 8
    assert labelled.training.num_normal == 12
    assert set(labelled.training.seen) == {sample.id for sample in samples}


def test_synthetic_defects_are_the_default_and_labelled_ones_are_then_ignored(
    samples: list[Sample],
) -> None:
    detector = make_quick(samples)
    assert detector.training is not None
    assert detector.training.summary == "trained on synthetic defects"
    assert detector.training.num_labelled == 0
    assert set(detector.training.seen) == {s.id for s in samples if not s.is_anomalous}


def test_a_mixture_of_labelled_and_synthetic_defects_says_so(samples: list[Sample]) -> None:
    record = make_quick(samples, labelled=True, synthetic_share=0.5).training
    assert record is not None
    assert record.summary == "trained on 8 labelled defects and on synthetic ones"


def test_one_labelled_defect_and_no_normal_image_suffice(samples: list[Sample]) -> None:
    lone = [s for s in samples if s.is_anomalous][:1]
    record = make_quick(lone, labelled=True, synthetic_share=0.0).training
    assert record is not None
    assert record.summary == "trained on 1 labelled defect"


def test_without_marked_validation_images_the_outline_is_left_to_the_calibration(
    samples: list[Sample],
) -> None:
    marked = [s for s in samples if s.is_anomalous and s.split is Split.TRAIN]
    normal = [s for s in samples if not s.is_anomalous]
    assert make_quick([*normal, *marked], labelled=True).outline is None


def test_no_more_images_are_kept_than_the_epochs_draw(samples: list[Sample]) -> None:
    assert make_quick(samples, kept_images=500).state["num_drawn"] == 8


def test_fewer_kept_images_than_wanted_are_told(samples: list[Sample]) -> None:
    detector = make_quick(samples)
    detector.state["num_drawn"] = 4
    assert "; 4 images (of 8 wanted, for want of time" in detector._summarise(0)


def test_labels_are_asked_for_where_there_are_none(samples: list[Sample]) -> None:
    normal = [sample for sample in samples if not sample.is_anomalous]
    unmarked = [replace(sample, mask_paths=()) for sample in samples if sample.is_anomalous]
    with pytest.raises(DatasetError, match="no labelled defect"):
        make_quick([*normal, *unmarked], labelled=True)


def test_oblong_inputs_work(samples: list[Sample]) -> None:
    detector = make_quick(samples, input_size=(32, 96))
    (prediction,) = detector.predict([np.zeros((32, 96, 3), np.uint8)])
    assert prediction.anomaly_map.shape == (32, 96)


def make_segmenter() -> Segmenter:
    torch.manual_seed(0)
    backbone = load_backbone(layers=LAYERS)
    rows = [torch.rand(20, backbone.channels[layer]) for layer in LAYERS]
    return Segmenter(backbone, rows)


def test_the_network_is_small() -> None:
    encoder = make_segmenter().unet.encoder
    assert sum(parameter.numel() for parameter in encoder.parameters()) < 2_500_000


def test_an_untrained_network_takes_few_pixels_for_defects() -> None:
    network = make_segmenter().eval()
    with torch.inference_mode():
        probability = network(torch.rand(1, 3, 64, 64)).sigmoid()
    assert float((probability > 0.5).float().mean()) < 0.05


def test_the_backbone_is_neither_changed_by_training_nor_stored(
    labelled: UNet, tmp_path: Path
) -> None:
    network = labelled._network
    assert network is not None
    fresh = backbone_tensors(make_segmenter())
    for name, tensor in backbone_tensors(network).items():
        assert torch.equal(tensor, fresh[name])
    save_detector(labelled, tmp_path)
    stored = load_file(tmp_path / "weights.safetensors")
    assert stored
    assert not any("backbone" in name for name in stored)


def test_another_backbone_than_it_learned_with_is_refused(labelled: UNet, tmp_path: Path) -> None:
    save_detector(labelled, tmp_path)
    card = tmp_path / "detector.json"
    sha256 = labelled.state["backbone_sha256"]
    text = card.read_text(encoding="utf-8").replace(sha256, "0" * 64)
    card.write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError, match="other weights of the backbone student"):
        open_detector(UNet, tmp_path)


def test_a_checkpoint_with_an_unknown_setting_is_refused(labelled: UNet, tmp_path: Path) -> None:
    save_detector(labelled, tmp_path)
    card = tmp_path / "detector.json"
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace('"labelled"', '"labeled"'), encoding="utf-8")
    with pytest.raises(CheckpointError, match="another version"):
        open_detector(UNet, tmp_path)


def test_a_checkpoint_without_normal_patches_is_refused(
    samples: list[Sample], tmp_path: Path
) -> None:
    drawn = make_quick(samples)
    save_detector(drawn, tmp_path)
    weights = {name: one for name, one in drawn.weights().items() if name not in ROWS}
    data = save({name: np.ascontiguousarray(one) for name, one in weights.items()})
    (tmp_path / "weights.safetensors").write_bytes(data)
    card = json.loads((tmp_path / "detector.json").read_text(encoding="utf-8"))
    card["weights_sha256"] = hashlib.sha256(data).hexdigest()
    (tmp_path / "detector.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"another version.*train"):
        open_detector(UNet, tmp_path)


def test_labelled_defects_are_learned_from_features_drawn_ones_from_distances(
    labelled: UNet, samples: list[Sample]
) -> None:
    assert not set(ROWS) & set(labelled.weights())
    assert set(ROWS) <= set(make_quick(samples).weights())


def test_dice_per_image_weighs_a_small_defect_nearly_like_a_large_one() -> None:
    masks = torch.zeros(2, 1, 64, 64)  # with 2 pixels of slack
    masks[0, :, :2, :4] = 1
    masks[1, :, :, :32] = 1
    found, missed = (masks * 40 - 20), torch.full_like(masks, -20.0)
    assert float(dice_per_image(found, masks)) == pytest.approx(0, abs=1e-6)
    small_missed = torch.stack([missed[0], found[1]])
    large_missed = torch.stack([found[0], missed[1]])
    assert float(dice_per_image(small_missed, masks)) == pytest.approx((1 - 2 / 10) / 2, abs=1e-5)
    assert float(dice_per_image(large_missed, masks)) == pytest.approx((1 - 2 / 2050) / 2, abs=1e-5)


def test_dice_per_image_asks_for_an_empty_answer_where_there_is_no_defect() -> None:
    nothing = torch.zeros(1, 1, 64, 64)
    assert float(dice_per_image(nothing - 20, nothing)) == pytest.approx(0, abs=1e-4)
    assert float(dice_per_image(nothing + 20, nothing)) == pytest.approx(1 - 2 / 4098)


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(SettingsError, match="from 0 to 1"):
        UNet(synthetic_share=1.5)
    with pytest.raises(SettingsError, match="multiples of 16"):
        UNet(input_size=(100, 96))
