"""What the Inspect tab makes of an image that does not look like its product."""

import base64
import itertools
import json
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from inspection.products.catalog import Catalog
from inspection.products.familiarity import FILE
from tests.doubles.detectors import DETECTORS, FakeEmbed
from tests.doubles.products import make_catalog, write_familiarity
from ui.inspect import tab as inspect_tab
from ui.inspect.first import describe_first_inspection
from ui.inspect.tab import Handlers, Source
from ui.parts.latest_request import LatestRequest

KEY = "drawn/part"
OTHER = "drawn/other"
NUMBERS = itertools.count(1)  # of requests
RED = np.full((96, 96, 3), (200, 20, 20), np.uint8)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """Two products of drawn parts; by their familiarity models, the second one is red."""
    made = make_catalog(tmp_path, categories=("part", "other"), embed=FakeEmbed())
    write_familiarity(made.product(KEY).folder)
    write_familiarity(made.product(OTHER).folder, RED)
    return made


@pytest.fixture
def handlers(catalog: Catalog) -> Handlers:
    return Handlers(catalog)


@pytest.fixture
def red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A visitor's own image, uploaded."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    path = tmp_path / "uploads" / "0a1b" / "red.png"
    path.parent.mkdir(parents=True)
    Image.fromarray(RED).save(path)
    return path.resolve()


def make_latest() -> LatestRequest:
    return LatestRequest({"request": ("clear", None, None)})


def answer(handlers: Handlers, latest: LatestRequest) -> dict[str, Any]:
    """Return what the page holds once a request is answered."""
    held: dict[str, Any] = {}
    for updates in latest.answer(handlers.show):
        held |= inspect_tab.prepare_updates(latest, updates)
    return held


def upload(handlers: Handlers, latest: LatestRequest, path: Path) -> dict[str, Any]:
    inspect_tab.upload(gr.EventData(None, {"upload": str(path)}), latest, next(NUMBERS), KEY)
    return answer(handlers, latest)


def pick(handlers: Handlers, latest: LatestRequest, product: str, sample: str) -> Any:
    """Click a sample and return the header."""
    inspect_tab.pick_sample(gr.EventData(None, {"sample": sample}), latest, next(NUMBERS), product)
    return answer(handlers, latest)["header"]


def press(
    handlers: Handlers, latest: LatestRequest, shown: dict[str, Any], product: str
) -> dict[str, Any]:
    """Press the button that inspects what is shown as a product."""
    asked = {"product": product, "owner": shown["product"], "sample": shown["sample"]}
    inspect_tab.inspect_again(gr.EventData(None, asked), latest, next(NUMBERS), shown["product"])
    return answer(handlers, latest)


def test_an_image_of_something_else_is_not_inspected(handlers: Handlers, red: Path) -> None:
    held = upload(handlers, make_latest(), red)
    assert held["header"]["state"] == "unfamiliar"
    found = held["header"]["unfamiliar"]
    assert (found["category"], found["alike"]) == ("part", {"key": OTHER, "name": "other"})
    assert found["reason"].startswith("As a whole it is too unlike the normal training images: ")
    assert {held[name]["state"] for name in DETECTORS} == {"skipped"}
    assert held["picture"]["image"], "the picture is shown all the same"


def test_it_is_inspected_as_the_product_that_it_looks_like(handlers: Handlers, red: Path) -> None:
    latest = make_latest()
    shown = upload(handlers, latest, red)["header"]
    held = press(handlers, latest, shown, OTHER)
    assert (held["product"][1], held["header"]["state"], held["header"]["note"]) == (
        OTHER,
        "done",
        "",
    )
    assert held["source"] == Source(red, held["header"]["run"])
    assert held["strip"]["product"] == OTHER


def test_it_is_inspected_anyway_and_the_note_stays(handlers: Handlers, red: Path) -> None:
    latest = make_latest()
    shown = upload(handlers, latest, red)["header"]
    held = press(handlers, latest, shown, KEY)
    assert held["header"]["state"] == "done"
    assert held["header"]["note"].startswith("This does not look like part. As a whole it is ")
    assert held["header"]["note"].endswith(f"It looks most like {OTHER}.")
    assert {held[name]["state"] for name in DETECTORS} == {"done"}
    assert press(handlers, latest, held["header"], KEY)["header"]["state"] == "done", "once more"
    inspect_tab.change_product(latest, next(NUMBERS), OTHER)
    held = answer(handlers, latest)
    assert (held["header"]["product"], held["header"]["note"]) == (OTHER, "")
    inspect_tab.change_product(latest, next(NUMBERS), KEY)
    assert answer(handlers, latest)["header"]["state"] == "unfamiliar", "it was wanted once"


def test_a_sample_can_be_inspected_as_another_product_or_anyway(
    handlers: Handlers, catalog: Catalog
) -> None:
    """The samples of the second product look like those of the first, not red."""
    sample = catalog.samples.unseen(catalog.product(OTHER))[0]
    latest = make_latest()
    shown = pick(handlers, latest, OTHER, sample.id)
    assert (shown["state"], shown["unfamiliar"]["alike"]["key"]) == ("unfamiliar", KEY)
    lent = press(handlers, latest, shown, KEY)
    assert (lent["header"]["product"], lent["header"]["sample"]) == (KEY, "")
    assert lent["header"]["state"] == "done"
    assert lent["source"].path == sample.image_path
    inspect_tab.change_product(latest, next(NUMBERS), OTHER)
    held = answer(handlers, latest)
    assert held["header"]["state"] == "unfamiliar", "the image stays"
    assert press(handlers, latest, held["header"], OTHER)["header"]["state"] == "done"
    shown = pick(handlers, latest, OTHER, sample.id)
    anyway = press(handlers, latest, shown, OTHER)["header"]
    assert (anyway["state"], anyway["sample"]) == ("done", sample.id)


def test_the_samples_of_a_product_are_inspected_without_a_word(
    handlers: Handlers, catalog: Catalog
) -> None:
    for sample in catalog.samples.unseen(catalog.product(KEY)):
        header = pick(handlers, make_latest(), KEY, sample.id)
        assert (header["state"], header["note"]) == ("done", "")


@pytest.mark.parametrize("product", [KEY, OTHER, "no/such", None, 7])
def test_a_request_about_nothing_is_answered_with_a_sentence(
    handlers: Handlers, product: Any
) -> None:
    for data in ({}, {"owner": KEY}, {"owner": OTHER, "sample": "../x.png"}, {"sample": 3}):
        latest = make_latest()
        asked = gr.EventData(None, {"product": product, **data})
        inspect_tab.inspect_again(asked, latest, 1, KEY)
        assert answer(handlers, latest)["header"]["state"] in {"error", "empty"}


def test_a_damaged_file_is_noted_without_a_folder_and_the_image_is_inspected(
    handlers: Handlers, catalog: Catalog, red: Path, tmp_path: Path
) -> None:
    catalog.places.is_shared = True
    (catalog.product(KEY).folder / FILE).write_bytes(b"no archive")
    header = upload(handlers, make_latest(), red)["header"]
    assert header["state"] == "done"
    assert "it cannot be checked whether an image shows part" in header["note"]
    assert str(tmp_path) not in header["note"]


def test_a_report_of_the_page_says_what_the_image_does_not_look_like(
    handlers: Handlers, red: Path
) -> None:
    request = {"format": "json", "rate": 0.02, "product": KEY, "sample": ""}
    made = handlers.reporter.make(request, red)
    (image,) = json.loads(base64.b64decode(made["content"]))["images"]
    assert image["note"].startswith("This does not look like part. ")
    assert image["familiarity"]["looks_like"] == OTHER
    assert len(image["findings"]) == 3


def test_the_first_inspection_says_it_too(catalog: Catalog) -> None:
    first, *_ = catalog.products
    for image, is_shown in ((None, False), (RED, True)):
        write_familiarity(catalog.product(first).folder, image)
        lines = list(describe_first_inspection(catalog))
        assert any("This does not look like" in line for line in lines) == is_shown
