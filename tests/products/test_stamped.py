"""Values that are worked out once, until what they rest on changes."""

from inspection.products.stamped import StampedCache


def test_a_value_is_made_anew_only_under_another_stamp_or_once_it_is_forgotten() -> None:
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    cache: StampedCache[str, int] = StampedCache()
    assert [cache.get("a", stamp, make) for stamp in (1, 1, 2, 2)] == [0, 0, 1, 1]
    assert (cache.peek("a", 2), cache.peek("a", 1), cache.peek("b", 2)) == (1, None, None)
    cache.forget("a")
    assert cache.get("a", 2, make) == 2
    cache.put("a", 3, 9)
    assert cache.get("a", 3, make) == 9
