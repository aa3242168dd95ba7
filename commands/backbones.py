"""`cli.py backbones`: the pretrained networks that this machine can use."""

from collections.abc import Sequence
from typing import Annotated

import typer

from commands.options import Device
from inspection.errors import BackboneError, SettingsError
from inspection.products.places import CHECKPOINTS
from inspection.terminal import say

FOLDER = CHECKPOINTS / "backbones"
HEADINGS = ("backbone", "from", "size", "licence")


def backbones(
    speed: Annotated[
        bool, typer.Option("--speed", help="Also measure how long an image of 256 px takes.")
    ] = False,
    device: Device = None,
) -> None:
    """List the backbones that this machine can use, and what others need before it can.

    Any of them goes to `train --backbone`. The network is not asked.
    """
    if device is not None and not speed:
        raise SettingsError("--device changes nothing here.", "Leave it out, or add --speed.")
    from detectors.backbones.listing import find_unnamed, list_backbones

    listed = list_backbones(FOLDER)
    rows = [(*HEADINGS, "ms per image of 256 px" if speed else "")]
    for one in listed:
        if one.path is not None:
            size = f"{one.path.stat().st_size / 1e6:.0f} MB"
            pace = _measure(one.name, device) if speed else ""
            rows.append((one.name, one.origin, size, one.licence, pace))
    for line in align(rows):
        say(line)
    missing = [(one.name, one.licence, one.needs) for one in listed if one.path is None]
    if missing:
        say("\nNot on this machine:")
        for line in align([("backbone", "licence", "needs"), *missing]):
            say(line)
    for path in find_unnamed(FOLDER):
        say(
            f"{path} is not called as any network is. Name it after its network, such as "
            "resnet18.safetensors, or give it as --backbone-weights.",
            err=True,
        )


def align(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return one line per row, its columns two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _measure(name: str, device: str | None) -> str:
    from detectors.backbones.listing import measure_milliseconds

    try:
        return f"{measure_milliseconds(name, folder=FOLDER, device=device):.0f}"
    except BackboneError as error:
        say(str(error), err=True)
        return "unusable"
