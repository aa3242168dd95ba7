"""The rooms of the house keep their doors: who may import whom."""

import subprocess
import sys
from pathlib import Path

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


def test_files_and_functions_stay_within_their_budgets() -> None:
    for folder in ("inspection", "detectors", "eda", "ui", "commands"):
        for path in (ROOT / folder).rglob("*.py"):
            lines = path.read_text(encoding="utf-8").count("\n")
            assert lines <= 400, f"{path} has {lines} lines"
