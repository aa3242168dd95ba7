"""What was found in an image, in words for people who know nothing of detectors."""

from inspection.names import Judged, Outcome, decide_outcome
from inspection.types import Finding, Region, Size, Verdict

MOST_REGIONS = 5
"""Regions that the first page tells of; numbers beyond hide the picture."""

GOOD = "good"

PLACES = (
    ("at the upper left", "at the top", "at the upper right"),
    ("at the left", "in the middle", "at the right"),
    ("at the lower left", "at the bottom", "at the lower right"),
)

WHOLE = 0.5
"""A region that covers so much of an image has no place in it."""


def find_leading(judged: Judged) -> Finding | None:
    """Return the finding that the large picture shows: the surest of those that outline anything.

    Where the joint verdict has a strongest detector, that is the one, if it outlines anything.
    """
    flagged = [one for one in judged.findings if one.regions]
    if not flagged:
        return None
    strongest = None if judged.joint is None else judged.joint.strongest
    by_name = {one.detector: one for one in flagged}
    if strongest in by_name:
        return by_name[strongest]
    return max(flagged, key=lambda one: one.relative_score)


def say_place(region: Region, size: Size) -> str:
    """Return where a region lies in an image of (height, width), such as "at the upper left"."""
    if region.area_share >= WHOLE:
        return "over most of the image"
    row, column = (
        min(2, int(3 * place / length)) for place, length in zip(region.centroid, size, strict=True)
    )
    return PLACES[row][column]


def describe_regions(judged: Judged, size: Size, title: str) -> str:
    """Return where the strongest region lies and how large it is; empty without any.

    Args:
        judged: the image.
        size: its height and width in pixels.
        title: of the detector whose regions are shown.
    """
    leading = find_leading(judged)
    if leading is None:
        return ""
    region, more = leading.regions[0], len(leading.regions) - 1
    box = region.box
    said = (
        f"What {title} outlines lies {say_place(region, size)} and is {box.right - box.left} × "
        f"{box.bottom - box.top} pixels large (1 in the picture)."
    )
    if more:
        said += f" There {'is' if more == 1 else 'are'} {more} more, weaker."
    return said


def describe_votes(judged: Judged) -> str:
    """Return how many detectors flag the image; empty where none gives a verdict."""
    flags = [one.verdict is Verdict.DEFECT for one in judged.findings]
    if not flags:
        return ""
    outcome, count = decide_outcome(judged), len(flags)
    if count == 1:
        return "The detector flags this part." if flags[0] else "The detector lets this part pass."
    said = f"{sum(flags)} of {count} detectors {'flags' if sum(flags) == 1 else 'flag'} this part"
    if outcome is Outcome.NORMAL and any(flags):
        return f"{said}; taken together, they let it pass."
    if outcome is Outcome.DEFECT and not any(flags):
        return f"{said} by themselves; taken together, they do."
    return f"{said}."


def describe_truth(truth: str, judged: Judged) -> str:
    """Return whether the verdict is right, where it is known what the image shows.

    Args:
        truth: a defect type, or "good"; empty where nobody knows.
        judged: the image.
    """
    outcome = decide_outcome(judged)
    if not truth:
        return ""
    shown = truth.replace("_", " ")
    if outcome not in (Outcome.DEFECT, Outcome.NORMAL):
        return f"{shown}."
    is_good = truth == GOOD
    if (outcome is Outcome.NORMAL) is is_good:
        return f"{shown}. The verdict is right."
    return f"{shown}. The verdict is wrong: {'a false alarm' if is_good else 'a missed defect'}."
