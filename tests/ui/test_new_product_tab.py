"""The New product tab answers raw calls: each with a state, or with a sentence."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from gradio.utils import get_upload_folder
from PIL import Image

from inspection.products.catalog import Catalog
from tests.doubles.detectors import FakeEmbed
from tests.doubles.page import to_json
from tests.doubles.parts import draw_part
from tests.doubles.products import make_catalog
from ui.new_product import messages
from ui.new_product.results import describe_result
from ui.new_product.tab import FIELDS, Handlers

QUICK = """
import json, sys
job = json.loads(sys.stdin.readline())
for name in job["detectors"]:
    for message in ({"event": "begin"}, {"event": "failed", "problem": "No memory. Buy some."}):
        print(json.dumps({"detector": name, **message}), flush=True)
sys.exit(2)
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = make_catalog(tmp_path)
    made.open_workshop(tmp_path / "own", [sys.executable, "-c", QUICK])
    return made


class Page:
    """Asks as the script of the page does."""

    def __init__(self, catalog: Catalog) -> None:
        self.handlers = Handlers(catalog)
        self.name = ""

    def ask(self, what: object, **values: object) -> dict[str, Any]:
        wanted = dict.fromkeys(FIELDS) | {"do": what, "number": 7, "product": self.name}
        board = self.handlers.act({**wanted, **values})
        to_json(board)
        assert board["number"] == 7
        self.name = board.get("name", self.name)
        return board

    def give(self, *seeds: int, kind: str = "") -> list[dict[str, Any]]:
        return [
            self.ask("take", paths=[upload(seed)], file=f"{seed}.png", type=kind) for seed in seeds
        ]


def upload(seed: int) -> str:
    folder = Path(get_upload_folder()) / f"test-new-product-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(draw_part(seed)[0]).save(folder / "photograph", "PNG")
    return str(folder / "photograph")


@pytest.fixture
def page(catalog: Catalog) -> Page:
    return Page(catalog)


def test_a_new_visitor_finds_an_empty_page(page: Page) -> None:
    board = page.ask("show")
    assert board["products"] == []
    assert board["photographs"] == []


def test_photographs_become_a_product_of_the_catalogue(page: Page, catalog: Catalog) -> None:
    assert page.ask("create", name="bracket")["said"].startswith("bracket is made.")
    assert "own/bracket" not in catalog.products
    boards = page.give(0, 1, 2) + page.give(3, kind="dent")
    assert [board["taken"] for board in boards] == [1] * 4
    shown = boards[-1]["photographs"]
    assert [one["type"] for one in shown] == ["", "", "", "dent"]
    assert list(catalog.products)[-1] == "own/bracket"  # it has not learned yet
    assert not Path(upload(0)).parent.with_name("test-new-product-1").exists()
    again = page.give(0)[0]
    assert again["taken"] == 0
    assert "same pixels as good/0.png" in again["refused"][0]["reason"]


def test_what_the_page_shows_already_is_not_sent_again(page: Page) -> None:
    page.ask("create", name="bracket")
    stamp = page.give(0)[0]["stamp"]
    assert "photographs" not in page.ask("show", stamp=stamp)
    assert "photographs" in page.ask("show", stamp="older")
    pictures = page.ask("pictures", ids=["bracket/train/good/0.png", "other", 3])["pictures"]
    assert list(pictures) == ["bracket/train/good/0.png"]
    assert pictures["bracket/train/good/0.png"].startswith("data:image/jpeg")


def test_a_photograph_in_parts_is_put_together(page: Page, tmp_path: Path) -> None:
    page.ask("create", name="bracket")
    whole = Path(upload(0))
    content = whole.read_bytes()
    parts = []
    for index, piece in enumerate((content[:500], content[500:])):
        folder = Path(get_upload_folder()) / f"test-new-product-part-{index}"
        folder.mkdir(exist_ok=True)
        (folder / "photograph").write_bytes(piece)
        parts.append(str(folder / "photograph"))
    board = page.ask("take", paths=parts, file="0.png", type="")
    assert board["taken"] == 1
    assert (tmp_path / "own/bracket/train/good/0.png").read_bytes() == content


def test_a_failed_learning_is_shown_with_its_sentence(page: Page, catalog: Catalog) -> None:
    page.ask("create", name="bracket")
    page.give(0, 1, 2)
    assert page.ask("learn", detectors=["patchcore"])["learning"] is not None
    assert catalog.workshop is not None
    catalog.workshop.queue.wait(60)
    learning = page.ask("show")["learning"]
    assert learning["phase"] == "failed"
    assert learning["problem"] == "No memory. Buy some."
    assert learning["detectors"][0]["words"] == "was not finished"
    assert page.ask("forget")["said"] == messages.FORGOTTEN.format(name="bracket")
    assert page.ask("rename", name="Winkel")["name"] == "Winkel"


@pytest.mark.parametrize(
    ("what", "values"),
    [
        ("nonsense", {}),
        (None, {}),
        (["create"], {}),
        ("create", {"name": "con"}),
        ("create", {"name": {"a": 1}}),
        ("take", {"paths": ["/etc/passwd"], "file": "a.png"}),
        ("take", {"paths": "x"}),
        ("take", {"paths": [None], "type": 3}),
        ("take", {"paths": [], "type": "good"}),
        ("leave out", {"ids": ["bracket/train/good/9.png"]}),
        ("take in", {"ids": {}}),
        ("learn", {"detectors": ["unknown"]}),
        ("learn", {"detectors": [[]]}),
        ("learn", {"product": "../bracket", "detectors": ["cae"]}),
        ("stop", {"product": 3}),
        ("rename", {"name": "a/b"}),
        ("forget", {"product": None}),
    ],
)
def test_a_call_by_hand_gets_a_sentence(page: Page, what: object, values: dict[str, Any]) -> None:
    page.ask("create", name="bracket")
    board = page.ask(what, **values)
    assert board["problem"].endswith(".")
    assert "stopped while working" not in board["problem"]


def test_on_a_page_that_others_reach_nothing_can_be_changed(page: Page, catalog: Catalog) -> None:
    catalog.places.is_shared = True
    for what in ("show", "create", "learn", "pictures"):
        board = page.ask(what, name="bracket")
        assert set(board) == {"number", "closed"}
        assert "Others can open this page" in board["closed"]
    assert catalog.workshop is not None
    assert catalog.workshop.own.names == []


def test_a_page_without_a_workshop_says_so(tmp_path: Path) -> None:
    board = Page(make_catalog(tmp_path)).ask("show")
    assert board["closed"] == messages.NOT_HERE


def test_real_defects_are_told_before_drawn_ones() -> None:
    drawn = {"rate": 0.0667, "defects": 0, "drawn": 14, "drawn_found": 9}
    assert describe_result(drawn) == (
        "found 9 of 14 defects drawn on held-out photographs at 6.7 false alarms per 100 good "
        "parts (no photograph shows a real one)."
    )
    real = {**drawn, "defects": 5, "found": 4, "good": 6, "alarms": 1}
    assert describe_result(real) == (
        "found 4 of 5 defective photographs at 6.7 false alarms per 100 good parts, and raised 1 "
        "false alarm on 6 good ones that it had not seen."
    )


def test_a_folder_that_was_deleted_meanwhile_is_no_product_any_more(
    page: Page, tmp_path: Path
) -> None:
    page.ask("create", name="bracket")
    page.give(0, 1, 2)
    shutil.rmtree(tmp_path / "own")
    board = page.ask("show")
    assert board["products"] == []
    assert "problem" not in board
    page.name = "bracket"
    for what in ("learn", "leave out", "rename"):
        assert (
            "no such product" in page.ask(what, detectors=["cae"], ids=["a"], name="b")["problem"]
        )
        page.name = "bracket"


def test_what_is_left_out_is_looked_at_no_more(page: Page, catalog: Catalog) -> None:
    catalog.embed = FakeEmbed()
    page.ask("create", name="bracket")
    page.give(*range(9))
    board = page.ask("show")
    while board["look"]["busy"]:
        board = page.ask("show")
    assert "9 good photographs: thresholds" in str(board["look"]["findings"])
    assert "estimate" in board["detectors"][0]
    board = page.ask("leave out", ids=["bracket/train/good/0.png"])
    while board["look"]["busy"]:
        board = page.ask("show")
    assert "8 good photographs: thresholds" in str(board["look"]["findings"])
    assert sum(one["out"] for one in board["photographs"]) == 1


def test_a_folder_of_a_dataset_is_copied_image_by_image(catalog: Catalog, tmp_path: Path) -> None:
    page = Page(catalog)
    page.ask("create", name="copied")
    page.give(1)
    folders = page.ask("folders")["folders"]
    assert {"id": "drawn/part/train/good", "count": 2} in folders
    assert not [one for one in folders if "ground_truth" in one["id"] or "own" in one["id"]]
    names = page.ask("folders", folder="drawn/part/train/good")["files"]
    source = tmp_path / "data/drawn/part/train/good"
    before = {path: path.read_bytes() for path in source.iterdir()}
    for name in names:
        board = page.ask("copy", folder="drawn/part/train/good", file=name, type="")
        assert (board["taken"], board["refused"]) == (1, [])
    assert {path: path.read_bytes() for path in source.iterdir()} == before
    assert len(list((tmp_path / "own/copied/train/good").iterdir())) == 1 + len(names)


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("drawn/part/train/good", "../../test/good/000.png"),
        ("drawn/../..", "000.png"),
        ("drawn//etc", "a.png"),
        ("drawn/part/train/good", "no.png"),
        ("own", "a.png"),
        ("drawn/\0", "a.png"),
        (None, None),
        (7, ["a"]),
    ],
)
def test_nothing_but_pictures_of_the_datasets_is_copied(
    folder: object, file: object, catalog: Catalog, tmp_path: Path
) -> None:
    page = Page(catalog)
    page.ask("create", name="copied")
    board = page.ask("copy", folder=folder, file=file, type="")
    assert board["problem"].endswith(("Choose another one.", "Choose the folder again."))
    assert list((tmp_path / "own").rglob("*.png")) == []
    if folder != "drawn/part/train/good" and folder:
        assert "Choose another one." in page.ask("folders", folder=folder)["problem"]
