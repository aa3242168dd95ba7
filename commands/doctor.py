"""`cli.py doctor`: what a report of a fault needs, and whether an inspection works here."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from commands.backbones import FOLDER
from commands.machine import Fact, find_folders, find_ports, find_settings, find_versions
from commands.options import Device
from detectors.catalog import open_product
from detectors.settings import STUDENT
from inspection.demo.products import draw_sample
from inspection.errors import InspectionError
from inspection.findings import Inspection
from inspection.names import OUTCOME_TITLES, Outcome, decide_outcome
from inspection.paths import shorten_paths
from inspection.products.inspecting import inspect_product
from inspection.products.places import CHECKPOINTS
from inspection.terminal import say

PRODUCT, DEFECT = "demo/washer", "dent"
TOPIC = "Self-test"


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print it for programs.")] = False,
    device: Device = None,
) -> None:
    """Say what a report of a fault needs: versions, devices, folders, and whether it works here.

    Exit code 0 means that all is well, 1 that something is not, and the last lines say what.
    """
    facts = [_without_home(one) for one in _diagnose(device)]
    problems = [one.problem for one in facts if one.problem]
    if as_json:
        say(json.dumps({"facts": _group(facts), "problems": problems}, indent=1))
    else:
        for topic, lines in _group(facts).items():
            say(topic)
            for name, value in lines.items():
                say(f"  {name:<27} {value}")
        say("All is well." if not problems else "\nWhat is wrong:")
        for problem in problems:
            say(f"  {problem}")
    if problems:
        raise typer.Exit(1)


def _diagnose(device: str | None) -> Iterator[Fact]:
    yield from find_versions()
    yield from find_settings()
    yield from find_folders()
    yield from find_ports()
    yield from _find_devices()
    yield from _find_backbones()
    yield from try_inspection(device)


def _find_devices() -> Iterator[Fact]:
    from detectors.devices import describe_devices

    for name, value in describe_devices().items():
        yield Fact("Devices", name, value)


def _find_backbones() -> Iterator[Fact]:
    from detectors.backbones.listing import list_backbones

    found = [one for one in list_backbones(FOLDER) if one.path is not None]
    for one in found:
        yield Fact("Backbones", one.name, one.origin)
    if STUDENT not in [one.name for one in found]:
        fix = f"Put {STUDENT}.safetensors of the repository back into checkpoints/backbones."
        yield Fact("Backbones", STUDENT, "missing", f"The carried backbone is missing. {fix}")


def try_inspection(device: str | None, checkpoints: Path = CHECKPOINTS) -> Iterator[Fact]:
    """Inspect a part with a large dent, drawn for it, twice: the first time loads the detectors."""
    image, _ = draw_sample("washer", "test", DEFECT, 0)
    try:
        start = time.perf_counter()
        loaded = open_product(PRODUCT, checkpoints=checkpoints, device=device)
        inspect_product(loaded, image)
        first = time.perf_counter() - start
        found = inspect_product(loaded, image)
    except InspectionError as error:
        yield Fact(TOPIC, PRODUCT, "failed", f"The self-test failed: {error}")
        return
    again = time.perf_counter() - start - first
    outcome = decide_outcome(found)
    is_right = outcome is Outcome.DEFECT and not found.silent
    yield Fact(
        TOPIC,
        f"{PRODUCT} with a {DEFECT}",
        f"{OUTCOME_TITLES[outcome]} ({_describe(found)})",
        "" if is_right else f"The self-test saw no {DEFECT}, or not all detectors answered.",
    )
    for name, reason in found.silent.items():
        yield Fact(TOPIC, name, "silent", str(reason))
    yield Fact(TOPIC, "time", f"{first:.2f} s with loading, {again:.2f} s the next time")


def _describe(found: Inspection) -> str:
    return ", ".join(
        f"{one.detector} {one.relative_score:.2f}x in {1000 * one.seconds:.0f} ms"
        for one in found.findings
    )


def _group(facts: list[Fact]) -> dict[str, dict[str, str]]:
    grouped: dict[str, dict[str, str]] = {}
    for one in facts:
        grouped.setdefault(one.topic, {})[one.name] = one.value
    return grouped


def _without_home(fact: Fact) -> Fact:
    """Return a fact without the name of the account, since people paste these lines in public."""
    names = [(Path(os.path.expanduser("~")), "~")]  # noqa: PTH111 (an account may have none)
    value, problem = (shorten_paths(text, names) for text in (fact.value, fact.problem))
    return Fact(fact.topic, fact.name, value, problem)
