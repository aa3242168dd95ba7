"""What a product looks like, learned beside its detectors."""

from collections.abc import Sequence
from pathlib import Path

import typer

from detectors import LazyEmbedder
from inspection.errors import InspectionError
from inspection.products.familiarity import has_look, learn_look, save_look
from inspection.products.split_plan import load_split
from inspection.products.splits import apply_split
from inspection.progress import progress_bar
from inspection.types import Sample, Split


def keep_look(
    samples: Sequence[Sample], folder: Path, *, device: str | None, is_fresh: bool
) -> None:
    """Learn what a product looks like and keep it; what hinders that is told, and no more.

    Args:
        samples: of one category.
        folder: of the product, with its split.
        device: where the small backbone computes.
        is_fresh: whether nothing was trained, so that a look that is there is good enough.
    """
    embed = LazyEmbedder(device)
    plan = load_split(folder)
    if plan is None or (is_fresh and has_look(folder, embed)):
        return
    used = apply_split(samples, plan)
    if not any(one.split is Split.CALIBRATION and not one.is_anomalous for one in used):
        return  # of defects alone: there is no good part to compare with
    try:
        with progress_bar("  looking") as progress:
            look = learn_look(used, embed, progress=progress)
        save_look(folder, look)
    except InspectionError as error:
        typer.echo(f"  note: {error}", err=True)
        return
    typer.echo(
        f"  {len(look.vectors)} images tell what {folder.name} looks like; at most "
        f"{100 * look.rate:.3g} of 100 good parts may be taken for something else"
    )
