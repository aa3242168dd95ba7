"""The classifier names defects, and its map is the Grad-CAM that gradients by hand give."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from detectors.backbones.extractors import load_deepest
from detectors.backbones.student import Student
from detectors.checkpoints import open_detector, save_detector
from detectors.classifier.augmentation import build_augment
from detectors.classifier.detector import CNNClassifier, scale_cam
from detectors.classifier.gradcam import explain
from detectors.classifier.networks import (
    Classifier,
    Head,
    list_blocks,
    make_small_features,
    to_probabilities,
)
from detectors.classifier.training import (
    ClassifierTrainer,
    ClassLoss,
    LabelledImages,
    Task,
    balanced_rows,
    stratified_rows,
)
from detectors.learning.augmentation import Augmentation
from detectors.learning.loop import TrainingHistory, TrainingSet
from detectors.learning.networks import EVEN
from inspection.errors import BackboneError, CheckpointError, DatasetError, SettingsError
from inspection.evaluation.classes import ClassReport, report_classes
from inspection.files import write_json
from inspection.products.manifest import CARD
from inspection.types import Outline, Prediction, Sample, Split
from tests.doubles.parts import DEFECT, SIDE, draw_part, make_samples

QUICK: dict[str, Any] = {
    **{"input_size": (SIDE, SIDE), "device": "cpu", "progress": False, "hidden": 16},
    **{"max_epochs": 8, "epoch_images": 32, "batch_size": 8},
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("backbone") / "student.safetensors"
    save_file(Student((8, 12, 16)).state_dict(), path)
    return str(path)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    return make_samples(tmp_path_factory.mktemp("parts"), num_normal=16, num_defective=12)


@pytest.fixture(scope="module")
def three_types(samples: list[Sample]) -> list[Sample]:
    """The defects under two names, as if they were of two types."""
    return [
        replace(sample, defect_type=f"spot {index % 2}") if sample.is_anomalous else sample
        for index, sample in enumerate(samples)
    ]


@pytest.fixture(scope="module")
def fitted(samples: list[Sample]) -> CNNClassifier:
    """On the carried student, whose features know what a spot is."""
    return CNNClassifier(**{**QUICK, "max_epochs": 6}).fit(samples)


def likelihood(prediction: Prediction) -> float:
    """Return the probability of a defect behind an image score (not near 0)."""
    return float(1 / (1 + np.exp(EVEN - prediction.image_score)))


def test_a_defect_is_named_and_lights_up_in_place(fitted: CNNClassifier) -> None:
    for seed in range(700, 704):
        normal, defective = (draw_part(seed, defective=bad)[0] for bad in (False, True))
        usual, found = fitted.predict([normal, defective])
        assert usual.measures["p_normal"] > 0.5 > found.measures["p_normal"]
        assert sum(found.measures.values()) == pytest.approx(1.0)
        assert likelihood(found) == pytest.approx(found.measures["p_spot"], abs=1e-6)
        row, column = np.unravel_index(found.anomaly_map.argmax(), found.anomaly_map.shape)
        assert DEFECT[0].start - 8 <= row < DEFECT[0].stop + 8
        assert DEFECT[1].start - 8 <= column < DEFECT[1].stop + 8


@pytest.fixture
def _impatient_threads() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("_impatient_threads")
def test_two_visitors_at_once_get_what_each_would_get_alone(fitted: CNNClassifier) -> None:
    images = [draw_part(700 + seed, defective=seed % 2 == 1)[0] for seed in range(8)] * 4
    alone = fitted.predict(images)
    with ThreadPoolExecutor(2) as visitors:
        both = list(visitors.map(fitted.predict, [images, images]))
    for found in both:
        for one, other in zip(found, alone, strict=True):
            assert one.measures == other.measures
            np.testing.assert_array_equal(one.anomaly_map, other.anomaly_map)


def test_a_checkpoint_whose_maps_were_probabilities_is_refused(
    fitted: CNNClassifier, tmp_path: Path
) -> None:
    save_detector(fitted, tmp_path)
    card = json.loads((tmp_path / CARD).read_text(encoding="utf-8"))
    del card["state"]["outline"]
    write_json(tmp_path / CARD, card)
    with pytest.raises(CheckpointError, match="another version"):
        open_detector(CNNClassifier, tmp_path, device="cpu")


def test_stages_losses_and_validation_metrics_are_kept(fitted: CNNClassifier) -> None:
    history = fitted.state["history"]
    assert {entry["stage"] for entry in history} == {1, 2}
    assert [entry["epoch"] for entry in history] == list(range(1, len(history) + 1))
    keys = {"epoch", "seconds", "stage", "loss", "validation_loss", "accuracy", "f1"}
    assert all(set(entry) == keys for entry in history)
    best = min(history, key=lambda entry: entry["validation_loss"])
    assert fitted.state["best_epoch"] == best["epoch"]
    assert fitted.training is not None
    assert "2 classes" in fitted.training.summary
    assert fitted.outline == Outline(EVEN)


@pytest.mark.parametrize("backbone", ["student", "small-cnn"])
def test_dropout_acts_in_every_stage_and_only_held_out_images_are_judged(
    samples: list[Sample], weights: str, monkeypatch: pytest.MonkeyPatch, backbone: str
) -> None:
    judged, dropped = [], []

    def report(truth: list[str], guesses: list[str]) -> ClassReport:
        judged.append(len(truth))
        return report_classes(truth, guesses)

    def forward(self: nn.Dropout, values: Tensor) -> Tensor:
        dropped.append(self.training)
        return nn.functional.dropout(values, self.p, self.training)

    monkeypatch.setattr("detectors.classifier.training.report_classes", report)
    monkeypatch.setattr(nn.Dropout, "forward", forward)
    own = {} if backbone == "small-cnn" else {"backbone_weights": weights}
    settings = {**QUICK, "max_epochs": 1, "stages": 2, "backbone": backbone, **own}
    CNNClassifier(**settings).fit(samples)
    num_held = sum(sample.split is Split.VALIDATION for sample in samples)
    assert judged == [num_held] * (1 if backbone == "small-cnn" else 2)
    assert dropped.count(True) >= dropped.count(False) > 0


def test_the_baseline_is_trained_from_scratch_without_any_weights(
    samples: list[Sample], tmp_path: Path
) -> None:
    settings = {**QUICK, "max_epochs": 3}
    detector = CNNClassifier(backbone="small-cnn", classes="binary", **settings).fit(samples)
    assert detector.classes == ("normal", "defective")
    save_detector(detector, tmp_path)
    again = open_detector(CNNClassifier, tmp_path, device="cpu")
    image = [draw_part(1, defective=True)[0]]
    assert again.predict(image)[0].measures == detector.predict(image)[0].measures


def test_several_types_have_a_probability_each(three_types: list[Sample], weights: str) -> None:
    settings = {**QUICK, "max_epochs": 1, "stages": 3}
    detector = CNNClassifier(backbone_weights=weights, **settings).fit(three_types)
    (prediction,) = detector.predict([draw_part(1, defective=True)[0]])
    assert list(prediction.measures) == ["p_normal", "p_spot 0", "p_spot 1"]
    defective = prediction.measures["p_spot 0"] + prediction.measures["p_spot 1"]
    assert likelihood(prediction) == pytest.approx(defective, abs=1e-5)
    assert {entry["stage"] for entry in detector.state["history"]} == {1, 2, 3}


def test_defects_alone_are_told_apart_too(three_types: list[Sample], weights: str) -> None:
    defects = [sample for sample in three_types if sample.is_anomalous]
    settings = {**QUICK, "max_epochs": 1, "stages": 1}
    detector = CNNClassifier(backbone_weights=weights, **settings).fit(defects)
    assert detector.classes == ("spot 0", "spot 1")
    (prediction,) = detector.predict([draw_part(1, defective=True)[0]])
    assert prediction.image_score == 2 * EVEN


def test_a_class_of_one_image_is_learned_as_far_as_it_can_be(
    samples: list[Sample], weights: str
) -> None:
    normal = [sample for sample in samples if not sample.is_anomalous]
    lonely = next(s for s in samples if s.is_anomalous and s.split is Split.TRAIN)
    settings = {**QUICK, "max_epochs": 1, "stages": 1}
    detector = CNNClassifier(backbone_weights=weights, **settings).fit([*normal, lonely])
    assert detector.classes == ("normal", "spot")
    assert detector.training is not None
    assert detector.training.num_labelled == 1


def test_normal_images_alone_are_no_task_for_a_classifier(samples: list[Sample]) -> None:
    with pytest.raises(DatasetError, match="--labelled-defects"):
        CNNClassifier(**QUICK).fit([s for s in samples if not s.is_anomalous])


def make_network(num_classes: int, *, seed: int = 0) -> Classifier:
    torch.manual_seed(seed)
    features = make_small_features()
    head = Head(2 * 160, num_classes, hidden=8, dropout=0.0)
    return Classifier(features, head).eval()


@pytest.mark.parametrize("num_classes", [2, 4])
@pytest.mark.parametrize("seed", range(3))
def test_grad_cam_is_the_one_that_gradients_by_hand_give(num_classes: int, seed: int) -> None:
    network = make_network(num_classes, seed=seed)
    images = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        maps = network.extract(images)
    target = 0 if num_classes == 2 else 2
    found = explain(network, maps, target, (4, 4))

    known = maps.clone().requires_grad_()
    logit = network.head(
        torch.cat([known.mean((2, 3), keepdim=True), known.amax((2, 3), keepdim=True)], 1)
    )[0, target]
    (gradient,) = torch.autograd.grad(logit, known)
    # weights: the mean gradient of each channel (Selvaraju et al. 2017, equations 1 and 2)
    by_hand = (gradient.mean((2, 3), keepdim=True) * known).sum(1)[0].relu().detach()
    assert maps.shape[2:] == (4, 4)
    assert torch.allclose(found, by_hand, atol=1e-6)
    assert not network.maps._forward_hooks


def test_the_map_is_the_level_where_the_cam_is_highest() -> None:
    cam = np.array([[0.0, 2.0], [1.0, 4.0]], np.float32)
    assert np.allclose(scale_cam(cam, 0.8), [[0, 0.4], [0.2, 0.8]])
    assert scale_cam(cam, 0.8).dtype == np.float32


def test_a_cam_of_zeros_gives_the_level_everywhere(
    fitted: CNNClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_network: Classifier, _maps: Tensor, _target: int, size: tuple[int, int]) -> Tensor:
        return torch.zeros(size)

    monkeypatch.setattr("detectors.classifier.detector.explain", nothing)
    (prediction,) = fitted.predict([draw_part(3, defective=True)[0]])
    assert np.ptp(prediction.anomaly_map) == 0
    assert likelihood(prediction) == pytest.approx(prediction.measures["p_spot"], abs=1e-6)


def test_one_logit_is_the_sigmoid_of_the_second_class() -> None:
    logits = torch.tensor([[0.0], [2.0]])
    found = to_probabilities(logits)
    assert torch.allclose(found[:, 1], torch.sigmoid(logits[:, 0]))
    assert torch.allclose(found.sum(dim=1), torch.ones(2))


@pytest.mark.parametrize("logits", [[[2.0, -1.0, 0.5], [0.0, 3.0, 1.0]], [[1.5], [-2.0]]])
def test_labels_are_smoothed_while_learning_only(logits: list[list[float]]) -> None:
    num_classes = max(2, len(logits[0]))
    loss = ClassLoss([f"class {index}" for index in range(num_classes)], smoothing=0.3)
    given, labels, network = torch.tensor(logits), torch.tensor([0, 1]), nn.Identity()
    likely = to_probabilities(given).log()
    certain = nn.functional.one_hot(labels, num_classes)
    assert torch.isclose(
        loss(network.train(), given, labels),
        -((0.7 * certain + 0.3 / num_classes) * likely).sum(dim=1).mean(),
    )
    assert torch.isclose(loss(network.eval(), given, labels), -(certain * likely).sum(dim=1).mean())


@pytest.mark.parametrize(("balance", "counts"), [(0.0, [8, 2]), (0.5, [8, 4]), (1.0, [8, 8])])
def test_rare_classes_are_drawn_more_often(balance: float, counts: list[int]) -> None:
    labels = np.array([0] * 8 + [1] * 2)
    rows = balanced_rows(labels, balance)
    assert np.bincount(labels[rows]).tolist() == counts
    assert set(rows) == set(range(10))


def test_varied_images_keep_their_size_and_range() -> None:
    everything = Augmentation(True, True, True, True, True)
    vary = build_augment(everything, (64, 96))
    image = torch.rand(3, 64, 96)
    torch.manual_seed(0)
    for _ in range(20):
        varied = vary(image)
        assert varied.shape == image.shape
        assert 0 <= float(varied.min()) <= float(varied.max()) <= 1
    nothing = build_augment(Augmentation(False, False, False, False, False), (64, 96))
    assert torch.equal(nothing(image), image)


def test_batch_norms_of_a_backbone_keep_their_statistics(
    samples: list[Sample], weights: str
) -> None:
    before = load_deepest("student", weights=Path(weights)).network.state_dict()
    settings = {**QUICK, "max_epochs": 2, "stages": 2}
    detector = CNNClassifier(backbone_weights=weights, **settings).fit(samples)
    assert detector._network is not None
    after = detector._network.features.state_dict()
    for name, tensor in before.items():
        if "running" in name:
            assert torch.equal(after[f"network.{name}"], tensor), name


def test_networks_are_unfrozen_by_their_own_stages() -> None:
    student = load_deepest("student").network
    assert [type(block).__name__ for block in list_blocks(student)][1:] == ["Stage"] * 3
    assert len(list_blocks(make_small_features())) == 4


def test_weights_that_end_at_layer3_are_enough(tmp_path: Path) -> None:
    import timm

    whole = timm.create_model("resnet18", pretrained=False).state_dict()
    cut = {name: tensor for name, tensor in whole.items() if not name.startswith(("fc", "layer4"))}
    for tensors, layer, channels in ((whole, "layer4", 512), (cut, "layer3", 256)):
        save_file(tensors, tmp_path / "resnet18.safetensors")
        found = load_deepest("resnet18", weights=tmp_path / "resnet18.safetensors")
        assert (found.layer, found.channels) == (layer, channels)
    del cut["layer3.0.conv1.weight"]
    save_file(cut, tmp_path / "resnet18.safetensors")
    with pytest.raises(BackboneError, match="does not fit"):
        load_deepest("resnet18", weights=tmp_path / "resnet18.safetensors")


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(SettingsError, match="Choose from binary, types"):
        CNNClassifier(classes="many")
    with pytest.raises(SettingsError, match="from 1 to 3"):
        CNNClassifier(stages=4)


def test_a_checkpoint_that_lost_its_layer_is_refused(fitted: CNNClassifier, tmp_path: Path) -> None:
    save_detector(fitted, tmp_path)
    card = tmp_path / "detector.json"
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace('"layer"', '"player"'), encoding="utf-8")
    with pytest.raises(CheckpointError, match="another version"):
        open_detector(CNNClassifier, tmp_path)


def test_validation_images_are_chosen_from_every_class_in_proportion() -> None:
    labels = np.repeat([0, 1, 2], [900, 99, 1])
    rows = stratified_rows(labels, 100, seed=0)
    counts = np.bincount(labels[rows])
    assert counts.sum() == len(set(rows.tolist())) == 100
    assert counts[2] == 1
    assert abs(int(counts[1]) - 10) <= 1
    assert rows.tolist() == stratified_rows(labels, 100, seed=0).tolist()
    assert rows.tolist() != stratified_rows(labels, 100, seed=1).tolist()
    assert stratified_rows(labels, 5000, seed=0).tolist() == list(range(1000))


def test_a_large_validation_part_in_the_order_of_its_classes_is_seen_in_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    training_sets: list[TrainingSet] = []

    def listen(_: Any, training_set: TrainingSet, *args: Any, **settings: Any) -> TrainingHistory:
        training_sets.append(training_set)
        return TrainingHistory([{"epoch": 1, "validation_loss": 0.0}], 1)

    monkeypatch.setattr("detectors.classifier.training.train_network", listen)
    labels = np.repeat([0, 1], [600, 200])
    held = LabelledImages(np.zeros((800, 32, 32, 3), np.uint8), labels)
    task = Task(("normal", "spot"), held, held, lambda image: image, 0.0, 1, 0.0)
    head = Head(2 * 160, 2, hidden=4, dropout=0.0)
    settings: Any = CNNClassifier(**QUICK).settings
    ClassifierTrainer(
        task, settings, device=torch.device("cpu"), progress=False
    ).train_from_scratch(Classifier(make_small_features(), head))
    images, truth = training_sets[0].validation
    assert len(images) == len(truth) == 512
    assert torch.bincount(truth[: training_sets[0].max_validation]).tolist() == [384, 128]
