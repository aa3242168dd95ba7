"""Every error a person can meet, each with what is wrong and what to do about it.

InspectionError
├── ImageError          an image or mask cannot be used
├── DatasetError        a dataset folder, category or split cannot be used
├── CheckpointError     a checkpoint is missing, damaged, foreign or from another version
├── BackboneError       pretrained weights are missing or do not fit
├── EvaluationError     an evaluation is missing, damaged, foreign or outdated
├── CalibrationError    a false-alarm rate or a set of normal scores cannot be used
├── NotFittedError      a detector is asked to work before it has learned
├── SettingsError       a setting is out of its range
└── ReportError         a report or its folder cannot be written
"""


class InspectionError(Exception):
    """Say what is wrong and how to mend it; shown to people exactly as it reads."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem} {fix}")
        self.problem = problem
        self.fix = fix

    def __reduce__(self) -> tuple[type["InspectionError"], tuple[str, str]]:
        return type(self), (self.problem, self.fix)  # crosses process borders (multiprocessing)


class ImageError(InspectionError):
    """An image or mask cannot be used."""


class DatasetError(InspectionError):
    """A dataset folder, category or split cannot be used."""


class CheckpointError(InspectionError):
    """A checkpoint is missing, damaged, foreign or from another version."""


class BackboneError(InspectionError):
    """Pretrained weights are missing or do not fit."""


class EvaluationError(InspectionError):
    """An evaluation is missing, damaged, foreign or outdated."""


class CalibrationError(InspectionError):
    """A false-alarm rate or a set of normal scores cannot be used."""


class NotFittedError(InspectionError):
    """A detector is asked to predict or save before it has learned."""


class SettingsError(InspectionError):
    """A setting is out of its range."""


class ReportError(InspectionError):
    """A report or its folder cannot be written."""
