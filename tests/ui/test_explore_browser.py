"""The Explore data tab in a real headless browser: every plot, every table; on a phone too."""

import csv
import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from eda.views import VIEWS
from inspection.products.catalog import Catalog
from tests.browser import DESKTOP, PHONE, find_browser, open_page, open_tab, pick, serving
from tests.doubles.products import make_catalog, write_product

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed"),
]

SIZES = {"desktop": DESKTOP, "phone": PHONE}
SEEN = "[...document.querySelectorAll('.fig .js-plotly-plot')].filter((one) => one.clientWidth)"
PLOTS = f"{SEEN}.map((one) => JSON.stringify([one.data, one.layout.annotations]))"
on_desktop = pytest.mark.parametrize("opened", ["desktop"], indirect=True)  # alike on a phone
TITLES = {view.name: view.title for view in VIEWS}
NUM_PLOTS = {"overview": 4, "gallery": 0, "quality": 6, "defects": 6, "similarity": 1, "compare": 1}
WAITS = {"gallery": ".gallery:visible", "quality": ".health:visible", "compare": ".fig:visible"}
UNFILTERED = {"Dataset": "drawn", "Category": "All categories", "Defect type": "All types"}
WITH_PLOTS = [view for view in NUM_PLOTS if view not in ("gallery", "compare")]  # few to compare
NUM_TABLES = {"overview": 3, "defects": 4, "similarity": 1}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Two categories that differ in size, in number and in the types of their defects."""
    root = tmp_path_factory.mktemp("explore")
    write_product(root / "data" / "drawn", "tile", num_good=5, num_bad=2)
    write_cracks(root / "data" / "drawn" / "tile")
    write_product(root / "data" / "drawn")
    catalog = make_catalog(root, further=[write_negative(root)])
    good = root / "data" / "drawn" / "part"
    for name in ("900.png", "901.png"):  # near-duplicates across the split
        shutil.copy(good / "test" / "good" / "000.png", good / "train" / "good" / name)
    return catalog


def write_negative(root: Path) -> Path:
    """Write a dataset of which no detector is trained, with the ids of the first one."""
    folder = root / "data" / "negative"
    shutil.copytree(root / "data" / "drawn" / "part", folder / "part")
    for path in folder.glob("part/t*/*/*.png"):
        Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    return folder


def write_cracks(folder: Path) -> None:
    """Add wide and tall images with a thin line, and a mask that belongs to no image."""
    rng = np.random.default_rng(5)
    for number in range(4):
        image = rng.normal(110, 6, (80, 120)).clip(0, 255).astype(np.uint8)
        mask = np.zeros((80, 120), np.uint8)
        mask[20 + 9 * number, 10:70] = 255
        image[mask > 0] = 30
        if number % 2:
            image, mask = image.T, mask.T
        for path, pixels in (
            (folder / "test" / "crack" / f"{number:03d}.png", image),
            (folder / "ground_truth" / "crack" / f"{number:03d}_mask.png", mask),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    Image.new("L", (96, 96)).save(folder / "ground_truth" / "crack" / "900_mask.png")


@pytest.fixture(scope="module")
def url(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEFECT_LENS_CACHE", str(tmp_path_factory.mktemp("cache")))
        with serving(catalog) as address:
            yield address


@pytest.fixture(params=SIZES, scope="module")
def opened(
    request: pytest.FixtureRequest, browser: Any, url: str, complaints: list[str]
) -> Iterator[Any]:
    """The tab, opened once per size: that takes seconds; at the end nobody may have complained."""
    with open_page(browser, url, complaints, viewport=SIZES[request.param]) as page:
        open_tab(page, "#tabs", "Explore data")
        page.wait_for_selector(".tiles div")
        yield page
    assert complaints == []


@pytest.fixture
def page(opened: Any) -> Iterator[Any]:
    yield opened
    assert opened.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.fixture
def own_page(page: Any) -> Iterator[Any]:
    """The same, for a test that changes what is shown: it is put back."""
    yield page
    open_tab(page, "#tabs", "Explore data")
    for label, option in UNFILTERED.items():
        if page.get_by_label(label, exact=True).first.input_value() != option:
            with answering(page):
                choose(page, label, option)


@contextmanager
def answering(page: Any) -> Iterator[None]:
    """Wait for the answer to what is done: until it comes, an older one may stand there."""
    page.evaluate("document.getElementById('explore-tabs').dataset.stale = ''")
    yield
    page.wait_for_selector("#explore-tabs:not([data-stale])")


def open_view(page: Any, view: str) -> None:
    """Open a sub-tab and wait for what it shows."""
    tabs = page.locator("#explore-tabs > .tab-wrapper button[aria-selected=true]")
    if tabs.first.inner_text() != TITLES[view]:
        with answering(page):
            open_tab(page, "#explore-tabs", TITLES[view])
    page.wait_for_function(
        f"({SEEN}).filter((one) => one._fullLayout).length === {NUM_PLOTS[view]}"
    )
    page.wait_for_selector(WAITS.get(view, ".data:visible"))


def choose(page: Any, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).first.click()
    page.get_by_role("option", name=option, exact=True).first.click()


@on_desktop
def test_every_plot_follows_category_and_defect_type(own_page: Any) -> None:
    narrow = (("Category", "tile"), ("Defect type", "crack"))
    widen = (("Defect type", "All types"), ("Category", "All categories"))
    for view, choices in zip(WITH_PLOTS, itertools.cycle((narrow, widen)), strict=False):
        open_view(own_page, view)
        for label, option in choices:
            before = own_page.evaluate(PLOTS)
            choose(own_page, label, option)
            own_page.wait_for_function(
                f"(before) => {{ const now = {PLOTS}; return now.length === before.length"
                " && now.every((one, index) => one !== before[index]); }",
                arg=before,
            )


@on_desktop
def test_the_gallery_follows_category_and_defect_type(own_page: Any) -> None:
    open_view(own_page, "gallery")
    assert headings(own_page) == ["Good (15)", "Defective (14)"]
    choose(own_page, "Category", "tile")
    own_page.wait_for_selector("text=Defective (8)")
    choose(own_page, "Defect type", "crack")
    own_page.wait_for_selector("text=Defective (4)")
    assert headings(own_page) == ["Good (7)", "Defective (4)"]


def test_tall_images_are_shown_whole_in_the_gallery(page: Any) -> None:
    open_view(page, "gallery")
    boxes = page.evaluate(
        """[...document.querySelectorAll('.gallery .picture')].map((one) => [one, ...one.children]
          .map((part) => part.getBoundingClientRect().toJSON()))"""
    )
    assert len(boxes) > 12
    for frame, *parts in boxes:
        assert all(part["bottom"] <= frame["bottom"] + 1 for part in parts)


def headings(page: Any) -> list[str]:
    return [str(one) for one in page.locator(".sides h2").all_inner_texts()]


@on_desktop
def test_every_view_suits_assistive_technology_and_its_tables_are_sorted_searched_and_saved(
    own_page: Any,
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for view in TITLES:
        open_view(own_page, view)
        found = axe.run(own_page).response["violations"]
        assert [(view, one["help"]) for one in found] == []
        tables = own_page.locator(".data:visible")
        assert (view, tables.count()) == (view, NUM_TABLES.get(view, 0))
        for table in tables.all():
            check_sorting(table)
            check_searching(table)
            check_saving(own_page, table)


def column(table: Any) -> list[str]:
    first = table.locator("tbody tr :nth-child(1 of td:not(.pick))")
    return [str(one) for one in first.all_inner_texts()]


def check_sorting(table: Any) -> None:
    head = table.locator("th button").first
    head.click()
    upwards = column(table)
    assert table.locator("th:not(.pick)").first.get_attribute("aria-sort") == "ascending"
    head.click()
    assert table.locator("th:not(.pick)").first.get_attribute("aria-sort") == "descending"
    if "page" not in table.locator(".count").inner_text():  # else it begins with other rows
        assert sorted(column(table)) == sorted(upwards)
    assert len(set(upwards)) == 1 or column(table)[0] != upwards[0]


def check_searching(table: Any) -> None:
    search = table.get_by_role("searchbox")
    search.fill("no row holds this")
    assert column(table) == []
    wanted = table.locator("tbody")
    search.fill("")
    first = column(table)[0]
    search.fill(first)
    assert wanted.locator("tr").count() >= 1
    assert all(first in row for row in wanted.locator("tr").all_inner_texts())
    search.fill("")


def check_saving(page: Any, table: Any) -> None:
    with page.expect_download() as event:
        table.get_by_role("button", name="CSV").click()
    with Path(event.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    count = int(table.locator(".count").inner_text().split(" ")[0].replace(",", ""))
    assert len(rows) == count + 1
    assert len({len(row) for row in rows}) == 1
    titles = [one.strip() for one in table.locator("th:not(.pick)").all_inner_texts()]
    assert [title.strip() for title in rows[0]] == [title.rstrip(" ↕↑↓") for title in titles]


def test_search_and_download_of_a_table_stand_in_one_line(page: Any) -> None:
    for view in ("overview", "defects"):
        open_view(page, view)
        heads = page.locator(".data:visible .data-head:has(input:visible)").all()
        assert heads
        for head in heads:
            tops = [head.locator(part).bounding_box()["y"] for part in ("input", ".save")]
            assert abs(tops[0] - tops[1]) < 2


def test_plots_fill_their_places_and_have_names(page: Any) -> None:
    for view in ("defects", "overview"):
        open_view(page, view)
        page.wait_for_function(
            f"{SEEN}.every((one) => Math.abs(one._fullLayout.width - one.clientWidth) <= 1)"
        )
        assert page.evaluate(f"Math.min(...{SEEN}.map((one) => one._fullLayout._size.h))") > 90
        names = page.evaluate(f"{SEEN}.map((one) => one.getAttribute('aria-label'))")
        assert all(names)
        assert len(set(names)) == len(names)


@on_desktop
def test_a_click_opens_an_image_large_and_hands_it_to_the_detectors(own_page: Any) -> None:
    open_view(own_page, "gallery")
    own_page.locator(".sides section").nth(1).locator("button").first.click()
    dialog = own_page.locator("dialog.detail")
    dialog.locator("dt").first.wait_for()
    assert dialog.locator(".picture path").count() == 2
    first = dialog.locator("h2").inner_text()
    own_page.keyboard.press("ArrowRight")
    own_page.wait_for_selector("dialog.detail:not([data-former]) dt")
    assert dialog.locator("img").get_attribute("alt") == dialog.locator("h2").inner_text() != first
    dialog.get_by_role("button", name="The image before").click()
    own_page.wait_for_selector("dialog.detail:not([data-former]) dt")
    assert dialog.locator("img").get_attribute("alt") == dialog.locator("h2").inner_text() == first
    dialog.get_by_role("button", name="Close").click()
    own_page.locator(".sides section").nth(1).locator("button").first.click()
    assert dialog.locator("dt").count() > 0, "nothing new has come, and yet it is not empty"
    own_page.evaluate("document.querySelector('.dl').dataset.ready = ''")
    dialog.get_by_role("button", name="Inspect this image").click()
    own_page.wait_for_selector('.dl[data-ready="done:3"]')
    assert own_page.locator('.dl [data-part="title"]').first.inner_text() == "Defect found"


@on_desktop
def test_an_inspection_copies_little_of_what_other_tabs_hold(own_page: Any) -> None:
    for view in ("gallery", "quality", "defects"):
        open_view(own_page, view)
    open_tab(own_page, "#tabs", "Inspect")
    own_page.evaluate(
        """() => {
          const { structuredClone } = window;
          window.numCopies = 0;
          window.structuredClone = (...given) => {
            window.numCopies += 1;
            return structuredClone(...given);
          };
        }"""
    )
    pick(own_page, "scratch")
    assert own_page.evaluate("window.numCopies") < 20_000


@on_desktop
def test_the_images_behind_a_finding_are_shown_and_open_large(own_page: Any) -> None:
    open_view(own_page, "overview")
    own_page.wait_for_selector(".health li:has-text('nearly the same picture in training')")
    finding = own_page.locator(".health li:has-text('nearly the same picture in training')")
    finding.get_by_role("button", name="Show").click()
    pair = finding.locator("figure").first
    pair.locator("img").nth(1).wait_for()
    assert {one.get_attribute("title") for one in pair.get_by_role("button").all()} >= {
        "part/test/good/000.png"
    }
    pair.get_by_role("button").first.click()
    dialog = own_page.locator("dialog.detail")
    dialog.locator("dt").first.wait_for()
    dialog.get_by_role("button", name="Close").click()
    finding.get_by_role("button", name="Show").click()
    assert not pair.is_visible()
    finding.get_by_role("button", name="Select").click()
    own_page.wait_for_selector(".tray .count:has-text('selected')")
    own_page.locator(".tray .clear").click()


@on_desktop
def test_a_doubted_label_is_marked_where_its_picture_stands(own_page: Any) -> None:
    finding = own_page.locator(".health li:has-text('nearly the same picture in training')")
    finding.get_by_role("button", name="Show").click()
    finding.locator(".tile").first.get_by_role("button", name="The label is wrong").click()
    bar = own_page.locator(".label-bar:visible")
    assert "1 wrong" in bar.locator("p").inner_text()
    bar.get_by_role("button", name="Select the 1 marked").click()
    own_page.locator(".tray").get_by_text("1 image selected", exact=True).wait_for()
    own_page.locator(".tray").get_by_role("button", name="Clear").click()


@on_desktop
def test_a_point_shows_the_image_of_its_own_dataset(own_page: Any) -> None:
    open_view(own_page, "similarity")
    small, large = hover(own_page), click(own_page)
    choose(own_page, "Dataset", "negative")
    own_page.wait_for_function(f"({SEEN})[0]?.layout?.meta?.origin?.dataset === 'negative'")
    assert hover(own_page) != small
    assert click(own_page) != large


@on_desktop
def test_an_image_of_ones_own_is_shown_with_what_is_most_like_it(
    own_page: Any, tmp_path: Path, catalog: Catalog
) -> None:
    (folder,) = (one for name, one in catalog.datasets.by_name.items() if name == "drawn")
    wanted = "part/test/dent/001.png"
    own = shutil.copy(folder / wanted, tmp_path / "mine.png")
    open_view(own_page, "similarity")
    nearest = own_page.locator(".health:visible", has_text="Most like your image")
    assert nearest.locator("figure").count() == 0
    own_page.locator("#own-uploads input").set_input_files(own)
    nearest.locator("figure").first.wait_for()
    assert nearest.locator("figure button").first.get_attribute("title") == wanted
    assert own_page.locator("#own-input img").count() == 1
    nearest.get_by_role("button", name="Select (12)").click()
    own_page.wait_for_selector(".tray .count:has-text('12 images selected')")
    own_page.locator(".tray .clear").click()
    own_page.locator("#own-input").get_by_label("Remove Image").click()
    nearest.locator("figure").first.wait_for(state="detached")
    assert own_page.locator("#own-input img").count() == 0


def emit(page: Any, event: str) -> None:
    """Let the plot say that something happened to the point of an image that both have."""
    page.evaluate(
        f"""(id) => {{
          const plot = ({SEEN})[0];
          const data = plot.data.find(({{ customdata }}) => customdata.includes(id));
          const point = {{ data, pointNumber: data.customdata.indexOf(id), customdata: id }};
          plot.emit('{event}', {{ points: [point], event: {{ clientX: 300, clientY: 300 }} }});
        }}""",
        "part/test/dent/000.png",
    )


def hover(page: Any) -> str:
    emit(page, "plotly_hover")
    page.wait_for_selector(".peek img")
    source = str(page.locator(".peek img").get_attribute("src"))
    emit(page, "plotly_unhover")
    return source


def click(page: Any) -> str:
    emit(page, "plotly_click")
    page.locator(".tray .thumbs button").first.click()
    dialog = page.locator("dialog.detail")
    dialog.locator("dt").first.wait_for()
    source = str(dialog.locator("img").get_attribute("src"))
    dialog.get_by_role("button", name="Close").click()
    page.locator(".tray").get_by_role("button", name="Clear").click()
    return source
