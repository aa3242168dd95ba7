"""Marks of any tool: whether they fit their images, and what they serve."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from eda.facts import measure_sample
from eda.gallery import outline_of
from eda.index import stamp_sample
from inspection.datasets.dataset import read_dataset
from inspection.errors import DatasetError
from inspection.evaluation.partial import digest_samples
from inspection.ground_truth import has_ground_truth
from inspection.issues import IssueKind
from inspection.products.split_labels import Labels, labelled_parts
from inspection.products.split_plan import SplitPlan
from tests.doubles import layouts
from tests.doubles.layouts import (
    COCO_BOX,
    OUTLINE,
    SIZE,
    YOLO_BOX,
    count_marked,
    count_samples,
    make_shape,
    write_coco_file,
    write_image,
    write_images,
    write_labelme_file,
    write_text,
    write_voc,
)


def test_marks_of_a_resized_image_are_scaled_and_those_of_another_shape_left_out(
    tmp_path: Path,
) -> None:
    root = layouts.write_labelme(tmp_path / "parts")
    double = [[2 * x, 2 * y] for x, y in OUTLINE]
    write_labelme_file(root / "IMG 7.json", [make_shape(points=double)], size=(48, 64))
    write_labelme_file(root / "IMG 8.json", [make_shape()], size=(32, 24))
    dataset = read_dataset(root)
    assert count_marked(dataset) == {"IMG 7.PNG": 48, "IMG 8.PNG": 0}
    (issue,) = dataset.issues
    assert "they are of an image of 24 x 32 pixels, but it has 32 x 24" in issue.problem
    assert dataset.account.endswith(
        "parts: 1 image of another size than annotated: marks are scaled."
    )


def test_runs_of_pixels_of_another_size_are_reported_and_left_out(tmp_path: Path) -> None:
    runs = {"size": [48, 64], "counts": [0, 48 * 64]}
    mark = {"image_id": 0, "category_id": 3, "segmentation": runs}
    names = write_images(tmp_path)
    write_coco_file(tmp_path / "a.json", names, [mark])
    dataset = read_dataset(tmp_path)
    assert count_marked(dataset) == {"0.png": 0}
    assert "they are of images of different sizes" in dataset.issues[0].problem


def test_marks_outside_of_their_image_are_reported(tmp_path: Path) -> None:
    marks = [{**COCO_BOX, "bbox": [40, 4, 8, 6]}, {**COCO_BOX, "image_id": 1}]
    write_coco_file(tmp_path / "a.json", write_images(tmp_path), marks)
    dataset = read_dataset(tmp_path)
    assert count_marked(dataset) == {"0.png": 0, "1.png": 48}
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
    root = layouts.write_mvtec(tmp_path / "mvtec")
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
    assert count_samples(dataset) == {("train", None): 3, ("test", "dent"): 3}


def test_a_folder_of_images_that_no_annotation_fits_is_refused_in_a_sentence(
    tmp_path: Path,
) -> None:
    write_images(tmp_path)
    write_coco_file(tmp_path / "annotations.json", ["a.png", "b.png"], [])
    with pytest.raises(DatasetError, match="4 images that no annotation file lists"):
        read_dataset(tmp_path)


def test_images_outside_of_the_parts_are_reported(tmp_path: Path) -> None:
    root = layouts.write_yolo(tmp_path / "yolo")
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
    assert count_marked(read_dataset(tmp_path)) == {composed: 48}


def test_a_file_is_reported_by_its_ends_however_long_it_is(tmp_path: Path) -> None:
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
    assert count_samples(read_dataset(tmp_path)) == {("train", None): 3, ("test", "scratch"): 1}


def test_outlines_are_measured_as_masks_and_boxes_as_boxes(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_yolo(tmp_path / "yolo"))
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
    root = layouts.write_labelme(tmp_path / "parts")
    stamps = []
    for right in (28, 27):
        points = [[20, 4], [right, 4], [right, 10], [20, 10]]
        write_labelme_file(root / "IMG 7.json", [make_shape(points=points)])
        marked = [one for one in read_dataset(root).samples if one.is_anomalous]
        stamps.append((stamp_sample(marked[0]), digest_samples((), marked)))
    assert stamps[0][0] != stamps[1][0]
    assert stamps[0][1] != stamps[1][1]


def test_outlines_are_labels_to_learn_from(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_coco(tmp_path / "coco"))
    plan = SplitPlan(seed=0, labelled_fraction=0.0, roles={})
    chosen = labelled_parts(plan, dataset.samples, Labels(None))
    assert len(chosen) == 6
