"""What a number of good photographs supports, by the rule that thresholds are set by."""

from inspection.products.splits import count_calibration

FINER = (0.05, 0.02, 0.01)
"""Rates of false alarms that more photographs would support."""
MOST_MORE = 3000


def floor_of(num_good: int) -> float:
    """Return the lowest rate of false alarms that so many good photographs support."""
    return 1 / (count_calibration(num_good) + 1)


def count_more(num_good: int, rate: float) -> int:
    """Return how many more good photographs support a rate; 0 where they are enough."""
    return next(more for more in range(MOST_MORE) if floor_of(num_good + more) <= rate)


def list_more(num_good: int) -> list[tuple[int, float]]:
    """Return how many more good photographs support each finer rate, and which."""
    needed = [(count_more(num_good, rate), rate) for rate in FINER]
    return [(more, rate) for more, rate in needed if more]


def describe_support(num_good: int) -> str:
    """Return in a sentence what a number of good photographs supports.

    Such as "24 good photographs: thresholds for 7.7 false alarms per 100 at best; 14 more would
    support 5, 469 more 1."
    """
    if num_good < 2:
        return "At least 2 good photographs are needed: one to learn from, one to judge by."
    text = (
        f"{num_good:,} good photographs: thresholds for {100 * floor_of(num_good):.2g} false "
        "alarms per 100 good parts at best"
    )
    finer = list_more(num_good)
    if not finer:
        return f"{text}."
    (more, rate), (most, least) = finer[0], finer[-1]
    text += f"; {more:,} more would support {100 * rate:.2g}"
    return f"{text}, {most:,} more {100 * least:.2g}." if most > more else f"{text}."
