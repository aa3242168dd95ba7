"""The first inspection, in words for a terminal; it loads what visitors need first."""

from collections.abc import Iterator, Sequence

from inspection.errors import InspectionError
from inspection.images import read_sample
from inspection.names import (
    OUTCOME_TITLES,
    decide_outcome,
    describe_namings,
    describe_unfamiliar,
)
from inspection.pipeline import answer
from inspection.products.catalog import Catalog
from inspection.products.familiarity import FamiliarityCheck
from inspection.products.panels import FAILURES, Panel, Status, stopped
from inspection.types import Finding, Naming, RGBImage, Sample, Verdict
from ui.inspect import messages
from ui.inspect.showcase import find_opening
from ui.viewer.messages import GOOD_PART


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
    image = read_sample(opening)
    titles = {name: info.title for name, info in catalog.detectors.items()}
    panels = [catalog.load(key, name) for name in titles]
    ready = [panel.channel for panel in panels if panel.channel is not None]
    rate = catalog.rate(key, [channel.calibration for channel in ready])
    yield messages.FIRST_INSPECTION.format(sample=opening.id, rate=f"{100 * rate:.3g}")
    familiarity = FamiliarityCheck(catalog).check(key, image)
    if unfamiliar := describe_unfamiliar(catalog.product(key).category, familiarity):
        yield f"  {unfamiliar}"
    verdicts: list[Verdict] = []
    for panel in panels:
        if panel.status in (Status.ABSENT, Status.UNABLE):
            continue
        found = _answer(panel, image, rate)
        if isinstance(found, Finding):
            verdicts.append(found.verdict)
            yield _describe(titles[panel.detector], found)
        elif isinstance(found, Naming):
            title = titles[panel.detector]
            sentence = describe_namings([found], titles)
            yield messages.FIRST_NAMED.format(title=title, sentence=sentence)
        else:
            yield _describe_trouble(titles[panel.detector], found)
    if verdicts:
        yield _describe_outcome(verdicts, opening)


def _answer(panel: Panel, image: RGBImage, rate: float) -> Finding | Naming | Panel:
    """Return what a detector finds, or the panel that says why it cannot answer."""
    if panel.channel is None:
        return panel
    try:
        return answer(panel.channel, image, false_alarm_rate=rate)
    except (InspectionError, *FAILURES) as error:
        return stopped(panel.detector, error)


def _describe_trouble(title: str, panel: Panel) -> str:
    remedy = panel.fix.replace("\n", f"\n{'':<13}")
    between = f"\n{'':<13}" if remedy != panel.fix else " "
    return f"  {title:<10} {panel.problem}{between}{remedy}"


def _describe(title: str, finding: Finding) -> str:
    return (
        f"  {title:<10} {finding.verdict.value:<7} {finding.relative_score:6.2f} x threshold  "
        f"({finding.image_score:.4g} vs {finding.threshold:.4g}), {1000 * finding.seconds:.0f} ms"
    )


def _describe_outcome(verdicts: Sequence[Verdict], sample: Sample) -> str:
    """Say what the detectors that answered come to, and what the dataset says."""
    defect_type = sample.defect_type
    return messages.FIRST_OUTCOME.format(
        outcome=OUTCOME_TITLES[decide_outcome(verdicts)],
        flagged=verdicts.count(Verdict.DEFECT),
        total=len(verdicts),
        truth=GOOD_PART if defect_type is None else defect_type.replace("_", " "),
    )
