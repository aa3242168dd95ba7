"""Every image file below a dataset folder is used, set aside by a stated rule, or reported."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from inspection.datasets.dataset import Dataset, check_trainable, read_dataset
from inspection.errors import DatasetError
from inspection.issues import IssueKind
from inspection.types import Split
from tests.doubles.layouts import MINIATURES, write_image, write_mask

ENDINGS = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".dng", ".psd", ""}
)


def write_split(root: Path, *, test: str = "test") -> Path:
    for number in range(4):
        write_image(root / f"train/good/{number:03d}.png")
        write_image(root / f"{test}/good/{number:03d}.png")
    write_image(root / f"{test}/scratch/000.png")
    return root


def write_valid(root: Path) -> None:
    """Roboflow, Keras: a validation part beside train and test, with defective images in it."""
    write_split(root)
    write_image(root / "Valid/good/000.png")
    write_image(root / "Valid/scratch/001.png")


def write_val_alone(root: Path) -> None:
    """ImageFolder: train and val, and no test."""
    write_split(root, test="val")


def write_captures(root: Path) -> None:
    """Folders by camera and by date below those of the types, masks beside them likewise."""
    write_split(root)
    write_image(root / "train/good/cam1/2024-05-01/9.png")
    write_image(root / "test/scratch/cam2/000.png")
    write_mask(root / "ground_truth/scratch/cam2/000_mask.png")
    write_mask(root / "ground_truth/scratch/000_mask.png")


def write_beside(root: Path) -> None:
    """Images that lie beside the folders of types, and a folder that is no part."""
    write_split(root)
    write_image(root / "train/stray.png")
    write_image(root / "test/stray.jpg")
    write_image(root / "overview.png")
    write_image(root / "photos/2024/a.png")
    write_image(root / "photos/b.png")


def write_hidden(root: Path) -> None:
    """What file systems and editors leave."""
    write_split(root)
    write_image(root / "train/good/.ipynb_checkpoints/000-checkpoint.png")
    write_image(root / "__MACOSX/train/._000.png")
    write_image(root / "train/good/._000.png")
    (root / "train/good/Thumbs.db").write_bytes(b"x")


def write_kinds(root: Path) -> None:
    """Images without an ending and of kinds that are not read."""
    write_split(root)
    for name in ("0001", "photo.2"):
        write_image(root / "train/good/x.png").rename(root / "train/good" / name)
    (root / "train/good/raw.DNG").write_bytes(b"II*\0")
    (root / "test/scratch/layers.psd").write_bytes(b"8BPS")
    (root / "train/good/LICENSE").write_text("terms", encoding="utf-8")


def write_masks_of_good(root: Path) -> None:
    """Black masks of good images, as some tools write them."""
    write_split(root)
    write_mask(root / "ground_truth/good/000_mask.png", is_empty=True)
    write_mask(root / "ground_truth/scratch/000_mask.png")
    write_mask(root / "ground_truth/scratch/007_mask.png")


def write_shared_mask(root: Path) -> None:
    """A flat folder of masks, one of which fits two types."""
    write_split(root)
    write_image(root / "test/dent/000.png")
    write_image(root / "test/dent/001.png")
    write_mask(root / "masks/000.png")
    write_mask(root / "masks/001.png")


def write_categories(root: Path) -> None:
    """Two categories, one of them with parts that are not read, and a folder beside them."""
    write_split(root / "nut")
    write_split(root / "screw")
    write_image(root / "screw/backup/1.png")
    write_image(root / "holiday/beach.jpg")


def write_type_called_label(root: Path) -> None:
    """A defect type whose name is one of those that mask folders have."""
    write_split(root)
    write_image(root / "test/label/000.png")
    write_mask(root / "ground_truth/label/000_mask.png")


ZOO: dict[str, Callable[[Path], object]] = {
    **MINIATURES,
    **{
        write.__name__: write
        for write in (
            write_valid,
            write_val_alone,
            write_captures,
            write_beside,
            write_hidden,
            write_kinds,
            write_masks_of_good,
            write_shared_mask,
            write_categories,
            write_type_called_label,
        )
    },
}


def count_on_disk(root: Path) -> int:
    files = [path for path in root.rglob("*") if path.is_file()]
    return sum(
        path.name != "LICENSE" and (path.suffix.lower() in ENDINGS or path.name == "photo.2")
        for path in files
    )


def read(root: Path, write: Callable[[Path], object]) -> Dataset:
    write(root)
    return read_dataset(root)


def num_told(dataset: Dataset) -> int:
    """Return the number of image files that the account begins with."""
    found = re.match(r"([\d,]+) image files: ", dataset.account)
    assert found is not None, dataset.account
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize("name", ZOO)
def test_the_account_has_every_image_file_on_disk_exactly_once(name: str, tmp_path: Path) -> None:
    dataset = read(tmp_path / "part", ZOO[name])
    on_disk = count_on_disk(tmp_path / "part")
    used = {path for one in dataset.samples for path in (one.image_path, *one.mask_paths)}
    assert len(used) + sum(one.count for one in dataset.unused) == on_disk
    assert num_told(dataset) == on_disk
    numbers = [int(n.replace(",", "")) for n in re.findall(r"[\d,]*\d (?=\w)", dataset.account)]
    assert all(number <= on_disk for number in numbers)


@pytest.mark.parametrize(
    ("write", "account"),
    [
        (
            write_valid,
            "11 image files: 5 good for training, 1 defective for training on request, "
            "4 good for testing, 1 defective for testing.",
        ),
        (
            write_val_alone,
            "9 image files: 4 good for training, 4 good for testing, 1 defective for testing. "
            "part has no folder test: val is its test part.",
        ),
        (
            write_captures,
            "13 image files: 5 good for training, 4 good for testing, 2 defective for testing, "
            "2 masks.",
        ),
        (
            write_beside,
            "14 image files: 4 good for training, 4 good for testing, 1 defective for testing, "
            "5 not used: 1 in the dataset folder itself, 2 in photos/, 1 in test/, 1 in train/.",
        ),
        (
            write_hidden,
            "12 image files: 4 good for training, 4 good for testing, 1 defective for testing, "
            "3 not used: 3 hidden.",
        ),
        (
            write_kinds,
            "13 image files: 6 good for training, 4 good for testing, 1 defective for testing, "
            "2 not used: 2 of a kind that is not read.",
        ),
        (
            write_masks_of_good,
            "12 image files: 4 good for training, 4 good for testing, 1 defective for testing, "
            "1 mask, 2 not used: 1 mask of good images, 1 mask without an image.",
        ),
        (
            write_type_called_label,
            "11 image files: 4 good for training, 4 good for testing, 2 defective for testing, "
            "1 mask.",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_account_says_what_each_image_serves(
    write: Callable[[Path], object], account: str, tmp_path: Path
) -> None:
    assert read(tmp_path / "part", write).account == account


def test_what_no_rule_sets_aside_is_an_issue_with_its_folder_and_count(tmp_path: Path) -> None:
    issues = read(tmp_path / "part", write_beside).issues
    assert {issue.kind for issue in issues} == {IssueKind.LEFT_OUT}
    problems = {issue.path.name: issue.problem for issue in issues}
    assert set(problems) == {"part", "photos", "train", "test"}
    assert problems["photos"].startswith("2 image files are left out in photos")
    assert "such as stray.png" in problems["train"]


def test_kinds_that_are_not_read_are_issues(tmp_path: Path) -> None:
    issues = read(tmp_path / "part", write_kinds).issues
    assert [(issue.kind, issue.path.name) for issue in issues] == [
        (IssueKind.UNREAD, "scratch"),
        (IssueKind.UNREAD, "good"),
    ]
    assert "(.psd)" in issues[0].problem


def test_a_mask_that_fits_images_of_two_types_is_given_to_neither_and_stops_a_training(
    tmp_path: Path,
) -> None:
    dataset = read(tmp_path / "part", write_shared_mask)
    owners = [one.id for one in dataset.samples if one.mask_paths]
    assert owners == ["test/dent/001.png"]
    with pytest.raises(DatasetError, match=r"masks/000.png could belong to test/\w+/000.png or"):
        check_trainable(dataset.samples, issues=dataset.issues)


def test_validation_is_for_learning_beside_a_test_part_and_is_the_test_part_alone(
    tmp_path: Path,
) -> None:
    beside = read(tmp_path / "a", write_valid)
    assert {one.split for one in beside.samples if one.id.startswith("Valid")} == {Split.TRAIN}
    alone = read(tmp_path / "b", write_val_alone)
    assert {one.split for one in alone.samples if one.id.startswith("val")} == {Split.TEST}


def test_folders_by_camera_belong_to_the_type_above_them_and_so_do_their_masks(
    tmp_path: Path,
) -> None:
    dataset = read(tmp_path / "part", write_captures)
    masks = {one.id: [path.parent.name for path in one.mask_paths] for one in dataset.samples}
    assert masks["test/scratch/cam2/000.png"] == ["cam2"]
    assert masks["test/scratch/000.png"] == ["scratch"]
    types = {one.defect_type for one in dataset.samples}
    assert types == {None, "scratch"}


@pytest.mark.parametrize(
    "mask",
    [
        "masks/scratch/000.png",
        "groundtruth/scratch/000_mask.png",
        "gt/scratch/000.png",
        "test/ground_truth/scratch/000.png",
        "ground_truth/000_mask.png",
        "test/masks/000.png",
        "test/scratch/masks/000.png",
        "label/scratch/000.png",
        "Ground Truth/scratch/000-mask.png",
        "masks/test/scratch/000.png",
        "test/scratch/000_mask.png",
        "test/scratch/000-mask.png",
        "test/scratch/000_seg.png",
        "test/scratch/mask_000.png",
        "test/scratch/000.mask.png",
        "test/scratch/000_mask_2.png",
    ],
)
def test_a_mask_is_found_wherever_people_put_it(mask: str, tmp_path: Path) -> None:
    write_split(tmp_path)
    path = write_mask(tmp_path / mask)
    dataset = read_dataset(tmp_path)
    found = {one.id: one.mask_paths for one in dataset.samples if one.mask_paths}
    assert found == {"test/scratch/000.png": (path,)}
    assert (len(dataset.samples), dataset.issues) == (9, ())


@pytest.mark.parametrize("mask", ["masks/bad/7.png", "masks/7_mask.png", "masks/images/bad/7.png"])
def test_masks_may_lie_beside_a_folder_of_images(mask: str, tmp_path: Path) -> None:
    for name in ("images/good/1.png", "images/good/7.png", "images/bad/7.png"):
        write_image(tmp_path / name)
    path = write_mask(tmp_path / mask)
    dataset = read_dataset(tmp_path)
    found = {one.id: one.mask_paths for one in dataset.samples if one.mask_paths}
    assert found == {"images/bad/7.png": (path,)}
    assert (len(dataset.samples), dataset.issues) == (3, ())


def test_photographs_of_masks_are_no_masks(tmp_path: Path) -> None:
    for number in range(4):
        write_image(tmp_path / f"train/good/{number}_mask.png")
        write_image(tmp_path / f"test/good/{number}_mask.png")
    write_image(tmp_path / "test/torn/0_mask.png")
    dataset = read_dataset(tmp_path)
    assert (len(dataset.samples), dataset.issues) == (9, ())


def test_a_good_mask_of_a_twin_name_is_told_from_the_image_by_its_ending(tmp_path: Path) -> None:
    write_split(tmp_path)
    write_image(tmp_path / "test/dent/5.jpg")
    path = write_mask(tmp_path / "test/dent/5.png")
    found = {one.id: one.mask_paths for one in read_dataset(tmp_path).samples if one.mask_paths}
    assert found == {"test/dent/5.jpg": (path,)}


def test_one_photograph_in_two_formats_is_two_images(tmp_path: Path) -> None:
    write_split(tmp_path)
    write_image(tmp_path / "test/dent/5.jpg")
    Image.open(tmp_path / "test/dent/5.jpg").save(tmp_path / "test/dent/5.png")
    ids = [one.id for one in read_dataset(tmp_path).samples if one.defect_type == "dent"]
    assert ids == ["test/dent/5.jpg", "test/dent/5.png"]


def test_general_folders_hold_types_unless_their_folders_are_captures(tmp_path: Path) -> None:
    write_image(tmp_path / "good/left/1.png")
    write_image(tmp_path / "good/right/2.png")
    for name in ("defects/scratch/1.png", "bad/left/1.png", "ng/cam1/2.png", "dent/deep/3.png"):
        write_image(tmp_path / name)
    types = {one.id: one.defect_type for one in read_dataset(tmp_path).samples}
    assert types == {
        "good/left/1.png": None,
        "good/right/2.png": None,
        "defects/scratch/1.png": "scratch",
        "bad/left/1.png": "bad",
        "ng/cam1/2.png": "ng",
        "dent/deep/3.png": "dent",
    }


def test_a_category_tells_of_its_own_files(tmp_path: Path) -> None:
    dataset = read(tmp_path / "parts", write_categories)
    assert dataset.of("nut").account.startswith("9 image files: 4 good")
    assert dataset.of("screw").account.endswith("1 not used: 1 in screw/backup/.")


def test_a_flat_folder_is_read_as_good_images_and_says_so(tmp_path: Path) -> None:
    dataset = read(tmp_path / "photos", MINIATURES["flat"])
    assert (dataset.layout, dataset.categories) == ("flat", ("photos",))
    assert dataset.account == (
        "10 image files: 7 good for training, 3 good for testing. "
        "The folder has no labels: all images are read as good."
    )


def test_a_folder_of_photographs_beside_other_folders_is_not_flat(tmp_path: Path) -> None:
    write_image(tmp_path / "1.png")
    write_image(tmp_path / "holiday/2.png")
    with pytest.raises(DatasetError, match="looks like none of"):
        read_dataset(tmp_path)


def test_a_folder_called_images_is_no_defect_type(tmp_path: Path) -> None:
    write_split(tmp_path)
    write_image(tmp_path / "train/images/1.png")
    dataset = read_dataset(tmp_path)
    assert {one.defect_type for one in dataset.samples} == {None, "scratch"}
    assert dataset.account.endswith("1 not used: 1 in train/images/.")
