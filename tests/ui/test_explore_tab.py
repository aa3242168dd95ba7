"""The Explore data tab: whatever a request asks for, no path is made of it."""

import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from eda.choice import DATASETS
from eda.facts import ImageFacts, measure_sample
from eda.index_files import VERSION, cache_path
from eda.similarity import FROM_STUDENT
from eda.views import VIEWS
from inspection.demo import products as demo
from inspection.demo.folder import DemoFolder
from inspection.errors import DatasetError, InspectionError
from inspection.products.catalog import Catalog
from inspection.types import RGBImage, Sample
from tests.doubles.detectors import FakeDetector, make_channel, make_infos
from tests.doubles.parts import make_later, write_dataset
from ui.explore import data as module
from ui.explore.choices import ALL
from ui.explore.tab import Handlers


@pytest.fixture
def handlers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Handlers:
    monkeypatch.setenv("DEFECT_LENS_CACHE", str(tmp_path / "cache"))
    data = write_dataset(tmp_path / "parts")
    (tmp_path / "checkpoints").mkdir()
    catalog = Catalog(
        tmp_path / "checkpoints",
        [data],
        loader=lambda folder: make_channel(1.0),
        detectors=make_infos(FakeDetector.name),
    )
    return Handlers(catalog)


def last(updates: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for one in updates:
        merged.update(one)
    return merged


FIRST = (*["any"] * 4, "class", *["any"] * 5)  # of every filter of the views
EXPECTED = {
    "overview": {"health", "tiles", "splits", "counts", "problems", "images"},
    "gallery": {"gallery"},
    "quality": {"odd", "quality-sharpness", "quality-yellow"},
    "defects": {"density", "defect-sizes", "defect-places", "class-images", "resolution", "check"},
    "similarity": {"projection", "twins", "pairs", "own", "nearest"},
    "compare": {"drift"},
}


@pytest.mark.parametrize("view", [view.name for view in VIEWS])
def test_every_sub_tab_has_something_to_show(handlers: Handlers, view: str) -> None:
    updates = last(handlers.show(view, "parts", ALL, ALL, *FIRST, 0))
    assert EXPECTED[view] <= updates.keys()
    assert updates["status"]["text"] == ""
    assert updates["category"][0][1] == ("disc", "disc")


def test_a_dataset_that_comes_later_can_be_chosen(handlers: Handlers, tmp_path: Path) -> None:
    handlers.catalog.datasets.add("later", write_dataset(tmp_path / "later"), before="")
    choices, chosen = last(handlers.show("overview", "parts", ALL, ALL, *FIRST, 0))["dataset"]
    assert choices == [("parts", "parts"), ("later", "later")]
    assert chosen == "parts"


@pytest.mark.parametrize("view", [view.name for view in VIEWS])
def test_what_an_older_request_showed_is_marked_until_the_new_one_is_drawn(
    handlers: Handlers, view: str
) -> None:
    *before, drawn = handlers.show(view, "parts", ALL, ALL, *FIRST, 0)
    is_drawn = [bool(EXPECTED[view] & updates.keys()) for updates in before]
    assert before
    assert [not updates["status"]["busy"] for updates in before] == is_drawn
    assert any(is_drawn) == (view == "overview"), "which is checked further while it is shown"
    assert not drawn["status"]["busy"]


def test_what_was_checked_once_is_shown_at_once(handlers: Handlers) -> None:
    wanted = ("overview", "parts", ALL, ALL, *FIRST, 0)
    all_checked = last(handlers.show(*wanted))["health"]
    first = next(one for one in handlers.show(*wanted) if "health" in one)
    assert first["health"] == all_checked
    assert first["status"]["text"]


@pytest.mark.parametrize("name", ["../parts", "/etc", "", None, 3, ["parts"], {"a": 1}])
def test_a_dataset_is_chosen_by_name_and_never_by_path(handlers: Handlers, name: object) -> None:
    updates = last(handlers.show("overview", name, ALL, ALL, *FIRST, 0))
    assert updates["status"]["problem"]
    assert "tiles" not in updates


@pytest.mark.parametrize("odd", ["nonsense", None, 7, ["x"], {"y": 2}])
def test_odd_filters_mean_no_filter(handlers: Handlers, odd: object) -> None:
    updates = last(handlers.show(odd, "parts", *[odd] * (len(FIRST) + 3)))
    assert updates["category"][1] == ALL
    assert updates["tiles"][0]["value"] == "20"


def test_a_category_and_a_defect_type_may_be_called_all(handlers: Handlers, tmp_path: Path) -> None:
    write_dataset(tmp_path / "parts", category="all", num_test=3)
    for folder in ("test", "ground_truth"):
        (tmp_path / "parts" / "all" / folder / "spot").rename(
            tmp_path / "parts" / "all" / folder / "all"
        )
    everything = last(handlers.show("overview", "parts", ALL, ALL, *FIRST, 0))
    assert everything["tiles"][0]["value"] == "38"
    one = last(handlers.show("overview", "parts", "all", ALL, *FIRST, 0))
    assert one["category"][1] == "all"
    assert one["tiles"][0]["value"] == "18"
    images = last(handlers.show("gallery", "parts", "all", "all", *FIRST, 0))["gallery"]
    assert len(images["sides"][1]["items"]) == 3


def test_a_path_typed_by_hand_opens_nothing_outside_the_datasets(
    handlers: Handlers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dataset folders are named when the page is started; a visitor's text never becomes a path."""
    outside = write_dataset(tmp_path / "private")
    fail = "inspection.datasets.cache.read_dataset"
    monkeypatch.setattr(fail, lambda *_, **__: pytest.fail("a folder was read"))
    asked = [str(outside), "../private", f"parts/../{outside.name}", "~", "file:///etc", "parts\0"]
    for name in asked:
        updates = last(handlers.show("overview", name, ALL, ALL, *FIRST, 0))
        assert updates["status"]["problem"]
        assert updates.keys() == {"status", "stop"}
        assert handlers.open_image(name, "disc/test/spot/000.png").keys() == {"status"}


def test_the_gallery_is_put_in_order_and_says_by_what(handlers: Handlers) -> None:
    ordered = (*FIRST[:2], "brightest first", *FIRST[3:])
    shown = last(handlers.show("gallery", "parts", ALL, ALL, *ordered, 0))["gallery"]
    images = handlers.explorer.get("parts").images.set_index("id")
    for side in shown["sides"]:
        values = [images.loc[item["id"], "brightness"] for item in side["items"]]
        assert len(values) > 1
        assert values == sorted(values, reverse=True)
        for item, value in zip(side["items"], values, strict=True):
            assert item["value"] == f"brightness {value:.0f}"


def test_the_gallery_shows_good_beside_defective(handlers: Handlers) -> None:
    good, bad = last(handlers.show("gallery", "parts", ALL, ALL, *FIRST, 0))["gallery"]["sides"]
    assert good["isGood"]
    assert len(bad["items"]) == 4
    assert all(item["path"].startswith("M") for item in bad["items"])
    assert not any(item["path"] for item in good["items"])


def test_a_click_opens_an_image_that_can_be_inspected(handlers: Handlers) -> None:
    sample = "disc/test/spot/000.png"
    detail = handlers.open_image("parts", sample)["detail"]
    assert detail["product"] == "parts/disc"
    assert detail["source"].startswith("data:image/png")
    assert dict(detail["facts"])["Defects"] == "1"
    assert (
        handlers.catalog.samples.find(handlers.catalog.product(detail["product"]), sample).id
        == sample
    )


def test_a_finding_shows_its_images_by_their_ids(handlers: Handlers) -> None:
    findings = last(handlers.show("overview", "parts", ALL, ALL, *FIRST, 0))["health"]
    assert findings["summary"].endswith("fine.")
    (few,) = [one for one in findings["findings"] if "fewer than 10 images" in one["text"]]
    assert few["show"] == "Show 4 images"
    assert (few["select"], len(few["ids"])) == ("Select (4)", 4)
    shown = handlers.open_groups("parts", few["groups"])["shown"]
    assert shown["asked"] == few["groups"]
    assert [group["items"][0]["id"] for group in shown["groups"]] == [
        group["ids"][0] for group in few["groups"]
    ]


@pytest.mark.parametrize(
    "asked", [None, 7, "x", [7], [{}], [{"ids": ["../a.png"], "note": ""}], [{"ids": 3}]]
)
def test_images_that_no_finding_names_are_not_shown(handlers: Handlers, asked: object) -> None:
    assert handlers.open_groups("parts", asked) == {}


@pytest.mark.parametrize("sample", ["../../secret.png", "/etc/passwd", None, 1, ["a"]])
def test_an_image_is_chosen_by_id_and_never_by_path(handlers: Handlers, sample: object) -> None:
    assert handlers.open_image("parts", sample)["status"]["problem"]
    assert handlers.peek("parts", sample) == {}


def test_a_dataset_without_masks_says_so_once(tmp_path: Path, handlers: Handlers) -> None:
    shutil.rmtree(tmp_path / "parts" / "disc" / "ground_truth")
    updates = last(handlers.show("defects", "parts", ALL, ALL, *FIRST, 0))
    words = updates["density"].layout.annotations[0].text.replace("<br>", " ")
    assert words.startswith("No image of this dataset has a mask or a box")
    plots = ("defect-sizes", "defect-places", "resolution", "shape-counts", "locations")
    assert [name for name in plots if updates[name]] == []
    assert updates["class-images"] is not None


def test_hovering_a_point_shows_its_thumbnail(handlers: Handlers) -> None:
    peek = handlers.peek("parts", "disc/test/spot/000.png")
    assert peek["source"].startswith("data:image/jpeg")


class Means:
    """Embeds an image as the mean colours of 8 x 8 fields, when it is let."""

    source = "means"

    def __init__(self) -> None:
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def __call__(self, images: Sequence[RGBImage]) -> NDArray[np.float32]:
        self.is_asked.set()
        assert self.may_answer.wait(60)
        fields = [cv2.resize(image, (8, 8), interpolation=cv2.INTER_AREA) for image in images]
        return np.array([one.ravel() for one in fields], np.float32)


@pytest.fixture
def slow(handlers: Handlers, tmp_path: Path) -> Iterator[Means]:
    """The embedding of a page with two datasets, whose images have the same ids."""
    embed = Means()
    others = shutil.copytree(tmp_path / "parts", tmp_path / "others")
    handlers.catalog = Catalog(
        tmp_path / "checkpoints",
        [tmp_path / "parts", others],
        loader=lambda folder: make_channel(1.0),
        detectors=make_infos(FakeDetector.name),
        embed=embed,
    )
    handlers.explorer = module.Explorer(handlers.catalog)
    yield embed
    embed.may_answer.set()


def begin_similarity(handlers: Handlers, slow: Means) -> Iterator[dict[str, Any]]:
    """Show what is alike until the embeddings are being made."""
    updates = handlers.show("similarity", "parts", ALL, ALL, *FIRST, 0)
    while not slow.is_asked.is_set():
        next(updates)
    return updates


def test_a_dataset_put_aside_for_others_keeps_its_embeddings_for_who_waits_for_them(
    handlers: Handlers, slow: Means, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_OPEN", 1)
    waiting = begin_similarity(handlers, slow)
    last(handlers.show("gallery", "others", ALL, ALL, *FIRST, 0))
    slow.may_answer.set()
    assert FROM_STUDENT in last(waiting)["projection"].to_json()


def test_choosing_a_dataset_again_takes_no_embeddings_from_who_waits_for_them(
    handlers: Handlers, slow: Means
) -> None:
    waiting = begin_similarity(handlers, slow)
    job = handlers.explorer.open("parts")
    handlers.explorer.forget("parts")
    assert handlers.explorer.open("parts") is job  # and so it can be stopped
    slow.may_answer.set()
    assert FROM_STUDENT in last(waiting)["projection"].to_json()
    handlers.explorer.forget("parts")
    assert handlers.explorer.open("parts") is not job


def test_a_second_visit_to_what_is_alike_compares_nothing_again(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = last(handlers.show("similarity", "parts", ALL, ALL, *FIRST, 0))
    monkeypatch.setattr("eda.similarity.compare_images", lambda *_: pytest.fail("once more"))
    again = last(handlers.show("similarity", "parts", ALL, ALL, *FIRST, 0))
    assert again["projection"].to_json() == first["projection"].to_json()
    assert again["pairs"] == first["pairs"]


def test_pictures_say_of_which_dataset_they_are(handlers: Handlers, slow: Means) -> None:
    slow.may_answer.set()
    sample = "disc/test/spot/000.png"
    for name in ("parts", "others"):
        shown = [
            last(handlers.show(view, name, ALL, ALL, *FIRST, 0))
            for view in ("gallery", "similarity")
        ]
        assert shown[0]["gallery"]["dataset"] == name
        assert shown[1]["projection"].layout.meta["origin"]["dataset"] == name
        assert handlers.peek(name, sample)["dataset"] == name
        assert handlers.open_image(name, sample)["detail"]["dataset"] == name


def test_after_a_failure_nobody_foresaw_the_next_visit_tries_again(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    explorer = module.Explorer(handlers.catalog)
    with monkeypatch.context() as patch:
        patch.setattr("inspection.datasets.cache.DatasetCache.read", lambda *_, **__: 1 // 0)
        with pytest.raises(InspectionError, match=r"stopped while working.*Choose the dataset"):
            explorer.get("parts")
    assert "ZeroDivisionError" in caplog.text
    assert len(explorer.get("parts").images) == 20


def test_a_dataset_that_has_changed_is_shown_as_it_is_now(
    handlers: Handlers, tmp_path: Path
) -> None:
    view = ("overview", "parts", ALL, ALL, *FIRST, 0)
    assert last(handlers.show(*view))["tiles"][0]["value"] == "20"
    spots = tmp_path / "parts" / "disc" / "test" / "spot"
    shutil.copy(spots / "000.png", spots / "new.png")
    make_later(spots)
    assert last(handlers.show(*view))["tiles"][0]["value"] == "21"


@pytest.fixture
def demo_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handlers: Handlers
) -> tuple[Handlers, DemoFolder]:
    """A page with the demo, of which the test images of one kind are drawn."""
    for name, count in (("NUM_TRAIN_GOOD", 2), ("NUM_TEST_GOOD", 2), ("NUM_PER_DEFECT", 1)):
        monkeypatch.setattr(demo, name, count)
    folder = DemoFolder(tmp_path / "demo", ["washer"])
    folder.draw(one for one in folder.samples if one.defect_type == "dent")
    catalog = Catalog(
        tmp_path / "checkpoints", [folder.root], loader=lambda _: make_channel(1.0), detectors={}
    )
    catalog.datasets.demo = folder
    return Handlers(catalog), folder


DEMO_VIEW = ("overview", "demo", ALL, ALL, *FIRST, 0)


def test_an_excerpt_of_the_demo_says_so_and_grows_when_twice_as_much_is_there(
    demo_page: tuple[Handlers, DemoFolder],
) -> None:
    page, folder = demo_page
    shown = last(page.show(*DEMO_VIEW))
    words = "The demo is being drawn: 1 of 8 images. Below is an excerpt of 1."
    assert (shown["status"]["text"], shown["status"]["done"], shown["ticker"]) == (words, 1, True)
    assert shown["tiles"][0]["value"] == "1"
    folder.draw(folder.samples[:1])
    assert page.follow("demo")["status"]["text"].startswith("The demo is being drawn: 2 of 8")
    assert last(page.show(*DEMO_VIEW))["tiles"][0]["value"] == "2"
    folder.draw(folder.samples[1:2])
    assert last(page.show(*DEMO_VIEW))["tiles"][0]["value"] == "2", "not for every image"


def test_the_whole_demo_is_shown_once_all_of_it_is_drawn(
    demo_page: tuple[Handlers, DemoFolder],
) -> None:
    page, folder = demo_page
    last(page.show(*DEMO_VIEW))
    folder.draw(folder.samples)
    folder.is_at_work = False
    make_later(folder.root)
    assert page.follow("demo") == {}
    shown = last(page.show(*DEMO_VIEW))
    assert shown["tiles"][0]["value"] == "8"
    assert (shown["status"]["text"], shown["ticker"]) == ("", False)


def test_a_demo_that_cannot_be_drawn_is_an_excerpt_with_the_reason(
    demo_page: tuple[Handlers, DemoFolder],
) -> None:
    page, folder = demo_page
    folder.is_at_work = False
    folder.trouble = DatasetError("The disk is full.", "Make room.")
    shown = last(page.show(*DEMO_VIEW))
    words = "This is an excerpt: 1 of the 8 images of the demo. The disk is full. Make room."
    assert (shown["status"]["text"], shown["ticker"]) == (words, False)


def test_any_image_of_the_demo_can_be_handed_to_the_detectors(
    demo_page: tuple[Handlers, DemoFolder],
) -> None:
    page, folder = demo_page
    wanted = folder.samples[0]
    assert not wanted.image_path.exists()
    assert page.catalog.samples.find(page.catalog.product("demo/washer"), wanted.id) == wanted
    assert wanted.image_path.is_file()


def test_without_datasets_the_tab_says_what_to_do(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, [], loader=lambda folder: make_channel(1.0), detectors={})
    updates = last(Handlers(catalog).show("overview", None, ALL, ALL))
    assert "--data DIR" in updates["status"]["text"]


def test_visitors_of_a_shared_page_see_no_folder_of_the_machine(
    handlers: Handlers, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "parts")
    (tmp_path / "parts").mkdir()
    handlers.catalog.places.is_shared = True
    text = last(handlers.show("overview", "parts", ALL, ALL))["status"]["text"]
    assert text.startswith("The dataset folder DIR holds no images.")


def test_who_waits_for_a_new_index_reads_why_it_is_made_anew(
    handlers: Handlers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = cache_path(tmp_path / "parts", version=VERSION - 1)
    old.parent.mkdir()
    old.write_bytes(b"SQLite format 3\0")
    may_measure = threading.Event()

    def measure(sample: Sample) -> ImageFacts:
        assert may_measure.wait(60)
        return measure_sample(sample)

    monkeypatch.setattr("eda.index.measure_sample", measure)
    updates = handlers.show("overview", "parts", ALL, ALL, *FIRST, 0)
    said = next(updates)["status"]["text"]
    may_measure.set()
    assert said.startswith("The index is made anew: this version also measures ")
    assert last(updates)["status"]["text"] == ""
    assert not old.exists()


def test_a_visitors_own_image_is_shown_with_what_is_most_like_it(
    handlers: Handlers, slow: Means, tmp_path: Path
) -> None:
    slow.may_answer.set()
    view = ("similarity", "parts", ALL, ALL, *FIRST, 0)
    assert last(handlers.show(*view))["nearest"]["note"].startswith("Drop, paste or choose")
    own = shutil.copy(tmp_path / "parts" / "disc" / "test" / "spot" / "002.png", tmp_path / "x.png")
    for name in ("parts", "others"):  # it stays when another dataset is chosen
        shown = last(handlers.show("similarity", name, ALL, ALL, *FIRST, 0, own=Path(own)))
        assert shown["own"].startswith("data:image/")
        nearest = shown["nearest"]
        assert nearest["dataset"] == name
        assert len(nearest["groups"]) == len(nearest["ids"]) == 12
        assert nearest["ids"][0] == "disc/test/spot/002.png"
        assert nearest["groups"][0]["note"] == "similarity 1.00"
        assert "The first shows nearly the same picture." in nearest["note"]
        assert shown["status"]["text"] == ""


def test_an_own_image_that_cannot_be_read_is_answered_with_a_sentence(
    handlers: Handlers, tmp_path: Path
) -> None:
    own = tmp_path / "broken.png"
    own.write_bytes(b"no image")
    shown = last(handlers.show("similarity", "parts", ALL, ALL, *FIRST, 0, own=own))
    assert shown["status"]["problem"]
    assert "broken.png" in shown["status"]["text"]
    assert str(tmp_path) not in shown["status"]["text"]
    assert shown["own"] is None
    assert shown["nearest"]["groups"] == []
    assert shown["projection"] is not None


def test_another_dataset_of_the_page_is_measured_and_compared(
    handlers: Handlers, slow: Means, tmp_path: Path
) -> None:
    for path in (tmp_path / "others").rglob("*.png"):
        if "ground_truth" not in path.parts:
            image = np.asarray(Image.open(path)).astype(int) + 40
            Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(path)
    for folder in (tmp_path / "others").rglob("good"):
        make_later(folder)
    first = (*FIRST[:5], DATASETS, *FIRST[6:])
    shown = last(handlers.show("compare", "parts", ALL, ALL, *first, 0))
    assert shown["other-dataset"] == ([("others", "others")], "others")
    assert shown["first-category"] == ([], "")
    assert "to the images of others: brightness by +4" in shown["drift-measures"]["title"]
    assert shown["drift-images"]["origin"] == {"dataset": "others"}
    chosen = ("others", ["disc/test/good/000.png"])
    gallery = last(handlers.show("gallery", "others", ALL, ALL, *first, 0, chosen=chosen))
    assert gallery["dataset"] == ([("parts", "parts"), ("others", "others")], "others")
    assert gallery["tabs"] == "gallery"
    assert gallery["gallery"]["narrowed"] == "Only the selected images (1)."
