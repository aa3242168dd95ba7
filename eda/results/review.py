"""Test images to look at: where detectors are wrong, or disagree."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from eda.results.shown import Judged
from inspection.calibration import TINY
from inspection.evaluation.records import ScoredImage

GOOD = "good"


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A test image, and what the detectors say of it.

    Attributes:
        relative: detector -> score / threshold; above 1 is flagged.
        flagged: detectors that flag it.
    """

    image: ScoredImage
    relative: Mapping[str, float]
    flagged: frozenset[str]

    @property
    def kind(self) -> str:
        """Its defect type."""
        return self.image.defect_type or GOOD


class Show(StrEnum):
    """Which images are shown, of two detectors that are compared."""

    DISAGREE = "disagree"
    ONLY_FIRST = "only-first"
    ONLY_SECOND = "only-second"
    MISSED = "missed"
    MISSED_BY_BOTH = "missed-by-both"
    MISSED_BY_ALL = "missed-by-all"
    FALSE_ALARMS = "false-alarms"
    ALL = "all"


class Order(StrEnum):
    """Which of them comes first."""

    APART = "apart"
    LEAST = "least"
    MOST = "most"
    NAME = "name"


def list_cases(judged: Sequence[Judged]) -> list[Case]:
    """Return every test image with what those detectors say of it that were tested on it."""
    images: dict[str, ScoredImage] = {}
    relative: dict[str, dict[str, float]] = {}
    flagged: dict[str, set[str]] = {}
    for one in judged:
        verdicts = one.verdicts
        for image, score, flag in zip(
            verdicts.images, verdicts.relative, verdicts.is_flagged, strict=True
        ):
            images.setdefault(image.id, image)
            relative.setdefault(image.id, {})[one.name] = float(score)
            flagged.setdefault(image.id, set()).update({one.name} if flag else ())
    return [Case(image, relative[key], frozenset(flagged[key])) for key, image in images.items()]


def choose_cases(
    cases: Iterable[Case],
    pair: tuple[str, str],
    show: Show,
    *,
    kind: str = "",
    picked: Collection[str] | None = None,
    order: Order = Order.APART,
) -> list[Case]:
    """Return the images to look at.

    Args:
        cases: all.
        pair: names of the detectors that are compared; twice the same where there is one only.
        show: which of them; those that were picked by hand are shown whatever it is.
        kind: a defect type, or `GOOD`; all by default.
        picked: ids.
        order: which comes first.
    """
    is_wanted = _WANTED[show]
    found = [
        case
        for case in cases
        if all(name in case.relative for name in pair)
        and (kind in ("", case.kind))
        and (is_wanted(case, *pair) if picked is None else case.image.id in picked)
    ]
    return sorted(found, key=lambda case: _ORDERS[order](case, *pair))


def measure_gap(case: Case, first: str, second: str) -> float:
    """Return how far apart two detectors are, as the logarithm of their scores' ratio."""
    pair = np.maximum([case.relative[first], case.relative[second]], TINY)
    return float(abs(np.log(pair[0] / pair[1])))


Wanted = Callable[[Case, str, str], bool]

_WANTED: Mapping[Show, Wanted] = {
    Show.DISAGREE: lambda case, a, b: (a in case.flagged) != (b in case.flagged),
    Show.ONLY_FIRST: lambda case, a, b: a in case.flagged and b not in case.flagged,
    Show.ONLY_SECOND: lambda case, a, b: b in case.flagged and a not in case.flagged,
    Show.MISSED: lambda case, a, b: case.image.is_anomalous and not {a, b} <= case.flagged,
    Show.MISSED_BY_BOTH: lambda case, a, b: case.image.is_anomalous and not {a, b} & case.flagged,
    Show.MISSED_BY_ALL: lambda case, *_: case.image.is_anomalous and not case.flagged,
    Show.FALSE_ALARMS: lambda case, a, b: (
        not case.image.is_anomalous and bool({a, b} & case.flagged)
    ),
    Show.ALL: lambda *_: True,
}

_ORDERS: Mapping[Order, Callable[[Case, str, str], float | str]] = {
    Order.APART: lambda case, a, b: -measure_gap(case, a, b),
    Order.LEAST: lambda case, a, b: max(case.relative[a], case.relative[b]),
    Order.MOST: lambda case, a, b: -max(case.relative[a], case.relative[b]),
    Order.NAME: lambda case, *_: case.image.id,
}
