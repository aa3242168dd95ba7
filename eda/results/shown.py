"""An evaluated detector, as plots and tables show it."""

from dataclasses import dataclass

from inspection.detector import Appearance, DetectorInfo
from inspection.evaluation.records import EvaluationReport
from inspection.evaluation.verdicts import Verdicts
from inspection.joint import JOINT


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
    def is_joint(self) -> bool:
        """Whether it is the joint verdict of the others."""
        return self.info.name == JOINT

    @property
    def title(self) -> str:
        return self.info.title

    @property
    def appearance(self) -> Appearance:
        return self.info.appearance

    @property
    def point_marker(self) -> dict[str, object]:
        """How a point that counts stands out on its curve, as Plotly takes it."""
        line = {"width": 2, "color": "#fff"}
        appearance = self.appearance
        return {"size": 13, "symbol": appearance.symbol, "color": appearance.plot, "line": line}


@dataclass(frozen=True, slots=True)
class Judged:
    """An evaluated detector at the false-alarm rate that a visitor has chosen."""

    shown: Shown
    verdicts: Verdicts

    @property
    def title(self) -> str:
        return self.shown.title

    @property
    def name(self) -> str:
        return self.shown.info.name
