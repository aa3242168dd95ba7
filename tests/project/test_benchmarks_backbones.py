"""Backbones are compared on every normal training image, and on the test part alone."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from benchmarks.backbones import compare, rank
from detectors.backbones.student import Student
from detectors.patchcore.detector import PatchCore
from inspection.datasets.dataset import read_dataset
from inspection.errors import SettingsError
from tests.doubles.parts import write_dataset


@pytest.fixture
def student(tmp_path: Path) -> str:
    torch.manual_seed(0)
    save_file(Student((8, 12, 16)).state_dict(), tmp_path / "student.safetensors")
    return f"student={tmp_path / 'student.safetensors'}"


def test_every_normal_training_image_fills_the_memory(
    student: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = write_dataset(tmp_path / "parts", num_train=9)
    learned: list[str] = []
    fit = PatchCore.fit

    def watched(self: PatchCore, samples: list[object]) -> PatchCore:
        learned.extend(sample.id for sample in samples)  # type: ignore[attr-defined]
        return fit(self, samples)  # type: ignore[arg-type]

    monkeypatch.setattr(PatchCore, "fit", watched)
    compare([student], data, input_size="64", device="cpu")
    assert learned == [f"disc/train/good/{index:03d}.png" for index in range(9)]
    assert capsys.readouterr().out == "disc  student  image AUROC 1.000\n"


def test_one_kind_of_test_image_is_no_comparison(student: str, tmp_path: Path) -> None:
    data = read_dataset(write_dataset(tmp_path / "parts", num_test=0))
    with pytest.raises(SettingsError, match="good and defective"):
        rank(data.of("disc"), student, input_size=(64, 64), device="cpu")
