"""`cli.py inspect` tells the joint outcome, which detectors know an image, and who is silent."""

import csv
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

import cli
from inspection.detector import Channel
from inspection.errors import CheckpointError, InspectionError, ReportError
from inspection.findings import Inspection
from inspection.images import OpenedImage, open_image, pixel_hash, read_image
from inspection.products.manifest import CALIBRATION, CARD
from inspection.reports.records import Item, make_item
from inspection.types import Reading
from tests.doubles.commands import invoke, run
from tests.doubles.detectors import DETECTORS, FakeEmbed
from tests.doubles.parts import PICTURE_SIDE, draw_part
from tests.doubles.products import open_fake, write_checkpoint, write_familiarity

WEAKNESS = {"unet": 0.3, "patchcore": 0.15}  # what is fainter than this, they miss
STRENGTHS = {"sure": 115, "faint": 64, "fainter": 26, "good": 0}


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with four images and the checkpoints of three fakes, of which the CAE saw one."""
    for name, strength in STRENGTHS.items():
        image, _ = draw_part(5, defective=strength > 0, strength=strength, side=PICTURE_SIDE)
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    known = {"part/train/good/000.png": pixel_hash(read_image(tmp_path / "good.png"))}
    for name in DETECTORS:
        folder = tmp_path / "ck" / "drawn" / "part" / name
        write_checkpoint(folder, seen=known if name == "cae" else {})

    def load(folder: Path, *, device: str | None = None) -> Channel:
        return open_fake(folder, weakness=WEAKNESS)

    monkeypatch.setattr("detectors.workflow.load_channel", load)
    monkeypatch.setattr("detectors.catalog.LazyEmbedder", lambda _: FakeEmbed())
    return tmp_path


def inspect(trained: Path, images: Sequence[str], *options: str) -> Result:
    return inspect_paths(trained, [trained / f"{name}.png" for name in images], *options)


def inspect_paths(trained: Path, paths: Sequence[Path], *options: str) -> Result:
    places = ["--out", str(trained / "out"), "--checkpoints", str(trained / "ck")]
    arguments = ["inspect", *map(str, paths), "--category", "part", *places, *options]
    return invoke(*arguments)


def draw_unfamiliar(trained: Path) -> None:
    """Let the product know what it looks like, and add a strip of it and a red picture."""
    write_familiarity(trained / "ck" / "drawn" / "part")
    part = Image.open(trained / "good.png")
    part.resize((96, 960)).save(trained / "strip.png")
    Image.new("RGB", (96, 96), (200, 20, 20)).save(trained / "red.png")


def read_rows(trained: Path) -> list[dict[str, str]]:
    text = (trained / "out" / "inspection.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def damage(trained: Path, detector: str) -> None:
    path = trained / "ck" / "drawn" / "part" / detector / CALIBRATION
    path.write_text("no calibration", encoding="utf-8")


def test_the_joint_verdict_makes_a_defect_and_the_votes_are_told(trained: Path) -> None:
    said = inspect(trained, list(STRENGTHS))
    assert said.exit_code == 0
    for sentence in (
        *("sure.png: Defect found (cae ", "faint.png: Defect found (cae "),
        *("fainter.png: Defect found (cae ", "good.png: No defect found (cae "),
        *("All 3 detectors flag it.", "CAE and PatchCore alone flag it."),
        *("CAE alone flags it.", "None of the 3 detectors flags it."),
    ):
        assert sentence in said.stdout
    rows = read_rows(trained)
    flags = [[row["verdict"] == "defect" for row in rows[at : at + 3]] for at in range(0, 12, 3)]
    assert flags == [[True] * 3, [True, False, True], [True, False, False], [False] * 3]
    outcomes = [row["outcome"] for row in rows]
    assert outcomes == ["defect"] * 9 + ["normal"] * 3
    assert [row["joint_verdict"] for row in rows] == outcomes


def test_a_detector_that_is_trained_anew_meanwhile_spoils_no_report(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def retrain(found: Inspection, **given: Any) -> Item:
        os.utime(trained / "ck" / "drawn" / "part" / "cae" / CARD, (1, 1))
        return make_item(found, **given)

    monkeypatch.setattr("commands.report.make_item", retrain)
    places = ["--out", str(trained / "out"), "--checkpoints", str(trained / "ck")]
    run("report", trained / "sure.png", "--category", "part", *places)
    assert "CAE" in (trained / "out" / "report.html").read_text(encoding="utf-8")


def test_a_report_of_many_has_pages_for_those_that_are_flagged_or_for_all(trained: Path) -> None:
    paths = [trained / f"{name}.png" for name in ("sure", "good")]
    places = ["--out", trained / "out", "--checkpoints", trained / "ck", "--format", "html"]
    for pages, headings in (
        ([], [1]),
        (["--pages", "all"], [1, 2]),
        (["--pages", "details"], [1, 1, 2, 2]),
    ):
        run("report", *paths, "--category", "part", *places, *pages)
        page = (trained / "out" / "report.html").read_text(encoding="utf-8")
        assert [int(number) for number in re.findall(r">Image (\d) of 2", page)] == headings


def test_a_name_that_is_too_long_is_refused_before_anything_is_inspected(trained: Path) -> None:
    given = ["report", trained / "sure.png", "--category", "part", "--out", trained / "out"]
    said = CliRunner().invoke(cli.app, [*map(str, given), "--by", "W" * 81])
    assert isinstance(said.exception, ReportError)
    assert not (trained / "out").exists()


def test_an_image_that_a_detector_has_learned_from_is_noted(trained: Path) -> None:
    said = inspect(trained, ["sure", "good"])
    assert said.stdout.count("seen in training or calibration by CAE: ") == 1
    notes = [row["note"] for row in read_rows(trained)]
    assert notes[:3] == [""] * 3
    assert all(note.startswith("This very image was seen") for note in notes[3:])
    inspect(trained, ["good"], "--detector", "unet")
    assert [row["note"] for row in read_rows(trained)] == [""], "the CAE was not asked"


def test_a_broken_detector_is_reported_and_the_others_answer(trained: Path) -> None:
    damage(trained, "unet")
    said = inspect(trained, ["fainter"])
    assert said.exit_code == 0
    assert said.stderr.startswith("drawn/part unet: ")
    assert CALIBRATION in said.stderr
    rows = read_rows(trained)
    assert [row["detector"] for row in rows] == ["cae", "patchcore"]
    assert rows[0]["note"] == "U-Net could not answer and is left out."
    assert rows[0]["outcome"] == "defect", "the joint verdict of the other two"


def test_a_broken_detector_that_was_named_ends_the_command(trained: Path) -> None:
    damage(trained, "unet")
    with pytest.raises(CheckpointError, match="unet of drawn/part: "):
        inspect(trained, ["sure"], "--detector", "unet", "--detector", "cae")


def test_where_no_detector_can_answer_the_command_ends(trained: Path) -> None:
    for name in DETECTORS:
        damage(trained, name)
    with pytest.raises(CheckpointError, match="No detector of drawn/part can give verdicts"):
        inspect(trained, ["sure"])


def test_an_interrupted_inspection_keeps_what_was_inspected(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_until_stopped(path: Path, *, reading: Reading) -> OpenedImage:
        if path.stem == "faint":
            raise KeyboardInterrupt
        return open_image(path, reading=reading)

    monkeypatch.setattr("commands.inspecting.open_image", read_until_stopped)
    result = inspect(trained, ["sure", "faint", "good"])
    assert result.exit_code == 130
    assert "Images inspected: 1." in result.output
    assert {Path(row["image"]).stem for row in read_rows(trained)} == {"sure"}


def test_an_image_of_something_else_is_not_inspected_unless_it_is_wanted(trained: Path) -> None:
    draw_unfamiliar(trained)
    said = inspect(trained, ["sure", "strip", "red"])
    assert said.exit_code == 0
    squeezed = (
        "This does not look like part. It has 96 × 960 pixels, and the training images have "
        "96 × 96: to have their shape it is squeezed 10 to 1."
    )
    for name, sentence in (
        ("strip", squeezed),
        ("red", "This does not look like part. As a whole "),
    ):
        expected = f"{name}.png: not inspected (--anyway does it all the same)\n  {sentence}"
        assert expected in said.stdout
    rows = read_rows(trained)
    assert [row["outcome"] for row in rows] == ["defect"] * 3 + ["unfamiliar"] * 6
    assert [row["detector"] for row in rows] == [*DETECTORS] * 3
    assert [row["note"] for row in rows[3:6]] == [squeezed] * 3
    assert {row["verdict"] + row["image_score"] + row["overlay"] for row in rows[3:]} == {""}
    assert float(rows[0]["familiarity_score"]) < float(rows[0]["familiarity_threshold"]) == 1.0
    assert [float(row["familiarity_score"]) for row in rows[3:6]] == [18.0] * 3  # (10 - 1) / 0.5
    assert sorted(path.stem for path in (trained / "out").glob("*.png")) == [
        *("0000_sure_cae", "0000_sure_patchcore", "0000_sure_unet"),
    ]
    anyway = inspect(trained, ["strip"], "--anyway")
    assert "strip.png: No defect found (cae " in anyway.stdout
    assert squeezed in anyway.stdout
    rows = read_rows(trained)
    assert [row["outcome"] for row in rows] == ["normal"] * 3
    assert [row["note"] for row in rows] == [squeezed] * 3


def test_a_check_that_cannot_be_made_is_noted_and_the_image_is_inspected(trained: Path) -> None:
    (trained / "ck" / "drawn" / "part" / "familiarity.npz").write_bytes(b"no archive")
    said = inspect(trained, ["sure"])
    assert "sure.png: Defect found (cae " in said.stdout
    (note,) = {row["note"] for row in read_rows(trained)}
    assert "it cannot be checked whether an image shows part" in note
    assert note in said.stdout


def test_a_report_tells_what_an_image_does_not_look_like(trained: Path) -> None:
    draw_unfamiliar(trained)
    paths = [str(trained / f"{name}.png") for name in ("sure", "strip")]
    places = ["--out", str(trained / "out"), "--checkpoints", str(trained / "ck")]
    said = CliRunner().invoke(cli.app, ["report", *paths, "--category", "part", *places])
    assert said.exit_code == 0, said.output
    content = json.loads((trained / "out" / "report.json").read_text(encoding="utf-8"))
    sure, strip = content["images"]
    assert (sure["outcome"], strip["outcome"]) == ("defect", "unfamiliar")
    assert (len(sure["findings"]), strip["findings"]) == (3, [])
    assert sure["familiarity"]["is_familiar"] is True
    assert strip["familiarity"] == {
        "score": 18.0,
        "threshold": 1.0,
        "false_alarm_rate": pytest.approx(1 / 21),
        "reason": "It has 96 × 960 pixels, and the training images have 96 × 96: to have their "
        "shape it is squeezed 10 to 1.",
        "looks_like": None,
        "is_familiar": False,
    }
    assert content["familiarity_hash"]
    text = (trained / "out" / "report.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["outcome"] for row in rows][-3:] == ["unfamiliar"] * 3
    page = (trained / "out" / "report.html").read_text(encoding="utf-8")
    assert "<strong>This does not look like part</strong> It was not inspected." in page
    assert "Does not look like the product: 1" in page
    assert page.count("<span>–</span>") == 4, "of each detector, and of all together"
    assert (trained / "out" / "report.pdf").stat().st_size > 1000


def test_a_folder_stands_for_the_images_in_and_below_it(trained: Path) -> None:
    for place in ("a", "b/cam1"):
        folder = trained / "batch" / place
        folder.mkdir(parents=True)
        Image.open(trained / "sure.png").save(folder / "000.png")
    (trained / "batch/raw.dng").write_bytes(b"II*")
    result = inspect_paths(trained, [trained / "batch", trained / "good.png"])
    sources = [row["image"] for row in read_rows(trained)]
    expected = [trained / "batch/a/000.png", trained / "batch/b/cam1/000.png", trained / "good.png"]
    assert sources[::3] == [str(path) for path in expected]
    lines = [line.partition(":")[0] for line in result.stdout.splitlines()[:4:2]]
    assert lines == [str(path) for path in expected[:2]]
    assert "1 files (.dng)" in result.stderr


def test_a_folder_without_images_is_refused_at_once(trained: Path) -> None:
    (trained / "empty").mkdir()
    with pytest.raises(InspectionError, match=r"The folder .*empty holds no images"):
        inspect_paths(trained, [trained / "empty"])
