"""The view of stress in a headless browser: by mouse, finger and keyboard, wide and narrow."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import PHONE, find_browser, open_page, open_tab

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed"),
]

EXACT = "document.querySelector('#lab-stress .lab').dataset.exact === 'true'"
DONE = "document.querySelector('#lab-stress .lab').dataset.state === 'done'"
CHOSEN = """name => document.querySelector('#lab-stress [data-part=sub]').innerText !== ''
  && document.querySelector('#lab-stress .lab-title')?.textContent.includes(name)"""


def part(page: Any, name: str) -> Any:
    return page.locator(f'#lab-stress [data-part="{name}"]').first


def open_stress(page: Any) -> None:
    open_tab(page, "#tabs", "Sensitivity")
    page.wait_for_selector('#lab-fade .lab[data-state="done"]', state="attached")
    open_tab(page, "#lab-tabs", "Stress")
    page.wait_for_function(DONE)


def choose(page: Any, stress: str, label: str) -> None:
    part(page, "stresses").select_option(stress)
    page.wait_for_function(CHOSEN, arg=label)
    page.wait_for_function(DONE)


def press(page: Any, key: str, times: int) -> None:
    for _ in range(times):
        part(page, "level").press(key)
    page.wait_for_function(EXACT)


def ticks(page: Any) -> dict[str, float]:
    """Return where the levels below the curves are written, from left to right."""
    marks = page.locator("#lab-stress .lab-chart text[text-anchor=middle]").all()
    found = {one.text_content(): float(one.get_attribute("x")) for one in marks}
    return dict(sorted(found.items(), key=lambda one: one[1]))


@pytest.fixture
def stressed(desktop: Any, complaints: list[str]) -> Iterator[Any]:
    """The view, opened on a desktop with its opening sample."""
    open_stress(desktop)
    choose(desktop, "brightness", "Brightness")
    if part(desktop, "reset").is_enabled():
        part(desktop, "reset").click()
    desktop.wait_for_function(EXACT)
    yield desktop
    assert complaints == []


def test_the_keyboard_changes_the_light_and_every_detector_answers(stressed: Any) -> None:
    assert part(stressed, "level-value").inner_text() == "0 % light"
    canvas = stressed.locator("#lab-stress .dl-panel canvas").first
    before = canvas.evaluate("one => one.toDataURL()")
    press(stressed, "Home", 1)
    assert part(stressed, "level-value").inner_text() == "-60 % light"
    assert "-60 % light" in canvas.get_attribute("aria-label")
    assert canvas.evaluate("one => one.toDataURL()") != before
    places = ticks(stressed)
    assert [int(text) for text in places] == [-60, -40, -20, -10, 0, 10, 20, 40, 60]
    step = (places["60"] - places["-60"]) / 120
    for text, x in places.items():  # as far apart as their levels
        assert x == pytest.approx(places["0"] + int(text) * step, abs=0.5)
    assert stressed.locator("#lab-stress .lab-curve").count() == 4


def test_a_second_stress_comes_on_top_and_all_are_taken_back(stressed: Any) -> None:
    press(stressed, "ArrowRight", 5)
    choose(stressed, "jpeg", "JPEG")
    press(stressed, "ArrowLeft", 10)
    chosen = part(stressed, "stresses").locator("option", has_text=":")
    assert chosen.all_text_contents() == ["Brightness: +10 % light", "JPEG: 90 quality"]
    assert part(stressed, "sub").inner_text().startswith("With Brightness +10 % light besides: ")
    part(stressed, "reset").click()
    stressed.wait_for_function(EXACT)
    assert chosen.count() == 0
    assert part(stressed, "reset").is_disabled()


def test_another_image_begins_without_stress(stressed: Any) -> None:
    press(stressed, "ArrowLeft", 4)
    stressed.locator("#lab-samples button[aria-pressed=false]").first.click()
    stressed.wait_for_function(
        "document.querySelector('#lab-stress [data-part=level-value]').innerText === '0 % light'"
    )
    stressed.wait_for_function(DONE)


def test_on_a_phone_nothing_is_wider_than_the_screen(
    browser: Any, url: str, complaints: list[str]
) -> None:
    with open_page(browser, url, complaints, viewport=PHONE, has_touch=True) as page:
        open_stress(page)
        choose(page, "dust", "Dust")
        part(page, "level").tap()
        page.wait_for_function(EXACT)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert complaints == []
