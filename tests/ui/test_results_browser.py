"""The Results tab in a real headless browser, at both sizes."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inspection.datasets.exclusion import exclude_images, read_exclusions
from inspection.evaluation.classes import ClassifiedImage
from inspection.evaluation.classification import CLASSES, make_classification
from inspection.evaluation.files import EVALUATION, save_record
from inspection.products.catalog import Catalog
from tests.browser import (
    DESKTOP,
    PHONE,
    find_browser,
    move_slider,
    open_page,
    open_tab,
    reload,
    wait_for,
    wait_until_drawn,
)
from tests.doubles.products import make_catalog, write_evaluations
from ui.results.views import VIEWS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed"),
]

KEY, CLASSIFIED = "drawn/part", "drawn/ring"
SIZES = {"desktop": DESKTOP, "phone": PHONE}
on_desktop = pytest.mark.parametrize("opened_page", ["desktop"], indirect=True)  # alike on a phone
SEEN = "[...document.querySelectorAll('.fig .js-plotly-plot')].filter((one) => one.clientWidth)"
TITLES = {view.name: view.title for view in VIEWS}
NUM_PLOTS = {"compare": 2, "review": 1, "costs": 1, "details": 6}
NAMED = tuple(
    ClassifiedImage(f"{place}.png", "drawn", "00", true, guess)
    for place, (true, guess) in enumerate(
        [("normal", "normal"), ("dent", "dent"), ("dent", "normal"), ("scratch", "scratch")]
    )
)
PARTS = {"compare": ".judge .cards svg", "review": ".review .tile"}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The U-Net misses faint defects; of one product, classes are named."""
    catalog = make_catalog(
        tmp_path_factory.mktemp("results"), weakness={"unet": 0.3}, categories=("part", "ring")
    )
    for key in (KEY, CLASSIFIED):
        write_evaluations(catalog, key)
    folder = catalog.product(CLASSIFIED).folder / "patchcore"
    (folder / EVALUATION).unlink()
    save_record(folder / CLASSES, make_classification(folder, NAMED))
    return catalog


@pytest.fixture(scope="module", params=SIZES)
def opened_page(
    request: pytest.FixtureRequest, browser: Any, url: str, complaints: list[str]
) -> Iterator[Any]:
    """The tab, opened once per size; at the end nobody may have complained."""
    with open_page(browser, url, complaints, viewport=SIZES[request.param]) as opened:
        yield opened
    assert complaints == []


@pytest.fixture
def page(opened_page: Any) -> Iterator[Any]:
    open_tab(opened_page, "#tabs", "Results")
    yield opened_page
    assert opened_page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def open_view(page: Any, view: str) -> None:
    open_tab(page, "#results-tabs", TITLES[view])
    if view in PARTS:
        page.wait_for_selector(PARTS[view])
    if view in NUM_PLOTS:
        ready = f"({SEEN}).filter((one) => one._fullLayout).length === {NUM_PLOTS[view]}"
        page.wait_for_function(ready)


def inspected(page: Any) -> str:
    """Return the title of the inspection that another tab asked for."""
    page.wait_for_selector('.dl[data-ready="done:3"]:visible')
    return str(page.locator('.dl [data-part="title"]').first.inner_text())


def test_the_tab_opens_with_the_answer_above_the_comparison(page: Any) -> None:
    open_view(page, "compare")
    said = page.locator(".answer h2").inner_text()
    assert said == "For part, CAE, PatchCore and Joint verdict each find 6 of 6 defects; U-Net 3."
    assert page.locator(".answer li").count() == 4
    page.get_by_text("How sure is that?").click()
    assert "McNemar" in page.locator(".answer details").inner_text()
    page.get_by_text("How sure is that?").click()
    assert page.locator("#results-tabs").get_attribute("data-stale") is None
    page.wait_for_selector(".data:visible td")
    assert "Leaderboard: image AUROC" in page.locator(".data:visible h2").all_inner_texts()
    assert not page.locator(".troubles").is_visible()
    assert not page.locator("#results-tabs .status").is_visible()


def test_every_plot_fills_its_place_and_assistive_technology_finds_nothing(page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for view in (one.name for one in VIEWS if not one.is_rare):
        open_view(page, view)
        page.wait_for_function(
            f"{SEEN}.every((one) => Math.abs(one._fullLayout.width - one.clientWidth) <= 1)"
        )
        if page.viewport_size == DESKTOP:  # alike on a phone
            found = axe.run(page).response["violations"]
            assert [(view, one["help"]) for one in found] == []


@on_desktop
def test_verdicts_follow_the_slider_at_once_and_the_answer_behind_it(page: Any) -> None:
    open_view(page, "compare")
    judge, slider = page.locator(".judge"), page.locator(".rate input")
    strict = judge.locator(".matrix").all_inner_texts()
    line = judge.locator(".bars i").first.get_attribute("style")
    answer = page.locator(".answer ul").inner_text()
    slider.press("End")
    assert page.locator(".rate output").inner_text() == "50 in 100"
    assert judge.locator(".matrix").all_inner_texts() != strict
    assert judge.locator(".bars i").first.get_attribute("style") != line
    assert judge.locator(".kinds tbody tr").count() == 2
    assert len(strict) == 4, "three detectors and their joint verdict"
    page.wait_for_function(
        "(said) => document.querySelector('.answer ul').innerText !== said", arg=answer
    )
    page.locator(".rate").get_by_role("button", name="Back to 2").click()
    assert judge.locator(".matrix").all_inner_texts() == strict
    page.wait_for_function(
        "(said) => document.querySelector('.answer ul').innerText === said", arg=answer
    )


@on_desktop
def test_results_and_inspect_share_one_slider(page: Any) -> None:
    open_tab(page, "#tabs", "Inspect")
    wait_for(page, "done:3")
    for position in (30, 8):
        move_slider(page, position)
        inspected = page.locator('.dl [data-part="rate-value"]').inner_text()
        assert page.locator(".rate output").text_content() == f"{inspected} in 100"
    open_tab(page, "#tabs", "Results")
    page.locator(".rate .reset").click()
    wait_until_drawn(page)
    assert page.locator('.dl [data-part="rate-value"]').text_content() == "2"


@on_desktop
def test_costs_follow_the_prices(page: Any) -> None:
    open_view(page, "costs")
    page.wait_for_selector("text=against 2,000 without inspection")
    page.get_by_label("Price of a missed defect").fill("300")
    page.wait_for_selector("text=against 6,000 without inspection")
    page.get_by_label("Price of a missed defect").fill("100")
    page.wait_for_selector("text=against 2,000 without inspection")


@on_desktop
def test_what_is_framed_in_the_plot_is_shown_and_opens_in_inspect(page: Any) -> None:
    open_view(page, "review")
    page.wait_for_selector("text=Frame points in the plot")
    page.evaluate(
        """() => {
          const plot = document.querySelector('#results-scatter .js-plotly-plot');
          const points = plot.data[1].customdata.map((customdata) => ({ customdata }));
          plot.emit('plotly_selected', { points: points.slice(0, 2) });
        }"""
    )
    page.wait_for_selector("text=Only the 2 picked")
    page.wait_for_function("document.querySelectorAll('.review .tile').length === 2")
    page.evaluate("document.querySelector('.dl').dataset.ready = ''")
    page.locator(".review .tile > button").first.click()
    assert inspected(page) in ("Defect found", "Models disagree")
    open_tab(page, "#tabs", "Results")
    page.get_by_role("button", name="Show what the filters choose").click()
    page.wait_for_selector("text=Frame points in the plot")


@on_desktop
def test_a_miss_opens_in_inspect_and_is_missed_there(page: Any) -> None:
    open_view(page, "review")
    tile = page.locator(".review .tile > button", has=page.locator(".quiet[data-detector=unet]"))
    page.evaluate("document.querySelector('.dl').dataset.ready = ''")
    tile.first.click()
    inspected(page)
    panel = page.locator('.dl-panel[data-detector="unet"]')
    assert "Normal" in panel.inner_text()


@on_desktop
def test_marked_labels_outlive_a_reload_and_become_an_exclusion_list(
    page: Any, catalog: Catalog, complaints: list[str]
) -> None:
    open_view(page, "review")
    ids = [tile.get_attribute("title").splitlines()[0] for tile in tiles(page)][:2]
    for place, mark in enumerate(("The label is wrong", "Unsure")):
        page.locator(".review .tile").nth(place).get_by_role("button", name=mark).press("Enter")
    bar = page.locator(".label-bar:visible")
    assert bar.locator("p").inner_text() == "Labels marked in drawn: 1 wrong, 1 unsure."
    reload(page, complaints)
    page.wait_for_selector(".answer li")
    open_view(page, "review")
    assert bar.locator("p").inner_text() == "Labels marked in drawn: 1 wrong, 1 unsure."
    bar.get_by_role("button", name="Show the 2 marked").click()
    page.wait_for_selector("text=Only the 2 picked")
    page.wait_for_function("document.querySelectorAll('.review .tile').length === 2")
    assert page.locator(".review [aria-pressed=true]").count() == 2
    with page.expect_download() as saved:
        bar.get_by_role("button", name="Save marks as CSV").click()
    with Path(saved.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["image"]: row["mark"] for row in rows} == {ids[0]: "wrong", ids[1]: "unsure"}
    assert {row["label"] for row in rows} <= {"good", "dent", "scratch"}
    with page.expect_download() as saved:
        bar.get_by_role("button", name="Save exclusion list").click()
    out = read_exclusions(Path(saved.value.path()))
    assert list(out) == ids[:1]
    kept = exclude_images(catalog.datasets.read("drawn"), out, by="a list")
    assert ids[0] not in {sample.id for sample in kept.samples}
    page.once("dialog", lambda dialog: dialog.accept())
    bar.get_by_role("button", name="Forget all").click()
    assert page.locator(".review [aria-pressed=true]").count() == 0
    assert "Is a label wrong?" in bar.locator("p").inner_text()
    page.get_by_role("button", name="Show what the filters choose").click()
    page.wait_for_selector("text=Frame points in the plot")


def test_a_list_is_gone_through_in_inspect_and_one_comes_back_to_its_page(page: Any) -> None:
    open_view(page, "review")
    page.wait_for_function("document.querySelectorAll('.review .tile').length === 3")
    ids = [tile.get_attribute("title").splitlines()[0] for tile in tiles(page)]
    page.locator(".review .tile > button").nth(1).scroll_into_view_if_needed()
    top = page.evaluate("scrollY")
    tiles(page)[1].click()
    walk = page.locator(".strip-walk").first
    for key, place in (("", 1), ("j", 2), ("j", 0), ("k", 2)):
        if key:
            page.keyboard.press(key)
        page.wait_for_function("(id) => location.search.includes(id)", arg=ids[place])
        assert walk.locator("output").inner_text() == f"{place + 1} of 3"
    page.wait_for_selector('.dl[data-ready="done:3"]:visible')
    walk.get_by_role("button", name="The label is fine").click()
    page.get_by_role("button", name="Back to the list").click()
    page.wait_for_selector(f'.review .tile > button[aria-current=true][title^="{ids[2]}"]')
    page.wait_for_function("(top) => Math.abs(scrollY - top) < 4", arg=top)
    last = page.locator(".review .tile").nth(2)
    assert last.locator("[aria-pressed=true]").get_attribute("data-mark") == "fine"
    last.locator("[aria-pressed=true]").click()


@on_desktop
def test_a_tile_stays_while_its_heat_map_is_laid_over_it(page: Any) -> None:
    """Heat maps come later: who has reached a tile by keyboard, or presses it, keeps it."""
    open_view(page, "review")
    sources = "[...document.querySelectorAll('.review .tile img')].map((one) => one.src).join()"
    heats = ("nobody", "CAE", "the surer of the two")
    for place, heat in enumerate(heats):
        before = page.evaluate(sources)
        tiles(page)[place].evaluate("(tile) => { tile.dataset.reached = '1'; }")
        choose(page, "Heat map of", heat)
        page.wait_for_function(f"(before) => {sources} !== before", arg=before)
        assert page.locator(".review [data-reached]").count() == place + 1


def tiles(page: Any) -> list[Any]:
    return list(page.locator(".review .tile > button").all())


@on_desktop
def test_classes_are_shown_where_they_were_named(page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    choose_category(page, "ring")
    tab = page.locator("#results-tabs > .tab-wrapper button", has_text="Classes")
    tab.first.wait_for(state="attached")
    open_tab(page, "#results-tabs", TITLES["classes"])
    page.wait_for_selector(".note code:visible")
    assert "--baseline DIR" in page.locator(".note code:visible").last.inner_text()
    page.wait_for_function(f"({SEEN}).filter((one) => one._fullLayout).length === 1")
    assert [one["help"] for one in axe.run(page).response["violations"]] == []
    choose_category(page, "part")
    tab.first.wait_for(state="detached")
    page.wait_for_selector("h2:visible >> text=Leaderboard: image AUROC")


def choose_category(page: Any, name: str) -> None:
    choose(page, "Category", name)


def choose(page: Any, label: str, name: str) -> None:
    page.get_by_label(label, exact=True).filter(visible=True).first.click()
    page.get_by_role("option", name=name, exact=True).first.click()


@on_desktop
def test_a_product_that_is_trained_while_the_page_runs_is_there_after_a_reload(
    page: Any, catalog: Catalog, complaints: list[str]
) -> None:
    folder = catalog.product(KEY).folder
    shutil.copytree(folder, folder.parents[1] / "trained" / "later")
    reload(page, complaints)
    page.wait_for_selector(".answer")
    assert page.get_by_role("tab", name="Results").get_attribute("aria-selected") == "true"
    open_tab(page, "#tabs", "Inspect")
    wait_for(page, "done:3")
    page.locator("#product input").click()
    assert "later (trained)" in page.locator("ul[role=listbox]").first.inner_text()
    page.keyboard.press("Escape")
    open_tab(page, "#tabs", "Results")
