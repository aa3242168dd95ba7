"""What the page holds of a visitor: the same after many inspections, and nothing for ever."""

import datetime
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from inspection.products.catalog import Catalog
from tests.browser import launched
from tests.doubles.products import make_catalog
from tests.doubles.visitor import Visitor

KEY = "drawn/part"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_catalog(tmp_path_factory.mktemp("sessions"))


@pytest.fixture(scope="module")
def page(catalog: Catalog) -> Iterator[Any]:
    with launched(catalog) as served:
        yield served


def weigh(page: Any, visitor: Visitor) -> tuple[int, int, int]:
    """Return how many components, configurations and values a session holds."""
    session = page.app.state_holder.session_data[visitor.session]
    return (
        len(session.blocks_config.blocks),
        len(session.config_values),
        len(session.state_data),
    )


def test_a_session_holds_after_twenty_inspections_what_it_held_after_one(
    page: Any, catalog: Catalog
) -> None:
    samples = [one.id for one in catalog.samples.unseen(catalog.product(KEY))]
    visitor = Visitor(page.local_url)
    with visitor.staying():
        held = []
        for k in range(20):
            *_, last = visitor.inspect_sample(KEY, samples[k % len(samples)])
            assert last["success"]
            held.append(weigh(page, visitor))
    assert set(held) == {held[0]}
    assert held[0][0] == len(page.blocks)
    assert held[0][1] == 0, "nothing is kept for deep links"


def wait_until_forgotten(holder: Any, session: str) -> None:
    """The server is not done with a request when its answer is here."""
    for _ in range(50):
        holder.delete_all_expired_state()
        if session not in holder.session_data:
            return
        time.sleep(0.1)


def test_a_session_that_nobody_is_connected_to_is_forgotten(
    page: Any, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui.gate import sessions

    sample = catalog.samples.unseen(catalog.product(KEY))[0].id
    staying, left = Visitor(page.local_url), Visitor(page.local_url)
    holder = page.app.state_holder
    for one in (staying, left):
        one.inspect_sample(KEY, sample)
    holder.connect(staying.session)
    monkeypatch.setattr(sessions, "FORGET_AFTER", datetime.timedelta(0))
    wait_until_forgotten(holder, left.session)
    assert staying.session in holder.session_data
    assert left.session not in holder.session_data
    assert left.session not in page._queue.pending_messages_per_session
    holder.disconnect(staying.session)
    wait_until_forgotten(holder, staying.session)
    assert staying.session not in holder.session_data
    monkeypatch.undo()
    assert left.inspect_sample(KEY, sample)[-1]["success"], "a page left open goes on"


def test_the_number_of_sessions_is_bounded(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = page.app.state_holder
    monkeypatch.setattr(holder, "capacity", 3)
    for k in range(10):
        assert holder[f"visitor{k}"] is holder[f"visitor{k}"]
    assert len(holder.session_data) <= 4


def test_the_queue_goes_on_while_a_session_waits_that_has_never_been_answered(
    page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Visitor(page.local_url)
    queue = page._queue
    waiting = SimpleNamespace(session_hash=visitor.session)
    monkeypatch.setitem(queue.event_ids_to_events, "waits", waiting)
    monkeypatch.setitem(queue.pending_messages_per_session, visitor.session, object())
    page.app.state_holder.delete_all_expired_state()
    assert visitor.session in queue.pending_messages_per_session
    del queue.event_ids_to_events["waits"]
    page.app.state_holder.delete_all_expired_state()
    assert visitor.session not in queue.pending_messages_per_session
    monkeypatch.undo()
    queue.pending_messages_per_session.pop(visitor.session, None)


def test_a_call_of_a_program_leaves_no_session(page: Any) -> None:
    held = page.app.state_holder
    with httpx.Client(base_url=f"{page.local_url}gradio_api/call/", timeout=60) as program:
        number = program.post("products", json={}).raise_for_status().json()["event_id"]
        assert program.get(f"products/{number}").text.startswith("event: complete")
    deadline = time.monotonic() + 20  # the answer is there before the connection has ended
    while number in held.session_data or number in held.time_last_used:
        assert time.monotonic() < deadline
        time.sleep(0.05)
