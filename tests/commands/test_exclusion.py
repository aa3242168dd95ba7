"""Images on an exclusion list take part in nothing: they are not learned, nor tested."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import save_file

from detectors.backbones.student import Student
from inspection.datasets.dataset import read_dataset
from inspection.datasets.exclusion import exclude_images, read_exclusions
from inspection.errors import DatasetError, InspectionError, SettingsError
from inspection.evaluation.files import load_evaluation, save_evaluation
from inspection.products.split_plan import load_split
from inspection.products.splits import apply_split, find_test_samples
from inspection.types import Split
from tests.doubles.commands import run
from tests.doubles.parts import write_dataset

OUT = ("disc/train/good/003.png", "disc/test/good/001.png", "disc/test/spot/002.png")


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "parts", num_train=14)


def write_list(folder: Path, *lines: str) -> Path:
    path = folder / "excluded.txt"
    path.write_text("".join(f"{line}\n" for line in ("# remark", *lines)), encoding="utf-8")
    return path


def test_the_account_tells_what_was_excluded_and_still_counts_every_file(parts: Path) -> None:
    source = read_dataset(parts)
    left = exclude_images(source, OUT, by="excluded.txt")
    assert {one.id for one in source.samples} - {one.id for one in left.samples} == set(OUT)
    assert source.account.startswith("26 image files: 14 good")
    assert left.account == (
        "26 image files: 13 good for training, 3 good for testing, 3 defective for testing, "
        "3 masks, 4 not used: 3 images excluded by excluded.txt, 1 mask of excluded images."
    )


def test_an_id_that_the_dataset_does_not_have_is_told(parts: Path, tmp_path: Path) -> None:
    ids = read_exclusions(write_list(tmp_path, OUT[0], "disc/train/god/1.png", ""))
    assert ids == (OUT[0], "disc/train/god/1.png")
    with pytest.raises(DatasetError, match=r"names an image .* not have: 'disc/train/god"):
        exclude_images(read_dataset(parts), ids, by="excluded.txt")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_exclusions(tmp_path / "nowhere.txt")
    (tmp_path / "odd.txt").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(DatasetError, match="no text in UTF-8"):
        read_exclusions(tmp_path / "odd.txt")


def test_what_is_excluded_is_neither_learned_nor_tested_until_it_is_taken_in_again(
    parts: Path, tmp_path: Path
) -> None:
    save_file(Student((8, 12, 16)).state_dict(), tmp_path / "student.safetensors")
    order = ("train", "--data", parts, "--checkpoints", tmp_path / "ck", "--device", "cpu")
    small = (
        *("--detector", "patchcore", "--input-size", 64),
        *("--backbone-weights", tmp_path / "student.safetensors"),
    )
    product = tmp_path / "ck" / "parts" / "disc"
    said = run(*order, *small, "--exclude", write_list(tmp_path, *OUT))
    assert "3 images excluded by excluded.txt" in said
    assert not set(OUT) & seen(product)
    assert not set(OUT) & used(parts, product)
    tested = ("evaluate", "--data", parts, "--checkpoints", tmp_path / "ck", "--device", "cpu")
    told = run(*tested)
    assert "3 normal and 3 defective test images" in told
    assert "the exclusion list of the product leaves out 2 test images" in told
    kept = load_evaluation(product / "patchcore")
    assert kept.num_excluded == 2
    save_evaluation(product / "patchcore", replace(kept, num_excluded=0))  # as of an older version
    assert "leaves out 2 test images" in run(*tested)
    assert load_evaluation(product / "patchcore") == kept
    again = run(*order, *small)
    assert "3 images excluded by the split.json of the product" in again
    assert not set(OUT) & seen(product)
    run(*order, *small, "--exclude", write_list(tmp_path))
    assert set(OUT) <= used(parts, product)
    told = run(*tested)
    assert "4 normal and 4 defective test images" in told
    assert "exclusion list" not in told
    assert load_evaluation(product / "patchcore").num_excluded == 0


def test_a_search_for_settings_leaves_out_what_the_training_would(
    parts: Path, tmp_path: Path
) -> None:
    pytest.importorskip("optuna", reason="requirements-tune.txt is not installed")
    save_file(Student((8, 12, 16)).state_dict(), tmp_path / "student.safetensors")
    train = [one for one in read_dataset(parts).samples if one.split is Split.TRAIN]
    for sample in train[:4]:
        sample.image_path.write_bytes(b"whoever reads this fails")
    order = (
        *("tune", "--data", parts, "--checkpoints", tmp_path / "ck", "--device", "cpu"),
        *("--detector", "patchcore", "--set", "input_size=64", "--trials", 1),
        *("--set", f"backbone_weights={tmp_path / 'student.safetensors'}"),
    )
    with pytest.raises(InspectionError):
        run(*order, "--out", tmp_path / "all")
    excluded = write_list(tmp_path, *(one.id for one in train[:4]))
    said = run(*order, "--out", tmp_path / "some", "--exclude", excluded)
    assert "4 images excluded by excluded.txt" in said
    command = shlex.split(said.strip().splitlines()[-1])
    assert command[command.index("--exclude") + 1] == str(excluded)
    run(*command[2:], "--device", "cpu")
    product = tmp_path / "ck" / "parts" / "disc"
    plan = load_split(product)
    assert plan is not None
    assert plan.excluded == {one.id for one in train[:4]}
    again = run(*order, "--out", tmp_path / "later")
    assert "4 images excluded by the split.json of the product" in again
    with pytest.raises(InspectionError):  # an empty list takes them in again
        run(*order, "--out", tmp_path / "whole", "--exclude", write_list(tmp_path))
    assert load_split(product) == plan  # of a search nothing is kept


def seen(product: Path) -> set[str]:
    content = json.loads((product / "patchcore" / "detector.json").read_text(encoding="utf-8"))
    return set(content["training"]["seen"])


def used(parts: Path, product: Path) -> set[str]:
    plan = load_split(product)
    assert plan is not None
    samples = read_dataset(parts).samples
    tested = {sample.id for sample in find_test_samples(product, samples)}
    return tested | {sample.id for sample in apply_split(samples, plan)}


def test_a_list_counts_for_one_dataset(parts: Path, tmp_path: Path) -> None:
    given = ("train", "--data", parts, "--pool", "all", "--exclude", write_list(tmp_path, OUT[0]))
    with pytest.raises(SettingsError, match="counts for one dataset"):
        run(*given, "--checkpoints", tmp_path / "ck")
