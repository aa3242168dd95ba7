"""Which test images do all evaluated detectors take for something else than they are said to be?"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eda.health.evidence import Evidence
from eda.health.finding import Finding, Group, Severity, count
from eda.verdicts import Verdicts
from inspection.evaluation.ranking import image_auroc
from inspection.names import join_names

FEWEST = 8  # test images of either class, by which an image is placed
ABLE = 0.75  # AUROC of a detector whose word counts
SEVERAL = 2  # detectors that have to agree
MIDDLE = (
    0.5  # share of a class: higher than half of the defective ones, lower than half of the good
)


def check_judged(evidence: Evidence) -> Iterator[Finding]:
    """Do all detectors contradict the label of a test image?"""
    alarms: list[Group] = []
    blanks: list[Group] = []
    titles: dict[str, None] = {}
    for _, rows in evidence.categories():
        tested, able = choose_able(rows, evidence.judges)
        if len(able) >= SEVERAL:
            titles |= dict.fromkeys(one.title for one in able)
            alarms += find_contradicted(tested, able, is_bad=False)
            blanks += find_contradicted(tested, able, is_bad=True)
    names = f"{join_names(list(titles))} {'both' if len(titles) == SEVERAL else 'all'}"
    if alarms:
        yield _describe(
            alarms,
            evidence,
            f"good, but {names} place {{them}} above half of the defective test images.",
            "Look for a defect that was overlooked: until the label is corrected, each detector "
            "that finds it is charged with a false alarm.",
        )
    if blanks:
        yield _describe(
            blanks,
            evidence,
            f"defective, but {names} place {{them}} below half of the good test images.",
            "Look whether there is a defect at all. It may also be too faint for all of them.",
        )
    if titles and not alarms and not blanks:
        judges = join_names(list(titles))
        text = f"No label of a test image is contradicted by all detectors ({judges})."
        yield Finding(Severity.FINE, text)


def _describe(groups: Sequence[Group], evidence: Evidence, what: str, advice: str) -> Finding:
    images = count(len(groups), "test image is called", "test images are called")
    them = "it" if len(groups) == 1 else "them"
    return Finding(
        Severity.LOOK,
        f"{images} {what.format(them=them)}",
        advice,
        effect=len(groups) / len(evidence.images),
        groups=tuple(groups),
    )


def choose_able(
    rows: pd.DataFrame, judges: Sequence[Verdicts]
) -> tuple[pd.DataFrame, tuple[Verdicts, ...]]:
    """Return the images of a category that all its detectors judged, and those that can judge.

    Args:
        rows: images of one category, with `is_bad`.
        judges: every evaluated detector of the dataset.
    """
    own = [one for one in judges if rows["id"].isin(list(one.scores)).any()]
    tested = rows[[all(key in one.scores for one in own) for key in rows["id"]]]
    is_bad = tested["is_bad"].to_numpy(bool)
    if not own or min(is_bad.sum(), (~is_bad).sum()) < FEWEST:
        return tested, ()
    able = [one for one in own if image_auroc(_scores(tested, one), is_bad) >= ABLE]
    return tested, tuple(able)


def find_contradicted(
    tested: pd.DataFrame, able: Sequence[Verdicts], *, is_bad: bool
) -> list[Group]:
    """Return images of one class that every detector places beyond the middle of the other one.

    Args:
        tested: images of one category that all detectors judged, with `is_bad`.
        able: the detectors.
        is_bad: whether the images are said to be defective.
    """
    is_of_class = tested["is_bad"].to_numpy(bool) == is_bad
    places = np.stack([_place(_scores(tested, one), ~is_of_class) for one in able])  # (k, n)
    flags = np.array([[one.flagged[key] for key in tested["id"]] for one in able], bool)
    is_odd = (~flags & (places <= MIDDLE)) if is_bad else (flags & (places >= MIDDLE))
    other = "good" if is_bad else "defective"
    groups = []
    for row in np.flatnonzero(is_of_class & is_odd.all(axis=0)).tolist():
        parts = [
            f"{100 * place:.0f} ({one.title})"
            for one, place in zip(able, places[:, row], strict=True)
        ]
        note = f"higher than {', '.join(parts)} of 100 {other} ones"
        groups.append(Group((str(tested["id"].iloc[row]),), note))
    return groups


def _scores(rows: pd.DataFrame, judge: Verdicts) -> NDArray[np.float64]:
    return np.array([judge.scores[key] for key in rows["id"]], float)


def _place(scores: NDArray[np.float64], is_other: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return for every image the share of the other class that has a lower score."""
    others = np.sort(scores[is_other])
    return np.searchsorted(others, scores) / max(1, len(others))
