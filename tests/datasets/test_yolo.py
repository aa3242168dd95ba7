"""YOLO's files: every image and mark is read, or reported."""

from pathlib import Path

import pytest

from inspection.datasets.dataset import read_dataset
from inspection.issues import IssueKind
from inspection.types import Box
from tests.doubles import layouts
from tests.doubles.layouts import YOLO_BOX, count_marked, count_samples, write_images, write_text


def test_yolo_follows_its_parts_and_names(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_yolo(tmp_path / "steel.v1"))
    assert count_samples(dataset) == {
        ("train", "dent"): 2,
        ("train", "scratch"): 2,
        ("train", None): 2,
        ("test", "dent"): 1,
        ("test", "scratch"): 1,
        ("test", None): 1,
    }
    assert dataset.samples[0].boxes == (Box(20, 4, 28, 10),)
    assert set(count_marked(dataset).values()) == {48}


def test_yolo_with_images_and_labels_reads_names_as_a_record(tmp_path: Path) -> None:
    for part in ("train", "val"):
        write_images(tmp_path / f"images/{part}")
        write_text(tmp_path / f"labels/{part}/0.txt", YOLO_BOX.replace("0 ", "1 ", 1))
        write_text(tmp_path / f"labels/{part}/1.txt", YOLO_BOX.replace("0 ", "7 ", 1))
        write_text(tmp_path / f"labels/{part}/2.txt", YOLO_BOX.replace("\n", " 0.93\n"))
    write_text(tmp_path / "data.yaml", "path: x\nnames:\n  0: good\n  1: dent\n")
    dataset = read_dataset(tmp_path)
    assert count_samples(dataset) == {
        (split, kind): number
        for split in ("train", "test")
        for kind, number in (("dent", 1), ("class 7", 1), (None, 2))
    }
    assert dataset.account.endswith("no part for testing: that for validation is its test part.")


@pytest.mark.parametrize("folder", ["", "obj_train_data/"])
def test_yolo_labels_may_lie_beside_the_images(folder: str, tmp_path: Path) -> None:
    for number, name in enumerate(write_images(tmp_path / folder, 6)):
        text = YOLO_BOX if number % 2 else ""
        write_text((tmp_path / folder / name).with_suffix(".txt"), text)
    write_text(tmp_path / folder / "classes.txt", "rust\npit\n")
    dataset = read_dataset(tmp_path)
    assert (dataset.layout, dataset.issues) == ("yolo", ())
    assert count_samples(dataset) == {("train", None): 3, ("test", "rust"): 3}


def test_yolo_parts_may_be_lists_of_images_or_folders_of_any_name(tmp_path: Path) -> None:
    for name in write_images(tmp_path / "images", 6) + write_images(tmp_path / "hold/out", 2):
        write_text((tmp_path / "labels" / name).with_suffix(".txt"), "")
        write_text((tmp_path / "hold/labels" / name).with_suffix(".txt"), YOLO_BOX)
    lines = [f"/content/data/images/{number}.png" for number in range(6)]
    write_text(tmp_path / "learn.txt", "\n".join(lines))
    write_text(tmp_path / "d.yml", "train: learn.txt\ntest: ../d/hold/out\nnames: [pit]\n")
    dataset = read_dataset(tmp_path)
    assert count_samples(dataset) == {("train", None): 6, ("test", "pit"): 2}


def test_yolo_images_without_a_folder_of_labels_are_left_out_not_good(tmp_path: Path) -> None:
    root = layouts.write_yolo(tmp_path / "yolo")
    for path in (root / "test/labels").iterdir():
        path.unlink()
    (root / "test/labels").rmdir()
    dataset = read_dataset(root)
    assert "3 not used: 3 without a folder of labels." in dataset.account
    assert {one.image_path.parts[-3] for one in dataset.samples} == {"train", "valid"}


def test_damaged_yolo_lines_are_reported_and_their_image_is_not_good(tmp_path: Path) -> None:
    write_images(tmp_path / "images")
    write_text(tmp_path / "labels/0.txt", f"0 0.5 0.5\n0 12 13 14 15\n{YOLO_BOX}")
    write_text(tmp_path / "labels/1.txt", "what is this\n")
    write_text(tmp_path / "labels/2.txt", "1 0.5 0.5 0 0.1\n")
    dataset = read_dataset(tmp_path)
    kinds = {one.image_path.name: one.defect_type for one in dataset.samples}
    assert kinds == {"0.png": "class 0", "1.png": "defect", "2.png": "class 1", "3.png": None}
    assert [issue.kind for issue in dataset.issues] == [IssueKind.ANNOTATION] * 3
    assert "0.txt has 2 marks that cannot be used: '0 0.5 0.5' is no box" in (
        dataset.issues[0].problem
    )
    assert "has no width" in dataset.issues[2].problem


def test_a_damaged_yaml_is_reported_and_classes_keep_their_numbers(tmp_path: Path) -> None:
    root = layouts.write_yolo(tmp_path / "yolo")
    write_text(root / "data.yaml", "names: [a, b\n\t:")
    dataset = read_dataset(root)
    assert {one.defect_type for one in dataset.samples} == {None, "class 0", "class 1"}
    assert [(issue.kind, issue.path.name) for issue in dataset.issues] == [
        (IssueKind.UNREADABLE, "data.yaml")
    ]


def test_a_yolo_dataset_may_lie_in_a_folder_called_data(tmp_path: Path) -> None:
    layouts.write_yolo(tmp_path / "data")
    dataset = read_dataset(tmp_path)
    assert {one.defect_type for one in dataset.samples} == {None, "scratch", "dent"}


def test_keypoints_count_as_their_boxes(tmp_path: Path) -> None:
    write_images(tmp_path / "images")
    write_text(tmp_path / "labels/0.txt", YOLO_BOX.strip() + " 0.1 0.1 0.2 0.2\n")
    write_text(tmp_path / "data.yaml", "names: {0: pit}\nkpt_shape: [2, 2]\n")
    (marked,) = (one for one in read_dataset(tmp_path).samples if one.is_anomalous)
    assert (marked.boxes, marked.shapes) == ((Box(20, 4, 28, 10),), ())


def test_labels_in_the_folder_of_a_type_do_not_make_it_a_dataset_without_good_ones(
    tmp_path: Path,
) -> None:
    write_images(tmp_path / "good")
    for name in write_images(tmp_path / "bad"):
        write_text((tmp_path / "bad" / name).with_suffix(".txt"), YOLO_BOX)
    dataset = read_dataset(tmp_path)
    assert (dataset.layout, len(dataset.samples)) == ("yolo", 8)
    (tmp_path / "bad/0.txt").unlink()
    dataset = read_dataset(tmp_path)
    assert (dataset.layout, len(dataset.samples)) == ("plain", 8)


def test_folders_of_yolo_datasets_are_categories(tmp_path: Path) -> None:
    for name in ("nut", "bolt"):
        layouts.write_yolo(tmp_path / name)
    dataset = read_dataset(tmp_path)
    assert (dataset.layout, dataset.categories) == ("yolo", ("bolt", "nut"))
    assert len(dataset.of("nut").samples) == 9
