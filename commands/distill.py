"""`cli.py distill-backbone`: make the small backbone that the project carries."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from commands.options import Device, Seed
from inspection.catalog import CHECKPOINTS


def distill_backbone(
    teacher: Annotated[
        Path, typer.Option(help="Weights of an ImageNet ResNet-18 (safetensors or .pth).")
    ],
    out: Annotated[Path, typer.Option(help="Where the student goes.")] = CHECKPOINTS
    / "backbones"
    / "student.safetensors",
    steps: Annotated[int | None, typer.Option(help="Steps of 32 crops.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop after this time.")] = None,
    seed: Seed = 0,
    device: Device = None,
    workers: Annotated[int, typer.Option(help="Processes that prepare pictures.")] = 0,
) -> None:
    """Teach the project's small backbone to reproduce the features of an ImageNet ResNet-18.

    Pictures are drawn, or come with scikit-image and scikit-learn: no dataset is needed.
    Interrupted, the same command goes on where it stopped.
    """
    from detectors.distillation import DistillProgress, DistillSettings, distill

    chosen = {"steps": steps, "minutes": minutes, "seed": seed}
    settings = DistillSettings(**{k: v for k, v in chosen.items() if v is not None})  # type: ignore[arg-type]
    with tqdm(total=100, unit="%", desc="distilling", file=sys.stderr) as bar:

        def report(now: DistillProgress) -> None:
            bar.update(round(100 * now.share) - bar.n)
            bar.set_postfix(step=now.step, loss=f"{now.loss:.3f}")

        ref = distill(
            teacher, out, settings=settings, device=device, num_workers=workers, report=report
        )
    typer.echo(f"The student {ref.sha256[:12]} is in {out}.")
