"""The pictures of the page in a real headless browser: views, regions, zoom, ground truth."""

import re
from typing import Any

import pytest

from inspection.images import read_image
from inspection.products.catalog import Catalog
from tests.browser import (
    find_browser,
    move_slider,
    panel,
    part,
    pick,
    picture,
    region_rows,
    text,
    wait_for,
    wait_until_drawn,
)
from tests.doubles.detectors import DETECTORS, inspect_with

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed"),
]
KEY = "drawn/part"
REFUSE_TO_DECODE = """(lost) => {
  window.decodeImage = HTMLImageElement.prototype.decode;
  HTMLImageElement.prototype.decode = function () {
    const bitDepth = atob(this.src.split(',')[1]).charCodeAt(24); // of a PNG: the mask has 1
    if ((bitDepth === 1) !== (lost === 'mask')) return window.decodeImage.call(this);
    return Promise.reject(new DOMException('The source image cannot be decoded.', 'EncodingError'));
  };
}"""
ANOTHER_PICTURE = """(seen) => {
  const canvas = document.querySelector('.dl-panel[data-detector="cae"] canvas');
  return !seen.includes(canvas.toDataURL());
}"""


def test_zoom_reading_and_ground_truth_are_shared_by_all_panels(page: Any) -> None:
    pick(page, "scratch")
    part(page, "truth").check()
    canvas = panel(page, "cae").locator("canvas")
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    for detector in DETECTORS:
        reading = panel(page, detector).locator('[data-part="reading"]')
        assert re.fullmatch(r"[\d.]+×\s+[\d.e-]+", reading.inner_text())
    page.mouse.wheel(0, -300)
    part(page, "zoom").filter(has_not_text="100 %").wait_for()
    page.get_by_role("button", name="Fit").click()
    assert text(page, "zoom") == "100 %"


@pytest.mark.parametrize(("lost", "has_picture"), [("mask", "true"), ("image", "false")])
def test_a_picture_that_cannot_be_decoded_holds_back_no_answer(
    page: Any, lost: str, has_picture: str
) -> None:
    page.evaluate(REFUSE_TO_DECODE, lost)
    try:
        pick(page, "scratch")
        assert text(page, "title") in ("Defect found", "Models disagree")
        assert panel(page, "cae").get_attribute("data-pictured") == has_picture
        assert part(page, "truth").is_disabled()
    finally:
        page.evaluate("() => { HTMLImageElement.prototype.decode = window.decodeImage; }")
    pick(page, "dent")
    assert panel(page, "cae").get_attribute("data-pictured") == "true"
    assert part(page, "truth").is_enabled()


def test_the_pictures_answer_to_the_keyboard(page: Any) -> None:
    panel(page, "unet").locator("canvas").focus()
    page.keyboard.press("ArrowRight")
    wait_until_drawn(page)
    assert panel(page, "patchcore").locator('[data-part="reading"]').is_visible()
    page.keyboard.press("+")
    assert text(page, "zoom") == "160 %"
    page.keyboard.press("0")
    page.keyboard.press("Escape")
    wait_until_drawn(page)
    assert text(page, "zoom") == "100 %"
    assert not panel(page, "patchcore").locator('[data-part="reading"]').is_visible()


def test_each_view_shows_another_picture(page: Any) -> None:
    pick(page, "scratch")
    seen = set()
    for mode in ("Overlay", "Heatmap", "Outline", "Edges", "Original"):
        page.get_by_role("button", name=mode, exact=True).click()
        seen.add(picture(page))
    assert len(seen) == 5


def test_what_was_rebuilt_is_shown_in_the_panel_that_rebuilds_and_in_no_other(page: Any) -> None:
    pick(page, "scratch")
    seen, others = {picture(page)}, {picture(page, "unet")}
    for name in ("Reconstruction", "Difference"):
        button = panel(page, "cae").get_by_role("button", name=name)
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        page.wait_for_function(ANOTHER_PICTURE, arg=list(seen))  # until it is decoded
        seen.add(picture(page))
        others.add(picture(page, "unet"))
    assert (len(seen), len(others)) == (3, 1)
    assert not panel(page, "unet").get_by_role("button", name="Difference").is_visible()
    button.click()
    assert picture(page) in seen, "a second click leads back"


def test_the_table_of_regions_is_that_of_the_pipeline(page: Any, catalog: Catalog) -> None:
    pick(page, "scratch")
    assert not part(page, "regions").is_visible(), "folded until somebody asks"
    page.get_by_role("button", name="Regions", exact=True).click()
    sample_id = page.locator('.strip button[aria-pressed="true"]').get_attribute("data-sample")
    image = read_image(catalog.samples.find(catalog.product(KEY), sample_id).image_path)
    expected = []
    for detector in DETECTORS:
        channel = catalog.channels.judging(catalog.product(KEY), detector)
        finding = inspect_with(channel, image, false_alarm_rate=0.02)
        for number, region in enumerate(finding.regions, 1):
            box, (row, column) = region.box, region.peak_at
            place = f"{box.left}, {box.top}"
            size = f"{box.right - box.left} × {box.bottom - box.top}"
            expected.append([str(number), place, size, f"{column}, {row}"])
    rows = region_rows(page)
    assert [[row[i] for i in (1, 2, 3, 8)] for row in rows] == expected
    counts = [sum(row[0] == title for row in rows) for title in ("CAE", "U-Net", "PatchCore")]
    words = "CAE {} · U-Net {} · PatchCore {}".format(*counts)
    assert text(page, "region-count") == words


def test_boxes_edges_and_the_table_follow_the_slider_without_a_request(page: Any) -> None:
    pick(page, "scratch")
    page.get_by_role("button", name="Regions", exact=True).click()
    plain = picture(page)
    part(page, "boxes").check()
    boxed, rows = picture(page), region_rows(page)
    page.get_by_role("button", name="Edges", exact=True).click()
    edges = picture(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    move_slider(page, 99)
    assert region_rows(page) != rows
    assert picture(page) != edges
    page.get_by_role("button", name="Overlay", exact=True).click()
    assert len({plain, boxed, picture(page)}) == 3
    assert requests == []


def test_where_no_region_is_flagged_the_edge_view_says_so(page: Any) -> None:
    pick(page, "good")
    page.get_by_role("button", name="Edges", exact=True).click()
    notes = page.locator('.dl-panel [data-part="busy"]')
    assert notes.all_inner_texts() == ["No region is flagged, so there are no edges to show."] * 3
    page.get_by_role("button", name="Overlay", exact=True).click()
    assert notes.all_inner_texts() == [""] * 3


def test_two_fingers_zoom_the_picture(phone: Any) -> None:
    panel(phone, "cae").locator("canvas").evaluate(
        """(canvas) => {
          const box = canvas.getBoundingClientRect();
          const send = (type, pointerId, x) => canvas.dispatchEvent(new PointerEvent(type, {
            pointerId, clientX: box.left + x, clientY: box.top + 100, bubbles: true }));
          canvas.setPointerCapture = () => {};
          send('pointerdown', 1, 100); send('pointerdown', 2, 150);
          send('pointermove', 2, 250);
          send('pointerup', 1, 100); send('pointerup', 2, 250);
        }"""
    )
    assert text(phone, "zoom") == "300 %"


def test_one_picture_is_enlarged_and_put_back(page: Any) -> None:
    width = panel(page, "unet").bounding_box()["width"]
    panel(page, "unet").get_by_role("button", name="U-Net").click()
    assert not panel(page, "cae").is_visible()
    assert panel(page, "unet").bounding_box()["width"] > 2 * width
    part(page, "jump").get_by_role("button", name="CAE").click()
    assert panel(page, "cae").is_visible()
    assert not panel(page, "unet").is_visible()
    page.keyboard.press("Escape")
    assert panel(page, "unet").bounding_box()["width"] == width


def test_the_bare_picture_blinks_for_as_long_as_a_key_is_held(page: Any) -> None:
    pick(page, "dent")
    covered = picture(page)
    page.keyboard.down("o")
    bare = picture(page)
    page.keyboard.up("o")
    assert bare != covered
    assert picture(page) == covered
    page.get_by_role("button", name="Original", exact=True).click()
    assert picture(page) == bare


def test_the_wipe_follows_the_pointer_in_all_panels(page: Any) -> None:
    pick(page, "dent")
    page.get_by_role("button", name="Original", exact=True).click()
    bare = picture(page, "patchcore")
    page.get_by_role("button", name="Wipe", exact=True).click()
    box = panel(page, "cae").locator("canvas").bounding_box()
    seen = []
    for share in (0.02, 0.98):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 5)
        seen.append(picture(page, "patchcore"))
    assert len({*seen, bare}) == 3


def test_details_open_in_all_panels_at_once(page: Any) -> None:
    facts = [panel(page, name).locator("dl").last for name in ("cae", "unet", "patchcore")]
    assert not any(one.is_visible() for one in facts)
    panel(page, "unet").get_by_role("button", name="Details").click()
    assert all(one.is_visible() for one in facts)
    panel(page, "cae").get_by_role("button", name="Details").click()
    assert not any(one.is_visible() for one in facts)


def test_samples_are_walked_by_keys_and_by_a_list_of_another_tab(page: Any) -> None:
    ids = [one.get_attribute("data-sample") for one in page.locator(".strip button").all()]
    pick(page, "dent")
    walk = page.locator(".strip-walk output").first
    first = ids.index(marked_sample(page))
    page.keyboard.press("j")
    page.wait_for_function(
        f"document.querySelector('.dl').dataset.ready === 'done:3' && "
        f"location.search.includes('{ids[first + 1]}')"
    )
    assert walk.inner_text() == f"{first + 2} of {len(ids)}"
    page.keyboard.press("k")
    page.wait_for_function(f"location.search.includes('{ids[first]}')")
    page.evaluate(HAND_OVER_LIST, ids[:3])
    page.wait_for_function(f"location.search.includes('{ids[1]}')")
    assert walk.inner_text() == "2 of 3"
    page.get_by_role("button", name="Back to the list").click()
    assert page.get_by_role("tab", name="Results").get_attribute("aria-selected") == "true"
    page.go_back()
    page.wait_for_function("document.querySelector('.dl').offsetParent !== null")
    assert page.get_by_role("tab", name="Inspect").get_attribute("aria-selected") == "true"
    pick(page, "dent")
    assert walk.inner_text() == f"{first + 1} of {len(ids)}", "a click on the strip ends the list"


def test_any_other_sample_is_one_of_the_test_images(page: Any) -> None:
    for _ in range(5):  # never the one that is shown
        before = page.url
        page.get_by_role("button", name="Any other").click()
        page.wait_for_function("address => location.href !== address", arg=before)
        wait_for(page, "done:3")
        assert "sample=part/test/" in page.url


HAND_OVER_LIST = """list => document.dispatchEvent(new CustomEvent('defect-lens-inspect', {
  detail: { product: 'drawn/part', sample: list[1], list, back: 'results' } }))"""


def marked_sample(page: Any) -> str:
    """Return the sample whose thumbnail is marked."""
    return str(page.locator('.strip button[aria-pressed="true"]').get_attribute("data-sample"))
