"""`cli.py doctor` says what a report of a fault needs, and names what is wrong with its remedy."""

import json
import socket
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from typer.testing import CliRunner

import cli
from commands import doctor, machine
from commands.machine import Fact, find_folders, find_ports, find_settings, find_versions
from inspection.errors import CheckpointError
from tests.doubles.commands import run


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The self-test is made elsewhere."""
    monkeypatch.setattr(doctor, "try_inspection", lambda device: [Fact("Self-test", "part", "ok")])


def problems(facts: object) -> list[str]:
    assert isinstance(facts, list)
    return [one.problem for one in facts if one.problem]


def test_on_a_sound_machine_a_drawn_dent_is_found_and_all_is_well() -> None:
    said = run("doctor", "--device", "cpu")
    assert "Defect found (cae " in said
    assert " s with loading, " in said
    assert "student" in said
    assert said.rstrip().endswith("All is well.")


@pytest.mark.usefixtures("plain")
def test_programs_read_the_same_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7999")
    content = json.loads(run("doctor", "--json"))
    assert content["problems"] == []
    assert content["facts"]["Environment"]["GRADIO_SERVER_PORT"] == "7999"
    assert set(content["facts"]) >= {"Versions", "Folders", "Ports", "Devices", "Backbones"}
    assert "torch" in content["facts"]["Versions"]


@pytest.mark.usefixtures("plain")
def test_what_is_wrong_is_the_exit_code_and_the_last_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [Requirement("numpy<1"), Requirement("no-such-package-of-ours>=2")]
    monkeypatch.setattr(machine, "_list_requirements", lambda: wanted)
    said = CliRunner().invoke(cli.app, ["doctor"])
    assert said.exit_code == 1
    wrong = said.output.partition("What is wrong:")[2]
    assert "numpy is " in wrong
    assert "<1 is needed. Install what is needed: `python -m pip install" in wrong
    assert "no-such-package-of-ours is missing." in wrong


def test_a_detector_that_cannot_answer_fails_the_self_test(tmp_path: Path) -> None:
    (found,) = doctor.try_inspection("cpu", tmp_path / "none")
    assert found.problem.startswith("The self-test failed: ")
    assert len(found.problem) > 60


def test_a_folder_that_cannot_be_written_is_wrong_only_where_it_must_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(machine, "try_writing", refuse)
    found = list(find_folders())
    assert all("cannot be written (Read-only file system)" in one.value for one in found)
    (wrong,) = problems(found)
    assert "temporary files" in wrong
    assert "TMPDIR" in wrong


def test_a_full_disk_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_free", lambda place: 40_000_000)
    assert "Only 40 MB are free for checkpoints. Free some space." in problems(list(find_folders()))


def test_without_a_home_directory_the_cache_is_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(machine, "cache_folder", homeless)
    assert "no home directory" in " ".join(one.value for one in find_folders())


def test_a_taken_port_is_passed_over_and_all_taken_is_a_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(machine, "FIRST_PORT", port)
        monkeypatch.setattr(machine, "NUM_PORTS", 1)
        (wrong,) = problems(list(find_ports()))
        assert wrong == f"Ports {port} to {port} are all taken. Choose another with --port."
    assert list(find_ports()) == [Fact("Ports", "page", f"{port} is free")]


def test_nothing_but_named_variables_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert "secret" not in str(list(find_settings()))
    assert Fact("Environment", "OMP_NUM_THREADS", "2") in list(find_settings())


@pytest.mark.usefixtures("plain")
def test_the_name_of_the_account_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("DEFECT_LENS_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    said = run("doctor")
    assert str(tmp_path) not in said
    assert "~" in said


def test_a_package_without_its_files_still_knows_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "HERE", tmp_path)
    monkeypatch.setattr(machine, "REQUIREMENTS", tmp_path / "requirements.txt")
    needed = ["numpy>=2", 'optuna>=4 ; extra == "tune"']
    monkeypatch.setattr("importlib.metadata.requires", lambda name: needed)
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.4")
    names = [one.name for one in find_versions()]
    assert "numpy" in names
    assert "optuna" not in names


def test_an_error_of_the_catalogue_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise CheckpointError("The checkpoint is damaged.", "Train it again.")

    monkeypatch.setattr(doctor, "open_product", refuse)
    (found,) = doctor.try_inspection(None)
    assert found.problem == "The self-test failed: The checkpoint is damaged. Train it again."
