"""`cli.py distill-backbone`: make the small backbone that the project carries."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from tqdm import tqdm

from commands.options import Device, Seed
from inspection.errors import SettingsError
from inspection.products.places import CHECKPOINTS

BAR = "distilling: {percentage:3.0f}%|{bar}| [{elapsed}<{remaining}{postfix}]"


# long: an option of the command is an argument
def distill_backbone(
    teacher: Annotated[
        Path, typer.Option(help="Weights of an ImageNet ResNet-18 (safetensors or .pth).")
    ],
    out: Annotated[Path, typer.Option(help="Where the student goes.")] = CHECKPOINTS
    / "backbones"
    / "student.safetensors",
    steps: Annotated[
        int | None, typer.Option(help="Steps of 32 crops; left out: as the carried one.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop after this time.")] = None,
    seed: Seed = 0,
    device: Device = None,
    workers: Annotated[int, typer.Option(help="Processes that prepare pictures.")] = 0,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in place of the student that is there.")
    ] = False,
) -> None:
    """Teach the project's small backbone to reproduce the features of an ImageNet ResNet-18.

    Pictures are drawn, or come with scikit-image and scikit-learn: no dataset is needed.
    Interrupted, the same command goes on where it stopped.
    """
    if out.exists() and not replace:
        raise SettingsError(
            f"{out} is there already; what was trained with it will not load with another.",
            "Name another file with --out, or add --replace and train those detectors again.",
        )
    from detectors.distillation.distil import DistillProgress, DistillSettings, distill

    chosen = {"steps": steps, "minutes": minutes, "seed": seed}
    settings = DistillSettings(**{k: v for k, v in chosen.items() if v is not None})  # type: ignore[arg-type]
    typer.echo("Drawing the pictures to learn from ...", err=True)
    with ExitStack() as stack:
        bars: list[tqdm[Any]] = []  # made at the first report, so that its clock starts then

        def report(now: DistillProgress) -> None:
            percent = 100.0 * now.share
            if not bars:
                bar = tqdm(total=100, initial=percent, bar_format=BAR, smoothing=0, file=sys.stderr)
                bars.append(stack.enter_context(bar))
            bars[0].update(percent - bars[0].n)
            bars[0].set_postfix(step=now.step, loss=f"{now.loss:.3f}")

        ref = distill(
            teacher, out, settings=settings, device=device, num_workers=workers, report=report
        )
    typer.echo(f"The student {ref.sha256[:12]} is in {out}.")
