"""What a study has found, for every place that shows it: one plot and one table of each question.

A question is a kind of drawn defect at several contrasts, or the real test defects by size or by
contrast.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import plotly.graph_objects as go

from eda.sensitivity.curves import Fitted, draw_pod, fit_infos, tabulate_limits
from inspection.detector import DetectorInfo
from inspection.sensitivity.comparison import compare_detectors
from inspection.sensitivity.fitting import Varied, fit_scores, fit_trials
from inspection.sensitivity.kept import Study, describe_real, describe_study
from inspection.sensitivity.real_defects import REAL
from inspection.sensitivity.records import Trial

REAL_NOTE = (
    "{num} test images with a mask, of which the longest defect counts. A hit is a flagged image "
    "whose flagged area touches the mask; of the joint verdict, a flagged image."
)

Infos = Mapping[str, DetectorInfo]
"""Detectors by name, the joint verdict among them."""


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """One curve per detector, through the trials that it was fitted to."""

    caption: str
    by: Varied
    trials: Sequence[Trial] = field(repr=False)
    fitted: Sequence[Fitted] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Exhibit:
    """The answer to one question.

    Attributes:
        name: a kind of `KINDS`, or one of `REAL`.
        title: in words.
        curves: of a kind those of every contrast; of real defects one.
        shown: the curves of the plot, at which detectors are compared.
        table: limits of all curves.
        note: what counts, where that is not the same as everywhere.
        scale: millimetres of one pixel; None where nobody knows.
    """

    name: str
    title: str
    curves: Sequence[Curves]
    shown: Curves
    table: pd.DataFrame
    note: str = ""
    scale: float | None = None

    def draw(self) -> go.Figure:
        """Return the plot."""
        title = f"{self.title}, {self.shown.caption}" if len(self.curves) > 1 else self.title
        return draw_pod(self.shown.fitted, self.shown.by, title=title, scale=self.scale)

    def compare(self) -> list[str]:
        """Return which detector is better, pair by pair, in sentences."""
        titles = {one.info.name: one.info.title for one in self.shown.fitted}
        found = compare_detectors(self.shown.trials, titles, by=self.shown.by)
        return [one.sentence for one in found]


@dataclass(frozen=True, slots=True, eq=False)
class StudyReport:
    """A study with everything that is shown of it.

    Attributes:
        words: what has to be known first, in sentences.
    """

    study: Study
    infos: Infos
    words: Sequence[str]
    exhibits: Sequence[Exhibit]


def report_study(
    study: Study, infos: Infos, *, real: Sequence[Trial] = (), scale: float | None = None
) -> StudyReport:
    """Return all that a study answers: every kind that was drawn, then real defects, if any.

    Args:
        study: with its trials.
        infos: of the detectors.
        real: trials of real defects.
        scale: millimetres of one pixel of the image.
    """
    titles = {name: one.title for name, one in infos.items()}
    words = (*describe_study(study, titles), *describe_real(real, titles), *study.notes)
    kinds = [kind for kind in study.options.kinds if study.pick(kind)]
    drawn = [show_drawn(study, kind, infos, scale=scale) for kind in kinds]
    names = REAL if real else ()
    return StudyReport(
        study, infos, words, [*drawn, *(show_real(real, one, infos, scale=scale) for one in names)]
    )


def show_drawn(study: Study, kind: str, infos: Infos, *, scale: float | None = None) -> Exhibit:
    """Return the curves of one kind of drawn defect, and the table of its limits."""
    found: dict[float, Curves] = {}
    tables = []
    for contrast in study.options.contrasts:
        caption = f"{contrast:g} grey levels"
        found[contrast] = _fit(study.pick(kind, contrast), caption, Varied.SIZE, infos)
        table = tabulate_limits(found[contrast].fitted, scale=scale)
        table.insert(0, "contrast", f"{contrast:g}")
        tables.append(table)
    table = pd.concat(tables, ignore_index=True)
    title = kind.replace("-", " ").capitalize()
    return Exhibit(kind, title, list(found.values()), found[study.reference], table, scale=scale)


def show_real(
    trials: Sequence[Trial], name: str, infos: Infos, *, scale: float | None = None
) -> Exhibit:
    """Return the curves of real defects by what a name of `REAL` says, and their limits."""
    by, title = REAL[name]
    curves = _fit(trials, f"{len(trials)} test images", by, infos)
    table = tabulate_limits(curves.fitted, by, scale=scale)
    note = REAL_NOTE.format(num=len(trials))
    return Exhibit(name, title, [curves], curves, table, note, scale)


def join_tables(exhibits: Sequence[Exhibit]) -> pd.DataFrame:
    """Return the tables of several exhibits as one, with the title of each in front."""
    tables = []
    for one in exhibits:
        table = one.table.copy()
        table.insert(0, "defect", one.title)
        tables.append(table)
    return pd.concat(tables, ignore_index=True).fillna("") if tables else pd.DataFrame()


def _fit(trials: Sequence[Trial], caption: str, by: Varied, infos: Infos) -> Curves:
    fitted = fit_infos(fit_trials(trials, by=by), infos, fit_scores(trials, by=by))
    return Curves(caption, by, trials, fitted)
