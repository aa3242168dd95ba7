"""The Sensitivity tab in a headless browser: by mouse, finger and keyboard, wide and narrow."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import PHONE, find_browser, open_page, open_tab
from tests.doubles.parts import PICTURE_SIDE, draw_part, write_part

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed"),
]

EXACT = "document.querySelector('#lab-fade .lab').dataset.exact === 'true'"
NOTES = "words => document.querySelector('#lab-fade [data-part=note]').innerText.includes(words)"
GIVE = """([types, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const given = new DataTransfer();
  given.items.add(new File([bytes], 'own.png', { type: 'image/png' }));
  const options = { bubbles: true, cancelable: true, dataTransfer: given, clipboardData: given };
  for (const type of types) {
    const Kind = type === 'paste' ? ClipboardEvent : DragEvent;
    document.body.dispatchEvent(new Kind(type, options));
  }
}"""
SLIDE = """(slider, value) => {
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
}"""


def fade(page: Any, name: str) -> Any:
    """Return a part of the opening view."""
    return page.locator(f'#lab-fade [data-part="{name}"]').first


def wait_for(page: Any, state: str) -> None:
    page.wait_for_selector(f'#lab-fade .lab[data-state="{state}"]')


def slide(page: Any, name: str, percent: int) -> None:
    fade(page, name).evaluate(SLIDE, str(percent))
    page.wait_for_function(EXACT)


def badges(page: Any) -> list[str]:
    return [one.inner_text() for one in page.locator("#lab-fade .dl-panel .dl-badge").all()]


@pytest.fixture
def lab(desktop: Any, complaints: list[str]) -> Iterator[Any]:
    """The tab, opened on a desktop with its opening sample."""
    open_tab(desktop, "#tabs", "Sensitivity")
    desktop.get_by_role("button", name="As marked").first.wait_for()
    wait_for(desktop, "done")
    yield desktop
    assert complaints == []


def open_sample(page: Any, label: str) -> None:
    page.locator(f'#lab-samples button[aria-label^="{label}"]').first.click()


def test_the_slider_fades_the_defect_until_nobody_sees_it(lab: Any) -> None:
    open_sample(lab, "scratch")
    lab.wait_for_function(
        "document.querySelector('#lab-fade .dl-words').innerText.includes('scratch')"
    )
    wait_for(lab, "done")
    assert "still sees" in fade(lab, "sub").inner_text()
    slide(lab, "strength", 100)
    assert badges(lab) == ["Defect"] * 3
    full = lab.locator("#lab-fade .dl-panel canvas").first.evaluate("one => one.toDataURL()")
    slide(lab, "strength", 0)
    assert badges(lab) == ["Normal"] * 3
    faint = lab.locator("#lab-fade .dl-panel canvas").first.evaluate("one => one.toDataURL()")
    assert full != faint
    assert fade(lab, "strength-value").inner_text() == "0 %"


def test_a_step_between_is_answered_exactly(lab: Any) -> None:
    slide(lab, "strength", 37)
    slide(lab, "scale", 63)
    label = lab.locator("#lab-fade .dl-panel canvas").first.get_attribute("aria-label")
    assert "37 % strength and 63 % size" in label


def test_the_keyboard_moves_the_sliders(lab: Any) -> None:
    slide(lab, "strength", 50)
    fade(lab, "strength").press("ArrowLeft")
    lab.wait_for_function(EXACT)
    assert fade(lab, "strength-value").inner_text() == "49 %"


def test_curves_say_in_words_where_each_begins_to_see(lab: Any) -> None:
    chart = fade(lab, "strength-chart")
    assert chart.locator(".lab-curve").count() == 4
    label = chart.locator("svg").get_attribute("aria-label")
    assert "U-Net" in label
    assert "Together" in label


def test_a_good_sample_is_brushed_by_mouse_undone_and_judged(lab: Any) -> None:
    open_sample(lab, "good")
    wait_for(lab, "error")
    canvas = fade(lab, "paint")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    undo = lab.locator("#lab-fade").get_by_role("button", name="Undo")
    assert undo.is_disabled()
    assert fade(lab, "use").is_disabled()
    assert fade(lab, "strength").is_hidden(), "there is nothing to fade yet"
    lab.mouse.move(*middle)
    lab.mouse.down()
    lab.mouse.move(middle[0] + 20, middle[1] + 10, steps=3)
    lab.mouse.up()
    assert undo.is_enabled()
    undo.click()
    assert undo.is_disabled()
    canvas.press("ArrowRight")
    canvas.press(" ")  # painted by keyboard
    fade(lab, "use").click()
    wait_for(lab, "done")
    assert "No detector sees this defect" in fade(lab, "sub").inner_text()


def test_it_works_on_a_phone_without_going_beyond_the_screen(
    browser: Any, url: str, complaints: list[str]
) -> None:
    with open_page(browser, url, complaints, viewport=PHONE, has_touch=True) as page:
        open_tab(page, "#tabs", "Sensitivity")
        wait_for(page, "done")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        slide(page, "strength", 20)
        page.locator('#lab-fade [data-area="brushed"]').tap()
        canvas = fade(page, "paint")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert page.locator("#lab-fade").get_by_role("button", name="Undo").is_enabled()
    assert complaints == []


def test_the_inspect_tab_keeps_its_own_image(lab: Any) -> None:
    open_tab(lab, "#tabs", "Inspect")
    assert lab.locator('#samples button[aria-pressed="true"]').count() == 1


def place(page: Any, name: str) -> Any:
    """Return a part of the view to draw on."""
    return page.locator(f'#lab-place [data-part="{name}"]').first


def says(page: Any, words: str) -> None:
    page.wait_for_function(
        "words => document.querySelector('#lab-place [data-part=sub]').innerText.startsWith(words)",
        arg=words,
    )


@pytest.fixture
def drawing(lab: Any) -> Iterator[Any]:
    """The view to draw on, with a good part."""
    open_sample(lab, "good")
    open_tab(lab, "#lab-tabs", "Draw")
    says(lab, "Paint on the picture")
    yield lab
    open_tab(lab, "#lab-tabs", "Fade")
    open_sample(lab, "scratch")
    wait_for(lab, "done")


def test_a_defect_is_placed_undone_and_downloaded(drawing: Any) -> None:
    buttons = drawing.locator("#lab-place")
    buttons.get_by_role("button", name="Place", exact=True).click()
    assert drawing.locator('#lab-place input[aria-label="Brush size"]').is_hidden()
    place(drawing, "kind").select_option("foreign-body")
    place(drawing, "size").evaluate(SLIDE, "60")
    place(drawing, "contrast").evaluate(SLIDE, "110")
    canvas = place(drawing, "paint")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    drawing.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    drawing.wait_for_function(
        "!document.querySelector('#lab-place [data-part=sub]').innerText.startsWith('Paint')"
    )
    with drawing.expect_download() as found:
        place(drawing, "download").click()
    assert found.value.suggested_filename.endswith(".zip")
    buttons.get_by_role("button", name="Undo").click()
    says(drawing, "Paint on the picture")
    buttons.get_by_role("button", name="Redo").click()
    drawing.wait_for_function(
        "!document.querySelector('#lab-place [data-part=sub]').innerText.startsWith('Paint')"
    )


def test_white_paint_by_keyboard_is_seen_by_all(drawing: Any) -> None:
    buttons = drawing.locator("#lab-place")
    buttons.get_by_role("button", name="Clear").click()
    says(drawing, "Paint on the picture")
    buttons.get_by_role("button", name="Brush", exact=True).click()
    place(drawing, "colour").evaluate(SLIDE, "#ffffff")
    place(drawing, "opacity").evaluate(SLIDE, "100")
    drawing.locator('#lab-place input[aria-label="Brush size"]').evaluate(SLIDE, "150")
    place(drawing, "paint").press("ArrowRight")
    place(drawing, "paint").press(" ")
    says(drawing, "All detectors see it.")


def test_a_study_streams_its_curves_and_can_be_stopped(lab: Any) -> None:
    open_sample(lab, "good")
    open_tab(lab, "#lab-tabs", "Study")
    status = lab.locator("#lab-tabs .status p").filter(visible=True)
    lab.get_by_role("button", name="Start the study").click()
    status.filter(has_text="of 120 trials, about").wait_for()
    lab.get_by_role("button", name="Stop", exact=True).click()
    status.filter(has_text=re.compile("^(Stopped after|120 trials)")).wait_for()
    lab.locator("#lab-tabs .gtitle").filter(has_text="Probability of detection").wait_for()
    assert lab.locator("#lab-tabs").get_by_text("a90/95").first.is_visible()
    open_tab(lab, "#lab-tabs", "Fade")
    open_sample(lab, "scratch")
    wait_for(lab, "done")


def test_an_own_image_is_dropped_taken_away_and_pasted(lab: Any, tmp_path: Path) -> None:
    path = tmp_path / "own.png"
    write_part(path, draw_part(77, defective=True, side=PICTURE_SIDE)[0])
    content = base64.b64encode(path.read_bytes()).decode()
    for ways in (["dragenter", "dragover", "drop"], ["paste"]):
        lab.evaluate(GIVE, [ways, content])
        lab.wait_for_function(NOTES, arg="the flagged area was taken")
        wait_for(lab, "done")
        assert lab.locator("#lab-input img").is_visible()
        assert fade(lab, "title").inner_text() == "How faint can this defect be?"
        lab.get_by_role("button", name="Remove Image").filter(visible=True).click()
        lab.wait_for_selector('#lab-samples button[aria-pressed="true"]')
        wait_for(lab, "done")
        assert lab.locator("#lab-input img").count() == 0
    open_tab(lab, "#tabs", "Inspect")
    assert lab.locator("#uploads p").inner_text() == ""
    assert lab.locator('#samples button[aria-pressed="true"]').count() == 1
    open_tab(lab, "#tabs", "Sensitivity")
