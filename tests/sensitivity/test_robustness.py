"""What is counted under stress: alarms by part, recall where something is to be seen."""

from collections.abc import Sequence

import pytest

from inspection.evaluation.intervals import binomial_interval
from inspection.sensitivity.robustness import (
    DetectorRobustness,
    StressedAnswer,
    count_answers,
    is_lower,
)


def make_answers(
    level: float, *, good: Sequence[bool], bad: Sequence[bool | None] = ()
) -> list[StressedAnswer]:
    """Return answers to good images, two of each part, and to defective ones."""
    found = [
        StressedAnswer("brightness", level, f"g{i}", f"part{i // 2}", None, "cae", 1, 1, flag, None)
        for i, flag in enumerate(good)
    ]
    return found + [
        StressedAnswer("brightness", level, f"d{i}", f"d{i}", "dent", "cae", 1, 1, bool(hit), hit)
        for i, hit in enumerate(bad)
    ]


def count(*answers: list[StressedAnswer], rate: float = 0.02) -> DetectorRobustness:
    (stress,) = count_answers([one for some in answers for one in some], rate)
    (detector,) = stress.detectors
    return detector


def test_a_part_counts_once_and_what_is_hidden_counts_for_none() -> None:
    neutral = make_answers(0, good=[False] * 8, bad=[True, True, False, True])
    dark = make_answers(-20, good=[True, True, False, True] + [False] * 4, bad=[True, None, None])
    found = count(neutral, dark)
    low, middle = found.levels
    assert (low.level, middle.level) == (-20, 0)
    assert (low.false_alarms.num_flagged, low.false_alarms.num_parts) == (2, 4)
    assert (low.false_alarms.low, low.false_alarms.high) == binomial_interval(2, 4)
    assert (low.num_found, low.num_defective, low.recall.value) == (1, 1, 1.0)
    assert middle.recall.value == 0.75


def test_the_promise_holds_up_to_where_the_data_contradict_it() -> None:
    def at(level: float, num_flagged: int) -> list[StressedAnswer]:
        flags = [row % 2 == 0 and row // 2 < num_flagged for row in range(200)]
        return make_answers(level, good=flags)

    # of 100 parts, 6 alarms have a lower bound of 2.2 %, 5 of 1.6 %
    found = count(at(-40, 0), at(-20, 6), at(-10, 5), at(0, 2), at(10, 5), at(20, 5))
    assert found.kept_range(0) == (-10, 20)
    assert found.found_range(0) is None
    assert count(at(-10, 0), at(0, 6), at(10, 0)).kept_range(0) is None


@pytest.mark.parametrize(("num_lost", "expected"), [(4, False), (5, True)])
def test_recall_is_lower_once_five_more_are_lost_than_chance_would_have(
    num_lost: int, expected: bool
) -> None:
    before = {f"d{row}": True for row in range(20)}
    found = {key: row >= num_lost for row, key in enumerate(before)}
    assert is_lower(found, before) is expected  # 1/16 and 1/32
    assert not is_lower(before, found)
    neutral = make_answers(0, good=[False], bad=list(before.values()))
    dark = make_answers(-60, good=[False], bad=list(found.values()))
    assert count(neutral, dark).found_range(0) == ((0, 0) if expected else (-60, 0))


def test_gains_and_losses_are_weighed_against_each_other() -> None:
    from scipy.stats import binomtest

    before = {f"d{row}": row < 12 for row in range(20)}
    for num_lost, num_gained in ((7, 1), (6, 1), (9, 2), (8, 3)):
        found = {
            key: (row >= num_lost if row < 12 else row < 12 + num_gained)
            for row, key in enumerate(before)
        }
        reference = binomtest(num_lost, num_lost + num_gained, alternative="greater").pvalue
        assert is_lower(found, before) is bool(reference < 0.05)
