"""Which detector to take, in words that are only as strong as the test images.

The detectors saw the same images, so their verdicts are compared image by image: by McNemar's
exact test and by resamples of whole parts, which have to agree; with k pairs, each pair has a k-th
of the doubt (Bonferroni).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from inspection.evaluation.intervals import binomial_interval
from inspection.evaluation.paired import PairedDifference, compare_pair
from inspection.evaluation.verdicts import Verdicts
from inspection.names import join_names

DOUBT = 0.05


@dataclass(frozen=True, slots=True)
class Standing:
    """What one detector finds, and what it flags for nothing.

    Attributes:
        low, high: exact 95 % interval of the share found.
        num_alarms, num_good: good parts that are flagged, and all of them.
        keeps_promise: whether the promised rate of false alarms could still be true.
        is_behind: whether it finds fewer than the first, beyond chance.
    """

    detector: str
    title: str
    num_found: int
    num_defective: int
    low: float
    high: float
    num_alarms: int
    num_good: int
    keeps_promise: bool
    is_behind: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """How the detectors of a product stand at one false-alarm rate.

    Attributes:
        rate: false alarms allowed, as a share of the good parts.
        standings: the one that finds most first.
        headline: who finds how many.
        conclusion: what may be concluded of it, and what not.
        evidence: a sentence for each compared pair, with its figures.
    """

    rate: float
    standings: tuple[Standing, ...]
    headline: str
    conclusion: str
    evidence: tuple[str, ...] = ()


Pairs = Mapping[tuple[str, str], PairedDifference]


def answer(
    category: str, verdicts: Sequence[Verdicts], titles: Mapping[str, str], *, seed: int = 0
) -> Answer:
    """Say which detector finds most, and whether the difference is more than chance.

    Args:
        category: as people write it.
        verdicts: of the detectors of one product and of their joint verdict, at one rate; at
            least one.
        titles: of them, as people write them.
        seed: of the resamples.
    """
    standings = _rank(verdicts, titles)
    rate = verdicts[0].rate
    if standings[0].num_defective == 0:
        return Answer(rate, standings, *_say_without_defects(category, standings))
    headline = _say_found(category, standings)
    if len(standings) == 1:
        return Answer(rate, standings, headline, _say_alone(standings[0]))
    if len({_name_images(one) for one in verdicts}) > 1:
        return Answer(
            rate,
            standings,
            headline,
            "They were not evaluated on the same images, so these counts cannot be compared. "
            "Run `python cli.py evaluate` anew for all of them.",
        )
    doubt = DOUBT / len(list(combinations(standings, 2)))
    pairs = _compare({one.detector: one for one in verdicts}, standings, doubt, seed)
    first = standings[0].detector
    standings = tuple(
        replace(
            one,
            is_behind=(first, one.detector) in pairs
            and _is_ahead(pairs[first, one.detector], doubt),
        )
        for one in standings
    )
    evidence = (_say_pair(pair, found, titles) for pair, found in pairs.items())
    return Answer(rate, standings, headline, _conclude(standings), tuple(evidence))


def _rank(verdicts: Sequence[Verdicts], titles: Mapping[str, str]) -> tuple[Standing, ...]:
    """Return who finds most first; of equals the one with fewer false alarms."""
    found = []
    for one in verdicts:
        bad, alarms = one.is_anomalous, one.false_alarms
        num_found, num_defective = int(one.is_flagged[bad].sum()), int(bad.sum())
        found.append(
            Standing(
                one.detector,
                titles[one.detector],
                num_found,
                num_defective,
                *binomial_interval(num_found, num_defective),
                alarms.num_flagged,
                alarms.num_parts,
                alarms.is_within_promise,
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.num_found, one.num_alarms)))


def _name_images(one: Verdicts) -> frozenset[tuple[str, str]]:
    return frozenset((image.id, image.pixel_hash) for image in one.images)


def _compare(
    verdicts: Mapping[str, Verdicts], standings: Sequence[Standing], doubt: float, seed: int
) -> Pairs:
    """Return what is found by one and not by the other, of each pair in the order of rank."""
    units = {
        image.id: image.unit
        for image in verdicts[standings[0].detector].images
        if image.is_anomalous
    }
    flags = {
        name: np.array([_flags(one)[key] for key in units], bool) for name, one in verdicts.items()
    }
    names = [one.detector for one in standings]
    return {
        (first, second): compare_pair(
            flags[first], flags[second], list(units.values()), doubt=doubt, seed=seed
        )
        for first, second in combinations(names, 2)
    }


def _flags(one: Verdicts) -> dict[str, bool]:
    return {image.id: bool(flag) for image, flag in zip(one.images, one.is_flagged, strict=True)}


def _is_ahead(found: PairedDifference, doubt: float) -> bool:
    return found.only_first > found.only_second and found.is_beyond_chance(doubt)


def _say_found(category: str, standings: Sequence[Standing]) -> str:
    first, others = standings[0], standings[1:]
    equals = [one for one in others if one.num_found == first.num_found]
    if equals and _share_a_set(standings):
        names = join_names([one.title for one in (first, *equals)])
        lead = f"For {category}, {names} each find {first.num_found} of {_count(first)}"
        rest = others[len(equals) :]
    else:
        lead = f"For {category}, {first.title} finds {first.num_found} of {_count(first)}"
        lead += _say_alarms(first)
        rest = others
    said = [f"{one.title} {_say_share(one, first)}" for one in rest]
    return f"{lead}; {', '.join(said)}." if said else f"{lead}."


def _share_a_set(standings: Sequence[Standing]) -> bool:
    return len({one.num_defective for one in standings}) == 1


def _count(one: Standing) -> str:
    return f"{one.num_defective} {'defect' if one.num_defective == 1 else 'defects'}"


def _say_share(one: Standing, first: Standing) -> str:
    of = "" if one.num_defective == first.num_defective else f" of {one.num_defective}"
    return f"{one.num_found}{of}"


def _say_alarms(one: Standing) -> str:
    flagged = one.num_alarms or "none"
    return f" while it flags {flagged} of {one.num_good} good parts" if one.num_good else ""


def _say_alone(one: Standing) -> str:
    return (
        f"That is {_percent(one.low)} to {_percent(one.high)} % of all such defects (95 % "
        "interval). There is no other detector to compare it with."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _say_without_defects(category: str, standings: Sequence[Standing]) -> tuple[str, str]:
    said = join_names(
        [f"{one.title} flags {one.num_alarms} of {one.num_good}" for one in standings]
    )
    return (
        f"For {category}, there is no defective test image: nobody knows what is found.",
        f"Of the good parts, {said}." if standings[0].num_good else "",
    )


def _conclude(standings: Sequence[Standing]) -> str:
    first = standings[0]
    behind = [one.title for one in standings if one.is_behind]
    level = [one.title for one in standings[1:] if not one.is_behind]
    reservation = _say_promise(standings)
    if not behind:
        said = f"The differences are within chance: {_count(first)} cannot tell these apart."
        if len({one.num_found for one in standings}) == 1:
            said = "They find equally many."
    else:
        said = f"{first.title} finds more than {join_names(behind)}; chance does not explain it."
        if level:
            said += f" Its difference to {join_names(level)} is within chance."
    return f"{said} {reservation}".strip()


def _say_promise(standings: Sequence[Standing]) -> str:
    """Name who flags more good parts than was promised: what it finds more is bought with them."""
    said = [
        f"{one.title} flags {one.num_alarms} of {one.num_good} good parts, more than was promised"
        for one in standings
        if not one.keeps_promise
    ]
    return f"{join_names(said)}." if said else ""


def _say_pair(pair: tuple[str, str], found: PairedDifference, titles: Mapping[str, str]) -> str:
    first, second = (titles[name] for name in pair)
    p_value = "p < 0.001" if found.p_value < 0.001 else f"p = {found.p_value:.2g}"
    return (
        f"{first} and {second}: {found.only_first} found by {first} alone, {found.only_second} by "
        f"{second} alone (McNemar's exact test {p_value}; difference "
        f"{_sign(found.low)} to {_sign(found.high)} per 100 defects, paired bootstrap)."
    )


def _sign(share: float) -> str:
    rounded = round(100 * share)
    return f"{rounded:+d}".replace("-", "\N{MINUS SIGN}") if rounded else "0"
