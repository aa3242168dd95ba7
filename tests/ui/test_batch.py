"""Many images without a browser: rows, splits, what is kept, ZIPs, and whatever may be asked."""

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inspection.products.catalog import Catalog
from tests.doubles.detectors import DETECTORS, FakeEmbed
from tests.doubles.page import to_json
from tests.doubles.parts import PICTURE_SIDE, draw_part, write_bad_files, write_part
from tests.doubles.products import make_catalog, write_familiarity
from tests.javascript import evaluate
from ui.inspect.batch import answering, messages
from ui.inspect.batch.answering import Batches, Kept, refuse

KEY = "drawn/part"
SCRIPTS = (
    "ui/viewer/format.js",
    *(f"ui/inspect/{name}.js" for name in ("live/zip", "batch/unzip", "batch/gather")),
)
CONSTANTS = {"TEXTS": {"and": "and", **messages.BATCH}, "OTHERS": [".txt"], "MOST": 500}
FILE = """
  const bytes = Uint8Array.from(atob(input.zip), (one) => one.charCodeAt(0));
  globalThis.window = { gradio_config: { max_file_size: input.most ?? 20e6 } };
  const file = new File([bytes], 'parts.zip');
"""
UNPACKED = f"""{FILE}
  const told = async ({{ name, open }}) => {{
    try {{
      return [name, await (await open()).text()];
    }} catch (error) {{
      return [name, error.message];
    }}
  }};
  return (async () => {{
    const {{ images, count, notes }} = await gather([file]);
    return {{ images: await Promise.all(images.map(told)), count, notes }};
  }})();
"""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    root = tmp_path_factory.mktemp("batch")
    catalog = make_catalog(root, weakness={"unet": 0.3}, embed=FakeEmbed())
    write_familiarity(root / "checkpoints" / "drawn" / "part")
    return catalog


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


class Page:
    """What the browser asks for, one question after another."""

    def __init__(self, catalog: Catalog) -> None:
        self.batches, self.kept, self.number = Batches(catalog), Kept(), 0

    def ask(self, what: object, **given: Any) -> dict[str, Any]:
        self.number += 1
        asked = {"number": self.number, "do": what, "product": KEY, "run": 1, **given}
        answer = self.batches.answer(self.kept, asked)
        to_json(answer)
        assert answer["number"] == self.number
        return answer


@pytest.fixture
def page(catalog: Catalog) -> Page:
    return Page(catalog)


def give(uploads: Path, place: int, *, defective: bool = False, strength: float = 90.0) -> str:
    image, _ = draw_part(place, defective=defective, strength=strength, side=PICTURE_SIDE)
    write_part(uploads / f"{place:04x}" / "part.png", image)
    return f"{place:04x}/part.png"


def test_each_image_becomes_a_row_and_its_file_is_let_go(page: Page, uploads: Path) -> None:
    begun = page.ask("start")
    assert set(begun["good"]) == set(DETECTORS)
    assert sum(one > 1 for one in begun["good"]["cae"]) == 1  # of 100: the new part makes two
    rows = []
    for place in range(4):
        upload = give(uploads, place, defective=place > 1)
        rows.append(page.ask("one", place=place, upload=upload, name=f"box/{place}.png")["row"])
    assert [one["outcome"] for one in rows] == ["normal", "normal", "defect", "defect"]
    assert set(rows[0]["values"]) == {*DETECTORS, "joint"}
    assert (rows[0]["region"], rows[0]["masks"]) == (None, {})
    assert list(uploads.glob("*/*")) == []
    defect = rows[2]
    assert defect["region"]["width"] == pytest.approx(24, abs=12)  # outlines are generous
    mask = Image.open(io.BytesIO(base64.b64decode(defect["masks"]["cae"].split(",")[1])))
    assert mask.size == (PICTURE_SIDE, PICTURE_SIDE)
    drawn = draw_part(2, defective=True, side=PICTURE_SIDE)[1]
    assert (np.asarray(mask) & drawn).sum() > 0.5 * drawn.sum()
    picture = Image.open(io.BytesIO(base64.b64decode(defect["thumbnail"])))
    assert max(picture.size) <= 200
    assert [one.name for one in page.kept.items.values()] == [f"box/{n}.png" for n in range(4)]


def test_of_a_batch_no_arrays_are_kept(page: Page, uploads: Path) -> None:
    page.ask("start")
    page.ask("one", place=0, upload=give(uploads, 1, defective=True))
    item = page.kept.items[0]
    assert all(one.anomaly_map.size == one.flagged.size == 0 for one in item.findings)


def test_an_image_that_cannot_be_read_is_a_sentence_and_the_rest_goes_on(
    page: Page, uploads: Path
) -> None:
    page.ask("start")
    bad = write_bad_files(uploads / "bad")
    for place, path in enumerate(bad.values()):
        said = page.ask("one", place=place, upload=f"bad/{path.name}")["problem"]
        assert said.startswith(path.name)
        assert said.endswith(".")
    assert page.ask("one", place=9, upload=give(uploads, 9))["row"]["outcome"] == "normal"
    gone = page.ask("one", place=10, upload="bad/none.png")
    assert gone["problem"] == messages.LOST_IMAGE


def test_what_does_not_look_like_the_product_has_no_verdict_unless_it_is_wanted(
    page: Page, uploads: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (96, 96, 3)).astype(np.uint8)
    noise[:, :, 0] = 250
    page.ask("start")
    for is_wanted, outcome in ((False, "unfamiliar"), (True, "defect")):
        write_part(uploads / "aa" / "noise.png", noise)
        row = page.ask("one", place=0, upload="aa/noise.png", isWanted=is_wanted)["row"]
        assert row["outcome"] == outcome
        assert "does not look like part" in row["note"]


def test_a_split_of_the_dataset_is_inspected_with_what_it_says(page: Page) -> None:
    splits = page.ask("splits")["splits"]
    assert [one["name"] for one in splits] == ["test", "held_out", "all"]
    assert "(10)" in splits[0]["title"]
    begun = page.ask("start", split="test")
    assert (begun["count"], len(begun["samples"])) == (10, 10)
    wrong = 0
    for place, sample in enumerate(begun["samples"]):
        row = page.ask("one", place=place, sample=sample)["row"]
        wrong += (row["truth"] == "good") != (row["outcome"] == "normal")
    assert wrong <= 1
    assert page.ask("start", split="held_out")["count"] == 2


def test_of_a_large_split_the_first_are_inspected(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "MOST", 3)
    begun = page.ask("start", split="all")
    assert (begun["count"], len(begun["samples"])) == (12, 3)


def test_a_drift_is_told_once_there_are_images_enough(page: Page, uploads: Path) -> None:
    page.ask("start")
    for place in range(9):
        drift = page.ask("one", place=place, upload=give(uploads, place))["drift"]
        if place < 7:
            assert "too few images" in drift["cae"]
    assert "no drift is seen" in drift["cae"]
    page.ask("start", run=2)
    for place in range(9):  # faint defects everywhere are a shift for who sees them
        upload = give(uploads, place, defective=True, strength=12.0)
        drift = page.ask("one", run=2, place=place, upload=upload)["drift"]
    assert any("scores have shifted" in one for one in drift.values())


def test_a_report_holds_every_image_that_was_inspected(page: Page, uploads: Path) -> None:
    asked = {"run": 1, "place": 2}
    assert messages.NO_ITEMS in page.batches.report(page.kept, asked)["problem"]
    page.ask("start")
    for place in range(2):
        page.ask("one", place=place, upload=give(uploads, place, defective=True))
    made = page.batches.report(page.kept, asked)
    assert (made["name"], made["note"]) == ("part_2_images.pdf", "")
    assert base64.b64decode(made["content"]).startswith(b"%PDF")
    assert "holds 2 of the 5" in page.batches.report(page.kept, {**asked, "place": 5})["note"]
    assert messages.NO_ITEMS in page.batches.report(page.kept, {"run": 2})["problem"]


@pytest.mark.parametrize(
    "name", ["a\nb\0c.png", "ö" * 300 + ".png", "<b>&.png", "../../x.png", "\u202ex"]
)
def test_whatever_an_image_is_called_it_has_a_row_and_a_place_in_the_report(
    page: Page, uploads: Path, name: str
) -> None:
    page.ask("start")
    assert "row" in page.ask("one", place=0, upload=give(uploads, 0, defective=True), name=name)
    assert len(page.kept.items[0].name.encode()) <= answering.MOST_NAME_BYTES
    assert "content" in page.batches.report(page.kept, {"run": 1, "place": 1})


def test_a_server_that_was_started_anew_goes_on(catalog: Catalog, uploads: Path) -> None:
    page = Page(catalog)
    row = page.ask("one", run=7, place=30, upload=give(uploads, 1), rate=0.05)["row"]
    assert row["outcome"] == "normal"
    assert (page.kept.run, page.kept.rate, list(page.kept.items)) == (7, 0.05, [30])


@pytest.mark.parametrize(
    ("what", "given", "words"),
    [
        (None, {}, "could not be understood"),
        ("nothing", {}, "could not be understood"),
        ("one", {"place": answering.MOST}, "could not be understood"),
        ("one", {"place": -1}, "could not be understood"),
        ("one", {"place": "0"}, "could not be understood"),
        ("one", {"place": 0}, "did not arrive"),
        ("one", {"place": 0, "upload": "../../etc/passwd"}, "did not arrive"),
        ("one", {"place": 0, "sample": "../secret"}, "There is no image"),
        ("start", {"product": None}, "could not be understood"),
        ("start", {"product": "drawn/nothing"}, "There is no product"),
        ("start", {"rate": "high"}, "could not be understood"),
        ("start", {"rate": 0.00001}, "cannot support"),
        ("start", {"split": "train"}, "no such images"),
        ("start", {"split": ["test"]}, "no such images"),
    ],
)
def test_a_request_that_cannot_be_answered_is_a_sentence(
    page: Page, uploads: Path, what: object, given: dict[str, Any], words: str
) -> None:
    assert words in page.ask(what, **given)["problem"]


def test_who_has_no_seat_is_told_to_wait() -> None:
    assert "4 visitors" in refuse({"number": 3}, "full")["wait"]
    assert refuse({"number": 3}, "busy") == {"number": 3, "seat": "busy"}


# ---------------------------------------------------------------- ZIPs, in the browser


def pack(entries: dict[str, bytes], **options: Any) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", **{"compression": zipfile.ZIP_DEFLATED, **options}) as zipped:
        for name, content in entries.items():
            zipped.writestr(name, content)
    return packed.getvalue()


def unzip(content: bytes, **given: Any) -> dict[str, Any]:
    argument = {"zip": base64.b64encode(content).decode(), **given}
    return dict(evaluate(UNPACKED, argument, scripts=SCRIPTS, constants=CONSTANTS))


def test_images_come_out_of_a_zip_wherever_they_lie_in_it() -> None:
    content = pack(
        {
            "a/b/c/1.png": b"first",
            "../../etc/2.png": b"second",
            "ä\\3.png": b"third",
            "__MACOSX/a/._1.png": b"of a system",
            "a/notes.txt": b"no image",
        }
    )
    found = unzip(content)
    assert found["images"] == [
        ["a/b/c/1.png", "first"],
        ["../../etc/2.png", "second"],
        ["ä/3.png", "third"],
    ]
    assert found["notes"] == ["a/notes.txt is no image and was left out."]
    stored = unzip(pack({"1.png": b"as it is"}, compression=zipfile.ZIP_STORED))
    assert stored["images"] == [["1.png", "as it is"]]


def test_a_bomb_ends_where_it_may_be_no_longer() -> None:
    content = pack({"bomb.png": bytes(5_000_000), "good.png": b"fine"})
    bomb, good = unzip(content, most=1_000_000)["images"]
    assert bomb == ["bomb.png", "bomb.png is larger than 1 MB. Save it smaller."]
    assert good == ["good.png", "fine"]
    lying = bytearray(content)  # it says that it is small
    at = lying.find(b"PK\x01\x02")
    lying[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    bomb, good = unzip(bytes(lying))["images"]
    assert "is damaged" in bomb[1]
    assert good[1] == "fine"


def test_ten_thousand_files_are_the_first_so_many_and_a_sentence() -> None:
    names = {f"{place}.png": b"x" for place in range(9_000)}
    found = unzip(pack({**names, **{f"{place}.txt": b"" for place in range(1_000)}}))
    assert (len(found["images"]), found["count"]) == (500, 9_000)
    said = "0.txt, 1.txt, 2.txt and 997 more are no image and were left out."
    assert found["notes"] == [said]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: b"", "parts.zip is damaged"),
        (lambda content: content[:-30], "parts.zip is damaged"),
        (lambda content: content.replace(b"PK\x01\x02", b"PK\x01\x03"), "parts.zip is damaged"),
        (lambda content: pack({"a/": b""}), "parts.zip holds no files"),
    ],
)
def test_a_zip_that_cannot_be_read_is_a_sentence(change: Any, words: str) -> None:
    found = unzip(change(pack({"1.png": b"first" * 40})))
    assert found["images"] == []
    assert words in found["notes"][0]


@pytest.mark.parametrize(
    ("offset", "value", "words"),
    [
        (8, b"\x01\x00", "locked with a password"),
        (10, b"\x0c\x00", "in a way that browsers do not know"),
        (16, b"\x00\x00\x00\x00", "is damaged"),
        (42, b"\x05\x00\x00\x00", "is damaged"),
    ],
)
def test_a_file_of_a_zip_that_cannot_be_unpacked_is_a_sentence(
    offset: int, value: bytes, words: str
) -> None:
    content = bytearray(pack({"1.png": b"first" * 40, "2.png": b"second"}))
    at = content.find(b"PK\x01\x02")
    content[at + offset : at + offset + len(value)] = value
    first, second = unzip(bytes(content))["images"]
    assert words in first[1]
    assert second == ["2.png", "second"]
