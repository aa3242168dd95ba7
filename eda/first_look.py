"""A look at the photographs of a product before anything learns from them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from eda.health.finding import Finding, Group, Severity, rank
from eda.index import Index, embed_index, open_index
from inspection.datasets.dataset import Dataset
from inspection.embedding import Embed
from inspection.products.amounts import describe_support, floor_of
from inspection.progress import SILENT, Monitor

FEWEST = 8  # photographs that say what is usual
TIMED = 8  # photographs by which the time of one is measured


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
    from eda.health import files, light, likeness, outliers, sizes, spread, strangers
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
    good = [row for row, sample in enumerate(index.samples) if not sample.is_anomalous]
    ids = [index.samples[row].id for row in good]
    odd = () if vectors is None else strangers.describe_odd_ones(vectors[good], ids)
    number = len(good)
    return FirstLook(
        rank([_judge_number(number), *found]),
        odd,
        _time(index, embed),
    )


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
