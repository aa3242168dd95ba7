"""How the page ends: with answers for those who wait, and without a file."""

import getpass
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import app
from inspection.errors import SettingsError
from inspection.products.catalog import Catalog
from tests.browser import launched
from tests.doubles.products import make_catalog
from tests.doubles.visitor import Visitor
from ui.stop import finish_answers, is_busy

KEY = "drawn/part"
PAGE = """
import signal, sys, tempfile
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
from pathlib import Path
from tests.doubles.products import make_catalog
from inspection.terminal import write_log
from ui.serve import serve
from ui.stop import wait_for_end
write_log(sys.argv[1])
page = serve(make_catalog(Path(sys.argv[2])), host="127.0.0.1")
print(page.local_url, flush=True)
wait_for_end(page)
"""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_catalog(tmp_path_factory.mktemp("stop"))


@pytest.fixture
def page(catalog: Catalog) -> Iterator[Any]:
    with launched(catalog) as served:
        yield served


def test_who_waits_is_answered_and_nobody_else_is_taken(
    page: Any, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = catalog.samples.unseen(catalog.product(KEY))[0].id
    first, late = Visitor(page.local_url), Visitor(page.local_url)
    with monkeypatch.context() as slow:
        slow.setattr(page._queue, "get_events", lambda: None)
        first.ask("pick_sample", KEY, {"product": KEY, "sample": sample}).raise_for_status()
        first.join("pick_sample").raise_for_status()
        assert is_busy(page)
        assert not finish_answers(page, 0.0), "it waits no longer than it may"
    answers: list[dict[str, Any]] = []
    reading = threading.Thread(target=lambda: answers.extend(first.answers()))
    reading.start()
    assert finish_answers(page, 60)
    reading.join(60)
    assert answers[-1]["success"]
    assert late.ask("pick_sample", KEY, {}).status_code == 503
    assert late.client.get("health").status_code == 503
    assert not is_busy(page)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGINT])
def test_a_page_that_ends_leaves_no_file_though_a_tab_is_open(
    way: signal.Signals, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), "GRADIO_TEMP_DIR": ""}
    command = [sys.executable, "-c", PAGE, str(tmp_path / "log.jsonl"), str(tmp_path / "root")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as running:
        assert running.stdout is not None
        visitor = Visitor(running.stdout.readline().strip())
        with visitor.staying():
            for _ in range(3):
                visitor.upload("a\x1b[2J.png", b"0" * 1000)
            assert len(list(temporary.rglob("*.png"))) == 3
            with pytest.raises(httpx.HTTPStatusError):
                visitor.client.get("gradio_api/deep_link").raise_for_status()
            running.send_signal(way)
            try:
                running.wait(30)
            finally:
                running.kill()
    left = {path.name for path in temporary.iterdir()}
    assert left <= {"gradio"}, "an empty folder that Gradio makes when it is imported"
    assert [path for path in temporary.rglob("*") if path.is_file()] == []
    records = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [one["message"] for one in records].count("answered") == 3
    assert {"refused"} < {one["message"] for one in records}
    assert all(one["room"] == "ui.gate.gate" and "time" in one for one in records)


def test_a_password_comes_from_the_environment_or_is_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(app.PASSWORD, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda _: "typed")
    assert app.read_password(is_asked=False) is None
    assert app.read_password(is_asked=True) == "typed"
    monkeypatch.setenv(app.PASSWORD, "set")
    assert app.read_password(is_asked=True) == app.read_password(is_asked=False) == "set"


def test_without_a_terminal_a_password_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: str) -> str:
        raise EOFError

    monkeypatch.delenv(app.PASSWORD, raising=False)
    monkeypatch.setattr(getpass, "getpass", nobody)
    with pytest.raises(SettingsError, match=app.PASSWORD):
        app.read_password(is_asked=True)


def test_a_log_that_cannot_be_written_ends_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["--log-file", str(tmp_path / "no" / "such" / "log")]) == 2
    assert "Choose another --log-file." in capsys.readouterr().err
