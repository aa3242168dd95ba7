"""Files of one image each: every image and mark is read, or reported."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inspection.datasets.dataset import check_trainable, read_dataset
from inspection.errors import DatasetError
from inspection.ground_truth import read_mask
from inspection.issues import IssueKind
from tests.doubles import layouts
from tests.doubles.layouts import (
    SIZE,
    count_marked,
    count_samples,
    make_shape,
    write_image,
    write_images,
    write_labelme_file,
    write_mask,
    write_text,
    write_voc,
)


@pytest.mark.parametrize(("images", "notes"), [("JPEGImages", "Annotations"), ("images", "xml")])
def test_voc_files_may_lie_in_a_folder_of_their_own(
    images: str, notes: str, tmp_path: Path
) -> None:
    for number, name in enumerate(write_images(tmp_path / images)):
        path = (tmp_path / notes / name).with_suffix(".xml")
        if number:
            write_text(path, "<annotation></annotation>")
        else:
            write_voc(path, "dent")
    dataset = read_dataset(tmp_path)
    assert (dataset.layout, dataset.issues) == ("voc", ())
    assert count_samples(dataset) == {("train", None): 3, ("test", "dent"): 1}
    assert count_marked(dataset) == {"0.png": 48}


def test_voc_parts_follow_its_lists_of_images(tmp_path: Path) -> None:
    for name in write_images(tmp_path / "JPEGImages"):
        write_text((tmp_path / "Annotations" / name).with_suffix(".xml"), "<annotation/>")
    for part, stems in {"trainval": "1\n0\n3\n", "val": "3\n", "test": "2\n"}.items():
        write_text(tmp_path / f"ImageSets/Main/{part}.txt", stems)
    splits = {one.image_path.stem: one.split.value for one in read_dataset(tmp_path).samples}
    assert splits == {"0": "train", "1": "train", "2": "test", "3": "train"}


@pytest.mark.parametrize("text", ["<annotation", '<?xml version="1.0" encoding="x"?><annotation/>'])
def test_a_damaged_voc_file_is_reported_and_its_image_left_out(text: str, tmp_path: Path) -> None:
    root = layouts.write_pascal_voc(tmp_path / "voc")
    write_text(root / "train/0.xml", text)
    dataset = read_dataset(root)
    assert len(dataset.samples) == 5
    assert [issue.kind for issue in dataset.issues] == [
        IssueKind.UNREADABLE,
        IssueKind.UNLABELLED,
    ]


@pytest.mark.parametrize(
    ("shape", "num_pixels"),
    [
        (make_shape(), 48),
        (make_shape(kind="rectangle", points=[[28, 10], [20, 4]]), 48),
        (make_shape(kind="rectangle"), 48),
        (make_shape(kind="circle", points=[[16, 12], [16, 20]]), 208),
        (make_shape(kind="line", points=[[8, 12], [24, 12]]), 16 * 10 + 80),
        (make_shape(kind="linestrip", points=[[8, 12], [12, 12], [24, 12]]), 16 * 10 + 80),
        (make_shape(kind="point", points=[[16, 12]]), 80),
        (make_shape(kind="points", points=[[6, 6], [20, 12]]), 160),
    ],
)
def test_a_labelme_shape_marks_its_pixels(
    shape: dict[str, object], num_pixels: int, tmp_path: Path
) -> None:
    root = layouts.write_labelme(tmp_path / "parts")
    write_labelme_file(root / "IMG 7.json", [shape])
    dataset = read_dataset(root)
    assert count_samples(dataset) == {("train", None): 7, ("test", None): 3, ("test", "scratch"): 1}
    assert count_marked(dataset) == {"IMG 7.PNG": num_pixels}


def test_a_labelme_mask_lies_where_its_corner_says(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.full((6, 8), 255, np.uint8)).save(buffer, "PNG")
    mask = base64.b64encode(buffer.getvalue()).decode()
    root = layouts.write_labelme(tmp_path / "parts")
    corner = [[20, 4], [27, 9]]
    write_labelme_file(root / "IMG 7.json", [make_shape(kind="mask", points=corner, mask=mask)])
    (marked,) = (one for one in read_dataset(root).samples if one.is_anomalous)
    expected = np.zeros(SIZE, np.bool_)
    expected[layouts.DEFECT] = True
    assert np.array_equal(read_mask(marked, SIZE), expected)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (make_shape(points=[[1, 2], [3, 4]]), "fewer than three"),
        (make_shape(points=[[1, 2], [3, float("nan")], [3, 3]]), "list of numbers"),
        (make_shape(points="x"), "no points"),
        (make_shape(kind="cuboid"), "a cuboid with 4 points is not known"),
        (make_shape(kind="mask", mask="AAAA"), "picture of a mask is damaged"),
        (make_shape(kind="mask"), "has no picture"),
    ],
)
def test_a_damaged_shape_is_reported_and_its_image_is_not_good(
    shape: dict[str, object], message: str, tmp_path: Path
) -> None:
    root = layouts.write_labelme(tmp_path / "parts")
    write_labelme_file(root / "IMG 7.json", [shape])
    dataset = read_dataset(root)
    assert count_marked(dataset) == {"IMG 7.PNG": 0}
    (issue,) = dataset.issues
    assert message in issue.problem


def test_several_labels_make_a_mixed_image_and_labels_for_good_parts_none(tmp_path: Path) -> None:
    root = layouts.write_labelme(tmp_path / "parts")
    write_labelme_file(root / "IMG 7.json", [make_shape(), make_shape("dent"), make_shape("OK")])
    write_labelme_file(root / "IMG 8.json", [make_shape("OK")])
    write_labelme_file(root / "IMG 9.json", [], flags={"rust": True, "ok": False})
    dataset = read_dataset(root)
    kinds = {one.id: one.defect_type for one in dataset.samples if one.is_anomalous}
    assert kinds == {"IMG 7.PNG": "mixed", "IMG 9.PNG": "rust"}


def test_images_that_nobody_annotated_are_reported_and_left_out_but_for_folders_of_good_ones(
    tmp_path: Path,
) -> None:
    root = layouts.write_labelme(tmp_path / "parts")
    write_image(root / "new.png")
    write_image(root / "good/1.png")
    write_mask(root / "masks/IMG 7.png")
    dataset = read_dataset(root)
    assert len(dataset.samples) == 12
    (issue,) = dataset.issues
    assert (issue.kind, issue.path.name) == (IssueKind.UNLABELLED, "new.png")
    assert dataset.account.endswith(
        "2 not used: 1 without an annotation of their own, 1 mask beside annotations. "
        "parts: 1 image without an annotation, good by their folder."
    )


@pytest.mark.parametrize("folder", ["json", "labels", "Annotations"])
def test_labelme_files_may_lie_in_a_folder_and_be_named_otherwise(
    folder: str, tmp_path: Path
) -> None:
    for part in ("train", "val"):
        write_images(tmp_path / part / "images")
        for number in range(4):
            shapes = [make_shape()] if number == 1 else []
            name = f"a{number}" if number > 1 else str(number)
            path = f"..\\images\\{number}.png"
            write_labelme_file(tmp_path / part / folder / f"{name}.json", shapes, imagePath=path)
    dataset = read_dataset(tmp_path)
    assert dataset.issues == ()
    assert count_samples(dataset) == {
        ("train", None): 3,
        ("train", "scratch"): 1,
        ("test", None): 3,
        ("test", "scratch"): 1,
    }


def test_an_annotation_of_no_image_stops_a_training(tmp_path: Path) -> None:
    root = layouts.write_labelme(tmp_path / "parts")
    write_labelme_file(root / "gone.json", [make_shape()], imagePath="../../gone.png")
    write_text(root / "settings.json", "{}")
    dataset = read_dataset(root)
    with pytest.raises(DatasetError, match=r"annotation gone.json belongs to no image"):
        check_trainable(dataset.samples, issues=dataset.issues)


def test_two_images_of_one_name_share_no_annotation(tmp_path: Path) -> None:
    root = layouts.write_labelme(tmp_path / "parts")
    write_image(root / "IMG 7.bmp")
    write_image(root / "IMG 8.bmp")
    write_labelme_file(root / "IMG 8.json", [], imagePath="elsewhere.png")
    dataset = read_dataset(root)
    assert count_marked(dataset) == {"IMG 7.PNG": 48}, "the file names the PNG"
    assert dataset.account.endswith("3 not used: 3 without an annotation of their own.")
