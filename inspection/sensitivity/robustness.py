"""How far the promises of detectors hold under stress: counts, intervals and ranges."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from inspection.errors import EvaluationError
from inspection.evaluation.files import encode, read_identity, read_record
from inspection.evaluation.metrics import estimate_share
from inspection.evaluation.records import Checkpoint, Estimate, FalseAlarms
from inspection.evaluation.scored import NO_DEFECT
from inspection.evaluation.summary import count_flagged_parts
from inspection.files import write_sealed
from inspection.joint import JOINT
from inspection.paths import quote
from inspection.products.product import Product
from inspection.sensitivity.stress import STRESSES, Stress

ROBUSTNESS = "stress.json"
SIGNIFICANT = 0.05
"""Chance that a loss of recall is taken for one though there is none, at each level by itself."""

Range = tuple[float, float]
"""Lowest and highest of the measured levels around the neutral one."""


@dataclass(frozen=True, slots=True)
class StressedAnswer:
    """What one detector makes of one test image at one level of a stress.

    Attributes:
        id: of the sample.
        unit: the part that it shows.
        defect_type: None for a good part.
        relative_score: score / threshold.
        is_found: whether a defective image is flagged, at the defect where it has a mask; None
            for a good part, and where the stress leaves nothing of the defect in the picture.
    """

    stress: str
    level: float
    id: str
    unit: str
    defect_type: str | None
    detector: str
    score: float
    relative_score: float
    is_flagged: bool
    is_found: bool | None


@dataclass(frozen=True, slots=True)
class LevelCounts:
    """One detector at one level of a stress.

    Attributes:
        false_alarms: on good parts, beside what was promised.
        num_found: defective images that were found.
        num_defective: defective images of which something is to be seen.
        recall: the share of them, with its exact 95 % interval.
        is_recall_lower: whether it is lower than without stress (exact sign test on the images,
            one-sided 5 %).
    """

    level: float
    false_alarms: FalseAlarms
    num_found: int
    num_defective: int
    recall: Estimate
    is_recall_lower: bool


@dataclass(frozen=True, slots=True)
class DetectorRobustness:
    """One detector under one stress, by ascending levels."""

    detector: str
    levels: tuple[LevelCounts, ...]

    @property
    def has_good(self) -> bool:
        """Whether there are good parts, on which there may be false alarms."""
        return any(one.false_alarms.num_parts for one in self.levels)

    @property
    def has_defective(self) -> bool:
        """Whether there are defects to find."""
        return any(one.num_defective for one in self.levels)

    def kept_range(self, neutral: float) -> Range | None:
        """Return the levels around the neutral one that do not contradict the promised rate.

        They do where the whole 95 % interval of the false-alarm rate lies above it. None where the
        neutral level already does, and of no good parts.
        """
        if not self.has_good:
            return None
        is_kept = [one.false_alarms.is_within_promise for one in self.levels]
        return self._around(neutral, is_kept)

    def found_range(self, neutral: float) -> Range | None:
        """Return the levels around the neutral one without a loss of recall; None of no defects."""
        if not self.has_defective:
            return None
        return self._around(neutral, [not one.is_recall_lower for one in self.levels])

    def nearest(self, neutral: float, some: Sequence[LevelCounts]) -> LevelCounts:
        """Return the one of some of its levels that is the fewest levels from the neutral one."""
        levels = [one.level for one in self.levels]
        middle = levels.index(neutral)
        return min(some, key=lambda one: abs(levels.index(one.level) - middle))

    def _around(self, neutral: float, is_good: Sequence[bool]) -> Range | None:
        levels = [one.level for one in self.levels]
        low = high = levels.index(neutral)
        if not is_good[low]:
            return None
        while low > 0 and is_good[low - 1]:
            low -= 1
        while high < len(levels) - 1 and is_good[high + 1]:
            high += 1
        return levels[low], levels[high]


@dataclass(frozen=True, slots=True)
class StressRobustness:
    """The detectors of a product under one stress."""

    stress: str
    detectors: tuple[DetectorRobustness, ...]


@dataclass(frozen=True, slots=True)
class Robustness:
    """The detectors of a product under several stresses, on test images that none has seen.

    Attributes:
        checkpoints: the detectors that were measured.
        false_alarm_rate: promised.
        num_good: good test images.
        num_defective: defective ones.
        digest: names the images, the detectors and whatever else all counts depend on.
        created: ISO 8601, UTC.
    """

    dataset: str
    category: str
    checkpoints: tuple[Checkpoint, ...]
    false_alarm_rate: float
    seed: int
    num_good: int
    num_defective: int
    digest: str
    command: str
    created: str
    stresses: tuple[StressRobustness, ...]


def count_answers(
    answers: Sequence[StressedAnswer], false_alarm_rate: float
) -> Iterator[StressRobustness]:
    """Yield the counts of every stress, detector and level in answers, in their order.

    The neutral level is among those of each stress.
    """
    table: dict[str, dict[str, dict[float, list[StressedAnswer]]]] = {}
    for one in answers:
        by_level = table.setdefault(one.stress, {}).setdefault(one.detector, {})
        by_level.setdefault(one.level, []).append(one)
    for stress, by_detector in table.items():
        neutral = STRESSES[stress].neutral
        found = [
            DetectorRobustness(
                name,
                tuple(
                    _count(by_level[level], by_level[neutral], false_alarm_rate)
                    for level in sorted(by_level)
                ),
            )
            for name, by_level in by_detector.items()
        ]
        yield StressRobustness(stress, tuple(found))


def _count(
    answers: Sequence[StressedAnswer], neutral: Sequence[StressedAnswer], promised: float
) -> LevelCounts:
    good = [(one.unit, one.is_flagged) for one in answers if one.defect_type is None]
    found = _found(answers)
    num_found = sum(found.values())
    return LevelCounts(
        level=answers[0].level,
        false_alarms=count_flagged_parts(good, promised),
        num_found=num_found,
        num_defective=len(found),
        recall=estimate_share(num_found, len(found), NO_DEFECT),
        is_recall_lower=is_lower(found, _found(neutral)),
    )


def _found(answers: Sequence[StressedAnswer]) -> dict[str, bool]:
    """Return of each defective image of which something is to be seen whether it is found."""
    return {one.id: one.is_found for one in answers if one.is_found is not None}


def is_lower(found: Mapping[str, bool], before: Mapping[str, bool]) -> bool:
    """Say whether fewer of the same images are found than before (exact sign test, one-sided)."""
    lost = sum(before.get(key, False) and not is_found for key, is_found in found.items())
    gained = sum(is_found and not before.get(key, True) for key, is_found in found.items())
    changed = lost + gained
    tail = sum(math.comb(changed, count) for count in range(lost, changed + 1))
    return lost > gained and tail / 2**changed < SIGNIFICANT


def describe_robustness(
    found: Robustness, titles: Mapping[str, str], *, stress: str | None = None
) -> Iterator[str]:
    """Yield a sentence for each detector under each stress: from where on the promise is broken.

    Args:
        found: what was measured.
        titles: of the detectors, and of `JOINT`.
        stress: only this one; by default all.
    """
    for one in found.stresses:
        if stress in (None, one.stress):
            known = STRESSES[one.stress]
            for detector in one.detectors:
                yield f"{known.label}: {_describe(known, detector, titles[detector.detector])}"


def _describe(stress: Stress, detector: DetectorRobustness, title: str) -> str:
    broken = [one for one in detector.levels if not one.false_alarms.is_within_promise]
    lower = [one for one in detector.levels if one.is_recall_lower]
    said = []
    if broken:
        first = detector.nearest(stress.neutral, broken)
        said.append(
            f"at {stress.write(first.level)} {title} flags {_describe_alarms(first)}, where "
            f"{write_percent(first.false_alarms.promised)} in 100 were promised"
        )
    if lower:
        first = detector.nearest(stress.neutral, lower)
        before = detector.nearest(stress.neutral, detector.levels)
        said.append(
            f"at {stress.write(first.level)} {title} finds {first.num_found} of "
            f"{first.num_defective} defects instead of {before.num_found} of "
            f"{before.num_defective}"
        )
    if not said:
        low, high = (stress.write(detector.levels[end].level) for end in (0, -1))
        keeps = ["keeps its promise"] if detector.has_good else []
        finds = ["finds as many defects"] if detector.has_defective else []
        return f"{title} {' and '.join(keeps + finds)} from {low} to {high}."
    return f"{'; '.join(said)}."


def _describe_alarms(one: LevelCounts) -> str:
    alarms = one.false_alarms
    low, high = map(write_percent, (alarms.low, alarms.high))
    return (
        f"{alarms.num_flagged} of {alarms.num_parts} good parts "
        f"(95 % interval: {low} to {high} in 100)"
    )


def write_percent(share: float) -> str:
    """Return a share per 100, such as "14" or "2.4"."""
    return f"{100 * share:.0f}" if share >= 0.095 else f"{100 * share:.2g}"


def save_robustness(product: Product, found: Robustness) -> None:
    """Keep what was measured beside the detectors of a product."""
    write_sealed(product.folder / ROBUSTNESS, encode(found))


def load_robustness(product: Product) -> Robustness:
    """Read what was measured of a product.

    Raises:
        EvaluationError: nothing was, it is damaged, or of other detectors than those there now.
        CheckpointError: one of the detectors is missing or damaged.
    """
    path = product.folder / ROBUSTNESS
    remedy = f"Run `python cli.py stress --data DIR --category {quote(product.category)}`."
    found = read_record(path, Robustness, remedy=remedy)
    for one in found.checkpoints:
        if one != read_identity(path.parent / one.detector):
            raise EvaluationError(f"{path} is about another {one.detector} than that now.", remedy)
    return found


def name_detectors(found: Robustness) -> tuple[str, ...]:
    """Return the detectors that were measured, and `JOINT` where they have a joint verdict."""
    names = {one.detector for stress in found.stresses for one in stress.detectors}
    own = tuple(one.detector for one in found.checkpoints if one.detector in names)
    return (*own, JOINT) if JOINT in names else own
