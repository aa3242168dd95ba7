"""The first inspection, in words for a terminal; it loads what visitors need first."""

from collections.abc import Iterator

from inspection.catalog import FAILURES, Catalog, Panel, Status, stopped
from inspection.images import read_image
from inspection.pipeline import inspect_with
from inspection.types import Finding, RGBImage
from ui import messages
from ui.showcase import find_opening


def describe_first_inspection(catalog: Catalog) -> Iterator[str]:
    """Load the first product's detectors, inspect its opening sample and yield the lines.

    Raises:
        InspectionError: the product's data or rate cannot be read.
    """
    key = next(iter(catalog.products), None)
    opening = None if key is None else find_opening(catalog, key)
    if key is None or opening is None:
        yield messages.NO_FIRST_INSPECTION
        return
    image = read_image(opening.image_path)
    panels = [catalog.load(key, name) for name in catalog.detectors]
    ready = [panel.channel for panel in panels if panel.channel is not None]
    rate = catalog.rate(key, [channel.calibration for channel in ready])
    yield messages.FIRST_INSPECTION.format(sample=opening.id, rate=f"{100 * rate:.3g}")
    for panel in panels:
        if panel.status is Status.ABSENT:
            continue
        yield _answer(panel, image, rate)


def _answer(panel: Panel, image: RGBImage, rate: float) -> str:
    if panel.channel is None:
        return _describe_trouble(panel)
    try:
        finding = inspect_with(panel.channel, image, false_alarm_rate=rate)
    except FAILURES as error:
        return _describe_trouble(stopped(panel.detector, error))
    return _describe(panel, finding)


def _describe_trouble(panel: Panel) -> str:
    title = messages.detector_texts(panel.detector)["title"]
    remedy = panel.fix.replace("\n", f"\n{'':<13}")
    between = f"\n{'':<13}" if remedy != panel.fix else " "
    return f"  {title:<10} {panel.problem}{between}{remedy}"


def _describe(panel: Panel, finding: Finding) -> str:
    title = messages.detector_texts(panel.detector)["title"]
    return (
        f"  {title:<10} {finding.verdict.value:<7} {finding.relative_score:6.2f} x threshold  "
        f"({finding.image_score:.4g} vs {finding.threshold:.4g}), {1000 * finding.seconds:.0f} ms"
    )
