"""What misses and false alarms cost at a plant, at every false-alarm rate.

Good parts are those of the test and those held out for calibration together: test parts alone are
too few to tell 1 false alarm in 100 from 5, and all of them are good parts that were not learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inspection.evaluation.intervals import CONFIDENCE, NUM_RESAMPLES, draw_resamples
from inspection.evaluation.records import ScoredImage
from inspection.evaluation.verdicts import Verdicts

PARTS = 1000
"""Parts that costs are given for."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prices:
    """What matters at a plant, in whatever currency.

    Attributes:
        miss: price of a defective part that is not flagged.
        false_alarm: price of a good part that is flagged.
        defect_share: share of the parts that are defective, 0-1.
    """

    miss: float
    false_alarm: float
    defect_share: float

    @property
    def uninspected(self) -> float:
        """Cost per 1,000 parts where every part passes."""
        return PARTS * self.defect_share * self.miss


@dataclass(frozen=True, slots=True, eq=False)
class CostCurve:
    """What a detector costs per 1,000 parts, at each of k false-alarm rates.

    Attributes:
        rates: (k,), ascending.
        found: (k,), share of the defective test parts that are flagged.
        alarms: (k,), share of the good parts that are flagged.
        costs: (k,).
        low, high: (k,), 95 % interval of the costs.
        precision: (k,), share of the flagged parts that are defective at this plant; NaN where
            nothing is flagged.
        drawn: (resamples, k), costs in resamples of the parts, the same for all detectors.
    """

    detector: str
    rates: Values
    found: Values
    alarms: Values
    costs: Values
    low: Values
    high: Values
    precision: Values
    drawn: Values = field(repr=False)

    @property
    def cheapest(self) -> int:
        """Place of the rate with the lowest cost; of equals the lowest rate."""
        return int(self.costs.argmin())

    def place(self, rate: float) -> int:
        """Return the place of the highest rate that is not above one."""
        return max(0, int(np.searchsorted(self.rates, rate + 1e-9, side="right")) - 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    is_defective: bool
    flagged_from: float


def price(
    verdicts: Sequence[Verdicts], rates: Sequence[float], prices: Prices, *, seed: int = 0
) -> list[CostCurve]:
    """Return what every detector costs at each rate.

    A part counts once; it is flagged when any of its images is.

    Args:
        verdicts: of the detectors, at whatever rate.
        rates: ascending.
        prices: of the plant.
        seed: of the resamples and of the intervals.

    Returns:
        One curve for each detector; none where good or defective parts are lacking.
    """
    found = [_price_one(one, np.asarray(rates, np.float64), prices, seed) for one in verdicts]
    return [one for one in found if one is not None]


def is_cheaper(first: CostCurve, second: CostCurve, *, doubt: float) -> bool:
    """Return whether the first costs less at its cheapest rate than the second at its own.

    The same parts are drawn for both, so the difference is a paired one.

    Args:
        first: one detector.
        second: another one, tested on the same parts.
        doubt: share of the resamples that may say otherwise, two-sided.
    """
    if first.drawn.shape[0] != second.drawn.shape[0]:
        return False
    difference = second.drawn[:, second.cheapest] - first.drawn[:, first.cheapest]
    return bool(np.quantile(difference, doubt / 2) > 0)


def _price_one(verdicts: Verdicts, rates: Values, prices: Prices, seed: int) -> CostCurve | None:
    parts = _list_parts(verdicts)
    labels = np.array([one.is_defective for one in parts.values()], bool)
    if not labels.any() or labels.all():
        return None
    least = np.array([one.flagged_from for one in parts.values()])
    flags = (least[:, None] <= rates + 1e-9).astype(np.float64)  # (parts, k)
    # the held-out parts above each threshold, of which there are as many for every detector
    held = verdicts.num_normal
    above = np.maximum(np.floor(rates * (held + 1) + 1e-9) - 1, 0) if held else 0 * rates
    tested = [flags[labels], flags[~labels]]
    hits, totals = _pool([one.sum(axis=0) for one in tested], labels, held, above)
    weights = draw_resamples(list(parts), labels.tolist(), seed=seed, count=NUM_RESAMPLES)
    sums = [weights[:, chosen] @ flags[chosen] for chosen in (labels, ~labels)]
    drawn, _ = _pool(sums, labels, held, above)
    found, alarms = hits[0] / totals[0], hits[1] / totals[1]
    share = prices.defect_share
    flagged = share * found + (1 - share) * alarms
    low, high = _bound(hits, totals, prices, seed)
    return CostCurve(
        verdicts.detector,
        rates,
        found,
        alarms,
        _cost(found, alarms, prices),
        low,
        high,
        np.where(flagged > 0, share * found / np.where(flagged > 0, flagged, 1), np.nan),
        _cost(drawn[0] / totals[0], drawn[1] / totals[1], prices),
    )


def _pool(
    counts: Sequence[Values], labels: NDArray[np.bool_], held: int, above: Values
) -> tuple[list[Values], tuple[int, int]]:
    """Return flagged parts, defective and good, and of how many; the held-out ones are good."""
    num_defective = int(labels.sum())
    return [counts[0], counts[1] + above], (num_defective, len(labels) - num_defective + held)


def _cost(found: Values, alarms: Values, prices: Prices) -> Values:
    share = prices.defect_share
    missed = share * (1 - found) * prices.miss
    return np.asarray(PARTS * (missed + (1 - share) * alarms * prices.false_alarm))


def _bound(
    hits: Sequence[Values], totals: Sequence[int], prices: Prices, seed: int
) -> tuple[Values, Values]:
    """Return 95 % intervals of the costs, by draws of both shares (Beta, as Jeffreys has it).

    Resamples would have no width where no part is flagged, or all are.
    """
    rng = np.random.default_rng(seed)
    found, alarms = (
        rng.beta(count + 0.5, total - count + 0.5, (NUM_RESAMPLES, count.size))
        for count, total in zip(hits, totals, strict=True)
    )
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(_cost(found, alarms, prices), [tail, 1 - tail], axis=0)
    return np.asarray(low), np.asarray(high)


def _list_parts(verdicts: Verdicts) -> dict[str, _Part]:
    """Return parts by name; a defective and a good image of one part stand for two."""
    parts: dict[str, _Part] = {}
    images: Sequence[ScoredImage] = verdicts.images
    for image, least in zip(images, verdicts.flagged_from, strict=True):
        name = f"{image.is_anomalous} {image.unit}"
        known = parts.get(name)
        lowest = float(least) if known is None else min(known.flagged_from, float(least))
        parts[name] = _Part(image.is_anomalous, lowest)
    return parts
