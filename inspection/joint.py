"""The joint verdict: the scores of several detectors as one, with the promise of a single one.

Full conformal prediction (Vovk et al. 2005): the new image is standardised together with the good
parts that all detectors held out, so that none of them is special, and is flagged when its joint
score lies high among theirs. `ui/viewer/joint.js` does the same in the browser.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inspection.calibration import decide, relative_score
from inspection.findings import JointFinding
from inspection.standing import Levels, scale_of, stand, to_levels
from inspection.types import Calibration

JOINT = "joint"
"""Stands for the joint verdict where detectors are named."""

SURE = 1.645
"""Standard deviations above chance at which a detector is no longer blind: one-sided, 5 %."""

POWER = 2
"""Of the mean of standardised scores: between 1, where all must agree, and the maximum."""


@dataclass(frozen=True, slots=True, eq=False)
class JointScore:
    """The joint score of one image, beside those of the good parts.

    Attributes:
        calibration: joint scores of the good parts, standardised together with the image.
        contributions: detector -> how many spreads it is above its typical good part.
    """

    score: float
    calibration: Calibration
    contributions: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class JointCalibration:
    """Detectors that judge together, with their levels on the good parts that all held out.

    Attributes:
        calibrations: of the detectors that count, in the order of the columns of `levels`.
        blind: those that are left out, since they see drawn defects no better than chance.
        units: the good parts, in the order of the rows.
    """

    calibrations: Mapping[str, Calibration]
    blind: tuple[str, ...]
    units: tuple[str, ...] = field(repr=False)
    levels: Levels = field(repr=False)

    @property
    def floor(self) -> float:
        """Lowest false-alarm rate that the common good parts can support, 1 / (n + 1)."""
        return 1.0 / (len(self.units) + 1)

    def weigh(self, scores: Mapping[str, float]) -> JointScore:
        """Return the joint score of an image; of one detector alone, its own score.

        Args:
            scores: by detector; those of further ones are not used.
        """
        names = tuple(self.calibrations)
        new = to_levels(np.array([[scores[name] for name in names]]))
        joint, standard = combine(np.vstack([self.levels, new]))
        contributions = dict(zip(names, map(float, standard[-1]), strict=True))
        if len(names) == 1:
            return JointScore(scores[names[0]], self.calibrations[names[0]], contributions)
        order = np.argsort(joint[:-1], kind="stable")
        ascending = joint[:-1][order].astype(np.float32)
        units = tuple(self.units[place] for place in order)
        return JointScore(
            float(np.float32(joint[-1])), Calibration(ascending, units), contributions
        )


def join(calibrations: Mapping[str, Calibration]) -> JointCalibration | None:
    """Return how detectors judge together; None where no good part was held out by all that count.

    Where every detector is blind, none is left out.
    """
    judging = {name: one for name, one in calibrations.items() if one.gives_verdicts}
    blind = tuple(name for name, one in judging.items() if is_blind(one))
    seeing = {name: one for name, one in judging.items() if name not in blind}
    if not seeing:
        blind, seeing = (), judging
    tables = [dict(zip(c.units, map(float, c.normal_scores), strict=True)) for c in seeing.values()]
    units = tuple(sorted(set.intersection(*(set(one) for one in tables)))) if tables else ()
    if not units:
        return None
    scores = np.array([[table[unit] for table in tables] for unit in units])
    return JointCalibration(seeing, blind, units, to_levels(scores))


def judge_jointly(
    joint: JointCalibration | None, scores: Mapping[str, float], *, false_alarm_rate: float
) -> JointFinding | None:
    """Return the joint verdict; None without common parts, or with too few for the rate."""
    if joint is None or false_alarm_rate < joint.floor - 1e-9:
        return None
    found = joint.weigh(scores)
    threshold = found.calibration.threshold(false_alarm_rate)
    return JointFinding(
        score=found.score,
        threshold=threshold,
        relative_score=relative_score(found.score, threshold),
        false_alarm_rate=found.calibration.false_alarm_rate(found.score),
        standing=stand(found.score, found.calibration),
        verdict=decide(found.score, threshold),
        contributions=found.contributions,
        blind=joint.blind,
        num_normal=found.calibration.num_normal,
    )


def combine(levels: Levels) -> tuple[NDArray[np.float64], Levels]:
    """Return joint scores (n,), at least 1, and the standardised levels (n, k) behind them.

    What lies below the median counts as there: a detector that sees nothing cannot outvote one
    that does.
    """
    centre, spread = scale_of(levels)
    standard = (levels - centre) / spread
    joint = (np.maximum(standard, 0) ** POWER).mean(axis=1) ** (1 / POWER)
    # equal steps of all detectors are equal steps of their (harmonic) mean spread
    return np.exp(joint / np.mean(1.0 / spread)), standard


def is_blind(calibration: Calibration) -> bool:
    """Return whether a detector sees drawn defects no better than chance (Mann-Whitney, 5 %)."""
    normal, drawn = calibration.normal_scores, calibration.drawn_scores
    if drawn.size == 0:
        return False
    below = np.searchsorted(normal, drawn, side="left")
    not_above = np.searchsorted(normal, drawn, side="right")
    auroc = float((below + not_above).sum()) / (2 * normal.size * drawn.size)
    deviation = math.sqrt((normal.size + drawn.size + 1) / (12 * normal.size * drawn.size))
    return bool(auroc < 0.5 + SURE * deviation)
