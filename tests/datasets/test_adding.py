"""Where a new image goes in a dataset of each layout."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from inspection.datasets.adding import Room, find_room
from inspection.datasets.dataset import read_dataset
from inspection.errors import DatasetError
from tests.doubles.layouts import (
    write_ad2,
    write_image,
    write_loco,
    write_magnetic_tile,
    write_mask,
    write_mvtec,
    write_plain,
)


def test_an_image_and_its_mask_are_read_again_where_they_were_put(tmp_path: Path) -> None:
    root = write_mvtec(tmp_path / "mvtec")
    category = read_dataset(root).categories[0]
    room = find_room(read_dataset(root), category)
    image, mask = room.place("drawn", "new")
    assert image == root / category / "test" / "drawn" / "new.png"
    write_image(image)
    write_mask(mask)
    (found,) = [one for one in read_dataset(root).samples if one.image_path == image]
    assert (found.category, found.defect_type) == (category, "drawn")
    assert found.mask_paths == (mask,)


def test_a_root_that_is_the_category_takes_images_itself(tmp_path: Path) -> None:
    root = write_mvtec(tmp_path / "mvtec")
    category = read_dataset(root).categories[0]
    alone = read_dataset(root / category, name="renamed")
    assert find_room(alone, category) == Room(root / category)


def test_what_is_missing_is_named_as_mvtec_has_it_and_validation_stays_the_test_part(
    tmp_path: Path,
) -> None:
    for index in range(3):
        write_image(tmp_path / "part" / "train" / "good" / f"{index}.png", shade=90 + index)
    assert find_room(read_dataset(tmp_path), "part") == Room(tmp_path / "part", "test")
    write_image(tmp_path / "part" / "validation" / "dent" / "0.png")
    assert find_room(read_dataset(tmp_path), "part") == Room(tmp_path / "part", "validation")


def test_a_relative_of_mvtec_takes_images_too(tmp_path: Path) -> None:
    root = write_loco(tmp_path / "loco")
    dataset = read_dataset(root)
    category = dataset.categories[0]
    assert find_room(dataset, category) == Room(root / category, "test")
    shutil.rmtree(root / category / "test")
    assert find_room(read_dataset(root, layout="mvtec"), category).place("a", "b")[1].name == (
        "b_mask.png"
    )


@pytest.mark.parametrize("write", [write_magnetic_tile, write_ad2, write_plain])
def test_other_layouts_are_refused_by_their_name(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    dataset = read_dataset(write(tmp_path / "other"))
    with pytest.raises(DatasetError, match="This dataset is laid out as ") as refused:
        find_room(dataset, dataset.categories[0])
    assert "Only one that is laid out as MVTec AD takes any" in refused.value.fix


def test_an_unknown_category_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no category"):
        find_room(read_dataset(write_mvtec(tmp_path / "mvtec")), "nothing")
