"""The longest real defect of every image of a category, as the index has measured it."""

from eda.facts import ImageFacts, Truth
from eda.index import Index
from inspection.sensitivity.real_defects import RealDefect

FAINTEST = 0.5  # grey levels; less cannot be told, and 0 has no logarithm


def measure_real_defects(index: Index, category: str) -> dict[str, RealDefect]:
    """Return image id -> its longest defect, of images with a mask; a box is no measure of size."""
    return {
        sample.id: _find_longest(facts)
        for sample, facts in zip(index.samples, index.facts, strict=True)
        if sample.category == category and facts.truth is Truth.MASK and facts.defects
    }


def _find_longest(facts: ImageFacts) -> RealDefect:
    longest = max(facts.defects, key=lambda defect: defect.length)
    contrast = longest.contrast
    return RealDefect(
        size=float(longest.length),
        contrast=contrast if abs(contrast) >= FAINTEST else FAINTEST,
        row=longest.centre[0] * facts.height,
        column=longest.centre[1] * facts.width,
    )
