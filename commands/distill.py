"""`cli.py distill-backbone`: make the small backbone that the project carries."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from tqdm import tqdm

from commands.options import Device, Seed
from commands.records import takes
from inspection.errors import SettingsError
from inspection.products.places import CHECKPOINTS
from inspection.terminal import say

if TYPE_CHECKING:
    from detectors.distillation.distil import DistillProgress

STUDENT = CHECKPOINTS / "backbones" / "student.safetensors"
BAR = "distilling: {percentage:3.0f}%|{bar}| [{elapsed}<{remaining}{postfix}]"


@dataclass(frozen=True, slots=True)
class DistillOptions:
    """Options of `distill-backbone`."""

    teacher: Annotated[
        Path, typer.Option(help="Weights of an ImageNet ResNet-18 (safetensors or .pth).")
    ]
    out: Annotated[Path, typer.Option(help="Where the student goes.")] = STUDENT
    steps: Annotated[
        int | None, typer.Option(help="Steps of 32 crops; left out: as the carried one.")
    ] = None
    minutes: Annotated[float | None, typer.Option(help="Stop after this time.")] = None
    seed: Seed = 0
    device: Device = None
    workers: Annotated[int, typer.Option(help="Processes that prepare pictures.")] = 0
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in place of the student that is there.")
    ] = False


@takes(DistillOptions)
def distill_backbone(options: DistillOptions) -> None:
    """Distil the project's small backbone from the features of an ImageNet ResNet-18.

    Pictures are drawn, or come with scikit-image and scikit-learn: no dataset is needed.
    Interrupted, the same command goes on where it stopped.
    """
    out = options.out
    if out.exists() and not options.replace:
        raise SettingsError(
            f"{out} is there already; what was trained with it will not load with another.",
            "Name another file with --out, or add --replace and train those detectors again.",
        )
    from detectors.distillation.distil import DistillSettings, distill

    chosen = {"steps": options.steps, "minutes": options.minutes, "seed": options.seed}
    settings = DistillSettings(**{k: v for k, v in chosen.items() if v is not None})  # type: ignore[arg-type]
    say("Drawing the pictures to learn from ...", err=True)
    with percent_bar() as report:
        ref = distill(
            options.teacher,
            out,
            settings=settings,
            device=options.device,
            num_workers=options.workers,
            report=report,
        )
    say(f"The student {ref.sha256[:12]} is in {out}.")


@contextmanager
def percent_bar() -> Iterator[Callable[["DistillProgress"], None]]:
    """Give a callback that moves a bar on stderr."""
    with ExitStack() as stack:
        bars: list[tqdm[Any]] = []  # made at the first report, so that its clock starts then

        def report(now: "DistillProgress") -> None:
            percent = 100.0 * now.share
            if not bars:
                bar = tqdm(total=100, initial=percent, bar_format=BAR, smoothing=0, file=sys.stderr)
                bars.append(stack.enter_context(bar))
            bars[0].update(percent - bars[0].n)
            bars[0].set_postfix(step=now.step, loss=f"{now.loss:.3f}")

        yield report
