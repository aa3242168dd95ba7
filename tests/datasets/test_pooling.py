"""Several datasets as one: ids, groups and classes stay apart where they must."""

from dataclasses import replace
from pathlib import Path

import pytest

from inspection.datasets.dataset import Dataset, read_dataset
from inspection.datasets.pooling import pool_datasets
from inspection.errors import DatasetError
from inspection.types import Sample, Split
from tests.doubles.layouts import write_dagm, write_magnetic_tile


def make_dataset(name: str, *types: str | None) -> Dataset:
    samples = tuple(
        Sample(f"{kind}.png", Path(f"{kind}.png"), "part", Split.TRAIN, kind, group="g1")
        for kind in types
    )
    return Dataset(Path(name), name, "plain", samples)


def test_a_type_that_two_datasets_have_is_a_class_for_each() -> None:
    steel, glass = make_dataset("steel", None, "Scratch", "rust"), make_dataset("glass", "scratch")
    pooled = pool_datasets([steel, glass], name="both")
    assert [sample.defect_type for sample in pooled.samples] == [
        *(None, "steel/Scratch", "rust"),
        "glass/scratch",
    ]
    assert len({sample.id for sample in pooled.samples}) == 4
    assert {sample.group for sample in pooled.samples} == {"steel/part/g1", "glass/part/g1"}
    assert [sample.dataset for sample in pooled.samples] == ["steel"] * 3 + ["glass"]
    assert pooled.categories == ("all",)


def test_two_datasets_of_one_name_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"same name.*--data NAME=DIR"):
        pool_datasets([make_dataset("a", None), make_dataset("a", "dent")], name="both")


def test_published_datasets_make_one_map_of_classes(tmp_path: Path) -> None:
    dagm = read_dataset(write_dagm(tmp_path / "dagm"))
    tiles = read_dataset(write_magnetic_tile(tmp_path / "tiles"))
    pooled = pool_datasets([dagm, tiles], name="both")
    assert len(pooled.samples) == len(dagm.samples) + len(tiles.samples)
    assert {sample.defect_type for sample in pooled.samples} == {None, "defect", "Crack"}
    assert all(sample.image_path.is_file() for sample in pooled.samples)


def test_kinds_of_boxes_are_told_apart_as_types_are() -> None:
    steel, glass = make_dataset("steel", "mixed"), make_dataset("glass", "scratch")
    marked = replace(steel.samples[0], kinds=("scratch", "rust"))
    pooled = pool_datasets([replace(steel, samples=(marked,)), glass], name="both")
    assert pooled.samples[0].kinds == ("steel/scratch", "rust")
    assert pooled.samples[1].defect_type == "glass/scratch"
