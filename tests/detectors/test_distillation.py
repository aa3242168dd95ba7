"""Drawn pictures, crops, and a student that learns from a teacher, at the smallest size."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

import cli
from detectors.backbones.extractors import load_backbone
from detectors.distillation import distil as distillation
from detectors.distillation.crops import (
    Crop,
    CropSampler,
    CropSources,
    collect_pictures,
    read_photographs,
)
from detectors.distillation.distil import DistillProgress, DistillSettings, distill, partial_path
from detectors.distillation.textures import draw_texture
from inspection.errors import BackboneError, SettingsError
from inspection.types import RGBImage

TINY = DistillSettings(steps=3, batch_size=4, crop_size=32, widths=(8, 8, 16))


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ResNet-18 that never learned, which is enough to be imitated in a test."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("teacher") / "resnet18.safetensors"
    save_file(timm.create_model("resnet18", pretrained=False).state_dict(), path)
    return path


@pytest.fixture(scope="module")
def pictures() -> CropSources:
    return collect_pictures(seed=0, num_drawn=3, num_products=2)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch, pictures: CropSources) -> None:
    monkeypatch.setattr(distillation, "collect_pictures", lambda **_: pictures)
    monkeypatch.setattr(distillation, "NUM_STATISTICS_BATCHES", 1)
    monkeypatch.setattr(distillation, "REPORT_STEPS", 1)


def test_textures_are_varied_and_come_from_their_seed() -> None:
    pictures = [draw_texture(np.random.default_rng(seed), 48) for seed in range(40)]
    assert all(picture.shape == (48, 48, 3) and picture.dtype == np.uint8 for picture in pictures)
    assert len({picture.tobytes() for picture in pictures}) == 40
    assert np.array_equal(pictures[7], draw_texture(np.random.default_rng(7), 48))
    spreads = np.array([picture.std() for picture in pictures])
    assert np.count_nonzero(spreads > 8) > 30


def test_the_photographs_of_the_libraries_are_found_without_a_network() -> None:
    photographs = read_photographs()
    assert len(photographs) >= 15
    assert all(min(image.shape[:2]) >= 64 and image.shape[2] == 3 for image in photographs)


def test_pictures_of_every_kind_are_collected(pictures: CropSources) -> None:
    assert pictures.counts["drawn"] == 3
    assert pictures.counts["products"] == 6
    assert set(pictures.counts) == {"photographs", "drawn", "products"}


def pyramids(*images: RGBImage) -> tuple[tuple[RGBImage, ...], ...]:
    return tuple((image, image[::2, ::2].copy(), image[::4, ::4].copy()) for image in images)


def test_a_crop_depends_on_seed_and_number_alone() -> None:
    images = [draw_texture(np.random.default_rng(seed), 96) for seed in range(3)]
    wide = np.concatenate(images, axis=1)
    pictures = CropSources({"drawn": pyramids(*images, wide), "photographs": pyramids(wide)})
    first, again, other = (CropSampler(pictures, size=32, seed=seed) for seed in (1, 1, 2))
    for index in (5, 0, 60):
        crop = first[index]
        assert crop.shape == (32, 32, 3)
        assert crop.dtype == np.float32
        assert 0.0 <= crop.min() <= crop.max() <= 1.0
        assert np.array_equal(crop, again[index])
        assert not np.array_equal(crop, other[index])


def test_distilling_gives_a_loadable_student_with_an_identity_card(
    teacher: Path, tmp_path: Path
) -> None:
    out = tmp_path / "backbones" / "student.safetensors"
    ref = distill(teacher, out, settings=TINY, device="cpu")
    backbone = load_backbone(folder=out.parent)
    card = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert backbone.ref.sha256 == ref.sha256 == card["sha256"]
    assert card["steps"] == 3
    assert card["teacher"]["sha256"] == load_backbone("resnet18", weights=teacher).ref.sha256
    assert sorted(path.name for path in out.parent.iterdir()) == [
        "student.json",
        "student.safetensors",
    ]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_the_same_seed_gives_the_same_student(
    teacher: Path, tmp_path: Path, num_workers: int
) -> None:
    outs = [tmp_path / name / "student.safetensors" for name in "ab"]
    first = distill(teacher, outs[0], settings=TINY, device="cpu")
    second = distill(teacher, outs[1], settings=TINY, device="cpu", num_workers=num_workers)
    assert first.sha256 == second.sha256


class FourCrops:
    """The same four crops again and again, so that a few steps are enough to learn them."""

    def __init__(self, *_: object, **__: object) -> None:
        self.crops = [np.random.default_rng(index).random((32, 32, 3)) for index in range(4)]

    def __getitem__(self, index: int) -> Crop:
        return self.crops[index % 4].astype(np.float32)


def test_the_student_comes_nearer_to_its_teacher(
    teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distillation, "CropSampler", FourCrops)
    monkeypatch.setattr(distillation, "WARM_UP", 1)
    losses: list[float] = []
    distill(
        teacher,
        tmp_path / "student.safetensors",
        settings=replace(TINY, steps=40),
        device="cpu",
        report=lambda now: losses.append(now.loss),
    )
    assert len(losses) == 40
    assert losses[-1] < 0.8 * losses[0]


def test_an_interruption_keeps_both_the_former_student_and_the_running_one(
    teacher: Path, tmp_path: Path
) -> None:
    out = tmp_path / "student.safetensors"
    former = distill(teacher, out, settings=TINY, device="cpu")

    def interrupt(now: DistillProgress) -> None:
        if now.step == 2:
            raise KeyboardInterrupt

    settings = replace(TINY, seed=1)
    with pytest.raises(KeyboardInterrupt):
        distill(teacher, out, settings=settings, device="cpu", report=interrupt)
    assert load_backbone(weights=out).ref.sha256 == former.sha256
    assert load_backbone(weights=partial_path(out)).ref.sha256 != former.sha256

    steps: list[int] = []
    resumed = distill(
        teacher, out, settings=settings, device="cpu", report=lambda now: steps.append(now.step)
    )
    assert steps == [3]
    whole = distill(teacher, tmp_path / "whole.safetensors", settings=settings, device="cpu")
    assert resumed.sha256 == whole.sha256


def test_another_teacher_begins_a_run_of_its_own(teacher: Path, tmp_path: Path) -> None:
    out, other = tmp_path / "student.safetensors", tmp_path / "other.safetensors"
    save_file({name: tensor * 2 for name, tensor in load_file(teacher).items()}, other)
    steps: list[int] = []

    def interrupt(now: DistillProgress) -> None:
        steps.append(now.step)
        if len(steps) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        distill(teacher, out, settings=TINY, device="cpu", report=interrupt)
    distill(other, out, settings=TINY, device="cpu", report=interrupt)
    assert steps == [1, 2, 1, 2, 3]


def test_a_clock_ends_the_run_before_its_steps(teacher: Path, tmp_path: Path) -> None:
    settings = replace(TINY, steps=10_000, minutes=0.01)
    distill(teacher, tmp_path / "student.safetensors", settings=settings, device="cpu")
    card = json.loads((tmp_path / "student.json").read_text(encoding="utf-8"))
    assert 0 < card["steps"] < 10_000


def test_settings_that_train_nothing_and_missing_teachers_are_refused(
    teacher: Path, tmp_path: Path
) -> None:
    out = tmp_path / "student.safetensors"
    with pytest.raises(SettingsError, match="nothing to train"):
        distill(teacher, out, settings=DistillSettings(steps=0))
    with pytest.raises(SettingsError, match="safetensors"):
        distill(teacher, tmp_path / "student.pth", settings=TINY)
    with pytest.raises(BackboneError, match="There is no weights file"):
        distill(tmp_path / "absent.pth", out, settings=TINY)
    assert not out.exists()


def test_the_command_shows_how_far_it_is_and_says_where_the_student_lies(
    teacher: Path, tmp_path: Path
) -> None:
    out = tmp_path / "student.safetensors"
    arguments = ["--teacher", str(teacher), "--out", str(out), "--steps", "2", "--device", "cpu"]
    result = CliRunner().invoke(cli.app, ["distill-backbone", *arguments])
    assert result.exit_code == 0, result.output
    assert "distilling: 100%" in result.output
    assert f"is in {out}" in result.output
    assert json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))["steps"] == 2
