"""Boxes with the kind of defect that they hold."""

from dataclasses import dataclass, replace

SURE = 0.5
"""The score above which a found box is shown where no threshold decides."""

Edges = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels, not rounded; right and bottom are exclusive."""


@dataclass(frozen=True, slots=True)
class KindBox:
    """One defect with its place and its kind, as a person has marked it or a detector found it.

    Attributes:
        score: how sure the detector is, 0-1; 1 for what a person marked.
        level: the same on the scale of the detector's map, which is nowhere lower in the box.
    """

    edges: Edges
    kind: str
    score: float = 1.0
    level: float = 0.0

    @property
    def width(self) -> float:
        return self.edges[2] - self.edges[0]

    @property
    def height(self) -> float:
        return self.edges[3] - self.edges[1]

    def scaled(self, across: float, down: float) -> "KindBox":
        """Return the same place in an image that is wider and higher by these factors."""
        left, top, right, bottom = self.edges
        return replace(self, edges=(left * across, top * down, right * across, bottom * down))
