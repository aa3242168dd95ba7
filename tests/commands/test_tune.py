"""`cli.py tune` goes on where it stopped, reads no test image, and prints what to train."""

import csv
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from commands.records import write_command
from commands.train import TrainOptions
from detectors import create_detector, find_entry, list_detectors, parse_settings
from detectors.backbones.student import Student
from detectors.checkpoints import open_detector
from detectors.patchcore.detector import PatchCore
from detectors.search.search import Trial
from detectors.search.space import Categorical
from detectors.search.tuning import TuningJob, tune_detector
from inspection.datasets.dataset import read_dataset
from inspection.errors import EvaluationError, InspectionError, SettingsError
from inspection.products.split_plan import load_split
from inspection.products.splits import apply_split, make_split
from inspection.progress import Monitor, StoppedError
from inspection.types import Split
from tests.doubles.commands import invoke
from tests.doubles.parts import write_dataset

pytest.importorskip("optuna", reason="requirements-tune.txt is not installed")


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "student.safetensors"
    save_file(Student((8, 12, 16)).state_dict(), path)
    return path


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "parts", num_train=32, num_test=6)


def run(*arguments: object, stream: str = "stdout") -> str:
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    return str(getattr(result, stream))


def settings_of(student: Path) -> tuple[str, ...]:
    """Return what makes a detector quick."""
    return ("--set", "input_size=64", "--set", f"backbone_weights={student}")


def tune(parts: Path, student: Path, *arguments: object, stream: str = "stdout") -> str:
    return run(
        *("tune", "--data", parts, "--detector", "patchcore", "--device", "cpu"),
        *("--out", parts.parent / "study", "--checkpoints", parts.parent / "ck"),
        *settings_of(student),
        *arguments,
        stream=stream,
    )


def read_table(parts: Path) -> list[dict[str, str]]:
    with (parts.parent / "study" / "trials.csv").open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_trials_are_kept_as_table_and_plot_and_the_best_can_be_trained(
    parts: Path, student: Path
) -> None:
    said = tune(parts, student, "--trials", 3)
    rows = read_table(parts)
    assert [row["trial"] for row in rows] == ["0", "1", "2"]
    assert rows[0]["coreset_ratio"] == "0.25"  # the detector's own settings come first
    best = max(rows, key=lambda row: float(row["objective"]))
    page = (parts.parent / "study" / "trials.html").read_text(encoding="utf-8")
    assert "coreset_ratio" in page
    command = shlex.split(said.strip().splitlines()[-1])
    assert f"coreset_ratio={best['coreset_ratio']}" in command
    run(*command[2:], "--device", "cpu")
    made = open_detector(
        PatchCore, parts.parent / "ck" / "parts" / "disc" / "patchcore", device="cpu"
    )
    assert made.settings.coreset_ratio == float(best["coreset_ratio"])
    assert tuple(made.settings.layers or ()) == tuple(best["layers"].split(","))
    assert made.settings.input_size == (64, 64)


def test_no_test_and_no_calibration_image_is_read(parts: Path, student: Path) -> None:
    samples = read_dataset(parts).samples
    for sample in apply_split(samples, make_split(samples)):
        if sample.split in (Split.TEST, Split.CALIBRATION):
            sample.image_path.write_bytes(b"whoever reads this fails")
            for path in sample.mask_paths:
                path.write_bytes(b"and this too")
    train = ("train", "--data", parts, "--detector", "patchcore", "--checkpoints", parts / "ck")
    with pytest.raises(InspectionError):
        run(*train, *settings_of(student))
    tune(parts, student, "--trials", 1)
    assert len(read_table(parts)) == 1


def fail_once(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, *, number: int
) -> list[Mapping[str, Any]]:
    """Let the fit of this number fail; return the list to which every fit adds its settings."""
    whole = PatchCore.fit
    tried: list[Mapping[str, Any]] = []

    def fit(self: PatchCore, samples: Any) -> PatchCore:
        tried.append({"layers": self.settings.layers, "ratio": self.settings.coreset_ratio})
        if len(tried) == number:
            raise error
        return whole(self, samples)

    monkeypatch.setattr(PatchCore, "fit", fit)
    return tried


def test_an_interrupted_search_goes_on_with_the_trial_that_it_lost(
    parts: Path, student: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = fail_once(monkeypatch, KeyboardInterrupt(), number=2)
    with pytest.raises(AssertionError):  # exit code 130
        tune(parts, student, "--trials", 3)
    said = tune(parts, student, "--trials", 3)
    assert "1 of 3 trials are done" in said
    assert fits[2] == fits[1]
    assert len(fits) == 4
    assert len(read_table(parts)) == 3
    assert "3 of 3 trials are done" in tune(parts, student, "--trials", 3)
    assert len(fits) == 4


def test_a_search_can_be_stopped_by_whoever_started_it(parts: Path, student: Path) -> None:
    fixed = {"input_size": "64", "backbone_weights": str(student)}
    job = TuningJob("patchcore", parts / "ck", parts / "study", 3, fixed, device="cpu")
    finished: list[Trial] = []
    stopping = Monitor(is_stopped=lambda: len(finished) == 2)
    with pytest.raises(StoppedError):
        tune_detector(read_dataset(parts), job, monitor=stopping, on_trial=finished.append)
    found = tune_detector(read_dataset(parts), job, on_trial=finished.append)
    assert found.trials == tuple(finished)
    assert len(finished) == 3
    assert found.best.settings == dict(found.settings)


def test_settings_that_do_not_work_are_reported_and_never_block_the_search(
    parts: Path, student: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = EvaluationError("The map has no number.", "Choose other settings.")
    tried = fail_once(monkeypatch, error, number=1)
    tune(parts, student, "--trials", 3)
    assert len(read_table(parts)) == 2
    tune(parts, student, "--trials", 4)
    assert len(read_table(parts)) == 3
    assert len(tried) == 4


@pytest.mark.parametrize("lack", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory.")])
def test_a_trial_without_enough_memory_is_reported_and_never_tried_again(
    parts: Path, student: Path, monkeypatch: pytest.MonkeyPatch, lack: Exception
) -> None:
    tried = fail_once(monkeypatch, lack, number=1)
    said = tune(parts, student, "--trials", 2, stream="stderr")
    assert "trial 1 of 2 failed: There was not enough memory" in said
    assert ("--device cpu" in said) == isinstance(lack, torch.OutOfMemoryError)
    assert len(read_table(parts)) == 1
    tune(parts, student, "--trials", 3)
    assert len(read_table(parts)) == 2
    assert len(tried) == 3
    assert tried[0] not in tried[1:]


def test_a_table_that_excel_keeps_open_costs_no_trial(parts: Path, student: Path) -> None:
    table = parts.parent / "study" / "trials.csv"
    table.mkdir(parents=True)  # no file takes its place
    said = tune(parts, student, "--trials", 2, stream="stderr")
    assert said.count(f"Warning: {table} cannot be written") == 2
    assert sorted(path.name for path in table.parent.iterdir()) == [
        "study.db",
        "trials.csv",
        "trials.html",
    ]
    table.rmdir()
    assert "2 of 2 trials are done" in tune(parts, student, "--trials", 2)
    assert len(read_table(parts)) == 2


def test_the_printed_command_calibrates_on_no_image_that_the_settings_were_chosen_with(
    parts: Path, student: Path
) -> None:
    command = shlex.split(tune(parts, student, "--trials", 1, "--seed", 3).splitlines()[-1])
    run(*command[2:], "--device", "cpu")
    kept = load_split(parts.parent / "ck" / "parts" / "disc")
    assert kept is not None
    samples = read_dataset(parts).samples
    assert kept.roles == make_split(samples, seed=3).roles
    assert kept.roles != make_split(samples).roles


def test_the_printed_command_can_be_pasted_into_any_shell() -> None:
    options = TrainOptions(data=["my data"], further=["layers=layer2,layer3", "smoothing=2"])
    assert write_command("train", options) == (
        'python cli.py train --data "my data" --set "layers=layer2,layer3" --set smoothing=2'
    )


def test_a_search_without_any_working_trial_says_so(
    parts: Path, student: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: PatchCore, samples: Any) -> PatchCore:
        raise EvaluationError("The map has no number.", "Choose other settings.")

    monkeypatch.setattr(PatchCore, "fit", failing)
    with pytest.raises(EvaluationError, match="No trial came to an end"):
        tune(parts, student, "--trials", 2)


def test_the_same_seed_proposes_and_measures_the_same(
    parts: Path, student: Path, tmp_path: Path
) -> None:
    tune(parts, student, "--trials", 2)
    first = read_table(parts)
    tune(parts, student, "--trials", 2, "--out", tmp_path / "other")
    with (tmp_path / "other" / "trials.csv").open(encoding="utf-8-sig") as file:
        second = list(csv.DictReader(file))
    for one, other in zip(first, second, strict=True):
        assert {**one, "seconds": ""} == {**other, "seconds": ""}


def test_a_study_of_other_images_or_settings_is_not_continued(parts: Path, student: Path) -> None:
    tune(parts, student, "--trials", 1)
    with pytest.raises(SettingsError, match="another seed"):
        tune(parts, student, "--trials", 2, "--seed", 1)
    with pytest.raises(SettingsError, match="other images"):
        tune(parts, student, "--trials", 2, "--set", "smoothing=2")


def test_labelled_defects_that_settings_are_tried_on_leave_the_test(
    parts: Path, student: Path
) -> None:
    said = tune(parts, student, "--trials", 1, "--labelled-defects", 0.5)
    plan = load_split(parts.parent / "ck" / "parts" / "disc")
    assert plan is not None
    left = [name for name, role in plan.roles.items() if "spot" in name and role is not Split.TEST]
    assert len(left) == 3
    assert "and 3 defective others" in said


def test_without_optuna_it_says_what_to_install(
    parts: Path, student: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SettingsError, match=r"pip install -r requirements-tune\.txt"):
        tune(parts, student)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--set", "smoothing"], "--set smoothing=3"),
        (["--set", "colour=red"], "no setting called colour"),
        (["--set", "smoothing=wide"], "smoothing = wide does not suit"),
        (["--set", "smoothing=99"], "from 0 to 64"),
        (["--detector", "oracle"], "no detector called oracle"),
        (["--detector", "classifier"], "--labelled-defects 0.5"),
    ],
)
def test_bad_input_is_answered_with_a_sentence(
    parts: Path, student: Path, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(InspectionError, match=sentence):
        tune(parts, student, "--trials", 1, *arguments)


def test_settings_are_read_from_text_as_their_kind_asks() -> None:
    assert parse_settings("patchcore", {"input_size": "192", "layers": "layer2"}) == {
        "input_size": (192, 192),
        "layers": ("layer2",),
    }
    assert parse_settings("patchcore", {"input_size": "192,256"})["input_size"] == (192, 256)
    assert parse_settings("unet", {"flips": "none", "crop": "False", "synthetic_share": "0.5"}) == {
        "flips": None,
        "crop": False,
        "synthetic_share": 0.5,
    }
    assert parse_settings("cae", {"max_seconds": "none", "width": "16"}) == {
        "max_seconds": None,
        "width": 16,
    }
    for text in ("maybe", "1"):
        with pytest.raises(SettingsError, match="true, false"):
            parse_settings("unet", {"crop": text})


@pytest.mark.parametrize("name", list(list_detectors()))
def test_every_value_that_is_tried_suits_its_detector(name: str) -> None:
    for key, values in find_entry(name).search_space.items():
        tried = (
            values.values
            if isinstance(values, Categorical)
            else (str(values.least), str(values.most))
        )
        for text in tried:
            made: Any = create_detector(name, device="cpu", **parse_settings(name, {key: text}))
            assert hasattr(made.settings, key)


def test_sizes_are_tried_in_the_shape_of_the_product_or_around_one_that_is_found_out(
    parts: Path, student: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFECT_LENS_CACHE", str(parts.parent / "cache"))
    for path in parts.rglob("*.png"):
        with Image.open(path) as picture:
            tall = picture.resize((32, 64))
        tall.save(path)
    place = (
        *("tune", "--data", parts, "--detector", "patchcore", "--device", "cpu", "--trials", 1),
        *("--checkpoints", parts.parent / "ck", "--set", f"backbone_weights={student}"),
    )
    said = run(*place, "--out", parts.parent / "first")
    assert "input size 352x176 keeps their shape" in said
    assert "input_size=352x176" in said.splitlines()[-1]
    said = run(*place, "--out", parts.parent / "second", "--input-size", "auto")
    assert "as many pixels as 192x192 keep the defects" in said
    assert "input_size=256x128" in said.splitlines()[-1]
    said = run(*place, "--out", parts.parent / "third", "--input-size", "96x48")
    assert "input_size=96x48" in said.splitlines()[-1]
