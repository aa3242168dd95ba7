"""The detector of boxes: what it learns from, what it says, and what a checkpoint keeps of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from detectors.backbones.choice import choose_backbone
from detectors.backbones.student import Student
from detectors.boxes.detector import BoxDetector, paint, shift_scores
from detectors.boxes.network import NO_BOX, BoxNetwork
from detectors.boxes.targets import mirror, read_boxes, to_table, turn
from detectors.learning.networks import EVEN
from inspection.boxes import KindBox
from inspection.errors import DatasetError
from inspection.evaluation.boxes import BoxedImage, rank_boxes
from inspection.measures import class_probabilities
from inspection.types import AT_THRESHOLD, Box, Outline, RGBImage, Sample, Split

SIDE = 64
QUICK: dict[str, Any] = {
    "input_size": (SIDE, SIDE),
    "channels": 32,
    "batch_size": 8,
    "device": "cpu",
    "progress": False,
}


def draw_spots(seed: int) -> tuple[RGBImage, tuple[Box, ...], tuple[str, ...]]:
    """Draw a grey plate with a bright and a dark spot at places of their own."""
    rng = np.random.default_rng(seed)
    image = rng.normal(120, 5, (SIDE, SIDE, 1)).repeat(3, axis=2)
    boxes = []
    for column, level in ((0, 240), (SIDE // 2, 10)):
        height, width = rng.integers(10, 20, 2)
        top = int(rng.integers(0, SIDE - height))
        left = column + int(rng.integers(0, SIDE // 2 - width))
        boxes.append(Box(left, top, left + int(width), top + int(height)))
        image[top : top + height, left : left + width] = level
    return np.clip(image, 0, 255).astype(np.uint8), tuple(boxes), ("bright", "dark")


def write_spots(folder: Path, count: int, *, first: int = 0) -> list[Sample]:
    samples = []
    for seed in range(first, first + count):
        image, boxes, kinds = draw_spots(seed)
        path = folder / f"{seed}.png"
        Image.fromarray(image).save(path)
        split = Split.VALIDATION if seed % 4 == 3 else Split.TRAIN
        samples.append(Sample(path.name, path, "plate", split, "mixed", boxes=boxes, kinds=kinds))
    return samples


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("backbone") / "student.safetensors"
    save_file(Student((8, 12, 16)).state_dict(), path)
    return str(path)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> BoxDetector:
    """Learn two kinds of spots from 24 plates with the carried backbone."""
    samples = write_spots(tmp_path_factory.mktemp("plates"), 24)
    detector = BoxDetector(**QUICK, frozen=3, max_epochs=12, epoch_images=48, learning_rate=3e-3)
    return detector.fit(samples)


def test_it_finds_both_kinds_where_they_are(fitted: BoxDetector) -> None:
    images = []
    for seed in range(1000, 1010):
        image, boxes, kinds = draw_spots(seed)
        marked = zip(boxes, kinds, strict=True)
        truth = tuple(
            KindBox((box.left, box.top, box.right, box.bottom), kind) for box, kind in marked
        )
        images.append(BoxedImage(fitted.predict([image])[0].boxes, truth))
    for kind in fitted.kinds:
        (precision,) = rank_boxes(images, kind).average_precision(np.ones((1, len(images))))
        assert precision[0] > 0.8, kind


def test_boxes_map_and_score_say_the_same(fitted: BoxDetector) -> None:
    prediction = fitted.predict([draw_spots(2000)[0]])[0]
    levels = [box.level for box in prediction.boxes]
    assert levels == sorted(levels, reverse=True)
    assert prediction.image_score == levels[0]
    for box in prediction.boxes:
        assert (box.level > EVEN) == (box.score > 0.5)
        left, top, right, bottom = (round(edge) for edge in box.edges)
        inside = prediction.anomaly_map[top : max(bottom, top + 1), left : max(right, left + 1)]
        assert inside.min() >= np.float32(box.level)


def test_without_good_parts_it_names_kinds_alone(fitted: BoxDetector) -> None:
    found = class_probabilities(fitted.predict([draw_spots(2001)[0]])[0].measures)
    assert set(found) == {"bright", "dark"}
    assert sum(found.values()) == pytest.approx(1)
    assert fitted.outline == Outline(EVEN), "the middle of the scale where no threshold decides"


def test_with_good_parts_it_may_say_that_one_is_good(tmp_path: Path, backbone: str) -> None:
    samples = write_spots(tmp_path, 8)
    good = [replace(s, id=f"good/{s.id}", defect_type=None, boxes=(), kinds=()) for s in samples]
    detector = BoxDetector(**QUICK, backbone_weights=backbone, max_epochs=1, epoch_images=8).fit(
        [*samples, *good]
    )
    found = class_probabilities(detector.predict([draw_spots(1)[0]])[0].measures)
    assert set(found) == {"normal", "bright", "dark"}
    assert sum(found.values()) == pytest.approx(1)
    assert detector.outline == AT_THRESHOLD


def test_what_is_not_marked_is_left_out_and_told(tmp_path: Path, backbone: str) -> None:
    samples = write_spots(tmp_path, 8)
    bare = [replace(sample, boxes=(), kinds=()) for sample in samples]
    detector = BoxDetector(**QUICK, backbone_weights=backbone, max_epochs=1, epoch_images=8)
    with pytest.raises(DatasetError, match=r"No defect to learn from is marked.*--labelled"):
        detector.fit(bare)
    detector.fit([*bare[:2], *samples[2:]])
    assert detector.training is not None
    assert detector.training.summary.startswith("finds 2 kinds, from 6 marked images and 0 good")
    assert detector.training.summary.endswith("2 defective ones without marks left out")
    assert len(detector.training.seen) == 6


@pytest.mark.parametrize(("frozen", "stored"), [(3, set()), (1, {"layer2", "layer3"})])
def test_a_checkpoint_keeps_what_has_learned(
    frozen: int, stored: set[str], tmp_path: Path, backbone: str
) -> None:
    detector = BoxDetector(
        **QUICK,
        backbone_weights=backbone,
        frozen=frozen,
        max_epochs=1,
        epoch_images=8,
    ).fit(write_spots(tmp_path, 8))
    names = {name for name in detector.weights() if ".backbone.backbone." in name}
    assert {layer for layer in ("layer1", "layer2", "layer3") if layer in str(names)} == stored
    assert not any("stem" in name for name in names)


def test_masks_of_another_size_become_boxes_of_the_input(tmp_path: Path) -> None:
    mask = np.zeros((40, 80), np.uint8)
    mask[10:20, 40:60] = 255
    for name, plane in (("image", mask // 2), ("mask", mask)):
        Image.fromarray(plane).save(tmp_path / f"{name}.png")
    path = tmp_path / "image.png"
    sample = Sample("x", path, "plate", Split.TRAIN, "hole", (tmp_path / "mask.png",))
    ((box,),) = read_boxes([sample], (64, 64))
    assert (box.edges, box.kind) == ((32, 16, 48, 32), "hole")


def test_a_table_is_filled_up_and_what_is_too_narrow_is_widened() -> None:
    thin = KindBox((10, 10, 10.5, 30), "b")
    table = to_table([(thin, KindBox((0, 0, 5, 5), "a")), ()], ("a", "b"))
    assert table.tolist() == [
        [[9.25, 10, 11.25, 30, 1], [0, 0, 5, 5, 0]],
        [[NO_BOX] * 5] * 2,
    ]


@pytest.mark.parametrize("change", ["right", "down", "turn"])
def test_boxes_move_with_their_image(change: str) -> None:
    image = torch.zeros(3, 20, 30)
    image[:, 4:9, 6:18] = 1
    boxes = torch.tensor([[6.0, 4.0, 18.0, 9.0, 0.0], [NO_BOX] * 5])
    changes = {
        "right": lambda: mirror(image, boxes, 2),
        "down": lambda: mirror(image, boxes, 1),
        "turn": lambda: turn(image, boxes),
    }
    moved, table = changes[change]()
    left, top, right, bottom = (int(edge) for edge in table[0, :4])
    assert moved[:, top:bottom, left:right].min() == 1
    assert moved.sum() == 3 * (bottom - top) * (right - left)
    assert table[1].tolist() == [NO_BOX] * 5


def test_the_surest_box_decides_at_each_pixel() -> None:
    boxes = (KindBox((2, 2, 6, 6), "a", 0.9, 14.0), KindBox((4, 4, 8, 8), "b", 0.2, 10.0))
    painted = paint(boxes, (8, 8))
    assert painted[3, 3] == painted[5, 5] == 14
    assert painted[7, 7] == 10
    assert painted[0, 0] == 0
    assert paint((KindBox((7.9, 7.9, 8, 8), "a", 0.9, 5.0),), (8, 8))[7, 7] == 5


def test_the_best_score_becomes_one_half_and_the_order_stays() -> None:
    scores = np.array([0.9, 0.3, 0.1, 1.0, 0.0])
    shifted = shift_scores(scores, 0.3)
    assert shifted[1] == pytest.approx(0.5)
    assert np.array_equal(np.argsort(shifted), np.argsort(scores))
    assert ((shifted > 0) & (shifted < 1)).all()
    assert shift_scores(np.zeros(0), 0.3).shape == (0,)


def test_an_image_without_boxes_has_a_loss_too(backbone: str) -> None:
    detector = BoxDetector(**QUICK, backbone_weights=backbone)
    network: BoxNetwork = detector._assemble(
        choose_backbone(detector.settings, layers=("layer2", "layer3")), 2
    )
    empty = network.loss(torch.rand(2, 3, SIDE, SIDE), torch.full((2, 3, 5), float(NO_BOX)))
    assert torch.isfinite(empty)
    assert empty.requires_grad
