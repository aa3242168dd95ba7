"""Ground truth of samples: odd masks are reported once per kind, uncertain ones are refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from eda.frame import count_kinds, count_odd, make_problem_frame
from eda.index import open_index
from inspection.boxes import KindBox
from inspection.datasets.dataset import check_trainable, read_dataset
from inspection.errors import DatasetError, MaskError
from inspection.ground_truth import check_masks, read_ground_truth, read_kind_boxes, read_mask
from inspection.issues import DatasetIssue, IssueKind, summarise_issues
from inspection.types import Box, Polygon, Sample, Split
from tests.doubles.parts import SIDE, write_dataset

SIZE = (SIDE, SIDE)


def block(side: int, level: int = 255) -> NDArray[np.uint8]:
    plane = np.zeros(SIZE, np.uint8)
    plane[8 : 8 + side, 8 : 8 + side] = level
    return plane


def soft(side: int) -> NDArray[np.uint8]:
    plane = block(side)
    plane[7, 8 : 8 + side] = 90
    plane[8 + side, 8 : 8 + side] = 140
    plane[7, 7] = 40
    return plane


def write(root: Path, *planes: NDArray[np.uint8]) -> list[Sample]:
    """Write a dataset whose first masks are these; return all samples."""
    write_dataset(root, num_test=5)
    for number, plane in enumerate(planes):
        path = root / "disc" / "ground_truth" / "spot" / f"{number:03d}_mask.png"
        Image.fromarray(plane).save(path)
    return list(read_dataset(root).samples)


def test_every_mask_of_a_sample_is_read_by_its_own_rule(tmp_path: Path) -> None:
    inverted = 255 - block(4)
    numbered = np.roll(block(4, 2), 20, axis=1)
    paths = []
    for name, plane in (("a", inverted), ("b", numbered)):
        paths.append(tmp_path / f"{name}.png")
        Image.fromarray(plane).save(paths[-1])
    sample = Sample("x.png", tmp_path / "x.png", "disc", Split.TEST, "spot", tuple(paths))
    assert read_mask(sample, SIZE).sum() == 32
    mask, problems = read_ground_truth(sample, SIZE)
    assert mask.sum() == 32
    assert [one.kind for one in problems] == [IssueKind.INVERTED_MASK, IssueKind.LABEL_NUMBERS]


def test_what_is_odd_about_masks_is_reported_once_per_kind(tmp_path: Path) -> None:
    white = np.full(SIZE, 255, np.uint8)
    samples = write(tmp_path / "parts", soft(9), soft(10), block(0), block(50), white)
    issues = check_trainable(samples)
    assert summarise_issues(issues) == [
        "The mask 000_mask.png of disc/test/spot/000.png has grey edges. From level 128 on it "
        "counts as defective. (1 more of this kind.)",
        "The mask of the defective image disc/test/spot/002.png is empty. Draw the defect, or "
        "move the image to the good ones; until then it counts in image scores but not in pixel "
        "scores.",
        "The mask of disc/test/spot/003.png covers 61 % of the image. Look at it: white has to be "
        "the defect, and pixel scores say little of one so large.",
        "The mask of disc/test/spot/004.png covers 100 % of the image and most of its border. Look "
        "at it: white has to be the defect, and pixel scores say little of one so large.",
    ]
    assert check_masks(samples) == issues


def test_plain_masks_are_not_spoken_of(tmp_path: Path) -> None:
    assert check_masks(write(tmp_path / "parts", block(9))) == []


def test_a_mask_that_is_not_certain_stops_training_and_evaluation_by_name(tmp_path: Path) -> None:
    slope = np.tile(np.arange(SIDE, dtype=np.uint8) * 4, (SIDE, 1))
    samples = write(tmp_path / "parts", slope)
    message = r"000_mask\.png of disc/test/spot/000\.png has 64 grey levels and no clear mark"
    with pytest.raises(DatasetError, match=message):
        check_trainable(samples)
    with pytest.raises(DatasetError, match=message):
        check_masks(samples)
    marked = next(sample for sample in samples if sample.mask_paths)
    with pytest.raises(MaskError, match=message):
        read_mask(marked, SIZE)
    mask, (found,) = read_ground_truth(marked, SIZE)
    assert not mask.any()
    assert found.kind is IssueKind.UNCLEAR_MASK


def test_what_may_be_inverted_is_refused_only_beside_inverted_masks(tmp_path: Path) -> None:
    at_border = np.full(SIZE, 255, np.uint8)
    at_border[:9, :9] = 0
    found = check_masks(write(tmp_path / "alone", at_border))
    assert [issue.kind for issue in found] == [IssueKind.MAYBE_INVERTED]
    samples = write(tmp_path / "beside", 255 - block(9), at_border)
    with pytest.raises(DatasetError, match=r"001\.png covers 98 % .* while others .* inverted"):
        check_masks(samples)
    found = check_masks(write(tmp_path / "large", 255 - block(9), block(50)))
    assert {issue.kind for issue in found} == {IssueKind.INVERTED_MASK, IssueKind.LARGE_MASK}


def test_harmless_masks_are_one_row_of_the_odd_files_and_none_of_their_number(
    tmp_path: Path,
) -> None:
    root = tmp_path / "parts"
    write(root, soft(9), soft(10), soft(11), block(0))
    problems = make_problem_frame(open_index(read_dataset(root), cache=tmp_path / "cache"))
    assert problems[["kind", "file", "files"]].to_numpy().tolist() == [
        ["mask with grey edges", "disc/test/spot/000.png", 3],
        ["empty mask", "disc/test/spot/003.png", 1],
    ]
    assert count_odd(problems) == 1
    assert count_kinds(problems) == "mask with grey edges: 3; empty mask: 1"


def test_an_issue_reads_as_problem_and_remedy() -> None:
    issue = DatasetIssue(IssueKind.NO_MASK, Path("a.png"), "It has no mask.", "Add it.")
    assert str(issue) == "It has no mask. Add it."
    (line,) = summarise_issues([issue] * 1201)
    assert line == "It has no mask. Add it. (1,200 more of this kind.)"


def test_marks_become_boxes_of_their_kinds(tmp_path: Path) -> None:
    sample = Sample(
        "x.png",
        tmp_path / "x.png",
        "disc",
        Split.TEST,
        "mixed",
        boxes=(Box(-3, 2, 9, 99), Box(70, 2, 90, 9)),
        shapes=(
            Polygon(((10, 10), (20, 10), (20, 16), (10, 16))),
            Polygon(((20, 12), (30, 12), (30, 16), (20, 16))),
            Polygon(((40, 40), (44, 40), (44, 50), (40, 50))),
            Polygon(((41, 41), (60, 41), (60, 44), (41, 44))),
        ),
        kinds=("dent", "dent", "scratch", "scratch", "scratch", "hole"),
    )
    assert [(one.kind, one.edges) for one in read_kind_boxes(sample, SIZE)] == [
        ("dent", (0, 2, 9, SIDE)),
        ("scratch", (10, 10, 30, 16)),  # two pieces that touch
        ("scratch", (40, 40, 44, 50)),
        ("hole", (41, 41, 60, 44)),
    ]


def test_a_mask_gives_a_box_for_each_connected_area(tmp_path: Path) -> None:
    path = tmp_path / "m.png"
    Image.fromarray(block(4) | np.roll(block(4), (20, 30), axis=(0, 1))).save(path)
    sample = Sample("x.png", tmp_path / "x.png", "disc", Split.TEST, "spot", (path,))
    assert read_kind_boxes(sample, SIZE) == (
        KindBox((8, 8, 12, 12), "spot"),
        KindBox((38, 28, 42, 32), "spot"),
    )
    assert read_kind_boxes(replace(sample, defect_type=None), SIZE) == ()
