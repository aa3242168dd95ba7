"""Find and start a headless browser, and use the page in it."""

import gc
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inspection.products.catalog import Catalog

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TWO_FRAMES = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""


def find_browser() -> str | None:
    """Return the path of a Chromium: the system's, or Playwright's own; None without either."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    for name in NAMES:
        if found := shutil.which(name):
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@contextmanager
def open_browser(flags: Sequence[str] = ()) -> Iterator[Any]:
    """Start the browser, with further flags, and end it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=[*FLAGS, *flags])
        yield browser
        browser.close()


@contextmanager
def without_finalisers() -> Iterator[None]:
    """Start a page so: a finaliser that imports must not run within an import.

    (python/cpython#91351, fixed in 3.12.) Gradio imports for seconds, and earlier tests leave
    garbage with finalisers.
    """
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def launched(catalog: Catalog) -> Iterator[Any]:
    """Serve a page on a free port and give it."""
    with without_finalisers():
        from ui.serve import serve

        served = serve(catalog, host="127.0.0.1")
    yield served
    served.close()


@contextmanager
def serving(catalog: Catalog) -> Iterator[str]:
    """Serve a page on a free port and give its address."""
    with launched(catalog) as served:
        yield str(served.local_url)


def wait_for(page: Any, ready: str) -> None:
    """Wait for the viewer: its state, and how many detectors have answered."""
    page.wait_for_selector(f'.dl[data-ready="{ready}"]')


def part(page: Any, name: str) -> Any:
    """Return a part of the viewer."""
    return page.locator(f'.dl [data-part="{name}"]').first


def text(page: Any, name: str) -> str:
    """Return what a part of the viewer says."""
    return str(part(page, name).inner_text())


def panel(page: Any, detector: str) -> Any:
    """Return the panel of a detector."""
    return page.locator(f'.dl-panel[data-detector="{detector}"]')


def wait_until_drawn(page: Any) -> None:
    """Wait until the page shows what was asked of it: it draws in the next frame, or the second."""
    page.evaluate(TWO_FRAMES)


def picture(page: Any, detector: str = "cae") -> str:
    """Return what the canvas of a panel shows, as a data URI."""
    wait_until_drawn(page)
    canvas = page.locator(f'.dl-panel[data-detector="{detector}"] canvas')
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def region_rows(page: Any) -> list[list[str]]:
    """Return the cells of the viewer's table of regions."""
    rows = page.locator('[data-part="region-rows"] tr').all()
    return [row.locator("td").all_inner_texts() for row in rows]


def open_tab(page: Any, tabs: str, title: str) -> None:
    """Open a tab; on a narrow screen it may lie in the menu of those that have no room."""
    page.wait_for_selector(f"{tabs} > .tab-wrapper")
    row = page.locator(f"{tabs} > .tab-wrapper")
    button = row.get_by_role("tab", name=title, exact=True).filter(visible=True)
    if button.count() == 0:
        row.locator(".overflow-menu > button").first.click()
        button = row.locator(".overflow-dropdown button", has_text=title)
    button.first.click()


@contextmanager
def open_page(
    browser: Any,
    url: str,
    complaints: list[str],
    *,
    script: str = "",
    hears_console: bool = True,
    **options: Any,
) -> Iterator[Any]:
    """Open a page and wait for its answers; note what goes wrong, and what leaves the machine.

    Args:
        browser: that of `open_browser`.
        url: of the page.
        complaints: where it is noted.
        script: runs before those of the page.
        hears_console: the console complains of a lost connection, too.
        options: of the browser's context.
    """
    context = browser.new_context(**options)
    context.set_default_timeout(120_000)  # two busy cores can be slow
    opened = context.new_page()
    opened.add_init_script(script)

    def note(text: str, *, is_wrong: bool = True) -> None:
        if is_wrong:
            complaints.append(text)

    if hears_console:
        opened.on("console", lambda m: note(m.text, is_wrong=m.type == "error"))
    opened.on("pageerror", lambda error: note(str(error)))
    opened.on("request", lambda r: note(r.url, is_wrong=is_outside(r.url)))
    opened.goto(url)
    wait_for(opened, "done:3")
    yield opened
    with leaving(complaints):
        context.close()


@contextmanager
def leaving(complaints: list[str]) -> Iterator[None]:
    """Leave a page; that cuts Gradio's connection, about which the page left may complain."""
    said = list(complaints)
    yield
    complaints[:] = said


def reload(page: Any, complaints: list[str]) -> None:
    """Load a page anew, which leaves it."""
    with leaving(complaints):
        page.reload(wait_until="commit")


def is_outside(url: str) -> bool:
    """Return whether a request leaves the machine."""
    return url.startswith("http") and "//127.0.0.1" not in url and "//localhost" not in url


def pick(page: Any, label: str) -> None:
    """Choose a sample by the beginning of its label, and wait for the answers."""
    page.evaluate("document.querySelector('.dl').dataset.ready = ''")
    page.get_by_role("button", name=re.compile(f"^{label}, ")).first.click()
    wait_for(page, "done:3")


def move_slider(page: Any, position: int) -> None:
    """Move the slider of the false-alarm rate, to its end at most."""
    slider = part(page, "rate")
    slider.fill(str(min(position, int(slider.get_attribute("max")))))
    wait_until_drawn(page)


def choose_product(page: Any, name: str) -> None:
    """Choose a product by its name."""
    page.locator("#product input").click()
    page.get_by_role("option", name=name).click()
