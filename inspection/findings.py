"""What was found in one image, by all detectors together: more records of the pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from inspection.boxes import KindBox
from inspection.errors import InspectionError
from inspection.types import AnomalyMap, Finding, RGBImage, Standing, Verdict


@dataclass(frozen=True, slots=True, eq=False)
class JointFinding:
    """What several detectors say together of one image (`inspection.joint`).

    Attributes:
        score: mean of the detectors' scores in multiples of their typical good part, on a
            logarithmic scale and in units of their spreads; of one detector alone its own score.
        relative_score: score / threshold; above 1 is flagged.
        false_alarm_rate: lowest rate at which this image would be flagged.
        standing: how far it stands out from good parts.
        contributions: detector -> spreads above its typical good part; of those that count.
        blind: detectors that do not count, since they see drawn defects no better than chance.
        num_normal: good parts, held out by all that count, that the threshold rests on.
        outlined: the detector whose hottest region is outlined for the joint verdict, where no
            detector flags by itself.
    """

    score: float
    threshold: float
    relative_score: float
    false_alarm_rate: float
    standing: Standing
    verdict: Verdict
    contributions: Mapping[str, float]
    blind: tuple[str, ...]
    num_normal: int
    outlined: str | None = None

    @property
    def strongest(self) -> str:
        """The detector that contributes most."""
        return max(self.contributions, key=lambda name: self.contributions[name])


@dataclass(frozen=True, slots=True)
class Familiarity:
    """Whether an image shows the product at all, which is decided before any verdict.

    Attributes:
        score: how far it is from the normal training images in embedding, shape or size,
            whichever is the oddest, in multiples of what is meant to be the most.
        threshold: up to which it is familiar; at least 1.
        false_alarm_rate: share of good parts that may be called unfamiliar.
        reason: a sentence on what is odd; empty where it is familiar.
        looks_like: key of the product that it looks like instead, if there is one.
    """

    score: float
    threshold: float
    false_alarm_rate: float
    reason: str = ""
    looks_like: str | None = None

    @property
    def is_familiar(self) -> bool:
        return self.score <= self.threshold


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """The answer of a detector that has learned from defects alone: which one it is, no verdict.

    Attributes:
        anomaly_map: where the answer comes from.
        middle: of the scale that the map is shown on, in the detector's own units.
        measures: class probabilities among them.
        seconds: time from image to prediction, resizing included.
        boxes: those that are surer than `SURE`, in pixels of the image, the surest first.
    """

    detector: str
    anomaly_map: AnomalyMap = field(repr=False)
    middle: float
    measures: Mapping[str, float]
    seconds: float
    boxes: tuple[KindBox, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """One image and what every detector found in it.

    An unfamiliar image has no findings, unless somebody wants it inspected anyway.

    Attributes:
        familiarity: None where it was not checked.
        namings: the answers of detectors that give no verdict.
        joint: the verdict of all findings together; None where they have no common good parts, or
            too few of them for the rate.
        silent: detectors that could not answer, and why.
        notes: sentences that a reader has to know.
    """

    source: str
    image: RGBImage
    findings: tuple[Finding, ...]
    familiarity: Familiarity | None = None
    namings: tuple[Naming, ...] = ()
    joint: JointFinding | None = None
    silent: Mapping[str, InspectionError] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        # of one detector alone it is that detector's own
        joint = (("joint", self.joint),) if self.joint and len(self.findings) > 1 else ()
        found = (*joint, *((one.detector, one) for one in self.findings))
        said = [f"{name} {one.verdict.value} {one.relative_score:.2f}x" for name, one in found]
        said += [f"{naming.detector} no verdict" for naming in self.namings]
        said += [f"{name} silent" for name in self.silent]
        answers = ", ".join(said) or "not inspected"
        return f"<Inspection of {self.source or 'an image'}, {width} x {height}: {answers}>"
