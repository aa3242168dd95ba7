"""The view to draw on, as plain functions: stamps, paint, a download, and bad input."""

import base64
import io
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inspection.datasets.dataset import read_dataset
from inspection.ground_truth import read_mask
from tests.doubles.detectors import DETECTORS
from tests.doubles.layouts import write_neu
from tests.doubles.page import to_json
from tests.doubles.parts import PICTURE_SIDE
from tests.doubles.products import make_catalog
from ui.sensitivity.tab import Handlers

KEY = "drawn/part"
GOOD = ("sample", KEY, "part/test/good/000.png")
SCRATCHED = ("sample", KEY, "part/test/scratch/000.png")
STAMP = {
    "kind": "foreign-body",
    "size": 24,
    "contrast": 120,
    "angle": 0,
    "row": 48,
    "column": 48,
    "seed": 3,
}


@pytest.fixture
def handlers(tmp_path: Path) -> Handlers:
    return Handlers(make_catalog(tmp_path))


class Page:
    """What a visitor's page holds of the view."""

    def __init__(self, handlers: Handlers) -> None:
        self.handlers = handlers
        self.sent: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.feeds: dict[str, Any] = {}
        self.slots: list[str] = []

    def ask(self, drawing: object = None, source: tuple[str, str, str] = GOOD) -> "Page":
        values: dict[str, Any] = {"view": "place", "source": source, "drawing": drawing}
        values |= {"area": None, "brushed": None}
        self.slots.clear()
        for updates in self.handlers.show(sent=self.sent, **values):
            to_json(updates)
            self.header = updates.get("place", self.header)
            if "feed" in updates:
                slot, value = updates["feed"]
                self.feeds[slot] = value
                self.slots.append(slot)
        return self

    @property
    def frame(self) -> dict[str, Any]:
        (found,) = self.feeds["place-frames"]["frames"]
        return dict(found)


def paint(alpha: int = 255) -> str:
    layer = np.zeros((PICTURE_SIDE, PICTURE_SIDE, 4), np.uint8)
    layer[40:60, 40:60] = (255, 255, 255, alpha)
    buffer = io.BytesIO()
    Image.fromarray(layer).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def test_the_image_is_judged_as_it_is_first(handlers: Handlers) -> None:
    page = Page(handlers).ask()
    assert page.slots == ["place-picture", "place-frames"]
    assert page.frame["patch"] is None
    answers = page.frame["answers"].values()
    assert all(one["iou"] is None for one in answers), "nothing to compare with"
    assert page.header["sub"].startswith("Paint on the picture")
    assert page.header["note"] == ""
    assert {one["name"] for one in page.header["kinds"]} >= {"scratch", "missing-piece"}


def test_paint_is_seen_and_found_where_it_is(handlers: Handlers) -> None:
    page = Page(handlers).ask().ask({"number": 1, "paint": paint(), "stamps": []})
    assert page.slots == ["place-frames"]
    assert page.header["sub"] == "All detectors see it."
    assert page.frame["number"] == 1
    assert all(page.frame["answers"][name]["iou"] > 0.2 for name in DETECTORS)


def test_faint_paint_is_seen_by_nobody(handlers: Handlers) -> None:
    page = Page(handlers).ask().ask({"number": 1, "paint": paint(13), "stamps": []})
    assert page.header["sub"] == "No detector sees it."


def test_a_stamp_changes_the_picture_where_it_was_placed(handlers: Handlers) -> None:
    page = Page(handlers).ask().ask({"number": 1, "stamps": [STAMP]})
    patch = page.frame["patch"]
    assert patch["left"] < 0.5 < patch["left"] + patch["width"]
    assert patch["top"] < 0.5 < patch["top"] + patch["height"]
    undone = page.ask({"number": 2, "stamps": []})
    assert undone.frame["patch"] is None


def test_a_defective_sample_is_doubted(handlers: Handlers) -> None:
    page = Page(handlers).ask(source=SCRATCHED)
    assert "before anything is drawn" in page.header["note"]
    page.ask({"number": 1, "stamps": [STAMP]}, SCRATCHED)
    assert "before anything is drawn" in page.header["note"]


def test_another_image_begins_without_the_drawing(handlers: Handlers) -> None:
    page = Page(handlers).ask().ask({"number": 1, "stamps": [STAMP]})
    page.ask({"number": 1, "stamps": [STAMP]}, SCRATCHED)
    assert page.slots == ["place-picture", "place-frames"]
    assert page.frame["patch"] is None


def test_what_was_answered_is_not_answered_again(handlers: Handlers) -> None:
    page = Page(handlers).ask().ask({"number": 1, "stamps": [STAMP]})
    assert page.ask({"number": 1, "stamps": [STAMP]}).slots == []


def test_the_drawing_comes_as_image_and_mask_and_once(handlers: Handlers) -> None:
    wanted = {"number": 1, "paint": paint(), "stamps": [], "save": 1}
    page = Page(handlers).ask().ask(wanted)
    file = page.feeds["place-file"]
    assert file["name"] == "drawn_on_000.zip"
    packed = zipfile.ZipFile(io.BytesIO(base64.b64decode(file["content"])))
    names = ["test/drawn/drawn_on_000.png", "ground_truth/drawn/drawn_on_000_mask.png"]
    assert packed.namelist() == names
    image, mask = (np.asarray(Image.open(io.BytesIO(packed.read(name)))) for name in names)
    assert image.shape == (PICTURE_SIDE, PICTURE_SIDE, 3)
    assert mask.shape == image.shape[:2]
    assert (mask[40:60, 40:60] == 255).all()
    assert int((mask > 0).sum()) == 400
    assert "place-file" not in page.ask(wanted).slots


def test_the_drawing_is_saved_into_ones_own_dataset_under_a_new_name(
    handlers: Handlers, tmp_path: Path
) -> None:
    wanted = {"number": 1, "paint": paint(), "stamps": [], "way": "save"}
    page = Page(handlers).ask()
    assert page.header["canSave"]
    page.ask({**wanted, "save": 1})
    assert page.header["sub"] == "Saved as test/drawn/drawn_on_000.png, with its mask."
    page.ask({**wanted, "save": 1}).ask({**wanted, "save": 2})  # asked twice, written once
    folder = tmp_path / "data" / "drawn" / "part"
    names = {path.name for path in (folder / "test" / "drawn").iterdir()}
    assert names == {"drawn_on_000.png", "drawn_on_000_2.png"}
    (found,) = [
        one for one in read_dataset(folder.parent).samples if one.id.endswith("drawn_on_000.png")
    ]
    assert found.defect_type == "drawn"
    mask = read_mask(found, (PICTURE_SIDE, PICTURE_SIDE))
    assert int(mask.sum()) == 400


def test_folders_that_are_missing_are_made(handlers: Handlers, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "drawn" / "part"
    shutil.rmtree(folder / "ground_truth")
    page = Page(handlers).ask()
    assert page.header["canSave"]
    page.ask({"number": 1, "paint": paint(), "way": "save", "save": 1})
    assert [path.name for path in (folder / "ground_truth" / "drawn").iterdir()] == [
        "drawn_on_000_mask.png"
    ]


def test_where_nothing_can_be_saved_it_says_so(handlers: Handlers, tmp_path: Path) -> None:
    scene = handlers.scenes.find(handlers.catalog.product(KEY), GOOD[2])
    handlers.catalog.datasets.by_name = {}
    view = handlers.views["place"]
    updates = next(view.show(scene, drawing=None, sent={}))
    assert not updates["place"]["canSave"]
    assert updates["place"]["refusal"].startswith("The folder of this dataset is not open here")
    handlers.catalog.datasets.by_name = {"drawn": write_neu(tmp_path / "neu" / "part")}
    updates = next(view.show(scene, drawing=None, sent={}))
    assert not updates["place"]["canSave"]
    assert updates["place"]["refusal"] == (
        "This dataset is laid out as NEU-DET, into which no image can be added. Only one that is "
        "laid out as MVTec AD takes any (test/<type>, ground_truth/<type>). Download it instead."
    )


def test_nothing_is_ever_saved_from_a_shared_page(handlers: Handlers, tmp_path: Path) -> None:
    handlers.catalog.places.is_shared = True
    page = Page(handlers).ask()
    assert not page.header["canSave"]
    page.ask({"number": 1, "paint": paint(), "way": "save", "save": 1})
    assert not (tmp_path / "data" / "drawn" / "part" / "test" / "drawn").exists()
    assert "Saved" not in page.header["sub"]


@pytest.mark.parametrize(
    "drawing",
    [
        "x",
        5,
        [],
        {"stamps": "x"},
        {"stamps": [{}]},
        {"stamps": ["x"]},
        {"stamps": [STAMP] * 201},
        {"stamps": [{**STAMP, "kind": "nothing"}]},
        {"stamps": [{**STAMP, "size": 0.2}]},
        {"stamps": [{**STAMP, "size": 5000}]},
        {"stamps": [{**STAMP, "contrast": float("nan")}]},
        {"stamps": [{**STAMP, "row": -4}]},
        {"stamps": [{**STAMP, "seed": -1}]},
        {"stamps": [{**STAMP, "seed": True}]},
        {"paint": "data:image/png;base64,@@"},
        {"paint": "x" * 5_000_000},
        {"number": []},
    ],
)
def test_bad_input_is_answered_with_a_sentence_and_the_page_goes_on(
    handlers: Handlers, drawing: Any
) -> None:
    page = Page(handlers).ask().ask(drawing)
    assert page.header["title"]
    assert page.header["sub"]
    assert page.ask({"number": 9, "paint": paint()}).header["sub"] == "All detectors see it."
