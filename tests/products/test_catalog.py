"""Products, their panels and their samples, with loading handed in."""

import json
import os
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from inspection.datasets.dataset import read_dataset
from inspection.detector import Channel
from inspection.errors import BackboneError, CheckpointError, DatasetError, InspectionError
from inspection.images import pixel_hash, read_image
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import read_seen
from inspection.products.panels import Status
from inspection.products.product_file import save_product_rate
from inspection.products.split_plan import save_split
from inspection.products.splits import make_split
from inspection.types import Split
from tests.doubles.detectors import make_calibration, make_channel, make_infos
from tests.doubles.layouts import write_flat
from tests.doubles.parts import make_later, write_dataset
from tests.doubles.products import write_checkpoint


class Loads:
    """A loader that counts, and fails when told to."""

    def __init__(self) -> None:
        self.folders: list[Path] = []
        self.is_broken = False

    def __call__(self, folder: Path) -> Channel:
        self.folders.append(folder)
        if self.is_broken:
            raise CheckpointError("It is broken.", "Mend it.")
        return make_channel(1, 2, 3)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "parts", num_train=6)


def test_products_come_from_checkpoints_and_from_data(tmp_path: Path, data: Path) -> None:
    write_checkpoint(tmp_path / "ck" / "demo" / "washer" / "cae")
    (tmp_path / "ck" / "backbones").mkdir()
    catalog = Catalog(tmp_path / "ck", [data], loader=Loads(), detectors=make_infos("cae", "unet"))
    assert sorted(catalog.products) == ["demo/washer", "parts/disc"]
    with pytest.raises(DatasetError, match="demo/washer, parts/disc"):
        catalog.product("demo/spoon")


def test_a_dataset_may_have_another_name_than_its_folder(tmp_path: Path, data: Path) -> None:
    write_checkpoint(tmp_path / "ck" / "tiles" / "disc" / "cae")
    catalog = Catalog(
        tmp_path / "ck", {"tiles": data}, loader=Loads(), detectors=make_infos("cae", "unet")
    )
    assert list(catalog.products) == ["tiles/disc"]
    assert catalog.samples.unseen(catalog.product("tiles/disc"))
    assert "--dataset tiles" in catalog.channels.peek(catalog.product("tiles/disc"), "unet").fix


def test_an_optional_detector_is_not_missed_but_shown_once_it_is_trained(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "demo" / "washer" / "cae")
    catalog = Catalog(
        tmp_path,
        [],
        loader=Loads(),
        detectors=make_infos("cae", "unet", "classifier"),
    )
    assert catalog.channels.peek(catalog.product("demo/washer"), "unet").status is Status.MISSING
    assert (
        catalog.channels.load(catalog.product("demo/washer"), "classifier").status is Status.ABSENT
    )
    write_checkpoint(tmp_path / "demo" / "washer" / "classifier")
    assert (
        catalog.channels.load(catalog.product("demo/washer"), "classifier").status is Status.READY
    )


def test_a_detector_is_loaded_once_and_again_when_it_was_trained_anew(tmp_path: Path) -> None:
    folder = tmp_path / "demo" / "washer" / "cae"
    write_checkpoint(folder)
    loads = Loads()
    catalog = Catalog(tmp_path, [], loader=loads, detectors=make_infos("cae", "unet"))
    assert catalog.channels.peek(catalog.product("demo/washer"), "cae").status is Status.LOADING
    first = catalog.channels.load(catalog.product("demo/washer"), "cae")
    assert first.status is Status.READY
    assert catalog.channels.load(catalog.product("demo/washer"), "cae") is first
    assert catalog.channels.peek(catalog.product("demo/washer"), "cae") is first
    os.utime(folder / "detector.json", (1, 1))
    assert catalog.channels.load(catalog.product("demo/washer"), "cae") is not first
    assert len(loads.folders) == 2


def test_a_missing_detector_names_its_command_and_a_broken_one_its_remedy(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "demo" / "washer" / "cae")
    loads = Loads()
    loads.is_broken = True
    catalog = Catalog(tmp_path, [], loader=loads, detectors=make_infos("cae", "unet"))
    missing = catalog.channels.load(catalog.product("demo/washer"), "unet")
    assert missing.status is Status.MISSING
    assert "--category washer --detector unet" in missing.fix
    broken = catalog.channels.load(catalog.product("demo/washer"), "cae")
    assert (broken.status, broken.problem, broken.fix) == (
        Status.BROKEN,
        "It is broken.",
        "Mend it.",
    )


@pytest.mark.parametrize(
    "error",
    [
        ImportError("no torch"),
        RuntimeError("CUDA\nx"),
        MemoryError(),
        BackboneError("No weights are on this machine.", "Put them there."),
        CheckpointError("It was made with other weights.", "Bring the former ones back."),
    ],
)
def test_a_detector_that_fails_while_loading_says_so_and_is_tried_again(
    tmp_path: Path, error: Exception
) -> None:
    write_checkpoint(tmp_path / "demo" / "washer" / "cae")
    errors = [error]

    def load(folder: Path) -> Channel:
        if errors:
            raise errors.pop()
        return make_channel(1, 2, 3)

    catalog = Catalog(tmp_path, [], loader=load, detectors=make_infos("cae"))
    panel = catalog.channels.load(catalog.product("demo/washer"), "cae")
    assert panel.status is Status.BROKEN
    reason = error.problem if isinstance(error, InspectionError) else str(error).split("\n")[0]
    assert (reason or type(error).__name__) in panel.problem
    assert "\n" not in panel.problem
    assert panel.fix
    assert catalog.channels.peek(catalog.product("demo/washer"), "cae") is panel, (
        "nothing is read only to show it"
    )
    assert catalog.channels.load(catalog.product("demo/washer"), "cae").status is Status.READY


def test_the_command_for_an_untrained_product_names_its_category_alone(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, (), loader=Loads(), detectors=make_infos("cae"))
    for name in ("drawn/a part", "a part"):
        with pytest.raises(CheckpointError, match=r'train --data DIR --category "a part"`'):
            catalog.find(name)


def test_a_checkpoint_that_a_killed_training_left_aside_is_brought_back(tmp_path: Path) -> None:
    product = tmp_path / "demo" / "washer"
    write_checkpoint(product / "cae.tmp-old")
    catalog = Catalog(tmp_path, [], loader=Loads(), detectors=make_infos("cae"))
    assert list(catalog.products) == ["demo/washer"]
    assert catalog.channels.load(catalog.product("demo/washer"), "cae").status is Status.READY
    (product / "cae").rename(product / "cae.tmp-old")
    assert catalog.channels.load(catalog.product("demo/washer"), "cae").status is Status.READY
    assert not (product / "cae.tmp-old").exists()


def test_a_training_between_its_two_renames_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = tmp_path / "demo" / "washer"
    write_checkpoint(product / "cae.tmp-old")
    write_checkpoint(product / "cae.tmp-x1")
    fresh = product / "cae.tmp-x1"
    monkeypatch.setattr("time.sleep", lambda _: fresh.rename(product / "cae"))
    catalog = Catalog(tmp_path, [], loader=Loads(), detectors=make_infos("cae"))
    assert catalog.checkpoints.trained(catalog.product("demo/washer")) == ("cae",)
    assert (product / "cae.tmp-old").exists()


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("metal_nut", "metal_nut"),
        ("metal nut", '"metal nut"'),
        ("nut & bolt", '"nut & bolt"'),
        ("Prüfteil", '"Prüfteil"'),
        ("$HOME", "'$HOME'"),
    ],
)
def test_the_command_of_a_missing_detector_can_be_pasted(
    tmp_path: Path, name: str, quoted: str
) -> None:
    write_checkpoint(tmp_path / "my data" / name / "cae")
    catalog = Catalog(tmp_path, [], loader=Loads(), detectors=make_infos("cae", "unet"))
    command = catalog.channels.peek(catalog.product(f"my data/{name}"), "unet").fix
    assert f" --category {quoted} --detector unet --checkpoints {tmp_path}" in command
    words = shlex.split(command)
    assert words[words.index("--category") + 1] == name


def test_the_command_for_a_folder_of_photographs_says_that_all_are_good(tmp_path: Path) -> None:
    photos = write_flat(tmp_path / "photos")
    catalog = Catalog(tmp_path / "ck", [photos], loader=Loads(), detectors=make_infos("cae"))
    (key,) = catalog.products
    assert "--detector cae --all-good" in catalog.channels.peek(catalog.product(key), "cae").fix


def test_the_commands_of_a_shared_page_name_no_folder_of_the_machine(
    tmp_path: Path, data: Path
) -> None:
    catalog = Catalog(tmp_path / "ck", [data], loader=Loads(), detectors=make_infos("cae"))
    assert str(tmp_path) in catalog.places.evaluate_command(catalog.product("parts/disc"))
    catalog.places.is_shared = True
    for command in (
        catalog.places.evaluate_command(catalog.product("parts/disc"), "cae"),
        catalog.channels.peek(catalog.product("parts/disc"), "cae").fix,
    ):
        assert str(tmp_path) not in command
        assert "--data DIR --category disc --detector cae --checkpoints DIR" in command


def test_a_demo_product_is_drawn_before_it_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    monkeypatch.setattr("inspection.products.places.CHECKPOINTS", tmp_path / "ck")
    monkeypatch.setattr("inspection.products.places.DEMO_DATA", data)
    monkeypatch.chdir(tmp_path)
    catalog = Catalog(tmp_path / "ck", [data], loader=Loads(), detectors=make_infos("cae"))
    assert catalog.channels.peek(catalog.product("parts/disc"), "cae").fix.splitlines() == [
        "python cli.py demo-data",
        "python cli.py train --data parts --category disc --detector cae",
    ]


def test_images_that_a_detector_learns_later_leave_the_strip(tmp_path: Path, data: Path) -> None:
    samples = read_dataset(data).samples
    test = [sample.id for sample in samples if sample.split is Split.TEST]
    seen = {test[0]: pixel_hash(read_image(data / test[0]))}
    product = tmp_path / "ck" / "parts" / "disc"
    catalog = Catalog(tmp_path / "ck", [data], loader=Loads(), detectors=make_infos("cae"))
    assert [sample.id for sample in catalog.samples.unseen(catalog.product("parts/disc"))] == test
    assert catalog.samples.unseen(catalog.product("parts/disc")) is catalog.samples.unseen(
        catalog.product("parts/disc")
    )
    write_checkpoint(product / "cae", seen=seen)
    assert [sample.id for sample in catalog.samples.unseen(catalog.product("parts/disc"))] == test[
        1:
    ]
    plan = make_split(samples)
    save_split(product, replace(plan, roles={**plan.roles, test[1]: Split.TRAIN}))
    assert [sample.id for sample in catalog.samples.unseen(catalog.product("parts/disc"))] == test[
        2:
    ]


def test_what_was_trained_or_put_into_a_dataset_meanwhile_is_found(
    tmp_path: Path, data: Path
) -> None:
    catalog = Catalog(tmp_path / "ck", [data], loader=Loads(), detectors=make_infos("cae"))
    before = catalog.samples.unseen(catalog.product("parts/disc"))
    write_checkpoint(tmp_path / "ck" / "demo" / "washer" / "cae")
    write_dataset(data, category="ring")
    spots = data / "disc" / "test" / "spot"
    shutil.copy(spots / "000.png", spots / "new.png")
    for folder in (data, spots):
        make_later(folder)
    catalog.refresh()
    assert list(catalog.products) == ["parts/disc", "parts/ring", "demo/washer"]
    assert catalog.checkpoints.trained(catalog.product("demo/washer")) == ("cae",)
    found = {sample.id for sample in catalog.samples.unseen(catalog.product("parts/disc"))}
    assert found - {sample.id for sample in before} == {"disc/test/spot/new.png"}


def test_products_of_a_dataset_that_cannot_be_read_any_more_stay(
    tmp_path: Path, data: Path
) -> None:
    catalog = Catalog(tmp_path / "ck", [data], loader=Loads(), detectors=make_infos("cae"))
    for image in data.rglob("*.png"):
        image.unlink()
        make_later(image.parent)
    catalog.refresh()
    assert list(catalog.products) == ["parts/disc"]
    with pytest.raises(DatasetError, match="no images"):
        catalog.samples.unseen(catalog.product("parts/disc"))


def test_a_folder_that_has_not_changed_is_listed_once(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = Catalog(tmp_path / "ck", [data], loader=Loads(), detectors=make_infos("cae"))
    sample = catalog.samples.unseen(catalog.product("parts/disc"))[0]
    learned = next(s for s in read_dataset(data).samples if s.split is Split.TRAIN)
    assert catalog.samples.find(catalog.product("parts/disc"), learned.id).id == learned.id
    fail = "inspection.datasets.cache.read_dataset"
    monkeypatch.setattr(fail, lambda *_, **__: pytest.fail("it was listed"))
    catalog.refresh()
    assert catalog.samples.find(catalog.product("parts/disc"), sample.id) is sample


def test_only_unseen_test_images_are_offered(tmp_path: Path, data: Path) -> None:
    samples = read_dataset(data).samples
    test = [sample.id for sample in samples if sample.split is Split.TEST]
    seen = {test[0]: pixel_hash(read_image(data / test[0]))}
    product = tmp_path / "ck" / "parts" / "disc"
    write_checkpoint(product / "cae", seen=seen, held_out={"c.png": "00"})
    save_split(product, make_split(samples))
    catalog = Catalog(tmp_path / "ck", [data], loader=Loads(), detectors=make_infos("cae"))
    assert [sample.id for sample in catalog.samples.unseen(catalog.product("parts/disc"))] == test[
        1:
    ]
    assert catalog.samples.find(catalog.product("parts/disc"), test[1]).id == test[1]
    with pytest.raises(DatasetError, match="no image"):
        catalog.samples.find(catalog.product("parts/disc"), "../../secret.png")
    assert read_seen(product / "cae") == {**seen, "c.png": "00"}


def test_a_product_that_names_an_opening_comes_first(tmp_path: Path) -> None:
    for name in ("bottle", "washer"):
        write_checkpoint(tmp_path / "demo" / name / "cae")
    opening = {"format": 1, "opens_with": "washer/test/dent/000.png"}
    (tmp_path / "demo" / "washer" / "product.json").write_text(json.dumps(opening))
    catalog = Catalog(tmp_path, [], loader=Loads(), detectors=make_infos("cae"))
    assert list(catalog.products) == ["demo/washer", "demo/bottle"]
    assert catalog.settings(catalog.product("demo/washer")).opening == "washer/test/dent/000.png"
    assert catalog.settings(catalog.product("demo/bottle")).opening is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}', "\x00"])
def test_a_damaged_file_of_one_product_is_reported_where_that_product_is_asked_for(
    tmp_path: Path, content: str
) -> None:
    for name in ("bottle", "washer"):
        write_checkpoint(tmp_path / "demo" / name / "cae")
    (tmp_path / "demo" / "bottle" / "product.json").write_text(content)
    catalog = Catalog(tmp_path, [], loader=Loads(), detectors=make_infos("cae"))
    assert sorted(catalog.products) == ["demo/bottle", "demo/washer"]
    assert catalog.settings(catalog.product("demo/washer")).opening is None
    assert catalog.settings(catalog.product("demo/washer")).rate() == 0.02
    with pytest.raises(CheckpointError, match=r"product\.json"):
        catalog.settings(catalog.product("demo/bottle"))


def test_a_product_has_its_own_rate_but_never_below_a_floor(tmp_path: Path) -> None:
    product = tmp_path / "demo" / "washer"
    write_checkpoint(product / "cae")
    catalog = Catalog(tmp_path, [], loader=Loads(), detectors=make_infos("cae"))
    many = make_calibration(*range(99))
    assert catalog.settings(catalog.product("demo/washer")).rate([many]) == 0.02
    save_product_rate(product, 0.05)
    assert catalog.settings(catalog.product("demo/washer")).rate([many]) == 0.05
    assert (
        catalog.settings(catalog.product("demo/washer")).rate([many, make_calibration(1, 2, 3)])
        == 0.25
    )
