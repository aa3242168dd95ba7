"""Which input size keeps the labelled defects of a dataset visible, for a training."""

from dataclasses import replace

from eda.index import open_index
from inspection.datasets.dataset import Dataset
from inspection.products.input_size import SideChoice
from inspection.progress import SILENT, Monitor
from inspection.types import Split

SIDES = (192, 256, 320, 384, 512, 768, 1024)
"""Sides of squares; with fewer pixels a detector sees too little besides."""


def find_side_by_labels(source: Dataset, *, monitor: Monitor = SILENT) -> SideChoice | None:
    """Return the smallest side at which the resolution check keeps the defects; None for none.

    Defects of the training part decide where there are any with masks; else those of the test part,
    and the reason says so: not how they look, but how thick they are is then known.

    Args:
        source: of one category.
        monitor: receives what happens.

    Raises:
        StoppedError: the monitor has stopped it; what was measured is kept.
    """
    from eda.frame import make_defect_frame  # slow to import
    from eda.shape import check_resolution, find_side

    marked = [sample for sample in source.samples if sample.is_anomalous and sample.is_marked]
    learned = [sample for sample in marked if sample.split is not Split.TEST]
    if not marked:
        return None
    with monitor.step("measuring defects") as progress:
        index = open_index(replace(source, samples=tuple(learned or marked)), progress=progress)
    defects = make_defect_frame(index)
    side = find_side(defects, SIDES)
    num_known = int(defects["thickness"].notna().sum())
    if side is None or not num_known:
        return None
    thin = check_resolution(defects, (side,)).iloc[0]["percent_2"]
    where = "" if learned else ", which are test images: their thickness is known to this choice"
    return SideChoice(
        side,
        f"as many pixels as {side}x{side} keep the defects: {thin:g} % of {num_known} are thinner "
        f"than 2 pixels there{where}",
    )
