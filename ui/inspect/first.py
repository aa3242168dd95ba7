"""The first inspection, in words for a terminal; it loads what visitors need first."""

from collections.abc import Iterator, Mapping

from inspection.errors import InspectionError
from inspection.findings import Inspection
from inspection.images import read_sample
from inspection.names import (
    OUTCOME_TITLES,
    decide_outcome,
    describe_joint,
    describe_namings,
)
from inspection.products.catalog import Catalog
from inspection.products.inspecting import LoadedProduct, inspect_product
from inspection.products.panels import Status
from inspection.products.showcase import find_opening
from inspection.types import Finding, Sample
from ui.inspect import messages
from ui.viewer.messages import GOOD_PART


def describe_first_inspection(catalog: Catalog) -> Iterator[str]:
    """Load the first product's detectors, inspect its opening sample and yield the lines.

    Raises:
        InspectionError: the product's data or rate cannot be read.
    """
    product = next(iter(catalog.products.values()), None)
    opening = None if product is None else find_opening(catalog, product)
    if product is None or opening is None:
        yield messages.NO_FIRST_INSPECTION
        return
    loaded = LoadedProduct(catalog, product, catalog.checkpoints.trained(product))
    found = inspect_product(loaded, read_sample(opening), is_wanted=True)
    yield messages.FIRST_INSPECTION.format(sample=opening.id, rate=f"{100 * loaded.rate:.3g}")
    yield from (f"  {note}" for note in found.notes)
    panels = [catalog.channels.peek(product, name) for name in catalog.detectors]
    missing = {one.detector: one.error for one in panels if one.status is Status.MISSING}
    lines = {name: _describe_trouble(error) for name, error in {**missing, **found.silent}.items()}
    lines |= {one.detector: _describe(one) for one in found.findings}
    titles = {name: info.title for name, info in catalog.detectors.items()}
    lines |= {one.detector: describe_namings([one], titles) for one in found.namings}
    yield from (f"  {titles[name]:<10} {lines[name]}" for name in titles if name in lines)
    if found.findings:
        yield _describe_outcome(found, titles, opening)


def _describe_trouble(error: InspectionError) -> str:
    remedy = error.fix.replace("\n", f"\n{'':<13}")
    between = f"\n{'':<13}" if remedy != error.fix else " "
    return f"{error.problem}{between}{remedy}"


def _describe(finding: Finding) -> str:
    return (
        f"{finding.verdict.value:<7} {finding.relative_score:6.2f} x threshold  "
        f"({finding.image_score:.4g} vs {finding.threshold:.4g}), {1000 * finding.seconds:.0f} ms"
    )


def _describe_outcome(found: Inspection, titles: Mapping[str, str], sample: Sample) -> str:
    """Say what the detectors that answered come to, and what the dataset says."""
    defect_type = sample.defect_type
    return messages.FIRST_OUTCOME.format(
        outcome=OUTCOME_TITLES[decide_outcome(found)],
        joint=describe_joint(found, titles),
        truth=GOOD_PART if defect_type is None else defect_type.replace("_", " "),
    )
