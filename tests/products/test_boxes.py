"""Boxes with kinds on their whole way: inspection, reports, page, evaluation and its results."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commands.box_text import describe_boxes
from commands.evaluate import describe_evaluation
from inspection.boxes import KindBox
from inspection.calibration import no_calibration
from inspection.datasets.dataset import read_dataset
from inspection.detector import Channel
from inspection.errors import DatasetError
from inspection.evaluation.box_evaluation import BOXES, TABLE, load_boxes, measure_boxes
from inspection.evaluation.boxes import BoxedImage
from inspection.evaluation.service import EvaluationOptions, evaluate_product
from inspection.findings import Inspection
from inspection.images import read_image
from inspection.pipeline import inspect_image, predict_one
from inspection.products.catalog import Catalog
from inspection.products.identity import DetectorIdentity, Identity
from inspection.reports.blocks import TableBlock
from inspection.reports.content import lay_out
from inspection.reports.csv import make_csv
from inspection.reports.html import make_html
from inspection.reports.json import make_json
from inspection.reports.pdf import make_pdf
from inspection.reports.records import Report, make_item, write_overlays
from inspection.types import AT_THRESHOLD, Prediction, RGBImage
from tests.browser import DESKTOP, find_browser, picture, serving
from tests.doubles.detectors import DETECTORS, FakeDetector, make_calibration, make_infos
from tests.doubles.page import to_json
from tests.doubles.parts import DEFECT, SIDE, draw_part
from tests.doubles.products import open_fake, write_checkpoint, write_product
from ui.results.tab import Handlers
from ui.viewer.payload import Subject, panel_named, panel_result

KEY = "drawn/part"
IMAGE = draw_part(7, defective=True, side=2 * SIDE)[0]
SURE_FROM = 190  # grey level that scratches have, and dents have not


class Boxer(FakeDetector):
    """Takes what is bright where defects are drawn for a scratch, and doubts another place."""

    name = "boxes"

    def _predict(self, image: RGBImage) -> Prediction:
        seen = super()._predict(image)
        score = 0.9 if image[DEFECT].mean() > SURE_FROM else 0.4
        rows, columns = DEFECT
        place = (float(columns.start), float(rows.start), float(columns.stop), float(rows.stop))
        level = float(seen.anomaly_map[DEFECT].max())
        found = KindBox(place, "scratch", score, level)
        doubtful = KindBox((2.0, 2.0, 9.0, 9.0), "dent", 0.2, level / 4)
        return replace(seen, boxes=(found, doubtful))


def make_judge() -> Channel:
    scores = [float(draw_part(seed)[0].mean(axis=2).max()) for seed in range(50, 80)]
    return Channel(Boxer(), make_calibration(*scores))


def make_namer() -> Channel:
    return Channel(Boxer(), no_calibration(AT_THRESHOLD))


CHANNELS = pytest.mark.parametrize("channel", [make_judge(), make_namer()], ids=["judge", "namer"])


def test_the_boxes_of_a_finding_are_above_its_threshold_and_in_pixels_of_the_image() -> None:
    (finding,) = inspect_image(IMAGE, {"boxes": make_judge()}).findings
    (box,) = finding.boxes
    assert box.edges == (60.0, 40.0, 92.0, 72.0), "the image is twice as large as the map"
    assert (box.kind, box.score) == ("scratch", 0.9)
    assert box.level > finding.threshold
    (good,) = inspect_image(draw_part(8)[0], {"boxes": make_judge()}).findings
    assert good.boxes == ()


def test_without_a_threshold_those_are_shown_that_are_surer_than_not() -> None:
    (naming,) = inspect_image(IMAGE, {"boxes": make_namer()}).namings
    assert [box.score for box in naming.boxes] == [0.9]


def make_report(inspection: Inspection) -> Report:
    detector = DetectorIdentity("boxes", "Box detector", "", "", 0, {}, 0, "")
    identity = Identity("drawn", "part", "", (detector,))
    return Report(datetime(2026, 11, 28, tzinfo=UTC), 0.05, identity, (make_item(inspection),))


@CHANNELS
def test_reports_list_boxes(channel: Channel) -> None:
    report = make_report(inspect_image(IMAGE, {"boxes": channel}, source="part.png"))
    blocks = [one for one in lay_out(report) if isinstance(one, TableBlock)]
    (table,) = (one for one in blocks if "Kind" in one.columns)
    assert [list(row) for row in table.rows] == [["1", "scratch", "90 %", "60, 40", "32 × 32"]]
    (image,) = json.loads(make_json(report))["images"]
    (answer,) = image["findings"] or image["namings"]
    assert answer["boxes"] == [
        {"kind": "scratch", "score": 0.9, "left": 60, "top": 40, "width": 32, "height": 32}
    ]
    rows = list(csv.DictReader(make_csv(report).decode("utf-8-sig").splitlines()))
    (row,) = (row for row in rows if row["box"])
    assert (row["kind"], float(row["left"]), float(row["width"])) == ("scratch", 60, 32)
    assert len(rows) == 2, "and one line for the detector or its region"
    assert "scratch" in make_html(report).decode()
    assert make_pdf(report).startswith(b"%PDF")


@CHANNELS
def test_overlays_show_boxes(channel: Channel, tmp_path: Path) -> None:
    inspection = inspect_image(IMAGE, {"boxes": channel}, source="part.png")
    bare = replace(
        inspection,
        findings=tuple(replace(one, boxes=()) for one in inspection.findings),
        namings=tuple(replace(one, boxes=()) for one in inspection.namings),
    )
    for number, one in enumerate((inspection, bare)):
        write_overlays(one, tmp_path, number=number)
    first, second = (read_image(path) for path in sorted(tmp_path.iterdir()))
    rows, columns = np.nonzero((first != second).any(axis=2))
    assert columns.min() >= 58
    assert rows.max() <= 73


def test_the_page_gets_every_box_with_a_threshold_and_the_sure_ones_without() -> None:
    sent = panel_result(Subject(1, KEY), predict_one(make_judge(), IMAGE))
    to_json(sent)
    assert [one["kind"] for one in sent["boxes"]] == ["scratch", "dent"]
    (left, top, right, bottom) = (sent["boxes"][0][e] for e in ("left", "top", "right", "bottom"))
    assert (left, top, right, bottom) == (30 / SIDE, 20 / SIDE, 46 / SIDE, 36 / SIDE)
    named = panel_named(Subject(1, KEY), predict_one(make_namer(), IMAGE), "Box detector")
    assert [one["score"] for one in named["boxes"]] == [0.9]


def test_the_terminal_names_boxes_and_says_how_many_more_there_are() -> None:
    box = KindBox((60, 40, 92, 72), "scratch", 0.9)
    assert list(describe_boxes((box,))) == ["scratch 90 %, 32 x 32 pixels at 60, 40"]
    assert list(describe_boxes((box,) * 10))[-1] == "and 2 more"


def open_catalog(root: Path, *, num_normal: int = 100) -> Catalog:
    write_product(root / "data" / "drawn")
    write_checkpoint(root / "checkpoints" / "drawn" / "part" / "boxes", num_normal=num_normal)

    def load(folder: Path) -> Channel:
        return open_fake(folder, base=Boxer)

    return Catalog(
        root / "checkpoints",
        [root / "data" / "drawn"],
        loader=load,
        detectors=make_infos(*DETECTORS, "boxes"),
    )


def evaluate(catalog: Catalog) -> Any:
    product = catalog.product(KEY)
    source = read_dataset(product.folder.parents[2] / "data" / "drawn")
    return evaluate_product(catalog, product, source, EvaluationOptions())


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return open_catalog(tmp_path)


def test_evaluation_measures_boxes_and_keeps_them(catalog: Catalog) -> None:
    found = evaluate(catalog)
    (boxes,) = found.boxes
    assert (boxes.num_images, boxes.num_unmarked, boxes.left_out) == (10, 0, ())
    dent, scratch = boxes.kinds
    assert (dent.kind, dent.num_marked, dent.ap_50.value) == ("dent", 3, 0.0)
    assert (scratch.kind, scratch.num_marked, scratch.num_right) == ("scratch", 3, 3)
    assert scratch.num_wrong == 0, "what is no scratch is doubtful"
    assert scratch.ap.value == scratch.ap_50.value == 1.0
    assert (boxes.mean.ap_50.value, boxes.mean.num_marked) == (0.5, 6)
    folder = catalog.product(KEY).folder / "boxes"
    assert load_boxes(folder) == boxes
    with (folder / TABLE).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows] == ["dent", "scratch", "mean"]
    assert float(rows[2]["AP 50"]) == 0.5
    lines = list(describe_evaluation(found))
    assert any("boxes on 10 test images: mAP 50 0.500" in line for line in lines)


def test_what_is_true_still_is_read_and_what_is_not_is_measured_anew(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = evaluate(catalog).boxes
    with monkeypatch.context() as patch:
        patch.setattr(Boxer, "_predict", lambda *_: 1 / 0)
        assert evaluate(catalog).boxes == first
    (sample, *_) = (one for one in catalog.samples.unseen(catalog.product(KEY)) if one.mask_paths)
    sample.mask_paths[0].write_bytes(sample.mask_paths[0].read_bytes() + b" ")
    monkeypatch.setattr(Boxer, "_predict", FakeDetector._predict)
    (second,) = evaluate(catalog).boxes
    assert second.mean.ap_50.value == 0.0, "there are no boxes any more"


def test_the_results_have_a_view_of_boxes_where_there_are_some(catalog: Catalog) -> None:
    updates, *_ = Handlers(catalog).show("boxes", "drawn", "part")
    assert not updates["tab-boxes"]
    evaluate(catalog)
    updates, *_ = Handlers(catalog).show("boxes", "drawn", "part")
    assert updates["tab-boxes"]
    table = updates["box-precision"]
    assert [row[:2] for row in table["rows"]] == [
        ["Box detector", "dent"],
        ["Box detector", "scratch"],
        ["Box detector", "mean"],
    ]
    (catalog.product(KEY).folder / "boxes" / BOXES).write_text("{}")
    updates, *_ = Handlers(catalog).show("boxes", "drawn", "part")
    assert not updates["tab-boxes"]


def test_without_marked_defects_there_is_nothing_to_measure(
    catalog: Catalog, tmp_path: Path
) -> None:
    for path in (tmp_path / "data" / "drawn" / "part" / "ground_truth").rglob("*.png"):
        path.unlink()
    with pytest.raises(DatasetError, match="no test image with marked defects"):
        evaluate(catalog)


def test_an_interval_holds_its_value_and_a_kind_without_marks_has_none() -> None:
    box = KindBox((0, 0, 10, 10), "a", 0.9)
    far = replace(box, edges=(50, 50, 60, 60))
    images = [BoxedImage((box,), (box,), str(n)) for n in range(6)]
    images += [BoxedImage((far, replace(box, kind="b")), (box,), str(n)) for n in range(6, 12)]
    (a, b), mean = measure_boxes(images, seed=0)
    assert a.ap_50.value is not None
    assert a.ap_50.low is not None
    assert a.ap_50.high is not None
    assert a.ap_50.low < a.ap_50.value < a.ap_50.high
    assert (b.ap_50.value, b.num_marked, b.num_wrong) == (None, 0, 6)
    assert b.ap_50.reason
    assert mean.ap_50 == a.ap_50, "the mean is of kinds that are marked"


@pytest.mark.browser
@pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed")
def test_the_viewer_draws_boxes_and_takes_them_away(browser: Any, catalog: Catalog) -> None:
    complaints: list[str] = []
    with serving(catalog) as address, browser.new_page(viewport=DESKTOP) as page:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        page.wait_for_selector(
            '.dl-panel[data-detector="boxes"][data-state="done"]', timeout=60_000
        )
        panel = page.locator('.dl-panel[data-detector="boxes"]')
        words = panel.locator('[data-part="facts"]').inner_text()
        assert "Kinds of defects" in words
        assert "scratch" in words
        shown = [picture(page, "boxes")]
        page.get_by_label("Kinds of defects").uncheck()
        shown.append(picture(page, "boxes"))
        assert shown[0] != shown[1]
        assert complaints == []
