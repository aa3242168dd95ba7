"""A new image that waits, or that a full queue refuses: no old verdict beside it is unmarked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inspection.products.catalog import Catalog
from tests.browser import (
    DESKTOP,
    find_browser,
    open_page,
    open_tab,
    text,
    wait_for,
    without_finalisers,
)
from tests.doubles.detectors import FakeEmbed
from tests.doubles.parts import draw_part, write_part
from tests.doubles.products import make_catalog

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium on this machine"),
]
FORMER = "still those of the former image"
STATES = """document.addEventListener('defect-lens-queue', ({ detail: { tab, state } }) => {
  window.states = { ...window.states, [tab]: state };
});"""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_catalog(tmp_path_factory.mktemp("waiting"), embed=FakeEmbed())


@pytest.fixture(scope="module")
def own_image(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("own") / "mine.png"
    write_part(path, draw_part(5)[0])
    return str(path)


@pytest.fixture(scope="module")
def served(catalog: Catalog) -> Iterator[Any]:
    with without_finalisers():
        from ui.serve import serve

        page = serve(catalog, host="127.0.0.1")
    yield page
    page.close()


@pytest.fixture
def page(browser: Any, served: Any) -> Iterator[Any]:
    with open_page(
        browser, served.local_url, [], script=STATES, hears_console=False, viewport=DESKTOP
    ) as opened:
        wait_until_answered(opened, "inspect")
        yield opened


def wait_until_answered(page: Any, tab: str) -> None:
    """Wait for the end of an answer: one under way would take over what is asked for next."""
    page.wait_for_function("(tab) => window.states?.[tab] === 'answered'", arg=tab)


def is_grey(page: Any, selector: str) -> bool:
    style = page.locator(selector).first.evaluate("one => getComputedStyle(one).filter")
    return bool(style == "grayscale(1)")


def test_while_an_upload_waits_the_former_verdict_is_gone_and_its_maps_are_marked(
    page: Any, served: Any, own_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "This sample is" in text(page, "facts")
    with monkeypatch.context() as slow:
        slow.setattr(served._queue, "get_events", lambda: None)
        page.locator("#uploads input[type=file]").set_input_files(own_image)
        page.get_by_text("Number 1 in the queue").wait_for()
        assert text(page, "title") == "Inspecting…"
        assert FORMER in text(page, "sub")
        assert "This sample is" not in text(page, "facts")
        assert is_grey(page, ".dl-panels")
    wait_for(page, "done:3")
    assert "This sample is" not in text(page, "facts")
    assert FORMER not in text(page, "sub")
    assert not is_grey(page, ".dl-panels")


def test_an_upload_that_a_full_queue_refuses_is_told_and_the_former_answer_marked(
    page: Any, served: Any, own_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(served._queue, "max_size", 0)
        page.locator("#uploads input[type=file]").set_input_files(own_image)
        page.get_by_text("The page is busy").wait_for()
        assert "Try again in a minute." in text(page, "sub")
        assert FORMER in text(page, "sub")
        assert "This sample is" not in text(page, "facts")
        assert is_grey(page, ".dl-panels")
    page.locator("#uploads input[type=file]").set_input_files(own_image)
    wait_for(page, "done:3")
    assert not is_grey(page, ".dl-panels")


def test_the_sensitivity_tab_marks_what_is_of_a_former_image(
    page: Any, served: Any, own_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_tab(page, "#tabs", "Sensitivity")
    wait_until_answered(page, "sensitivity")
    words = page.locator(".lab-waiting")
    with monkeypatch.context() as slow:
        slow.setattr(served._queue, "get_events", lambda: None)
        page.locator("#lab-uploads input[type=file]").set_input_files(own_image)
        page.get_by_text("The new image is number 1 in the queue").wait_for()
        assert "still of the former one" in words.inner_text()
        assert is_grey(page, "#lab-fade .lab")
    page.locator("#lab-fade").get_by_text("no detector flags anything").wait_for()
    page.wait_for_function("document.querySelector('.lab-waiting').textContent === ''")
    assert not is_grey(page, "#lab-fade .lab")
    with monkeypatch.context() as full:
        full.setattr(served._queue, "max_size", 0)
        page.locator("#lab-uploads input[type=file]").set_input_files(own_image)
        page.get_by_text("Too many images are waiting").wait_for()
        assert is_grey(page, "#lab-fade .lab")
