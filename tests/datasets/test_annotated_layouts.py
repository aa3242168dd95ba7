"""Data sets as annotation tools export them: every image and mark is read, or told."""

import base64
import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eda.facts import measure_sample
from eda.gallery import outline_of
from eda.index import stamp_sample
from inspection.datasets.dataset import Dataset, check_trainable, read_dataset
from inspection.errors import DatasetError
from inspection.evaluation.partial import digest_samples
from inspection.ground_truth import has_ground_truth, read_mask
from inspection.issues import IssueKind
from inspection.products.split_labels import Labels, labelled_parts
from inspection.products.split_plan import SplitPlan
from inspection.types import Box
from tests import miniatures
from tests.miniatures import (
    OUTLINE,
    SIZE,
    make_shape,
    write_coco_file,
    write_image,
    write_labelme_file,
    write_mask,
    write_text,
    write_voc,
)

YOLO_BOX = "0 0.75 0.2916666667 0.25 0.25\n"
COCO_BOX = {"image_id": 0, "category_id": 3, "bbox": [20, 4, 8, 6]}


def count(dataset: Dataset) -> dict[tuple[str, str | None], int]:
    return dict(Counter((one.split.value, one.defect_type) for one in dataset.samples))


def pixels(dataset: Dataset) -> dict[str, int]:
    """Return the number of marked pixels of each defective image by its name."""
    return {
        one.image_path.name: int(read_mask(one, SIZE).sum())
        for one in dataset.samples
        if one.is_anomalous
    }


def write_images(folder: Path, number: int = 4) -> list[str]:
    return [write_image(folder / f"{index}.png").name for index in range(number)]


def test_mvtec_ad2_trains_on_validation_and_tests_on_what_is_public(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_ad2(tmp_path / "ad2"))
    assert dataset.categories == ("fruit_jelly",)
    assert count(dataset) == {("train", None): 4, ("test", None): 1, ("test", "bad"): 1}
    assert pixels(dataset) == {"000_overexposed.png": 48}
    assert dataset.account.endswith("1 mask, 6 not used: 6 whose labels are not published.")


def test_a_category_of_mvtec_ad2_is_a_dataset_of_its_own(tmp_path: Path) -> None:
    root = miniatures.write_ad2(tmp_path) / "fruit_jelly"
    dataset = read_dataset(root)
    assert (dataset.layout, dataset.categories) == ("mvtec_ad2", ("fruit_jelly",))
    assert len(dataset.samples) == 6


def test_coco_reads_outlines_runs_and_boxes_by_part(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_coco(tmp_path / "coco"))
    assert count(dataset) == {
        ("train", None): 2,
        ("train", "scratch"): 6,
        ("test", None): 1,
        ("test", "scratch"): 3,
    }
    tested = {one.image_path.name: one for one in dataset.samples if one.split == "test"}
    assert tested["2 ä.JPG"].boxes == (Box(20, 4, 28, 10),)
    assert [len(one.shapes) for one in tested.values()] == [0, 1, 0, 1]
    assert set(pixels(dataset).values()) == {48}


def test_coco_as_roboflow_exports_it_keeps_copies_of_an_image_together(tmp_path: Path) -> None:
    for part in ("train", "valid", "test"):
        names = [
            write_image(tmp_path / f"{part}/{number}_png.rf.{copy}.jpg").name
            for number in range(2)
            for copy in "ab"
        ]
        write_coco_file(tmp_path / f"{part}/_annotations.coco.json", names, [COCO_BOX])
    dataset = read_dataset(tmp_path)
    assert count(dataset) == {
        ("train", None): 6,
        ("train", "scratch"): 2,
        ("test", None): 3,
        ("test", "scratch"): 1,
    }
    assert len({one.unit for one in dataset.samples}) == 6


def test_coco_finds_images_below_other_folders_and_never_outside(tmp_path: Path) -> None:
    root = tmp_path / "product"
    for name in ("images/a/1.png", "images/b/1.png", "images/2.png", "images/good/3.png"):
        write_image(root / name)
    write_image(tmp_path / "secret.png")
    names = ["a\\1.png", "b/1.png", "/srv/me/images/2.png", "../secret.png", "../../x.png"]
    write_coco_file(root / "annotations.json", names, [COCO_BOX, {**COCO_BOX, "image_id": 1}])
    dataset = read_dataset(root)
    ids = {one.id: one.defect_type for one in dataset.samples}
    assert ids == {
        "images/a/1.png": "scratch",
        "images/b/1.png": "scratch",
        "images/2.png": None,
        "images/good/3.png": None,
    }
    (issue,) = dataset.issues
    assert issue.kind is IssueKind.MISSING
    assert issue.problem.startswith("2 images named in annotations.json cannot be found")
    assert dataset.account.endswith("product: 1 image without an annotation, good by their folder.")


def test_an_image_that_no_coco_file_lists_is_told_and_left_out(tmp_path: Path) -> None:
    names = write_images(tmp_path)
    write_coco_file(tmp_path / "annotations.json", names[:3], [COCO_BOX])
    dataset = read_dataset(tmp_path)
    assert len(dataset.samples) == 3
    (issue,) = dataset.issues
    assert (issue.kind, issue.path.name) == (IssueKind.UNLABELLED, "3.png")
    assert "1 not used: 1 that no annotation file lists." in dataset.account


@pytest.mark.parametrize(
    ("mark", "message", "label"),
    [
        ({"category_id": 3, "bbox": [1, 1, 0, 5]}, "a box has no width", "scratch"),
        ({"category_id": 9, "bbox": [1, "x", 2, 5]}, "should be a list of numbers", "category 9"),
        ({"category_id": 4, "segmentation": {"size": [24, 32], "counts": [5]}}, "add up", "dent"),
        ({"category_id": 4, "segmentation": {"size": [24, 32], "counts": "~"}}, "damaged", "dent"),
        ({"category_id": 4, "segmentation": {"size": 3}}, "should be a list", "dent"),
        ({"category_id": 4, "segmentation": [[1e9, 0, 1, 1, 2, 2]]}, "no sensible", "dent"),
    ],
)
def test_a_damaged_coco_mark_is_told_and_its_image_is_not_good(
    mark: dict[str, object], message: str, label: str, tmp_path: Path
) -> None:
    write_coco_file(tmp_path / "a.json", write_images(tmp_path), [{"image_id": 0, **mark}])
    dataset = read_dataset(tmp_path)
    assert [one.defect_type for one in dataset.samples if one.is_anomalous] == [label]
    assert message in dataset.issues[0].problem
    check_trainable(dataset.samples, issues=dataset.issues)


@pytest.mark.parametrize("text", ['{"images": [], "annotations": [', "[1, 2]", "[" * 100_000, "ÿ"])
def test_a_damaged_coco_file_is_refused_in_a_sentence(text: str, tmp_path: Path) -> None:
    write_images(tmp_path)
    write_text(tmp_path / "_annotations.coco.json", text)
    with pytest.raises(DatasetError, match=r"_annotations.coco.json cannot be read \("):
        read_dataset(tmp_path)


def test_an_image_listed_for_two_parts_counts_for_the_first_and_is_told(tmp_path: Path) -> None:
    names = write_images(tmp_path / "images")
    write_coco_file(tmp_path / "annotations/test.json", names[:2], [])
    write_coco_file(tmp_path / "annotations/train.json", names[1:], [COCO_BOX])
    dataset = read_dataset(tmp_path)
    splits = {one.image_path.name: one.split.value for one in dataset.samples}
    assert splits == {"0.png": "test", "1.png": "test", "2.png": "train", "3.png": "train"}
    assert "listed for test and for train" in dataset.issues[0].problem


def test_captions_and_categories_without_images_mark_nothing(tmp_path: Path) -> None:
    write_coco_file(tmp_path / "captions.json", write_images(tmp_path), [{"image_id": 0, "id": 4}])
    assert count(read_dataset(tmp_path)) == {("train", None): 3, ("test", None): 1}


def test_yolo_follows_its_parts_and_names(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_yolo(tmp_path / "steel.v1"))
    assert count(dataset) == {
        ("train", "dent"): 2,
        ("train", "scratch"): 2,
        ("train", None): 2,
        ("test", "dent"): 1,
        ("test", "scratch"): 1,
        ("test", None): 1,
    }
    assert dataset.samples[0].boxes == (Box(20, 4, 28, 10),)
    assert set(pixels(dataset).values()) == {48}


def test_yolo_with_images_and_labels_reads_names_as_a_record(tmp_path: Path) -> None:
    for part in ("train", "val"):
        write_images(tmp_path / f"images/{part}")
        write_text(tmp_path / f"labels/{part}/0.txt", YOLO_BOX.replace("0 ", "1 ", 1))
        write_text(tmp_path / f"labels/{part}/1.txt", YOLO_BOX.replace("0 ", "7 ", 1))
        write_text(tmp_path / f"labels/{part}/2.txt", YOLO_BOX.replace("\n", " 0.93\n"))
    write_text(tmp_path / "data.yaml", "path: x\nnames:\n  0: good\n  1: dent\n")
    dataset = read_dataset(tmp_path)
    assert count(dataset) == {
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
    assert count(dataset) == {("train", None): 3, ("test", "rust"): 3}


def test_yolo_parts_may_be_lists_of_images_or_folders_of_any_name(tmp_path: Path) -> None:
    for name in write_images(tmp_path / "images", 6) + write_images(tmp_path / "hold/out", 2):
        write_text((tmp_path / "labels" / name).with_suffix(".txt"), "")
        write_text((tmp_path / "hold/labels" / name).with_suffix(".txt"), YOLO_BOX)
    lines = [f"/content/data/images/{number}.png" for number in range(6)]
    write_text(tmp_path / "learn.txt", "\n".join(lines))
    write_text(tmp_path / "d.yml", "train: learn.txt\ntest: ../d/hold/out\nnames: [pit]\n")
    dataset = read_dataset(tmp_path)
    assert count(dataset) == {("train", None): 6, ("test", "pit"): 2}


def test_yolo_images_without_a_folder_of_labels_are_left_out_not_good(tmp_path: Path) -> None:
    root = miniatures.write_yolo(tmp_path / "yolo")
    for path in (root / "test/labels").iterdir():
        path.unlink()
    (root / "test/labels").rmdir()
    dataset = read_dataset(root)
    assert "3 not used: 3 without a folder of labels." in dataset.account
    assert {one.image_path.parts[-3] for one in dataset.samples} == {"train", "valid"}


def test_damaged_yolo_lines_are_told_and_their_image_is_not_good(tmp_path: Path) -> None:
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


def test_a_damaged_yaml_is_told_and_classes_keep_their_numbers(tmp_path: Path) -> None:
    root = miniatures.write_yolo(tmp_path / "yolo")
    write_text(root / "data.yaml", "names: [a, b\n\t:")
    dataset = read_dataset(root)
    assert {one.defect_type for one in dataset.samples} == {None, "class 0", "class 1"}
    assert [(issue.kind, issue.path.name) for issue in dataset.issues] == [
        (IssueKind.UNREADABLE, "data.yaml")
    ]


def test_a_yolo_dataset_may_lie_in_a_folder_called_data(tmp_path: Path) -> None:
    miniatures.write_yolo(tmp_path / "data")
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
        miniatures.write_yolo(tmp_path / name)
    dataset = read_dataset(tmp_path)
    assert (dataset.layout, dataset.categories) == ("yolo", ("bolt", "nut"))
    assert len(dataset.of("nut").samples) == 9


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
    assert count(dataset) == {("train", None): 3, ("test", "dent"): 1}
    assert pixels(dataset) == {"0.png": 48}


def test_voc_parts_follow_its_lists_of_images(tmp_path: Path) -> None:
    for name in write_images(tmp_path / "JPEGImages"):
        write_text((tmp_path / "Annotations" / name).with_suffix(".xml"), "<annotation/>")
    for part, stems in {"trainval": "1\n0\n3\n", "val": "3\n", "test": "2\n"}.items():
        write_text(tmp_path / f"ImageSets/Main/{part}.txt", stems)
    splits = {one.image_path.stem: one.split.value for one in read_dataset(tmp_path).samples}
    assert splits == {"0": "train", "1": "train", "2": "test", "3": "train"}


@pytest.mark.parametrize("text", ["<annotation", '<?xml version="1.0" encoding="x"?><annotation/>'])
def test_a_damaged_voc_file_is_told_and_its_image_left_out(text: str, tmp_path: Path) -> None:
    root = miniatures.write_pascal_voc(tmp_path / "voc")
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
    root = miniatures.write_labelme(tmp_path / "parts")
    write_labelme_file(root / "IMG 7.json", [shape])
    dataset = read_dataset(root)
    assert count(dataset) == {("train", None): 7, ("test", None): 3, ("test", "scratch"): 1}
    assert pixels(dataset) == {"IMG 7.PNG": num_pixels}


def test_a_labelme_mask_lies_where_its_corner_says(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.full((6, 8), 255, np.uint8)).save(buffer, "PNG")
    mask = base64.b64encode(buffer.getvalue()).decode()
    root = miniatures.write_labelme(tmp_path / "parts")
    corner = [[20, 4], [27, 9]]
    write_labelme_file(root / "IMG 7.json", [make_shape(kind="mask", points=corner, mask=mask)])
    (marked,) = (one for one in read_dataset(root).samples if one.is_anomalous)
    expected = np.zeros(SIZE, np.bool_)
    expected[miniatures.DEFECT] = True
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
def test_a_damaged_shape_is_told_and_its_image_is_not_good(
    shape: dict[str, object], message: str, tmp_path: Path
) -> None:
    root = miniatures.write_labelme(tmp_path / "parts")
    write_labelme_file(root / "IMG 7.json", [shape])
    dataset = read_dataset(root)
    assert pixels(dataset) == {"IMG 7.PNG": 0}
    (issue,) = dataset.issues
    assert message in issue.problem


def test_several_labels_make_a_mixed_image_and_labels_for_good_parts_none(tmp_path: Path) -> None:
    root = miniatures.write_labelme(tmp_path / "parts")
    write_labelme_file(root / "IMG 7.json", [make_shape(), make_shape("dent"), make_shape("OK")])
    write_labelme_file(root / "IMG 8.json", [make_shape("OK")])
    write_labelme_file(root / "IMG 9.json", [], flags={"rust": True, "ok": False})
    dataset = read_dataset(root)
    kinds = {one.id: one.defect_type for one in dataset.samples if one.is_anomalous}
    assert kinds == {"IMG 7.PNG": "mixed", "IMG 9.PNG": "rust"}


def test_images_that_nobody_annotated_are_told_and_left_out_but_for_folders_of_good_ones(
    tmp_path: Path,
) -> None:
    root = miniatures.write_labelme(tmp_path / "parts")
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
    assert count(dataset) == {
        ("train", None): 3,
        ("train", "scratch"): 1,
        ("test", None): 3,
        ("test", "scratch"): 1,
    }


def test_an_annotation_of_no_image_stops_a_training(tmp_path: Path) -> None:
    root = miniatures.write_labelme(tmp_path / "parts")
    write_labelme_file(root / "gone.json", [make_shape()], imagePath="../../gone.png")
    write_text(root / "settings.json", "{}")
    dataset = read_dataset(root)
    with pytest.raises(DatasetError, match=r"annotation gone.json belongs to no image"):
        check_trainable(dataset.samples, issues=dataset.issues)


def test_two_images_of_one_name_share_no_annotation(tmp_path: Path) -> None:
    root = miniatures.write_labelme(tmp_path / "parts")
    write_image(root / "IMG 7.bmp")
    write_image(root / "IMG 8.bmp")
    write_labelme_file(root / "IMG 8.json", [], imagePath="elsewhere.png")
    dataset = read_dataset(root)
    assert pixels(dataset) == {"IMG 7.PNG": 48}, "the file names the PNG"
    assert dataset.account.endswith("3 not used: 3 without an annotation of their own.")


def test_marks_of_a_resized_image_are_scaled_and_those_of_another_shape_left_out(
    tmp_path: Path,
) -> None:
    root = miniatures.write_labelme(tmp_path / "parts")
    double = [[2 * x, 2 * y] for x, y in OUTLINE]
    write_labelme_file(root / "IMG 7.json", [make_shape(points=double)], size=(48, 64))
    write_labelme_file(root / "IMG 8.json", [make_shape()], size=(32, 24))
    dataset = read_dataset(root)
    assert pixels(dataset) == {"IMG 7.PNG": 48, "IMG 8.PNG": 0}
    (issue,) = dataset.issues
    assert "they are of an image of 24 x 32 pixels, but it has 32 x 24" in issue.problem
    assert dataset.account.endswith(
        "parts: 1 image of another size than annotated: marks are scaled."
    )


def test_runs_of_pixels_of_another_size_are_told_and_left_out(tmp_path: Path) -> None:
    runs = {"size": [48, 64], "counts": [0, 48 * 64]}
    mark = {"image_id": 0, "category_id": 3, "segmentation": runs}
    names = write_images(tmp_path)
    write_coco_file(tmp_path / "a.json", names, [mark])
    dataset = read_dataset(tmp_path)
    assert pixels(dataset) == {"0.png": 0}
    assert "they are of images of different sizes" in dataset.issues[0].problem


def test_marks_outside_of_their_image_are_told(tmp_path: Path) -> None:
    marks = [{**COCO_BOX, "bbox": [40, 4, 8, 6]}, {**COCO_BOX, "image_id": 1}]
    write_coco_file(tmp_path / "a.json", write_images(tmp_path), marks)
    dataset = read_dataset(tmp_path)
    assert pixels(dataset) == {"0.png": 0, "1.png": 48}
    assert dataset.issues[0].problem.endswith("0.png: they lie outside of it.")


def add_stray_labelme(root: Path) -> None:
    write_labelme_file(root / "bottle/test/scratch/000.json", [make_shape()])


def add_stray_coco(root: Path) -> None:
    write_coco_file(root / "bottle/annotations.json", ["000.png"], [COCO_BOX])


def add_stray_yolo(root: Path) -> None:
    write_text(root / "bottle/test/scratch/000.txt", YOLO_BOX)


def add_stray_voc(root: Path) -> None:
    write_voc(root / "bottle/test/scratch/000.xml", "dent")


@pytest.mark.parametrize("add", [add_stray_labelme, add_stray_coco, add_stray_yolo, add_stray_voc])
@pytest.mark.parametrize("has_masks", [True, False])
def test_folders_of_types_stay_what_they_are_beside_a_stray_annotation(
    add: Callable[[Path], None], has_masks: bool, tmp_path: Path
) -> None:
    root = miniatures.write_mvtec(tmp_path / "mvtec")
    if not has_masks:
        for path in root.rglob("*_mask.png"):
            path.unlink()
        for number in range(1, 4):
            write_image(root / f"bottle/test/scratch/{number:03d}.png")
    samples = read_dataset(root).samples
    add(root)
    dataset = read_dataset(root)
    assert (dataset.layout, dataset.samples) == ("mvtec", samples)
    (remark,) = dataset.remarks
    assert remark.startswith("bottle: annotation files are not read")


def test_types_come_from_labels_where_all_defects_are_annotated(tmp_path: Path) -> None:
    for number in range(3):
        write_image(tmp_path / f"good/{number}.PNG")
        write_image(tmp_path / f"bad/{number}.PNG")
        write_labelme_file(tmp_path / f"bad/{number}.json", [make_shape("dent")])
    dataset = read_dataset(tmp_path)
    assert dataset.layout == "labelme"
    assert count(dataset) == {("train", None): 3, ("test", "dent"): 3}


def test_a_folder_of_images_that_no_annotation_fits_is_refused_in_a_sentence(
    tmp_path: Path,
) -> None:
    write_images(tmp_path)
    write_coco_file(tmp_path / "annotations.json", ["a.png", "b.png"], [])
    with pytest.raises(DatasetError, match="4 images that no annotation file lists"):
        read_dataset(tmp_path)


def test_images_outside_of_the_parts_are_told(tmp_path: Path) -> None:
    root = miniatures.write_yolo(tmp_path / "yolo")
    write_image(root / "new/images/9.png")
    write_text(root / "new/labels/9.txt", YOLO_BOX)
    dataset = read_dataset(root)
    assert len(dataset.samples) == 9
    assert dataset.issues[0].kind is IssueKind.UNLABELLED
    assert "1 outside of the parts for training, validation and testing." in dataset.account


def test_accents_may_be_stored_in_either_way(tmp_path: Path) -> None:
    composed, apart = "pi\u00e8ce.png", "pie\u0300ce.png"
    write_image(tmp_path / composed)
    write_image(tmp_path / "1.png")
    write_coco_file(tmp_path / "annotations.json", [apart, "1.png"], [COCO_BOX])
    assert pixels(read_dataset(tmp_path)) == {composed: 48}


def test_a_file_is_told_by_its_ends_however_long_it_is(tmp_path: Path) -> None:
    names = write_images(tmp_path)
    path = write_coco_file(tmp_path / "annotations.json", names, [COCO_BOX])
    document = json.loads(path.read_text(encoding="utf-8"))
    padded = {
        "info": "x" * 70_000,
        "categories": document["categories"],
        "more": "x" * 200_000,
        "annotations": document["annotations"],
        "images": document["images"],
    }
    write_text(path, json.dumps(padded))
    assert count(read_dataset(tmp_path)) == {("train", None): 3, ("test", "scratch"): 1}


def test_outlines_are_measured_as_masks_and_boxes_as_boxes(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_yolo(tmp_path / "yolo"))
    facts = {one.defect_type: measure_sample(one) for one in dataset.samples}
    assert {kind: one.truth for kind, one in facts.items()} == {
        "dent": "boxes",
        "scratch": "mask",
        None: "",
    }
    assert [one.defects[0].area for one in facts.values() if one.defects] == [48, 48]
    assert all(has_ground_truth(one) for one in dataset.samples)
    outlines = {one.defect_type: outline_of(one, SIZE) for one in dataset.samples}
    assert outlines["dent"] == "M20.0 4.0H28.0V10.0H20.0Z"
    assert outlines["scratch"].startswith("M20.5 4.5L")


def test_a_changed_outline_changes_the_stamp_of_its_image(tmp_path: Path) -> None:
    root = miniatures.write_labelme(tmp_path / "parts")
    stamps = []
    for right in (28, 27):
        points = [[20, 4], [right, 4], [right, 10], [20, 10]]
        write_labelme_file(root / "IMG 7.json", [make_shape(points=points)])
        marked = [one for one in read_dataset(root).samples if one.is_anomalous]
        stamps.append((stamp_sample(marked[0]), digest_samples((), marked)))
    assert stamps[0][0] != stamps[1][0]
    assert stamps[0][1] != stamps[1][1]


def test_outlines_are_labels_to_learn_from(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_coco(tmp_path / "coco"))
    plan = SplitPlan(seed=0, labelled_fraction=0.0, roles={})
    chosen = labelled_parts(plan, dataset.samples, Labels(None))
    assert len(chosen) == 6
