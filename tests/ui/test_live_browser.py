"""The live camera in a browser: a fake device, its refusals, and parts that come and go."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inspection.products.catalog import Catalog
from tests.browser import DESKTOP, PHONE, find_browser, open_browser, open_page, text, wait_for
from tests.doubles.camera import place_part, write_mjpeg
from tests.doubles.products import make_catalog

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed"),
]

REFUSED = """navigator.mediaDevices.getUserMedia = async () => {
  throw new DOMException('', window.refusal);
};"""
# a camera whose picture the test decides: grey, with a disc and a bright square on it
DRAWN = """(() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
  const context = canvas.getContext('2d');
  let kind = 'empty';
  const draw = () => {
    context.fillStyle = '#323232';
    context.fillRect(0, 0, 640, 480);
    context.fillStyle = '#787878';
    context.beginPath();
    if (kind !== 'empty') context.arc(320, 240, 200, 0, 7);
    context.fill();
    context.fillStyle = '#d2d2d2';
    if (kind === 'defect') context.fillRect(305, 150, 120, 120);
    requestAnimationFrame(draw);
  };
  draw();
  window.showPart = (shown) => { kind = shown; };
  navigator.mediaDevices.getUserMedia = async () => {
    window.stream = canvas.captureStream(30);
    return window.stream;
  };
})();"""
# one stream per start, each once it is allowed
ALLOW = """() => {
  const open = navigator.mediaDevices.getUserMedia;
  const streams = [];
  window.allow = [];
  window.states = () => streams.map((one) => one.getVideoTracks()[0].readyState);
  navigator.mediaDevices.getUserMedia = async () => {
    await new Promise((done) => { window.allow.push(done); });
    const stream = (await open()).clone();
    streams.push(stream);
    return stream;
  };
}"""
HIDE = """(isHidden) => {
  Object.defineProperty(document, 'visibilityState', {
    value: isHidden ? 'hidden' : 'visible', configurable: true,
  });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_catalog(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser whose camera shows a defective part."""
    video = tmp_path_factory.mktemp("camera") / "part.mjpeg"
    flags = write_mjpeg(video, [place_part(defective=True, seed=one) for one in range(3)])
    with open_browser(flags) as started:
        yield started


def live(page: Any, name: str) -> Any:
    return page.locator(f'.live [data-part="{name}"]').first


def open_live(page: Any) -> None:
    page.get_by_role("button", name="Live camera").click()
    live(page, "toggle").click()


def wait_for_answers(page: Any, count: int) -> None:
    page.wait_for_function(
        "(n) => Number(document.querySelector('.live').dataset.answered ?? 0) >= n", arg=count
    )


def wait_for_words(page: Any, name: str, words: str) -> None:
    page.wait_for_function(
        "([name, words]) => document.querySelector(`.live [data-part='${name}']`)"
        ".textContent.includes(words)",
        arg=[name, words],
    )


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_camera_is_inspected_live_and_a_picture_of_it_kept(
    browser: Any, url: str, size: dict[str, int]
) -> None:
    complaints: list[str] = []
    with open_page(browser, url, complaints, viewport=size, permissions=["camera"]) as page:
        open_live(page)
        wait_for_answers(page, 6)
        assert live(page, "title").inner_text() == "Defect found"
        speed = live(page, "speed").inner_text()
        assert re.fullmatch(r"[\d.]+ frames per second, \d+ ms behind", speed), speed
        assert live(page, "detectors").locator("li").count() == 3
        drawn = live(page, "drawing").evaluate("(canvas) => [canvas.width, canvas.height]")
        assert drawn == [640, 480]
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("Space")  # keeps the picture
        page.wait_for_selector("#viewer", state="visible")
        wait_for(page, "done:3")
        assert text(page, "title") == "Defect found"
        assert live(page, "video").evaluate("(video) => video.srcObject === null")
    assert complaints == []


def test_a_hidden_page_and_another_tab_pause_the_camera(browser: Any, url: str) -> None:
    with open_page(browser, url, [], viewport=DESKTOP, script=DRAWN) as page:
        open_live(page)
        wait_for_answers(page, 2)
        page.evaluate(HIDE, True)
        assert live(page, "title").inner_text() == "Paused while the page is hidden"
        ended = page.evaluate("window.stream.getVideoTracks()[0].readyState")
        assert ended == "ended"
        before = page.evaluate("Number(document.querySelector('.live').dataset.answered)")
        page.evaluate(HIDE, False)
        wait_for_answers(page, before + 2)
        page.get_by_role("tab", name="Results").first.click()
        page.wait_for_selector('.live[data-state="paused"]', state="attached")


def test_a_camera_that_is_missing_is_a_sentence(browser: Any, url: str) -> None:
    script = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined })"
    with open_page(browser, url, [], viewport=DESKTOP, script=script) as page:
        open_live(page)
        wait_for_words(page, "trouble", "needs https")
        assert live(page, "toggle").inner_text() == "Start the camera"


def test_a_camera_that_is_refused_is_a_sentence(browser: Any, url: str) -> None:
    with open_page(browser, url, [], viewport=DESKTOP, script=REFUSED) as page:
        page.get_by_role("button", name="Live camera").click()
        for refusal, words in {
            "NotAllowedError": "Allow it in the address bar",
            "NotFoundError": "No camera was found.",
            "NotReadableError": "another program may use it",
            "Oddity": "cannot be started (Oddity)",
        }.items():
            page.evaluate("(refusal) => { window.refusal = refusal; }", refusal)
            live(page, "toggle").click()
            wait_for_words(page, "trouble", words)
            assert live(page, "toggle").inner_text() == "Start the camera"


def test_a_camera_that_is_pulled_out_is_a_sentence(browser: Any, url: str) -> None:
    with open_page(browser, url, [], viewport=DESKTOP, script=DRAWN) as page:
        open_live(page)
        wait_for_answers(page, 1)
        page.evaluate("window.stream.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
        wait_for_words(page, "trouble", "The camera is gone.")
        live(page, "toggle").click()
        wait_for_answers(page, 2)


def test_a_camera_that_is_stopped_before_it_is_allowed_stays_off(browser: Any, url: str) -> None:
    with open_page(browser, url, [], viewport=DESKTOP, script=DRAWN) as page:
        page.evaluate(ALLOW)
        open_live(page)
        live(page, "toggle").click()
        live(page, "toggle").click()
        page.evaluate("window.allow.forEach((allow) => allow())")
        wait_for_answers(page, 1)  # of the second start
        live(page, "toggle").click()
        page.wait_for_function("window.states().join() === 'ended,ended'")
        open_again = live(page, "toggle")
        open_again.click()
        open_again.click()
        page.evaluate("window.allow.at(-1)()")
        page.wait_for_function("window.states().join() === 'ended,ended,ended'")
        assert page.locator(".live").first.get_attribute("data-state") == "off"
        assert live(page, "trouble").inner_text() == ""


def test_parts_that_come_in_are_counted_and_the_flagged_kept(
    browser: Any, url: str, tmp_path: Path
) -> None:
    complaints: list[str] = []
    with open_page(browser, url, complaints, viewport=DESKTOP, script=DRAWN) as page:
        open_live(page)
        live(page, "count").check()
        wait_for_words(page, "sub", "Show the empty picture first")
        live(page, "empty").click()
        wait_for_words(page, "title", "Waiting for a part")
        for place, kind in enumerate(("good", "defect", "good", "defect")):
            page.evaluate("(kind) => window.showPart(kind)", kind)
            wait_for_words(page, "counts", f"{place + 1} inspected")
            page.evaluate("window.showPart('empty')")
            page.wait_for_selector('.live[data-presence="empty"]')
        assert live(page, "counts").inner_text() == "4 inspected, 2 flagged"
        parts = live(page, "parts").locator("button")
        assert parts.all_inner_texts() == ["4", "2"]
        with page.expect_download() as downloaded:
            live(page, "download").click()
        assert downloaded.value.suggested_filename == "parts.zip"
        parts.first.click()
        page.wait_for_selector("#viewer", state="visible")
        wait_for(page, "done:3")
        assert text(page, "title") == "Defect found"
        page.get_by_role("button", name="Live camera").click()  # the counts are still there
        assert live(page, "counts").inner_text() == "4 inspected, 2 flagged"
    assert complaints == []


def test_a_video_shows_scores_over_time_and_a_click_opens_a_frame(
    browser: Any, url: str, tmp_path: Path
) -> None:
    pytest.importorskip("av")
    from tests.doubles.videos import write_video

    complaints: list[str] = []
    pictures = [place_part(defective=place in (5, 6)) for place in range(12)]
    belt = write_video(tmp_path / "belt.mp4", pictures, per_second=2)
    with open_page(browser, url, complaints, viewport=DESKTOP) as page:
        page.get_by_role("button", name="Video file").click()
        page.locator('.film [data-part="file"]').set_input_files(str(belt))
        page.wait_for_selector('.film[data-state="done"]')
        title = page.locator('.film [data-part="title"]').inner_text()
        assert title == "belt.mp4: 2 of 12 frames flagged"
        assert page.locator(".film .lab-curve").count() == 4  # three detectors, and together
        peak = page.locator('.film [data-part="peaks"] button')
        assert peak.count() == 1
        peak.click()
        page.wait_for_selector("#viewer", state="visible")
        wait_for(page, "done:3")
        assert text(page, "title") == "Defect found"
        page.get_by_role("button", name="Video file").click()  # what was found is still there
        assert page.locator('.film [data-part="title"]').inner_text() == title
    assert complaints == []
