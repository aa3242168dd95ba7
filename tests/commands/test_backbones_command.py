"""What the machine can use is listed with its source; what it lacks, with what it needs."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from commands import backbones as command
from detectors.backbones import listing
from detectors.backbones.listing import find_unnamed, list_backbones, measure_milliseconds
from detectors.backbones.student import Student
from inspection.errors import SettingsError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a student, a ResNet-34 that is only a name, and a file of no network."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    kept = tmp_path / "backbones"
    kept.mkdir()
    save_file(Student((8, 8, 16)).state_dict(), kept / "student.safetensors")
    (kept / "resnet34-mine.pth").write_bytes(b"x")
    (kept / "my_weights.pth").write_bytes(b"x")
    (kept / "student.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(command, "FOLDER", kept)
    return kept


def test_files_and_fetched_networks_are_listed_with_their_source(folder: Path) -> None:
    (folder.parent / "hub" / "models--timm--resnet26.bt_in1k").mkdir(parents=True)
    listed = {one.name: one for one in list_backbones(folder)}
    assert listed["student"].path == folder / "student.safetensors"
    assert listed["resnet34"].origin == "file resnet34-mine.pth"
    assert listed["resnet34"].needs == ""
    assert listed["resnet26"].path is None  # begun, but the file is not there
    dino = listed["vit_small_patch14_reg4_dinov2"]
    assert (dino.path, dino.licence, dino.needs) == (
        None,
        "apache-2.0",
        "the hub or a file of weights",
    )
    assert "licence" in listed["vit_small_patch16_dinov3"].needs
    assert find_unnamed(folder) == [folder / "my_weights.pth"]


def test_the_time_is_the_median_of_warm_images(folder: Path) -> None:
    ticks = iter([0.0, 9.0, 0.0, 9.0, *[0.0, 0.02] * 4, *[0.0, 5.0] * 3])
    found = measure_milliseconds("student", folder=folder, device="cpu", clock=lambda: next(ticks))
    assert found == pytest.approx(20)


def test_the_command_prints_one_line_each_and_names_what_is_damaged(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(listing, "WORTH_NAMING", ("student", "resnet18"))
    torch.manual_seed(0)
    command.backbones(speed=True)
    printed, complained = capsys.readouterr()
    usable, missing = printed.split("Not on this machine:")
    assert "apache-2.0" in next(line for line in usable.splitlines() if line.startswith("student"))
    assert "unusable" in next(line for line in usable.splitlines() if line.startswith("resnet34"))
    assert "resnet34-mine.pth is damaged" in complained
    assert "my_weights.pth is not called as any network is" in complained
    assert "resnet18" in missing
    with pytest.raises(SettingsError, match="changes nothing"):
        command.backbones(device="cpu")
