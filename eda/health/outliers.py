"""Which pictures are worse than others of their kind: blurred, badly exposed, noisy, tinted?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eda.health.evidence import Evidence
from eda.health.finding import Finding, Severity, count, single
from eda.quality import TO_DEVIATION
from inspection.names import join_names

FAR = 3.5  # robust standard deviations
FEWEST = 12  # images of one kind that say what is usual


@dataclass(frozen=True, slots=True)
class Oddity:
    """One way in which a picture is worse than others of its kind.

    Attributes:
        measure: of `Quality`.
        side: -1 where less is odd, 1 where more is, 0 for both.
        visible: a smaller difference from the usual is seen by nobody.
        name: what such images are.
        unit: behind a value of the measure.
    """

    measure: str
    side: int
    visible: float
    name: str
    unit: str


BLURRED = Oddity("sharpness", -1, 4.0, "blurred", " % of edges lost by one more blur")
FAMILIES: Sequence[tuple[str, Sequence[Oddity]]] = (
    ("sharpness", (BLURRED,)),
    (
        "exposure",
        (
            Oddity("brightness", -1, 15.0, "darker", " grey levels"),
            Oddity("brightness", 1, 15.0, "brighter", " grey levels"),
            Oddity("dark", 1, 10.0, "with black areas", " % nearly black"),
            Oddity("bright", 1, 5.0, "with white areas", " % nearly white"),
        ),
    ),
    (
        "noise or tint",
        (
            Oddity("noise", 1, 2.0, "noisier", " grey levels of grain"),
            Oddity("red", 0, 6.0, "redder or greener", " of red (CIELAB a*)"),
            Oddity("yellow", 0, 6.0, "yellower or bluer", " of yellow (CIELAB b*)"),
        ),
    ),
)


def robust_z(images: pd.DataFrame, measure: str, visible: float = 0.0) -> NDArray[np.float64]:
    """Return how far each image is from others of its kind, in robust standard deviations.

    The kind is category and defect type, or the category where there are too few of a type.

    Args:
        images: one row per image.
        measure: column to judge.
        visible: a difference of so much counts as no more than `FAR`.
    """
    by_kind = images.groupby(["category", "defect_type"])[measure]
    by_category = images.groupby("category")[measure]
    is_few = (by_kind.transform("size") < FEWEST).to_numpy()
    values = images[measure].to_numpy(float)
    middle = np.where(is_few, by_category.transform("median"), by_kind.transform("median"))
    spread = TO_DEVIATION * np.where(
        is_few, by_category.transform(_deviation), by_kind.transform(_deviation)
    )
    far: NDArray[np.float64] = (values - middle) / np.maximum(spread, max(visible / FAR, 1e-9))
    return far


def find_odd(images: pd.DataFrame, oddity: Oddity) -> pd.DataFrame:
    """Return `id`, `z` and `note` of the images that are odd in one way."""
    z = robust_z(images, oddity.measure, oddity.visible)
    far = np.abs(z) if oddity.side == 0 else oddity.side * z
    is_odd = far > FAR
    values = images.loc[is_odd, oddity.measure]
    notes = [f"{oddity.name}: {value:.3g}{oddity.unit}" for value in values]
    return pd.DataFrame({"id": images.loc[is_odd, "id"], "z": far[is_odd], "note": notes})


def check_outliers(evidence: Evidence) -> Iterator[Finding]:
    """Are some pictures blurred, badly exposed, noisy or tinted beside others of their kind?"""
    images = evidence.images
    if len(images) < FEWEST:
        return
    is_any = False
    for family, oddities in FAMILIES:
        found = {one.name: find_odd(images, one) for one in oddities}
        found = {name: rows for name, rows in found.items() if len(rows)}
        if found:
            is_any = True
            yield _describe(family, found, len(images))
    if not is_any:
        yield Finding(
            Severity.FINE, "No picture is odd for its kind in sharpness, exposure, noise or tint."
        )


def _describe(family: str, found: dict[str, pd.DataFrame], total: int) -> Finding:
    rows = pd.concat(found.values()).sort_values("z", ascending=False, kind="stable")
    rows = rows.drop_duplicates("id")
    verb = "stands" if len(rows) == 1 else "stand"
    which = join_names([f"{len(one):,} {name}" for name, one in found.items()])
    return Finding(
        Severity.LOOK,
        f"{count(len(rows), 'image')} {verb} out in {family} among others of the same kind: "
        f"{which}.",
        "Take them again or leave them out, unless production looks like that, too.",
        effect=len(rows) / total,
        groups=single(list(rows["id"]), list(rows["note"])),
    )


def _deviation(values: pd.Series) -> float:
    return float((values - values.median()).abs().median())
