"""What is known of a trial of sensitivity: what was drawn or changed, and who saw it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """What one detector makes of one trial.

    Attributes:
        score: of the image, in the detector's own units.
        relative_score: score / threshold; above 1 is flagged.
        is_hit: whether it is flagged and the outline touches the defect: at least one pixel of the
            detector's grid.
        iou: overlap of the outline with what was drawn, 0-1, on the detector's grid.
    """

    score: float
    relative_score: float
    is_flagged: bool
    is_hit: bool
    iou: float


@dataclass(frozen=True, slots=True)
class Trial:
    """One defect drawn on one image, and who saw it.

    Attributes:
        source: id of the image's sample, or what else names it.
        kind: of the defect.
        size: longest side of the smallest rectangle, turned as may be, around its mask, in pixels
            of the image.
        contrast: grey levels of 255 by which the pixels of its mask depart on average.
        angle: degrees that it is turned, counterclockwise.
        row: of its middle, in pixels of the image.
        column: of its middle, in pixels of the image.
        seed: of its shape.
        answers: detector, or `JOINT` for the joint verdict -> its answer.
    """

    source: str
    kind: str
    size: float
    contrast: float
    angle: float
    row: float
    column: float
    seed: int
    answers: Mapping[str, Answer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RealDefect:
    """The longest defect of an image, in pixels of the image.

    Attributes:
        size: longest side of its mask.
        contrast: grey levels of 255 by which it departs from its surroundings.
        row, column: of its middle.
    """

    size: float
    contrast: float
    row: float
    column: float
