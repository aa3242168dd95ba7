"""Are pictures shown twice: in training and test, or as good and as defective?"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eda.health.evidence import Evidence
from eda.health.finding import Finding, Group, Severity, count
from eda.health.strangers import FEWEST, measure_reach

SHOWN = ["first", "second", "similarity"]
MANY = 0.05  # of the test images
CLOSE = 0.5  # times as far apart as neighbours usually are


def check_leaks(evidence: Evidence) -> Iterator[Finding]:
    """Is the same or nearly the same picture in training and in test?"""
    pairs = list_pairs(evidence)
    leaks = pairs[pairs["is_leak"]]
    tested = set(leaks.loc[leaks["first_is_test"], "first"])
    tested |= set(leaks.loc[~leaks["first_is_test"], "second"])
    num_test = max(1, int(evidence.images["is_test"].sum()))
    if leaks.empty:
        yield Finding(Severity.FINE, "No test image is nearly the same as a training image.")
        return
    same = int(leaks["is_same"].sum())
    exact = f" ({count(same, 'pair')} without any difference to be seen)" if same else ""
    yield Finding(
        Severity.PROBLEM if len(tested) > MANY * num_test else Severity.LOOK,
        f"{len(tested):,} of {num_test:,} test images have nearly the same picture in "
        f"training{exact}: what is measured on them is too good.",
        "`python cli.py train --split grouped` keeps near-duplicates on one side.",
        effect=len(tested) / num_test,
        groups=_groups(leaks),
    )


def check_contradictions(evidence: Evidence) -> Iterator[Finding]:
    """Is nearly the same picture called good and defective?"""
    pairs = list_pairs(evidence)
    if evidence.images["is_bad"].nunique() < 2:
        return
    torn = pairs[pairs["first_is_bad"] != pairs["second_is_bad"]]
    if torn.empty:
        yield Finding(Severity.FINE, "No two pictures that are nearly the same differ in label.")
        return
    same = int(torn["is_same"].sum())
    exact = f" {count(same, 'pair shows', 'pairs show')} no difference at all." if same else ""
    yield Finding(
        Severity.PROBLEM if same else Severity.LOOK,
        f"{count(len(torn), 'pair')} of nearly the same picture, one called good and one "
        f"defective.{exact}",
        "Look whether the labels are right: it may also be a part before and after it was damaged, "
        "or a small defect.",
        effect=len(torn) / len(evidence.images),
        groups=_groups(torn),
    )


def check_copies(evidence: Evidence) -> Iterator[Finding]:
    """Are good pictures to learn from nearly the same as others of them?"""
    pairs = list_pairs(evidence)
    is_good = ~pairs["first_is_bad"] & ~pairs["second_is_bad"]
    is_known = pairs["first_unit"] == pairs["second_unit"]  # to show one part
    same = pairs[is_good & ~pairs["is_leak"] & ~is_known]
    same = same[_are_close(evidence, same)]
    if same.empty:
        return
    number = len({*same["first"], *same["second"]})
    yield Finding(
        Severity.LOOK,
        f"{count(number, 'photograph is', 'photographs are')} nearly the same as another one of a "
        "good part: they count as several parts, and promise more than they hold.",
        "Leave one of each pair out, unless they show two parts.",
        effect=number / len(evidence.images),
        groups=_groups(same),
    )


def _are_close(evidence: Evidence, pairs: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which pairs lie far closer than neighbours do: among few images likeness is chance."""
    close = pairs["is_same"].to_numpy(bool).copy()
    if evidence.vectors is None:
        return close
    row_of = {key: row for row, key in enumerate(evidence.images["id"])}
    first, second = (pairs[name].map(row_of).to_numpy(int) for name in ("first", "second"))
    categories = evidence.images["category"].to_numpy()
    for name in np.unique(categories[first]):
        rows = np.flatnonzero((categories == name) & evidence.vectors.any(axis=1))
        if len(rows) < FEWEST:
            continue
        usual = float(np.median(measure_reach(evidence.vectors[rows], 1)))
        here = np.flatnonzero(categories[first] == name)
        apart = _distances(evidence.vectors[first[here]], evidence.vectors[second[here]])
        close[here] = apart < CLOSE * usual
    return close


def _distances(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far apart the directions of vectors (n, d) are, row by row."""
    unit = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in (first, second)]
    apart: NDArray[np.float32] = np.linalg.norm(unit[0] - unit[1], axis=1)
    return apart


def list_pairs(evidence: Evidence) -> pd.DataFrame:
    """Return one row per near-duplicate, the most alike first."""
    found = evidence.compare()
    rows = evidence.images.reset_index(drop=True)  # as the comparison counts them
    first, second = rows.iloc[found.pairs.first], rows.iloc[found.pairs.second]
    is_test = [one["is_test"].to_numpy(bool) for one in (first, second)]
    return pd.DataFrame(
        {
            "first": first["id"].to_numpy(),
            "second": second["id"].to_numpy(),
            "first_is_test": is_test[0],
            "first_is_bad": first["is_bad"].to_numpy(bool),
            "second_is_bad": second["is_bad"].to_numpy(bool),
            "first_unit": first["unit"].to_numpy(),
            "second_unit": second["unit"].to_numpy(),
            "is_leak": is_test[0] != is_test[1],
            "is_same": _are_same(evidence, list(first["id"]), list(second["id"])),
            "similarity": found.pairs.similarity,
        }
    )


def _are_same(evidence: Evidence, first: list[str], second: list[str]) -> NDArray[np.bool_]:
    """Return which pairs have the same thumbnail, byte by byte."""
    known = evidence.get_thumbnails([*first, *second])
    pairs = zip(first, second, strict=True)
    return np.array([a in known and known[a] == known.get(b) for a, b in pairs], np.bool_)


def _groups(pairs: pd.DataFrame) -> tuple[Group, ...]:
    return tuple(
        Group((str(first), str(second)), f"similarity {similarity:.2f}")
        for first, second, similarity in pairs[SHOWN].to_numpy()
    )
