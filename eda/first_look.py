"""A look at the photographs of a product before anything learns from them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eda.health.finding import Finding, Group, Severity, rank, single
from eda.index import Index, embed_index, open_index
from inspection.datasets.dataset import Dataset
from inspection.embedding import Embed
from inspection.products.amounts import describe_support, floor_of
from inspection.progress import SILENT, Monitor

NEIGHBOUR = 5  # to which the distance counts: so many of another part, less one, are found together
FEWEST = 8  # photographs that say what is usual
TIMES = 1.6  # as far from the others as usual; of real products none that belongs is
FAR = 3.5  # robust standard deviations
VISIBLE = 0.08  # distance of vectors of length 1, below which nobody sees a difference
TIMED = 8  # photographs by which the time of one is measured
TO_DEVIATION = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class FirstLook:
    """What the photographs are like.

    Attributes:
        findings: what is to be known of them, the worst first; what is fine comes last.
        odd: those that look unlike the rest, the oddest first, with how much.
        seconds: that comparing one of them takes on this machine.
    """

    findings: tuple[Finding, ...]
    odd: tuple[Group, ...]
    seconds: float


def look_at(
    source: Dataset, embed: Embed, *, cache: Path | None = None, monitor: Monitor = SILENT
) -> FirstLook:
    """Measure and compare the photographs of one product.

    Args:
        source: of one category, without what is left out.
        embed: compares images.
        cache: folder to keep the measures in; by default the user's cache folder.
        monitor: receives how far it is.

    Raises:
        InspectionError: the small backbone is missing.
        StoppedError: the monitor has stopped it; what was measured is kept.
    """
    from eda.choice import Choice  # slow to import: pandas
    from eda.health import files, light, likeness, outliers, sizes, spread
    from eda.health.evidence import gather
    from eda.opened import open_tables

    with monitor.step("measuring") as progress:
        index = open_index(source, cache=cache, progress=progress)
    with monitor.step("comparing") as progress:
        vectors = embed_index(index, embed, progress=progress)
    evidence = gather(open_tables(index), Choice(vectors=vectors))
    checks: list[Callable[..., Iterator[Finding]]] = [
        files.check_readable,
        sizes.check_shapes,
        sizes.check_colours,
        outliers.check_outliers,
        spread.check_light_spread,
        spread.check_placement,
        light.check_light,
        likeness.check_contradictions,
        likeness.check_copies,
    ]
    has_any = len(evidence.images) > 0
    found = [one for check in checks for one in check(evidence)] if has_any else []
    good = np.array([not sample.is_anomalous for sample in index.samples], bool)
    odd = () if vectors is None else _describe_odd(index, vectors, good)
    number = int(good.sum())
    return FirstLook(
        rank([_judge_number(number), *found]),
        odd,
        _time(index, embed),
    )


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
    unit = vectors[rows] / np.linalg.norm(vectors[rows], axis=1, keepdims=True)
    distances = np.sqrt(np.maximum(2 - 2 * unit @ unit.T, 0)).astype(np.float64)  # (n, n)
    np.fill_diagonal(distances, np.inf)
    place = min(max(NEIGHBOUR, len(rows) // 20), (len(rows) - 1) // 2) - 1
    reach = np.sort(distances, axis=1)[:, place]
    logs = np.log(np.maximum(reach, 1e-6))
    beyond = logs - np.median(logs)
    spread = max(TO_DEVIATION * float(np.median(np.abs(beyond))), 1e-9)
    is_odd = (beyond >= np.log(TIMES)) & (beyond >= FAR * spread) & (reach >= VISIBLE)
    found = np.flatnonzero(is_odd)
    order = found[np.argsort(-beyond[found], kind="stable")]
    return rows[order], np.exp(beyond[order])


def _describe_odd(
    index: Index, vectors: NDArray[np.float32], good: NDArray[np.bool_]
) -> tuple[Group, ...]:
    own = np.flatnonzero(good)
    rows, times = find_odd_ones(vectors[own])
    ids = [index.samples[row].id for row in own[rows].tolist()]
    notes = [f"{min(one, 99):.2g} times as far from the others as usual" for one in times]
    return single(ids, notes)


def _judge_number(number: int) -> Finding:
    text = describe_support(number)
    if number < FEWEST:
        advice = "Take at least 20 photographs of good parts."
        return Finding(Severity.PROBLEM, text, advice, effect=1.0)
    return Finding(Severity.FINE if floor_of(number) <= 0.02 else Severity.LOOK, text)


def _time(index: Index, embed: Embed) -> float:
    """Return how many seconds it takes to compare one photograph."""
    from eda.facts import decode_jpeg

    readable = [
        sample.id
        for sample, facts in zip(index.samples, index.facts, strict=True)
        if not facts.problem
    ]
    thumbnails = [decode_jpeg(one) for one in index.thumbnails(readable[:TIMED]).values()]
    if not thumbnails:
        return 0.0
    start = time.perf_counter()
    embed(thumbnails)
    return (time.perf_counter() - start) / len(thumbnails)
