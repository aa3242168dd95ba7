"""Backbones are compared on every normal training image, and on the test part alone."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from benchmarks.backbones import compare, draw_few, rank
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
        rank(data.of("disc"), [], student, input_size=(64, 64), device="cpu")


def test_one_good_image_is_enough_and_is_drawn_three_times(
    student: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_dataset(tmp_path / "parts", num_train=9)
    compare([student], data, input_size="64", shots=[1], device="cpu")
    printed = capsys.readouterr().out
    assert printed.startswith("disc  student  1-shot  image AUROC ")
    assert printed.endswith("in 3 draws)\n")
    learned = read_dataset(data).of("disc").samples
    drawn = draw_few(learned, 4)
    assert drawn == draw_few(learned, 4)
    assert [len({sample.id for sample in one}) for one in drawn] == [4, 4, 4]
    assert len({sample.id for one in drawn for sample in one}) > 4
    with pytest.raises(SettingsError, match="--shots from 1 to"):
        draw_few(learned, 0)
