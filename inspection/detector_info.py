"""What people see of a detector, in words and colours; the record comes from its own folder."""

from dataclasses import dataclass
from enum import StrEnum


class Symbol(StrEnum):
    """A symbol of plotly that the style sheet of the page draws as well."""

    SQUARE = "square"
    CIRCLE = "circle"
    DIAMOND = "diamond"
    OPEN_SQUARE = "square-open"
    CROSS = "cross"
    TRIANGLE = "triangle-up"


@dataclass(frozen=True, slots=True)
class Mark:
    """How a detector stands out among others; the symbol tells what the colour tells.

    Attributes:
        dash: of its lines.
        light: colour on the light page.
        dark: colour on the dark page.
        plot: colour in plots, which are the same on both.
    """

    symbol: Symbol
    dash: str
    light: str
    dark: str
    plot: str


NEUTRAL = Mark(Symbol.CROSS, "longdash", "#5c6f82", "#9fb0c0", "#7d8fa1")
"""Of a detector that brings no mark of its own."""


@dataclass(frozen=True, slots=True)
class DetectorInfo:
    """A detector as people meet it.

    Attributes:
        name: in commands, folders and files.
        title: as people write it.
        method: how it works, in two or three words.
        hint: what it has learned, and what is bright on its map.
        needs_labels: whether it learns from labelled defects alone.
        is_default: whether it is trained where no detector is named.
    """

    name: str
    title: str
    method: str = ""
    hint: str = ""
    mark: Mark = NEUTRAL
    needs_labels: bool = False
    is_default: bool = True
