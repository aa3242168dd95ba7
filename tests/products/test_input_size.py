"""The input size of a product: its images' shape, decided once and kept."""

from pathlib import Path

import numpy as np
import pytest

from inspection.errors import CheckpointError
from inspection.files import write_json
from inspection.products.input_size import SideChoice, settle_input_size
from inspection.products.product_file import (
    PRODUCT,
    read_settings,
    save_product_rate,
    save_product_size,
)
from inspection.types import Sample, Size, Split
from tests.doubles.parts import write_part


def make_images(folder: Path, *shapes: Size) -> list[Sample]:
    samples = []
    for number, shape in enumerate(shapes):
        path = folder / f"{number}.png"
        write_part(path, np.zeros((*shape, 3), np.uint8))
        samples.append(Sample(path.name, path, "part", Split.TRAIN))
    return samples


def test_a_tall_part_keeps_its_shape_and_a_nearly_square_one_becomes_square(tmp_path: Path) -> None:
    tall = make_images(tmp_path / "tall", *[(80, 40)] * 3)
    size, said = settle_input_size(tmp_path / "ck" / "tall", tall)
    assert size == (352, 176)
    assert said == ["images are 80x40 (height x width): input size 352x176 keeps their shape"]
    nearly = make_images(tmp_path / "nearly", *[(80, 60)] * 3)
    assert settle_input_size(tmp_path / "ck" / "nearly", nearly) == (
        (256, 256),
        ["input size 256x256"],
    )


def test_what_was_decided_once_counts_for_later_detectors(tmp_path: Path) -> None:
    folder = tmp_path / "ck"
    settle_input_size(folder, make_images(tmp_path, (80, 40)))
    save_product_rate(folder, 0.05)
    size, said = settle_input_size(folder, make_images(tmp_path, (40, 80)))
    assert size == (352, 176)
    assert said == ["input size 352x176, as decided for this product"]
    assert read_settings(folder).own_rate == 0.05


def test_it_can_be_decided_anew_with_more_pixels(tmp_path: Path) -> None:
    folder, asked = tmp_path / "ck", []
    samples = make_images(tmp_path, (80, 40))
    settle_input_size(folder, samples)

    def choose(shape: Size) -> SideChoice:
        asked.append(shape)
        return SideChoice(512, "since defects are small")

    size, said = settle_input_size(folder, samples, choose_side=choose)
    assert (size, asked) == ((736, 368), [(80, 40)])
    assert said[0] == "since defects are small"
    assert settle_input_size(folder, samples)[0] == (736, 368)


def test_a_size_that_is_only_asked_for_is_not_kept(tmp_path: Path) -> None:
    samples = make_images(tmp_path, (80, 40))
    assert settle_input_size(tmp_path / "ck", samples, is_kept=False)[0] == (352, 176)
    assert not (tmp_path / "ck").exists()


def test_of_many_shapes_the_middle_one_counts_and_who_is_stretched_is_told(tmp_path: Path) -> None:
    samples = make_images(tmp_path, *[(80, 40)] * 5, *[(40, 80)] * 2, (60, 60))
    size, said = settle_input_size(tmp_path / "ck", samples)
    assert size == (352, 176)
    assert said[-1].startswith("note: shapes vary: 3 of 8 training images are stretched")


def test_a_damaged_size_is_told(tmp_path: Path) -> None:
    for damaged in ([0, 4], "256", [1.5, 2], [256]):
        write_json(tmp_path / PRODUCT, {"format": 1, "input_size": damaged})
        with pytest.raises(CheckpointError, match="no input size"):
            read_settings(tmp_path)
    save_product_size(tmp_path, (96, 64))
    assert read_settings(tmp_path).input_size == (96, 64)
