"""An evaluated detector, as plots and tables show it."""

from dataclasses import dataclass

from inspection.detector import Appearance, DetectorInfo
from inspection.evaluation.records import EvaluationReport


@dataclass(frozen=True, slots=True)
class Shown:
    """An evaluated detector as plots show it.

    Attributes:
        place: among all detectors, by which they stand in order.
    """

    info: DetectorInfo
    place: int
    report: EvaluationReport

    @property
    def title(self) -> str:
        return self.info.title

    @property
    def appearance(self) -> Appearance:
        return self.info.appearance
