"""What the page answers to requests that its own browser side never sends."""

import io
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from inspection.products.catalog import Catalog
from tests.browser import launched
from tests.doubles.parts import draw_part, write_part
from tests.doubles.products import make_catalog
from tests.doubles.visitor import Visitor
from ui.gate import events, folder, uploads, visitors
from ui.gate.folder import Folder, clean_name
from ui.gate.refusals import Refused

KEY = "drawn/part"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_catalog(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def page(catalog: Catalog) -> Iterator[Any]:
    with launched(catalog) as served:
        yield served


@pytest.fixture(scope="module")
def png(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("png") / "a.png"
    write_part(path, draw_part(5)[0])
    return path.read_bytes()


@pytest.fixture
def visitor(page: Any) -> Visitor:
    return Visitor(page.local_url)


def is_short_sentence(answer: httpx.Response, *, repeats: str = "") -> bool:
    said = answer.json()["detail"]
    return 20 < len(said) < 120 and said.endswith(".") and (not repeats or repeats not in said)


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/deep_link?session_hash=a",
        "gradio_api/file=/etc/passwd",
        "gradio_api/file=../../etc/passwd",
        "gradio_api/queue/status",
        "gradio_api/runs",
        "gradio_api/proxy=http://example.org",
        "gradio_api/openapi.json",
        "gradio_api/dev/reload",
        "gradio_api/upload_progress?upload_id=a",
        "monitoring",
        "monitoring/summary",
        "pwa_icon",
        "docs",
        "no/such/page",
    ],
)
def test_what_the_page_does_not_use_is_closed(visitor: Visitor, path: str) -> None:
    answer = visitor.client.get(path)
    assert answer.status_code == 404
    assert is_short_sentence(answer)


@pytest.mark.parametrize(
    "path",
    ["process_recording", "call/predict", "run/other", "component_server", "reset", "vibe-edit"],
)
def test_what_the_page_never_posts_is_closed(visitor: Visitor, path: str) -> None:
    assert visitor.client.post(f"gradio_api/{path}", json={}).status_code == 404


@pytest.mark.parametrize("path", ["", "config"])
def test_the_page_is_compressed_for_whoever_can_read_that(page: Any, path: str) -> None:
    sizes = {}
    for accepted in ("gzip", "identity"):
        headers = {"Accept-Encoding": accepted}
        with httpx.stream("GET", f"{page.local_url}{path}", headers=headers) as answer:
            sizes[accepted] = len(b"".join(answer.iter_raw()))
            assert answer.headers.get("content-encoding", "identity") == accepted
    assert sizes["gzip"] < sizes["identity"] / 4


def test_only_reading_and_posting_is_known(visitor: Visitor) -> None:
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        assert visitor.client.request(method, "config").status_code == 405


def test_names_in_the_address_of_the_page_are_not_looked_up(visitor: Visitor) -> None:
    for query in ("?page=nothing", "?deep_link=nothing", "?product=x&page=..%2f"):
        assert visitor.client.get(query).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"fn_index": 10**6},
        {"fn_index": -1},
        {"fn_index": "1"},
        {"fn_index": True},
        {"fn_index": None},
        {"data": []},
        {"data": None},
        {"data": "secret"},
        {"data": [None] * 1000},
        {"session_hash": None},
        {"session_hash": "../secret"},
        {"session_hash": "x" * 1000},
        {"trigger_id": "secret"},
        {"event_data": {"path": "/etc/secret"}},
        {"event_data": {"a": [{"path": "secret" * 1000}]}},
        {"event_data": {"a": [{"path": "/etc/secret", "meta": {"_type": "gradio.FileData"}}]}},
        {"data": [None, "secret", KEY]},
        {"data": [None, {"secret": 1}, KEY]},
        {"data": [None, 1, ["secret"]]},
        {"data": [None, 1, "secret"]},
    ],
)
def test_an_event_that_the_page_cannot_have_sent_is_refused_and_not_repeated(
    visitor: Visitor, changes: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    recording, _ = visitor.find("pick_sample")
    body = visitor.body(recording, [None, 1, KEY], {"sample": "x"}) | changes
    answer = visitor.client.post("gradio_api/run/predict", json=body)
    assert answer.status_code == 400
    assert "secret" not in answer.text
    assert len(answer.text) < 200
    assert "Traceback" not in capfd.readouterr().err


def test_what_is_no_json_is_refused(visitor: Visitor) -> None:
    for content in (b"", b"{", b"[" * 100_000, b"\xff\xfe", b"[]", b"null", b"NaN"):
        for path in ("gradio_api/run/predict", "gradio_api/queue/join", "gradio_api/cancel"):
            assert visitor.client.post(path, content=content).status_code == 400


def test_a_body_is_bounded_before_it_is_read(visitor: Visitor) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 10**9:
            sent += 2**20
            yield b" " * 2**20

    answer = visitor.client.post("gradio_api/run/predict", content=b" " * 9_000_000)
    assert answer.status_code == 413
    with suppress(httpx.TransportError):  # the server has hung up
        assert visitor.client.post("gradio_api/queue/join", content=endless()).status_code == 413
    assert sent < 10**8


def test_an_event_of_the_queue_is_not_run_past_it(visitor: Visitor) -> None:
    _, answering = visitor.find("pick_sample")
    body = visitor.body(answering, [None] * len(answering["inputs"]), None)
    assert visitor.client.post("gradio_api/run/predict", json=body).status_code == 404


def test_an_upload_is_called_by_a_name_that_tells_no_folder(visitor: Visitor, png: bytes) -> None:
    called = visitor.upload("part \x1b[31m../../a.png", png)
    key, name = called.split("/")
    assert (len(key), name) == (32, "a.png")
    *_, last = visitor.inspect_upload(KEY, called)
    assert last["success"]
    shown = visitor.client.get(f"gradio_api/file={called}")
    assert (shown.content, shown.headers["content-security-policy"]) == (png, "sandbox")


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([("files", ("a.png", b"0"))] * 20, 200),
        ([("files", ("a.png", b"0"))] * 21, 400),
        ([("other", ("a.png", b"0"))], 400),
        ([("files", ("a.png", b"0")), ("other", ("a.png", b"0"))], 400),
        ([("files", (None, "text"))], 400),
        ([("files", ("a.png", b"0" * 20_000_001))], 413),
    ],
)
def test_an_upload_is_of_few_files_under_one_name(
    visitor: Visitor, files: Any, status: int, page: Any
) -> None:
    place = Path(folder.open_folder())
    before = set(place.iterdir())
    answer = visitor.client.post("gradio_api/upload", files=files)
    assert answer.status_code == status
    if status != 200:
        assert is_short_sentence(answer)
        assert set(place.iterdir()) == before, "nothing is left"


@pytest.mark.parametrize("name", ["", " ", ".", "..", "\x00", "\u202e", "/", "a/", "\x1b[2J"])
def test_a_file_without_a_name_worth_the_name_has_one(name: str) -> None:
    found = clean_name(name)
    assert found.isprintable()
    assert found not in {"", ".", ".."}
    assert "/" not in found


def test_a_name_stays_as_it_is_as_far_as_files_can_have_it() -> None:
    assert clean_name("Teil 7 (größer).PNG") == "Teil 7 (größer).PNG"
    assert clean_name("C:\\fakepath\\a.png") == "a.png"
    assert clean_name("日" * 200 + ".jpeg").endswith("日.jpeg")
    assert len(clean_name("日" * 200 + ".jpeg").encode()) < 140


def add(held: Folder, size: int, visitor: str) -> str:
    with held.arriving(visitor) as arrival:
        arrival.count(size)
        return held.add(io.BytesIO(bytes(size)), "a.png", visitor)


def test_a_visitor_who_uploads_much_replaces_own_files_only(tmp_path: Path) -> None:
    held = Folder(tmp_path, most=1000)
    other = add(held, 150, "other")
    mine = [add(held, 150, "mine") for _ in range(5)]
    assert [held.find(one) is not None for one in mine] == [False] * 4 + [True]
    assert held.find(other) is not None
    assert held.size == 300
    assert sum(path.stat().st_size for path in tmp_path.glob("*/*")) == 300


def test_files_of_this_machine_and_files_that_were_taken_leave_room(tmp_path: Path) -> None:
    held = Folder(tmp_path, most=1000)
    own = [add(held, 150, folder.OWN) for _ in range(6)]
    assert all(held.find(one) for one in own)
    for one in own[:3]:
        (tmp_path / one).unlink()
    another = [add(held, 150, folder.OWN) for _ in range(3)]
    assert all(held.find(one) for one in own[3:] + another)


def test_a_full_folder_refuses_until_files_are_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Folder(tmp_path, most=1000)
    for k in range(5):
        add(held, 200, f"visitor {k}")
    with pytest.raises(Refused, match="no room"):
        add(held, 100, "another")
    assert held.size == 1000
    monkeypatch.setattr(folder, "SAFE_FOR", 0.0)
    assert held.find(add(held, 100, "another")) is not None
    monkeypatch.setattr(folder, "KEPT", -1.0)
    held.sweep()
    assert (held.size, list(tmp_path.iterdir())) == (0, [])


def test_a_rate_is_that_of_its_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    buckets = visitors.Buckets(visitors.Rate(burst=3, per_second=1))
    for _ in range(3):
        buckets.take("one")
    with pytest.raises(Refused) as refused:
        buckets.take("one")
    assert (refused.value.status, refused.value.wait) == (429, 1)
    buckets.take("two")
    now = 2.0
    buckets.take("one")
    buckets.take("one")
    with pytest.raises(Refused):
        buckets.take("one")


def test_nobody_takes_all_places_of_the_queue(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def __init__(self, host: str) -> None:
            self.host = host

    class Waiting:
        def __init__(self, session: str, host: str) -> None:
            self.session_hash = session
            self.request = type("Request", (), {"client": Client(host)})()

    class Queue:
        def __init__(self, queue: list[Waiting]) -> None:
            self.queue = queue

    def check(waiting: list[Waiting], session: str, host: str) -> int:
        held = {"inspect": Queue(waiting)}
        monkeypatch.setattr(page._queue, "event_queue_per_concurrency_id", held)
        try:
            events.check_queue(page, session, host)
        except Refused as refused:
            return refused.status
        return 200

    mine = [Waiting("mine", "192.0.2.1")] * 8
    many = [Waiting(f"s{k}", "192.0.2.1") for k in range(12)]
    full = [Waiting(f"s{k}", f"192.0.2.{k}") for k in range(24)]
    own = [Waiting(f"s{k}", "127.0.0.1") for k in range(12)]
    assert check(mine, "mine", "192.0.2.1") == 429
    assert check(mine, "other", "192.0.2.1") == 200
    assert check(many, "new", "192.0.2.1") == 429
    assert check(many, "new", "192.0.2.2") == 200
    assert check(own, "new", "127.0.0.1") == 200
    assert check(full, "new", "192.0.2.99") == 503
    assert uploads.MOST_FILES == 20
