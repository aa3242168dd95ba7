"""What visitors ask the Inspect tab for, from click to answer: the newest request, checked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from inspection.products.catalog import Catalog
from tests.doubles.detectors import DETECTORS
from tests.doubles.parts import PICTURE_SIDE, draw_part
from tests.doubles.products import make_catalog
from ui.inspect import tab as inspect_tab
from ui.inspect.tab import Handlers, Source
from ui.layout import build_page
from ui.parts.latest_request import LatestRequest
from ui.parts.safe_image import find_upload

KEY = "drawn/part"
OTHER = "drawn/other"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_catalog(tmp_path, categories=("part", "other"))


@pytest.fixture
def handlers(catalog: Catalog) -> Handlers:
    return Handlers(catalog)


@pytest.fixture
def upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A visitor's own image, uploaded."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    path = tmp_path / "uploads" / "0a1b" / "mine.png"
    path.parent.mkdir(parents=True)
    Image.fromarray(draw_part(5, side=PICTURE_SIDE)[0]).save(path)
    return path.resolve()


def make_latest() -> LatestRequest:
    return LatestRequest({"request": ("clear", None, None)})


def event(**data: Any) -> gr.EventData:
    return gr.EventData(None, data)


def address(**named: str) -> Any:
    return gr.Request(query_params=named)


def answer(handlers: Handlers, latest: LatestRequest) -> dict[str, Any]:
    """Return what the page holds once a request is answered."""
    held: dict[str, Any] = {}
    for updates in latest.answer(handlers.show):
        held |= inspect_tab.prepare_updates(latest, updates)
    return held


def opened(handlers: Handlers, **named: str) -> dict[str, Any]:
    latest = make_latest()
    inspect_tab.open_page(latest, 1, KEY, address(**named))
    return answer(handlers, latest)


def test_a_link_leads_to_its_product_and_sample(handlers: Handlers, catalog: Catalog) -> None:
    sample = catalog.samples.unseen(catalog.product(OTHER))[-1].id
    held = opened(handlers, product=OTHER, sample=sample, rate="5", view="outline")
    assert (held["product"][1], held["header"]["sample"]) == (OTHER, sample)
    assert held["header"]["state"] == "done"
    assert held["strip"]["product"] == OTHER


def test_what_a_link_names_and_is_not_there_is_left_out(
    handlers: Handlers, catalog: Catalog
) -> None:
    usual = opened(handlers)["header"]["sample"]
    known = catalog.samples.unseen(catalog.product(KEY))[-1].id
    for named, expected in (
        ({"product": "no/such", "sample": known}, (KEY, usual)),
        ({"product": KEY, "sample": "../../secret.png"}, (KEY, usual)),
        ({"product": "", "sample": ""}, (KEY, usual)),
        ({"sample": known}, (KEY, known)),
    ):
        held = opened(handlers, **named)
        assert held["header"]["state"] == "done"
        assert (held["header"]["product"], held["header"]["sample"]) == expected


def test_a_sample_is_one_of_the_product_whose_strip_was_clicked(
    handlers: Handlers, catalog: Catalog
) -> None:
    """Another product may be chosen already, and its strip not be there yet."""
    latest = make_latest()
    sample = catalog.samples.unseen(catalog.product(KEY))[0].id
    inspect_tab.pick_sample(event(product=KEY, sample=sample), latest, 1, OTHER)
    held = answer(handlers, latest)
    assert (held["product"][1], held["header"]["sample"]) == (KEY, sample)


def test_a_request_for_no_sample_at_all_is_answered_with_a_sentence(handlers: Handlers) -> None:
    latest = make_latest()
    inspect_tab.pick_sample(event(), latest, 1, KEY)
    assert answer(handlers, latest)["header"]["state"] == "error"


def test_another_product_looks_at_a_visitors_own_image_again(
    handlers: Handlers, upload: Path
) -> None:
    latest = make_latest()
    inspect_tab.upload(event(upload=str(upload)), latest, 1, KEY)
    held = answer(handlers, latest)
    assert held["source"] == Source(upload, held["header"]["run"])
    assert held["image"].startswith("data:image/"), "what was read is shown, also of a TIFF"
    inspect_tab.change_product(latest, 2, OTHER)
    held = answer(handlers, latest)
    assert (held["header"]["product"], held["header"]["sample"]) == (OTHER, "")
    assert held["source"] == Source(upload, held["header"]["run"])
    assert held["strip"]["items"][0]["id"].startswith("other/")
    upload.unlink()
    inspect_tab.change_product(latest, 3, KEY)
    held = answer(handlers, latest)
    assert held["header"]["error"]["fix"] == "Upload it again."
    assert held["source"] is None


def test_another_product_chosen_while_an_upload_waits_looks_at_the_upload(
    handlers: Handlers, upload: Path
) -> None:
    latest = make_latest()
    inspect_tab.upload(event(upload=str(upload)), latest, 1, KEY)
    inspect_tab.change_product(latest, 2, OTHER)
    held = answer(handlers, latest)
    assert (held["header"]["product"], held["header"]["sample"]) == (OTHER, "")
    assert held["header"]["state"] == "done"


def test_another_product_without_an_own_image_opens_with_its_own_sample(
    handlers: Handlers,
) -> None:
    latest = make_latest()
    inspect_tab.change_product(latest, 1, OTHER)
    assert answer(handlers, latest)["header"]["sample"].startswith("other/test/")


def test_a_dropdown_that_tells_the_same_product_again_changes_nothing(
    handlers: Handlers, catalog: Catalog
) -> None:
    latest = make_latest()
    inspect_tab.change_product(latest, 1, OTHER)
    inspect_tab.change_product(latest, 2, OTHER)
    assert answer(handlers, latest)["header"]["request"] == 2
    inspect_tab.pick_sample(
        event(product=OTHER, sample=catalog.samples.unseen(catalog.product(OTHER))[-1].id),
        latest,
        3,
        KEY,
    )
    inspect_tab.change_product(latest, 4, OTHER)
    held = answer(handlers, latest)
    assert held["header"]["sample"] == catalog.samples.unseen(catalog.product(OTHER))[-1].id, (
        "it was only left"
    )


def test_after_a_link_the_first_product_can_be_chosen(handlers: Handlers) -> None:
    latest = make_latest()
    inspect_tab.open_page(latest, 1, KEY, address(product=OTHER))
    assert answer(handlers, latest)["product"][1] == OTHER
    inspect_tab.change_product(latest, 2, KEY)
    assert answer(handlers, latest)["product"][1] == KEY


def test_a_photograph_is_inspected_like_an_upload(handlers: Handlers, upload: Path) -> None:
    latest = make_latest()
    inspect_tab.take_photo(latest, 1, KEY, upload)
    held = answer(handlers, latest)
    assert {held[name]["state"] for name in DETECTORS} == {"done"}
    assert held["source"].path == upload


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.png", "", "a\0b", None, 7, ["x"], {}])
def test_only_uploaded_files_are_read_whatever_a_request_names(
    handlers: Handlers, upload: Path, path: Any
) -> None:
    assert find_upload(path) is None
    latest = make_latest()
    inspect_tab.upload(event(upload=path), latest, 1, KEY)
    assert answer(handlers, latest)["header"]["error"]["problem"].startswith(
        "That image is no longer"
    )


def test_a_page_is_emptied_by_the_newest_request_too(handlers: Handlers, catalog: Catalog) -> None:
    latest = make_latest()
    inspect_tab.pick_sample(
        event(sample=catalog.samples.unseen(catalog.product(KEY))[0].id), latest, 1, KEY
    )
    inspect_tab.clear_page(latest, 2, KEY)
    held = answer(handlers, latest)
    assert held["header"]["state"] == "empty"
    assert held["image"] is None


def test_a_header_says_which_request_it_belongs_to_and_a_strip_travels_once(
    handlers: Handlers, catalog: Catalog
) -> None:
    latest = make_latest()
    for number, sample in enumerate(catalog.samples.unseen(catalog.product(KEY))[:2], 1):
        inspect_tab.pick_sample(event(product=KEY, sample=sample.id), latest, number, KEY)
        held = answer(handlers, latest)
        assert held["header"]["request"] == number
        assert ("strip" in held) == (number == 1)
    inspect_tab.change_product(latest, 3, OTHER)
    assert answer(handlers, latest)["strip"]["product"] == OTHER


def test_a_newer_sample_ends_the_inspection_of_an_older_one(
    handlers: Handlers, catalog: Catalog
) -> None:
    latest = make_latest()
    first, second = (sample.id for sample in catalog.samples.unseen(catalog.product(KEY))[:2])
    inspect_tab.pick_sample(event(product=KEY, sample=first), latest, 1, KEY)
    steps: Iterator[dict[str, Any]] = latest.answer(handlers.show)
    shown = [updates for _, updates in zip(range(3), steps, strict=False)]
    inspect_tab.pick_sample(event(product=KEY, sample=second), latest, 2, KEY)
    later = list(steps)
    assert [updates["header"]["sample"] for updates in shown if "header" in updates] == [first]
    assert {updates["header"]["sample"] for updates in later if "header" in updates} == {second}
    run = later[-1]["header"]["run"]
    assert {updates[name]["run"] for updates in later for name in DETECTORS if name in updates} == {
        run
    }


def test_no_event_waits_with_data_of_its_own_for_another(catalog: Catalog) -> None:
    """Gradio drops such an event, or sends the data of the earlier one once more."""
    takes_data = [fn for fn in build_page(catalog).fns.values() if fn.fn and has_event_data(fn.fn)]
    assert len(takes_data) >= 6
    assert {fn.trigger_mode for fn in takes_data} == {"multiple"}


def has_event_data(function: Any) -> bool:
    return gr.EventData in getattr(function, "__annotations__", {}).values()


def test_answers_travel_whole_so_that_none_is_changed_before_it_is_shown(catalog: Catalog) -> None:
    page = build_page(catalog)
    assert page.get_config_file()["protocol"] == "sse_v1", "the newest without changes"
    function = next(one for one in page.fns.values() if len(one.outputs) == 1)
    sent = [
        page.handle_streaming_diffs(function, [answer], session_hash="s", run="r", final=False)
        for answer in ({"slot": "cae"}, {"__type__": "update"}, {"slot": "unet"})
    ]
    assert sent == [[{"slot": "cae"}], [{"__type__": "update"}], [{"slot": "unet"}]]
