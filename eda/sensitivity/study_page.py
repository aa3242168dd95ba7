"""A study of drawn defects as one HTML page: limits, curves, maps, and which detector is better."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from eda.page import Part, make_page
from eda.sensitivity.curves import draw_detection_map, draw_pod, fit_infos, tabulate_limits
from eda.sensitivity.real_defects import draw_real
from inspection.detector import DetectorInfo
from inspection.sensitivity.comparison import compare_detectors
from inspection.sensitivity.fitting import Varied, fit_trials, map_detection
from inspection.sensitivity.kept import Study, describe_study, studied_names
from inspection.sensitivity.records import Trial

HOW_TO_READ = (
    "A defect of known size and contrast is drawn on a good image that no detector has seen, again "
    "and again. A hit is a flagged image whose outline touches the defect. a90 is the size that is "
    "found with 90 % probability, a90/95 the size of which that can be said with 95 % confidence; "
    "“not reached” means that no size tried was found so often.",
    "The size is the longest side of the defect in pixels of the image, the contrast the mean "
    "departure of its pixels in grey levels of 255. Drawn defects stand for real ones as far as "
    "they look like them.",
)

Infos = Mapping[str, DetectorInfo]
"""Detectors by name, the joint verdict among them."""


def make_study_page(
    study: Study, infos: Infos, *, scale: float | None = None, real: Sequence[Trial] = ()
) -> str:
    """Return a study as one HTML page that needs nothing else.

    Args:
        study: with its trials.
        infos: of the detectors.
        scale: millimetres of one pixel of the image.
        real: test defects of the category, as trials.
    """
    titles = {name: one.title for name, one in infos.items()}
    words = [*describe_study(study, titles), *study.notes]
    sections: list[tuple[str, list[Part]]] = [("", [*words, describe_setting(study)])]
    for kind in study.options.kinds:
        parts = list(_draw_kind(study, kind, infos, scale))
        sections.append((kind.replace("-", " ").capitalize(), parts))
    if real:
        sections.append(("Real test defects", list(draw_real(real, infos, scale=scale))))
    command = [f"Made by: {study.command}"] if study.command else []
    sections.append(("How to read it", [*HOW_TO_READ, *command]))
    return make_page(f"{study.dataset}/{study.category}: what is still seen", sections)


def describe_setting(study: Study) -> str:
    """Return what was tried, on what, and by which promise."""
    options, height, width = study.options, *study.size
    sizes = ", ".join(f"{one:g}" for one in options.sizes)
    contrasts = ", ".join(f"{one:g}" for one in options.contrasts)
    left_out = (
        f" {len(study.left_out)} more were left out: a detector flags them as they are."
        if study.left_out
        else ""
    )
    return (
        f"{len(study.trials)} trials on {len(study.images)} good images of {width} × {height} "
        f"pixels; sizes {sizes} px, contrasts {contrasts} grey levels; promised: "
        f"{100 * study.false_alarm_rate:.3g} false alarms per 100 good parts; seed "
        f"{options.seed}; {study.created}.{left_out}"
    )


def tabulate_contrasts(
    study: Study, kind: str, infos: Infos, *, scale: float | None = None
) -> pd.DataFrame:
    """Return one row per contrast and detector: a50, a90 and a90/95 in words."""
    tables = []
    for contrast in study.options.contrasts:
        fitted = fit_infos(fit_trials(study.pick(kind, contrast)), infos)
        table = tabulate_limits(fitted, scale=scale)
        table.insert(0, "contrast", f"{contrast:g}")
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _draw_kind(study: Study, kind: str, infos: Infos, scale: float | None) -> Iterator[Part]:
    """Yield the plots, the table and the comparison of one kind of defect."""
    at_reference = study.pick(kind, study.reference)
    fitted = fit_infos(fit_trials(at_reference), infos)
    title = f"{kind.replace('-', ' ').capitalize()}: {study.reference:g} grey levels"
    yield draw_pod(fitted, Varied.SIZE, title=title, scale=scale)
    titles = {name: one.title for name, one in infos.items()}
    yield from (one.sentence for one in compare_detectors(at_reference, titles))
    yield tabulate_contrasts(study, kind, infos, scale=scale)
    trials = study.pick(kind)
    for name in studied_names(study):
        yield draw_detection_map(map_detection(trials, name), infos[name])
