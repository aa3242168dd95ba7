"""A dataset without a good image: what cannot learn is hidden, and a classifier only names."""

import base64
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import cli
from inspection.calibration import no_calibration
from inspection.detector import Channel
from inspection.errors import CheckpointError
from inspection.findings import Naming
from inspection.pipeline import inspect_image
from inspection.products.catalog import Catalog
from inspection.products.panels import Status
from inspection.reports.blocks import Bars, Lead, TableBlock
from inspection.reports.content import lay_out
from inspection.reports.records import Report
from inspection.types import Calibration, Outline, Prediction, RGBImage
from tests.browser import DESKTOP, find_browser, picture, serving
from tests.doubles.detectors import DETECTORS, FakeDetector, make_infos
from tests.doubles.layouts import write_neu
from tests.doubles.page import merge, to_json
from tests.doubles.parts import PICTURE_SIDE, draw_part
from tests.doubles.products import make_catalog, write_checkpoint
from ui.explore import tab as explore_tab
from ui.explore.choices import ALL
from ui.inspect.first import describe_first_inspection
from ui.inspect.report import Reporter
from ui.inspect.tab import Handlers

KEY = "steel/steel"
CLASSES = {"p_crazing": 0.93, "p_rolled-in_scale": 0.07}
SAID = "the classifier takes it for crazing (93 %)"
COMMAND = "python cli.py train --data DIR --detector classifier"


class Namer(FakeDetector):
    """Takes everything for crazing, because of what is bright."""

    name = "classifier"

    def __init__(self) -> None:
        super().__init__("cae")

    def _predict(self, image: RGBImage) -> Prediction:
        seen = super()._predict(image).anomaly_map
        return Prediction(seen / max(float(seen.max()), 1e-6), CLASSES)


def write_namer(folder: Path) -> Path:
    """Write what the catalogue reads of a classifier that has never seen a good part."""
    write_checkpoint(folder, num_normal=0, outline=Outline(0.5))
    return folder


def load(_: Path, **__: object) -> Channel:
    return Channel(Namer(), no_calibration(Outline(0.5)))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_neu(tmp_path / "steel")
    return tmp_path


@pytest.fixture
def catalog(root: Path) -> Catalog:
    write_namer(root / "checkpoints" / "steel" / "steel" / "classifier")
    return open_catalog(root)


def open_catalog(root: Path) -> Catalog:
    return Catalog(
        root / "checkpoints",
        [root / "steel"],
        loader=load,
        detectors=make_infos(*DETECTORS, "classifier"),
    )


def test_what_needs_good_images_is_hidden_and_the_classifier_is_offered(root: Path) -> None:
    catalog = open_catalog(root)
    panels = {name: catalog.channels.peek(catalog.product(KEY), name) for name in catalog.detectors}
    assert {panels[name].status for name in DETECTORS} == {Status.UNABLE}
    assert not any(panels[name].fix for name in DETECTORS), "no command that would fail"
    assert panels["classifier"].status is Status.MISSING
    assert "--detector classifier" in panels["classifier"].fix
    note = merge(Handlers(catalog).open_page(KEY))["header"]["note"]
    assert note.startswith("There are no good training images: CAE, U-Net and PatchCore")
    assert note.endswith("The classifier can learn to name the defects.")


def test_with_good_images_everything_is_as_ever(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, trained=())
    assert {
        catalog.channels.peek(catalog.product("drawn/part"), name).status for name in DETECTORS
    } == {Status.MISSING}
    assert merge(Handlers(catalog).open_page("drawn/part"))["header"]["note"] == ""


def test_the_answer_of_the_classifier_stands_on_the_page_without_a_verdict(
    catalog: Catalog,
) -> None:
    held = merge(Handlers(catalog).open_page(KEY))
    to_json({name: value for name, value in held.items() if name != "source"})
    named = held["classifier"]
    assert named["state"] == "named"
    assert named["said"] == SAID
    assert [one["label"] for one in named["classes"]] == ["crazing", "rolled-in scale"]
    sent = np.frombuffer(base64.b64decode(named["map"]), "<f4")
    assert (sent.max(), named["middle"]) == (1.0, 0.5)
    assert {held[name]["state"] for name in DETECTORS} == {"unable"}
    assert held["header"]["rate"] == 0.02, "the missing good parts raise no rate"
    assert "can learn to name" not in held["header"]["note"], "it has learned"


def test_the_terminal_says_what_the_classifier_takes_the_first_image_for(catalog: Catalog) -> None:
    _, *lines = describe_first_inspection(catalog)
    assert lines == [f"  Classifier No good part was ever seen; {SAID}."]


def test_who_needs_a_verdict_is_told_that_there_is_none(catalog: Catalog) -> None:
    assert (
        catalog.channels.answering(catalog.product(KEY), "classifier").calibration.num_normal == 0
    )
    with pytest.raises(CheckpointError, match="learned from defects alone"):
        catalog.channels.judging(catalog.product(KEY), "classifier")


def test_judges_and_namers_answer_together_at_the_rate_of_the_judges() -> None:
    image = draw_part(1, defective=True, strength=102, side=PICTURE_SIDE)[0]
    judge = Channel(FakeDetector("cae"), Calibration(np.full(99, 1e-4, np.float32), ("part",) * 99))
    found = inspect_image(image, {"cae": judge, "classifier": load(Path())})
    assert [one.detector for one in found.findings] == ["brightness"]
    assert [one.detector for one in found.namings] == ["classifier"]
    assert isinstance(found.namings[0], Naming)


def test_a_report_names_the_defect_and_gives_no_verdict(catalog: Catalog) -> None:
    sample = catalog.samples.unseen(catalog.product(KEY))[0].id
    request = {"format": "json", "rate": 0.02, "product": KEY, "sample": sample}
    payload = Reporter(catalog).make(request, None)
    found = json.loads(base64.b64decode(payload["content"]))["images"][0]
    assert (found["outcome"], found["findings"]) == ("named", [])
    assert found["namings"][0]["class_probabilities"] == {"crazing": 0.93, "rolled-in_scale": 0.07}
    for kind, start in (("pdf", b"%PDF"), ("html", b"<!doctype"), ("csv", b"\xef\xbb\xbf")):
        made = Reporter(catalog).make({**request, "format": kind}, None)
        assert base64.b64decode(made["content"]).startswith(start)


def test_the_pages_of_a_report_say_why_there_is_no_verdict(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Report] = []

    def keep(report: Report) -> bytes:
        kept.append(report)
        return b""

    monkeypatch.setattr("inspection.reports.html.make_html", keep)
    sample = catalog.samples.unseen(catalog.product(KEY))[0].id
    request = {"format": "html", "rate": 0.02, "product": KEY, "sample": sample}
    Reporter(catalog).make(request, None)
    blocks = list(lay_out(kept[0]))
    (lead,) = (block for block in blocks if isinstance(block, Lead))
    assert lead.title == "No verdict"
    assert lead.text == f"No good part was ever seen; {SAID}."
    assert "Allowed" not in dict(lead.facts)
    (bars,) = (block for block in blocks if isinstance(block, Bars))
    assert bars.bars == [("crazing", 0.93), ("rolled-in scale", 0.07)]
    assert all("Verdict" not in block.columns for block in blocks if isinstance(block, TableBlock))


def test_the_command_writes_what_the_classifier_takes_each_image_for(
    root: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.workflow.load_channel", load)
    image = root / "steel" / "IMAGES" / "crazing_1.jpg"
    places = ["--out", str(root / "out"), "--checkpoints", str(root / "checkpoints")]
    result = CliRunner().invoke(cli.app, ["inspect", str(image), "--category", "steel", *places])
    assert result.exit_code == 0
    assert f"crazing_1.jpg: No verdict: {SAID}" in result.output
    with (root / "out" / "inspection.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    shown = (row["outcome"], row["verdict"], row["class"], float(row["probability"]))
    assert shown == ("named", "", "crazing", 0.93)
    assert (root / "out" / row["overlay"]).is_file()


def test_explore_says_what_such_a_dataset_is_good_for(
    root: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFECT_LENS_CACHE", str(root / "cache"))
    first = (*["any"] * 4, "class", *["any"] * 5)  # of every filter of the views
    view = ("overview", "steel", ALL, ALL, *first, 0)
    (*_, last) = explore_tab.Handlers(catalog).show(*view)
    first = last["health"]["findings"][0]
    assert first["severity"] == "problem"
    assert first["text"] == (
        "There is no good image to learn from: CAE, U-Net and PatchCore cannot be trained, and no "
        "rate of false alarms can be promised."
    )
    assert first["advice"].endswith(f"The classifier can learn to name the defects: `{COMMAND}`.")


@pytest.mark.browser
@pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed")
def test_the_page_shows_the_named_defect_and_hides_what_cannot_work(
    browser: Any, catalog: Catalog
) -> None:
    complaints: list[str] = []
    with serving(catalog) as address, browser.new_page(viewport=DESKTOP) as page:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        page.wait_for_selector('.dl-panel[data-state="named"]', timeout=60_000)
        panels = page.locator(".dl-panel:visible")
        assert panels.locator("h2").all_inner_texts() == ["Classifier"]
        assert panels.locator(".dl-badge").inner_text() == "No verdict"
        assert page.locator('.dl [data-part="title"]').first.inner_text() == "No verdict"
        words = f"No good part was ever seen; {SAID}."
        assert page.locator('.dl [data-part="sub"]').first.inner_text() == words
        assert "crazing\n93 %" in panels.locator(".dl-classes").inner_text()
        assert not page.locator(".dl-rule").is_visible()
        assert page.locator('[data-format="pdf"]').is_enabled()
        shown = [picture(page, "classifier")]
        for mode in ("Heatmap", "Original"):
            page.get_by_role("button", name=mode, exact=True).click()
            shown.append(picture(page, "classifier"))
        assert len(set(shown)) == 3
        assert complaints == []
