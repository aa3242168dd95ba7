"""`cli.py stress`: a page, every count and every answer of a category under stress."""

from pathlib import Path

import pandas as pd
import pytest

from commands import one_product, stress
from inspection.errors import DatasetError, SettingsError
from inspection.products.catalog import Catalog
from tests.doubles.commands import invoke, run
from tests.doubles.products import make_catalog


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return the command with fakes in place of the detectors, and a folder for what it writes."""
    catalog = make_catalog(tmp_path)

    def give(*_: object, **__: object) -> Catalog:
        return catalog

    monkeypatch.setattr(one_product, "open_catalog", give)
    data, out = tmp_path / "data" / "drawn", tmp_path / "out"
    return ["stress", "--data", data, "--category", "part", "--out", out]


def test_a_category_under_stress_becomes_a_page_and_tables(
    words: list[object], tmp_path: Path
) -> None:
    said = run(*words, "--stress", "brightness", "--levels", 3, "--limit", 3, "--seed", 1)
    assert "drawn/part: 3 good and 3 defective test images" in said
    assert "at +60 % light PatchCore flags 3 of 3 good parts (95 %" in said
    out = tmp_path / "out"
    answers = pd.read_csv(out / stress.ANSWERS)
    assert len(answers) == 4 * 6 * 3
    counts = pd.read_csv(out / stress.COUNTS)
    assert counts.groupby("detector")["level"].apply(list)["cae"] == [-60, 0, 60]
    page = (out / stress.PAGE).read_text(encoding="utf-8")
    assert "--stress brightness --levels 3 --limit 3 --seed 1" in page
    assert (tmp_path / "checkpoints" / "drawn" / "part" / "stress.json").is_file()


def test_what_does_not_exist_is_refused(words: list[object]) -> None:
    with pytest.raises(SettingsError, match="no stress rain"):
        invoke(*words, "--stress", "rain")
    with pytest.raises(DatasetError, match="plate"):
        invoke(*words[:3], "--category", "plate")


def test_a_folder_that_cannot_be_written_is_refused_before_any_work(
    words: list[object], tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file")
    assert isinstance(invoke(*words, "--levels", 2).exception, FileExistsError)
    assert not (tmp_path / "checkpoints" / "drawn" / "part" / "stress.json").exists()
