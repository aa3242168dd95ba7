"""Reports from the page: of what the visitor looks at, and of nothing else."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inspection.images import read_image
from inspection.products.catalog import Catalog
from tests.doubles.detectors import inspect_with
from tests.doubles.page import to_json
from tests.doubles.parts import write_bad_files
from tests.doubles.products import make_catalog
from ui.inspect.report import Reporter

KEY = "drawn/part"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_catalog(tmp_path)


def request(sample: str = "", **changes: Any) -> dict[str, Any]:
    return {"format": "json", "rate": 0.1, "product": KEY, "sample": sample, **changes}


def facts(payload: dict[str, Any]) -> dict[str, Any]:
    to_json(payload)
    return dict(json.loads(base64.b64decode(payload["content"])))


def test_a_report_is_of_the_sample_at_the_rate_of_the_slider(catalog: Catalog) -> None:
    sample = catalog.samples.unseen(catalog.product(KEY))[0]
    payload = Reporter(catalog).make(request(sample.id), None)
    found = facts(payload)
    assert payload["name"] == f"{sample.id.removesuffix('.png').replace('/', '_')}_report.json"
    assert found["false_alarm_rate"] == 0.1
    assert found["images"][0]["truth"] == (sample.defect_type or "good")
    image = read_image(sample.image_path)
    for finding in found["images"][0]["findings"]:
        channel = catalog.channels.judging(catalog.product(KEY), finding["detector"])
        expected = inspect_with(channel, image, false_alarm_rate=0.1)
        assert finding["threshold"] == expected.threshold
        assert len(finding["regions"]) == len(expected.regions)


def test_name_and_remark_of_the_visitor_stand_in_the_report(catalog: Catalog) -> None:
    sample = catalog.samples.unseen(catalog.product(KEY))[0].id
    signed = {"author": " Анна ", "remark": "roll\n17"}
    found = facts(Reporter(catalog).make(request(sample, **signed), None))
    assert (found["inspected_by"], found["remark"]) == ("Анна", "roll 17")
    plain = facts(Reporter(catalog).make(request(sample, author=None), None))
    assert (plain["inspected_by"], plain["remark"]) == ("", "")


@pytest.mark.parametrize("kind", ["pdf", "html", "csv", "json"])
def test_every_format_arrives_as_a_file(catalog: Catalog, kind: str) -> None:
    payload = Reporter(catalog).make(
        request(catalog.samples.unseen(catalog.product(KEY))[0].id, format=kind), None
    )
    content = base64.b64decode(payload["content"])
    starts = {"pdf": b"%PDF", "html": b"<!doctype", "csv": b"\xef\xbb\xbfcreated", "json": b"{"}
    assert content.startswith(starts[kind])
    assert payload["name"].endswith(f"_report.{kind}")


def test_an_upload_is_reported_by_its_name_and_nothing_is_left_behind(
    catalog: Catalog, tmp_path: Path
) -> None:
    upload = tmp_path / "上传" / f"{'長い' * 60}.png"
    upload.parent.mkdir()
    pixels = np.full((70, 90, 3), 120, np.uint8)
    try:
        Image.fromarray(pixels).save(upload)
    except OSError:  # this file system ends at fewer letters
        upload = upload.with_name("長い.png")
        Image.fromarray(pixels).save(upload)
    before = sorted(tmp_path.rglob("*"))
    payload = Reporter(catalog).make(request(), upload)
    assert facts(payload)["images"][0]["image"] == upload.name
    assert len(payload["name"].encode()) < 130
    assert str(tmp_path) not in to_json(facts(payload))
    assert sorted(tmp_path.rglob("*")) == before


def test_each_report_has_a_higher_number(catalog: Catalog) -> None:
    reporter = Reporter(catalog)
    numbers = [reporter.make(request(format="none"), None)["number"] for _ in range(3)]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "exe"},
        {"format": None},
        {"product": "../etc"},
        {"product": ["drawn/part"]},
        {"rate": "0.1"},
        {"rate": 0.0},
        {"rate": float("nan")},
        {"rate": 1e-9},
        {"sample": "../../secret.png"},
        {"sample": ""},
        {"sample": 7},
        {"author": ["A. Weaver"]},
        {"remark": 7},
        {"author": "W" * 81},
        {"remark": "W" * 100_000},
    ],
)
def test_a_request_written_by_hand_gets_a_sentence(catalog: Catalog, wrong: dict[str, Any]) -> None:
    payload = Reporter(catalog).make(
        {**request(catalog.samples.unseen(catalog.product(KEY))[0].id), **wrong}, None
    )
    assert "content" not in payload
    assert len(payload["problem"]) > 30
    to_json(payload)


def test_an_upload_that_is_gone_or_damaged_gets_a_sentence(
    catalog: Catalog, tmp_path: Path
) -> None:
    for path in (tmp_path / "gone.png", *write_bad_files(tmp_path / "bad").values()):
        assert len(Reporter(catalog).make(request(), path)["problem"]) > 30


def test_a_detector_that_cannot_answer_is_named_and_the_others_are_reported(
    tmp_path: Path,
) -> None:
    catalog = make_catalog(tmp_path, trained=("unet", "patchcore"))
    sample = catalog.samples.unseen(catalog.product(KEY))[0].id
    (tmp_path / "checkpoints" / KEY / "unet" / "calibration.json").write_text("{")
    payload = Reporter(catalog).make(request(sample), None)
    (image,) = facts(payload)["images"]
    assert [one["detector"] for one in image["findings"]] == ["patchcore"]
    assert image["note"] == "U-Net could not answer and is left out.", "CAE is untrained"


def test_where_no_detector_answers_there_is_a_sentence_instead(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, trained=())
    payload = Reporter(catalog).make(
        request(catalog.samples.unseen(catalog.product(KEY))[0].id), None
    )
    assert "nothing to report" in payload["problem"]
