"""Which images look like another class than they are said to be?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eda.health.evidence import Evidence
from eda.health.finding import Finding, Group, Severity, count

FOLDS = 5
FEWEST = 10  # images of a class
STRENGTH = 0.1  # of what the classifier may learn, inverse of its regularisation
SURE = 0.8  # probability of another class, from which on a label is doubted
CLEAR = 0.85  # recall and precision of both classes; where they look alike, nothing is doubted


@dataclass(frozen=True, slots=True)
class Doubt:
    """An image that looks like another class.

    Attributes:
        row: of the image.
        given, seen: the classes.
        probability: of the class that is seen.
        like: row of the image of that class that is most alike.
    """

    row: int
    given: str
    seen: str
    probability: float
    like: int


def check_labels(evidence: Evidence) -> Iterator[Finding]:
    """Do some images look like another class than they are said to be?"""
    if evidence.vectors is None:
        return
    groups: list[tuple[float, Group]] = []
    num_judged = 0
    for name, rows in evidence.categories():
        vectors = evidence.vectors[(evidence.images["category"] == name).to_numpy()]
        doubts, judged = find_doubts(vectors, rows)
        num_judged += judged
        ids = rows["id"].tolist()
        for one in doubts:
            share = f"{100 * one.probability:.0f} %"
            note = f"called {one.given}, looks like {one.seen} ({share}), as on the right"
            groups.append((one.probability, Group((ids[one.row], ids[one.like]), note)))
    if groups:
        groups.sort(key=lambda pair: -pair[0])
        yield Finding(
            Severity.LOOK,
            f"{count(len(groups), 'label')} may be wrong: the image looks like another class than "
            "it is said to be.",
            "Look at it beside the most alike image of that class, and move it if it is wrong.",
            effect=len(groups) / len(evidence.images),
            groups=tuple(group for _, group in groups),
        )
    elif num_judged:
        classes = count(num_judged, "class", "classes")
        yield Finding(Severity.FINE, f"No label looks wrong in the {classes} that look different.")
    elif evidence.images["defect_type"].nunique() > 1:
        yield Finding(
            Severity.FINE,
            "Labels were not judged: as whole images, the classes look too much alike.",
        )


def find_doubts(vectors: NDArray[np.float32], rows: pd.DataFrame) -> tuple[tuple[Doubt, ...], int]:
    """Return the images of one category whose labels are doubted, and how many classes were judged.

    A classifier that has not learned from the part sees another class (C. Northcutt et al.,
    Confident learning, JAIR 70, 2021); only classes that it tells apart well are judged.

    Args:
        vectors: (n, d), one per row.
        rows: of the images.
    """
    from eda.similarity import whiten

    kinds = rows["defect_type"]
    kinds = kinds.where(kinds.groupby(kinds).transform("size") >= FEWEST, "other defect")
    names, given = np.unique(kinds.to_numpy(str), return_inverse=True)
    if len(names) < 2 or np.bincount(given).min() < FEWEST:
        return (), 0
    likeness = whiten(vectors)
    shares = _cross_validate(likeness * np.sqrt(likeness.shape[1]), given, rows["unit"].to_numpy())
    seen = shares.argmax(axis=1)
    is_right = seen == given
    counts = [np.bincount(one, minlength=len(names)) for one in (given[is_right], given, seen)]
    is_clear = counts[0] >= CLEAR * np.maximum(counts[1], counts[2])
    is_doubted = ~is_right & (shares.max(axis=1) >= SURE) & is_clear[given] & is_clear[seen]
    doubts = []
    for row in np.flatnonzero(is_doubted).tolist():
        same = np.where((given == seen[row]) & is_right, likeness @ likeness[row], -np.inf)
        here, there = (str(names[one]).replace("_", " ") for one in (given[row], seen[row]))
        doubts.append(Doubt(row, here, there, float(shares[row].max()), int(same.argmax())))
    num_judged = int(is_clear.sum())
    return tuple(doubts), num_judged if num_judged > 1 else 0


def _cross_validate(
    values: NDArray[np.float32], given: NDArray[np.int64], units: NDArray[np.object_]
) -> NDArray[np.float64]:
    """Return the probability of each class (n, k), by what was not learned from the same part."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

    model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=300)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    shares: NDArray[np.float64] = cross_val_predict(
        model, values, given, groups=units, cv=folds, method="predict_proba"
    )
    return shares
