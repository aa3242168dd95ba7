"""`cli.py stress`: false alarms and recall where pictures are unlike those learned from."""

from dataclasses import dataclass
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
from inspection.evaluation.files import encode
from inspection.evaluation.joint import JOINT_INFO
from inspection.files import write_csv, write_whole
from inspection.joint import JOINT
from inspection.products.places import CHECKPOINTS
from inspection.sensitivity.category_stress import StressOptions, stress_product
from inspection.sensitivity.robustness import describe_robustness
from inspection.sensitivity.stress import STRESSES
from inspection.terminal import say

NAMES = ", ".join(STRESSES)
ANSWERS, COUNTS, PAGE = "answers.csv", "counts.csv", "stress.html"


@dataclass(frozen=True, slots=True)
class StressCommandOptions:
    """Options of `stress`."""

    data: Data
    category: Category = None
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and the page.")] = Path(
        "stress"
    )
    stress: Annotated[
        list[str] | None,
        typer.Option("--stress", help=f"{NAMES}; may be repeated. Default: all."),
    ] = None
    levels: Annotated[
        int | None,
        typer.Option("--levels", help="Levels of each stress. Default: 5 to 9, by the stress."),
    ] = None
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            help="At most so many good and so many defective test images. Default: all.",
        ),
    ] = None
    detector: Compared = None
    false_alarm_rate: Rate = None
    seed: Seed = 0
    device: Device = None
    checkpoints: Checkpoints = CHECKPOINTS
    dataset: DatasetName = None


@takes(StressCommandOptions)
def stress(options: StressCommandOptions) -> None:
    """Measure false alarms and recall under stress: light, optics, camera, place, dirt.

    The test images of a category, which no detector has seen, are changed level by level. OUT gets
    a page of tables and plots, every count, and the answer to every picture; the counts are kept
    beside the weights, too (stress.json). An interrupted measurement goes on where it stopped.
    """
    from eda.sensitivity.robustness import list_counts, make_robustness_page  # slow to import

    opened = find_one(options)
    catalog, product = opened.catalog, opened.product
    how = StressOptions(
        stresses=tuple(options.stress or ()),
        num_levels=options.levels,
        limit=options.limit,
        detectors=opened.detectors,
        false_alarm_rate=options.false_alarm_rate,
        seed=options.seed,
        command=write_command("stress", options),
    )
    measured = stress_product(catalog, product, opened.source, how, monitor=TERMINAL)
    found = measured.robustness
    infos = {**catalog.detectors, JOINT: JOINT_INFO}
    write_csv(options.out / ANSWERS, [encode(one) for one in measured.answers])
    write_csv(options.out / COUNTS, list(list_counts(found)))
    write_whole(options.out / PAGE, make_robustness_page(found, infos))
    say(f"{product.key}: {found.num_good} good and {found.num_defective} defective test images")
    titles = {name: info.title for name, info in infos.items()}
    for sentence in describe_robustness(found, titles):
        say(f"  {sentence}")
    say(f"page and tables in {options.out}")
