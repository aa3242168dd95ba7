"""Many images in a real browser: dropped and from the dataset, to the viewer and back."""

import base64
import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inspection.products.catalog import Catalog
from tests.browser import DESKTOP, PHONE, open_page, text, wait_for
from tests.doubles.detectors import FakeEmbed
from tests.doubles.parts import PICTURE_SIDE, draw_part, write_part
from tests.doubles.products import make_catalog

pytestmark = pytest.mark.browser

DROP = """(files) => {
  const given = new DataTransfer();
  for (const [name, content] of files) {
    given.items.add(new File([Uint8Array.from(atob(content), (one) => one.charCodeAt(0))], name));
  }
  const options = { bubbles: true, cancelable: true, dataTransfer: given };
  for (const type of ['dragenter', 'dragover', 'drop']) {
    document.body.dispatchEvent(new DragEvent(type, options));
  }
}"""
ANSWERS = "**/run/predict**"
OUTCOMES = "(rows) => rows.filter((row) => !row.hidden).map((row) => row.dataset.outcome)"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """No detector sees faint defects."""
    weakness = {"cae": 0.5, "unet": 0.3, "patchcore": 0.5}
    return make_catalog(tmp_path_factory.mktemp("page"), weakness=weakness, embed=FakeEmbed())


@pytest.fixture
def files(tmp_path: Path) -> list[list[str]]:
    """Two good parts, a defective one, what is no image, and a ZIP of a good and a bad part."""

    def draw(seed: int, *, defective: bool = False) -> bytes:
        path = tmp_path / f"{seed}.png"
        image, _ = draw_part(seed, defective=defective, strength=120, side=PICTURE_SIDE)
        write_part(path, image)
        return path.read_bytes()

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("box/4.png", draw(4))
        archive.writestr("../box/5.png", draw(5, defective=True))
    given = {
        "1.png": draw(1),
        "2.png": draw(2),
        "3.png": draw(3, defective=True),
        "broken.png": b"no picture",
        "notes.txt": b"no image",
        "box.zip": packed.getvalue(),
    }
    return [[name, base64.b64encode(content).decode()] for name, content in given.items()]


@pytest.fixture(scope="module")
def page(browser: Any, url: str) -> Iterator[Any]:
    complaints: list[str] = []
    with open_page(browser, url, complaints, viewport=DESKTOP, accept_downloads=True) as opened:
        yield opened
    assert complaints == []


def batch(page: Any, name: str) -> Any:
    return page.locator(f'.batch [data-part="{name}"]')


def names(page: Any) -> list[str]:
    return list(page.locator(".batch-row:not([hidden]) .batch-name").all_text_contents())


def wait_until_done(page: Any, state: str = "done") -> None:
    page.wait_for_selector(f'.batch[data-state="{state}"]')


def save(page: Any, button: str) -> bytes:
    with page.expect_download() as saved:
        batch(page, button).click()
    return Path(saved.value.path()).read_bytes()


def test_dropped_files_become_a_table_and_a_click_opens_one(
    page: Any, files: list[list[str]]
) -> None:
    page.evaluate(DROP, files)
    wait_until_done(page)
    assert batch(page, "title").inner_text() == "6 images of part: 2 with a defect"
    assert batch(page, "notes").inner_text() == "notes.txt is no image and was left out."
    rows = page.locator(".batch-row[data-outcome]")
    found = rows.evaluate_all(OUTCOMES)
    assert found == ["defect", "defect", "normal", "normal", "normal", "problem"]
    assert set(names(page)[:2]) == {"3.png", "../box/5.png"}
    assert "broken.png" in page.locator(".batch-problem").inner_text()
    batch(page, "filter").get_by_text("No defect 3").click()
    assert rows.evaluate_all(OUTCOMES) == ["normal"] * 3
    batch(page, "filter").get_by_text("All 6").click()
    batch(page, "sort").select_option("name")
    assert names(page) == ["../box/5.png", "1.png", "2.png", "3.png", "box/4.png", "broken.png"]

    lines = list(csv.DictReader(io.StringIO(save(page, "csv").decode("utf-8-sig"))))
    assert [one["outcome"] for one in lines].count("defect") == 2
    assert float(lines[0]["joint_relative_score"]) > 1
    with zipfile.ZipFile(io.BytesIO(save(page, "masks"))) as masks:
        assert masks.testzip() is None
        assert "unet/0003_3.png" in masks.namelist()
    assert save(page, "pdf").startswith(b"%PDF")

    page.get_by_role("button", name="1.png", exact=True).click()
    wait_for(page, "done:3")
    assert text(page, "title") == "No defect found"
    assert page.locator(".strip-walk output").inner_text() == "2 of 6"
    page.evaluate("document.querySelector('.dl').dataset.ready = ''")
    page.locator(".strip-walk .previous").click()
    wait_for(page, "done:3")
    assert text(page, "title") == "Defect found"
    page.get_by_role("button", name="Back to the list").click()
    page.wait_for_selector("#batch", state="visible")
    assert page.evaluate("document.activeElement.textContent") == "../box/5.png"


def test_a_stop_before_the_server_has_begun_is_one(page: Any, files: list[list[str]]) -> None:
    page.evaluate(
        f"""(files) => {{
          const batch = document.querySelector('.batch');
          new MutationObserver((_, observer) => {{
            if (batch.dataset.state !== 'running') return;
            observer.disconnect();
            batch.querySelector('[data-part=stop]').click();
          }}).observe(batch, {{ attributeFilter: ['data-state'] }});
          ({DROP})(files);
        }}""",
        files[:2],
    )
    wait_until_done(page, "stopped")
    page.wait_for_timeout(1000)  # in which the answer comes
    assert batch(page, "title").inner_text() == "Stopped before the first image of part"
    assert batch(page, "sub").inner_text() == ""
    batch(page, "goOn").click()
    wait_until_done(page)
    assert names(page) == ["1.png", "2.png"]
    assert page.locator(".batch-row[data-outcome] .batch-score").count() == 8


def test_on_a_phone_a_split_goes_on_after_a_stop_and_outlives_a_lost_connection(
    browser: Any, url: str
) -> None:
    with open_page(browser, url, [], viewport=PHONE, has_touch=True) as page:
        page.get_by_role("button", name="Many images").click()
        page.wait_for_selector(".batch [data-part=split] option[value=test]", state="attached")
        batch(page, "split").select_option("all")
        said = page.evaluate(
            """async () => {
              const frame = () => new Promise(requestAnimationFrame);
              while (!document.querySelector('.batch-row[data-outcome]')) await frame();
              const [stop, title, goOn] = ['stop', 'title', 'goOn'].map((name) =>
                document.querySelector(`.batch [data-part=${name}]`));
              stop.click();
              const said = title.innerText;
              goOn.click(); // while the image of before is still under way
              return said;
            }"""
        )
        assert "Stopped after" in said
        wait_until_done(page)
        assert batch(page, "title").inner_text().startswith("12 images of part")
        assert sorted(set(names(page))) == sorted(names(page))
        batch(page, "filter").get_by_text("Against the dataset 3").click()
        assert [one[-12:] for one in sorted(names(page))] == [f"dent/{n:03d}.png" for n in range(3)]
        batch(page, "filter").get_by_text("All 12").click()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.locator(".batch-name").first.click()
        wait_for(page, "done:3")
        assert page.locator(".strip-walk output").inner_text() == "1 of 12"

        page.get_by_role("button", name="Back to the list").click()
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.evaluate("window.addEventListener('beforeunload', () => { window.asked = true; })")
        calls = iter(range(100))
        page.route(ANSWERS, lambda route: route.abort() if next(calls) > 4 else route.continue_())
        batch(page, "again").click()
        wait_until_done(page, "stopped")
        assert "The connection was lost" in batch(page, "trouble").inner_text()
        assert not batch(page, "goOn").is_visible()
        page.wait_for_function("window.asked")  # Gradio wants to load the page anew
        assert len(save(page, "csv").splitlines()) == 1 + len(names(page)) > 2
