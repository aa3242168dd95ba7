"""Which pictures look unlike all others of their kind, and how far apart pictures usually are?"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from eda.health.evidence import Evidence
from eda.health.finding import Finding, Group, Severity, count, single

NEIGHBOUR = 5  # to which the distance counts: so many of another part, less one, are found together
FEWEST = 8  # images that say what is usual
TIMES = 1.6  # as far from the others as usual; of real products none that belongs is
FAR = 3.5  # robust standard deviations
VISIBLE = 0.08  # distance of vectors of length 1, below which nobody sees a difference
TO_DEVIATION = 1.4826
MOST = 4000  # images that the others are compared with: of more, a sample
BLOCK = 512


def check_strangers(evidence: Evidence) -> Iterator[Finding]:
    """Do some good pictures show something else than the others of their category?"""
    if evidence.vectors is None:
        return
    found: list[Group] = []
    num_judged = 0
    for name, _ in evidence.categories():
        is_meant = (evidence.images["category"] == name) & ~evidence.images["is_bad"]
        rows = np.flatnonzero(is_meant)
        found += describe_odd_ones(
            evidence.vectors[rows], evidence.images["id"].iloc[rows].tolist()
        )
        num_judged += len(rows) if len(rows) >= FEWEST else 0
    if found:
        verb = "looks" if len(found) == 1 else "look"
        yield Finding(
            Severity.LOOK,
            f"{count(len(found), 'good image')} {verb} unlike the others of the same category.",
            "Look whether it shows another product, another side or another light, and leave out "
            "what does not belong.",
            effect=len(found) / len(evidence.images),
            groups=tuple(found),
        )
    elif num_judged:
        yield Finding(Severity.FINE, "No good image looks unlike the others of its category.")


def describe_odd_ones(vectors: NDArray[np.float32], ids: Sequence[str]) -> tuple[Group, ...]:
    """Return the images that look unlike the rest, the oddest first, with how much."""
    rows, times = find_odd_ones(vectors)
    notes = [f"{min(one, 99):.2g} times as far from the others as usual" for one in times]
    return single([ids[row] for row in rows.tolist()], notes)


def find_odd_ones(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the rows of images that look unlike the rest, the oddest first, and how many times.

    An image is odd by its distance to the `NEIGHBOUR`-th nearest of the others beside what is usual
    for them: a few that are alike among themselves are found, too, and two poses of one part are
    not, as long as there are enough of each.

    Args:
        vectors: (n, d) of images of one kind; zeros stand for one that cannot be read.
    """
    rows = np.flatnonzero(vectors.any(axis=1))
    if len(rows) < FEWEST:
        return np.empty(0, np.int64), np.empty(0)
    number = min(len(rows), MOST)
    place = min(max(NEIGHBOUR, number // 20), (number - 1) // 2)
    logs = np.log(np.maximum(measure_reach(vectors[rows], place), 1e-6))
    beyond = logs - np.median(logs)
    spread = max(TO_DEVIATION * float(np.median(np.abs(beyond))), 1e-9)
    is_odd = (beyond >= np.log(TIMES)) & (beyond >= FAR * spread) & (logs >= np.log(VISIBLE))
    found = np.flatnonzero(is_odd)
    order = found[np.argsort(-beyond[found], kind="stable")]
    return rows[order], np.exp(beyond[order])


def measure_reach(vectors: NDArray[np.float32], place: int) -> NDArray[np.float64]:
    """Return how far the place-th nearest of the others lies from each, (n,).

    Args:
        vectors: (n, d), none of them zeros; they count as if they had length 1.
        place: 1 for the nearest.
    """
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    others = np.arange(len(unit))
    if len(unit) > MOST:
        others = np.sort(np.random.default_rng(0).choice(len(unit), MOST, replace=False))
    reach = np.empty(len(unit))
    for start in range(0, len(unit), BLOCK):
        block = slice(start, start + BLOCK)
        squares = np.maximum(2 - 2 * unit[block] @ unit[others].T, 0)  # (block, others)
        squares[np.arange(len(unit))[block, None] == others] = np.inf  # itself
        reach[block] = np.sqrt(np.partition(squares, place - 1, axis=1)[:, place - 1])
    return reach
