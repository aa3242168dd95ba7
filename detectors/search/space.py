"""The search space: values of settings that a search tries; every detector brings its own."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Categorical:
    """One of several values, written as on the command line."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FloatRange:
    """A number from `least` to `most`; on a logarithmic scale, or in steps."""

    least: float
    most: float
    step: float | None = None


SearchSpace = Mapping[str, Categorical | FloatRange]
"""Setting -> the values that are tried."""

SIDES = Categorical(("192", "256", "320"))
SMOOTHING = FloatRange(0.0, 8.0, step=0.5)
YES_NO = Categorical(("true", "false"))
