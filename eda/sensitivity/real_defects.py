"""Real test defects of a category as trials: measured in the index, judged in the evaluation."""

from collections.abc import Iterator, Mapping, Sequence

from eda.facts import ImageFacts, Truth
from eda.index import Index, open_index
from eda.page import Part
from eda.sensitivity.curves import (
    describe_models,
    draw_pod,
    fit_infos,
    tabulate_limits,
)
from inspection.datasets.dataset import Dataset
from inspection.detector import DetectorInfo
from inspection.errors import EvaluationError
from inspection.evaluation.files import load_evaluation
from inspection.evaluation.joint import read_joint
from inspection.products.product import Product
from inspection.progress import SILENT, Monitor
from inspection.sensitivity.comparison import compare_detectors
from inspection.sensitivity.fitting import Varied, fit_scores, fit_trials
from inspection.sensitivity.kept import Study
from inspection.sensitivity.pod import say_limit
from inspection.sensitivity.real_defects import RealDefect, make_real_trials
from inspection.sensitivity.records import Trial

FAINTEST = 0.5  # grey levels; less cannot be told, and 0 has no logarithm


def read_real_trials(
    part: Dataset, product: Product, study: Study, *, monitor: Monitor = SILENT
) -> list[Trial]:
    """Return the real test defects that have a mask; none where a detector was not evaluated.

    Args:
        part: the category.
        product: its detectors.
        study: of drawn defects, whose detectors are asked.
        monitor: is told why there is none.

    Raises:
        CheckpointError: a checkpoint is missing or damaged.
        StoppedError: the monitor has stopped it.
    """
    if not any(sample.is_anomalous and sample.is_marked for sample in part.samples):
        return []
    names = [one.detector for one in study.checkpoints]
    try:
        reports = [load_evaluation(product.folder / name) for name in names]
    except EvaluationError as error:
        monitor.warn(f"Real defects are left out. {error}")
        return []
    joint = read_joint(product.folder, reports, names)
    with monitor.step("measuring real defects") as progress:
        index = open_index(part, progress=progress, is_stopped=monitor.is_stopped)
    defects = measure_real_defects(index, product.category)
    return make_real_trials(defects, reports if joint is None else [*reports, joint])


def describe_real(trials: Sequence[Trial], titles: Mapping[str, str]) -> Iterator[str]:
    """Yield in one sentence, if there are any, the smallest that each detector finds reliably."""
    said = [f"{titles[name]} {say_limit(fit, fit.a90)}" for name, fit in fit_trials(trials).items()]
    if said:
        yield (
            f"Smallest of {len(trials)} real test defects found 90 % of the time: "
            f"{', '.join(said)}."
        )


def draw_real(
    trials: Sequence[Trial], infos: Mapping[str, DetectorInfo], *, scale: float | None = None
) -> Iterator[Part]:
    """Yield plots, tables and sentences of real defects, by size and by contrast."""
    titles = {name: info.title for name, info in infos.items()}
    yield (
        f"{len(trials)} test images with a mask, of which the longest defect counts. A hit is a "
        "flagged image whose flagged area touches the mask; of all together, a flagged image."
    )
    for by in Varied:
        fitted = fit_infos(fit_trials(trials, by=by), infos, fit_scores(trials, by=by))
        yield draw_pod(fitted, by, title=f"Real defects by {by.value}", scale=scale)
        yield from (one.sentence for one in compare_detectors(trials, titles, by=by))
        yield tabulate_limits(fitted, by, scale=scale)
        yield describe_models(fitted)


def measure_real_defects(index: Index, category: str) -> dict[str, RealDefect]:
    """Return image id -> its longest defect, of images with a mask; a box is no measure of size."""
    return {
        sample.id: _find_longest(facts)
        for sample, facts in zip(index.samples, index.facts, strict=True)
        if sample.category == category and facts.truth is Truth.MASK and facts.defects
    }


def _find_longest(facts: ImageFacts) -> RealDefect:
    longest = max(facts.defects, key=lambda defect: defect.length)
    contrast = longest.contrast
    return RealDefect(
        size=float(longest.length),
        contrast=contrast if abs(contrast) >= FAINTEST else FAINTEST,
        row=longest.centre[0] * facts.height,
        column=longest.centre[1] * facts.width,
    )
