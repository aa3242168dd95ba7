"""COCO's files: every image and mark is read, or reported."""

from pathlib import Path

import pytest

from inspection.datasets.dataset import check_trainable, read_dataset
from inspection.errors import DatasetError
from inspection.ground_truth import read_kind_boxes
from inspection.issues import IssueKind
from inspection.types import Box
from tests.doubles import layouts
from tests.doubles.layouts import (
    COCO_BOX,
    count_marked,
    count_samples,
    write_coco_file,
    write_image,
    write_images,
    write_text,
)


def test_coco_reads_outlines_runs_and_boxes_by_part(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_coco(tmp_path / "coco"))
    assert count_samples(dataset) == {
        ("train", None): 2,
        ("train", "scratch"): 6,
        ("test", None): 1,
        ("test", "scratch"): 3,
    }
    tested = {one.image_path.name: one for one in dataset.samples if one.split == "test"}
    assert tested["2 ä.JPG"].boxes == (Box(20, 4, 28, 10),)
    assert [len(one.shapes) for one in tested.values()] == [0, 1, 0, 1]
    assert set(count_marked(dataset).values()) == {48}


def test_coco_as_roboflow_exports_it_keeps_copies_of_an_image_together(tmp_path: Path) -> None:
    for part in ("train", "valid", "test"):
        names = [
            write_image(tmp_path / f"{part}/{number}_png.rf.{copy}.jpg").name
            for number in range(2)
            for copy in "ab"
        ]
        write_coco_file(tmp_path / f"{part}/_annotations.coco.json", names, [COCO_BOX])
    dataset = read_dataset(tmp_path)
    assert count_samples(dataset) == {
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


def test_an_image_that_no_coco_file_lists_is_reported_and_left_out(tmp_path: Path) -> None:
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
def test_a_damaged_coco_mark_is_reported_and_its_image_is_not_good(
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


def test_an_image_listed_for_two_parts_counts_for_the_first_and_is_reported(tmp_path: Path) -> None:
    names = write_images(tmp_path / "images")
    write_coco_file(tmp_path / "annotations/test.json", names[:2], [])
    write_coco_file(tmp_path / "annotations/train.json", names[1:], [COCO_BOX])
    dataset = read_dataset(tmp_path)
    splits = {one.image_path.name: one.split.value for one in dataset.samples}
    assert splits == {"0.png": "test", "1.png": "test", "2.png": "train", "3.png": "train"}
    assert "listed for test and for train" in dataset.issues[0].problem


def test_captions_and_categories_without_images_mark_nothing(tmp_path: Path) -> None:
    write_coco_file(tmp_path / "captions.json", write_images(tmp_path), [{"image_id": 0, "id": 4}])
    assert count_samples(read_dataset(tmp_path)) == {("train", None): 3, ("test", None): 1}


def test_marks_of_several_kinds_in_one_image_keep_theirs(tmp_path: Path) -> None:
    names = [write_image(tmp_path / f"images/{number}.png").name for number in range(2)]
    dent = {"image_id": 0, "category_id": 4, "segmentation": [[1, 1, 5, 1, 5, 5]]}
    scratch = {"image_id": 0, "category_id": 3, "bbox": [20, 4, 8, 6]}
    alone = {**scratch, "image_id": 1}
    write_coco_file(tmp_path / "annotations.json", names, [dent, scratch, alone])
    first, second = read_dataset(tmp_path).samples
    assert (first.defect_type, first.kinds) == ("mixed", ("scratch", "dent")), "boxes come first"
    assert (second.defect_type, second.kinds) == ("scratch", ())
    assert [(one.kind, one.edges) for one in read_kind_boxes(first, (24, 32))] == [
        ("scratch", (20, 4, 28, 10)),
        ("dent", (1, 1, 5, 5)),
    ]
