"""Every number of a report, for those who look something up: the pages behind the first."""

from collections.abc import Iterator, Mapping, Sequence

from inspection.calibration import relative_score
from inspection.findings import JointFinding, Naming
from inspection.measures import class_probabilities, name_class, name_measure, other_measures
from inspection.names import JOINT_TITLE, describe_joint
from inspection.products.identity import DetectorIdentity
from inspection.reports.blocks import Bars, Block, Gallery, Heading, Paragraph, TableBlock
from inspection.reports.records import Item, Report, flagged_share, region_row
from inspection.types import Finding, Verdict

VERDICTS = {Verdict.DEFECT: "Defect", Verdict.NORMAL: "Normal"}
MAX_REGIONS = 40  # per detector; a noisy map has a thousand, which nobody reads

Titles = Mapping[str, str]
"""Name of a detector -> its title."""


def _namings(item: Item, titles: Titles) -> Iterator[Block]:
    if item.pictures is not None:
        captions = [f"{titles[one.detector]}: what its answer rests on" for one in item.namings]
        yield Gallery(list(zip(captions, item.pictures.namings, strict=True)))
    for naming in item.namings:
        yield from _classes(naming, titles)
        yield from _boxes(naming, titles)


def lay_out_details(item: Item, titles: Titles) -> Iterator[Block]:
    """Yield every number of an image, and every picture."""
    if item.findings:
        yield Paragraph(describe_joint(item, titles))
        yield from _findings(item, titles)
    if item.namings:
        yield from _namings(item, titles)


def _findings(item: Item, titles: Titles) -> Iterator[Block]:
    yield lay_out_scores(item, titles)
    if item.joint is not None and len(item.findings) > 1:
        yield Paragraph(_describe_contributions(item.joint, titles))
    if item.pictures is not None:
        captions = [titles[finding.detector] for finding in item.findings]
        overlays = zip(captions, item.pictures.overlays, strict=True)
        yield Gallery([("The image", item.pictures.image), *overlays])
        edges = [f"{caption}: edges in its regions" for caption in captions]
        yield Gallery(list(zip(edges, item.pictures.edges, strict=True)))
    for finding in item.findings:
        yield from _classes(finding, titles)
        yield from _boxes(finding, titles)
    yield from _measures(item.findings, titles)
    yield from _regions(item.findings, titles)


def _describe_contributions(joint: JointFinding, titles: Titles) -> str:
    words = [f"{titles[name]} {value:+.1f}" for name, value in joint.contributions.items()]
    return (
        f"Joint verdict: from {joint.num_normal} good parts that all detectors held out. Above the "
        f"typical good part, in spreads of good parts: {', '.join(words)}."
    )


def lay_out_scores(item: Item, titles: Titles) -> TableBlock:
    """Return what each detector says of an image, in numbers."""
    joint = item.joint if len(item.findings) > 1 else None
    rows = [_joint_cells(joint)] if joint is not None else []
    return TableBlock(
        columns=(
            *("Detector", "Verdict", "Score", "Threshold", "Ratio"),
            *("Would flag from", "Flagged area", "Regions"),
        ),
        widths=(3, 2, 2, 2, 2, 3, 2, 2),
        rows=[*rows, *(_finding_cells(finding, titles) for finding in item.findings)],
        num_left=2,
    )


def _joint_cells(joint: JointFinding) -> Sequence[str]:
    return (JOINT_TITLE, *_level_cells(joint, joint.score), "–", "–")


def _finding_cells(finding: Finding, titles: Titles) -> Sequence[str]:
    area = (_percent(flagged_share(finding)), str(len(finding.regions)))
    return (titles[finding.detector], *_level_cells(finding, finding.image_score), *area)


def _level_cells(found: Finding | JointFinding, score: float) -> Sequence[str]:
    return (
        VERDICTS[found.verdict],
        f"{score:.4g}",
        f"{found.threshold:.4g}",
        say_times(found.relative_score),
        f"{100 * found.false_alarm_rate:.3g} per 100" if found.false_alarm_rate < 1 else "never",
    )


def _classes(finding: Finding | Naming, titles: Titles) -> Iterator[Block]:
    classes = class_probabilities(finding.measures)
    if classes:
        yield Heading(f"{titles[finding.detector]}: class probabilities", 3)
        yield Bars([(name_class(name), value) for name, value in classes.items()])


def _boxes(answer: Finding | Naming, titles: Titles) -> Iterator[Block]:
    """Yield the boxes of a detector that gives some, the surest first."""
    if not answer.boxes:
        return
    yield Heading(f"{titles[answer.detector]}: boxes", 3)
    rows = [
        (
            str(number),
            name_class(box.kind),
            f"{100 * box.score:.0f} %",
            f"{box.edges[0]:.0f}, {box.edges[1]:.0f}",
            f"{box.width:.0f} × {box.height:.0f}",
        )
        for number, box in enumerate(answer.boxes, 1)
    ]
    yield TableBlock(
        columns=("No.", "Kind", "Score", "Box: left, top", "Size"),
        widths=(1, 4, 2, 3, 3),
        rows=rows,
        num_left=2,
    )


def _measures(findings: Sequence[Finding], titles: Titles) -> Iterator[Block]:
    """Yield the detectors' own measures in one line."""
    words = [
        f"{name_measure(name)} of {titles[finding.detector]}: {value:.4g}"
        for finding in findings
        for name, value in other_measures(finding.measures).items()
    ]
    if words:
        yield Paragraph(" · ".join(words))


def _regions(findings: Sequence[Finding], titles: Titles) -> Iterator[Block]:
    yield Heading("Outlined regions", 3)
    rows = [
        (titles[finding.detector], str(number), *_region_cells(finding, number))
        for finding in findings
        for number in _highest_regions(finding)
    ]
    if not rows:
        yield Paragraph("None: no detector is above its threshold anywhere.")
        return
    yield Paragraph(
        "Pixels count from the top left. Peak: times the threshold. Elongation: length / width. "
        "The edge views show the numbers."
    )
    yield TableBlock(
        columns=(
            *("Detector", "No.", "Box: left, top", "Size", "Pixels", "Area"),
            *("Centroid", "Peak", "Peak at", "Elongation"),
        ),
        widths=(3, 1.4, 3, 3, 2.6, 2.2, 3, 2.2, 3, 2.6),
        rows=rows,
    )
    for finding in findings:
        if (num_more := len(finding.regions) - MAX_REGIONS) > 0:
            title = titles[finding.detector]
            yield Paragraph(f"{title}: and {num_more} more with lower peaks, in the CSV.")


def _highest_regions(finding: Finding) -> Sequence[int]:
    """Return the numbers of the regions with the highest peaks, in their own order."""
    numbers = range(1, len(finding.regions) + 1)
    ranked = sorted(numbers, key=lambda number: -finding.regions[number - 1].peak)
    return sorted(ranked[:MAX_REGIONS])


def _region_cells(finding: Finding, number: int) -> Sequence[str]:
    region = finding.regions[number - 1]
    row = region_row(region, finding.threshold)
    return (
        f"{row['left']}, {row['top']}",
        f"{row['width']} × {row['height']}",
        f"{round(region.area):,}",
        _percent(region.area_share),
        f"{region.centroid[1]:.0f}, {region.centroid[0]:.0f}",
        say_times(relative_score(region.peak, finding.threshold)),
        f"{row['peak_x']}, {row['peak_y']}",
        f"{region.elongation:.1f}",
    )


def lay_out_appendix(report: Report) -> Iterator[Block]:
    """Yield what the answers rest on, in small print: files, data and images by their hashes."""
    identity = report.identity
    facts = f"Dataset {identity.dataset}, category {identity.category}."
    if identity.split_hash:
        facts += f" SHA-256 of its split.json: {identity.split_hash}."
    if identity.familiarity_hash:
        facts += f" SHA-256 of its familiarity.npz: {identity.familiarity_hash}."
    yield Paragraph(facts, is_small=True)
    yield TableBlock(
        columns=("Image", "Pixels", "Hash of its decoded pixels"),
        widths=(6, 2, 5),
        rows=[
            (item.name, f"{item.size[1]} × {item.size[0]}", item.pixel_hash)
            for item in report.items
        ],
        num_left=3,
        is_small=True,
    )
    for detector in identity.detectors:
        yield Heading(detector.title, 3)
        yield TableBlock(
            columns=("What", "Value"),
            widths=(3.4, 8.6),
            rows=_identity_rows(detector),
            num_left=2,
            is_small=True,
        )


def _identity_rows(detector: DetectorIdentity) -> Sequence[tuple[str, str]]:
    learned = [("Learning", detector.summary)] if detector.summary else []
    trained = [("Trained", detector.created)] if detector.created else []
    files = [(f"SHA-256 of {name}", value) for name, value in detector.files.items()]
    return [
        *learned,
        *trained,
        ("Calibrated with", f"{detector.num_calibration} held-out normal parts"),
        ("Images seen", f"{detector.num_seen}, in training and calibration"),
        ("SHA-256 of images seen", detector.seen_hash),
        *files,
    ]


def say_times(relative: float) -> str:
    """Return a multiple of a threshold."""
    return f"{relative:.2f}×" if relative < 1000 else "over 1000×"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if 0 < share < 0.001 else f"{100 * share:.1f} %"
