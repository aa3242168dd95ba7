"""Products, their panels and their samples, with loading handed in."""

import json
import os
from pathlib import Path

import pytest

from inspection.calibration import save_calibration, save_product_rate
from inspection.catalog import Catalog, Status, read_seen
from inspection.dataset import read_dataset
from inspection.errors import CheckpointError, DatasetError
from inspection.splits import make_split, save_split
from inspection.types import Channel, Split
from tests.factories import make_calibration, make_channel, write_dataset


def write_checkpoint(folder: Path, *, seen: dict[str, str] | None = None) -> None:
    folder.mkdir(parents=True)
    card = {"format": 1, "training": {"seen": seen or {}}}
    (folder / "detector.json").write_text(json.dumps(card), encoding="utf-8")
    save_calibration(folder, make_calibration(1, 2, 3), {"c.png": "00"})


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
    catalog = Catalog(tmp_path / "ck", [data], loader=Loads(), detectors=("cae", "unet"))
    assert sorted(catalog.products) == ["demo/washer", "parts/disc"]
    with pytest.raises(DatasetError, match="demo/washer, parts/disc"):
        catalog.product("demo/spoon")


def test_a_detector_is_loaded_once_and_again_when_it_was_trained_anew(tmp_path: Path) -> None:
    folder = tmp_path / "demo" / "washer" / "cae"
    write_checkpoint(folder)
    loads = Loads()
    catalog = Catalog(tmp_path, [], loader=loads, detectors=("cae", "unet"))
    assert catalog.peek("demo/washer", "cae").status is Status.LOADING
    first = catalog.load("demo/washer", "cae")
    assert first.status is Status.READY
    assert catalog.load("demo/washer", "cae") is first
    assert catalog.peek("demo/washer", "cae") is first
    os.utime(folder / "detector.json", (1, 1))
    assert catalog.load("demo/washer", "cae") is not first
    assert len(loads.folders) == 2


def test_a_missing_detector_names_its_command_and_a_broken_one_its_remedy(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "demo" / "washer" / "cae")
    loads = Loads()
    loads.is_broken = True
    catalog = Catalog(tmp_path, [], loader=loads, detectors=("cae", "unet"))
    missing = catalog.load("demo/washer", "unet")
    assert missing.status is Status.MISSING
    assert "--category washer --detector unet" in missing.fix
    broken = catalog.load("demo/washer", "cae")
    assert (broken.status, broken.problem, broken.fix) == (
        Status.BROKEN,
        "It is broken.",
        "Mend it.",
    )


def test_only_unseen_test_images_are_offered(tmp_path: Path, data: Path) -> None:
    samples = read_dataset(data).samples
    test = [sample.id for sample in samples if sample.split is Split.TEST]
    product = tmp_path / "ck" / "parts" / "disc"
    write_checkpoint(product / "cae", seen={test[0]: "00"})
    save_split(product, make_split(samples))
    catalog = Catalog(tmp_path / "ck", [data], loader=Loads(), detectors=("cae",))
    assert [sample.id for sample in catalog.samples("parts/disc")] == test[1:]
    assert catalog.sample("parts/disc", test[1]).id == test[1]
    for stranger in (test[0], "../../secret.png"):
        with pytest.raises(DatasetError, match="no sample"):
            catalog.sample("parts/disc", stranger)
    assert read_seen(product / "cae") == {test[0]: "00", "c.png": "00"}


def test_a_product_has_its_own_rate_but_never_below_a_floor(tmp_path: Path) -> None:
    product = tmp_path / "demo" / "washer"
    write_checkpoint(product / "cae")
    catalog = Catalog(tmp_path, [], loader=Loads(), detectors=("cae",))
    many = make_calibration(*range(99))
    assert catalog.rate("demo/washer", [many]) == 0.02
    save_product_rate(product, 0.05)
    assert catalog.rate("demo/washer", [many]) == 0.05
    assert catalog.rate("demo/washer", [many, make_calibration(1, 2, 3)]) == 0.25
