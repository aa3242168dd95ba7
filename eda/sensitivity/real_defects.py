"""Real test defects of a category, measured in the index."""

from eda.facts import ImageFacts, Truth
from eda.index import Index, open_index
from inspection.datasets.dataset import Dataset
from inspection.progress import SILENT, Monitor
from inspection.sensitivity.records import RealDefect

FAINTEST = 0.5  # grey levels; less cannot be told, and 0 has no logarithm


def measure_real_defects(part: Dataset, *, monitor: Monitor = SILENT) -> dict[str, RealDefect]:
    """Return image id -> its longest defect, of the images of a category that have a mask.

    Raises:
        StoppedError: the monitor has stopped it.
    """
    if not any(sample.is_anomalous and sample.is_marked for sample in part.samples):
        return {}
    with monitor.step("measuring real defects") as progress:
        index = open_index(part, progress=progress, is_stopped=monitor.is_stopped)
    return list_longest(index)


def list_longest(index: Index) -> dict[str, RealDefect]:
    """Return image id -> its longest defect, of images with a mask; a box is no measure of size."""
    return {
        sample.id: _find_longest(facts)
        for sample, facts in zip(index.samples, index.facts, strict=True)
        if facts.truth is Truth.MASK and facts.defects
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
