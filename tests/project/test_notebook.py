"""The Colab notebook does what it says with folders and names of any kind, interrupted or not."""

import json
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import fields
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from app import main
from ui.serve import Launch

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "colab.ipynb"
CELLS = [
    "".join(cell["source"])
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    if cell["cell_type"] == "code"
]

LAUNCH = {field.name for field in fields(Launch)}

Run = Callable[..., None]


@pytest.fixture
def names() -> dict[str, Any]:
    """What the cells that have run share, as the first one leaves it."""
    return {"pathlib": __import__("pathlib")}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: dict[str, Any]) -> Run:
    """Run the cell with a form field, that field filled in; /content is a temporary folder."""
    (tmp_path / "defect-lens" / "checkpoints").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "defect-lens")
    colab = ModuleType("google.colab")
    colab.drive = ModuleType("drive")  # type: ignore[attr-defined]
    colab.drive.mount = lambda _: None
    monkeypatch.setitem(sys.modules, "google", ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)

    def run_cell(start: str, **fields: object) -> None:
        (cell,) = (cell for cell in CELLS if cell.startswith(start))
        for name, value in fields.items():
            cell, found = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value!r}", cell)
            assert found == 1
        exec(cell.replace('"/content', f'"{tmp_path.as_posix()}'), names)

    return run_cell


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A zipped product as a person has it on Drive."""
    for name in ("good/0.png", "scratch/1.png"):
        (tmp_path / "made" / "metal nut" / name).parent.mkdir(parents=True)
        (tmp_path / "made" / "metal nut" / name).write_bytes(b"pixels")
    zipped = shutil.make_archive(str(tmp_path / "drive" / "my parts"), "zip", tmp_path / "made")
    return Path(zipped)


def test_no_cell_prints_the_page_as_a_value() -> None:
    """A notebook prints what its last line returns: of a page, hundreds of lines."""
    starting = [cell for cell in CELLS if "app.main(" in cell]
    assert len(starting) == 2
    assert all(cell.splitlines()[-1].startswith("page = app.main(") for cell in starting)


@pytest.mark.parametrize("category", ["metal nut", 'O\'Ring "2" $HOME', ""])
@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_names_with_blanks_and_quotes_reach_the_commands_whole(category: str, command: str) -> None:
    (cell,) = (cell for cell in CELLS if cell.startswith("category"))
    filled = re.sub(r'(?m)^category = ""', lambda _: f"category = {category!r}", cell)
    names: dict[str, Any] = {"data": Path("my parts")}
    exec(re.sub(r"(?m)^!.*$", "", filled), names)
    (line,) = re.findall(rf"(?m)^!(python cli\.py {command} .*)$", cell)
    # IPython fills in what stands in braces
    words = shlex.split(re.sub(r"\{(\w+)\}", lambda field: str(names[field[1]]), line))
    chosen = ["--category", category] if category else []
    assert words == ["python", "cli.py", command, "--data", "my parts", *chosen]


def test_an_unpacking_that_was_interrupted_is_done_again(
    run: Run, names: dict[str, Any], archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("use_drive")

    def stop(_: str, target: Path) -> None:
        (target / "metal nut" / "good").mkdir(parents=True)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "unpack_archive", stop)
        with pytest.raises(KeyboardInterrupt):
            run("source", source=str(archive))
    run("source", source=str(archive))
    assert names["data"] == tmp_path / "data" / "my parts" / "metal nut"
    assert len(list(names["data"].rglob("*.png"))) == 2
    archive.unlink()
    run("source", source=str(archive))  # what is whole is not unpacked again


def test_a_folder_is_copied_and_one_that_is_not_there_is_a_sentence(
    run: Run, names: dict[str, Any], archive: Path, tmp_path: Path
) -> None:
    run("use_drive")
    run("source", source=str(tmp_path / "made" / "metal nut"))
    assert names["data"] == tmp_path / "data" / "metal nut"
    run("source", source=str(tmp_path / "made" / "metal nut"), name="nuts")
    assert names["data"] == f"nuts={tmp_path / 'data' / 'metal nut'}"
    with pytest.raises(SystemExit, match="Tick use_drive in step 2"):
        run("source", source=str(tmp_path / "nowhere"))


def test_what_one_session_keeps_the_next_one_has_and_nothing_newer_is_replaced(
    run: Run, tmp_path: Path
) -> None:
    checkpoints = Path("checkpoints")
    for product in ("demo/washer", "parts/nut"):
        (checkpoints / product).mkdir(parents=True)
        (checkpoints / product / "split.json").write_text("first", encoding="utf-8")
    (checkpoints / "README.md").write_text("how each was made", encoding="utf-8")
    run("use_drive", use_drive=True)
    run("if use_drive")
    shutil.rmtree(checkpoints / "parts")
    (checkpoints / "demo" / "washer" / "split.json").write_text("newer", encoding="utf-8")
    run("use_drive", use_drive=True)
    assert (checkpoints / "parts" / "nut" / "split.json").read_text(encoding="utf-8") == "first"
    assert (checkpoints / "demo" / "washer" / "split.json").read_text(encoding="utf-8") == "newer"


def test_without_drive_nothing_is_kept_and_the_cell_says_so(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("use_drive")
    run("if use_drive")
    assert "Nothing was kept" in capsys.readouterr().out
    assert not (tmp_path / "drive").exists()


def to_python(cell: str) -> str:
    """Return a cell as IPython understands it: `!` runs a program, `%` a magic."""
    cell = re.sub(r"(?m)^!(.*)$", r'system(f"""\1""")', cell)
    return re.sub(r"(?m)^%(.*)$", r'magic("""\1""")', cell)


def test_all_cells_run_one_after_another_as_they_stand(
    tmp_path: Path,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Only the form is filled in; Colab gives the drive, the shell, pip and the room for a page."""
    content = tmp_path / "content"
    (content / "defect-lens" / "checkpoints").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)  # the first cell leaves it
    monkeypatch.setattr(sys, "path", [*sys.path])
    mounted: list[str] = []
    shown: list[dict[str, Any]] = []
    done: list[str] = []
    stubs = {name: ModuleType(name) for name in ("google", "google.colab", "app")}
    stubs["google.colab"].drive = ModuleType("drive")  # type: ignore[attr-defined]
    stubs["google.colab"].drive.mount = mounted.append
    stubs["app"].main = lambda **options: shown.append(options)  # type: ignore[attr-defined]
    for name, stub in stubs.items():
        monkeypatch.setitem(sys.modules, name, stub)
    script = "\n".join(map(to_python, CELLS)).replace("use_drive = False", "use_drive = True")
    script = script.replace("/content/drive/MyDrive/my_product.zip", archive.as_posix())
    script = script.replace('"/content', f'"{content.as_posix()}')
    exec(script, {"system": done.append, "magic": done.append})
    data = content / "data" / "my parts" / "metal nut"
    assert done == [
        "pip install -q -r requirements.txt",
        f"python cli.py train --data {shlex.quote(str(data))} ",
        f"python cli.py evaluate --data {shlex.quote(str(data))} ",
    ]
    page = {"inline": True, "share": False}
    assert shown == [page, {**page, "data": [data]}]
    assert set(shown[1]) <= set(signature(main).parameters) | LAUNCH
    assert mounted == [f"{content.as_posix()}/drive"]
    assert f"Kept in {content / 'drive' / 'MyDrive'}" in capsys.readouterr().out


def test_the_notebook_is_kept_without_outputs() -> None:
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
