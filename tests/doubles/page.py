"""What the Inspect tab is sent, step by step."""

import json
from collections.abc import Iterator
from typing import Any

from tests.doubles.detectors import DETECTORS


def to_json(value: object) -> str:
    """Return JSON, and fail on what Gradio could not send."""
    return json.dumps(value, allow_nan=False)


def merge(steps: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """Return what the page holds after the last step."""
    held: dict[str, Any] = {}
    for step in steps:
        to_json({name: value for name, value in step.items() if name != "source"})
        held |= step
    return held


def states(held: dict[str, Any]) -> dict[str, str]:
    """Return detector -> state of its panel."""
    return {name: held[name]["state"] for name in DETECTORS}


def problem(held: dict[str, Any]) -> str:
    """Return the error that is shown instead of an answer."""
    assert held["header"]["state"] == "error"
    return f"{held['header']['error']['problem']} {held['header']['error']['fix']}"
