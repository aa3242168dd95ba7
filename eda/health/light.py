"""Can good and defective images be told apart without looking for a defect?"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eda.facts import Truth, decode_coverage, decode_jpeg
from eda.frame import MEASURES
from eda.health.evidence import Evidence
from eda.health.finding import Finding, Group, Severity
from eda.quality import measure_quality
from inspection.evaluation.ranking import image_auroc

FOLDS = 5
MOST = 1000  # images of either class that it is given
FEWEST = 10  # parts of either class that a probe needs
CLEAR, SUSPICIOUS = 0.9, 0.75  # AUROC of the probe
SURELY = 0.65  # and the end of its interval
SURE = 1.645  # standard errors, of a one-sided 95 % interval
SHOWN = 6  # images of either class
WORDS = {  # measure -> good images are ..., the other way round, unit
    "brightness": ("brighter", "darker", " grey levels"),
    "contrast": ("richer in contrast", "flatter", " grey levels of contrast"),
    "sharpness": ("sharper", "more blurred", " % of edges lost by one more blur"),
    "dark": ("richer in black", "poorer in black", " % nearly black"),
    "bright": ("richer in white", "poorer in white", " % nearly white"),
    "noise": ("grainier", "smoother", " grey levels of grain"),
    "red": ("more red", "less red", " (CIELAB a*)"),
    "yellow": ("more yellow", "less yellow", " (CIELAB b*)"),
    "width": ("wider", "narrower", " pixels wide"),
    "height": ("taller", "lower", " pixels high"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """How well one category's classes are told apart by measures of whole pictures.

    Attributes:
        auroc: of images that the classifier has not learned from.
        least: the end of its interval.
        driver: the measure that differs most.
        measured: the images, see `measure_surroundings`.
    """

    category: str
    auroc: float
    least: float
    driver: str
    measured: pd.DataFrame


def check_light(evidence: Evidence) -> Iterator[Finding]:
    """Do good and defective images differ in light, colour, sharpness or size?"""
    probes = [probe for name, _ in evidence.categories() if (probe := probe_images(evidence, name))]
    if not probes:
        return
    suspicious = [one for one in probes if one.auroc >= SUSPICIOUS and one.least >= SURELY]
    if not suspicious:
        highest = max(probes, key=lambda one: one.auroc)
        yield Finding(
            Severity.FINE,
            "Good and defective images are alike in light, colour, sharpness and size: by these "
            f"alone they are hardly told apart (AUROC {highest.auroc:.2f}; 0.5 is chance).",
        )
    for probe in suspicious:
        yield _describe(probe, evidence)


def probe_images(evidence: Evidence, category: str) -> Probe | None:
    """Return how well good and defective images of a category are told apart; None for too few."""
    images = evidence.images
    rows = images[images["category"] == category]
    rows = rows.groupby("is_bad").sample(frac=1, random_state=0).groupby("is_bad").head(MOST)
    is_bad = rows["is_bad"].to_numpy(bool)
    if min(rows.loc[is_bad, "unit"].nunique(), rows.loc[~is_bad, "unit"].nunique()) < FEWEST:
        return None
    measured = measure_surroundings(evidence, rows)
    values = measured[list(WORDS)].to_numpy(float)
    auroc = cross_validate(values, is_bad, rows["unit"].to_numpy())
    alone = [abs(image_auroc(column, is_bad) - 0.5) for column in values.T]
    return Probe(
        category,
        auroc,
        auroc - SURE * standard_error(auroc, int((~is_bad).sum()), int(is_bad.sum())),
        driver=list(WORDS)[int(np.argmax(alone))],
        measured=measured,
    )


def measure_surroundings(evidence: Evidence, rows: pd.DataFrame) -> pd.DataFrame:
    """Return `id`, `is_bad`, size and every measure of images without the places of defects.

    Good images are measured without the places of a defective one's defects, too, one after the
    other: else what usually lies there would be missing on one side only.
    """
    is_bad = rows["is_bad"].to_numpy(bool)
    ids = rows["id"].to_numpy(str)
    pictures, places = evidence.get_thumbnails(list(ids)), evidence.get_coverages(list(ids[is_bad]))
    donors = np.where(is_bad, ids, np.resize(ids[is_bad], len(ids)))
    found = []
    for key, donor in zip(ids.tolist(), donors.tolist(), strict=True):
        picture = decode_jpeg(pictures[key])
        height, width = picture.shape[:2]
        marked = (decode_coverage(places.get(donor, b"")) > 0).view(np.uint8)
        near = cv2.resize(marked, (width, height), interpolation=cv2.INTER_NEAREST)
        found.append(astuple(measure_quality(picture, near.view(np.bool_))))
    sizes = rows[["id", "is_bad", "width", "height"]].reset_index(drop=True)
    return sizes.join(pd.DataFrame(found, columns=list(MEASURES)))


def _describe(probe: Probe, evidence: Evidence) -> Finding:
    rows, driver = probe.measured, probe.driver
    medians = rows.groupby("is_bad")[driver].median()
    good, bad = float(medians[False]), float(medians[True])
    more, less, unit = WORDS[driver]
    images = evidence.images[evidence.images["category"] == probe.category]
    is_marked = images.loc[images["is_bad"], "truth"].ne(Truth.NOWHERE).all()
    doubt = "" if is_marked else " The defects themselves may be a part of it: they are not marked."
    where = " outside the defects" if is_marked else ""
    return Finding(
        Severity.PROBLEM if probe.auroc >= CLEAR else Severity.LOOK,
        f"Good images are {more if good > bad else less}{evidence.where(probe.category)}: "
        f"{good:.3g} against {bad:.3g}{unit} in the middle{where}. By light, colour, sharpness and "
        f"size alone, good and defective are told apart (AUROC {probe.auroc:.2f}; 0.5 is chance): "
        f"a detector may learn these instead of the defects.{doubt}",
        "Take both kinds in the same way, or bring their light and colour to one level.",
        effect=2 * probe.auroc - 1,
        groups=_typical_pairs(rows, driver, (good, bad)),
    )


def _typical_pairs(
    rows: pd.DataFrame, driver: str, medians: tuple[float, float]
) -> tuple[Group, ...]:
    """Return good beside defective images, those closest to the medians of their classes."""
    nearest = [
        part.loc[(part[driver] - middle).abs().sort_values(kind="stable").index[:SHOWN]]
        for part, middle in zip((rows[~rows["is_bad"]], rows[rows["is_bad"]]), medians, strict=True)
    ]
    columns = zip(*(part[["id", driver]].to_numpy() for part in nearest), strict=False)
    return tuple(
        Group((str(good), str(bad)), f"good {here:.3g}, defective {there:.3g}")
        for (good, here), (bad, there) in columns
    )


def cross_validate(
    values: NDArray[np.float64], is_bad: NDArray[np.bool_], units: NDArray[np.object_]
) -> float:
    """Return the AUROC of a logistic regression on parts that it has not learned from.

    Args:
        values: (n, m).
        is_bad: (n,).
        units: (n,) the part that each image shows.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(
        StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000)
    )
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    scores = cross_val_predict(
        model, values, is_bad, groups=units, cv=folds, method="decision_function"
    )
    return image_auroc(scores, is_bad)


def standard_error(auroc: float, num_good: int, num_bad: int) -> float:
    """Return the standard error of an AUROC, by Hanley and McNeil (1982)."""
    one = auroc / (2 - auroc) - auroc**2
    other = 2 * auroc**2 / (1 + auroc) - auroc**2
    spread = auroc * (1 - auroc) + (num_bad - 1) * one + (num_good - 1) * other
    return float(np.sqrt(max(0.0, spread) / (num_good * num_bad)))
