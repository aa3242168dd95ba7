"""The health check, on small datasets of which one thing is wrong."""

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image

from eda.choice import Choice
from eda.health import check_health, is_checked
from eda.health.amounts import enough_for
from eda.health.finding import Finding, Group, Severity, describe_groups, rank, summarise
from eda.health.labels import find_doubts
from eda.health.light import cross_validate, standard_error
from eda.health.outliers import robust_z
from eda.index import open_index
from eda.opened import Opened, open_tables
from eda.report import make_report
from eda.verdicts import Verdicts
from inspection.datasets.dataset import read_dataset
from inspection.types import Split
from tests.doubles.detectors import DETECTORS, make_infos
from tests.doubles.layouts import write_neu
from tests.doubles.parts import write_dataset

Edit = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "parts", num_train=20, num_test=12)


def open_dataset(root: Path) -> Opened:
    return open_tables(open_index(read_dataset(root), cache=root.parent / "cache"))


def check(root: Path) -> list[Finding]:
    choice = Choice(detectors=make_infos(*DETECTORS, "classifier"))
    return list(check_health(open_dataset(root), choice))


def find(findings: list[Finding], words: str) -> Finding:
    (found,) = [one for one in findings if words in one.text]
    return found


def edit(path: Path, change: Edit) -> None:
    Image.fromarray(change(np.asarray(Image.open(path)))).save(path)


def brighten(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(image.astype(int) + 30, 0, 255), np.uint8)


def test_a_sound_dataset_is_fine_but_for_its_size(root: Path) -> None:
    findings = check(root)
    assert Severity.PROBLEM not in {one.severity for one in findings}
    few = [one.text for one in findings if one.severity is Severity.LOOK]
    assert len(few) == 2
    assert few[0].startswith("12 good test parts are few")
    assert few[1].startswith("20 good parts are few to learn from: 10 of them are held out")
    assert "1 false alarm in 11 good parts can be promised (9.1 per 100)" in few[1]
    assert 8 <= len(findings) <= 15


def test_it_takes_so_many_good_parts_for_a_rate() -> None:
    assert enough_for(243, 0.02)
    assert not enough_for(242, 0.02)
    assert enough_for(98, 0.05)


def test_without_good_images_it_says_what_cannot_be_trained(tmp_path: Path) -> None:
    findings = check(write_neu(tmp_path / "steel"))
    assert findings[0].severity is Severity.PROBLEM
    assert findings[0].text.startswith("There is no good image to learn from: CAE, U-Net and")
    assert "can learn to name the defects: `python cli.py train" in findings[0].advice
    assert "their shape" not in find(findings, "marked by boxes").text
    assert not any("thick enough" in one.text for one in findings), "boxes show no thickness"


def test_good_images_that_are_brighter_are_a_problem(root: Path) -> None:
    for path in root.glob("disc/t*/good/*.png"):
        edit(path, brighten)
    found = find(check(root), "Good images are brighter")
    assert found.severity is Severity.PROBLEM
    assert "AUROC 1.00" in found.text
    assert "not marked" not in found.text
    good, bad = found.groups[0].ids
    assert "/good/" in good
    assert "/spot/" in bad


def test_marked_defects_that_change_the_light_are_none(root: Path) -> None:
    opened = open_dataset(root)
    means = opened.images.groupby("defect_type")["brightness"].mean()
    assert means["spot"] > means["good"] + 4
    assert find(check(root), "Good and defective images are alike").severity is Severity.FINE


def test_the_probe_has_not_learned_from_the_parts_that_it_judges() -> None:
    rng = np.random.default_rng(0)
    values, is_bad = rng.normal(size=(60, 8)), np.arange(60) % 2 == 1
    values[:, 0] = np.repeat(rng.normal(size=20), 3)  # the part shows, and nothing else
    units = np.repeat([f"part {number}" for number in range(20)], 3).astype(object)
    assert abs(cross_validate(values, np.repeat(is_bad[:20], 3), units) - 0.5) < 0.25
    assert standard_error(0.5, 50, 50) == pytest.approx(0.058, abs=0.002)


def test_a_test_image_that_is_a_training_image_is_shown_beside_it(root: Path) -> None:
    test = root / "disc" / "test" / "good" / "000.png"
    shutil.copy(test, root / "disc" / "train" / "good" / "900.png")
    found = find(check(root), "nearly the same picture in training")
    assert found.text.startswith("1 of 24 test images have")
    assert "1 pair without any difference" in found.text
    assert set(found.groups[0].ids) == {"disc/test/good/000.png", "disc/train/good/900.png"}


def test_a_picture_called_good_and_defective_is_a_problem(root: Path) -> None:
    folder = root / "disc" / "test"
    shutil.copy(folder / "good" / "000.png", folder / "spot" / "900.png")
    findings = check(root)
    found = find(findings, "one called good and one defective")
    assert found.severity is Severity.PROBLEM
    assert len(found.groups) == 1
    missing = find(findings, "has no mask, though others have")
    assert missing.groups == (Group(("disc/test/spot/900.png",)),)


def test_a_picture_that_is_twice_among_the_good_ones_is_shown_beside_itself(root: Path) -> None:
    good = root / "disc" / "train" / "good"
    shutil.copy(good / "003.png", good / "copy.png")
    found = find(check(root), "nearly the same as another one of a good part")
    assert found.severity is Severity.LOOK
    assert set(found.ids) == {"disc/train/good/003.png", "disc/train/good/copy.png"}


def test_a_wrong_label_is_found_where_classes_look_different() -> None:
    rng = np.random.default_rng(0)
    kinds = np.repeat(["good", "stain"], 60).astype(object)
    vectors = rng.normal(size=(120, 8)).astype(np.float32)
    vectors[60:, 0] += 30
    rows = pd.DataFrame({"defect_type": kinds, "unit": [f"{row}" for row in range(120)]})
    assert find_doubts(vectors, rows) == ((), 2)
    rows.loc[7, "defect_type"] = "stain"
    (doubt,), num_judged = find_doubts(vectors, rows)
    assert (doubt.row, doubt.given, doubt.seen, num_judged) == (7, "stain", "good", 2)
    assert rows["defect_type"][doubt.like] == "good"


def test_of_classes_that_look_alike_no_label_is_doubted() -> None:
    vectors = np.random.default_rng(0).normal(size=(120, 40)).astype(np.float32)
    kinds = np.repeat(["good", "dent", "scratch"], 40)
    rows = pd.DataFrame({"defect_type": kinds, "unit": [f"{row}" for row in range(120)]})
    assert find_doubts(vectors, rows) == ((), 0)


def test_a_blurred_picture_is_found_and_named(root: Path) -> None:
    path = root / "disc" / "train" / "good" / "007.png"
    edit(path, lambda image: cv2.GaussianBlur(image, (0, 0), 1.5))
    found = find(check(root), "stands out in sharpness")
    assert [group.ids for group in found.groups] == [("disc/train/good/007.png",)]
    assert found.groups[0].note.startswith("blurred: ")


def test_overexposed_and_dark_pictures_are_one_sentence(root: Path) -> None:
    edit(root / "disc" / "train" / "good" / "003.png", lambda image: image // 3)
    edit(root / "disc" / "train" / "good" / "004.png", lambda image: np.maximum(image, 251))
    found = find(check(root), "stand out in exposure")
    assert found.text.endswith("1 darker, 1 brighter and 1 with white areas.")
    assert len(found.groups) == 2


def test_a_difference_that_nobody_sees_is_not_odd() -> None:
    values = np.full(40, 100.0)
    values[3], values[4] = 101, 130
    frame = pd.DataFrame({"category": "a", "defect_type": "good", "brightness": values})
    z = robust_z(frame, "brightness", 15.0)
    assert z[3] < 3.5 < z[4]


def test_of_a_rare_type_the_whole_category_says_what_is_usual() -> None:
    kinds = ["good"] * 38 + ["rare"] * 2
    values = [*np.linspace(90, 110, 38), 100, 200]
    frame = pd.DataFrame({"category": "a", "defect_type": kinds, "brightness": values})
    z = robust_z(frame, "brightness", 15.0)
    assert abs(z[38]) < 1
    assert z[39] > 3.5


def test_masks_that_are_empty_or_too_large_are_told_apart(root: Path) -> None:
    folder = root / "disc" / "ground_truth" / "spot"
    Image.new("L", (64, 64)).save(folder / "000_mask.png")
    large = np.zeros((64, 64), np.uint8)
    large[4:60, 4:60] = 255
    Image.fromarray(large).save(folder / "001_mask.png")
    findings = check(root)
    assert find(findings, "1 mask of a defective image is empty").groups[0].ids == (
        "disc/test/spot/000.png",
    )
    assert find(findings, "1 mask covers more than half").severity is Severity.LOOK


def test_an_image_that_cannot_be_read_is_a_problem(root: Path) -> None:
    (root / "disc" / "train" / "good" / "000.png").write_bytes(b"no image")
    found = find(check(root), "1 of 44 images cannot be read and is left out")
    assert found.severity is Severity.PROBLEM


def test_mixed_shapes_and_grey_among_coloured_images_are_told(root: Path) -> None:
    for number in range(6):
        edit(root / f"disc/train/good/{number:03d}.png", lambda image: image[:40])
    for number in range(3):
        edit(root / f"disc/test/good/{number:03d}.png", lambda image: image[:, :, 0])
    findings = check(root)
    assert find(findings, "Images differ in shape: 14 % of them").groups[0].note == "64 × 40"
    assert len(find(findings, "3 images grey and 41 coloured").groups) == 3


def test_thin_defects_are_lost_at_the_usual_input_size(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "parts", side=640)
    for path in root.glob("disc/ground_truth/spot/*.png"):
        line = np.zeros((640, 640), np.uint8)
        line[100:101, 100:400] = 255
        Image.fromarray(line).save(path)
    found = find(check(root), "Defects are thin for the usual input size")
    assert found.severity is Severity.PROBLEM
    assert found.advice == "Cut the images into tiles."
    assert found.groups[0].note == "0.4 pixels thick"


def test_rare_types_are_named_with_their_images(root: Path) -> None:
    spots = root / "disc" / "test" / "spot"
    for number in range(9):
        target = root / "disc" / "test" / "odd_stain" / f"{number:03d}.png"
        target.parent.mkdir(exist_ok=True)
        shutil.move(spots / f"{number:03d}.png", target)
    found = find(check(root), "with fewer than 10 images")
    assert "odd stain and spot" in found.text
    assert len(found.groups) == 12


def test_findings_are_checked_once_per_category(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "parts")
    write_dataset(root, category="ring", seed=10_000)
    opened = open_dataset(root)
    whole, part = Choice(), Choice(category="ring")
    assert not is_checked(opened, whole)
    assert check_health(opened, whole) is check_health(opened, whole)
    assert is_checked(opened, whole)
    assert not is_checked(opened, part)
    assert "disc" not in str(check_health(opened, part))


def test_the_worst_stands_first_and_the_summary_counts() -> None:
    findings = [
        Finding(Severity.FINE, "a"),
        Finding(Severity.LOOK, "b", effect=0.1),
        Finding(Severity.LOOK, "c", effect=0.2),
        Finding(Severity.PROBLEM, "d"),
    ]
    assert [one.text for one in rank(findings)] == ["d", "c", "b", "a"]
    assert summarise(findings) == "1 problem, 2 worth a look and 1 fine."
    assert describe_groups((Group(("a", "b")),), most=12) == "Show 1 pair"
    assert describe_groups((Group(("a",)),) * 30, most=12) == "Show 12 of 30 images"


def test_the_report_shows_what_stands_behind_a_finding_or_names_it(root: Path) -> None:
    test = root / "disc" / "test" / "good" / "000.png"
    shutil.copy(test, root / "disc" / "train" / "good" / "900.png")
    index = open_dataset(root).index
    start = make_report(index, detectors={}).split("</section>")[0]
    assert "Health check" in start
    assert "<summary>Show 1 pair</summary>" in start
    assert "disc/train/good/900.png" in start
    assert "good · train" in start
    plain = make_report(index, detectors={}, pictures=False).split("</section>")[0]
    assert "disc/train/good/900.png" in plain


def make_judges(root: Path, *, odd: dict[str, float], noise: int = 0) -> tuple[Verdicts, ...]:
    """Return two detectors that tell the classes apart, but for odd scores, and a blind one."""
    tested = [one for one in read_dataset(root).samples if one.split is Split.TEST]
    judges = []
    for number, title in enumerate(("CAE", "U-Net", "Blind")):
        scores = {
            one.id: place % 5 / 100 + (number + 1) * one.is_anomalous * (title != "Blind")
            for place, one in enumerate(tested)
        }
        if title != "Blind":
            scores |= {key: (number + 1) * value for key, value in odd.items()}
        flagged = {key: score > 0.5 * (number + 1) for key, score in scores.items()}
        judges.append(Verdicts(title, flagged, scores, stamp=f"{title} {noise}"))
    return tuple(judges)


def test_test_images_that_all_able_detectors_contradict_are_shown(root: Path) -> None:
    good, bad = "disc/test/good/003.png", "disc/test/spot/005.png"
    opened = open_dataset(root)
    infos = make_infos(*DETECTORS)
    choice = Choice(detectors=infos, judges=make_judges(root, odd={}))
    fine = find(list(check_health(opened, choice)), "is contradicted")
    assert fine.text.endswith("contradicted by all detectors (CAE and U-Net).")
    odd = make_judges(root, odd={good: 1.5, bad: 0.0}, noise=1)
    found = list(check_health(opened, Choice(detectors=infos, judges=odd)))
    alarm = find(found, "called good")
    assert alarm.severity is Severity.LOOK
    assert alarm.text == (
        "1 test image is called good, but CAE and U-Net both place it above half of the defective "
        "test images."
    )
    assert alarm.groups == (
        Group((good,), "higher than 100 (CAE), 100 (U-Net) of 100 defective ones"),
    )
    assert find(found, "called defective").ids == (bad,)
    one_only = make_judges(root, odd={good: 1.5}, noise=2)[:1]
    alone = list(check_health(opened, Choice(detectors=infos, judges=one_only)))
    assert not any("called good" in one.text for one in alone), "one detector is no agreement"


def test_a_miss_or_a_faint_score_alone_is_no_suspicion(root: Path) -> None:
    tested = {"disc/test/good/003.png": 0.6, "disc/test/spot/005.png": 0.4}  # flagged, missed
    choice = Choice(detectors=make_infos(*DETECTORS), judges=make_judges(root, odd=tested))
    found = list(check_health(open_dataset(root), choice))
    assert not any("is called" in one.text for one in found)
