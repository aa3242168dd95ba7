"""The input size that keeps labelled defects visible."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eda.input_size import find_side_by_labels
from inspection.datasets.dataset import Dataset, read_dataset
from tests.doubles.parts import write_dataset


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEFECT_LENS_CACHE", str(tmp_path / "cache"))
    return write_dataset(tmp_path / "parts", num_bad=3)


def read(parts: Path) -> Dataset:
    return read_dataset(parts).of("disc")


def draw_masks(parts: Path, *, thickness: int) -> None:
    """Make every image 800 x 400, and every defect a line."""
    for path in parts.rglob("*.png"):
        with Image.open(path) as picture:
            large = picture.resize((400, 800))
        if "ground_truth" in path.parts:
            mask = np.zeros((800, 400), np.uint8)
            mask[100 : 100 + thickness, 50:350] = 255
            large = Image.fromarray(mask)
        large.save(path)


def test_the_smallest_size_that_keeps_the_defects_is_taken(parts: Path) -> None:
    draw_masks(parts, thickness=3)  # 2 px of 800 x 400 at 377 x 377
    found = find_side_by_labels(read(parts))
    assert found is not None
    assert found.side == 384
    assert "as many pixels as 384x384 keep the defects: 0 % of 3" in found.reason
    assert "which are test images" in found.reason


def test_where_no_size_keeps_them_or_nothing_is_marked_there_is_none(parts: Path) -> None:
    for path in parts.rglob("*_mask.png"):
        path.unlink()
    assert find_side_by_labels(read(parts)) is None
