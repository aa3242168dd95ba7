"""The Inspect tab as plain functions: what the page is sent, step by step, whatever comes in."""

import base64
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio.data_classes import ImageData
from PIL import Image

from inspection.datasets.dataset import read_dataset
from inspection.evaluation.files import load_evaluation
from inspection.files import read_json, write_json
from inspection.images import pixel_hash, read_image
from inspection.joint import JOINT
from inspection.preprocess import to_input_size
from inspection.products.catalog import Catalog
from inspection.products.manifest import CARD
from inspection.products.product_file import save_product_rate
from inspection.products.showcase import find_opening
from tests.doubles.detectors import DETECTORS, FakeDetector
from tests.doubles.page import merge, problem, states, to_json
from tests.doubles.parts import PICTURE_SIDE, draw_part, write_bad_files
from tests.doubles.products import make_catalog, write_checkpoint, write_evaluations
from ui.inspect.tab import Handlers
from ui.layout import build_page
from ui.parts.safe_image import SafeImage

KEY = "drawn/part"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_catalog(tmp_path)


@pytest.fixture
def handlers(catalog: Catalog) -> Handlers:
    return Handlers(catalog)


def test_the_page_opens_with_an_unseen_defective_sample_inspected_by_all(
    handlers: Handlers, catalog: Catalog
) -> None:
    held = merge(handlers.open_page(KEY))
    sample = catalog.samples.find(catalog.product(KEY), held["header"]["sample"])
    assert sample.is_anomalous
    assert held["header"]["state"] == "done"
    assert held["header"]["truth"] == sample.defect_type
    assert states(held) == dict.fromkeys(DETECTORS, "done")
    assert held["picture"]["mask"].startswith("data:image/png")
    assert held["image"].startswith("data:image/")


def test_panels_fill_one_after_another_and_nothing_is_sent_twice(handlers: Handlers) -> None:
    steps = list(handlers.open_page(KEY))
    assert list(steps[0]) == ["product", "source", "strip"]
    assert {"header", "picture", *DETECTORS} <= steps[1].keys()
    assert {steps[1][name]["state"] for name in DETECTORS} == {"loading"}
    progress = [(name, value["state"]) for step in steps[2:-1] for name, value in step.items()]
    assert progress == [(name, state) for name in DETECTORS for state in ("running", "done")]
    assert list(steps[-1]) == ["header"]
    assert (
        len(
            {
                payload["run"]
                for step in steps[1:]
                for payload in map(step.get, DETECTORS)
                if payload
            }
        )
        == 1
    )


def test_detectors_stay_loaded(handlers: Handlers, catalog: Catalog) -> None:
    merge(handlers.open_page(KEY))
    channels = [catalog.channels.peek(catalog.product(KEY), name).channel for name in DETECTORS]
    steps = list(handlers.pick_sample(KEY, catalog.samples.unseen(catalog.product(KEY))[0].id))
    assert {step[name]["state"] for step in steps for name in DETECTORS if name in step} == {
        "waiting",
        "running",
        "done",
    }
    assert [
        catalog.channels.peek(catalog.product(KEY), name).channel for name in DETECTORS
    ] == channels


def test_the_map_is_the_detectors_own(handlers: Handlers, catalog: Catalog) -> None:
    sample = catalog.samples.unseen(catalog.product(KEY))[-1]
    held = merge(handlers.pick_sample(KEY, sample.id))
    for name in DETECTORS:
        detector = FakeDetector(name)
        image = to_input_size(read_image(sample.image_path), detector.input_size)
        sent = np.frombuffer(base64.b64decode(held[name]["map"]), "<f4")
        assert (sent == detector.predict([image])[0].anomaly_map.ravel()).all()


def test_later_runs_have_higher_numbers(handlers: Handlers, catalog: Catalog) -> None:
    first = merge(handlers.open_page(KEY))["header"]["run"]
    second = merge(handlers.clear(KEY))["header"]["run"]
    assert second > first


@pytest.mark.parametrize("sample", ["part/test/good/999.png", "../../secret.png", "", 7, None, []])
def test_a_sample_is_looked_up_by_its_id_and_never_opened_as_a_path(
    handlers: Handlers, sample: object
) -> None:
    held = merge(handlers.pick_sample(KEY, sample))
    assert problem(held)
    assert "picture" not in held


@pytest.mark.parametrize("product", ["no/such", "", None, 5, ["drawn/part"], {}])
def test_an_unknown_product_is_answered_with_a_sentence(handlers: Handlers, product: Any) -> None:
    assert problem(merge(handlers.pick_sample(product, "x")))
    assert problem(merge(handlers.upload(product, Path("x.png"))))
    assert problem(merge(handlers.clear(product)))


@pytest.mark.parametrize("product", ["drawn/gone", None])
def test_a_page_that_is_older_than_the_products_opens_with_the_first_one(
    handlers: Handlers, tmp_path: Path, product: Any
) -> None:
    shutil.copytree(tmp_path / "checkpoints" / "drawn", tmp_path / "checkpoints" / "later")
    held = merge(handlers.open_page(product))
    choices = [("part (drawn)", KEY), ("part (later)", "later/part")]
    assert held["product"] == (choices, KEY)
    assert held["header"]["product"] == KEY


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("empty", "is empty"),
        ("text", "could not be read as an image"),
        ("truncated", "damaged or cut off"),
        ("small", "too small"),
        ("huge", "64 megapixels"),
    ],
)
def test_a_bad_upload_becomes_a_sentence(
    handlers: Handlers, tmp_path: Path, kind: str, words: str
) -> None:
    path = write_bad_files(tmp_path / "bad")[kind]
    held = merge(handlers.upload(KEY, path))
    assert words in problem(held)
    assert str(tmp_path) not in problem(held)
    assert held["image"] is None
    assert held["source"] is None


def test_only_uploaded_files_are_read_whatever_a_request_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    image = SafeImage()
    mine = tmp_path / "uploads" / "0a1b" / "part.png"
    assert image.preprocess(ImageData(path=str(mine))) == mine.resolve()
    for path in (tmp_path / "secret.png", tmp_path / "uploads" / ".." / "secret.png"):
        assert image.preprocess(ImageData(path=str(path))) is None
    assert image.preprocess(ImageData(url="http://example.com/x.png")) is None
    assert image.preprocess(None) is None


def test_the_image_input_shows_data_and_never_a_file() -> None:
    shown = SafeImage().postprocess("data:image/png;base64,AAAA")
    assert shown is not None
    assert shown.url == "data:image/png;base64,AAAA"
    assert SafeImage().postprocess(None) is None


@pytest.mark.parametrize("mode", ["I;16", "L", "P", "RGBA", "CMYK", "1"])
def test_an_upload_of_any_mode_is_inspected(handlers: Handlers, tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(draw_part(5, side=PICTURE_SIDE)[0]).convert("L")
    path = tmp_path / "Prüfteil 部品.tif"
    if mode == "I;16":
        Image.fromarray(np.asarray(image).astype(np.uint16) * 257).save(path)
    else:
        image.convert("RGB").convert(mode).save(path)
    held = merge(handlers.upload(KEY, path))
    assert states(held) == dict.fromkeys(DETECTORS, "done")
    assert held["image"].startswith("data:image/"), "browsers cannot show a TIFF"
    assert held["picture"]["mask"] == ""
    assert held["header"]["sample"] == ""


def test_a_large_image_is_scaled_for_display_only(handlers: Handlers, tmp_path: Path) -> None:
    path = tmp_path / "part.png"
    Image.new("RGB", (2600, 1300), "grey").save(path)
    picture = merge(handlers.upload(KEY, path))["picture"]
    assert (picture["width"], picture["height"]) == (2600, 1300)
    encoded = tmp_path / "shown.jpg"
    encoded.write_bytes(base64.b64decode(picture["image"].partition(",")[2]))
    with Image.open(encoded) as shown:
        assert shown.size == (1280, 640)


def test_an_image_that_a_detector_has_learned_from_is_marked(tmp_path: Path) -> None:
    image = draw_part(77, side=PICTURE_SIDE)[0]
    seen = {"part/train/good/077.png": pixel_hash(image)}
    write_checkpoint(tmp_path / "checkpoints" / "drawn" / "part" / "cae", seen=seen)
    handlers = Handlers(make_catalog(tmp_path, trained=("unet",)))
    path = tmp_path / "renamed.png"
    Image.fromarray(image).save(path)
    note = merge(handlers.upload(KEY, path))["header"]["note"]
    assert note.startswith("This very image was seen in training or calibration by CAE")


def test_a_sample_whose_pixels_were_learned_under_another_name_is_marked(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, trained=("unet",))
    sample = catalog.samples.unseen(catalog.product(KEY))[0]
    seen = {"part/train/good/copy.png": pixel_hash(read_image(sample.image_path))}
    write_checkpoint(tmp_path / "checkpoints" / "drawn" / "part" / "cae", seen=seen)
    assert sample in catalog.samples.unseen(catalog.product(KEY))
    note = merge(Handlers(catalog).pick_sample(KEY, sample.id))["header"]["note"]
    assert "seen in training or calibration by CAE" in note


def test_the_rate_is_the_products_own_but_never_below_what_the_detectors_support(
    tmp_path: Path,
) -> None:
    catalog = make_catalog(tmp_path)
    handlers = Handlers(catalog)
    assert merge(handlers.open_page(KEY))["header"]["rate"] == 0.02
    save_product_rate(tmp_path / "checkpoints" / "drawn" / "part", 0.05)
    assert merge(handlers.open_page(KEY))["header"]["rate"] == 0.05
    save_product_rate(tmp_path / "checkpoints" / "drawn" / "part", 0.001)
    header = merge(handlers.open_page(KEY))["header"]
    assert header["rate"] == pytest.approx(1 / 101)
    assert header["wanted"] == 0.001, "the page says what it was raised from"


def test_another_tab_hands_over_any_image_of_a_product(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path)
    sample = next(s.id for s in read_dataset(catalog.datasets.by_name["drawn"]).samples)
    held = merge(Handlers(catalog).pick_sample(KEY, sample))
    assert held["product"][1] == KEY
    assert held["header"]["sample"] == sample
    for product, asked in ((KEY, "../secret.png"), ("nonsense", sample), (KEY, None)):
        assert merge(Handlers(catalog).pick_sample(product, asked))["header"]["state"] == "error"


def test_a_product_without_samples_opens_empty_and_says_so(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "checkpoints" / "else" / "part" / "cae")
    handlers = Handlers(make_catalog(tmp_path))
    held = merge(handlers.open_page("else/part"))
    assert held["header"]["state"] == "empty"
    assert held["strip"]["items"] == []
    assert held["strip"]["note"]


def test_no_path_of_the_server_reaches_the_page(handlers: Handlers, tmp_path: Path) -> None:
    held = merge(handlers.open_page(KEY))
    held.pop("source", None)
    assert str(tmp_path) not in to_json(held)


def test_the_strip_mixes_every_kind_and_is_made_once(handlers: Handlers, catalog: Catalog) -> None:
    strip = handlers.strips.strip(catalog.product(KEY))
    assert [item["label"].split(",")[0] for item in strip["items"][:3]] == [
        "dent",
        "scratch",
        "good",
    ]
    assert all(item["source"].startswith("data:image/jpeg") for item in strip["items"])
    assert handlers.strips.strip(catalog.product(KEY)) is strip


def test_any_other_sample_is_a_test_image_by_its_seed(handlers: Handlers, catalog: Catalog) -> None:
    unseen = {one.id for one in catalog.samples.unseen(catalog.product(KEY))}

    def any_but(shown: str, seed: int) -> str:
        return str(merge(handlers.pick_any(KEY, (seed, shown)))["header"]["sample"])

    found = [any_but("", seed) for seed in (1, 1, 2, 3, 4)]
    assert found[0] == found[1] != any_but(found[0], 1)
    assert len(set(found)) > 1
    assert set(found) <= unseen


def test_any_other_sample_is_the_shown_one_where_there_is_no_other(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path)
    for path in sorted(tmp_path.glob("data/drawn/part/test/*/*.png"))[1:]:
        path.unlink()
    (only,) = catalog.samples.unseen(catalog.product(KEY))
    found = merge(Handlers(catalog).pick_any(KEY, (1, only.id)))
    assert found["header"]["sample"] == only.id


@pytest.mark.parametrize(("product", "seed"), [("no/such", 1), (KEY, "1"), (KEY, None), (None, 1)])
def test_a_strange_request_for_any_sample_is_a_sentence(
    handlers: Handlers, product: object, seed: object
) -> None:
    assert problem(merge(handlers.pick_any(product, (seed, None))))


def test_each_panel_is_told_what_its_detector_is_worth(
    handlers: Handlers, catalog: Catalog
) -> None:
    assert merge(handlers.open_page(KEY))["header"]["worth"] == {}
    write_evaluations(catalog, KEY)
    worth = merge(handlers.open_page(KEY))["header"]["worth"]
    assert list(worth) == [*DETECTORS, JOINT]
    report = load_evaluation(catalog.product(KEY).folder / "cae")
    rates = np.array(worth["cae"]["defects"])
    assert int((rates <= report.false_alarm_rate).sum()) == report.confusion.true_positives
    to_json(worth)


def test_reports_keep_no_inspection_waiting(catalog: Catalog) -> None:
    events = build_page(catalog).fns.values()
    limits = {event.concurrency_id: event.concurrency_limit for event in events}
    assert limits["report"] == 1
    assert "on_report" not in {e.name for e in events if e.concurrency_id == "inspect"}


def test_an_image_learned_under_another_name_is_offered_nowhere(
    handlers: Handlers, catalog: Catalog
) -> None:
    opening = find_opening(catalog, catalog.product(KEY))
    assert opening is not None
    assert opening.id in {
        item["id"] for item in handlers.strips.strip(catalog.product(KEY))["items"]
    }
    card = catalog.product(KEY).folder / "cae" / CARD
    seen = {"renamed.png": pixel_hash(read_image(opening.image_path))}
    write_json(card, {**read_json(card), "training": {"seen": seen}})
    os.utime(card, (1, 1))  # a clock may be too coarse to tell
    other = find_opening(catalog, catalog.product(KEY))
    assert other is not None
    assert other.id != opening.id
    ids = {item["id"] for item in handlers.strips.strip(catalog.product(KEY))["items"]}
    assert ids
    assert opening.id not in ids
