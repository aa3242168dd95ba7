"""The page in a real browser: a click costs what the browser does about it, too."""

from typing import Any

from tests.browser import open_tab, wait_for

SUB_TABS = {"Explore data": "#explore-tabs", "Results": "#results-tabs"}
LISTEN = """() => {
  window.shown = new Promise((done) => {
    document.addEventListener('defect-lens-shown', () => done(), { once: true });
    setTimeout(done, 5000); // a view that is there already asks for nothing
  });
}"""


def show_next(page: Any) -> None:
    """Have the next image of the product inspected, and wait until all detectors are shown."""
    page.evaluate("document.querySelector('.dl').dataset.ready = ''")
    page.keyboard.press("j")
    wait_for(page, "done:3")


def open_every_view(page: Any) -> None:
    """Open each view of the dataset and of the evaluations once, and come back."""
    for title, tabs in SUB_TABS.items():
        _open(page, "#tabs", title)
        row = page.locator(f"{tabs} > .tab-wrapper").get_by_role("tab").filter(visible=True)
        for view in row.all_inner_texts():
            _open(page, tabs, view)
    open_tab(page, "#tabs", "Inspect")
    page.evaluate("document.activeElement.blur()")


def _open(page: Any, tabs: str, title: str) -> None:
    page.evaluate(LISTEN)
    open_tab(page, tabs, title)
    page.evaluate("window.shown")
