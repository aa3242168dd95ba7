"""`cli.py evaluate` prints every metric, keeps it, goes on after an interruption, finds leaks."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from commands.evaluation_text import describe_product
from detectors import list_defaults
from inspection.datasets.dataset import read_dataset
from inspection.detector import Channel
from inspection.errors import BreakdownError, InspectionError
from inspection.evaluation.files import has_evaluation, load_evaluation
from inspection.evaluation.metrics import METRICS, Metric, estimate_share
from inspection.evaluation.records import Estimate
from inspection.evaluation.scored import ScoredImages
from inspection.files import read_json, write_json
from inspection.images import pixel_hash, read_image
from inspection.products.checkpoint_folders import load_calibration, save_calibration
from inspection.products.manifest import CALIBRATION, CARD
from inspection.products.split_plan import SplitKind, SplitPlan, save_split
from inspection.types import Prediction, RGBImage, Split
from tests.doubles.commands import invoke
from tests.doubles.detectors import FakeDetector
from tests.doubles.products import write_checkpoint, write_product

NAMES = list_defaults()


class Counting(FakeDetector):
    """Counts the images that it predicts."""

    num_predicted = 0

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name  # type: ignore[misc]

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        Counting.num_predicted += len(images)
        return super().predict(images)


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the dataset `drawn` of two categories and checkpoints of three fakes."""
    for category in ("part", "ring"):
        write_product(tmp_path / "drawn", category)
        for name in NAMES:
            write_checkpoint(tmp_path / "ck" / "drawn" / category / name)

    def load(folder: Path, *, device: str | None = None) -> Channel:
        return Channel(Counting(folder.name), load_calibration(folder).calibration)

    monkeypatch.setattr("detectors.workflow.load_channel", load)
    Counting.num_predicted = 0
    return tmp_path


def specificity(scored: ScoredImages) -> Estimate:
    """Return the share of normal images that pass: a metric that is not in the list."""
    counts = scored.verdicts
    return estimate_share(counts.true_negatives, counts.num_normal, "There is no normal image.")


def evaluate(trained: Path, *arguments: str, stream: str = "stdout") -> str:
    places = ["--data", str(trained / "drawn"), "--checkpoints", str(trained / "ck")]
    result = invoke("evaluate", *places, *arguments)
    assert result.exit_code == 0, result.output
    return str(getattr(result, stream))


def test_every_category_is_evaluated_printed_and_kept(trained: Path) -> None:
    said = evaluate(trained)
    for text in (
        *("drawn/part: 4 normal and 6 defective", "drawn/ring", "image AUROC", "AUPRO 0.05"),
        *("0.90, as plants require", "found, by defect type", "dent", "scratch", "mean of 2"),
        "mean squared error",
    ):
        assert text in said
    for category in ("part", "ring"):
        for name in NAMES:
            folder = trained / "ck" / "drawn" / category / name
            report = load_evaluation(folder)
            assert len(report.images) == 10
            assert report.detector == name
            assert (folder / "evaluation.csv").is_file()
    board = (trained / "ck" / "drawn" / "leaderboard.csv").read_text(encoding="utf-8-sig")
    assert len(board.splitlines()) == 1 + 2 * (len(NAMES) + 1)  # the joint verdict, too


def test_a_report_names_the_command_that_makes_it_again(trained: Path) -> None:
    evaluate(trained, "--detector", "unet", "--again", "--false-alarm-rate", "0.3")
    report = load_evaluation(trained / "ck" / "drawn" / "part" / "unet")
    assert report.origin.command == (
        f"python cli.py evaluate --data {trained / 'drawn'} --detector unet "
        f"--false-alarm-rate 0.3 --again --checkpoints {trained / 'ck'}"
    )


def test_what_is_evaluated_is_read_and_only_the_rest_is_done(trained: Path) -> None:
    evaluate(trained, "--category", "part", "--detector", "unet")
    assert Counting.num_predicted == 10
    said = evaluate(trained, "--category", "part")
    assert Counting.num_predicted == 30
    assert evaluate(trained, "--category", "part") == said
    assert Counting.num_predicted == 30
    evaluate(trained, "--category", "part", "--detector", "unet", "--again")
    assert Counting.num_predicted == 40
    evaluate(trained, "--category", "part", "--detector", "unet", "--false-alarm-rate", "0.3")
    assert Counting.num_predicted == 50


def test_a_metric_that_was_added_is_printed_and_older_evaluations_are_refreshed(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate(trained, "--category", "part")
    monkeypatch.setitem(METRICS, "specificity", Metric("specificity", specificity))
    said = evaluate(trained, "--category", "part")
    assert Counting.num_predicted == 60
    (line,) = (line for line in said.splitlines() if line.startswith("  specificity "))
    assert "1.000 (0.398-1.000)" in line
    board = (trained / "ck" / "drawn" / "leaderboard.csv").read_text(encoding="utf-8-sig")
    head, first = (line.split(",") for line in board.splitlines()[:2])
    assert float(dict(zip(head, first, strict=True))["specificity"]) == 1.0
    assert "specificity_low" in head


@pytest.mark.parametrize("lack", [MemoryError(), RuntimeError("CUDA error: out of memory")])
def test_a_category_without_enough_memory_is_named_and_the_others_are_evaluated(
    trained: Path, monkeypatch: pytest.MonkeyPatch, lack: Exception
) -> None:
    whole = Counting.predict

    def failing(self: Counting, images: Sequence[RGBImage]) -> list[Prediction]:
        if not Counting.num_predicted:
            Counting.num_predicted += 1
            raise lack
        return whole(self, images)

    monkeypatch.setattr(Counting, "predict", failing)
    with pytest.raises(BreakdownError, match=r"drawn/part: There was not enough memory") as caught:
        evaluate(trained)
    assert ("--device cpu" in str(caught.value)) == isinstance(lack, RuntimeError)
    assert not has_evaluation(trained / "ck" / "drawn" / "part" / "cae")
    assert has_evaluation(trained / "ck" / "drawn" / "ring" / "patchcore")
    assert "drawn/part: 4 normal" in evaluate(trained)


def test_tables_that_excel_keeps_open_cost_no_metric(trained: Path) -> None:
    folder = trained / "ck" / "drawn" / "part" / "unet"
    tables = (folder / "evaluation.csv", trained / "ck" / "drawn" / "leaderboard.csv")
    for table in tables:
        table.mkdir()  # no file takes its place
    said = evaluate(trained, "--category", "part", stream="stderr")
    for table in tables:
        assert f"Warning: {table} cannot be written" in said
        table.rmdir()
    assert len(load_evaluation(folder).images) == 10
    before = Counting.num_predicted
    evaluate(trained, "--category", "part")
    assert Counting.num_predicted == before
    assert all(table.is_file() for table in tables)


def test_a_test_image_copied_into_training_is_found_and_counts_for_no_detector(
    trained: Path,
) -> None:
    leaked = trained / "drawn" / "part" / "test" / "good" / "001.png"
    copy = trained / "drawn" / "part" / "train" / "good" / "renamed.png"
    shutil.copy(leaked, copy)
    folder = trained / "ck" / "drawn" / "part" / "unet"
    seen = {"part/train/good/renamed.png": pixel_hash(read_image(copy))}
    write_json(folder / CARD, {**read_json(folder / CARD), "training": {"seen": seen}})
    said = evaluate(trained, "--category", "part")
    assert "left out: part/test/good/001.png, which unet saw as part/train/good/renamed.png" in said
    assert "3 normal and 6 defective" in said
    assert Counting.num_predicted == 27


def test_an_image_that_calibrated_a_threshold_is_found_too(trained: Path) -> None:
    folder = trained / "ck" / "drawn" / "part" / "cae"
    calibration = load_calibration(folder).calibration
    image = trained / "drawn" / "part" / "test" / "dent" / "000.png"
    save_calibration(folder, calibration, {"old.png": pixel_hash(read_image(image))})
    said = evaluate(trained, "--category", "part", "--detector", "patchcore")
    assert "left out: part/test/dent/000.png, which cae saw as old.png" in said


def test_an_evaluation_without_defects_or_masks_says_what_is_undefined(trained: Path) -> None:
    shutil.rmtree(trained / "drawn" / "part" / "ground_truth")
    said = evaluate(trained, "--category", "part")
    assert "undefined: pixel AUROC" in said
    assert "No defective test image has a mask." in said
    for kind in ("dent", "scratch"):
        shutil.rmtree(trained / "drawn" / "part" / "test" / kind)
    said = evaluate(trained, "--category", "part", "--detector", "cae")
    assert "There is no defective test image." in said
    assert "4 normal and 0 defective" in said


def test_what_is_odd_about_the_masks_stands_beside_the_metrics(trained: Path) -> None:
    masks = sorted((trained / "drawn" / "part" / "ground_truth").rglob("*.png"))
    for path, level in zip(masks, (0, 255, 255), strict=False):
        Image.new("L", Image.open(path).size, level).save(path)
    said = evaluate(trained, "--category", "part", "--detector", "cae")
    (empty, large) = [line for line in said.splitlines() if line.startswith("  note: ")]
    assert "part/test/dent/000.png is empty" in empty
    assert "covers 100 % of the image" in large
    assert large.endswith("(1 more of this kind.)")
    for path in masks[2:]:
        path.unlink()
    said = evaluate(trained, "--category", "part", "--detector", "cae")
    assert "  no interval: Fewer than 5 defective test parts have a mask" in said


def test_a_mask_that_is_not_certain_is_refused_before_anything_is_scored(trained: Path) -> None:
    path = next((trained / "drawn" / "part" / "ground_truth").rglob("*.png"))
    width, height = Image.open(path).size
    Image.linear_gradient("L").resize((width, height)).save(path)
    with pytest.raises(InspectionError, match=f"{path.name} of .* grey levels and no clear mark"):
        evaluate(trained, "--category", "part", "--detector", "cae")
    assert Counting.num_predicted == 0


def test_what_is_undefined_for_any_detector_is_named(trained: Path) -> None:
    evaluate(trained, "--category", "part")
    reports = [load_evaluation(trained / "ck" / "drawn" / "part" / name) for name in NAMES]
    lost = Estimate(None, reason="The U-Net has lost it.")
    reports[1] = replace(reports[1], metrics={**reports[1].metrics, "dice": lost})
    assert "  undefined: Dice. The U-Net has lost it." in describe_product(reports)


def test_the_leaderboard_keeps_what_was_evaluated_before(trained: Path) -> None:
    evaluate(trained)
    evaluate(trained, "--category", "part", "--detector", "unet", "--again")
    board = (trained / "ck" / "drawn" / "leaderboard.csv").read_text(encoding="utf-8-sig")
    assert len(board.splitlines()) == 1 + 2 * (len(NAMES) + 1)
    break_calibration(trained, "ring", "cae")
    evaluate(trained, "--category", "part")
    board = (trained / "ck" / "drawn" / "leaderboard.csv").read_text(encoding="utf-8-sig")
    left_out = "what no longer belongs to its checkpoint is left out, and the joint verdict with it"
    assert len(board.splitlines()) == 2 * (len(NAMES) + 1) - 1, left_out


def test_categories_without_the_detector_are_left_unless_they_are_named(trained: Path) -> None:
    shutil.rmtree(trained / "ck" / "drawn" / "ring" / "unet")
    said = evaluate(trained, "--detector", "unet")
    assert "drawn/part" in said
    assert "drawn/ring" not in said
    with pytest.raises(InspectionError, match="Not trained yet"):
        evaluate(trained, "--detector", "unet", "--category", "ring")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--category", "spoon"], "no category 'spoon'"),
        (["--detector", "oracle"], "cae, unet, patchcore"),
        (["--category", "part", "--false-alarm-rate", "0.001"], "cannot support"),
        (["--dataset", "other"], "No category of other is trained"),
    ],
)
def test_bad_input_is_answered_with_a_sentence(
    trained: Path, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(InspectionError, match=sentence):
        evaluate(trained, *arguments)


def break_calibration(trained: Path, category: str, name: str) -> None:
    (trained / "ck" / "drawn" / category / name / CALIBRATION).write_text("{", encoding="utf-8")


@pytest.mark.parametrize(
    ("kind", "note"),
    [(SplitKind.RANDOM, "which flatters"), (SplitKind.GROUPED, "kept on one side")],
)
def test_a_split_that_is_not_the_layouts_own_is_named(
    trained: Path, kind: SplitKind, note: str
) -> None:
    assert note not in evaluate(trained, "--category", "part")
    samples = read_dataset(trained / "drawn").of("part").samples
    folder = trained / "ck" / "drawn" / "part"
    save_split(folder, SplitPlan(0, 0.0, {sample.id: Split.TEST for sample in samples}, kind))
    assert note in evaluate(trained, "--category", "part")


def test_a_damaged_checkpoint_stops_its_own_category_and_not_the_others(trained: Path) -> None:
    break_calibration(trained, "part", "unet")
    with pytest.raises(InspectionError, match=r"calibration\.json is damaged"):
        evaluate(trained)
    assert not has_evaluation(trained / "ck" / "drawn" / "part" / "cae")
    assert has_evaluation(trained / "ck" / "drawn" / "ring" / "patchcore")
    break_calibration(trained, "ring", "cae")
    with pytest.raises(InspectionError, match="2 categories could not be evaluated: drawn/part"):
        evaluate(trained)


def test_what_cannot_be_evaluated_is_named_also_where_curves_were_asked_for(trained: Path) -> None:
    break_calibration(trained, "part", "unet")
    page = trained / "curves.html"
    with pytest.raises(InspectionError, match=r"drawn/part.*calibration\.json is damaged"):
        evaluate(trained, "--category", "part", "--curves", str(page))
    assert not page.exists()


def test_a_damaged_classifier_does_not_stop_the_other_categories(trained: Path) -> None:
    product = trained / "ck" / "drawn" / "part"
    shutil.copytree(product / "unet", product / "classifier")
    break_calibration(trained, "part", "classifier")
    with pytest.raises(InspectionError, match="classifier"):
        evaluate(trained)
    assert has_evaluation(trained / "ck" / "drawn" / "ring" / "cae")


HISTORY = [
    {"epoch": n, "seconds": 1.5 * n, "loss": 3.0 / n, "validation_loss": abs(n - 13) + 0.25}
    for n in range(1, 41)
]


def give_history(trained: Path, name: str, history: object) -> None:
    path = trained / "ck" / "drawn" / "part" / name / CARD
    card = read_json(path)
    training = {**card["training"], "seconds": 121}
    write_json(
        path,
        {
            **card,
            "state": {"history": history, "best_epoch": 20},
            "training": training,
        },
    )


def test_trainings_are_reported_in_a_few_epochs_and_written_whole(trained: Path) -> None:
    give_history(trained, "cae", HISTORY)
    stages = [{**row, "stage": 1 + row["epoch"] // 21, "f1": 0.5} for row in HISTORY]
    give_history(trained, "unet", stages)
    said = evaluate(trained, "--category", "part").splitlines()
    start = next(row for row, line in enumerate(said) if "training of CAE" in line)
    assert "40 epochs in about 2 minutes" in said[start]
    table = [line.split() for line in said[start + 1 : start + 11]]
    assert table[0] == ["epoch", "loss", "validation", "loss"]
    assert ["1", "3.0000", "12.2500"] in table
    assert ["20*", "0.1500", "7.2500"] in table
    assert table[-1] == ["40", "0.0750", "27.2500"]
    assert any(line.split()[:3] == ["epoch", "stage", "loss"] for line in said)
    assert not any("training of PatchCore" in line for line in said), "it has no epochs"
    folder = trained / "ck" / "drawn" / "part"
    rows = (folder / "unet" / "training.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[0] == "epoch,stage,loss,validation_loss,f1"
    assert rows[40] == "40,2,0.075,27.25,0.5"
    assert not (folder / "patchcore" / "training.csv").exists()


def test_the_curves_of_all_trainings_are_one_page(trained: Path) -> None:
    give_history(trained, "cae", HISTORY)
    give_history(trained, "unet", HISTORY[:1])
    page = trained / "new" / "curves.html"
    said = evaluate(trained, "--category", "part", "--curves", str(page))
    assert str(page) in said
    text = page.read_text(encoding="utf-8")
    assert "CAE, drawn" in text
    assert "U-Net, drawn" in text
    assert "PatchCore, drawn" not in text
    assert text.count("plotly.js v") == 1, "the library is inside, once"


def test_curves_that_cannot_be_drawn_or_written_are_a_sentence(trained: Path) -> None:
    with pytest.raises(InspectionError, match="trained in epochs"):
        evaluate(trained, "--category", "part", "--curves", str(trained / "curves.html"))
    give_history(trained, "cae", HISTORY)
    with pytest.raises(InspectionError, match="cannot be written"):
        evaluate(trained, "--category", "part", "--curves", str(trained / "drawn"))
