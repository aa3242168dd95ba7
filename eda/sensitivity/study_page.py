"""A study of sensitivity as one HTML page: limits, curves, maps, and which detector is better."""

from collections.abc import Iterator

from eda.page import Part, make_page
from eda.sensitivity.curves import MODELS, draw_detection_map
from eda.sensitivity.exhibits import Exhibit, StudyReport
from inspection.sensitivity.fitting import map_detection
from inspection.sensitivity.kept import Study, studied_names
from inspection.sensitivity.real_defects import REAL

HOW_TO_READ = (
    "A defect of known size and contrast is drawn on a good image that no detector has seen, again "
    "and again. A hit is a flagged image whose outline touches the defect. a90 is the size that is "
    "found with 90 % probability, a90/95 the size of which that can be said with 95 % confidence; "
    "“not reached” means that no size tried was found so often. “Found at most” is the ceiling of "
    "the curve: the share found of the largest defects imaginable.",
    MODELS,
    "The size is the longest side of the defect in pixels of the image, the contrast the mean "
    "departure of its pixels in grey levels of 255. Drawn defects stand for real ones as far as "
    "they look like them.",
)


def make_study_page(report: StudyReport) -> str:
    """Return a study as one HTML page that needs nothing else."""
    study = report.study
    sections: list[tuple[str, list[Part]]] = [("", [*report.words, describe_setting(study)])]
    for exhibit in report.exhibits:
        sections.append((exhibit.title, list(_lay_out(exhibit, report))))
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


def _lay_out(exhibit: Exhibit, report: StudyReport) -> Iterator[Part]:
    """Yield the plots, the table and the comparison of one kind of defect."""
    if exhibit.note:
        yield exhibit.note
    yield exhibit.draw()
    yield from exhibit.compare()
    yield exhibit.table
    if exhibit.name not in REAL:
        trials = report.study.pick(exhibit.name)
        for name in studied_names(report.study):
            yield draw_detection_map(map_detection(trials, name), report.infos[name])
