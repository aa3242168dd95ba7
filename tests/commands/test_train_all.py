"""`cli.py train-all` goes on where it stopped, and one bad category does not stop the others."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

import cli
from detectors.backbones.student import Student
from detectors.checkpoints import open_detector
from detectors.patchcore.detector import PatchCore
from inspection.errors import DatasetError, SettingsError
from tests.doubles.commands import invoke
from tests.doubles.parts import write_dataset


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """A dataset of two categories, and a small backbone beside it."""
    save_file(Student((8, 12, 16)).state_dict(), tmp_path / "student.safetensors")
    write_dataset(tmp_path / "parts", category="disc")
    return write_dataset(tmp_path / "parts", category="ring")


def train_all(parts: Path, *arguments: object) -> str:
    words = [
        *("train-all", "--data", parts, "--checkpoints", parts.parent / "ck", "--device", "cpu"),
        *("--detector", "patchcore", "--input-size", 64),
        *("--backbone-weights", parts.parent / "student.safetensors", *arguments),
    ]
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_every_category_is_trained_and_what_is_trained_is_left(
    parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = PatchCore.fit
    fits: list[str] = []

    def dying(self: PatchCore, samples: Any) -> PatchCore:
        fits.append(samples[0].category)
        if len(fits) == 2:
            raise KeyboardInterrupt
        return whole(self, samples)

    monkeypatch.setattr(PatchCore, "fit", dying)
    with pytest.raises(AssertionError):  # exit code 130
        train_all(parts)
    disc = parts.parent / "ck" / "parts" / "disc" / "familiarity.npz"
    disc.unlink()
    said = train_all(parts)
    assert "patchcore: parts/disc is trained already" in said
    assert fits == ["disc", "ring", "ring"]
    assert disc.is_file(), "what the parts look like is made where it is missing"
    assert "reference images show what ring looks like" in said
    assert "parts/ring is trained already" in train_all(parts)
    assert fits == ["disc", "ring", "ring"]


def test_a_category_that_cannot_be_trained_does_not_stop_the_others(parts: Path) -> None:
    shutil.rmtree(parts / "disc" / "train")
    (parts / "disc" / "train" / "good").mkdir(parents=True)
    with pytest.raises(DatasetError, match=r"1 of 2 categories were not trained.*disc"):
        train_all(parts)
    assert (parts.parent / "ck" / "parts" / "ring" / "patchcore").is_dir()


@pytest.mark.parametrize("lack", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory.")])
def test_a_category_without_enough_memory_does_not_stop_the_others(
    parts: Path, monkeypatch: pytest.MonkeyPatch, lack: Exception
) -> None:
    whole = PatchCore.fit

    def failing(self: PatchCore, samples: Any) -> PatchCore:
        if samples[0].category == "disc":
            raise lack
        return whole(self, samples)

    monkeypatch.setattr(PatchCore, "fit", failing)
    with pytest.raises(DatasetError, match=r"1 of 2 categories were not trained.*disc"):
        train_all(parts)
    assert (parts.parent / "ck" / "parts" / "ring" / "patchcore").is_dir()
    monkeypatch.undo()
    assert "parts/ring is trained already" in train_all(parts)


def test_any_setting_of_a_detector_can_be_given(parts: Path) -> None:
    train_all(parts, "--set", "coreset_ratio=0.05", "--set", "layers=layer2")
    made = open_detector(
        PatchCore, parts.parent / "ck" / "parts" / "ring" / "patchcore", device="cpu"
    )
    assert made.settings.coreset_ratio == 0.05
    assert tuple(made.settings.layers or ()) == ("layer2",)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--category", "disc"], "train-all takes every category"),
        (["--set", "colour=red"], "--set colour does not apply to patchcore. Leave it out."),
        (["--set", "width=8"], "train cae"),
        (["--set", "smoothing"], "--set smoothing=3"),
    ],
)
def test_bad_input_is_answered_with_a_sentence(
    parts: Path, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence.replace(".", r"\.")):
        train_all(parts, *arguments)


def test_notes_of_a_training_are_sentences_one_per_kind(
    parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.training._train_one", lambda *arguments: None)
    for number in (0, 2):
        (parts / "disc" / "ground_truth" / "spot" / f"{number:03d}_mask.png").unlink()
    words = ["train", "--data", str(parts), "--category", "disc", "--detector", "patchcore"]
    result = CliRunner().invoke(cli.app, [*words, "--checkpoints", str(parts.parent / "ck")])
    assert result.exit_code == 0, result.output
    assert [line for line in result.stderr.splitlines() if "note" in line] == [
        "  note: The defective image disc/test/spot/000.png has no mask. Add its mask; until then "
        "it counts in image scores but not in pixel scores. (1 more of this kind.)"
    ]
