"""Two datasets of one name are never mixed up; one that was moved, grew or was renamed is known."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from detectors.backbones.student import Student
from detectors.patchcore.detector import PatchCore
from inspection.datasets.dataset import Dataset, read_dataset
from inspection.datasets.pooling import pool_datasets
from inspection.errors import CheckpointError, DatasetError, InspectionError
from inspection.images import pixel_hash, read_image, read_sample
from inspection.products.catalog import Catalog
from inspection.products.dataset_identity import check_dataset, find_mismatched
from inspection.products.panels import Status
from inspection.products.reading import Measured, load_reading, read_by, save_reading
from inspection.products.split_plan import load_split, save_split
from inspection.products.splits import apply_split, make_split, open_split
from inspection.types import Reading, Split
from tests.doubles.commands import invoke
from tests.doubles.detectors import make_channel, make_infos
from tests.doubles.parts import draw_part, write_dataset
from tests.doubles.products import write_checkpoint
from ui.background import say_mismatched
from ui.results.data import Results

NONE_SAME = "of 8 images that both have by name, none shows the same"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two datasets in folders of one name, the first one trained."""
    root = tmp_path_factory.mktemp("identity")
    write_dataset(root / "a" / "data")
    write_dataset(root / "b" / "data", seed=10_000)
    torch.manual_seed(0)
    save_file(Student((8, 12, 16)).state_dict(), root / "student.safetensors")
    train(root, "a")
    return root


def train(work: Path, which: str, *words: object, command: str = "train") -> None:
    result = invoke(
        *(command, "--data", work / which / "data", "--checkpoints", work / "ck"),
        *("--detector", "patchcore", "--input-size", 64, "--device", "cpu"),
        *("--backbone-weights", work / "student.safetensors", *words),
    )
    assert result.exit_code == 0, result.output


def read_files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def copy_work(work: Path, target: Path) -> Path:
    return shutil.copytree(work, target)


def write_detector(folder: Path, source: Dataset, *, created: str = "") -> None:
    """Write what is read of a detector that has seen the good training images of a dataset."""
    samples = [s for s in source.samples if s.split is Split.TRAIN]
    seen = {sample.id: pixel_hash(read_sample(sample)) for sample in samples}
    write_checkpoint(folder, seen=seen, created=created)


def make_catalog(checkpoints: Path, *data: Path) -> Catalog:
    detectors = make_infos("cae", "unet", "patchcore")
    return Catalog(checkpoints, data, loader=lambda _: make_channel(1, 2), detectors=detectors)


@pytest.mark.parametrize("words", [(), ("--split", "grouped"), ("--seed", "3")])
def test_a_second_dataset_of_a_name_is_refused_before_anything_is_written(
    work: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    before = read_files(work / "ck")
    monkeypatch.setattr(PatchCore, "fit", lambda *_: pytest.fail("it learned"))
    monkeypatch.setattr(
        "commands.train.group_near_duplicates", lambda *_, **__: pytest.fail("it compared images")
    )
    with pytest.raises(DatasetError) as caught:
        train(work, "b", *words)
    folder, data = work / "ck" / "data" / "disc", work / "b" / "data"
    assert caught.value.problem == f"{folder} belongs to another dataset than {data}: {NONE_SAME}."
    assert "a name of its own: --dataset NAME" in caught.value.fix
    assert read_files(work / "ck") == before


def test_a_second_dataset_of_a_name_is_not_taken_for_trained_already(work: Path) -> None:
    with pytest.raises(DatasetError, match="were not trained to the end: disc"):
        train(work, "b", command="train-all")


def test_a_name_of_its_own_is_the_way_out(work: Path, tmp_path: Path) -> None:
    work = copy_work(work, tmp_path / "work")
    first = read_files(work / "ck" / "data")
    train(work, "b", "--dataset", "other")
    assert (work / "ck" / "other" / "disc" / "patchcore").is_dir()
    assert read_files(work / "ck" / "data") == first


@pytest.mark.parametrize("command", ["evaluate", "tune"])
def test_no_command_takes_another_dataset_for_the_one_that_was_trained(
    work: Path, tmp_path: Path, command: str
) -> None:
    before = read_files(work / "ck")
    words = ("--detector", "patchcore", "--checkpoints", work / "ck")
    out = ("--out", tmp_path / "out") if command == "tune" else ()
    with pytest.raises(DatasetError, match=NONE_SAME):
        invoke(command, "--data", work / "b" / "data", *words, *out)
    assert read_files(work / "ck") == before


def add_images(data: Path) -> None:
    for index in range(12):
        source = data.parents[1] / "b" / "data" / "disc" / "train" / "good" / f"{index:03d}.png"
        shutil.copy(source, data / "disc" / "train" / "good" / f"new{index}.png")


def remove_images(data: Path) -> None:
    for path in sorted((data / "disc" / "train" / "good").iterdir())[3:]:
        path.unlink()


def rename_images(data: Path) -> None:
    for path in list(data.rglob("*.png")):
        path.rename(path.with_name(f"part_{path.name}"))


def number_images_anew(data: Path) -> None:
    folder = data / "disc" / "train" / "good"
    paths = sorted(folder.iterdir())
    for place, path in enumerate(paths):
        path.rename(folder / f"x{place}")
    for place in range(len(paths)):
        (folder / f"x{place}").rename(folder / f"{(place + 5) % len(paths):03d}.png")


def replace_some(data: Path) -> None:
    for index in range(4):
        name = f"disc/train/good/{index:03d}.png"
        shutil.copy(data.parents[1] / "b" / "data" / name, data / name)


def leave_test_images_alone(data: Path) -> None:
    shutil.rmtree(data / "disc" / "train")


@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        add_images,
        remove_images,
        rename_images,
        number_images_anew,
        replace_some,
        leave_test_images_alone,
    ],
)
def test_a_dataset_that_was_moved_and_changed_is_still_the_same(
    work: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    moved = copy_work(work, tmp_path / "elsewhere") / "a" / "data"
    change(moved)
    source = read_dataset(moved).of("disc")
    product = tmp_path / "elsewhere" / "ck" / "data" / "disc"
    check_dataset(product, source)
    plan = load_split(product)
    assert plan is not None
    save_split(product, replace(plan, known={}))  # as in checkpoints of earlier versions
    check_dataset(product, source)


def test_a_dataset_without_a_common_name_or_image_is_another(work: Path, tmp_path: Path) -> None:
    other = shutil.copytree(work / "b" / "data", tmp_path / "data")
    rename_images(other)
    with pytest.raises(DatasetError, match="of 12 images that were compared, none is known there"):
        check_dataset(work / "ck" / "data" / "disc", read_dataset(other).of("disc"))


def test_images_of_many_bits_are_known_by_any_white(work: Path, tmp_path: Path) -> None:
    source = read_dataset(work / "a" / "data").of("disc")
    for sample in source.samples:
        path = tmp_path / "data" / sample.id
        path.parent.mkdir(parents=True, exist_ok=True)
        grey = read_sample(sample)[..., 0].astype(np.uint16)
        Image.fromarray(grey * 16).save(path)
    deep = read_dataset(tmp_path / "data").of("disc")
    product = tmp_path / "ck" / "data" / "disc"
    open_split(product, deep.samples)
    for white in (4095, 16383):  # measured anew until a detector has learned
        save_reading(product, Measured(Reading(white), white, 16, False, ()))
        check_dataset(product, deep)
    read = replace(deep, samples=tuple(read_by(deep.samples, Reading(16383))))
    write_detector(product / "cae", read)
    plan = load_split(product)
    assert plan is not None
    save_split(product, replace(plan, known={}))
    check_dataset(product, deep)
    with pytest.raises(DatasetError, match=NONE_SAME):
        check_dataset(product, read_dataset(work / "b" / "data").of("disc"))


def test_an_interrupted_first_training_holds_the_name_until_it_is_deleted(
    work: Path, tmp_path: Path
) -> None:
    first, second = (read_dataset(work / which / "data").of("disc") for which in "ab")
    product = tmp_path / "data" / "disc"
    check_dataset(product, first)
    open_split(product, first.samples)
    check_dataset(product, first)
    with pytest.raises(DatasetError, match=NONE_SAME) as caught:
        check_dataset(product, second)
    assert f"No detector is there yet: {product} can also be deleted." in caught.value.fix
    shutil.rmtree(product)
    check_dataset(product, second)


def test_of_two_trainings_at_once_the_later_one_is_not_kept(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = copy_work(work, tmp_path / "work")
    shutil.rmtree(work / "ck")
    fit, product = PatchCore.fit, work / "ck" / "data" / "disc"

    def overtaken(self: PatchCore, samples: Any) -> PatchCore:
        shutil.rmtree(product)
        open_split(product, read_dataset(work / "a" / "data").of("disc").samples)
        return fit(self, samples)

    monkeypatch.setattr(PatchCore, "fit", overtaken)
    with pytest.raises(DatasetError, match=NONE_SAME):
        train(work, "b")
    assert [path.name for path in product.iterdir()] == ["split.json"]


def test_a_pool_of_other_datasets_is_refused_too(work: Path, tmp_path: Path) -> None:
    words = ("--pool", "both", "--checkpoints", tmp_path, "--detector", "classifier")
    folders = [read_dataset(work / which / "data", name=which) for which in "ab"]
    open_split(tmp_path / "both" / "all", pool_datasets(folders, name="both").samples)
    other = write_dataset(tmp_path / "other", seed=20_000)
    with pytest.raises(DatasetError, match="by name, none shows the same") as caught:
        invoke("train", "--data", f"a={other}", *words)
    assert "--pool NAME" in caught.value.fix


@pytest.mark.parametrize("name", ["..", ".", "a/b", "a\\b", " "])
def test_a_dataset_has_a_name_that_one_folder_can_have(work: Path, name: str) -> None:
    with pytest.raises(DatasetError, match="cannot be called"):
        train(work, "a", "--dataset", name)
    with pytest.raises(DatasetError, match="cannot be called"):
        train(work, "a", "--pool", name)


def test_a_folder_that_cannot_be_written_is_reported_before_anything_is_learned(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatchCore, "fit", lambda *_: pytest.fail("it learned"))
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(CheckpointError, match="Checkpoints cannot be kept in"):
        train(work, "a", "--checkpoints", tmp_path / "file")


def test_the_page_does_not_join_a_folder_with_detectors_of_another(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = work / "b" / "data"
    catalog = make_catalog(work / "ck", data)
    disc = catalog.product("data/disc")
    panel = catalog.channels.load(disc, "patchcore")
    assert (panel.status, panel.channel) == (Status.BROKEN, None)
    product = work / "ck" / "data" / "disc"
    assert panel.problem == (
        f"{product} was trained on another dataset than the folder {data}: {NONE_SAME}."
    )
    assert f"--data NAME={data}" in panel.fix
    assert catalog.channels.peek(disc, "patchcore").problem == panel.problem
    assert "--dataset NAME" in catalog.channels.peek(disc, "cae").fix
    samples = read_dataset(data).samples
    tested = [one for one in apply_split(samples, make_split(samples)) if one.split is Split.TEST]
    assert list(catalog.samples.unseen(disc)) == tested
    known = pixel_hash(read_image(work / "a" / "data" / "disc" / "train" / "good" / "001.png"))
    assert catalog.checkpoints.that_saw(disc, known) == ()
    assert catalog.familiarity.model(disc) is None, "it looks as another dataset does"
    say_mismatched(catalog)
    assert capsys.readouterr().out == f"Note: {panel.problem} {panel.fix}\n"


def test_a_folder_that_is_exchanged_while_the_page_is_open_is_noticed(
    work: Path, tmp_path: Path
) -> None:
    shown = shutil.copytree(work / "a" / "data", tmp_path / "data")
    catalog = make_catalog(work / "ck", shown)
    assert catalog.samples.unseen(catalog.product("data/disc"))
    assert catalog.checkpoints.matching(catalog.product("data/disc")) == ("patchcore",)
    shutil.rmtree(shown)
    write_dataset(shown, num_test=5, seed=10_000)
    assert catalog.samples.unseen(catalog.product("data/disc"))
    assert catalog.checkpoints.matching(catalog.product("data/disc")) == ()


def test_the_page_joins_a_folder_with_its_own_detectors_under_any_name(work: Path) -> None:
    catalog = make_catalog(work / "ck", work / "a" / "data")
    assert catalog.channels.load(catalog.product("data/disc"), "patchcore").channel is not None
    catalog = make_catalog(work / "ck")
    assert catalog.channels.load(catalog.product("data/disc"), "patchcore").channel is not None
    assert catalog.familiarity.model(catalog.product("data/disc")) is not None
    assert catalog.checkpoints.mismatched(catalog.product("data/disc")) == {}


def test_the_odd_one_out_of_most_answers_for_nobody(work: Path, tmp_path: Path) -> None:
    first, second = (read_dataset(work / which / "data").of("disc") for which in "ab")
    product = tmp_path / "ck" / "data" / "disc"
    write_detector(product / "cae", second, created="2026-03-01")
    write_detector(product / "unet", first, created="2026-01-01")
    write_detector(product / "patchcore", first, created="2026-01-01")
    catalog = make_catalog(tmp_path / "ck")
    assert catalog.checkpoints.matching(catalog.product("data/disc")) == ("unet", "patchcore")
    panel = catalog.channels.load(catalog.product("data/disc"), "cae")
    assert panel.problem == (
        "CAE was trained on another dataset than U-Net and PatchCore: "
        "of 12 images that both have by name, none shows the same."
    )
    assert "--category disc --detector cae" in panel.fix
    with pytest.raises(InspectionError, match="CAE was trained on another dataset"):
        catalog.channels.judging(catalog.product("data/disc"), "cae")
    (trouble,) = (one for one in Results(catalog).troubles(["data/disc"]) if not one.command)
    assert trouble.detector == "CAE"
    assert panel.problem in trouble.problem
    # the split would be of either: the detectors decide
    check_dataset(product, first)
    with pytest.raises(DatasetError):
        check_dataset(product, second)


def test_of_two_detectors_of_two_datasets_the_newer_one_answers(work: Path, tmp_path: Path) -> None:
    product = tmp_path / "ck" / "data" / "disc"
    first, second = (read_dataset(work / which / "data") for which in "ab")
    write_detector(product / "cae", second, created="2026-03-01")
    write_detector(product / "unet", first, created="2026-01-01")
    catalog = make_catalog(tmp_path / "ck")
    assert catalog.checkpoints.matching(catalog.product("data/disc")) == ("cae",)
    shutil.rmtree(product / "unet")
    write_detector(product / "unet", second, created="2026-04-01")
    assert catalog.checkpoints.matching(catalog.product("data/disc")) == ("cae", "unet")


def test_inspecting_names_whom_it_leaves_out(work: Path, tmp_path: Path) -> None:
    work = copy_work(work, tmp_path / "work")
    other = read_dataset(work / "b" / "data")
    write_detector(work / "ck" / "data" / "disc" / "cae", other, created="2020")
    image = work / "a" / "data" / "disc" / "test" / "spot" / "000.png"
    place = ("--category", "disc", "--checkpoints", work / "ck", "--device", "cpu")
    result = invoke("inspect", image, *place, "--out", tmp_path / "out")
    assert "data/disc cae: CAE was trained on another dataset than PatchCore" in result.output
    rows = (tmp_path / "out" / "inspection.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 2
    assert "CAE could not answer and is left out" in rows[1]
    result = invoke("calibrate", *place[:4], "--false-alarm-rate", 0.3)
    assert "Left out: CAE was trained on another dataset than PatchCore" in result.output
    assert "joint" not in result.output


def test_a_split_that_does_not_know_its_dataset_learns_it(work: Path, tmp_path: Path) -> None:
    source = read_dataset(work / "a" / "data").of("disc")
    save_split(tmp_path, replace(make_split(source.samples), known={}))
    known = open_split(tmp_path, source.samples).known
    assert len(known) == 16
    assert {read_hash(work / "a" / "data" / key) for key in known} == set(known.values())
    plan = load_split(tmp_path)
    assert plan is not None
    assert plan.known == known


def read_hash(path: Path) -> str:
    return pixel_hash(read_image(path))


def test_a_dataset_of_deep_images_is_known_again_by_its_own_white(work: Path) -> None:
    for number in range(8):
        path = work / "deep/data/disc/good" / f"{number:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        part = draw_part(number)[0][:, :, 0].astype(np.uint16)
        Image.fromarray(part * 16).save(path)  # 12 bits in files of 16
    train(work, "deep", "--dataset", "deep")
    train(work, "deep", "--dataset", "deep")
    assert load_reading(work / "ck/deep/disc").white == 4095
    dataset = read_dataset(work / "deep/data").of("disc")
    check_dataset(work / "ck/deep/disc", dataset)
    trained = make_infos("patchcore")
    assert find_mismatched(work / "ck/deep/disc", tuple(trained.values()), dataset) == {}
