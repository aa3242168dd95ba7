from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from inspection.datasets.dataset import Dataset, check_trainable, read_dataset
from inspection.datasets.layouts import LAYOUTS
from inspection.errors import DatasetError
from inspection.ground_truth import has_ground_truth, read_mask
from inspection.issues import IssueKind
from inspection.types import Box, Sample, Split
from tests.doubles import layouts
from tests.doubles.layouts import (
    DEFECT,
    MINIATURES,
    SIZE,
    UNMARKED,
    count_marked,
    count_samples,
    write_image,
    write_mask,
)

SHARED = Path(__file__).parents[3] / "shared" / "data"


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


def read_real(name: str) -> Dataset:
    if not (SHARED / name).is_dir():
        pytest.skip(f"the real dataset {name} is not on this machine")
    return read_dataset(SHARED / name)


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


@pytest.mark.parametrize("layout", sorted(MINIATURES.keys() - UNMARKED))
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
    assert LAYOUTS.keys() == MINIATURES.keys() > UNMARKED


def test_mvtec_is_read_with_its_splits_types_and_masks(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_mvtec(tmp_path / "mvtec"))
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
    root = layouts.write_mvtec(tmp_path) / "screw"
    dataset = read_dataset(root)
    assert dataset.categories == ("screw",)
    assert "train/good/002.png" in by_id(dataset)


def test_loco_has_several_masks_per_image_and_its_validation_part_trains(tmp_path: Path) -> None:
    samples = by_id(read_dataset(layouts.write_loco(tmp_path / "loco")))
    assert len(samples["juice_bottle/test/logical_anomalies/000.png"].mask_paths) == 2
    assert len(samples["juice_bottle/test/structural_anomalies/000.png"].mask_paths) == 1
    assert samples["juice_bottle/validation/good/000.png"].split is Split.TRAIN


def test_loco_masks_belong_to_the_image_that_their_folder_names(tmp_path: Path) -> None:
    root = layouts.write_loco(tmp_path / "loco")
    write_image(root / "juice_bottle/test/logical_anomalies/001.png")
    write_mask(root / "juice_bottle/ground_truth/logical_anomalies/001/000.png")
    samples = by_id(read_dataset(root))
    (mask,) = samples["juice_bottle/test/logical_anomalies/001.png"].mask_paths
    assert mask.parent.name == "001"
    assert len(samples["juice_bottle/test/logical_anomalies/000.png"].mask_paths) == 2


def test_mvtec_3d_gives_its_colour_images_only(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_mvtec_3d(tmp_path / "mvtec3d"))
    assert list_rows(dataset) == [
        ("bagel/test/good/rgb/000.png", "test", None, 0),
        ("bagel/test/hole/rgb/000.png", "test", "hole", 1),
        ("bagel/train/good/rgb/000.png", "train", None, 0),
        ("bagel/validation/good/rgb/000.png", "train", None, 0),
    ]


def test_btad_tells_ok_from_ko(tmp_path: Path) -> None:
    assert list_rows(read_dataset(layouts.write_btad(tmp_path / "btad"))) == [
        ("01/test/ko/0000.bmp", "test", "ko", 1),
        ("01/test/ok/0001.bmp", "test", None, 0),
        ("01/train/ok/0000.bmp", "train", None, 0),
    ]


def test_mvtec_ad2_trains_on_validation_and_tests_on_what_is_public(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_ad2(tmp_path / "ad2"))
    assert dataset.categories == ("fruit_jelly",)
    assert count_samples(dataset) == {("train", None): 4, ("test", None): 1, ("test", "bad"): 1}
    assert count_marked(dataset) == {"000_overexposed.png": 48}
    assert dataset.account.endswith("1 mask, 6 not used: 6 whose labels are not published.")


def test_a_category_of_mvtec_ad2_is_a_dataset_of_its_own(tmp_path: Path) -> None:
    root = layouts.write_ad2(tmp_path) / "fruit_jelly"
    dataset = read_dataset(root)
    assert (dataset.layout, dataset.categories) == ("mvtec_ad2", ("fruit_jelly",))
    assert len(dataset.samples) == 6


def test_mpdd_is_read_as_mvtec(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_mpdd(tmp_path / "mpdd"))
    assert dataset.layout == "mvtec"
    assert by_id(dataset)["bracket_black/test/hole/000.png"].defect_type == "hole"


def test_castings_keep_their_defective_training_images(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_casting(tmp_path / "casting"))
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
    dataset = read_dataset(layouts.write_magnetic_tile(tmp_path / "tiles"))
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
    dataset = read_dataset(layouts.write_visa(tmp_path / "visa"))
    assert list_rows(dataset) == [
        ("candle/Data/Images/Anomaly/0002.JPG", "test", "anomaly", 1),
        ("candle/Data/Images/Normal/0000.JPG", "train", None, 0),
        ("candle/Data/Images/Normal/0001.JPG", "test", None, 0),
    ]
    assert dataset.categories == ("candle",)


def test_visa_without_its_table_divides_the_normal_images(tmp_path: Path) -> None:
    root = layouts.write_visa(tmp_path / "visa") / "candle"
    for number in range(10):
        write_image(root / "Data/Images/Normal" / f"{number:04d}.JPG")
    dataset = read_dataset(root)
    assert dataset.categories == ("candle",)
    splits = Counter(sample.split for sample in dataset.samples if not sample.is_anomalous)
    assert splits == {Split.TRAIN: 9, Split.TEST: 1}
    assert len(dataset.samples[0].mask_paths) == 1


@pytest.mark.parametrize("name", ["../secret.png", "/etc/secret.png", "C:/secret.png"])
def test_a_table_cannot_lead_out_of_the_dataset(name: str, tmp_path: Path) -> None:
    root = layouts.write_visa(tmp_path / "visa")
    write_image(tmp_path / "secret.png")
    with (root / "split_csv/1cls.csv").open("a", encoding="utf-8") as table:
        table.write(f"candle,train,normal,{name},\n")
    dataset = read_dataset(root)
    assert len(dataset.samples) == 3
    assert [issue.kind for issue in dataset.issues] == [IssueKind.MISSING]


def test_dagm_images_with_an_ellipse_are_defective_in_both_parts(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_dagm(tmp_path / "dagm"))
    assert dataset.categories == ("Class1", "Class10")
    assert list_rows(dataset.of("Class1")) == [
        ("Class1/Test/0001.PNG", "test", None, 0),
        ("Class1/Test/0002.PNG", "test", "defect", 1),
        ("Class1/Train/0001.PNG", "train", None, 0),
        ("Class1/Train/0002.PNG", "train", "defect", 1),
    ]


def test_kolektor_items_are_groups_and_a_black_mask_means_normal(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_kolektor(tmp_path / "kolektor"))
    assert Counter(sample.defect_type for sample in dataset.samples) == {None: 12, "defect": 6}
    trained = {sample.group for sample in dataset.samples if sample.split is Split.TRAIN}
    tested = {sample.group for sample in dataset.samples if sample.split is Split.TEST}
    assert (len(trained), len(tested), trained & tested) == (4, 2, set())


def test_neu_det_boxes_become_pixels_and_each_class_is_divided(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_neu(tmp_path / "neu"))
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
        layouts.write_voc(tmp_path / part / "annotations/crazing_1.xml", "crazing")
    assert list_rows(read_dataset(tmp_path)) == [
        ("train/images/crazing/crazing_1.jpg", "train", "crazing", 0),
        ("validation/images/crazing/crazing_1.jpg", "test", "crazing", 0),
    ]


def test_a_damaged_annotation_is_reported_and_its_image_kept(tmp_path: Path) -> None:
    root = layouts.write_neu(tmp_path / "neu")
    (root / "ANNOTATIONS/crazing_1.xml").write_text("<annotation><obj", encoding="utf-8")
    dataset = read_dataset(root)
    assert [issue.kind for issue in dataset.issues] == [IssueKind.UNREADABLE]
    assert by_id(dataset)["IMAGES/crazing_1.jpg"].defect_type == "crazing"


def test_deep_pcb_pairs_are_groups_and_follow_the_published_lists(tmp_path: Path) -> None:
    samples = by_id(read_dataset(layouts.write_deep_pcb(tmp_path / "pcb")))
    folder = "PCBData/group00041/00041"
    tested = samples[f"{folder}/00041000_test.jpg"]
    template = samples[f"{folder}/00041000_temp.jpg"]
    assert (tested.defect_type, tested.boxes) == ("open", (Box(20, 4, 28, 10),))
    assert (template.defect_type, template.boxes) == (None, ())
    assert tested.group == template.group
    assert tested.kinds == ()
    both = samples[f"{folder}/00041001_test.jpg"]
    assert (both.defect_type, both.kinds) == ("mixed", ("open", "short"))
    assert [sample.split.value for sample in samples.values()] == ["train"] * 4 + ["test"] * 2


def test_deep_pcb_without_lists_keeps_pairs_together(tmp_path: Path) -> None:
    root = layouts.write_deep_pcb(tmp_path / "pcb")
    (root / "PCBData/trainval.txt").unlink()
    (root / "PCBData/test.txt").unlink()
    pairs = {(sample.group, sample.split) for sample in read_dataset(root).samples}
    assert len(pairs) == 3


def test_a_plain_folder_trains_on_seven_of_ten_good_images(tmp_path: Path) -> None:
    dataset = read_dataset(layouts.write_plain(tmp_path / "gears"))
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


@pytest.mark.parametrize(
    "mask", ["scratch/7_label.png", "scratch/masks/7.png", "masks/scratch/7_mask.png"]
)
def test_a_plain_folder_finds_its_masks_in_any_usual_place(mask: str, tmp_path: Path) -> None:
    write_image(tmp_path / "ok/1.png")
    write_image(tmp_path / "scratch/7.png")
    write_mask(tmp_path / mask)
    dataset = read_dataset(tmp_path)
    assert (dataset.layout, dataset.issues) == ("plain", ())
    assert list_rows(dataset) == [
        ("ok/1.png", "train", None, 0),
        ("scratch/7.png", "test", "scratch", 1),
    ]


def test_a_damaged_kolektor_mask_never_makes_a_part_normal(tmp_path: Path) -> None:
    root = layouts.write_kolektor(tmp_path / "kolektor")
    (root / "kos01/Part0_label.bmp").write_bytes(b"")
    dataset = read_dataset(root)
    assert [issue.kind for issue in dataset.issues] == [IssueKind.UNREADABLE]
    assert by_id(dataset)["kos01/Part0.jpg"].is_anomalous


@pytest.mark.parametrize(
    ("table", "message"),
    [(b"a,b\n1,2\n", "has no column 'object'"), (b"\xff\xfe\x00", "cannot be read")],
)
def test_a_damaged_visa_table_is_named(table: bytes, message: str, tmp_path: Path) -> None:
    root = layouts.write_visa(tmp_path / "visa")
    (root / "split_csv/1cls.csv").write_bytes(table)
    with pytest.raises(DatasetError, match=message):
        read_dataset(root)


def test_damaged_pcb_boxes_are_reported_and_the_others_kept(tmp_path: Path) -> None:
    root = layouts.write_deep_pcb(tmp_path / "pcb")
    notes = root / "PCBData/group00041/00041_not/00041000.txt"
    notes.write_text("20,4,28,10,1\n\n1 2 three 4 5\n1 2\n", encoding="utf-8")
    dataset = read_dataset(root)
    assert len(dataset.issues) == 2
    sample = by_id(dataset)["PCBData/group00041/00041/00041000_test.jpg"]
    assert (sample.defect_type, sample.boxes) == ("open", (Box(20, 4, 28, 10),))


def test_an_annotation_without_an_image_is_called_so(tmp_path: Path) -> None:
    root = layouts.write_neu(tmp_path / "neu")
    (root / "IMAGES/crazing_1.jpg").unlink()
    (issue,) = read_dataset(root).issues
    assert issue.problem == "The annotation ANNOTATIONS/crazing_1.xml belongs to no image."


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
    foreign = [kind for one in steel.samples for kind in one.kinds if kind != one.defect_type]
    assert len(foreign) == 188, "boxes of another kind than their image keep it"
    castings = read_real("casting_sample")
    assert (castings.layout, len(castings.samples), castings.issues) == ("casting", 800, ())
