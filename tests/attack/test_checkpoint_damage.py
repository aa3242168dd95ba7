"""No single change of a file of a checkpoint is taken without a word, if it matters."""

import io
import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.workflow import load_channel
from inspection.errors import BreakdownError, InspectionError
from inspection.evaluation.files import load_evaluation
from inspection.products.checkpoint_folders import read_seen
from inspection.products.familiarity import load_familiarity
from inspection.products.manifest import FILES, MANIFEST, has_manifest
from inspection.products.panels import attempt
from inspection.products.places import CHECKPOINTS
from inspection.products.product import Product
from inspection.products.product_file import read_settings
from inspection.products.reading import load_reading
from inspection.products.split_plan import load_split
from inspection.sensitivity.kept import load_study
from inspection.sensitivity.robustness import load_robustness
from tests.attack.damage import changes

WHOLE = CHECKPOINTS / "demo" / "washer"
DETECTORS = ("cae", "unet", "patchcore")
Reader = Callable[[Path], object]


def load_detector(product: Path, name: str) -> None:
    """Load it as the page does, and say what the page says of an older checkpoint."""
    read_seen(product / name)
    load_channel(product / name, device="cpu")
    if not has_manifest(product / name):
        raise InspectionError("An older checkpoint.", "Train again.")


def readers() -> dict[str, Reader]:
    """Return who reads each file of a product, by its path there."""
    found: dict[str, Reader] = {
        "split.json": load_split,
        "reading.json": load_reading,
        "familiarity.npz": load_familiarity,
        "sensitivity.json": lambda folder: load_study(Product("demo", "washer", folder)),
        "stress.json": lambda folder: load_robustness(Product("demo", "washer", folder)),
    }
    for name in DETECTORS:
        for file in (*FILES, MANIFEST):
            found[f"{name}/{file}"] = lambda folder, name=name: load_detector(folder, name)  # type: ignore[misc]
        found[f"{name}/evaluation.json"] = lambda folder, name=name: load_evaluation(folder / name)  # type: ignore[misc]
    return found


@dataclass
class Tally:
    """What became of changes."""

    counts: Counter[str] = field(default_factory=Counter)
    silent: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def try_changes(product: Path, file: str, reader: Reader, *, most: int, tally: Tally) -> None:
    """Change a file in one place after the other and read it."""
    path = product / file
    whole = path.read_bytes()
    reader(product)
    for change, data in changes(path, most=most):
        if data is None:
            path.unlink()
        else:
            path.write_bytes(data)
        name = f"{file}: {change}"
        found = attempt(lambda: reader(product))
        if isinstance(found, BreakdownError) or "Errno" in str(found):
            tally.mistakes.append(f"{name}: {found!r}")
        elif isinstance(found, InspectionError):
            tally.counts["told in a sentence"] += 1
        elif data is not None and is_the_same(file, data, whole):
            tally.counts["the same values in other bytes"] += 1
        else:
            tally.silent.append(name)
        path.write_bytes(whole)


def is_the_same(file: str, data: bytes, whole: bytes) -> bool:
    """Return whether two files say the same."""
    if data == whole:
        return True
    if file.endswith(".json"):
        return bool(json.loads(data) == json.loads(whole))
    if file.endswith(".npz"):
        return bool(_arrays(data) == _arrays(whole))
    return data.splitlines() == whole.splitlines()


def _arrays(data: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return {name: stored[name].tolist() for name in stored.files}


def attack(tmp_path: Path, *, files: list[str], most: int) -> Tally:
    product = tmp_path / "checkpoints" / "demo" / "washer"
    shutil.copytree(WHOLE, product)
    tally = Tally()
    for file in files:
        try_changes(product, file, readers()[file], most=most, tally=tally)
    return tally


def test_changes_of_a_detector_and_of_its_product_are_told(tmp_path: Path) -> None:
    own = [f"patchcore/{name}" for name in (*FILES, MANIFEST, "evaluation.json")]
    tally = attack(tmp_path, files=[*own, "split.json", "reading.json"], most=6)
    assert (tally.silent, tally.mistakes) == ([], [])
    assert tally.counts.total() > 100


@pytest.mark.attack
def test_every_file_vouches_for_the_others(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    tally = attack(tmp_path, files=list(readers()), most=60)
    total = tally.counts.total() + len(tally.silent) + len(tally.mistakes)
    record_property("files", len(readers()))
    record_property("single changes", total)
    for outcome, count in tally.counts.items():
        record_property(outcome, count)
    record_property("taken silently", len(tally.silent))
    record_property("tracebacks or numbers of errors", len(tally.mistakes))
    assert (tally.silent, tally.mistakes) == ([], [])


def test_arrays_that_were_written_anew_are_told(tmp_path: Path) -> None:
    product = tmp_path / "washer"
    shutil.copytree(WHOLE, product)
    path = product / "familiarity.npz"
    with np.load(path, allow_pickle=False) as stored:
        content = {name: stored[name] for name in stored.files}
    for name, values in content.items():
        changed = content | {name: values + 1 if values.dtype.kind in "fi" else np.array("x")}
        np.savez_compressed(path, **changed)
        with pytest.raises(InspectionError, match=r"written|damaged"):
            load_familiarity(product)


@pytest.mark.parametrize(
    "changed",
    [
        {"false_alarm_rate": 2},
        {"false_alarm_rate": "0.02"},
        {"false_alarm_rate": 1.5},
        {"false_alarm_rat": 0.05},
        {"opens_with": 7},
        {"opens_with": ""},
        {"input_size": [256]},
        {"input_size": [256, "256"]},
        {"input_size": [True, True]},
        {"input_size": [100000, 256]},
        {"inputsize": [256, 256]},
    ],
)
def test_what_is_edited_by_hand_is_checked_field_by_field(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    (tmp_path / "product.json").write_text(json.dumps({"format": 1, **changed}), encoding="utf-8")
    with pytest.raises(InspectionError, match=r"product\.json holds|product\.json does not name"):
        read_settings(tmp_path)
