"""The rooms of the house keep their doors: who may import whom."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
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


def test_files_and_functions_stay_within_their_budgets() -> None:
    for folder in ("inspection", "detectors", "eda", "ui", "commands"):
        for path in (ROOT / folder).rglob("*.py"):
            lines = path.read_text(encoding="utf-8").count("\n")
            assert lines <= 400, f"{path} has {lines} lines"
