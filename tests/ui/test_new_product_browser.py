"""From photographs to a verdict in a real browser, without a terminal."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from inspection.products.catalog import Catalog
from tests.browser import DESKTOP, PHONE, open_page, open_tab, reload, wait_for
from tests.doubles.detectors import FakeEmbed
from tests.doubles.parts import PICTURE_SIDE, draw_part
from tests.doubles.products import make_catalog

pytestmark = pytest.mark.browser

LEARNING = """
import json, sys, time
from pathlib import Path
from tests.doubles.products import write_checkpoint
job = json.loads(sys.stdin.readline())
for name in job["detectors"]:
    folder = Path(job["checkpoints"]) / job["name"] / name
    write_checkpoint(folder)
    result = {"rate": 0.02, "held_out": 100, "defects": 1, "found": 1, "good": 0, "alarms": 0}
    for event in (
        {"event": "begin"}, {"event": "share", "share": 0.5, "step": "learning"},
        *({"event": "epoch", "epoch": n, "loss": 1 / n, "validation": 2 / n} for n in (1, 2, 3)),
        {"event": "kept", "seconds": 3.0, "result": result | {"drawn": 0, "drawn_found": 0}},
    ):
        print(json.dumps({"detector": name, **event}), flush=True)
"""


# a camera that is there once the test allows it
CAMERA = """() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 48 });
  setInterval(() => canvas.getContext('2d').fillRect(0, 0, 64, 48), 50);
  window.streams = [];
  navigator.mediaDevices.getUserMedia = async () => {
    await new Promise((done) => { window.allow = done; });
    window.streams.push(canvas.captureStream(30));
    return window.streams.at(-1);
  };
}"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("new-product")


@pytest.fixture(scope="module")
def catalog(root: Path) -> Catalog:
    made = make_catalog(root, embed=FakeEmbed())
    made.open_workshop(root / "own", [sys.executable, "-c", LEARNING])
    return made


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    return []


@pytest.fixture(scope="module")
def page(browser: Any, url: str, complaints: list[str]) -> Iterator[Any]:
    with open_page(browser, url, complaints, viewport=DESKTOP) as opened:
        open_tab(opened, "#tabs", "New product")
        opened.wait_for_selector(".np-all:not([hidden])")
        yield opened
    assert complaints == []


@pytest.fixture(scope="module")
def files(root: Path) -> list[str]:
    folder = root / "given"
    folder.mkdir()
    for index in range(9):
        Image.fromarray(draw_part(index, side=PICTURE_SIDE)[0]).save(folder / f"part {index}.png")
    (folder / "part 9.txt").write_text("no photograph")
    return [str(path) for path in sorted(folder.iterdir())]


def said(page: Any, part: str) -> str:
    return str(page.locator(part).inner_text())


def wait_for_words(page: Any, part: str, words: str) -> None:
    page.wait_for_function(
        "([part, words]) => document.querySelector(part)?.textContent.includes(words)",
        arg=[part, words],
    )


def test_a_product_is_made_and_photographs_arrive_one_by_one(page: Any, files: list[str]) -> None:
    page.fill(".np-new input", "con")
    page.set_input_files(".np-chooser", files[:1])
    wait_for_words(page, ".np-said", "Windows keeps that name")
    page.fill(".np-new input", "Haselnuß <1>")
    page.click(".np-new button")
    wait_for_words(page, ".np-said", "no folder may have < >")
    page.fill(".np-new input", "Haselnuß 1")
    page.set_input_files(".np-chooser", files)
    wait_for_words(page, ".np-arriving p", "9 taken, 1 not:")
    assert "part 9.txt could not be read as an image" in said(page, ".np-refused")
    page.wait_for_function("document.querySelectorAll('.np-grid img[src]').length === 9")


def test_a_camera_that_is_allowed_after_another_tab_was_opened_stays_off(page: Any) -> None:
    page.evaluate(CAMERA)
    for _ in range(2):
        page.click(".np-camera")
    open_tab(page, "#tabs", "Inspect")
    page.evaluate("window.allow()")
    page.wait_for_function(
        "window.streams.map((one) => one.getVideoTracks()[0].readyState).join() === 'ended'"
    )
    open_tab(page, "#tabs", "New product")
    page.click(".np-camera")
    page.evaluate("window.allow()")
    page.wait_for_selector(".np-live:not([hidden])")
    page.click(".np-shut")
    page.wait_for_selector(".np-live", state="hidden")


def test_a_folder_of_a_dataset_is_copied(page: Any, root: Path, complaints: list[str]) -> None:
    page.click(".np-datasets")
    page.select_option(".np-there select", "drawn/part/test/good")
    page.click(".np-there button")
    wait_for_words(page, ".np-photographs", "Good parts: 13")
    for path in sorted(root.glob("own/Haselnuß 1/train/good/*"))[:4]:
        assert path.name.startswith("00")
        path.unlink()
    reload(page, complaints)
    open_tab(page, "#tabs", "New product")
    wait_for_words(page, ".np-photographs", "Good parts: 9")


def test_a_defective_part_is_kept_by_its_kind(page: Any, root: Path) -> None:
    path = root / "dent.png"
    Image.fromarray(draw_part(77, side=PICTURE_SIDE, defective=True)[0]).save(path)
    page.check("[name=np-kind][value=bad]")
    page.set_input_files(".np-chooser", [str(path)])
    wait_for_words(page, ".np-said", "Say what is wrong")
    page.fill(".np-type input", "dent")
    page.set_input_files(".np-chooser", [str(path)])
    wait_for_words(page, ".np-photographs", "Defective: dent: 1")
    assert (root / "own/Haselnuß 1/test/dent/dent.png").read_bytes() == path.read_bytes()


def test_the_look_is_shown_and_a_click_leaves_a_photograph_out(page: Any, root: Path) -> None:
    wait_for_words(page, ".np-findings", "9 good photographs: thresholds for")
    page.click(".np-grid button >> nth=0")
    wait_for_words(page, ".np-photographs", "Good parts: 8, 1 left out")
    assert page.evaluate("document.activeElement.ariaPressed") == "true", "the keyboard stays there"
    wait_for_words(page, ".np-findings", "8 good photographs")
    page.click(".np-grid button[aria-pressed=true]")
    wait_for_words(page, ".np-photographs", "Good parts: 9")
    assert len(list(root.glob("own/Haselnuß 1/train/good/*"))) == 9


def test_what_has_learned_opens_in_inspect_and_is_there_after_a_reload(
    page: Any, complaints: list[str]
) -> None:
    for name in ("cae", "unet"):
        page.uncheck(f".np-detectors input[value={name}]")
    page.click(".np-learn")
    wait_for_words(page, ".np-results", "found 1 of 1 defective photographs")
    wait_for_words(page, ".np-phase", "has learned")
    assert page.locator(".np-detectors svg polyline").count() == 2
    reload(page, complaints)
    page.wait_for_selector("#tabs")
    open_tab(page, "#tabs", "New product")
    wait_for_words(page, ".np-results", "found 1 of 1 defective photographs")
    assert "dent.png" in said(page, ".np-next")
    page.click(".np-inspect")
    wait_for(page, "done:1")
    assert "Haselnuß 1" in page.locator("#product input").input_value()
    untrained = page.locator('.dl-panel[data-detector="unet"]')
    assert "It learns in the tab New product." in untrained.inner_text()
    assert not untrained.locator("code").is_visible(), "no command is needed"


def test_on_a_phone_nothing_is_wider_than_the_page(
    browser: Any, url: str, complaints: list[str]
) -> None:
    with open_page(browser, url, complaints, viewport=PHONE, has_touch=True) as phone:
        open_tab(phone, "#tabs", "New product")
        phone.wait_for_selector(".np-grid img[src]")
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        sizes = phone.evaluate(
            "[...document.querySelectorAll('.np-ways button')].filter((one) => one.offsetParent)"
            ".map((one) => one.offsetHeight)"
        )
        assert min(sizes) >= 44
