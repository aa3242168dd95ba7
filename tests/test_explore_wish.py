"""A visitor's wishes on the Explore data tab: the newest one counts."""

from collections.abc import Iterator
from typing import Any

from ui.explore_wish import Wish


def show(*asked: object) -> Iterator[dict[str, Any]]:
    for step in range(3):
        yield {"asked": asked, "step": step}


def test_a_wish_is_shown_with_its_filters_and_page() -> None:
    wish = Wish()
    wish.ask("tiles", "all", view="gallery", page=2)
    assert [slots["step"] for slots in wish.fulfil(show)] == [0, 1, 2]
    wish.ask("tiles", "crack")
    assert next(wish.fulfil(show))["asked"] == ("gallery", "tiles", "crack", 0)


def test_a_newer_wish_ends_the_showing_of_an_older_one() -> None:
    wish = Wish()
    wish.ask("slow")
    older = wish.fulfil(show)
    assert next(older)["asked"][1] == "slow"
    wish.ask("quick")
    assert list(older) == []
    assert len(list(wish.fulfil(show))) == 3


def test_a_wish_that_is_being_shown_is_not_shown_twice() -> None:
    wish = Wish()
    wish.ask("first")
    wish.ask("second")  # before the queue came to the first
    assert [slots["asked"][1] for slots in wish.fulfil(show)] == ["second"] * 3
    assert list(wish.fulfil(show)) == []
