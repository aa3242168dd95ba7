"""Starting the page: options, address, first result on the terminal, and what is never served."""

import errno
import json
import logging
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from starlette.requests import ClientDisconnect

import app
from detectors import list_detectors
from detectors.catalog import open_catalog
from eda.views import VIEWS
from inspection.demo.products import write_demo_data
from inspection.detector import Channel
from inspection.errors import DatasetError, InspectionError, SettingsError
from inspection.products import demo_data
from inspection.products.catalog import Catalog
from inspection.products.dataset_folders import name_folder, name_folders
from tests.browser import without_finalisers
from tests.doubles.detectors import DETECTORS, make_infos
from tests.doubles.products import make_catalog
from ui import background, layout
from ui.address import is_loopback
from ui.inspect.first import describe_first_inspection
from ui.results import views as results_views
from ui.serve import is_news, is_share_wanted, serve


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def catalog(root: Path) -> Catalog:
    return make_catalog(root, trained=("cae", "patchcore"))


@pytest.fixture(scope="module")
def page(root: Path, catalog: Catalog) -> Iterator[Any]:
    """A page started as from a notebook, with the fakes in place of the real detectors."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "open_catalog", lambda *_, **__: catalog)
        set_demo_data(patch, root / "demo")
        patch.setenv("GRADIO_SERVER_PORT", str(free_port()))
        with without_finalisers():
            started = app.main(
                data=[root / "data" / "drawn"], checkpoints=root / "checkpoints", inline=True
            )
    yield started
    started.close()


def set_demo_data(patch: pytest.MonkeyPatch, folder: Path) -> None:
    for module in (app, demo_data, background):
        patch.setattr(module, "DEMO_DATA", folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(page: Any, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(page.local_url + path, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_the_page_answers_at_the_address_of_the_environment_variable(page: Any) -> None:
    status, body = get(page, "")
    assert status == 200
    assert b"Defect Lens" in body
    assert b"--dl-defect" in body, "the style sheet is in the head"


def test_neither_data_nor_checkpoints_are_served(page: Any, root: Path, catalog: Catalog) -> None:
    sample = catalog.samples.unseen(catalog.product("drawn/part"))[0].image_path
    calibration = root / "checkpoints" / "drawn" / "part" / "cae" / "calibration.json"
    for path in (sample, calibration, Path("app.py").resolve(), Path("/etc/hostname")):
        status, _ = get(page, f"gradio_api/file={path}")
        assert status in (403, 404)


def test_the_page_offers_only_tabs_that_work(page: Any) -> None:
    config = json.loads(get(page, "config")[1])
    tabs = [part["props"]["label"] for part in config["components"] if part["type"] == "tabitem"]
    titles = [tab.TITLE for tab in layout.TABS]
    known = ["Inspect", "New product", "Sensitivity", "Explore data", "Results"]
    assert titles[: len(known)] == known
    inner = [one.title for one in VIEWS] + [one.title for one in results_views.VIEWS]
    lab = ["Fade", "Draw", "Stress", "Study"]
    assert sorted(tabs) == sorted([*titles, *inner, *lab])


def test_the_terminal_gets_one_line_per_detector_and_the_outcome(catalog: Catalog) -> None:
    first, *lines, outcome = describe_first_inspection(catalog)
    assert first.startswith("First inspection: part/test/dent/")
    assert first.endswith("at 2 false alarms per 100 good parts")
    assert outcome.split(maxsplit=1)[1] == (
        "Defect found. It stands out beyond all 100 good parts, by 4.0 spreads. Both "
        "detectors flag it. The dataset says of this sample: dent"
    )
    assert len(lines) == 3, "a command stands below its detector"
    assert "Not trained yet" in next(line for line in lines if "U-Net" in line)
    assert all("threshold" in line for line in lines if "U-Net" not in line)


def test_without_a_product_the_terminal_says_what_to_do(tmp_path: Path) -> None:
    empty = Catalog(tmp_path, [], loader=lambda _: pytest.fail("nothing to load"), detectors={})
    (line,) = describe_first_inspection(empty)
    assert "Upload an image" in line


def test_the_first_result_and_the_address_are_printed(
    catalog: Catalog, capsys: pytest.CaptureFixture[str]
) -> None:
    background.say_first_inspection(catalog)
    assert capsys.readouterr().out.startswith("First inspection: ")


def test_a_data_folder_may_be_shown_under_another_name(tmp_path: Path) -> None:
    for name in ("tiles", "a=b"):
        (tmp_path / name).mkdir()
    assert name_folder(tmp_path / "tiles") == ("tiles", tmp_path / "tiles")
    assert name_folder(f"mt={tmp_path / 'tiles'}") == ("mt", tmp_path / "tiles")
    assert name_folder(str(tmp_path / "a=b")) == ("a=b", tmp_path / "a=b")
    with pytest.raises(SettingsError, match="nowhere"):
        name_folder("mt=nowhere")


def test_two_data_folders_of_one_name_are_refused_and_one_given_twice_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "a" / "data", tmp_path / "b" / "data"
    for folder in (first, second):
        folder.mkdir(parents=True)
    assert app.run(["--data", str(first), "--data", str(second)]) == 2
    said = capsys.readouterr().err
    assert f"{first} and {second} are both called data." in said
    assert f"--data NAME={second}" in said
    assert name_folders([first, f"{first}/"]) == {"data": first}
    assert name_folders([first, f"other={second}"]) == {"data": first, "other": second}
    with pytest.raises(DatasetError, match=r"cannot be called '\.\.'"):
        name_folders([f"..={second}"])


def test_a_data_folder_that_is_not_there_ends_with_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert app.run(["--data", "no/such/folder"]) == 2
    assert "There is no folder no/such/folder." in capsys.readouterr().err


def test_a_checkpoints_folder_that_is_not_there_ends_with_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert app.run(["--checkpoints", "~/no/such/folder"]) == 2
    assert "There is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "-1", "99999"])
def test_a_port_that_cannot_be_ends_with_a_sentence(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["--port", port]) == 2
    assert f"There is no port {port}." in capsys.readouterr().err


def test_an_address_of_another_machine_ends_with_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert app.run(["--host", "192.0.2.1"]) == 2  # an address that is nobody's (RFC 5737)
    assert "cannot be served at 192.0.2.1" in capsys.readouterr().err


def test_a_machine_that_does_not_reach_its_own_page_ends_with_a_sentence(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")  # where nobody listens
    with pytest.raises(SettingsError, match="does not reach the page") as raised:
        serve(catalog, host="127.0.0.1")
    assert "NO_PROXY=localhost,127.0.0.1" in raised.value.fix


@pytest.mark.parametrize(("value", "is_wanted"), [(None, False), ("True", True), ("false", False)])
def test_a_public_link_is_made_only_when_asked_for(
    value: str | None, is_wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRADIO_SHARE", raising=False)
    if value is not None:
        monkeypatch.setenv("GRADIO_SHARE", value)
    assert is_share_wanted() is is_wanted


@pytest.mark.parametrize(
    ("host", "named", "is_own"),
    [
        (None, None, True),
        ("127.0.0.1", "0.0.0.0", True),
        ("localhost", None, True),
        ("[::1]", None, True),
        ("0.0.0.0", None, False),
        ("192.0.2.1", None, False),
        (None, "0.0.0.0", False),
        (None, "", False),
    ],
)
def test_an_address_that_others_reach_is_told_from_this_machines_own(
    host: str | None, named: str | None, is_own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRADIO_SERVER_NAME", raising=False)
    if named is not None:
        monkeypatch.setenv("GRADIO_SERVER_NAME", named)
    assert is_loopback(host) is is_own


@pytest.mark.parametrize(
    ("launch", "is_shared", "has_link"),
    [({}, False, False), ({"host": "0.0.0.0"}, True, False), ({"share": True}, True, True)],
)
def test_a_page_that_others_reach_is_shared_but_gets_a_public_link_only_if_asked(
    launch: dict[str, Any], is_shared: bool, has_link: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = MagicMock()
    monkeypatch.setattr("ui.serve.build_page", lambda _: page)
    for name in ("GRADIO_SHARE", "GRADIO_SERVER_NAME"):
        monkeypatch.delenv(name, raising=False)
    catalog = Catalog(Path(), [], loader=lambda _: pytest.fail("nothing to load"), detectors={})
    serve(catalog, **launch)
    assert catalog.places.is_shared is is_shared
    assert page.launch.call_args.kwargs["share"] is has_link


def test_the_terminal_survives_a_detector_that_dies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_catalog(tmp_path)

    def load(folder: Path) -> Channel:
        raise MemoryError

    data = tmp_path / "data" / "drawn"
    broken = Catalog(
        tmp_path / "checkpoints", [data], loader=load, detectors=make_infos(*DETECTORS)
    )
    background.say_first_inspection(broken)
    output = capsys.readouterr().out
    assert output.count("MemoryError") == len(DETECTORS)
    assert "Verdict" not in output


def test_a_good_first_sample_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = make_catalog(tmp_path, weakness={"unet": 1.0, "cae": 1.0})
    good = next(
        one for one in catalog.samples.unseen(catalog.product("drawn/part")) if not one.is_anomalous
    )
    monkeypatch.setattr("ui.inspect.first.find_opening", lambda *_: good)
    *_, outcome = describe_first_inspection(catalog)
    assert outcome.split(maxsplit=1)[1] == (
        "No defect found. It stands out beyond 0 of 100 good parts. None of the 3 "
        "detectors flags it. The dataset says of this sample: a good part"
    )


def test_a_port_that_is_taken_ends_with_a_sentence(
    page: Any, root: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(app, "open_catalog", lambda *_, **__: catalog)
    set_demo_data(monkeypatch, root / "demo")
    port = page.local_url.rstrip("/").rpartition(":")[2]
    assert app.run(["--port", port, "--checkpoints", str(root / "checkpoints")]) == 2
    assert "--port" in capsys.readouterr().err


def test_the_catalogue_of_the_app_knows_every_detector_and_loads_none(tmp_path: Path) -> None:
    found = open_catalog(tmp_path)
    assert found.detectors == list_detectors()
    assert {*DETECTORS, "classifier"} <= found.detectors.keys()
    assert not found.products


def test_what_keeps_demo_samples_from_being_drawn_is_reported_and_the_page_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_demo_data(monkeypatch, tmp_path / "demo")
    (tmp_path / "checkpoints" / "demo" / "washer").mkdir(parents=True)
    (tmp_path / "demo").write_text("no folder")
    with background.drawing_samples(tmp_path / "checkpoints"):
        pass
    note = capsys.readouterr().out
    assert note.startswith(f"Note: {tmp_path / 'demo'} is a file")


@pytest.mark.parametrize("has_marker", [True, False])
def test_demo_data_that_cannot_be_read_is_left_out_unless_somebody_asked_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_marker: bool
) -> None:
    demo = tmp_path / "demo"
    set_demo_data(monkeypatch, demo)
    folders: dict[str, Path] = {}
    if has_marker:
        demo.mkdir()
        (demo / "demo.json").write_text('{"drawing": 1, "seed": 0}')
    trouble = demo_data.add_demo_data(folders)
    assert folders == ({} if has_marker else {"demo": demo})
    assert ("holds no images" in str(trouble)) is has_marker
    asked = {"demo": tmp_path / "mine" / "demo"}
    said = str(demo_data.add_demo_data(asked))
    assert asked == {"demo": tmp_path / "mine" / "demo"}
    assert f"The demo images are not shown: {asked['demo']} is called demo, too." in said
    assert demo_data.add_demo_data({"demo": demo}) is None


def test_the_demo_is_completed_only_where_it_is_shown_and_is_the_one_drawn_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = tmp_path / "demo"
    set_demo_data(monkeypatch, demo)
    (tmp_path / "checkpoints" / "demo" / "washer").mkdir(parents=True)
    assert demo_data.find_demo({"demo": demo}, tmp_path / "checkpoints") is None
    write_demo_data(demo, only=lambda _: False)
    found = demo_data.find_demo({"demo": demo}, tmp_path / "checkpoints")
    assert found is not None
    assert found.products == ("washer",)
    assert demo_data.find_demo({"demo": tmp_path / "mine"}, tmp_path / "checkpoints") is None
    assert demo_data.find_demo({}, tmp_path / "checkpoints") is None


def test_the_rest_of_the_demo_is_drawn_after_the_first_inspection(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    demo = MagicMock()
    demo.draw_rest.side_effect = lambda _: done.append("the rest")
    monkeypatch.setattr(background, "say_first_inspection", lambda _: done.append("the first"))
    monkeypatch.setattr(catalog.datasets, "demo", demo)
    thread = background.start_background(catalog)
    thread.join(60)
    assert done == ["the first", "the rest"]


def test_ctrl_c_while_the_page_starts_stops_the_drawing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    was_stopped: list[bool] = []

    def draw(*_: Path, is_stopped: Callable[[], bool]) -> list[InspectionError]:
        for _attempt in range(1000):
            if is_stopped():
                break
            time.sleep(0.01)
        was_stopped.append(is_stopped())
        return []

    monkeypatch.setattr("ui.background.draw_samples", draw)
    with pytest.raises(KeyboardInterrupt), background.drawing_samples(tmp_path):
        raise KeyboardInterrupt
    assert was_stopped == [True]


def test_ctrl_c_ends_without_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "main", interrupt)
    assert app.run([]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_visitor_who_stops_an_upload_is_no_news_for_the_terminal() -> None:
    def record(error: Exception | None) -> logging.LogRecord:
        exc_info = None if error is None else (type(error), error, None)
        return logging.LogRecord("uvicorn.error", logging.ERROR, "", 1, "failed", None, exc_info)

    assert not is_news(record(ClientDisconnect()))
    assert is_news(record(OSError("disk full")))
    assert not is_news(record(OSError(errno.EMFILE, "Too many open files")))
    assert is_news(record(None))
