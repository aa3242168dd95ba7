"""Every error a person can meet, each with what is wrong and what to do about it.

InspectionError
├── ImageError          an image or mask cannot be used
│   └── MaskError       a mask can be read, but not for certain what it marks
├── DatasetError        a dataset folder, category or split cannot be used
├── CheckpointError     a checkpoint is missing, damaged, foreign or from another version
├── BackboneError       pretrained weights are missing or do not fit
├── EvaluationError     an evaluation is missing, damaged, foreign or outdated
├── CalibrationError    a false-alarm rate or a set of normal scores cannot be used
├── NotFittedError      a detector is used before it was trained
├── SettingsError       a setting is out of its range
├── ReportError         a report or its folder cannot be written
├── SensitivityError    a study of sensitivity cannot be made or kept
└── BreakdownError      a detector stopped while working: memory, a driver
"""

import re

MAX_REASON = 160  # characters of what a library says


class InspectionError(Exception):
    """Say what is wrong and how to fix it; shown to people exactly as it reads."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem} {fix}")
        self.problem = problem
        self.fix = fix

    def __reduce__(self) -> tuple[type["InspectionError"], tuple[str, str]]:
        return type(self), (self.problem, self.fix)  # crosses process borders (multiprocessing)


class ImageError(InspectionError):
    """An image or mask cannot be used."""


class MaskError(ImageError):
    """A mask can be read, but not for certain what it marks."""


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
    """A detector is used to predict or save before it was trained."""


class SettingsError(InspectionError):
    """A setting is out of its range."""


class ReportError(InspectionError):
    """A report or its folder cannot be written."""


class SensitivityError(InspectionError):
    """A study of sensitivity cannot be made or kept."""


class BreakdownError(InspectionError):
    """A computation stopped while at work: for want of memory, or by a mistake."""


BREAKDOWNS = (RuntimeError, MemoryError, ImportError)
"""What PyTorch and NumPy raise where memory is lacking, among other things; even as they load."""


def explain(error: BaseException) -> InspectionError:
    """Return an error that people can read; of a lack of memory it keeps no frame, and no tensor.

    Raises:
        BaseException: the error itself, if it is a mistake of the program: it needs its traceback.
    """
    if isinstance(error, InspectionError):
        return error
    if not is_out_of_memory(error):
        raise error
    is_of_cpu = not isinstance(error, RuntimeError) or "DefaultCPUAllocator" in str(error)
    elsewhere = "" if is_of_cpu else ", try --device cpu,"
    return BreakdownError(
        f"There was not enough memory ({_what_was_lacking(error)}).",
        f"Close what else uses memory{elsewhere} or train with a smaller --input-size.",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether memory was lacking; PyTorch has a class for it, or only says so in words."""
    if isinstance(error, ImportError):  # of a library that is larger than what `ulimit -v` leaves
        return "failed to map" in str(error) or "annot allocate memory" in str(error)
    if not isinstance(error, RuntimeError):
        return isinstance(error, MemoryError)
    text = str(error)
    is_named = type(error).__name__ == "OutOfMemoryError"
    return is_named or "out of memory" in text or "DefaultCPUAllocator" in text


def _what_was_lacking(error: BaseException) -> str:
    """Return how much memory was asked for at last, else what the error says."""
    asked = re.search(r"ried to allocate ([\d.]+) (bytes|[KMG]iB)", str(error))
    if asked is None:
        return first_line(error)
    in_bytes = asked[2] == "bytes"
    amount = f"{float(asked[1]) / 1e6:.1f} MB" if in_bytes else f"{asked[1]} {asked[2]}"
    return f"{amount} more could not be had"


def first_line(error: BaseException) -> str:
    """Return what an error says, shortened; its class where it says nothing.

    Of the operating system's it is the words alone: "[Errno 28]" helps nobody.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).splitlines() or [type(error).__name__])[0][:MAX_REASON]
