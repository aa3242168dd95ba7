"""`cli.py report`: inspections of image files as PDF, HTML, CSV and JSON."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.inspecting import find_images, inspect_files, open_answering
from commands.options import Anyway, Checkpoints, Compared, Device, Images, ProductName, Rate
from inspection.products.identity import identify
from inspection.products.places import CHECKPOINTS
from inspection.reports.extent import Pages, choose_extent
from inspection.reports.formats import (
    FORMATS,
    check_formats,
    prepare_folder,
    write_report,
)
from inspection.reports.records import Item, Report, Unread, make_item
from inspection.reports.signing import sign
from inspection.terminal import say


# long: an option is an argument
def report(
    images: Images,
    category: ProductName,
    out: Annotated[Path, typer.Option("--out", help="Folder for report.pdf, report.html, ...")],
    formats: Annotated[
        str, typer.Option("--format", help="pdf, html, csv, json; several with commas.")
    ] = ",".join(FORMATS),
    detector: Compared = None,
    false_alarm_rate: Rate = None,
    pages: Annotated[
        Pages, typer.Option("--pages", help="Of several images, which have pages of their own.")
    ] = Pages.FLAGGED,
    by: Annotated[str, typer.Option("--by", help="Who has inspected, for the first page.")] = "",
    remark: Annotated[str, typer.Option("--remark", help="What to say beside it.")] = "",
    anyway: Anyway = False,
    device: Device = None,
    checkpoints: Checkpoints = CHECKPOINTS,
) -> None:
    """Report on images: verdicts, overlays, regions in numbers, and the checkpoints behind them."""
    wanted = check_formats(formats)
    author, remark = sign(by, remark)
    images = find_images(images)
    prepare_folder(out)
    loaded = open_answering(category, checkpoints, device=device, detector=detector)
    rate = loaded.rate if false_alarm_rate is None else false_alarm_rate
    identity = identify(loaded.product, loaded.channels, loaded.catalog.detectors)
    has_pictures = any(FORMATS[name].has_pictures for name in wanted)
    items: list[Item] = []
    unread: list[Unread] = []
    for _, found in inspect_files(loaded, images, rate=rate, anyway=anyway, unread=unread):
        extent = choose_extent(found, pages, len(images))
        items.append(make_item(found, has_pictures=has_pictures, extent=extent))
    if items:
        made = Report(
            created=datetime.now(UTC).replace(microsecond=0),
            false_alarm_rate=rate,
            identity=identity,
            items=tuple(items),
            author=author,
            remark=remark,
            unread=tuple(unread),
        )
        for path in write_report(made, out, wanted):
            say(f"Wrote {path}")
    if len(items) < len(images):
        raise typer.Exit(2)
