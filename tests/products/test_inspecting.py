"""Asking every detector of a product about an image, and what becomes of one that fails."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import cli
from inspection.detector import Channel
from inspection.errors import CheckpointError, InspectionError
from inspection.products import catalog as catalog_module
from inspection.products.catalog import Catalog
from inspection.products.inspecting import LoadedProduct, inspect_product, load_product
from inspection.products.product_file import read_settings, save_product_rate
from inspection.terminal import ROOMS
from inspection.types import RGBImage, Verdict
from tests.doubles.detectors import DETECTORS, FakeDetector, FakeEmbed, make_infos
from tests.doubles.parts import PICTURE_SIDE, draw_part
from tests.doubles.products import make_catalog, open_fake, write_familiarity
from ui.inspect.tab import Handlers

KEY = "drawn/part"


class Mistaken(FakeDetector):
    """A detector with a mistake in its program."""

    def predict(self, images: Any) -> Any:
        raise TypeError("unsupported operand")


def make_mistaken(folder: Path, *, device: str | None = None) -> Channel:
    """Load a fake, of which the U-Net is mistaken."""
    base = Mistaken if folder.name == "unet" else FakeDetector
    return open_fake(folder, base=base)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_catalog(tmp_path)


@pytest.fixture
def mistaken(catalog: Catalog, tmp_path: Path) -> Catalog:
    """The same products, of which the U-Net has a mistake in its program."""
    folders = catalog.datasets.by_name
    return Catalog(
        tmp_path / "checkpoints", folders, loader=make_mistaken, detectors=make_infos(*DETECTORS)
    )


@pytest.fixture
def image() -> RGBImage:
    return draw_part(5, defective=True, strength=115, side=PICTURE_SIDE)[0]


@pytest.fixture
def _restored_loggers() -> Iterator[None]:
    loggers = [logging.getLogger(room) for room in ROOMS]
    before = [(logger.handlers, logger.level) for logger in loggers]
    yield
    for logger, (handlers, level) in zip(loggers, before, strict=True):
        logger.handlers, logger.level = handlers, level


def test_every_detector_of_a_product_answers_by_the_products_own_rate(
    catalog: Catalog, image: RGBImage
) -> None:
    product = catalog.product(KEY)
    save_product_rate(product.folder, 0.05)
    found = inspect_product(load_product(catalog, product), image, source="part.png", note="So.")
    assert [finding.detector for finding in found.findings] == list(DETECTORS)
    for finding in found.findings:
        calibration = catalog.channels.judging(product, finding.detector).calibration
        assert finding.threshold == calibration.threshold(0.05)
        assert finding.verdict is Verdict.DEFECT
    assert (found.notes, found.silent) == (("So.",), {})


def test_one_that_is_named_and_missing_is_an_error_and_others_are_silent(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, trained=("cae", "unet"))
    product = catalog.product(KEY)
    with pytest.raises(CheckpointError, match="patchcore of drawn/part: Not trained yet"):
        load_product(catalog, product, ["patchcore"])
    (product.folder / "unet" / "calibration.json").write_text("{")
    loaded = load_product(catalog, product)
    assert loaded.detectors == ("cae",)
    assert "calibration.json" in str(loaded.silent["unet"])


def test_a_mistake_in_a_detector_is_a_sentence_for_visitors_and_a_traceback_in_the_log(
    mistaken: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    held: dict[str, Any] = {}
    for step in Handlers(mistaken).open_page(KEY):
        held |= step
    assert {name: held[name]["state"] for name in DETECTORS} == {
        "cae": "done",
        "unet": "broken",
        "patchcore": "done",
    }
    assert held["unet"]["problem"] == "It stopped while working (unsupported operand)."
    (record,) = caplog.records
    assert record.name == "inspection.products.panels"
    assert record.exc_info is not None
    assert record.exc_info[0] is TypeError
    assert "in predict" in caplog.text, "the place of the mistake"


def test_a_report_leaves_out_who_is_mistaken_and_says_so(
    mistaken: Catalog, image: RGBImage
) -> None:
    found = inspect_product(load_product(mistaken, mistaken.product(KEY)), image)
    assert [finding.detector for finding in found.findings] == ["cae", "patchcore"]
    assert found.notes == ("U-Net could not answer and is left out.",)
    assert "unsupported operand" in found.silent["unet"].problem


def test_one_whose_checkpoint_is_taken_away_meanwhile_is_named(
    catalog: Catalog, image: RGBImage
) -> None:
    loaded = load_product(catalog, catalog.product(KEY))
    shutil.rmtree(loaded.product.folder / "unet")
    found = inspect_product(loaded, image)
    assert [finding.detector for finding in found.findings] == ["cae", "patchcore"]
    assert found.notes == ("U-Net could not answer and is left out.",)
    assert found.silent["unet"].problem == "Not trained yet."


@pytest.mark.usefixtures("_restored_loggers")
@pytest.mark.parametrize("command", ["inspect", "report"])
def test_a_command_goes_on_without_a_mistaken_detector_and_tells_its_traceback_if_asked(
    catalog: Catalog,
    tmp_path: Path,
    image: RGBImage,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("detectors.workflow.load_channel", make_mistaken)
    Image.fromarray(image).save(tmp_path / "part.png")
    words = [command, str(tmp_path / "part.png"), "--category", catalog.product(KEY).category]
    words += ["--checkpoints", str(tmp_path / "checkpoints"), "--out", str(tmp_path / "out")]
    said = CliRunner().invoke(cli.app, words)
    assert said.exit_code == 0, said.output
    assert "part.png: unet: It stopped while working (unsupported operand)." in said.stderr
    assert "part.png: Defect found (cae " in said.stdout
    assert "Traceback" not in said.output
    assert "TypeError: unsupported" in CliRunner().invoke(cli.app, ["--verbose", *words]).stderr
    alone = CliRunner().invoke(cli.app, [*words, "--detector", "unet"])
    assert alone.exit_code == 2, "nobody has looked at the image"


def test_a_check_of_familiarity_that_fails_is_noted(
    catalog: Catalog, image: RGBImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no numbers")

    monkeypatch.setattr(catalog.familiarity, "check", fail)
    found = inspect_product(load_product(catalog, catalog.product(KEY)), image)
    assert len(found.findings) == len(DETECTORS)
    assert found.familiarity is None
    assert found.notes[0].startswith(
        "The comparison with images of part stopped while working (no "
    )


def test_what_a_product_has_decided_is_read_once_until_it_is_written_again(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []

    def count(folder: Path) -> object:
        reads.append(folder)
        return read_settings(folder)

    monkeypatch.setattr(catalog_module, "read_settings", count)
    handlers, product = Handlers(catalog), catalog.product(KEY)
    list(handlers.open_page(KEY))
    assert len(reads) <= 1
    reads.clear()
    save_product_rate(product.folder, 0.05)
    (header,) = [one["header"] for one in handlers.open_page(KEY) if "header" in one][-1:]
    assert header["wanted"] == 0.05
    assert len(reads) == 1
    list(handlers.pick_sample(KEY, catalog.samples.unseen(product)[0].id))
    assert len(reads) == 1


def test_the_page_leaves_thresholds_and_regions_to_the_browser(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(*_: object, **__: object) -> None:
        raise AssertionError("judged in Python")

    monkeypatch.setattr("inspection.pipeline.judge", judge)
    (header,) = [one["header"] for one in Handlers(catalog).open_page(KEY) if "header" in one][-1:]
    assert header["state"] == "done"


def test_an_inspection_prints_as_a_sentence(catalog: Catalog, image: RGBImage) -> None:
    loaded = LoadedProduct(catalog, catalog.product(KEY), ("cae",))
    found = inspect_product(loaded, image, source="part.png")
    assert repr(found).startswith("<Inspection of part.png, 96 x 96: cae defect ")
    for record in (found, *found.findings, catalog.channels.judging(loaded.product, "cae")):
        assert len(repr(record)) < 500, "no pixels"
    silent = inspect_product(
        LoadedProduct(catalog, loaded.product, (), {"unet": InspectionError("No.", "Do.")}), image
    )
    assert repr(silent) == "<Inspection of an image, 96 x 96: unet silent>"


def test_an_unfamiliar_image_is_inspected_only_if_it_is_wanted(
    tmp_path: Path, image: RGBImage
) -> None:
    catalog = make_catalog(tmp_path, embed=FakeEmbed())
    write_familiarity(catalog.product(KEY).folder)
    red = np.full_like(image, (200, 20, 20))
    loaded = load_product(catalog, catalog.product(KEY))
    left_out = inspect_product(loaded, red)
    assert left_out.findings == ()
    assert left_out.notes[0].startswith("This does not look like part. ")
    assert "not inspected" in repr(left_out)
    assert len(inspect_product(loaded, red, is_wanted=True).findings) == len(DETECTORS)
