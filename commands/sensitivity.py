"""`cli.py sensitivity`: how small and how faint a defect each detector still sees."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from commands.one_product import find_one
from commands.options import (
    TERMINAL,
    Category,
    Checkpoints,
    Compared,
    Data,
    DatasetName,
    Device,
    Rate,
    Seed,
)
from commands.records import takes, write_command
from inspection.errors import EvaluationError, SettingsError
from inspection.evaluation.joint import JOINT_INFO
from inspection.files import replace_bytes, write_csv, write_whole
from inspection.joint import JOINT
from inspection.products.places import CHECKPOINTS
from inspection.products.product import Product
from inspection.sensitivity.category_study import MOST_IMAGES, StudyRequest, study_product
from inspection.sensitivity.kept import Study, list_limits, list_trials
from inspection.sensitivity.placing import KINDS
from inspection.sensitivity.real_defects import read_real_trials
from inspection.sensitivity.records import Trial
from inspection.sensitivity.study import CONTRASTS
from inspection.terminal import say

TRIALS, LIMITS, REAL = "trials.csv", "pod.csv", "real.csv"
PAGE, PDF, CURVES = "sensitivity.html", "sensitivity.pdf", "curves"


@dataclass(frozen=True, slots=True)
class SensitivityOptions:
    """Options of `sensitivity`."""

    data: Data
    category: Category = None
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and pages.")] = Path(
        "sensitivity"
    )
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help=f"{', '.join(KINDS)}; may be repeated. Default: all."),
    ] = None
    size: Annotated[
        list[float] | None,
        typer.Option(
            "--size",
            help="Longest side of a defect in pixels of the image; may be repeated. Default: "
            "seven, from what a detector can see to a third of the part.",
        ),
    ] = None
    contrast: Annotated[
        list[float] | None,
        typer.Option(
            "--contrast",
            help="Grey levels of 255; may be repeated. Default: "
            f"{', '.join(f'{one:g}' for one in CONTRASTS)}.",
        ),
    ] = None
    trials: Annotated[int, typer.Option("--trials", help="Trials of each kind.")] = 240
    image: Annotated[
        Path | None,
        typer.Option("--image", help="Draw on this image alone; the study is then not kept."),
    ] = None
    limit: Annotated[int, typer.Option("--limit", help="Good test images to draw on, at most.")] = (
        MOST_IMAGES
    )
    everywhere: Annotated[
        bool,
        typer.Option(
            "--everywhere",
            help="Draw on the background, too, and where good parts vary most.",
        ),
    ] = False
    scale: Annotated[
        float | None,
        typer.Option("--scale", help="Millimetres of one pixel: limits are given in both."),
    ] = None
    again: Annotated[
        bool, typer.Option("--again", help="Make the trials anew that are kept already.")
    ] = False
    detector: Compared = None
    false_alarm_rate: Rate = None
    seed: Seed = 0
    device: Device = None
    checkpoints: Checkpoints = CHECKPOINTS
    dataset: DatasetName = None


@takes(SensitivityOptions)
def sensitivity(options: SensitivityOptions) -> None:
    """Find how small and how faint a drawn defect each detector still sees (POD, a90/95).

    Defects of known kind, size and contrast are drawn on good test images, which no detector has
    seen. OUT gets every trial, the limits, and a page of curves as HTML and PDF; the study is kept
    beside the weights, too (sensitivity.json). An interrupted study goes on where it stopped; a
    higher --trials continues it. Real test defects with masks stand beside the drawn ones where all
    detectors were evaluated.
    """
    from eda.sensitivity.exhibits import report_study  # slow to import
    from eda.sensitivity.real_defects import measure_real_defects
    from eda.sensitivity.study_page import make_study_page
    from eda.sensitivity.study_pdf import draw_all_curves, make_study_pdf

    if options.scale is not None and not 0 < options.scale < float("inf"):
        raise SettingsError(
            f"A scale of {options.scale:g} mm per pixel is not possible.", "Give a number above 0."
        )
    opened = find_one(options)
    catalog, product = opened.catalog, opened.product
    defects = {} if options.image else measure_real_defects(opened.part, monitor=TERMINAL)
    request = replace(_ask(options, opened.detectors), defects=defects)
    study = study_product(catalog, product, opened.source, request, monitor=TERMINAL)
    infos = {**catalog.detectors, JOINT: JOINT_INFO}
    write_csv(options.out / TRIALS, list(list_trials(study.trials)))
    write_csv(options.out / LIMITS, list(list_limits(study)))
    real = _judge_real(product, study)
    write_csv(options.out / REAL, list(list_trials(real)))
    report = report_study(study, infos, real=real, scale=options.scale)
    write_whole(options.out / PAGE, make_study_page(report))
    replace_bytes(options.out / PDF, make_study_pdf(report))
    (options.out / CURVES).mkdir(exist_ok=True)
    for name, picture in draw_all_curves(report):
        replace_bytes(options.out / CURVES / f"{name}.png", picture)
    say(f"{product.key}: {len(study.trials)} trials on {len(study.images)} good images")
    for sentence in report.words:
        say(f"  {sentence}")
    say(f"pages and tables in {options.out}")


def _judge_real(product: Product, study: Study) -> list[Trial]:
    """Return the trials of real defects; none, with the reason, where a detector was not judged."""
    try:
        return read_real_trials(product, study)
    except EvaluationError as error:
        TERMINAL.warn(f"Real defects are left out. {error}")
        return []


def _ask(options: SensitivityOptions, detectors: tuple[str, ...]) -> StudyRequest:
    return StudyRequest(
        kinds=tuple(options.kind or ()),
        sizes=tuple(options.size or ()),
        contrasts=tuple(options.contrast or CONTRASTS),
        num_trials=options.trials,
        limit=options.limit,
        image=options.image,
        detectors=detectors,
        false_alarm_rate=options.false_alarm_rate,
        seed=options.seed,
        is_everywhere=options.everywhere,
        is_fresh=options.again,
        command=write_command("sensitivity", options),
    )
