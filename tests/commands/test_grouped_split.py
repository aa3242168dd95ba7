"""Near copies of a part stay on one side of the split."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import save_file

from detectors import LazyEmbedder
from detectors.backbones.student import Student
from eda.near_duplicates import group_near_duplicates
from inspection.datasets.dataset import read_dataset
from inspection.products.split_plan import load_split
from inspection.types import Split
from tests.doubles.commands import run
from tests.doubles.parts import write_dataset


def test_a_grouped_split_keeps_copies_on_one_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFECT_LENS_CACHE", str(tmp_path / "cache"))
    folder = write_dataset(tmp_path / "parts", num_train=50) / "disc"
    shutil.copy(folder / "train" / "good" / "000.png", folder / "test" / "good" / "copy.png")
    dataset = read_dataset(tmp_path / "parts")
    grouped = {s.id: s for s in group_near_duplicates(dataset, LazyEmbedder("cpu")).samples}
    copy, original = grouped["disc/test/good/copy.png"], grouped["disc/train/good/000.png"]
    assert copy.group == original.group
    assert copy.split is original.split is Split.TEST


def test_a_later_training_keeps_the_grouped_split_without_asking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFECT_LENS_CACHE", str(tmp_path / "cache"))
    folder = write_dataset(tmp_path / "parts", num_train=50) / "disc"
    shutil.copy(folder / "train" / "good" / "000.png", folder / "test" / "good" / "copy.png")
    save_file(Student((8, 12, 16)).state_dict(), tmp_path / "student.safetensors")
    order = ("train", "--data", tmp_path / "parts", "--checkpoints", tmp_path / "ck")
    student = ("--backbone-weights", tmp_path / "student.safetensors")
    small = ("--input-size", 64, "--device", "cpu", *student, "--detector")
    run(*order, "--split", "grouped", *small, "patchcore")
    product = tmp_path / "ck" / "parts" / "disc"
    plan = load_split(product)
    assert "keeps the grouped split" in run(*order, "--epochs", 1, *small, "cae")
    assert load_split(product) == plan
    ids = {"disc/test/good/copy.png", "disc/train/good/000.png"}
    for name in ("patchcore", "cae"):
        assert (
            not ids
            & json.loads((product / name / "detector.json").read_text())["training"]["seen"].keys()
        )
