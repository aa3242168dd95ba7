"""What detectors and outcomes are called in front of people: on the page and in reports."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from inspection.calibration import is_majority
from inspection.types import Familiarity, Verdict

DETECTOR_TITLES: Mapping[str, str] = {
    "cae": "CAE",
    "unet": "U-Net",
    "patchcore": "PatchCore",
    "classifier": "Classifier",
}

SEEN_NOTE = (
    "This very image was seen in training or calibration by {names}: the answer proves little."
)
SILENT_NOTE = "{names} could not answer and {verb} left out."
UNFAMILIAR_TITLE = "This does not look like {category}"
ALIKE_NOTE = "It looks most like {product}."


class Outcome(StrEnum):
    """What comes out for an image; of a familiar one, what the detectors say together."""

    UNFAMILIAR = "unfamiliar"  # and therefore not inspected
    DEFECT = "defect"  # a strict majority flags
    MIXED = "mixed"  # some flag
    NORMAL = "normal"


OUTCOME_TITLES: Mapping[Outcome, str] = {
    Outcome.UNFAMILIAR: "Does not look like the product",
    Outcome.DEFECT: "Defect found",
    Outcome.MIXED: "Models disagree",
    Outcome.NORMAL: "No defect found",
}


def title_of(detector: str) -> str:
    """Return the name of a detector as people write it."""
    return DETECTOR_TITLES.get(detector, detector)


def join_names(names: Sequence[str]) -> str:
    """Return 'A', 'A and B' or 'A, B and C'."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def describe_seen(detectors: Sequence[str]) -> str:
    """Return the warning that these detectors know the image; empty where none does."""
    return SEEN_NOTE.format(names=join_names([title_of(one) for one in detectors])) * bool(
        detectors
    )


def describe_silent(detectors: Sequence[str]) -> str:
    """Return which trained detectors a report lacks; empty where it lacks none."""
    names = join_names([title_of(one) for one in detectors])
    verb = "is" if len(detectors) == 1 else "are"
    return SILENT_NOTE.format(names=names, verb=verb) * bool(detectors)


def describe_unfamiliar(category: str, familiarity: Familiarity | None) -> str:
    """Return that an image does not look like its product, and why; empty where it does."""
    if familiarity is None or familiarity.is_familiar:
        return ""
    sentences = [f"{UNFAMILIAR_TITLE.format(category=category)}.", familiarity.reason]
    if familiarity.looks_like is not None:
        sentences.append(ALIKE_NOTE.format(product=familiarity.looks_like))
    return " ".join(sentences)


def decide_outcome(verdicts: Sequence[Verdict], familiarity: Familiarity | None = None) -> Outcome:
    """Return what the verdicts of several detectors come to; without any, it is unfamiliar."""
    if not verdicts and familiarity is not None and not familiarity.is_familiar:
        return Outcome.UNFAMILIAR
    num_flagged = sum(verdict is Verdict.DEFECT for verdict in verdicts)
    if is_majority(num_flagged, len(verdicts)):
        return Outcome.DEFECT
    return Outcome.MIXED if num_flagged else Outcome.NORMAL
