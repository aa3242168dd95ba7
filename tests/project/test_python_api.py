"""The project can be installed, called by its name, and used from Python."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import cli
import defect_lens
from detectors.backbones.student import Student
from inspection.demo.products import draw_sample
from inspection.types import Split
from tests.doubles.parts import write_dataset

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAMES = {
    *("Dataset", "EvaluationOptions", "ExplorationJob", "Finding", "Inspection"),
    *("InspectionError", "LoadedProduct", "Monitor", "Sample", "StoppedError", "TrainingJob"),
    *("TuningJob", "Verdict", "evaluate_product", "explore_dataset", "inspect_product"),
    *("open_catalog", "open_product", "read_dataset", "read_image", "train_categories"),
    *("train_product", "tune_detector", "Trial", "StudyRequest", "study_product", "place_defect"),
    *("fit_trials", "heal", "fade", "StressOptions", "stress_product"),
}


def test_the_names_for_other_programs_are_these_and_each_is_there() -> None:
    assert set(defect_lens.__all__) == NAMES == set(dir(defect_lens))
    for name in NAMES:
        assert getattr(defect_lens, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'oracle'"):
        _ = defect_lens.oracle


def test_type_checkers_see_each_name_where_it_is_imported_from() -> None:
    tree = ast.parse((ROOT / "defect_lens.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    seen = {str(one.module): tuple(alias.name for alias in one.names) for one in imports}
    assert seen == defect_lens._MODULES


def run(code: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return result.stdout.strip()


def test_reading_an_image_loads_no_library_that_it_does_not_need() -> None:
    heavy = ("torch", "gradio", "pandas", "plotly", "scipy")
    loaded = f"print([name for name in {heavy} if name in sys.modules])"
    assert run(f"import sys, defect_lens; {loaded}") == "[]"
    assert run(f"import sys, defect_lens; defect_lens.read_image; {loaded}") == "[]"
    assert run(f"import sys, defect_lens; defect_lens.TrainingJob; {loaded}") == "[]"


def test_the_installed_command_is_the_command_line() -> None:
    assert PROJECT["project"]["scripts"] == {"defect-lens": "cli:main"}
    assert callable(cli.main)


def test_an_installation_holds_every_room_and_every_file_in_it() -> None:
    chosen = PROJECT["tool"]["setuptools"]
    rooms = [pattern.removesuffix("*") for pattern in chosen["packages"]["find"]["include"]]
    modules = chosen["py-modules"]
    others = {"benchmarks", "tests"}
    assert set(modules) == {path.stem for path in ROOT.glob("*.py")}
    assert set(rooms) | others == {path.parent.name for path in ROOT.glob("*/__init__.py")}
    patterns = (*chosen["package-data"]["*"], "*.py", "*.md")
    for path in (found for room in rooms for found in tracked(room)):
        assert any(path.match(pattern) for pattern in patterns), path


def test_a_product_is_trained_inspected_and_evaluated_from_python(tmp_path: Path) -> None:
    dataset = defect_lens.read_dataset(write_dataset(tmp_path / "parts"))
    torch.manual_seed(0)
    save_file(Student((8, 12, 16)).state_dict(), tmp_path / "student.safetensors")
    tiny = {"input_size": (64, 64), "backbone_weights": str(tmp_path / "student.safetensors")}
    job = defect_lens.TrainingJob(tmp_path / "ck", {"patchcore": tiny}, device="cpu")
    (trained,) = defect_lens.train_product(dataset, job)
    product = defect_lens.open_product("disc", checkpoints=tmp_path / "ck", device="cpu")
    assert trained.folder == product.product.folder / "patchcore"
    bad = next(sample for sample in dataset.samples if sample.is_anomalous)
    found = defect_lens.inspect_product(product, defect_lens.read_image(bad.image_path))
    assert [finding.detector for finding in found.findings] == ["patchcore"]
    evaluation = defect_lens.evaluate_product(product.catalog, product.product, dataset)
    assert len(evaluation.reports[0].images) == sum(s.split is Split.TEST for s in dataset.samples)


@pytest.mark.parametrize(
    ("name", "setting", "sentence"),
    [("oracle", "width", "no detector called oracle"), ("cae", "colour", "no setting .*colour")],
)
def test_what_cannot_be_trained_is_a_sentence_in_python_too(
    tmp_path: Path, name: str, setting: str, sentence: str
) -> None:
    write_dataset(tmp_path / "parts", category="ring")
    dataset = defect_lens.read_dataset(write_dataset(tmp_path / "parts"))
    job = defect_lens.TrainingJob(tmp_path / "ck", {name: {setting: 1}}, device="cpu")
    with pytest.raises(defect_lens.InspectionError, match=sentence):
        defect_lens.train_product(dataset.of("disc"), job)
    with pytest.raises(defect_lens.InspectionError, match="several categories: disc, ring"):
        defect_lens.train_product(dataset, job)


def tracked(room: str) -> Sequence[Path]:
    folders = (ROOT / room).rglob("*")
    return [one for one in folders if one.is_file() and one.suffix not in (".pyc", ".pyi")]


def test_the_lines_of_the_readme_inspect_an_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (image,) = re.findall(r'"(data/demo/[^"]+)"', code)
    product, split, defect_type, name = Path(image).parts[2:]
    path = tmp_path / image
    path.parent.mkdir(parents=True)
    Image.fromarray(draw_sample(product, split, defect_type, int(Path(name).stem))[0]).save(path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    said = capsys.readouterr().out
    assert "patchcore" in said
    assert "defect" in said
