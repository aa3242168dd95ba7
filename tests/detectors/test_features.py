from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from detectors.backbones.extractors import load_backbone
from detectors.backbones.library_imports import import_patchcore_model
from detectors.backbones.record import COSINE, BackboneRecord
from detectors.backbones.student import Student
from detectors.learning.features import PatchFeatures, compute_features


@pytest.fixture
def student(tmp_path: Path) -> Path:
    """Write a small student with random weights."""
    torch.manual_seed(0)
    path = tmp_path / "student.safetensors"
    save_file(Student((8, 12, 16)).state_dict(), path)
    return path


def draw_images() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (9, 64, 96, 3), dtype=np.uint8)


def compute(features: PatchFeatures) -> Tensor:
    return torch.cat(list(compute_features(features, draw_images())))


def test_patches_are_joined_as_patchcore_joins_them(student: Path) -> None:
    backbone = load_backbone(weights=student)
    features = PatchFeatures(backbone)
    model = import_patchcore_model()(
        layers=list(backbone.layers), backbone="resnet18", pre_trained=False
    )
    model.feature_extractor = backbone
    model.train()
    images = torch.from_numpy(draw_images()).permute(0, 3, 1, 2).float() / 255
    expected = model(images).reshape(9, 8, 12, 28).permute(0, 3, 1, 2)
    assert (features.channels, features.stride) == (28, 8)
    torch.testing.assert_close(compute(features), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("distance", ["euclidean", COSINE])
def test_only_vectors_that_are_compared_by_direction_have_length_one(
    student: Path, distance: str
) -> None:
    backbone = load_backbone(weights=student, record=BackboneRecord(distance=distance))
    lengths = compute(PatchFeatures(backbone)).norm(dim=1)
    has_unit_length = torch.allclose(lengths, torch.ones_like(lengths), atol=1e-5)
    assert has_unit_length == (distance == COSINE)
