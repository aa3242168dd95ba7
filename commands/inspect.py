"""`cli.py inspect`: overlays and a table for image files, and scores over time for videos."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from commands.inspecting import find_images, inspect_files, open_answering
from commands.options import Anyway, Checkpoints, Compared, Device, Images, ProductName, Rate
from commands.videos import inspect_video_file
from inspection.decoding.video import is_video
from inspection.errors import ImageError
from inspection.files import write_csv
from inspection.products.inspecting import LoadedProduct
from inspection.products.places import CHECKPOINTS
from inspection.reports.formats import prepare_folder
from inspection.reports.records import Row, unfamiliar_row, write_overlays
from inspection.terminal import say


def inspect(
    images: Images,
    category: ProductName,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for overlays, annotated videos and tables.")
    ],
    detector: Compared = None,
    false_alarm_rate: Rate = None,
    anyway: Anyway = False,
    device: Device = None,
    checkpoints: Checkpoints = CHECKPOINTS,
    fps: Annotated[
        float, typer.Option("--fps", help="Of a video, so many frames per second are inspected.")
    ] = 5.0,
) -> None:
    """Inspect images: overlay PNGs, and a CSV with scores, thresholds, verdicts and outcomes.

    Of a video: a CSV with the scores over time, and an annotated MP4.

    What does not look like the product has the outcome *unfamiliar*, and no verdicts.
    """
    videos = [path for path in images if path.is_file() and is_video(path)]
    files = [path for path in images if path not in videos]
    found = find_images(files) if files else []
    loaded = open_answering(category, checkpoints, device=device, detector=detector)
    prepare_folder(out)
    is_whole = _inspect_images(loaded, found, out, rate=false_alarm_rate, anyway=anyway)
    for path in videos:
        try:
            is_done = inspect_video_file(
                loaded, path, out, per_second=fps, rate=false_alarm_rate, anyway=anyway
            )
        except ImageError as error:  # the others may be sound
            say(f"Error: {error}", err=True)
            is_done = False
        is_whole = is_whole and is_done
    if not is_whole:
        raise typer.Exit(2)


def _inspect_images(
    loaded: LoadedProduct, images: Sequence[Path], out: Path, *, rate: float | None, anyway: bool
) -> bool:
    """Write overlays and the table, and return whether all images could be inspected."""
    rows: list[Row] = []
    num_done = 0
    try:
        for number, found in inspect_files(loaded, images, rate=rate, anyway=anyway):
            rows += write_overlays(found, out, number=number) or [
                unfamiliar_row(found, name) for name in loaded.detectors
            ]
            num_done += 1
    finally:  # whatever ends it, what was inspected is kept
        if rows:
            write_csv(out / "inspection.csv", rows)
            say(f"Images inspected: {num_done}. Overlays and inspection.csv are in {out}.")
    return num_done == len(images)
