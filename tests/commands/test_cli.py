"""Commands do what they say, and what a person can mend ends with a sentence and exit code 2."""

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from typer.testing import CliRunner

import cli
from detectors import list_defaults
from detectors.backbones.student import Student
from inspection.datasets.dataset import read_dataset
from inspection.errors import InspectionError
from inspection.products.split_plan import SplitKind, load_split, save_split
from inspection.reports.formats import FORMATS
from tests.doubles.commands import run
from tests.doubles.layouts import write_neu
from tests.doubles.parts import draw_part, write_dataset
from tests.doubles.schema import parse_inspection

ROOT = Path(cli.__file__).parent


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a miniature dataset `parts` and all three detectors trained on it, briefly."""
    folder = tmp_path_factory.mktemp("cli")
    write_dataset(folder / "parts", num_train=14)
    save_file(Student((8, 12, 16)).state_dict(), folder / "student.safetensors")
    said = run(
        *("train", "--data", folder / "parts", "--checkpoints", folder / "ck", "--device", "cpu"),
        *("--input-size", 64, "--minutes", 0.03, "--labelled-defects", 0.5),
        *("--backbone-weights", folder / "student.safetensors"),
    )
    (folder / "said.txt").write_text(said, encoding="utf-8")
    return folder


def test_every_command_explains_itself() -> None:
    overview = run("--help")
    commands = ("demo-data", "train", "calibrate", "evaluate", "inspect", "report")
    for command in (*commands, "distill-backbone"):
        assert command in overview
        assert "--" in run(command, "--help")


def test_training_leaves_three_checkpoints_one_split_and_familiarity(trained: Path) -> None:
    product = trained / "ck" / "parts" / "disc"
    kept = {"split.json", "reading.json", "familiarity.npz"}
    assert {path.name for path in product.iterdir()} == {*list_defaults(), *kept}
    plan = load_split(product)
    assert plan is not None
    assert plan.labelled_fraction == 0.5


def test_a_training_that_fails_takes_no_defect_from_the_test_part(
    trained: Path, tmp_path: Path
) -> None:
    with pytest.raises(InspectionError, match=r"nothing\.safetensors"):
        run(
            *("train", "--data", trained / "parts", "--checkpoints", tmp_path, "--device", "cpu"),
            *("--detector", "unet", "--labelled-defects", 0.5, "--input-size", 64),
            *("--backbone-weights", tmp_path / "nothing.safetensors"),
        )
    plan = load_split(tmp_path / "parts" / "disc")
    assert plan is not None
    assert plan.labelled_fraction == 0


def test_training_says_for_whom_an_option_counts(trained: Path) -> None:
    said = (trained / "said.txt").read_text(encoding="utf-8")
    assert "--minutes counts" not in said, "it does so for all of them"
    assert "--labelled-defects counts for unet\n" in said
    assert "--input-size counts" not in said


def test_training_again_tells_the_threshold_at_the_rate_of_the_product(
    trained: Path, tmp_path: Path
) -> None:
    checkpoints = shutil.copytree(trained / "ck", tmp_path / "ck")
    place = ("--checkpoints", checkpoints)
    run("calibrate", "--category", "parts/disc", "--false-alarm-rate", 0.3, *place)
    said = run(
        *("train", "--data", trained / "parts", "--detector", "patchcore", "--device", "cpu"),
        *("--input-size", 64, "--backbone-weights", trained / "student.safetensors", *place),
    )
    assert "at 30 false alarms per 100 good parts" in said


def test_a_report_holds_every_readable_image_and_says_which_were_seen(
    trained: Path, tmp_path: Path
) -> None:
    seen = next((trained / "parts" / "disc" / "train" / "good").iterdir())
    fresh = tmp_path / "新しい.png"
    Image.fromarray(draw_part(7, defective=True, side=100)[0]).save(fresh)
    (tmp_path / "broken.png").write_bytes(b"no image")
    out = tmp_path / "reports"
    given = ("--category", "disc", "--checkpoints", trained / "ck", "--device", "cpu")
    result = CliRunner().invoke(
        cli.app,
        [str(a) for a in ("report", fresh, seen, tmp_path / "broken.png", "--out", out, *given)],
    )
    assert result.exit_code == 2
    assert "broken.png" in result.output
    assert {path.name for path in out.iterdir()} == {f"report.{name}" for name in FORMATS}
    facts = parse_inspection((out / "report.json").read_text(encoding="utf-8"))
    (missed,) = facts["not_inspected"]
    assert (missed["image"], missed["problem"][-1]) == ("broken.png", ".")
    assert [Path(image["image"]).name for image in facts["images"]] == ["新しい.png", seen.name]
    assert facts["images"][0]["note"] == ""
    assert "training or calibration by CAE, U-Net and PatchCore" in facts["images"][1]["note"]
    assert all("weights.safetensors" in one["files"] for one in facts["detectors"])


def test_a_report_can_be_of_one_format_one_detector_and_one_rate(
    trained: Path, tmp_path: Path
) -> None:
    path = trained / "parts" / "disc" / "test" / "spot" / "000.png"
    run(
        *("report", path, "--category", "disc", "--out", tmp_path / "out", "--format", "json"),
        *("--detector", "cae", "--false-alarm-rate", 0.5, "--checkpoints", trained / "ck"),
    )
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["report.json"]
    facts = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert facts["false_alarm_rate"] == 0.5
    assert [one["name"] for one in facts["detectors"]] == ["cae"]


def test_inspecting_writes_overlays_and_a_table(trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "Teil 7 ü.png"
    Image.fromarray(draw_part(7, defective=True, side=100)[0]).save(path)
    output = run(
        *("inspect", path, "--category", "disc", "--out", tmp_path / "out", "--device", "cpu"),
        *("--checkpoints", trained / "ck"),
    )
    assert "Teil 7 ü.png" in output
    with (tmp_path / "out" / "inspection.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert tuple(row["detector"] for row in rows) == list_defaults()
    for row in rows:
        flagged = float(row["image_score"]) > float(row["threshold"])
        assert row["verdict"] == ("defect" if flagged else "normal")
        assert Image.open(tmp_path / "out" / row["overlay"]).size == (100, 100)


def test_one_bad_image_does_not_lose_the_others(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no image")
    Image.fromarray(draw_part(7)[0]).save(tmp_path / "good.png")
    result = CliRunner().invoke(
        cli.app,
        [
            *("inspect", str(tmp_path / "bad.png"), str(tmp_path / "good.png")),
            *("--category", "disc", "--detector", "patchcore", "--device", "cpu"),
            *("--out", str(tmp_path / "out"), "--checkpoints", str(trained / "ck")),
        ],
    )
    assert result.exit_code == 2
    assert "bad.png could not be read" in result.stderr
    assert (tmp_path / "out" / "inspection.csv").read_text(encoding="utf-8-sig").count("good") == 2


def test_a_product_keeps_the_rate_it_was_given(trained: Path, tmp_path: Path) -> None:
    checkpoints = shutil.copytree(trained / "ck", tmp_path / "ck")
    given = ("calibrate", "--category", "parts/disc", "--checkpoints", checkpoints)
    said = run(*given, "--false-alarm-rate", 0.25)
    assert "25 false alarms" in said
    assert "joint: from" in said
    evaluated = run(
        *("evaluate", "--data", trained / "parts", "--detector", "patchcore"),
        *("--checkpoints", checkpoints, "--device", "cpu"),
    )
    assert "25 false alarms per 100" in evaluated
    assert "image AUROC" in evaluated
    with pytest.raises(InspectionError, match="cannot support"):
        run(*given, "--false-alarm-rate", 0.001)


def test_labelled_defects_are_never_tested_again(trained: Path) -> None:
    output = run(
        *("evaluate", "--data", trained / "parts", "--detector", "patchcore"),
        *("--checkpoints", trained / "ck", "--device", "cpu"),
    )
    assert "4 normal and 2 defective test images" in output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "--data", "{parts}", "--category", "spoon"], "no category 'spoon'"),
        (["train", "--data", "{parts}", "--detector", "oracle"], "cae, unet, patchcore"),
        (["train", "--data", "{empty}"], "no images|none of"),
        (["train", "--data", "{parts}/nowhere"], "nowhere"),
        (["train", "--data", "{parts}", "--input-size", "70"], "multiples of"),
        (["train", "--data", "{parts}", "--device", "tpu"], "no device called tpu"),
        (
            ["train", "--data", "{parts}", "--detector", "patchcore", "--epochs", "3"],
            r"--epochs does not apply to patchcore\. Leave it out, or train cae or unet",
        ),
        (
            ["train", "--data", "{parts}", "--detector", "cae", "--labelled-defects", "0.5"],
            "or train unet",
        ),
        (
            ["train", "--data", "{parts}", "--detector", "cae", "--flips"],
            "or train unet",
        ),
        (["inspect", "x.png", "--category", "spoon", "--out", "{empty}"], "no trained product"),
        (["calibrate", "--category", "spoon", "--false-alarm-rate", "0.1"], "no trained product"),
        (
            ["distill-backbone", "--teacher", "{empty}/no.pth", "--out", "{empty}/s.safetensors"],
            r"no\.pth",
        ),
        (["distill-backbone", "--teacher", "no.pth"], "is there already.*or add --replace"),
    ],
)
def test_bad_input_is_answered_with_a_sentence(
    trained: Path, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    places = {"parts": str(trained / "parts"), "empty": str(tmp_path)}
    filled = [argument.format(**places) for argument in arguments]
    if filled[0] != "distill-backbone":
        filled += ["--checkpoints", str(tmp_path / "ck")]
    with pytest.raises(InspectionError, match=sentence):
        run(*filled)


def test_the_exit_code_is_2_and_there_is_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "cli.py", "train", "--data", str(tmp_path / "nowhere")]
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert result.returncode == 2
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), "MemoryError"),
        (torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate 2 GiB."), "2 GiB more"),
        (
            RuntimeError("[x] DefaultCPUAllocator: can't: you tried to allocate 38430720 bytes."),
            "38.4 MB more could not be had",
        ),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), ""),
    ],
)
def test_a_lack_of_memory_is_reported_and_a_mistake_of_the_program_keeps_its_traceback(
    error: Exception,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit if reason else RuntimeError) as caught:
        cli.main()
    assert getattr(caught.value, "code", None) == (2 if reason else None)
    said = capsys.readouterr().err
    assert said.startswith(f"Error: There was not enough memory ({reason}") == bool(reason)
    assert said.count("\n") == bool(reason)
    assert ("--device cpu" in said) == isinstance(error, torch.OutOfMemoryError)


def test_a_classifier_is_trained_by_name_and_judged_class_by_class(
    trained: Path, tmp_path: Path
) -> None:
    place = ("--data", trained / "parts", "--checkpoints", tmp_path / "ck", "--device", "cpu")
    quick = ("--input-size", 64, "--epochs", 1, "--stages", 1)
    weights = ("--backbone-weights", trained / "student.safetensors")
    with pytest.raises(InspectionError, match=r"--labelled-defects 0\.5"):
        run("train", *place, "--detector", "classifier", *quick, *weights)
    said = run(
        *("train", *place, "--detector", "classifier", *quick, *weights),
        *("--labelled-defects", 0.5, "--classes", "binary"),
    )
    assert "and 2 defective ones" in said
    assert "distinguishes 2 classes" in said
    judged = run("evaluate", *place)
    assert "classes: accuracy" in judged
    assert "true class, and what it was taken for" in judged


def test_a_random_split_divides_every_class_alike(trained: Path, tmp_path: Path) -> None:
    place = ("--data", trained / "parts", "--checkpoints", tmp_path / "ck", "--device", "cpu")
    said = run(
        *("train", *place, "--detector", "classifier", "--split", "random", "--input-size", 64),
        *("--epochs", 1, "--stages", 1, "--backbone-weights", trained / "student.safetensors"),
    )
    assert "and 3 defective ones" in said
    plan = load_split(tmp_path / "ck" / "parts" / "disc")
    assert plan is not None
    assert plan.kind is SplitKind.RANDOM
    with pytest.raises(InspectionError, match="divides the labelled defects already"):
        run("train", *place, "--detector", "classifier", "--labelled-defects", 0.5)


def test_a_unet_learns_the_defects_that_a_random_split_trains_on(
    trained: Path, tmp_path: Path
) -> None:
    place = ("--data", trained / "parts", "--checkpoints", tmp_path / "ck", "--device", "cpu")
    weights = ("--backbone-weights", trained / "student.safetensors")
    said = run(
        *("train", *place, "--detector", "unet", "--split", "random", "--set", "labelled=true"),
        *("--input-size", 64, "--epochs", 1, *weights),
    )
    assert "labelled defects" in said


def test_defects_without_good_parts_are_named_but_not_judged(trained: Path, tmp_path: Path) -> None:
    write_neu(tmp_path / "steel")
    place = ("--data", tmp_path / "steel", "--checkpoints", tmp_path / "ck", "--device", "cpu")
    said = run(
        *("train", *place, "--detector", "classifier", "--input-size", 32, "--epochs", 1),
        *("--stages", 1, "--backbone-weights", trained / "student.safetensors"),
    )
    assert "it names classes only" in said
    judged = run("evaluate", *place)
    assert "6 test images, no good parts" in judged
    assert "beside the baseline" in run("evaluate", *place, "--baseline", tmp_path / "ck")
    words = ("evaluate", *place, "--baseline", tmp_path / "nowhere")
    failed = CliRunner().invoke(cli.app, list(map(str, words)))
    assert "There is no baseline" in str(failed.exception)
    assert "6 test images, no good parts" in failed.output, "the classifier itself is evaluated"
    assert "rolled-in_scale" in judged
    assert "flatters" not in judged
    product = tmp_path / "ck" / "steel" / "steel"
    plan = load_split(product)
    assert plan is not None
    save_split(product, replace(plan, kind=SplitKind.RANDOM))
    assert "which flatters" in run("evaluate", *place)
    image = tmp_path / "steel" / "IMAGES" / "crazing_1.jpg"
    said = run(
        *("inspect", image, "--category", "steel", "--out", tmp_path / "out"),
        *("--checkpoints", tmp_path / "ck", "--device", "cpu"),
    )
    assert "crazing_1.jpg: No verdict: the classifier takes it for " in said


def test_several_datasets_make_one_classifier(trained: Path, tmp_path: Path) -> None:
    write_dataset(tmp_path / "discs", category="plate")
    place = ("--checkpoints", tmp_path / "ck", "--device", "cpu")
    data = ("--data", trained / "parts", "--data", f"plates={tmp_path / 'discs'}")
    with pytest.raises(InspectionError, match="Add --pool NAME"):
        run("train", *data, *place, "--detector", "classifier")
    said = run(
        *("train", *data, *place, "--pool", "both", "--detector", "classifier"),
        *("--labelled-defects", 0.5, "--input-size", 64, "--epochs", 1, "--stages", 1),
        *("--backbone-weights", trained / "student.safetensors"),
    )
    assert "distinguishes 3 classes" in said
    assert "classifier: both/all" in said
    judged = run("evaluate", *data, *place, "--pool", "both")
    assert "parts: accuracy" in judged
    assert "plates/spot" in judged


def test_eda_writes_one_file_with_everything(tmp_path: Path) -> None:
    write_dataset(tmp_path / "parts")
    said = run(
        *("eda", "--data", tmp_path / "parts", "--out", tmp_path / "eda.html"),
        *("--no-embeddings", "--cache", tmp_path / "cache"),
    )
    assert "20 images in 1 categories, 0 unreadable" in said
    assert "Resolution check" in (tmp_path / "eda.html").read_text(encoding="utf-8")


def test_a_folder_of_photographs_is_trained_on_if_all_are_said_to_be_good(
    trained: Path, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    good = [one for one in read_dataset(trained / "parts").samples if not one.is_anomalous]
    for sample in good[:8]:
        shutil.copy(sample.image_path, tmp_path / "photos" / sample.id.replace("/", "-"))
    given = ["train", "--data", tmp_path / "photos", "--checkpoints", tmp_path / "ck"]
    given += ["--detector", "patchcore", "--input-size", 64, "--device", "cpu"]
    given += ["--backbone-weights", trained / "student.safetensors"]
    with pytest.raises(InspectionError, match=r"which of the 8 images.*add --all-good"):
        run(*given)
    assert "8 image files: 6 good for training, 2 good for testing." in run(*given, "--all-good")
    with pytest.raises(InspectionError, match="--all-good does not apply to"):
        run("train", "--data", trained / "parts", "--all-good")


def test_training_and_evaluation_begin_with_the_account_of_the_folder(trained: Path) -> None:
    account = read_dataset(trained / "parts").account
    assert account in (trained / "said.txt").read_text(encoding="utf-8")
    said = run("evaluate", "--data", trained / "parts", "--checkpoints", trained / "ck")
    assert said.startswith(account)
