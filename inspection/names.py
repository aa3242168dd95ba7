"""What detectors and outcomes are called in front of people: on the page and in reports."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from inspection.detector import DetectorInfo
from inspection.findings import Familiarity, JointFinding, Naming
from inspection.measures import class_probabilities, name_class
from inspection.types import Finding, Standing, Verdict

SEEN_NOTE = (
    "This very image was seen in training or calibration by {names}: the answer proves little."
)
SILENT_NOTE = "{names} could not answer and {verb} left out."
UNFAMILIAR_TITLE = "This does not look like {category}"
NAMED_NOTE = "No good part was ever seen; {names}."
NAMED_ONE = "the {title} takes it for {name} ({share:.0f} %)"
NAMERS_NOTE = "can learn to name the defects"
ALIKE_NOTE = "It looks most like {product}."
JOINT_TITLE = "Joint verdict"
STANDS_OUT = "It stands out beyond {where}."
BEYOND_SOME = "{k} of {n} good parts"
BEYOND_ALL = "all {n} good parts, by {spreads} spreads"
NO_JOINT = "There is no joint verdict: too few good parts were held out by all detectors."
ALL_FLAG = "All {n} detectors flag it."
BOTH_FLAG = "Both detectors flag it."
SOME_FLAG = "{names} alone {verb} it."
ONE_FLAGS = "{names} flags it."
ONE_DOES_NOT = "{names} does not flag it."
NONE_FLAGS = "None of the {n} detectors flags it."
NEITHER_FLAGS = "Neither of the 2 detectors flags it."
THOUGH = "Normal, though {names} alone {verb} it."
OUTLINED = "No detector flags it alone: the place where {name} is highest is outlined."
BLIND = "{names} {verb} not count: no better than chance on defects drawn on good parts."


class Outcome(StrEnum):
    """What comes out for an image; of a familiar one, what the detectors say together."""

    UNFAMILIAR = "unfamiliar"  # and therefore not inspected
    DEFECT = "defect"
    MIXED = "mixed"  # some flag, and there is no joint verdict
    NORMAL = "normal"
    NAMED = "named"  # no verdict: the detectors that answer have never seen a good part


OUTCOME_TITLES: Mapping[Outcome, str] = {
    Outcome.UNFAMILIAR: "Does not look like the product",
    Outcome.DEFECT: "Defect found",
    Outcome.MIXED: "Models disagree",
    Outcome.NORMAL: "No defect found",
    Outcome.NAMED: "No verdict",
}


def join_names(names: Sequence[str]) -> str:
    """Return 'A', 'A and B' or 'A, B and C'."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def describe_seen(titles: Sequence[str]) -> str:
    """Return the warning that these detectors know the image; empty where none does."""
    return SEEN_NOTE.format(names=join_names(titles)) * bool(titles)


def describe_silent(titles: Sequence[str]) -> str:
    """Return which trained detectors a report lacks; empty where it lacks none."""
    verb = "is" if len(titles) == 1 else "are"
    return SILENT_NOTE.format(names=join_names(titles), verb=verb) * bool(titles)


def describe_naming(naming: Naming, title: str) -> str:
    """Return what a detector without verdicts takes an image for, as the end of a sentence."""
    name, share = next(iter(class_probabilities(naming.measures).items()), ("nothing", 1.0))
    return NAMED_ONE.format(title=title.lower(), name=name_class(name), share=100 * share)


def describe_namers(detectors: Iterable[DetectorInfo]) -> str:
    """Return which detectors learn where no part is good, without a full stop; empty if none."""
    names = join_names([f"the {info.title.lower()}" for info in detectors if info.needs_labels])
    return f"{names[0].upper()}{names[1:]} {NAMERS_NOTE}" if names else ""


def describe_namings(namings: Sequence[Naming], titles: Mapping[str, str]) -> str:
    """Return why there is no verdict, and what detectors, by their titles, take an image for."""
    said = [describe_naming(one, titles[one.detector]) for one in namings]
    return NAMED_NOTE.format(names=join_names(said))


def describe_unfamiliar(category: str, familiarity: Familiarity | None) -> str:
    """Return that an image does not look like its product, and why; empty where it does."""
    if familiarity is None or familiarity.is_familiar:
        return ""
    sentences = [f"{UNFAMILIAR_TITLE.format(category=category)}.", familiarity.reason]
    if familiarity.looks_like is not None:
        sentences.append(ALIKE_NOTE.format(product=familiarity.looks_like))
    return " ".join(sentences)


class Judged(Protocol):
    """What detectors have found in one image."""

    @property
    def findings(self) -> Sequence[Finding]: ...

    @property
    def namings(self) -> Sequence[Naming]: ...

    @property
    def joint(self) -> JointFinding | None: ...

    @property
    def familiarity(self) -> Familiarity | None: ...


def decide_outcome(judged: Judged) -> Outcome:
    """Return the joint verdict; where there is none, what all detectors agree on."""
    if not judged.findings:
        familiarity = None if judged.namings else judged.familiarity
        is_unfamiliar = familiarity is not None and not familiarity.is_familiar
        return Outcome.UNFAMILIAR if is_unfamiliar else Outcome.NAMED
    found = [judged.joint] if judged.joint is not None else judged.findings
    verdicts = {one.verdict for one in found}
    if len(verdicts) > 1:
        return Outcome.MIXED
    return Outcome.DEFECT if Verdict.DEFECT in verdicts else Outcome.NORMAL


def describe_joint(judged: Judged, titles: Mapping[str, str]) -> str:
    """Return what the verdict rests on: the joint score, who flags and who does not count."""
    findings, joint = judged.findings, judged.joint
    flagging = [titles[one.detector] for one in findings if one.verdict is Verdict.DEFECT]
    if len(findings) == 1:
        template = ONE_FLAGS if flagging else ONE_DOES_NOT
        return template.format(names=titles[findings[0].detector])
    if joint is None:
        return f"{NO_JOINT} {_describe_votes(flagging, len(findings))}"
    sentences = [STANDS_OUT.format(where=describe_standing(joint.standing))]
    if joint.verdict is Verdict.NORMAL and flagging:
        sentences.append(THOUGH.format(names=join_names(flagging), verb=_flag(flagging)))
    elif joint.outlined is not None:
        sentences.append(OUTLINED.format(name=titles[joint.outlined]))
    else:
        sentences.append(_describe_votes(flagging, len(findings)))
    return " ".join([*sentences, *describe_blind([titles[name] for name in joint.blind])])


def describe_standing(standing: Standing) -> str:
    """Return how many good parts an image stands out from, as the end of a sentence."""
    if standing.num_below < standing.num_normal:
        return BEYOND_SOME.format(k=standing.num_below, n=standing.num_normal)
    return BEYOND_ALL.format(n=standing.num_normal, spreads=_say_spreads(standing))


def mark_standing(standing: Standing) -> str:
    """Return the same in a word or two, such as "97 of 100" or, beyond all, "+4.2" spreads."""
    if standing.num_below < standing.num_normal:
        return f"{standing.num_below} of {standing.num_normal}"
    return f"+{_say_spreads(standing).removeprefix('over ')}"


def _say_spreads(standing: Standing) -> str:
    spreads = standing.spreads
    return "over 100" if spreads >= 100 else f"{spreads:.{1 if spreads < 10 else 0}f}"


def describe_blind(titles: Sequence[str]) -> list[str]:
    """Return which detectors do not count in the joint verdict, and why; nothing if all do."""
    verb = "does" if len(titles) == 1 else "do"
    return [BLIND.format(names=join_names(titles), verb=verb)] if titles else []


def _describe_votes(flagging: Sequence[str], num_detectors: int) -> str:
    if not flagging:
        template = NEITHER_FLAGS if num_detectors == 2 else NONE_FLAGS
    elif len(flagging) == num_detectors:
        template = BOTH_FLAG if num_detectors == 2 else ALL_FLAG
    else:
        template = SOME_FLAG
    return template.format(n=num_detectors, names=join_names(flagging), verb=_flag(flagging))


def _flag(flagging: Sequence[str]) -> str:
    return "flags" if len(flagging) == 1 else "flag"
