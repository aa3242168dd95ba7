"""The named endpoints as programs use them: the examples of docs/api.md, and what goes wrong."""

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from inspection.images import read_image
from inspection.products.catalog import Catalog
from tests.browser import DESKTOP, find_browser
from tests.doubles.detectors import DETECTORS, FakeEmbed, inspect_with
from tests.doubles.parts import PICTURE_SIDE, draw_part, write_part
from tests.doubles.products import make_catalog, write_familiarity
from tests.doubles.schema import check_inspection, parse_inspection
from ui.gate.folder import open_folder
from ui.gate.refusals import Refused
from ui.inspect.report import Reporter

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", DOCUMENT, re.DOTALL)
ADDRESS = "http://127.0.0.1:7860"
KEY = "drawn/part"
RUNNERS = {
    "python": (sys.executable, "-"),
    "sh": ("bash", "-"),
    "javascript": ("node", "--input-type=module", "-"),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("api")


@pytest.fixture(scope="module")
def catalog(root: Path) -> Catalog:
    made = make_catalog(root, embed=FakeEmbed())
    write_familiarity(root / "checkpoints" / "drawn" / "part")
    return made


@pytest.fixture(autouse=True)
def _without_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fast machine would run into them; `test_gate.py` has them."""
    monkeypatch.setattr("ui.gate.visitors.Buckets.take", lambda *_: None)


@pytest.fixture(scope="module")
def desk(root: Path) -> Path:
    """The folder from which programs call."""
    folder = root / "desk"
    write_part(folder / "part.png", draw_part(3, defective=True, side=PICTURE_SIDE)[0])
    (folder / "notes.txt").write_text("no image", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        opened = Client(url, verbose=False, analytics_enabled=False)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def part(desk: Path) -> Any:
    return handle_file(desk / "part.png")


def as_uri(path: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"


def test_the_documents_have_examples_in_three_languages() -> None:
    assert {language for language, _ in BLOCKS} >= set(RUNNERS)


@pytest.mark.parametrize(
    ("language", "code"), [(name, code) for name, code in BLOCKS if name in RUNNERS]
)
def test_the_examples_run_as_they_stand(url: str, desk: Path, language: str, code: str) -> None:
    program, *options = RUNNERS[language]
    if shutil.which(program) is None or (language == "sh" and shutil.which("curl") is None):
        pytest.skip(f"{program} or curl is not on this machine")
    done = subprocess.run(
        [program, *options],
        input=code.replace(ADDRESS, url.rstrip("/")).replace("demo/washer", KEY),
        cwd=desk,
        env={**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "patchcore" in done.stdout or "could not be read" in done.stdout


def test_products_are_listed_with_what_their_parts_support(client: Client) -> None:
    (found,) = client.predict(api_name="/products")
    assert (found["product"], found["problem"], found["false_alarms_per_100"]) == (KEY, "", 2.0)
    assert [one["detector"] for one in found["detectors"]] == list(DETECTORS)
    assert {one["lowest_false_alarms_per_100"] for one in found["detectors"]} == {0.9901}
    assert found["joint"]["good_parts"] == 100


def test_thresholds_are_those_of_the_calibrations(client: Client, catalog: Catalog) -> None:
    for rate, asked in ((0.05, 5), (0.02, None)):
        found = client.predict("part", asked, api_name="/thresholds")
        assert found["false_alarms_per_100"] == 100 * rate
        for one in found["detectors"]:
            channel = catalog.channels.judging(catalog.product(KEY), one["detector"])
            assert one["threshold"] == channel.calibration.threshold(rate)


def test_an_inspection_has_the_numbers_of_the_line(
    client: Client, catalog: Catalog, desk: Path, part: Any
) -> None:
    found = check_inspection(client.predict(KEY, part, 5, api_name="/inspect"))
    (image,) = found["images"]
    assert (image["image"], image["outcome"], found["not_inspected"]) == ("part.png", "defect", [])
    for finding in image["findings"]:
        channel = catalog.channels.judging(catalog.product(KEY), finding["detector"])
        expected = inspect_with(channel, read_image(desk / "part.png"), false_alarm_rate=0.05)
        assert finding["image_score"] == expected.image_score
        assert finding["threshold"] == expected.threshold
        assert len(finding["regions"]) == len(expected.regions)
        assert "overlay" not in finding


def test_an_image_in_the_call_is_inspected_like_an_upload(
    client: Client, desk: Path, part: Any
) -> None:
    sent = check_inspection(client.predict(KEY, as_uri(desk / "part.png"), api_name="/inspect"))
    uploaded = check_inspection(client.predict(KEY, part, api_name="/inspect"))
    assert sent["images"][0]["image"] == "image.png"
    assert sent["images"][0]["joint"] == uploaded["images"][0]["joint"]
    assert not list(open_folder().glob("tmp*")), "nothing is left"


def test_overlays_are_pictures(client: Client, part: Any) -> None:
    found = check_inspection(client.predict(KEY, part, overlays=True, api_name="/inspect"))
    for finding in found["images"][0]["findings"]:
        picture = base64.b64decode(finding["overlay"].partition(",")[2])
        assert Image.open(io.BytesIO(picture)).format == "JPEG"


def test_what_is_not_the_product_is_inspected_only_if_it_is_wanted(
    client: Client, desk: Path
) -> None:
    red = np.zeros((PICTURE_SIDE, PICTURE_SIDE, 3), np.uint8)
    red[:, :, 0] = 255
    write_part(desk / "red.png", red)
    image = handle_file(desk / "red.png")
    (left,) = check_inspection(client.predict(KEY, image, api_name="/inspect"))["images"]
    assert (left["outcome"], left["findings"]) == ("unfamiliar", [])
    asked = client.predict(KEY, image, anyway=True, api_name="/inspect")
    (wanted,) = check_inspection(asked)["images"]
    assert wanted["outcome"] != "unfamiliar"
    assert wanted["findings"]


def test_one_bad_image_of_several_is_named_and_stops_no_other(
    client: Client, desk: Path, part: Any
) -> None:
    images = [part, handle_file(desk / "notes.txt"), None, "data:image/png;base64,***", part]
    found = check_inspection(client.predict(KEY, images, api_name="/inspect_batch"))
    assert [one["image"] for one in found["images"]] == ["part.png", "part.png"]
    names = [one["image"] for one in found["not_inspected"]]
    assert names == ["notes.txt", "image 3", "image 4"]
    assert all(one["problem"].endswith(".") and one["fix"] for one in found["not_inspected"])


def test_the_report_of_the_page_is_the_same_json(catalog: Catalog, client: Client) -> None:
    sample = catalog.samples.unseen(catalog.product(KEY))[0]
    request = {"format": "json", "rate": 0.05, "product": KEY, "sample": sample.id}
    payload = Reporter(catalog).make(request, None)
    report = parse_inspection(base64.b64decode(payload["content"]))
    called = client.predict(KEY, handle_file(sample.image_path), 5, api_name="/inspect")
    for one in (report, called):
        for name in ("image", "truth"):
            del one["images"][0][name]
        del one["created"]
    assert called == report


def test_the_schema_holds_what_it_says(client: Client, part: Any) -> None:
    found = client.predict(KEY, part, api_name="/inspect")
    for change in ({"format": 1}, {"images": None}, {"more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            check_inspection({**found, **change})


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("thresholds", ["nothing"], "There is no trained product of that name. Choose from "),
        ("thresholds", [None], "no text"),
        ("thresholds", [["drawn/part"]], "no text"),
        ("thresholds", [KEY, "2"], "no number between 0 and 100"),
        ("thresholds", [KEY, True], "no number between 0 and 100"),
        ("thresholds", [KEY, 100], "no number between 0 and 100"),
        ("thresholds", [KEY, 0.5], "Ask for 0.99 or more, or hold out 199 normal parts."),
        ("inspect", [KEY, None], "There is no image."),
        ("inspect", [KEY, {"path": ["a"]}], "There is no image."),
        ("inspect", [KEY, "../../etc/passwd"], "There is no such upload."),
        ("inspect", [KEY, {"path": "/etc/passwd"}], "There is no such upload."),
        ("inspect", [KEY, {"path": "a" * 5000}], "There is no such upload."),
        ("inspect", [KEY, {"url": "http://127.0.0.1/a.png"}], "There is no image."),
        ("inspect", [KEY, {"path": "http://127.0.0.1/a.png"}], "fetches no images"),
        ("inspect", [KEY, "data:image/png;base64,é"], "no data URI in base64"),
        ("inspect", [KEY, "data:text/html;base64,AAAA"], "no data URI in base64"),
        ("inspect", [KEY, "data:image/png;base64,AAAA"], "could not be read as an image"),
        ("inspect", [KEY, None, 2, "yes"], "The value anyway is neither true nor false."),
        ("inspect", [KEY, None, 2, False, 1], "The value overlays is neither true nor false."),
        ("inspect_batch", [KEY, None], "Send a list of 1 to 20."),
        ("inspect_batch", [KEY, []], "Send a list of 1 to 20."),
        ("inspect_batch", [KEY, [None] * 21], "Send a list of 1 to 20."),
        ("inspect_batch", [KEY, {}], "Send a list of 1 to 20."),
    ],
)
def test_a_wrong_value_is_a_sentence_and_nothing_is_lost(
    url: str, root: Path, name: str, values: list[Any], said: str
) -> None:
    with httpx.Client(base_url=f"{url}gradio_api/", timeout=60) as program:
        event, answer = call(program, name, {"data": values})
        assert event == "error"
        assert said in answer["error"]
        assert answer["error"].endswith(".")
        assert str(root) not in answer["error"]
        assert call(program, "products", {})[0] == "complete"


def call(program: httpx.Client, name: str, body: Any) -> tuple[str, Any]:
    """Call an endpoint as curl does and return what kind of answer comes, and the answer."""
    number = program.post(f"call/{name}", json=body).raise_for_status().json()["event_id"]
    told = program.get(f"call/{name}/{number}").raise_for_status().text
    event, data = re.findall(r"event: (\w+)\ndata: (.*)\n", told)[-1]
    return event, json.loads(data)


def test_values_are_given_by_name_or_in_a_row_and_defaults_are_left_out(url: str) -> None:
    with httpx.Client(base_url=f"{url}gradio_api/", timeout=60) as program:
        named = call(program, "thresholds", {"product": KEY})
        assert named[0] == "complete"
        assert call(program, "thresholds", {"data": [KEY]}) == named
        assert call(program, "v2/thresholds", {"product": KEY}) == named


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("call/thresholds", b"", 400),
        ("call/thresholds", b"{", 400),
        ("call/thresholds", b"[]", 400),
        ("call/thresholds", b"{}", 400),
        ("call/thresholds", b'{"data": []}', 400),
        ("call/thresholds", b'{"data": [1, 2, 3]}', 400),
        ("call/thresholds", b'{"product": "a", "secret": 1}', 400),
        ("call/thresholds", b" " * 9_000_000, 413),
        ("call/nothing", b"{}", 404),
        ("call/name_session", b"{}", 404),
        ("call/inspect/" + "0" * 32, b"{}", 404),
        ("run/inspect", b"{}", 404),
        ("mcp", b"{}", 404),
    ],
)
def test_what_is_no_call_is_refused(url: str, path: str, body: bytes, status: int) -> None:
    answer = httpx.post(f"{url}gradio_api/{path}", content=body, timeout=60)
    assert answer.status_code == status
    assert "secret" not in answer.text


def test_an_answer_is_read_once_and_by_its_own_number(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with httpx.Client(base_url=f"{url}gradio_api/", timeout=60) as program:
        number = program.post("call/products", json={}).json()["event_id"]
        assert program.get(f"call/products/{number}").text.startswith("event: complete\n")
        for asked in (number, "0" * 32, "secret"):
            answer = program.get(f"call/products/{asked}")
            assert answer.status_code == 404
            assert "secret" not in answer.text
    assert "Traceback" not in capfd.readouterr().err


def test_programs_that_call_all_at_once_wait_or_are_told_so(url: str) -> None:
    def ask(_: int) -> str:
        with httpx.Client(base_url=f"{url}gradio_api/", timeout=60) as program:
            begun = program.post("call/products", json={})
            if begun.status_code == 503:
                return "full"
            number = begun.raise_for_status().json()["event_id"]
            return program.get(f"call/products/{number}").text

    with ThreadPoolExecutor(40) as threads:
        told = list(threads.map(ask, range(40)))
    assert {one.split("\n")[0] for one in told} <= {"event: complete", "full"}
    assert httpx.get(f"{url}health", timeout=60).json()["status"] == "ok"


def test_calls_of_an_address_are_counted(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_all(_: object, sender: str) -> None:
        raise Refused(429, sender, wait=1)

    monkeypatch.setattr("ui.gate.visitors.Buckets.take", refuse_all)
    answer = httpx.post(f"{url}gradio_api/call/products", json={}, timeout=60)
    assert (answer.status_code, answer.json()["error"]) == (429, "127.0.0.1")


def test_only_what_reads_is_offered(url: str) -> None:
    dependencies = httpx.get(f"{url}config", timeout=60).json()["dependencies"]
    public = [one["api_name"] for one in dependencies if one["api_visibility"] != "private"]
    assert public == ["products", "thresholds", "inspect", "inspect_batch"]
    told = httpx.get(f"{url}gradio_api/info", timeout=60).json()["named_endpoints"]
    assert [name.strip("/") for name in told] == public
    assert all(one["python_type"]["description"] for one in told["/inspect"]["parameters"])


@pytest.mark.browser
@pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed")
def test_the_page_documents_the_endpoints(browser: Any, url: str) -> None:
    opened = browser.new_page(viewport=DESKTOP)
    opened.goto(url)
    opened.get_by_role("button", name="Use via API").click(timeout=120_000)
    documents = opened.locator(".api-docs")
    documents.get_by_text("4 API endpoints").wait_for(timeout=120_000)
    told = documents.inner_text()
    opened.close()
    for name in ("/products", "/thresholds", "/inspect", "/inspect_batch"):
        assert f"API name: {name} " in told
    assert "image=handle_file('part.png')" in told
