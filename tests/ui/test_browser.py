"""The page in a real headless browser, with fakes in place of the detectors."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inspection.images import read_image
from inspection.names import describe_standing
from inspection.products.catalog import Catalog
from inspection.products.familiarity import FILE as FAMILIARITY
from tests.browser import (
    DESKTOP,
    PHONE,
    choose_product,
    find_browser,
    move_slider,
    open_page,
    panel,
    part,
    pick,
    region_rows,
    reload,
    text,
    wait_for,
)
from tests.doubles.detectors import DETECTORS, inspect_with
from tests.doubles.parts import write_bad_files
from tests.doubles.products import write_familiarity

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed"),
]
KEY = "drawn/part"
COPY_WHITE_IMAGE = """async () => {
  const canvas = new OffscreenCanvas(64, 64);
  const context = canvas.getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, 64, 64);
  const type = 'image/png';
  const image = await canvas.convertToBlob({ type });
  await navigator.clipboard.write([new ClipboardItem({ [type]: image })]);
}"""


def bad_file(root: Path, kind: str) -> Path:
    return write_bad_files(root / "bad")[kind]


def axis_row(page: Any, detector: str) -> Any:
    """Return the row of a detector on the axis."""
    return page.locator(f'.dl-axis-row[data-detector="{detector}"]')


def place_of_threshold(page: Any, detector: str) -> float:
    """Return where its threshold lies on the axis, in per cent."""
    bar = axis_row(page, detector).locator(".dl-axis-threshold")
    return float(bar.evaluate("bar => parseFloat(bar.style.left)"))


def test_the_page_opens_with_a_defect_that_all_three_have_looked_at(page: Any) -> None:
    assert text(page, "title") in ("Defect found", "Models disagree")
    for detector in DETECTORS:
        assert panel(page, detector).get_attribute("data-state") == "done"
        assert "100 good parts" in axis_row(page, detector).inner_text()
    assert page.locator('.strip button[aria-pressed="true"]').count() == 1


def test_the_joint_verdict_decides_and_the_votes_are_told(page: Any) -> None:
    pick(page, "dent")
    assert text(page, "title") == "Defect found"
    assert text(page, "sub").startswith("It stands out beyond all 100 good parts, by ")
    votes = "CAE and PatchCore alone flag it."
    assert text(page, "sub").endswith(votes)
    pick(page, "good")
    assert text(page, "title") == "No defect found"
    assert "a good part" in text(page, "facts")


def test_the_page_judges_as_the_pipeline_does(page: Any, catalog: Catalog) -> None:
    pick(page, "dent")
    sample_id = page.locator('.strip button[aria-pressed="true"]').get_attribute("data-sample")
    image = read_image(catalog.samples.find(catalog.product(KEY), sample_id).image_path)
    for detector in DETECTORS:
        channel = catalog.channels.load(catalog.product(KEY), detector).channel
        assert channel is not None
        finding = inspect_with(channel, image, false_alarm_rate=0.02)
        assert describe_standing(finding.standing) in axis_row(page, detector).inner_text()
        shown = panel(page, detector).text_content()
        digits = 2 if finding.relative_score < 10 else 1
        assert f"{finding.relative_score:.{digits}f}× threshold" in shown
        assert ("Defect" if finding.verdict.value == "defect" else "Normal") in shown
        percent = 100 * float(np.mean(finding.flagged))
        share = f"{percent:.{1 if percent < 10 else 0}f} % in" if percent else "none"
        assert share in shown


def test_the_slider_judges_everything_anew_without_a_request(page: Any) -> None:
    pick(page, "good")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    strict = place_of_threshold(page, "cae")
    move_slider(page, 99)
    assert text(page, "rate-value") == "50"
    assert place_of_threshold(page, "cae") < strict
    assert part(page, "reset").is_visible()
    scores = [panel(page, d).locator("dl").last.text_content() for d in DETECTORS]
    places = [place_of_threshold(page, d) for d in DETECTORS]
    move_slider(page, 0)
    assert scores != [panel(page, d).locator("dl").last.text_content() for d in DETECTORS]
    pairs = zip([place_of_threshold(page, d) for d in DETECTORS], places, strict=True)
    assert all(now > before for now, before in pairs)
    assert text(page, "rate-value") == "0.99"
    part(page, "reset").click()
    assert text(page, "rate-value") == "2"
    page.wait_for_timeout(1600)  # after which a place in the queue would be asked for
    assert requests == []


def test_a_chosen_rate_stays_for_the_next_image_of_the_product(page: Any) -> None:
    move_slider(page, 99)
    pick(page, "scratch")
    assert text(page, "rate-value") == "50"


def test_a_missing_detector_shows_its_command_and_the_others_answer(page: Any) -> None:
    choose_product(page, "tile")
    wait_for(page, "done:2")
    assert "python cli.py train" in panel(page, "unet").locator("code").inner_text()
    assert "Not trained: U-Net." in text(page, "sub")
    assert text(page, "rate-value") == "3.23", "30 normal parts support no less"
    raised = "Raised from 2: 30 held-out good parts support no less than 3.23 per 100."
    assert text(page, "raised") == raised


@pytest.mark.parametrize("kind", ["empty", "text", "truncated", "small", "huge"])
def test_a_bad_upload_is_a_sentence_and_the_page_goes_on(page: Any, root: Path, kind: str) -> None:
    page.locator('input[type="file"]').first.set_input_files(bad_file(root, kind))
    wait_for(page, "error:0")
    assert text(page, "title") == "This image cannot be inspected"
    assert len(text(page, "sub")) > 30
    assert page.locator("#product input").input_value() == "part"
    pick(page, "scratch")


def test_an_upload_is_inspected_and_cleared(page: Any, tmp_path: Path) -> None:
    path = tmp_path / "部品.tif"
    Image.new("RGB", (50, 120), (250, 250, 250)).save(path)
    page.evaluate("document.querySelector('.dl').dataset.ready = ''")
    page.locator('input[type="file"]').first.set_input_files(path)
    wait_for(page, "done:3")
    assert text(page, "title") == "Defect found"
    assert page.locator('.strip button[aria-pressed="true"]').count() == 0
    page.get_by_role("button", name="Remove Image").click()
    wait_for(page, "empty:0")
    assert text(page, "title") == "Add an image to begin"
    assert page.locator("#input img").count() == 0


def test_a_pasted_image_is_inspected_whatever_has_the_focus(page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(COPY_WHITE_IMAGE)
    panel(page, "unet").locator("canvas").focus()
    page.evaluate("document.querySelector('.dl').dataset.ready = ''")
    page.keyboard.press("ControlOrMeta+v")
    wait_for(page, "done:3")
    assert text(page, "title") == "Defect found"
    assert page.locator('.strip button[aria-pressed="true"]').count() == 0


def test_what_does_not_look_like_the_product_is_inspected_when_somebody_wants_it(
    page: Any, catalog: Catalog, tmp_path: Path
) -> None:
    red = np.full((96, 96, 3), (200, 20, 20), np.uint8)
    Image.fromarray(red).save(tmp_path / "red.png")
    folders = {name: catalog.product(f"drawn/{name}").folder for name in ("part", "tile")}
    write_familiarity(folders["part"])
    write_familiarity(folders["tile"], red)
    try:
        page.locator('input[type="file"]').first.set_input_files(tmp_path / "red.png")
        wait_for(page, "unfamiliar:0")
        assert text(page, "title") == "This does not look like part"
        assert text(page, "sub").startswith("As a whole it is too unlike the normal training ima")
        for detector in DETECTORS:
            assert panel(page, detector).locator(".dl-badge").inner_text() == "Not inspected"
        assert page.get_by_role("button", name="PDF", exact=True).is_disabled()
        page.get_by_role("button", name="Inspect as tile").click()
        wait_for(page, "done:2")
        assert page.locator("#product input").input_value() == "tile"
        assert text(page, "note") == ""
        assert not part(page, "ways").is_visible()
        choose_product(page, "part")
        wait_for(page, "unfamiliar:0")
        page.get_by_role("button", name="Inspect anyway").click()
        wait_for(page, "done:3")
        assert text(page, "note").startswith("This does not look like part. As a whole")
        assert text(page, "note").endswith("It looks most like drawn/tile.")
        pick(page, "scratch")
        assert text(page, "note") == ""
    finally:
        for folder in folders.values():
            (folder / FAMILIARITY).unlink()


def test_a_click_saves_a_report_at_the_rate_of_the_slider(page: Any, tmp_path: Path) -> None:
    pick(page, "scratch")
    sample_id = page.locator('.strip button[aria-pressed="true"]').get_attribute("data-sample")
    move_slider(page, 99)
    found = {}
    for name in ("PDF", "HTML", "CSV", "JSON"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name, exact=True).click()
        found[name] = tmp_path / download.value.suggested_filename
        download.value.save_as(found[name])
    assert found["PDF"].read_bytes().startswith(b"%PDF")
    facts = json.loads(found["JSON"].read_text(encoding="utf-8"))
    assert facts["images"][0]["image"] == sample_id
    assert facts["false_alarm_rate"] == 0.5
    assert text(page, "report-status") == f"Saved as {found['JSON'].name}"
    rows = sum(len(one["regions"]) for one in facts["images"][0]["findings"])
    page.get_by_role("button", name="Regions", exact=True).click()
    assert rows == len(region_rows(page))


def test_a_report_is_signed_and_the_browser_keeps_the_name_but_no_remark(
    page: Any, tmp_path: Path, complaints: list[str]
) -> None:
    pick(page, "scratch")
    assert not part(page, "author").is_visible()
    page.get_by_role("button", name="Name and remark").click()
    page.get_by_label("Inspected by").fill("Анна")
    page.get_by_label("Remark").fill("roll 17, o.k.")
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON", exact=True).click()
    download.value.save_as(tmp_path / "report.json")
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (found["inspected_by"], found["remark"]) == ("Анна", "roll 17, o.k.")
    move_slider(page, 5)
    assert part(page, "remark").input_value() == "roll 17, o.k.", "the image is the same"
    pick(page, "good")
    assert part(page, "remark").input_value() == ""
    reload(page, complaints)
    wait_for(page, "done:3")
    assert part(page, "author").input_value() == "Анна"
    assert part(page, "remark").input_value() == ""


def test_an_upload_is_reported_too_and_only_once_there_is_something_to_report(
    page: Any, tmp_path: Path
) -> None:
    page.get_by_role("button", name="Remove Image").click()
    wait_for(page, "empty:0")
    assert page.get_by_role("button", name="PDF", exact=True).is_disabled()
    path = tmp_path / "teil.png"
    Image.new("RGB", (80, 60), (200, 40, 40)).save(path)
    page.evaluate("document.querySelector('.dl').dataset.ready = ''")
    page.locator('input[type="file"]').first.set_input_files(path)
    wait_for(page, "done:3")
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON", exact=True).click()
    assert download.value.suggested_filename == "teil_report.json"


def test_light_and_dark_follow_the_system_and_the_button(browser: Any, url: str) -> None:
    with open_page(browser, url, [], viewport=DESKTOP, color_scheme="dark") as page:
        assert page.evaluate("document.body.classList.contains('dark')")
        page.get_by_role("button", name="Switch between light and dark").click()
        assert not page.evaluate("document.body.classList.contains('dark')")


def test_the_phone_has_no_sideways_scroll_and_jumps_to_a_panel(phone: Any) -> None:
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    part(phone, "jump").get_by_role("button", name="PatchCore").click()
    phone.wait_for_function(
        """() => {
          const { left, right } = document.querySelector('[data-detector=patchcore].dl-panel')
            .getBoundingClientRect();
          return left >= 0 && right <= innerWidth;
        }"""
    )
    box = panel(phone, "patchcore").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]


def test_assistive_technology_finds_nothing_serious_to_complain_about(
    page: Any, phone: Any
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for opened in (page, phone):
        found = axe.run(opened).response["violations"]
        assert [v["help"] for v in found if v["impact"] in ("serious", "critical")] == []
