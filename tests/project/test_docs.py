"""Every path, command and option that the documents name exists."""

import inspect
import json
import re
from pathlib import Path

import pytest
import typer

import app
import cli
from ui.serve import Launch

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("checkpoints/*.md")])
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
CODE = re.compile(r"`([^`\n]+)`|^((?:python|make|\.venv)[^\n]*)$", re.MULTILINE)
FOLDERS = (
    *("inspection/", "detectors/", "commands/", "eda/", "ui/", "checkpoints/", "benchmarks/"),
    *("notebooks/", "tests/", "docs/"),
)
MADE_LATER = ("data/", "checkpoints/backbones/wide")


def mentions() -> list[tuple[str, str]]:
    found = []
    for document in DOCUMENTS:
        for match in CODE.finditer(document.read_text(encoding="utf-8")):
            found.append((document.name, (match[1] or match[2]).strip()))
    for notebook in NOTEBOOKS:
        for line in code_of(notebook).splitlines():
            command = re.match(r"\s*!(?:cd \S+ && )?(.*)", line)
            if command is not None:
                found.append((notebook.name, command[1].strip()))
    return found


def code_of(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def test_there_are_documents_to_check() -> None:
    assert {"README.md", "CONTRIBUTING.md", "architecture.md", "results.md"} <= {
        path.name for path in DOCUMENTS
    }


@pytest.mark.parametrize(("document", "text"), mentions())
def test_named_commands_and_options_exist(document: str, text: str) -> None:
    commands = getattr(typer.main.get_command(cli.app), "commands", {})
    words = text.split()
    start = words.index("cli.py") + 1 if "cli.py" in words else 0
    rest = words[start:]
    if not rest or rest[0].startswith("-") or rest[0] == "COMMAND":
        return
    if start == 0 and rest[0] not in commands:
        return  # not a command at all; the table of the README names its commands alone
    assert rest[0] in commands, f"{document}: {text}"
    known = {option for parameter in commands[rest[0]].params for option in parameter.opts}
    known |= {o for p in commands[rest[0]].params for o in p.secondary_opts} | {"--help"}
    for word in rest[1:]:
        if word.startswith("--"):
            assert word.split("=")[0] in known, f"{document}: {text} has no {word}"


@pytest.mark.parametrize(("document", "text"), mentions())
def test_named_options_of_the_page_exist(document: str, text: str) -> None:
    words = text.split()
    if "app.py" not in words:
        return
    known = set(app.build_parser()._option_string_actions)
    for word in re.findall(r"--[\w-]+", " ".join(words[words.index("app.py") :])):
        assert word in known, f"{document}: {text} has no {word}"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_starts_the_page_with_arguments_that_exist(notebook: Path) -> None:
    known = {*inspect.signature(app.main).parameters, *inspect.signature(Launch).parameters}
    calls = re.findall(r"app\.main\((.*?)\)", code_of(notebook), re.DOTALL)
    assert calls
    for call in calls:
        assert set(re.findall(r"(\w+)=", call)) <= known, call


@pytest.mark.parametrize(("document", "text"), mentions())
def test_named_paths_exist(document: str, text: str) -> None:
    is_path = re.fullmatch(r"[\w./-]+\.(py|md|json|txt|lock|ipynb|toml|html|js|css)", text)
    if is_path and "/" in text and text.startswith(FOLDERS) and not text.startswith(MADE_LATER):
        assert (ROOT / text).exists(), f"{document} names {text}"


def read_tree() -> set[str]:
    """Return the paths of the tree in docs/architecture.md; two spaces lead one level deeper."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    found: set[str] = set()
    folders: list[str] = []
    for line in text.split("```")[1].strip("\n").splitlines():
        name = line.split()[0]
        del folders[(len(line) - len(line.lstrip())) // 2 :]
        found.add("".join([*folders, name]))
        folders.append(name)
    return found


def joins_by_a_line(folder: Path) -> bool:
    """Tell whether a folder is a detector or a tab, which the tree need not show."""
    exports = folder / "__init__.py"
    return (folder / "tab.py").exists() or (
        folder.parent.name == "detectors" and "ENTRY" in exports.read_text(encoding="utf-8")
    )


def test_the_tree_of_the_architecture_shows_every_room_and_nothing_else() -> None:
    packages = ("inspection", "detectors", "eda", "ui")
    rooms = {
        f"{path.relative_to(ROOT).as_posix()}/"
        for package in packages
        for path in (ROOT / package).rglob("*")
        if path.is_dir() and path.name not in ("__pycache__", "fonts") and not joins_by_a_line(path)
    }
    tree = read_tree()
    assert {path for path in tree if not (ROOT / path).exists()} == set()
    assert rooms - tree == set()
    assert {f"{package}/" for package in (*packages, "commands", "benchmarks", "tests")} <= tree


def test_prose_is_wrapped() -> None:
    for document in DOCUMENTS:
        prose = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
        for line in prose.splitlines():
            assert len(line) <= 110 or line.startswith(("|", "!")), f"{document.name}: {line}"


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
