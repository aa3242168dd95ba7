"""What detectors and outcomes are called in front of people: on the page and in reports."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from inspection.calibration import is_majority
from inspection.detector import DetectorInfo
from inspection.measures import class_probabilities, name_class
from inspection.types import Familiarity, Naming, Verdict

SEEN_NOTE = (
    "This very image was seen in training or calibration by {names}: the answer proves little."
)
SILENT_NOTE = "{names} could not answer and {verb} left out."
UNFAMILIAR_TITLE = "This does not look like {category}"
NAMED_NOTE = "No good part was ever seen; {names}."
NAMED_ONE = "the {title} takes it for {name} ({share:.0f} %)"
NAMERS_NOTE = "can learn to name the defects"
ALIKE_NOTE = "It looks most like {product}."


class Outcome(StrEnum):
    """What comes out for an image; of a familiar one, what the detectors say together."""

    UNFAMILIAR = "unfamiliar"  # and therefore not inspected
    DEFECT = "defect"  # a strict majority flags
    MIXED = "mixed"  # some flag
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


def decide_outcome(verdicts: Sequence[Verdict], familiarity: Familiarity | None = None) -> Outcome:
    """Return what the verdicts of several detectors come to; without any there is none."""
    if not verdicts:
        is_unfamiliar = familiarity is not None and not familiarity.is_familiar
        return Outcome.UNFAMILIAR if is_unfamiliar else Outcome.NAMED
    num_flagged = sum(verdict is Verdict.DEFECT for verdict in verdicts)
    if is_majority(num_flagged, len(verdicts)):
        return Outcome.DEFECT
    return Outcome.MIXED if num_flagged else Outcome.NORMAL
