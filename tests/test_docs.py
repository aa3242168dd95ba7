"""Every path, command and option that the documents name exists."""

import re
from pathlib import Path

import pytest
import typer

import cli

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("checkpoints/*.md")])
CODE = re.compile(r"`([^`\n]+)`|^((?:python|make|\.venv)[^\n]*)$", re.MULTILINE)
FOLDERS = ("inspection/", "detectors/", "ui/", "checkpoints/", "benchmarks/", "tests/", "docs/")
MADE_LATER = ("data/", "checkpoints/backbones/wide")


def mentions() -> list[tuple[str, str]]:
    found = []
    for document in DOCUMENTS:
        for match in CODE.finditer(document.read_text(encoding="utf-8")):
            found.append((document.name, (match[1] or match[2]).strip()))
    return found


def test_there_are_documents_to_check() -> None:
    assert {"README.md", "CONTRIBUTING.md", "architecture.md", "results.md"} <= {
        path.name for path in DOCUMENTS
    }


@pytest.mark.parametrize(("document", "text"), mentions())
def test_named_commands_and_options_exist(document: str, text: str) -> None:
    words = text.split()
    if "cli.py" not in words:
        return
    rest = words[words.index("cli.py") + 1 :]
    if not rest or rest[0].startswith("-"):
        return
    group = typer.main.get_command(cli.app)
    commands = getattr(group, "commands", {})
    assert rest[0] in commands, f"{document}: {text}"
    known = {option for parameter in commands[rest[0]].params for option in parameter.opts}
    known |= {o for p in commands[rest[0]].params for o in p.secondary_opts} | {"--help"}
    for word in rest[1:]:
        if word.startswith("--"):
            assert word.split("=")[0] in known, f"{document}: {text} has no {word}"


@pytest.mark.parametrize(("document", "text"), mentions())
def test_named_paths_exist(document: str, text: str) -> None:
    is_path = re.fullmatch(r"[\w./-]+\.(py|md|json|txt|lock|ipynb|toml|html|js|css)", text)
    if is_path and "/" in text and text.startswith(FOLDERS) and not text.startswith(MADE_LATER):
        assert (ROOT / text).exists(), f"{document} names {text}"


def test_make_targets_in_the_documents_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for document, text in mentions():
        match = re.match(r"make ([a-z]+)", text)
        if match:
            assert f"\n{match[1]}:" in makefile, f"{document} names make {match[1]}"


def test_links_and_pictures_in_the_documents_exist() -> None:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
