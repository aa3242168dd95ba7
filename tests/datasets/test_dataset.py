import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inspection.datasets.dataset import Dataset, check_trainable, read_dataset
from inspection.datasets.layout import Layout
from inspection.datasets.layouts import LAYOUTS
from inspection.datasets.listing import Listing
from inspection.errors import DatasetError, ImageError
from inspection.ground_truth import read_mask
from inspection.issues import IssueKind
from inspection.types import Box, Sample, Split
from tests.doubles import layouts
from tests.doubles.disk import make_link, where_possible
from tests.doubles.layouts import MINIATURES, SIZE, write_image, write_mask


def by_id(dataset: Dataset) -> dict[str, Sample]:
    return {sample.id: sample for sample in dataset.samples}


def test_a_relative_path_gives_the_same_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layouts.write_mvtec(tmp_path / "mvtec")
    monkeypatch.chdir(tmp_path / "mvtec")
    dataset = read_dataset(Path())
    assert dataset.name == "mvtec"
    assert dataset.samples[0].id == "bottle/test/dent/000.png"


def test_any_script_any_case_and_numbers_in_their_order(tmp_path: Path) -> None:
    names = ["2.PNG", "10.png", "гайка.Tiff", "螺母.jpeg", "ボルト 1.webp", "écrou²٣.bmp"]
    for name in names:
        write_image(tmp_path / "train/good" / name)
    write_image(tmp_path / "train/good/._2.png")
    write_image(tmp_path / "train/good/.hidden.png")
    (tmp_path / "train/good/notes.txt").write_text("x", encoding="utf-8")
    found = [sample.image_path.name for sample in read_dataset(tmp_path).samples]
    assert sorted(found) == sorted(names)
    assert found[:2] == ["2.PNG", "10.png"]


@pytest.mark.skipif(os.name == "nt", reason="links need special rights on Windows")
def test_links_are_followed_loops_end_and_broken_links_are_reported(tmp_path: Path) -> None:
    source = write_image(tmp_path / "elsewhere/1.png")
    good = tmp_path / "product/train/good"
    good.mkdir(parents=True)
    make_link(good / "1.png", source)
    make_link(good / "2.png", tmp_path / "gone.png")
    make_link(good / "3.png", good / "3.png")
    make_link(good / "loop", tmp_path / "product")
    make_link(tmp_path / "product/loop", tmp_path / "product")
    dataset = read_dataset(tmp_path / "product")
    assert [sample.id for sample in dataset.samples] == ["train/good/1.png"]
    assert {issue.path.name for issue in dataset.issues} == {"2.png", "3.png", "loop"}


@pytest.mark.skipif(os.name == "nt", reason="links need special rights on Windows")
@pytest.mark.parametrize("layout", layouts.MINIATURES)
def test_no_layout_reads_an_image_twice_where_links_lead_back(layout: str, tmp_path: Path) -> None:
    root = layouts.MINIATURES[layout](tmp_path)
    expected = [sample.id for sample in read_dataset(root).samples]
    for folder in [root, *(path for path in root.rglob("*") if path.is_dir())]:
        make_link(folder / "loop", root)
    assert [sample.id for sample in read_dataset(root).samples] == expected


@pytest.mark.skipif(os.name == "nt", reason="links need special rights on Windows")
def test_a_loop_of_links_without_any_image_ends_in_a_sentence(tmp_path: Path) -> None:
    make_link(tmp_path / "a", tmp_path)
    make_link(tmp_path / "b", tmp_path)
    with pytest.raises(DatasetError, match="holds no images"):
        read_dataset(tmp_path)


def test_a_dataset_folder_without_permission_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DatasetError, match=r"cannot be read \(Permission denied\)"):
        read_dataset(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux allows names that are no text")
def test_a_name_that_is_no_text_is_reported_and_left_out(tmp_path: Path) -> None:
    write_image(tmp_path / "good/1.png")
    with where_possible():
        (tmp_path / "good" / os.fsdecode(b"\xff.png")).write_bytes(b"x")
    dataset = read_dataset(tmp_path)
    assert [sample.id for sample in dataset.samples] == ["good/1.png"]
    assert [issue.kind for issue in dataset.issues] == [IssueKind.UNREADABLE]
    dataset.issues[0].problem.encode()


def test_a_folder_without_permission_is_reported_and_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = layouts.write_mvtec(tmp_path) / "bottle"
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "dent":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    dataset = read_dataset(root)
    assert {sample.defect_type for sample in dataset.samples} == {None, "scratch"}
    assert IssueKind.UNREADABLE in {issue.kind for issue in dataset.issues}


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"There is no dataset folder .*gone"):
        read_dataset(tmp_path / "gone")


def test_a_file_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is a file, not a dataset folder"):
        read_dataset(write_image(tmp_path / "part.png"))


@pytest.mark.parametrize("folders", ["train/good", "good", "."])
def test_folders_without_images_are_called_so(folders: str, tmp_path: Path) -> None:
    (tmp_path / folders).mkdir(parents=True, exist_ok=True)
    with pytest.raises(DatasetError, match="holds no images"):
        read_dataset(tmp_path)


def test_an_unknown_layout_is_told_what_each_expects(tmp_path: Path) -> None:
    write_image(tmp_path / "holiday/beach.jpg")
    with pytest.raises(DatasetError, match="looks like none of") as caught:
        read_dataset(tmp_path)
    assert all(layout.title in caught.value.problem for layout in LAYOUTS.values())
    assert all(layout.expects in caught.value.problem for layout in LAYOUTS.values())


def test_a_new_layout_is_one_record_and_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def list_reels(listing: Listing) -> list[Path]:
        return [one for one in listing.folders(listing.root) if one.name.startswith("reel-")]

    def read(listing: Listing) -> list[Sample]:
        return [
            Sample(listing.sample_id(path), path, "reel", Split.TRAIN)
            for folder in list_reels(listing)
            for path in listing.images(folder)
        ]

    toy = Layout("reels", "folders reel-<n>", lambda found: bool(list_reels(found)), read)
    monkeypatch.setattr("inspection.datasets.dataset.LAYOUTS", {"reels": toy, **LAYOUTS})
    write_image(tmp_path / "reel-7/1.png")
    for dataset in (read_dataset(tmp_path), read_dataset(tmp_path, layout="reels")):
        assert (dataset.layout, dataset.categories) == ("reels", ("reel",))
        assert [sample.id for sample in dataset.samples] == ["reel-7/1.png"]
    with pytest.raises(DatasetError, match="Choose one of: reels, magnetic_tile"):
        read_dataset(tmp_path, layout="rolls")


def test_a_dataset_one_level_deeper_is_pointed_out(tmp_path: Path) -> None:
    layouts.write_mvtec(tmp_path / "archive/mvtec")
    with pytest.raises(DatasetError, match=r"mvtec looks like MVTec AD"):
        read_dataset(tmp_path / "archive")


def test_a_folder_laid_out_otherwise_is_reported_as_left_out(tmp_path: Path) -> None:
    root = layouts.write_mvtec(tmp_path / "mvtec")
    write_image(root / "holiday/beach.jpg")
    issues = read_dataset(root).issues
    assert [(issue.kind, issue.path.name) for issue in issues] == [(IssueKind.LEFT_OUT, "holiday")]


def test_an_unknown_layout_name_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Choose one of: magnetic_tile"):
        read_dataset(tmp_path, layout="imagenet")


def test_an_unknown_category_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_mvtec(tmp_path / "mvtec"))
    assert len(dataset.of("screw").samples) == 5
    with pytest.raises(DatasetError, match=r"no category 'nut'.*Choose one of: bottle, screw"):
        dataset.of("nut")


def test_nothing_can_be_learned_without_images_or_without_good_ones(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no images to train on"):
        check_trainable([])
    write_image(tmp_path / "product/test/scratch/000.png")
    with pytest.raises(DatasetError, match=r"no good images for training.*train/good"):
        check_trainable(read_dataset(tmp_path / "product").samples)


def test_a_mask_of_another_size_is_refused_with_both_sizes(tmp_path: Path) -> None:
    root = layouts.write_mvtec(tmp_path / "mvtec")
    write_mask(root / "screw/ground_truth/scratch/000_mask.png", size=(40, 50))
    dataset = read_dataset(root).of("screw")
    message = r"000_mask.png is 50 x 40 pixels, but its image .*000.png is 32 x 24"
    with pytest.raises(DatasetError, match=message):
        check_trainable(dataset.samples)
    with pytest.raises(DatasetError, match=message):
        read_mask(by_id(dataset)["screw/test/scratch/000.png"], SIZE)


@pytest.mark.parametrize(
    ("layout", "mask"),
    [
        ("mvtec", "bottle/ground_truth/scratch/777_mask.png"),
        ("mvtec", "bottle/ground_truth/unheard_of/000_mask.png"),
        ("mvtec_loco", "juice_bottle/ground_truth/logical_anomalies/777/000.png"),
        ("mvtec_3d", "bagel/test/hole/gt/777.png"),
        ("magnetic_tile", "MT_Crack/Imgs/exp1_num_777.png"),
        ("dagm", "Class1/Train/Label/0777_label.PNG"),
        ("kolektor_sdd", "kos01/Part7_label.bmp"),
        ("plain", "scratch/c_mask.png"),
        ("plain", "ground_truth/unheard_of/c.png"),
        ("plain", "ground_truth/c.png"),
    ],
)
def test_a_mask_without_an_image_is_refused(layout: str, mask: str, tmp_path: Path) -> None:
    root = MINIATURES[layout](tmp_path / "product")
    write_mask(root / mask)
    dataset = read_dataset(root)
    category = dataset.categories[0]
    assert [(issue.kind, issue.path) for issue in dataset.issues] == [
        (IssueKind.STRAY_MASK, root / mask)
    ]
    with pytest.raises(DatasetError, match="belongs to no image"):
        check_trainable(dataset.of(category).samples, issues=dataset.issues)


def test_a_mask_without_an_image_troubles_only_its_own_category(tmp_path: Path) -> None:
    root = layouts.write_mvtec(tmp_path / "mvtec")
    write_mask(root / "bottle/ground_truth/scratch/777_mask.png")
    dataset = read_dataset(root)
    assert check_trainable(dataset.of("screw").samples, issues=dataset.issues) == []


def test_a_defective_image_without_a_mask_is_a_warning(tmp_path: Path) -> None:
    root = layouts.write_mvtec(tmp_path / "mvtec")
    (root / "bottle/ground_truth/dent/000_mask.png").unlink()
    (issue,) = check_trainable(read_dataset(root).of("bottle").samples)
    assert issue.kind is IssueKind.NO_MASK
    assert "bottle/test/dent/000.png has no mask" in issue.problem


def test_an_unreadable_image_is_a_warning_and_an_unreadable_mask_an_error(tmp_path: Path) -> None:
    root = layouts.write_mvtec(tmp_path / "mvtec")
    (root / "screw/test/scratch/000.png").write_bytes(b"")
    dataset = read_dataset(root)
    (issue,) = check_trainable(dataset.of("screw").samples)
    assert issue.kind is IssueKind.UNREADABLE
    sample = by_id(dataset)["bottle/test/dent/000.png"]
    sample.mask_paths[0].write_bytes(b"no image")
    with pytest.raises(ImageError, match="could not be read as an image"):
        read_mask(sample, SIZE)


def test_grey_mask_edges_count_from_128_and_type_numbers_from_1(tmp_path: Path) -> None:
    grey = np.zeros(SIZE, np.uint8)
    grey[:, 0], grey[:, 1], grey[:, 2] = 127, 128, 255
    numbered = np.zeros(SIZE, np.uint8)
    numbered[:, 5] = 1
    paths = []
    for name, pixels in (("grey", grey), ("numbered", numbered)):
        paths.append(tmp_path / f"{name}.png")
        Image.fromarray(pixels).save(paths[-1])
    sample = Sample("a.png", tmp_path / "a.png", "gears", Split.TEST, "dent", tuple(paths))
    assert np.flatnonzero(read_mask(sample, SIZE).any(axis=0)).tolist() == [1, 2, 5]


def test_boxes_are_clipped_to_the_image(tmp_path: Path) -> None:
    sample = Sample("a.png", tmp_path / "a.png", "gears", Split.TEST, "dent")
    boxed = replace(sample, boxes=(Box(-5, -5, 3, 2), Box(30, 20, 99, 99)))
    assert read_mask(boxed, SIZE).sum() == 3 * 2 + 2 * 4
