"""A view of evaluations: one question about detectors, a sub-tab of the Results tab."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from eda.results.shown import Judged, Shown
from ui.parts.sub_tabs import Make, Row
from ui.parts.updates import Updates
from ui.results.data import Results


@dataclass(frozen=True, slots=True)
class Selection:
    """What a visitor has chosen.

    Attributes:
        key: of the product.
        keys: of all products of its dataset.
        shown: evaluated detectors of the product.
        choices: of the filters of all views, and the page, by name: whatever was sent.
        judged: the detectors with their verdicts at the chosen rate of false alarms.
    """

    key: str
    keys: Sequence[str]
    shown: Sequence[Shown]
    choices: Mapping[str, object]
    judged: Sequence[Judged] = ()


@dataclass(frozen=True, slots=True)
class ResultsView:
    """One question about the detectors of a product.

    Attributes:
        rows: what makes its parts by name, row by row; a name stands in one view only.
        build: returns the values of the parts by name. It imports what it draws with, so that the
            page starts without it.
        filters: of its own; their values are checked where they are used.
        filters_at: row above which they stand.
        inputs: names of further parts whose values a request has.
        later: returns the values of what takes longer, shown after the others.
        per_detector: makes a part for every detector, below the others: "details-cae".
        is_offered: returns whether there is anything to see.
        is_rare: it stays unseen until a product offers it.
        troubles_of: the products whose lacking evaluations are named above it.
        say_rate: returns a sentence that stands beside the slider: what does not follow it.
    """

    name: str
    title: str
    rows: Sequence[Row]
    build: Callable[[Results, Selection], Updates]
    filters: Row = field(default_factory=dict)
    filters_at: int = 0
    inputs: Sequence[str] = ()
    later: Callable[[Results, Selection], Updates] | None = None
    per_detector: Make | None = None
    is_offered: Callable[[Results, Selection], bool] = lambda *_: True
    is_rare: bool = False
    troubles_of: Callable[[Selection], Sequence[str]] = lambda one: (one.key,)
    say_rate: Callable[[Results, Selection], str] = lambda *_: ""

    def list_rows(self, detectors: Iterable[str]) -> Sequence[Row]:
        """Return all rows of a page with these detectors."""
        if self.per_detector is None:
            return self.rows
        each = {f"{self.name}-{detector}": self.per_detector for detector in detectors}
        return (*self.rows, each)


def say_fixed(rate: float) -> str:
    """Return that a view was measured at one rate of false alarms and stays there."""
    return f"This view was measured at {100 * rate:.3g} in 100; the slider does not change it."


def is_evaluated(_: Results, selection: Selection) -> bool:
    """Return whether any detector of the product was evaluated."""
    return bool(selection.shown)
