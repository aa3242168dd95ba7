"""A visitor's wishes on a tab: the newest one counts."""

import copy
from collections.abc import Iterator
from typing import Any

from ui.parts.wish import Wish


def make_wish() -> Wish:
    return Wish({"view": "overview", "page": 0})


def show(**values: Any) -> Iterator[dict[str, Any]]:
    for step in range(3):
        yield {**values, "step": step}


def test_a_wish_is_shown_once_and_what_it_does_not_name_stays() -> None:
    wish = make_wish()
    assert list(wish.fulfil(show)) == [], "nobody has asked for anything"
    wish.ask(1, view="gallery", page=2)
    assert [slots["step"] for slots in wish.fulfil(show)] == [0, 1, 2]
    wish.ask(2, page=0)
    assert next(wish.fulfil(show)) == {"view": "gallery", "page": 0, "step": 0}


def test_the_showing_goes_over_to_a_newer_wish_by_itself() -> None:
    wish = make_wish()
    wish.ask(1, page=1)
    steps = wish.fulfil(show)
    assert next(steps)["page"] == 1
    wish.ask(2, page=2)
    assert wish.shown == 1
    assert [slots["page"] for slots in steps] == [2, 2, 2]
    assert wish.shown == 2
    assert list(wish.fulfil(show)) == [], "it was shown"


def test_only_one_showing_goes_on_so_that_nothing_older_comes_after_it() -> None:
    wish = make_wish()
    wish.ask(1, page=1)
    first = wish.fulfil(show)
    next(first)
    wish.ask(2, page=2)
    assert list(wish.fulfil(show)) == []
    assert [slots["page"] for slots in first] == [2, 2, 2]


def test_a_showing_that_is_broken_off_does_not_keep_others_from_theirs() -> None:
    wish = make_wish()
    wish.ask(1, page=1)
    first = wish.fulfil(show)
    next(first)
    del first  # closes it
    wish.ask(2, page=2)
    assert len(list(wish.fulfil(show))) == 3


def test_wishes_that_arrive_in_another_order_end_with_the_newest() -> None:
    wish = make_wish()
    wish.ask(3, page=3)
    wish.ask(2, page=2)
    wish.ask(1, view="gallery", page=1)
    assert wish.values == {"view": "gallery", "page": 3}, "no newer wish has named the view"
    assert {slots["page"] for slots in wish.fulfil(show)} == {3}
    wish.ask(2, page=2)
    assert list(wish.fulfil(show)) == [], "it was overtaken"


def test_a_request_by_hand_may_give_any_number_and_every_visitor_has_a_wish_of_their_own() -> None:
    wish = make_wish()
    other = copy.deepcopy(wish)
    for number in (None, "7", float("nan"), [1]):
        wish.ask(number, page=9)
    assert {slots["page"] for slots in wish.fulfil(show)} == {9}
    assert list(other.fulfil(show)) == []


def test_a_wish_for_nothing_else_is_fulfilled_by_what_is_shown() -> None:
    wish = make_wish()
    wish.ask(1, page=1)
    steps = wish.fulfil(show)
    next(steps)
    assert not wish.is_fulfilled
    wish.ask(2)
    assert [slots["page"] for slots in steps] == [1, 1]
    assert (wish.shown, wish.is_fulfilled) == (2, True)
