"""The option --input-size, and what counts without it."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from detectors import load_detector
from detectors.backbones.student import Student
from inspection.errors import SettingsError
from inspection.products.product_file import read_settings
from inspection.types import Size
from tests.doubles.commands import run
from tests.doubles.parts import write_dataset


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Parts twice as tall as wide."""
    torch.manual_seed(0)
    monkeypatch.setenv("DEFECT_LENS_CACHE", str(tmp_path / "cache"))
    root = write_dataset(tmp_path / "parts", num_train=14)
    for path in root.rglob("*.png"):
        with Image.open(path) as picture:
            tall = picture.resize((64, 128))
        tall.save(path)
    save_file(Student((8, 12, 16)).state_dict(), tmp_path / "student.safetensors")
    return root


def train(parts: Path, *further: object, detector: str = "patchcore") -> str:
    place = ("--data", parts, "--checkpoints", parts.parent / "ck", "--detector", detector)
    weights = ("--backbone-weights", parts.parent / "student.safetensors")
    return run("train", *place, "--device", "cpu", *weights, *further)


def product(parts: Path) -> Path:
    return parts.parent / "ck" / "parts" / "disc"


def trained_size(parts: Path, detector: str = "patchcore") -> Size:
    return load_detector(product(parts) / detector, device="cpu").input_size


def test_tall_parts_keep_their_shape_in_every_detector_however_late_it_is_trained(
    parts: Path,
) -> None:
    said = train(parts)
    assert "images are 128x64 (height x width): input size 352x176 keeps their shape" in said
    assert trained_size(parts) == (352, 176)
    said = train(
        *(parts, "--labelled-defects", 0.5, "--epochs", 1, "--stages", 1), detector="classifier"
    )
    assert "input size 352x176, as decided for this product" in said
    assert trained_size(parts, "classifier") == (320, 160)


def test_everything_follows_a_size_that_is_not_square(parts: Path) -> None:
    said = train(parts)
    assert "images of 352 x 176 pixels" in said
    place = ("--checkpoints", parts.parent / "ck", "--device", "cpu")
    image, out = parts / "disc" / "test" / "spot" / "000.png", parts.parent / "out"
    assert "pixel AUROC" in run("evaluate", "--data", parts, *place)
    run("inspect", image, "--category", "disc", "--out", out, *place)
    assert {path.suffix for path in out.iterdir()} == {".png", ".csv"}
    run("report", image, "--category", "disc", "--out", out, *place)
    facts = json.loads((out / "report.json").read_text(encoding="utf-8"))
    (found,) = facts["images"][0]["findings"]
    region = found["regions"][0]  # the defect fills columns 30 to 46 and rows 40 to 72
    assert 30 <= region["peak_x"] < 46
    assert 40 <= region["peak_y"] < 72
    assert (out / "report.html").stat().st_size > 0


def test_a_size_given_by_hand_counts_for_that_training_alone(parts: Path) -> None:
    assert "keeps their shape" not in train(parts, "--input-size", "96x64")
    assert trained_size(parts) == (96, 64)
    assert read_settings(product(parts)).input_size is None
    train(parts, "--input-size", 64)
    assert trained_size(parts) == (64, 64)


def test_a_size_that_is_found_out_is_kept_for_later_detectors(parts: Path) -> None:
    said = train(parts, "--input-size", "auto")
    assert "as many pixels as 192x192 keep the defects" in said
    assert trained_size(parts) == (256, 128)
    assert "input size 256x128, as decided for this product" in train(parts)


def test_without_masks_auto_says_how_long_it_may_take(parts: Path) -> None:
    for path in parts.rglob("*_mask.png"):
        path.unlink()
    said = train(
        *(parts, "--input-size", "auto", "--minutes", 0.02, "--labelled-defects", 0.5),
        *("--epochs", 1, "--stages", 1),
        detector="classifier",
    )
    assert "no masks say how small defects are" in said
    height, width = trained_size(parts, "classifier")
    assert height / width == pytest.approx(2, rel=0.2)


@pytest.mark.parametrize("size", ["640y256", "1x2x3", "large"])
def test_a_size_that_is_none_is_refused(parts: Path, size: str) -> None:
    with pytest.raises(SettingsError, match="is no size"):
        run("train", "--data", parts, "--input-size", size)
