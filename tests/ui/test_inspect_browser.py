"""The Inspect tab as over a share link: quick clicks, slow uploads, a lost connection, a reload."""

import base64
import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image

from inspection.images import read_image
from inspection.preprocess import to_input_size
from inspection.products.catalog import Catalog
from inspection.types import Prediction, RGBImage
from tests.browser import (
    DESKTOP,
    PHONE,
    choose_product,
    find_browser,
    move_slider,
    open_page,
    panel,
    reload,
    text,
    wait_for,
)
from tests.doubles.detectors import DETECTORS, FakeDetector
from tests.doubles.parts import PICTURE_SIDE, SIDE, draw_part
from tests.doubles.products import make_catalog, write_checkpoint, write_product

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed"),
]

KEY = "drawn/part"
ALARM = "part/test/good/900.png"  # called good, and as bright as a scratch
LATENCY = 250
BLUE = "rgb(10, 98, 164)"
TONE = "() => getComputedStyle(document.querySelector('.dl-icon')).backgroundColor"
NO_CAMERA = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined })"
RECORD = """() => {
  const places = new Set();
  const badges = new Set();
  const controls = ['.dl-rule', '.dl-panels', '.dl-controls', '.strip-walk'];
  const place = (one) => Math.round(document.querySelector(one).getBoundingClientRect().top);
  const look = () => {
    places.add(controls.map(place).join());
    for (const { innerText } of document.querySelectorAll('.dl-badge')) badges.add(innerText);
    window.looking = requestAnimationFrame(look);
  };
  look();
  window.stopLooking = () => {
    cancelAnimationFrame(window.looking);
    return [[...places], [...badges]];
  };
}"""
DROP = """([where, content, names]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const given = new DataTransfer();
  for (const name of names) given.items.add(new File([bytes], name, { type: 'image/png' }));
  const options = { bubbles: true, cancelable: true, dataTransfer: given };
  const events = ['dragenter', 'dragover', 'drop'].map((type) => new DragEvent(type, options));
  for (const event of events) document.querySelector(where).dispatchEvent(event);
  return events.every((event) => event.defaultPrevented); // else the browser leaves the page
}"""
BUTTONS = """() => {
  const buttons = [...document.querySelectorAll('#input [data-testid=source-select] button')];
  return buttons.map((button) => {
    const { x, y, width, height } = button.getBoundingClientRect();
    return button.contains(document.elementFromPoint(x + width / 2, y + height / 2));
  });
}"""


class Counting(FakeDetector):
    """Takes its time, and remembers what it was given."""

    given: ClassVar[list[tuple[str, str]]] = []
    seconds: ClassVar[float] = 0.03

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        self.given.extend((self.kind, fingerprint(image)) for image in images)
        time.sleep(self.seconds)
        return super().predict(images)


def fingerprint(image: RGBImage) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """No detector sees a dent."""
    root = tmp_path_factory.mktemp("page")
    data, checkpoints = root / "data" / "drawn", root / "checkpoints" / "drawn" / "tile"
    write_product(data, "tile")
    for name in DETECTORS:
        write_checkpoint(checkpoints / name)
    (data / "part" / "test" / "good").mkdir(parents=True)
    alarm, _ = draw_part(9, defective=True, strength=128, side=PICTURE_SIDE)
    Image.fromarray(alarm).save(data / ALARM)
    return make_catalog(root, weakness=dict.fromkeys(DETECTORS, 0.25), base=Counting)


@pytest.fixture(scope="module")
def desktop(browser: Any, url: str) -> Iterator[Any]:
    with opened(browser, url, []) as page:
        yield page


@pytest.fixture
def page(desktop: Any) -> Any:
    """The page on a desktop, shared by the tests that leave it usable."""
    wait_for(desktop, "done:3")
    return desktop


@contextmanager
def opened(browser: Any, url: str, complaints: list[str], *, script: str = "") -> Iterator[Any]:
    """Open the page; at the end nobody may have complained but of a connection that was cut."""
    with open_page(
        browser, url, complaints, script=script, hears_console=False, viewport=DESKTOP
    ) as page:
        yield page
    assert complaints == []


@contextmanager
def slowly(page: Any, *, upload: int = -1) -> Iterator[None]:
    """Let every request take as long as over a share link; `upload` is in bytes per second."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")

    def emulate(latency: int, rate: int) -> None:
        limits = {"latency": latency, "downloadThroughput": -1, "uploadThroughput": rate}
        network.send("Network.emulateNetworkConditions", {"offline": False, **limits})

    emulate(LATENCY, upload)
    try:
        yield
    finally:  # the page is shared
        emulate(0, -1)


def click(page: Any, sample_id: str) -> None:
    page.locator(f'.strip button[data-sample="{sample_id}"]').click()


def click_all(page: Any, selectors: list[str]) -> None:
    """Click one button after the other, however long Playwright would take to."""
    page.evaluate(
        """async (selectors) => {
            for (const selector of selectors) {
                document.querySelector(selector).click();
                await new Promise((go) => setTimeout(go, 50));
            }
        }""",
        selectors,
    )


def inspect(page: Any, sample_id: str) -> None:
    click(page, sample_id)
    wait_for(page, "done:3")


def shown(page: Any, *, later: int = 0) -> str:
    """Return the sample that is shown once nothing is under way; empty for an upload."""
    wait_for(page, "done:3")
    page.wait_for_timeout(later)
    wait_for(page, "done:3")
    marked = page.locator('.strip button[aria-pressed="true"]')
    return str(marked.get_attribute("data-sample")) if marked.count() else ""


def sample_ids(page: Any) -> list[str]:
    buttons = page.locator(".strip button").all()
    return [str(one.get_attribute("data-sample")) for one in buttons]


def upload(page: Any, path: Path) -> None:
    page.locator('input[type="file"]').first.set_input_files(path)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "mine.png"
    Image.fromarray(draw_part(7, defective=True, strength=128, side=PICTURE_SIDE)[0]).save(path)
    return path


def test_of_two_quick_clicks_the_second_is_shown_and_neither_is_inspected_twice(
    page: Any, catalog: Catalog
) -> None:
    prints = {
        sample.id: fingerprint(to_input_size(read_image(sample.image_path), (SIDE, SIDE)))
        for sample in catalog.samples.unseen(catalog.product(KEY))
    }
    ids = sample_ids(page)
    pairs = zip(ids[::2], ids[1::2], strict=False)
    with slowly(page):
        for wait, (first, second) in zip((100, 300), pairs, strict=False):
            Counting.given.clear()
            click(page, first)
            page.wait_for_timeout(wait)
            click(page, second)
            assert text(page, "title") == "Inspecting…"
            assert shown(page, later=2 * LATENCY) == second
            counted = Counter(Counting.given)
            assert max(counted.values()) == 1
            assert {name for name, found in counted if found == prints[second]} == set(DETECTORS)


def test_of_many_clicks_the_last_is_shown_and_few_are_inspected(page: Any) -> None:
    ids = sample_ids(page)
    Counting.given.clear()
    with slowly(page):
        click_all(page, [f'.strip button[data-sample="{sample_id}"]' for sample_id in ids])
        assert shown(page, later=2 * LATENCY) == ids[-1]
    assert len(Counting.given) < len(ids) * len(DETECTORS) / 2


def test_whatever_is_asked_for_last_is_shown(page: Any, image: Path, tmp_path: Path) -> None:
    ids = sample_ids(page)
    large = tmp_path / "large.png"
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8)
    Image.fromarray(noise).save(large)
    with slowly(page, upload=300_000):
        upload(page, large)
        page.wait_for_function("document.querySelector('.dl').innerText.includes('large.png: ')")
        assert text(page, "title") == "Uploading…"
        assert page.locator("#input img").is_visible(), "the former one stays meanwhile"
        assert page.locator(".dl").get_attribute("data-waiting") == "true"
        click(page, ids[0])
        assert shown(page, later=3 * LATENCY) == ids[0]
    with slowly(page):
        click(page, ids[1])
        page.wait_for_timeout(150)
        upload(page, image)
        assert shown(page) == ""
        choose_product(page, "tile")
        page.wait_for_timeout(150)
        click(page, ids[2])
        assert shown(page, later=2 * LATENCY) == ids[2]
        assert page.locator("#product input").input_value() == "part"


def test_reports_that_are_clicked_together_are_all_made(page: Any) -> None:
    downloads: list[str] = []
    page.on("download", lambda download: downloads.append(download.suggested_filename))
    with slowly(page), page.expect_event("download", lambda _: len(downloads) == 3):
        click_all(page, [f'[data-format="{name}"]' for name in ("html", "csv", "json", "csv")])
        page.wait_for_function("document.querySelector('.dl').innerText.includes('report.json')")
    assert sorted(name.rpartition(".")[2] for name in downloads) == ["csv", "html", "json"]


def test_an_inspection_moves_no_control_and_marks_the_former_answer(
    page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Counting, "seconds", 0.3)  # so that a busy browser draws meanwhile
    ids = sample_ids(page)
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        inspect(page, ids[0])
        with slowly(page):
            page.evaluate(RECORD)
            click(page, ids[1])
            assert "former image" in text(page, "sub")
            assert page.get_by_role("button", name="PDF", exact=True).is_disabled()
            wait_for(page, "done:3")
            places, badges = page.evaluate("window.stopLooking()")
            assert len(places) == 1
            assert "Former image" in badges
    assert panel(page, "cae").get_attribute("data-former") == "false"


def test_a_file_dropped_anywhere_is_inspected_and_leaves_no_page(page: Any, image: Path) -> None:
    content = base64.b64encode(image.read_bytes()).decode()
    for where in (".dl-verdict", "body"):
        inspect(page, sample_ids(page)[0])
        assert page.evaluate(DROP, [where, content, ["a.png"]])
        assert shown(page) == ""
    page.get_by_role("tab", name="Results").click()
    assert page.evaluate(DROP, ["body", content, ["a.png"]])
    page.get_by_role("tab", name="Inspect").click()
    assert page.locator(".dl").get_attribute("data-ready") == "done:3"


def test_choosing_an_image_takes_nothing_away_before_there_is_one(page: Any, image: Path) -> None:
    inspect(page, sample_ids(page)[0])
    title = text(page, "title")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload file").click()
    page.get_by_role("button", name="Paste from clipboard").click()
    assert page.locator("#input img").is_visible()
    page.get_by_role("button", name="Capture from camera").click()
    page.get_by_text("Click to Access Webcam").wait_for()
    assert page.evaluate(BUTTONS) == [True] * 3, "the camera covers none of them"
    assert (text(page, "title"), panel(page, "cae").get_attribute("data-state")) == (title, "done")
    chooser.value.set_files(image)
    assert shown(page) == ""
    assert page.locator("#input img").is_visible()


def test_an_upload_that_does_not_arrive_is_reported_and_the_former_answer_stands(
    page: Any, image: Path
) -> None:
    ids = sample_ids(page)
    inspect(page, ids[0])
    page.route("**/upload", lambda route: route.abort())
    upload(page, image)
    page.wait_for_function("document.querySelector('#uploads p').innerText.includes('arrive')")
    assert shown(page) == ids[0]
    page.unroute("**/upload")


def test_a_lost_connection_marks_what_is_shown_until_it_is_back(page: Any) -> None:
    lost = page.get_by_text("The connection to the server is lost.")
    assert not lost.is_visible()
    page.context.set_offline(True)
    lost.wait_for()
    page.wait_for_function("getComputedStyle(document.querySelector('.dl-verdict')).opacity < 1")
    page.context.set_offline(False)
    lost.wait_for(state="hidden")
    assert page.locator(".dl").get_attribute("data-lost") == "false"


def test_what_is_shown_survives_a_reload_and_is_a_link(browser: Any, url: str) -> None:
    complaints: list[str] = []
    address = f"{url}?product=no/such&sample=x&rate=often&view=sideways"
    with opened(browser, address, complaints) as page:
        assert text(page, "rate-value") == "2", "what is not understood is left out"
        choose_product(page, "tile")
        page.wait_for_selector('.strip button[data-sample^="tile/"]')
        opening = shown(page)
        page.wait_for_url(f"**sample={opening}*")  # written a moment later
        chosen = next(one for one in sample_ids(page)[3:] if one != opening)
        inspect(page, chosen)
        move_slider(page, 99)
        rate = text(page, "rate-value")
        page.get_by_role("button", name="Outline", exact=True).click()
        page.get_by_role("button", name="Switch between light and dark").click()
        page.wait_for_url("**view=outline*")
        address = page.url
        assert f"product=drawn/tile&sample={chosen}" in address
        reload(page, complaints)
        assert shown(page, later=500) == chosen
        assert text(page, "rate-value") == rate
        assert page.locator('[data-mode="outline"]').get_attribute("aria-pressed") == "true"
        assert page.evaluate("document.body.classList.contains('dark')")
        assert page.url == address
        page.go_back()
        page.wait_for_selector(f'.strip button[aria-pressed="true"][data-sample="{opening}"]')
        assert shown(page) == opening, "a rate and a view are no steps of the history, an image is"


def test_a_missed_defect_and_a_false_alarm_are_called_so(browser: Any, url: str) -> None:
    address = f"{url}?product={KEY}&sample={ALARM}"
    with opened(browser, address, [], script=NO_CAMERA) as page:
        assert text(page, "title") == "False alarm"
        assert text(page, "sub").startswith("The dataset calls it a good part.")
        inspect(page, "part/test/dent/000.png")
        assert text(page, "title") == "Missed defect"
        assert text(page, "sub").startswith("The dataset calls it dent.")
        assert page.evaluate(TONE) != BLUE
        inspect(page, "part/test/good/000.png")
        assert text(page, "title") == "No defect found"
        assert page.evaluate(TONE) == BLUE
        check_words_about_the_camera(page)


def check_words_about_the_camera(page: Any) -> None:
    """Where the browser keeps the camera from a page, it says so, and nothing is lost."""
    words = page.locator("#uploads p")
    page.get_by_role("button", name="Capture from camera").click()
    assert words.inner_text().startswith("The camera needs https or localhost.")
    assert page.locator("#input img").is_visible()
    page.get_by_role("button", name="Remove Image").click()
    wait_for(page, "empty:0")
    page.get_by_role("button", name="Capture from camera").click()
    page.get_by_text("Click to Access Webcam").click()
    assert words.inner_text().startswith("The camera needs https or localhost.")
    assert page.locator(".toast-body").count() == 0
