"""The rooms of the house keep their doors: who may import whom."""

import ast
import re
import subprocess
import sys
from collections.abc import Collection
from graphlib import TopologicalSorter
from pathlib import Path

from ui.background import paused_collector

ROOT = Path(__file__).parents[2]
SCIENCE = ("sklearn", "skimage", "scipy", "pandas", "plotly", "matplotlib")
HEAVY = ("torch", "lightning", "anomalib", "segmentation_models_pytorch", "timm")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_layers_hold() -> None:
    linter = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    result = run("-c", linter)
    assert result.returncode == 0, result.stdout + result.stderr


def test_importing_the_page_and_the_commands_loads_no_torch() -> None:
    code = f"import sys, app, cli, ui.layout; print([m for m in {HEAVY} if m in sys.modules])"
    result = run("-c", code)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def test_the_first_inspection_loads_no_library_beside_the_networks_and_torch() -> None:
    code = """
import sys
from pathlib import Path
import numpy as np
from detectors import list_defaults
from detectors.workflow import load_channel
from inspection.pipeline import inspect_image
product = Path("checkpoints/demo/washer")
channels = {name: load_channel(product / name, device="cpu") for name in list_defaults()}
inspect_image(np.zeros((64, 64, 3), np.uint8), channels)
print([name for name in SLOW if name in sys.modules])
"""
    slow = ("timm", "torchvision", "torch._dynamo", "lightning", "captum", *SCIENCE)
    result = run("-c", f"SLOW = {slow}{code}")
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def find_files(*kinds: str) -> list[Path]:
    """Return the files of the project of some kinds, without its tests."""
    folders = ("inspection", "detectors", "eda", "ui", "commands", "benchmarks")
    inside = [path for name in folders for path in (ROOT / name).rglob("*")]
    return [path for path in (*ROOT.glob("*"), *inside) if path.suffix.lstrip(".") in kinds]


def read_lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def parse(path: Path) -> ast.Module:
    """Parse a file without collecting garbage meanwhile.

    After browser tests `ast.parse` of CPython 3.11 has raised "recursion depth mismatch" now and
    then, most likely since a finalizer ran in between.
    """
    with paused_collector():
        return ast.parse(path.read_text(encoding="utf-8"))


def test_no_file_is_longer_than_400_lines() -> None:
    long = {path for path in find_files("py", "js", "css") if len(read_lines(path)) > 400}
    assert long == set()


def test_no_function_is_longer_than_60_lines_nor_without_a_reason_than_40() -> None:
    """Docstrings do not count to the 40; a reason stands above: `# long: ...`."""
    for path in find_files("py"):
        lines = read_lines(path)
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                where = f"{path}: {node.name}"
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                length = (node.end_lineno or 0) - node.lineno + 1
                docstring = len((ast.get_docstring(node, clean=False) or "").splitlines())
                assert length <= 60, f"{where} has {length} lines"
                is_short = length - docstring <= 40
                has_reason = lines[first - 2].strip().startswith("# long: ")
                assert is_short or has_reason, f"{where} has {length} lines and gives no reason"


def test_no_function_of_a_script_is_longer_than_60_lines() -> None:
    for path in find_files("js"):
        lines = read_lines(path)
        for number, line in enumerate(lines):
            if re.search(r"\bfunction\b.*\{$|=> \{$", line):
                margin = re.match(r"\s*", line)[0]  # type: ignore[index]
                end = next(
                    n for n in range(number + 1, len(lines)) if lines[n].startswith(f"{margin}}}")
                )
                assert end - number < 60, f"{path}:{number + 1} has {end - number + 1} lines"


def test_scripts_and_styles_keep_to_120_columns_and_one_group_of_declarations_a_line() -> None:
    for path in find_files("js", "css"):
        for number, line in enumerate(read_lines(path), 1):
            assert len(line) <= 120, f"{path}:{number} has {len(line)} characters"
            is_one = path.suffix == ".js" or line.count("{") <= 1
            assert is_one, f"{path}:{number} holds several rules"


def find_imports(path: Path, modules: Collection[str]) -> set[str]:
    """Return the modules of the project that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{one.name}" for one in node.names}
            found |= inner & set(modules) or {str(node.module)}
    return found & set(modules)


def test_no_modules_import_each_other_in_a_circle() -> None:
    paths = {path.relative_to(ROOT).with_suffix(""): path for path in find_files("py")}
    modules = {".".join(name.parts).removesuffix(".__init__"): p for name, p in paths.items()}
    graph = {name: find_imports(path, modules) - {name} for name, path in modules.items()}
    TopologicalSorter(graph).prepare()
