"""How detectors look wherever they stand beside each other: on panels, in figures, in legends."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """Mark and colours of a detector; the mark tells what the colour tells.

    Attributes:
        mark: a symbol of plotly, which the style sheet of the viewer draws as well.
        dash: of its lines.
        light: colour on the light page.
        dark: colour on the dark page.
        figure: colour in figures, which are the same on both.
    """

    mark: str
    dash: str
    light: str
    dark: str
    figure: str


LOOKS: Mapping[str, Look] = {
    "cae": Look("square", "solid", "#6c58d3", "#a99bf5", "#8a78ea"),
    "unet": Look("circle", "dash", "#b54a8d", "#e892c2", "#cf62a8"),
    "patchcore": Look("diamond", "dot", "#08805f", "#3fcf9f", "#17916b"),
    "classifier": Look("square-open", "dashdot", "#7a5a3a", "#d5b38c", "#a37b4f"),
}
OTHER = Look("cross", "longdash", "#5c6f82", "#9fb0c0", "#7d8fa1")


def look_of(detector: str) -> Look:
    """Return how a detector looks, also one that has no look of its own yet."""
    return LOOKS.get(detector, OTHER)
