import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inspection.dataset import (
    LAYOUTS,
    Dataset,
    IssueKind,
    check_trainable,
    has_ground_truth,
    read_dataset,
    read_mask,
    select_category,
)
from inspection.errors import DatasetError, ImageError
from inspection.types import Box, Sample, Split
from tests import miniatures
from tests.miniatures import DEFECT, MINIATURES, SIZE, write_image, write_mask

SHARED = Path(__file__).parents[2] / "shared" / "data"


def by_id(dataset: Dataset) -> dict[str, Sample]:
    return {sample.id: sample for sample in dataset.samples}


def list_rows(dataset: Dataset) -> list[tuple[str, str, str | None, int]]:
    return [
        (sample.id, sample.split.value, sample.defect_type, len(sample.mask_paths))
        for sample in dataset.samples
    ]


def marked_pixels() -> np.ndarray:
    mask = np.zeros(SIZE, np.bool_)
    mask[DEFECT] = True
    return mask


def list_tree(root: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.lstat().st_mtime_ns) for path in root.rglob("*"))


@pytest.mark.parametrize("layout", MINIATURES)
def test_every_layout_is_found_by_looking_and_read_without_complaint(
    layout: str, tmp_path: Path
) -> None:
    root = MINIATURES[layout](tmp_path / "product")
    before = list_tree(root)
    dataset = read_dataset(root)
    assert (dataset.layout, dataset.name, dataset.issues) == (layout, "product", ())
    assert dataset == read_dataset(root, layout=layout), "reading twice must give the same"
    assert list_tree(root) == before, "nothing may be written into a dataset folder"
    assert len(by_id(dataset)) == len(dataset.samples)
    for sample in dataset.samples:
        assert root / sample.id == sample.image_path
        assert sample.image_path.is_file()
        assert sample.split in (Split.TRAIN, Split.TEST)
        assert sample.is_anomalous or not (sample.mask_paths or sample.boxes)


@pytest.mark.parametrize("layout", sorted(set(MINIATURES) - {"casting"}))
def test_the_defect_is_marked_where_it_was_drawn(layout: str, tmp_path: Path) -> None:
    dataset = read_dataset(MINIATURES[layout](tmp_path / "product"))
    for sample in dataset.samples:
        mask = read_mask(sample, SIZE)
        assert has_ground_truth(sample)
        assert mask.shape == SIZE
        if sample.is_anomalous:
            assert mask[DEFECT].all()
        else:
            assert not mask.any()
    assert any(np.array_equal(read_mask(s, SIZE), marked_pixels()) for s in dataset.samples)


def test_the_table_of_layouts_has_a_miniature_for_each() -> None:
    assert [layout.name for layout in LAYOUTS] == list(MINIATURES)


def test_mvtec_is_read_with_its_splits_types_and_masks(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_mvtec(tmp_path / "mvtec"))
    assert dataset.categories == ("bottle", "screw")
    assert list_rows(dataset.of("bottle")) == [
        ("bottle/test/dent/000.png", "test", "dent", 1),
        ("bottle/test/good/000.png", "test", None, 0),
        ("bottle/test/scratch/000.png", "test", "scratch", 1),
        ("bottle/train/good/000.png", "train", None, 0),
        ("bottle/train/good/001.png", "train", None, 0),
        ("bottle/train/good/002.png", "train", None, 0),
    ]


def test_a_single_category_folder_is_a_dataset_of_its_own(tmp_path: Path) -> None:
    root = miniatures.write_mvtec(tmp_path) / "screw"
    dataset = read_dataset(root)
    assert dataset.categories == ("screw",)
    assert "train/good/002.png" in by_id(dataset)


def test_a_relative_path_gives_the_same_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    miniatures.write_mvtec(tmp_path / "mvtec")
    monkeypatch.chdir(tmp_path / "mvtec")
    dataset = read_dataset(Path())
    assert dataset.name == "mvtec"
    assert dataset.samples[0].id == "bottle/test/dent/000.png"


def test_loco_has_several_masks_per_image_and_its_validation_part_trains(tmp_path: Path) -> None:
    samples = by_id(read_dataset(miniatures.write_loco(tmp_path / "loco")))
    assert len(samples["juice_bottle/test/logical_anomalies/000.png"].mask_paths) == 2
    assert len(samples["juice_bottle/test/structural_anomalies/000.png"].mask_paths) == 1
    assert samples["juice_bottle/validation/good/000.png"].split is Split.TRAIN


def test_loco_masks_belong_to_the_image_that_their_folder_names(tmp_path: Path) -> None:
    root = miniatures.write_loco(tmp_path / "loco")
    write_image(root / "juice_bottle/test/logical_anomalies/001.png")
    write_mask(root / "juice_bottle/ground_truth/logical_anomalies/001/000.png")
    samples = by_id(read_dataset(root))
    (mask,) = samples["juice_bottle/test/logical_anomalies/001.png"].mask_paths
    assert mask.parent.name == "001"
    assert len(samples["juice_bottle/test/logical_anomalies/000.png"].mask_paths) == 2


def test_mvtec_3d_gives_its_colour_images_only(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_mvtec_3d(tmp_path / "mvtec3d"))
    assert list_rows(dataset) == [
        ("bagel/test/good/rgb/000.png", "test", None, 0),
        ("bagel/test/hole/rgb/000.png", "test", "hole", 1),
        ("bagel/train/good/rgb/000.png", "train", None, 0),
        ("bagel/validation/good/rgb/000.png", "train", None, 0),
    ]


def test_btad_tells_ok_from_ko(tmp_path: Path) -> None:
    assert list_rows(read_dataset(miniatures.write_btad(tmp_path / "btad"))) == [
        ("01/test/ko/0000.bmp", "test", "ko", 1),
        ("01/test/ok/0001.bmp", "test", None, 0),
        ("01/train/ok/0000.bmp", "train", None, 0),
    ]


def test_mpdd_is_read_as_mvtec(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_mpdd(tmp_path / "mpdd"))
    assert dataset.layout == "mvtec"
    assert by_id(dataset)["bracket_black/test/hole/000.png"].defect_type == "hole"


def test_castings_keep_their_defective_training_images(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_casting(tmp_path / "casting"))
    assert list_rows(dataset) == [
        ("test/def_front/cast_def_0_1.jpeg", "test", "def_front", 0),
        ("test/ok_front/cast_ok_0_1.jpeg", "test", None, 0),
        ("train/def_front/cast_def_0_1.jpeg", "train", "def_front", 0),
        ("train/ok_front/cast_ok_0_1.jpeg", "train", None, 0),
    ]
    assert dataset.categories == ("casting",)
    assert not has_ground_truth(dataset.samples[0])
    assert check_trainable(dataset.samples) == [], "a dataset without any mask lacks none"


def test_exposures_of_one_magnetic_tile_stay_together(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_magnetic_tile(tmp_path / "tiles"))
    assert len(dataset.samples) == 24, "dataset.jpg is no sample"
    splits: dict[str | None, set[Split]] = {}
    for sample in dataset.samples:
        splits.setdefault(sample.group, set()).add(sample.split)
    assert len(splits) == 8
    assert all(len(found) == 1 for found in splits.values())
    trained = sum(sample.split is Split.TRAIN for sample in dataset.samples)
    assert trained in (12, 15), "half of the tiles, or one more where a number is odd"
    cracked = {sample.split for sample in dataset.samples if sample.defect_type == "Crack"}
    assert cracked == {Split.TRAIN, Split.TEST}


def test_visa_follows_its_table(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_visa(tmp_path / "visa"))
    assert list_rows(dataset) == [
        ("candle/Data/Images/Anomaly/0002.JPG", "test", "anomaly", 1),
        ("candle/Data/Images/Normal/0000.JPG", "train", None, 0),
        ("candle/Data/Images/Normal/0001.JPG", "test", None, 0),
    ]
    assert dataset.categories == ("candle",)


def test_visa_without_its_table_divides_the_normal_images(tmp_path: Path) -> None:
    root = miniatures.write_visa(tmp_path / "visa") / "candle"
    for number in range(10):
        write_image(root / "Data/Images/Normal" / f"{number:04d}.JPG")
    dataset = read_dataset(root)
    assert dataset.categories == ("candle",)
    splits = Counter(sample.split for sample in dataset.samples if not sample.is_anomalous)
    assert splits == {Split.TRAIN: 9, Split.TEST: 1}
    assert len(dataset.samples[0].mask_paths) == 1


@pytest.mark.parametrize("name", ["../secret.png", "/etc/secret.png", "C:/secret.png"])
def test_a_table_cannot_lead_out_of_the_dataset(name: str, tmp_path: Path) -> None:
    root = miniatures.write_visa(tmp_path / "visa")
    write_image(tmp_path / "secret.png")
    with (root / "split_csv/1cls.csv").open("a", encoding="utf-8") as table:
        table.write(f"candle,train,normal,{name},\n")
    dataset = read_dataset(root)
    assert len(dataset.samples) == 3
    assert [issue.kind for issue in dataset.issues] == [IssueKind.MISSING]


def test_dagm_images_with_an_ellipse_are_defective_in_both_parts(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_dagm(tmp_path / "dagm"))
    assert dataset.categories == ("Class1", "Class10")
    assert list_rows(dataset.of("Class1")) == [
        ("Class1/Test/0001.PNG", "test", None, 0),
        ("Class1/Test/0002.PNG", "test", "defect", 1),
        ("Class1/Train/0001.PNG", "train", None, 0),
        ("Class1/Train/0002.PNG", "train", "defect", 1),
    ]


def test_kolektor_items_are_groups_and_a_black_mask_means_normal(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_kolektor(tmp_path / "kolektor"))
    assert Counter(sample.defect_type for sample in dataset.samples) == {None: 12, "defect": 6}
    trained = {sample.group for sample in dataset.samples if sample.split is Split.TRAIN}
    tested = {sample.group for sample in dataset.samples if sample.split is Split.TEST}
    assert (len(trained), len(tested), trained & tested) == (4, 2, set())


def test_neu_det_boxes_become_pixels_and_each_class_is_divided(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_neu(tmp_path / "neu"))
    assert Counter((s.defect_type, s.split.value) for s in dataset.samples) == {
        ("crazing", "train"): 7,
        ("crazing", "test"): 3,
        ("rolled-in_scale", "train"): 7,
        ("rolled-in_scale", "test"): 3,
    }
    assert dataset.samples[0].boxes == (Box(20, 4, 28, 10),)
    with pytest.raises(DatasetError, match="no good images for training"):
        check_trainable(dataset.samples)


def test_neu_det_with_parts_follows_them(tmp_path: Path) -> None:
    for part in ("train", "validation"):
        write_image(tmp_path / part / "images/crazing/crazing_1.jpg")
        miniatures.write_voc(tmp_path / part / "annotations/crazing_1.xml", "crazing")
    assert list_rows(read_dataset(tmp_path)) == [
        ("train/images/crazing/crazing_1.jpg", "train", "crazing", 0),
        ("validation/images/crazing/crazing_1.jpg", "test", "crazing", 0),
    ]


def test_a_damaged_annotation_is_reported_and_its_image_kept(tmp_path: Path) -> None:
    root = miniatures.write_neu(tmp_path / "neu")
    (root / "ANNOTATIONS/crazing_1.xml").write_text("<annotation><obj", encoding="utf-8")
    dataset = read_dataset(root)
    assert [issue.kind for issue in dataset.issues] == [IssueKind.UNREADABLE]
    assert by_id(dataset)["IMAGES/crazing_1.jpg"].defect_type == "crazing"


def test_deep_pcb_pairs_are_groups_and_follow_the_published_lists(tmp_path: Path) -> None:
    samples = by_id(read_dataset(miniatures.write_deep_pcb(tmp_path / "pcb")))
    folder = "PCBData/group00041/00041"
    tested = samples[f"{folder}/00041000_test.jpg"]
    template = samples[f"{folder}/00041000_temp.jpg"]
    assert (tested.defect_type, tested.boxes) == ("open", (Box(20, 4, 28, 10),))
    assert (template.defect_type, template.boxes) == (None, ())
    assert tested.group == template.group
    assert samples[f"{folder}/00041001_test.jpg"].defect_type == "mixed"
    assert [sample.split.value for sample in samples.values()] == ["train"] * 4 + ["test"] * 2


def test_deep_pcb_without_lists_keeps_pairs_together(tmp_path: Path) -> None:
    root = miniatures.write_deep_pcb(tmp_path / "pcb")
    (root / "PCBData/trainval.txt").unlink()
    (root / "PCBData/test.txt").unlink()
    pairs = {(sample.group, sample.split) for sample in read_dataset(root).samples}
    assert len(pairs) == 3


def test_a_plain_folder_trains_on_seven_of_ten_good_images(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_plain(tmp_path / "gears"))
    good = [sample for sample in dataset.samples if not sample.is_anomalous]
    assert Counter(sample.split.value for sample in good) == {"train": 7, "test": 3}
    assert [sample.id for sample in good] == [f"good/{n}.png" for n in range(1, 11)]
    defective = [row for row in list_rows(dataset) if row[2]]
    assert defective == [("dent/b.jpg", "test", "dent", 1), ("scratch/a.png", "test", "scratch", 1)]


def test_a_plain_folder_may_nest_its_defect_types_and_keep_all_masks_in_one_folder(
    tmp_path: Path,
) -> None:
    write_image(tmp_path / "Normal/monday/1.png")
    write_image(tmp_path / "defects/scratch/7.png")
    write_mask(tmp_path / "masks/7.png")
    assert list_rows(read_dataset(tmp_path)) == [
        ("defects/scratch/7.png", "test", "scratch", 1),
        ("Normal/monday/1.png", "train", None, 0),
    ]


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
    (good / "1.png").symlink_to(source)
    (good / "2.png").symlink_to(tmp_path / "gone.png")
    (good / "3.png").symlink_to(good / "3.png")
    (good / "loop").symlink_to(tmp_path / "product", target_is_directory=True)
    (tmp_path / "product/loop").symlink_to(tmp_path / "product", target_is_directory=True)
    dataset = read_dataset(tmp_path / "product")
    assert [sample.id for sample in dataset.samples] == ["train/good/1.png"]
    assert {issue.path.name for issue in dataset.issues} == {"2.png", "3.png"}


@pytest.mark.skipif(os.name == "nt", reason="links need special rights on Windows")
def test_a_loop_of_links_without_any_image_ends_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "b").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(DatasetError, match="holds no images"):
        read_dataset(tmp_path)


def test_a_folder_without_permission_is_reported_and_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = miniatures.write_mvtec(tmp_path) / "bottle"
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
    assert all(layout.title in caught.value.problem for layout in LAYOUTS)
    assert all(layout.expects in caught.value.problem for layout in LAYOUTS)


def test_a_dataset_one_level_deeper_is_pointed_out(tmp_path: Path) -> None:
    miniatures.write_mvtec(tmp_path / "archive/mvtec")
    with pytest.raises(DatasetError, match=r"mvtec looks like MVTec AD"):
        read_dataset(tmp_path / "archive")


def test_a_folder_laid_out_otherwise_is_reported_as_left_out(tmp_path: Path) -> None:
    root = miniatures.write_mvtec(tmp_path / "mvtec")
    write_image(root / "holiday/beach.jpg")
    issues = read_dataset(root).issues
    assert [(issue.kind, issue.path.name) for issue in issues] == [(IssueKind.LEFT_OUT, "holiday")]


def test_an_unknown_layout_name_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Choose one of: magnetic_tile"):
        read_dataset(tmp_path, layout="coco")


def test_an_unknown_category_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    dataset = read_dataset(miniatures.write_mvtec(tmp_path / "mvtec"))
    assert len(select_category(dataset, "screw")) == 5
    with pytest.raises(DatasetError, match=r"no category 'nut'.*Choose one of: bottle, screw"):
        select_category(dataset, "nut")


def test_nothing_can_be_learned_without_images_or_without_good_ones(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no images to train on"):
        check_trainable([])
    write_image(tmp_path / "product/test/scratch/000.png")
    with pytest.raises(DatasetError, match=r"no good images for training.*train/good"):
        check_trainable(read_dataset(tmp_path / "product").samples)


def test_a_mask_of_another_size_is_refused_with_both_sizes(tmp_path: Path) -> None:
    root = miniatures.write_mvtec(tmp_path / "mvtec")
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
        check_trainable(select_category(dataset, category), issues=dataset.issues)


def test_a_mask_without_an_image_troubles_only_its_own_category(tmp_path: Path) -> None:
    root = miniatures.write_mvtec(tmp_path / "mvtec")
    write_mask(root / "bottle/ground_truth/scratch/777_mask.png")
    dataset = read_dataset(root)
    assert check_trainable(select_category(dataset, "screw"), issues=dataset.issues) == []


def test_a_defective_image_without_a_mask_is_a_warning(tmp_path: Path) -> None:
    root = miniatures.write_mvtec(tmp_path / "mvtec")
    (root / "bottle/ground_truth/dent/000_mask.png").unlink()
    (issue,) = check_trainable(select_category(read_dataset(root), "bottle"))
    assert issue.kind is IssueKind.NO_MASK
    assert "bottle/test/dent/000.png has no mask" in issue.problem


def test_an_unreadable_image_is_a_warning_and_an_unreadable_mask_an_error(tmp_path: Path) -> None:
    root = miniatures.write_mvtec(tmp_path / "mvtec")
    (root / "screw/test/scratch/000.png").write_bytes(b"")
    dataset = read_dataset(root)
    (issue,) = check_trainable(select_category(dataset, "screw"))
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


def read_real(name: str) -> Dataset:
    if not (SHARED / name).is_dir():
        pytest.skip(f"the real dataset {name} is not on this machine")
    return read_dataset(SHARED / name)


def test_the_real_magnetic_tiles_are_read_in_groups() -> None:
    dataset = read_real("magnetic_tile")
    samples = dataset.samples
    assert (dataset.layout, dataset.issues, len(samples)) == ("magnetic_tile", (), 1344)
    assert sum(not sample.is_anomalous for sample in samples) == 952
    groups = {sample.group for sample in samples}
    trained = {sample.group for sample in samples if sample.split is Split.TRAIN}
    tested = {sample.group for sample in samples if sample.split is Split.TEST}
    assert (len(groups), trained & tested) == (210, set())
    assert 100 <= len(trained) <= 110
    for defect_type in ("Blowhole", "Break", "Crack", "Fray", "Uneven"):
        splits = Counter(s.split for s in samples if s.defect_type == defect_type)
        assert 0.4 < splits[Split.TRAIN] / splits.total() < 0.6


def test_the_real_hazelnuts_steel_and_castings_are_read() -> None:
    hazelnuts = read_real("hazelnut_toy")
    assert Counter((s.split.value, s.defect_type) for s in hazelnuts.samples) == {
        ("train", None): 28,
        ("test", None): 6,
        ("test", "colour"): 17,
    }
    assert check_trainable(hazelnuts.samples, issues=hazelnuts.issues) == []
    steel = read_real("neu_det")
    assert (steel.layout, len(steel.samples), steel.issues) == ("neu_det", 1800, ())
    assert all(sample.boxes for sample in steel.samples)
    castings = read_real("casting_sample")
    assert (castings.layout, len(castings.samples), castings.issues) == ("casting", 800, ())
