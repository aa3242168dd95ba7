"""Container, compose file, unit and Space say what the programs understand, and need no rights."""

import fnmatch
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import build_parser

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def instructions() -> list[tuple[str, str]]:
    """Return (instruction, rest) of the Dockerfile, continued lines joined."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(line.split()[0], line.partition(" ")[2]) for line in joined.splitlines() if line]


def last(name: str) -> str:
    return [rest for instruction, rest in instructions() if instruction == name][-1]


def in_context(path: str) -> bool:
    """Return whether .dockerignore lets a path through: the last line that matches decides."""
    is_in = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        if (
            line
            and not line.startswith("#")
            and any(fnmatch.fnmatch(part, pattern) for part in (path, *path.split("/")))
        ):
            is_in = line.startswith("!")
    return is_in


def test_the_container_runs_as_nobody_special_and_tells_its_health() -> None:
    assert last("USER") == "1000"
    names = [name for name, _ in instructions()]
    assert names.index("USER") > max(i for i, name in enumerate(names) if name in ("RUN", "COPY"))
    (port,) = re.findall(r"http://127\.0\.0\.1:(\d+)/", last("HEALTHCHECK"))
    words = json.loads(last("CMD"))
    assert words[:2] == ["python", "app.py"]
    options = build_parser().parse_args(words[2:])
    assert (str(options.port), options.host) == (port, "0.0.0.0")
    assert last("EXPOSE") == port


def test_what_is_written_while_it_runs_lies_in_the_temporary_folder() -> None:
    settings = dict(pair.split("=", 1) for pair in shlex.split(last("ENV")))
    for name in ("DEFECT_LENS_CACHE", "MPLCONFIGDIR", "HF_HOME"):
        assert settings[name].startswith("/tmp/")
    service = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"][
        "page"
    ]
    assert service["read_only"] is True
    assert "/tmp" in service["tmpfs"]
    kept = [one.partition(":")[2] for one in service["volumes"]]
    assert kept == ["/app/checkpoints", "/app/data"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"]), "no other machine"


def test_every_program_and_package_is_in_the_context_and_nothing_that_is_large_or_private() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    for needed in (*packages, "app.py", "cli.py", "requirements.txt", "LICENSE", "checkpoints"):
        assert in_context(needed), needed
    assert in_context("checkpoints/backbones/student.safetensors")
    for left in (".git", ".venv", "data", "tests", "node_modules", "ui/__pycache__", "notes.txt"):
        assert not in_context(left), left


def test_the_unit_starts_the_page_with_options_that_there_are_and_may_write_what_it_keeps() -> None:
    unit = (ROOT / "deploy" / "defect-lens.service").read_text(encoding="utf-8")
    fields = dict(line.split("=", 1) for line in unit.splitlines() if re.match(r"\w+=", line))
    words = shlex.split(fields["ExecStart"])
    assert words[1] == "app.py"
    assert build_parser().parse_args(words[2:]).host == "127.0.0.1"
    assert fields["ProtectSystem"] == "strict"
    assert "DEFECT_LENS_CACHE=/var/cache/defect-lens" in fields["Environment"]
    written = {Path(one).name for one in fields["ReadWritePaths"].split()}
    assert written == {"checkpoints", "data"}


@pytest.fixture(scope="module")
def header() -> dict[str, Any]:
    text = (ROOT / "deploy" / "space" / "README.md").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text.split("---")[1])
    return found


def test_a_space_is_told_the_port_of_the_container(header: dict[str, Any]) -> None:
    assert header["sdk"] == "docker"
    assert str(header["app_port"]) == last("EXPOSE")
    assert header["license"] == "apache-2.0"
    assert len(header["short_description"]) <= 60
