"""Every private endpoint, asked what the page never asks: a sentence or a short refusal."""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from inspection.products.catalog import Catalog
from tests.browser import launched
from tests.doubles.products import make_catalog
from tests.doubles.visitor import Visitor

pytestmark = pytest.mark.attack
MARK = "s3cr3t"
LONGEST = 300  # characters of a refusal
WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    1e308,
    "",
    MARK,
    "\x1b[2J" + MARK,
    MARK * 1000,
    [],
    [MARK],
    [[[[MARK]]]],
    {},
    {MARK: MARK},
    {"path": f"/etc/{MARK}"},
    {"path": f"/etc/{MARK}", "meta": {"_type": "gradio.FileData"}},
    {"__type__": "update", "value": MARK},
)
EVENTS = tuple(
    name
    for line in (
        "product sample path upload page asked drawing area brushed ids dataset format rate run",
        "seed levels stress address id paths frame name owner groups value number image",
    )
    for name in line.split()
)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_catalog(tmp_path_factory.mktemp("requests"))


@pytest.fixture(scope="module")
def page(catalog: Catalog) -> Iterator[Any]:
    with launched(catalog) as served:
        yield served


@pytest.fixture(autouse=True)
def _without_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.gate.visitors.Buckets.take", lambda *_: None)


def wrong_bodies(visitor: Visitor, dependency: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what is wrong in one value, or in what an event brings along."""
    inputs = len(dependency["inputs"])
    right = visitor.body(dependency, [None] * inputs, None)
    for place, value in itertools.product(range(min(inputs, 4)), WRONG):
        data = [None] * inputs
        data[place] = value
        yield {**right, "data": data}
    for value in WRONG:
        yield {**right, "event_data": value}
        yield {**right, "event_data": dict.fromkeys(EVENTS, value)}
        yield {**right, "trigger_id": value}
        yield {**right, "session_hash": value}
        yield {**right, "fn_index": value}
        yield {**right, "data": value}


def check(answer: httpx.Response, body: dict[str, Any]) -> None:
    assert answer.status_code < 500, body
    if answer.status_code != 200:
        assert len(answer.text) < LONGEST, body
        assert MARK not in answer.text, body


def test_no_event_past_the_queue_ends_in_a_fault(
    page: Any, capfd: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    visitor = Visitor(page.local_url)
    found: Counter[int] = Counter()
    for dependency in visitor.dependencies:
        if not dependency["queue"] and dependency["backend_fn"]:
            for body in wrong_bodies(visitor, dependency):
                answer = visitor.client.post("gradio_api/run/predict", json=body)
                check(answer, body)
                found[answer.status_code] += 1
    assert "Traceback" not in capfd.readouterr().err
    record_property("requests by status", json.dumps(dict(sorted(found.items()))))


def test_no_event_of_the_queue_ends_in_a_fault(
    page: Any, capfd: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    found: Counter[str] = Counter()
    visitor = Visitor(page.local_url)
    queued = [one for one in visitor.dependencies if one["queue"] and one["backend_fn"]]
    assert queued
    for dependency in queued:
        for value in WRONG:
            body = visitor.body(dependency, [value] * len(dependency["inputs"]), value)
            answer = visitor.client.post("gradio_api/queue/join", json=body)
            check(answer, body)
            if answer.status_code != 200:
                found[str(answer.status_code)] += 1
                continue
            *_, last = visitor.answers()
            found[f"answered, success {last['success']}"] += 1
            assert MARK not in json.dumps(last.get("output") or {}).replace("update", "")[:LONGEST]
    assert "Traceback" not in capfd.readouterr().err
    record_property("answers", json.dumps(dict(found)))
