"""One selection for the whole Explore data tab, in a real headless browser: mouse and keyboard."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inspection.datasets.exclusion import read_exclusions
from tests.browser import DESKTOP, PHONE, find_browser, open_page, open_tab, serving
from tests.doubles.products import make_catalog, write_product

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed"),
]

on_desktop = pytest.mark.parametrize("opened", ["desktop"], indirect=True)  # mouse and keyboard
SEEN = "[...document.querySelectorAll('#explore-tabs .js-plotly-plot')].filter(p => p.clientWidth)"
PICKED = f"""(place) => ({SEEN})[place].data.flatMap(({{ customdata, selectedpoints }}) =>
  (selectedpoints ?? []).map((number) => customdata[number]))"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("selection")
    write_product(root / "data" / "drawn")
    good = root / "data" / "drawn" / "part" / "train" / "good"
    dark = np.asarray(Image.open(good / "000.png")) // 4
    Image.fromarray(dark).save(good / "dark.png")  # stands out among the others
    catalog = make_catalog(root, further=[shutil.copytree(root / "data/drawn", root / "data/twin")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEFECT_LENS_CACHE", str(tmp_path_factory.mktemp("cache")))
        with serving(catalog) as address:
            yield address


@pytest.fixture(params=["desktop", "phone"], scope="module")
def opened(request: pytest.FixtureRequest, browser: Any, url: str) -> Iterator[Any]:
    """The page, opened once per size; at the end nobody may have complained."""
    complaints: list[str] = []
    size = {"desktop": DESKTOP, "phone": PHONE}[request.param]
    with open_page(browser, url, complaints, viewport=size) as page:
        yield page
    assert complaints == []


@pytest.fixture
def page(opened: Any) -> Iterator[Any]:
    """The Overview with nothing selected, whatever the test before has left."""
    open_tab(opened, "#tabs", "Explore data")
    open_tab(opened, "#explore-tabs", "Overview")
    opened.wait_for_function(f"({SEEN}).length === 4 && ({SEEN}).every((one) => one.isPickable)")
    clear = opened.locator(".tray").get_by_role("button", name="Clear")
    if clear.is_visible():
        clear.click()
    for search in opened.get_by_role("searchbox").filter(visible=True).all():
        search.fill("")
    yield opened
    assert opened.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def wait_for_tray(page: Any, words: str) -> Any:
    """Wait until so many images are selected, and the server has shown them."""
    tray = page.locator(".tray")
    tray.get_by_text(words, exact=True).wait_for()
    tray.locator(".thumbs button").first.wait_for()
    return tray


def point_in(page: Any, place: int) -> tuple[float, float]:
    """Return the middle of the axes of a plot, scrolled into view."""
    plot = page.locator("#explore-tabs .js-plotly-plot:visible").nth(place)
    plot.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box = plot.locator(".nsewdrag").first.bounding_box()
    return float(box["x"] + box["width"] / 2), float(box["y"] + box["height"] / 2)


@on_desktop
def test_a_box_in_one_plot_stands_out_in_the_others_and_in_the_tables(page: Any) -> None:
    page.get_by_label("box", exact=True).check()
    x, y = point_in(page, 3)
    width = page.evaluate(f"({SEEN})[3]._fullLayout._size.w")
    page.mouse.move(x - width / 2 + 3, y - 40)
    page.mouse.down()
    page.mouse.move(x + width / 2 - 3, y + 40, steps=6)
    page.mouse.up()
    page.locator(".tray .thumbs button").first.wait_for()
    picked = page.evaluate(PICKED, 3)
    assert picked
    wait_for_tray(page, f"{len(picked)} image{'s' * (len(picked) > 1)} selected")
    assert page.evaluate(PICKED, 0), "the bars that hold them stand out, too"
    table = page.locator(".data:visible", has_text="All images")
    table.get_by_role("searchbox").fill(picked[0])
    assert table.locator("tbody input").first.is_checked()
    page.locator(".tray").get_by_role("button", name="Clear").click()
    assert page.evaluate(PICKED, 3) == []
    assert not table.locator("tbody input").first.is_checked()


@on_desktop
def test_bars_select_what_they_count_and_shift_adds(page: Any) -> None:
    counts = page.evaluate(f"({SEEN})[0].data.map((one) => one.x[0])")
    for place, total in enumerate((counts[0], counts[0] + counts[1])):
        page.evaluate(
            f"""([place, shiftKey]) => {{
              const plot = ({SEEN})[0];
              document.dispatchEvent(new PointerEvent('pointerdown', {{ shiftKey }}));
              const points = [{{ data: plot.data[place], pointNumber: 0 }}];
              plot.emit('plotly_click', {{ points }});
            }}""",
            [place, place > 0],
        )
        wait_for_tray(page, f"{total} images selected")


@on_desktop
def test_nothing_of_a_former_selection_can_be_pressed_beside_a_new_one(page: Any) -> None:
    table = page.locator(".data:visible", has_text="All images")
    table.get_by_role("searchbox").fill("dent")
    table.get_by_label("Select all rows that are found").check()
    wait_for_tray(page, "3 images selected").locator(".inspect").wait_for()
    rest = page.evaluate(
        f"""() => {{
          const tray = document.querySelector('.tray');
          const plot = ({SEEN})[0];
          plot.emit('plotly_click', {{ points: [{{ data: plot.data[0], pointNumber: 0 }}] }});
          return [tray.hidden, tray.querySelector('.inspect').hidden,
            tray.querySelectorAll('.thumbs button').length];
        }}"""
    )
    assert rest == [True, True, 0]
    count = page.evaluate(f"({SEEN})[0].data[0].x[0]")
    wait_for_tray(page, f"{count} images selected").locator(".inspect").wait_for()


@on_desktop
def test_by_keyboard_rows_are_selected_saved_shown_and_excluded(page: Any, tmp_path: Path) -> None:
    table = page.locator(".data:visible", has_text="All images")
    table.get_by_role("searchbox").fill("dent")
    table.get_by_label("Select all rows that are found").focus()
    page.keyboard.press("Space")
    ids = [f"part/test/dent/{number:03d}.png" for number in range(3)]
    tray = wait_for_tray(page, "3 images selected")
    with page.expect_download() as saved:
        tray.get_by_role("button", name="Save CSV").press("Enter")
    with Path(saved.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == ids
    assert all(float(row["brightness"]) > 0 for row in rows)
    with page.expect_download() as saved:
        tray.get_by_role("button", name="Save exclusion list").press("Enter")
    assert saved.value.suggested_filename == "excluded-drawn.txt"
    assert list(read_exclusions(Path(saved.value.path()))) == ids
    tray.get_by_role("button", name="Show in the gallery").press("Enter")
    page.get_by_text("Only the selected images (3).").wait_for()
    assert page.locator(".gallery .sides .grid button").count() == 3
    tray.get_by_role("button", name="Clear").press("Enter")
    page.get_by_text("Only the selected images (3).").wait_for(state="hidden")
    assert page.locator(".gallery .sides .grid button").count() > 3


def test_a_tick_on_a_picture_selects_it_and_shows_what_is_selected_elsewhere(page: Any) -> None:
    open_tab(page, "#explore-tabs", "Image quality")
    odd = page.locator(".health:visible", has_text="Odd ones out")
    tick = odd.get_by_label("Select part/train/good/dark.png")
    tick.check()
    tray = wait_for_tray(page, "1 image selected")
    assert tray.locator(".thumbs button").get_attribute("title") == "part/train/good/dark.png"
    tray.get_by_role("button", name="Clear").click()
    page.wait_for_function("!document.querySelector('.tick:checked')")
    odd.get_by_role("button", name="Select (1)").click()
    wait_for_tray(page, "1 image selected")
    assert tick.is_checked()
    tray.get_by_role("button", name="Show in the gallery").click()
    page.get_by_text("Only the selected images (1).").wait_for()
    assert page.locator(".gallery .tick").is_checked()
    page.get_by_role("button", name="Show all images").click()
    page.locator(".gallery .tick").nth(5).check()
    wait_for_tray(page, "2 images selected")
    page.locator(".gallery .tick:checked").first.uncheck()
    wait_for_tray(page, "1 image selected")


@on_desktop
def test_a_selection_is_inspected_as_a_list(page: Any) -> None:
    page.evaluate(
        """document.addEventListener('defect-lens-inspect', ({ detail }) => {
          window.handed = detail;
        })"""
    )
    table = page.locator(".data:visible", has_text="All images")
    table.get_by_role("searchbox").fill("dent")
    table.get_by_label("Select all rows that are found").check()
    tray = wait_for_tray(page, "3 images selected")
    tray.get_by_role("button", name="Inspect 3").click()
    page.wait_for_selector('.dl[data-ready="done:3"]')
    ids = [f"part/test/dent/{number:03d}.png" for number in range(3)]
    handed = page.evaluate("handed")
    assert (handed["product"], handed["sample"], handed["list"]) == ("drawn/part", ids[0], ids)
    assert handed["back"] == "explore-data"
    walk = page.locator(".strip-walk").first
    for key, place in (("", 0), ("j", 1), ("k", 0), ("k", 2)):
        if key:
            page.keyboard.press(key)
        page.wait_for_function("(id) => location.search.includes(id)", arg=ids[place])
        assert walk.locator("output").inner_text() == f"{place + 1} of 3"
    walk.get_by_role("button", name="Back to the list").click()
    wait_for_tray(page, "3 images selected")


def test_the_gallery_hands_its_images_to_inspect_as_a_list_and_one_comes_back(page: Any) -> None:
    open_tab(page, "#explore-tabs", "Gallery")
    pictures = page.locator(".gallery .sides .grid button")
    pictures.nth(1).click()
    page.get_by_role("button", name="Inspect").filter(visible=True).first.click()
    walk = page.locator(".strip-walk").first
    page.wait_for_selector('.dl[data-ready="done:3"]:visible')
    before = walk.locator("output").inner_text()
    page.keyboard.press("j")
    page.wait_for_function(
        "(before) => document.querySelector('.strip-walk output').innerText !== before", arg=before
    )
    walk.get_by_role("button", name="Back to the list").click()
    pictures.first.wait_for()


@on_desktop
def test_another_dataset_begins_without_a_selection(page: Any) -> None:
    table = page.locator(".data:visible", has_text="All images")
    table.locator("tbody input").first.check()
    wait_for_tray(page, "1 image selected")
    page.get_by_label("Dataset", exact=True).first.click()
    page.get_by_role("option", name="twin", exact=True).first.click()
    page.locator(".tray").wait_for(state="hidden")
    page.wait_for_function(f"({SEEN})[0]?.layout?.meta?.origin?.dataset === 'twin'")
    assert page.locator("td.pick input:checked").count() == 0
