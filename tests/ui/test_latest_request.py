"""A visitor's requests on a tab: the newest one counts."""

import copy
from collections.abc import Iterator
from typing import Any

from ui.parts.latest_request import LatestRequest


def make_latest() -> LatestRequest:
    return LatestRequest({"view": "overview", "page": 0})


def show(**values: Any) -> Iterator[dict[str, Any]]:
    for step in range(3):
        yield {**values, "step": step}


def test_a_request_is_shown_once_and_what_it_does_not_name_stays() -> None:
    latest = make_latest()
    assert list(latest.answer(show)) == [], "nobody has asked for anything"
    latest.update(1, view="gallery", page=2)
    assert [updates["step"] for updates in latest.answer(show)] == [0, 1, 2]
    latest.update(2, page=0)
    assert next(latest.answer(show)) == {"view": "gallery", "page": 0, "step": 0}


def test_the_showing_goes_over_to_a_newer_request_by_itself() -> None:
    latest = make_latest()
    latest.update(1, page=1)
    steps = latest.answer(show)
    assert next(steps)["page"] == 1
    latest.update(2, page=2)
    assert latest.shown == 1
    assert [updates["page"] for updates in steps] == [2, 2, 2]
    assert latest.shown == 2
    assert list(latest.answer(show)) == [], "it was shown"


def test_only_one_showing_goes_on_so_that_nothing_older_comes_after_it() -> None:
    latest = make_latest()
    latest.update(1, page=1)
    first = latest.answer(show)
    next(first)
    latest.update(2, page=2)
    assert list(latest.answer(show)) == []
    assert [updates["page"] for updates in first] == [2, 2, 2]


def test_a_showing_that_is_broken_off_does_not_keep_others_from_theirs() -> None:
    latest = make_latest()
    latest.update(1, page=1)
    first = latest.answer(show)
    next(first)
    del first  # closes it
    latest.update(2, page=2)
    assert len(list(latest.answer(show))) == 3


def test_requests_that_arrive_in_another_order_end_with_the_newest() -> None:
    latest = make_latest()
    latest.update(3, page=3)
    latest.update(2, page=2)
    latest.update(1, view="gallery", page=1)
    assert latest.values == {"view": "gallery", "page": 3}, "no newer request has named the view"
    assert {updates["page"] for updates in latest.answer(show)} == {3}
    latest.update(2, page=2)
    assert list(latest.answer(show)) == [], "it was overtaken"


def test_a_request_by_hand_may_give_any_number_and_every_visitor_has_a_request_of_their_own() -> (
    None
):
    latest = make_latest()
    other = copy.deepcopy(latest)
    for number in (None, "7", float("nan"), [1]):
        latest.update(number, page=9)
    assert {updates["page"] for updates in latest.answer(show)} == {9}
    assert list(other.answer(show)) == []


def test_a_request_for_nothing_else_is_answered_by_what_is_shown() -> None:
    latest = make_latest()
    latest.update(1, page=1)
    steps = latest.answer(show)
    next(steps)
    assert not latest.is_answered
    latest.update(2)
    assert [updates["page"] for updates in steps] == [1, 1]
    assert (latest.shown, latest.is_answered) == (2, True)
