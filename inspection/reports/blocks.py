"""What a report is made of: blocks that the PDF and the HTML draw alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from inspection.names import Outcome
from inspection.types import Colour


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of the report (level 1), of an image (2) or of a part (3)."""

    text: str
    level: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; small print is for those who look something up."""

    text: str
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Lead:
    """The outcome of an image, and facts below it: label and value."""

    outcome: Outcome
    title: str
    text: str
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures side by side, each with its caption."""

    pictures: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Picture:
    """One large picture with its caption; smaller where more stands on the same page."""

    picture: bytes
    caption: str
    is_smaller: bool = False


@dataclass(frozen=True, slots=True)
class Legend:
    """What colours mean: each as red, green and blue, with its words."""

    colours: Sequence[tuple[Colour, str]]


@dataclass(frozen=True, slots=True)
class Tile:
    """The thumbnail of one image among many.

    Attributes:
        standings: of each detector its title, how far the image stands out, and whether it is
            flagged for that.
    """

    picture: bytes
    caption: str
    outcome: Outcome
    standings: Sequence[tuple[str, str, bool]]


@dataclass(frozen=True, slots=True)
class Tiles:
    """A contact sheet."""

    tiles: Sequence[Tile]


@dataclass(frozen=True, slots=True)
class TableBlock:
    """Rows of text below column names; `widths` are shares, numbers stand right."""

    columns: Sequence[str]
    widths: Sequence[float]
    rows: Sequence[Sequence[str]]
    num_left: int = 1  # columns that stand left
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """Labels with a share between 0 and 1 each."""

    bars: Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins on a new page, where there are pages."""


Visual: TypeAlias = Picture | Legend | Gallery | Tiles
Block: TypeAlias = Heading | Paragraph | Lead | Visual | TableBlock | Bars | NewPage
