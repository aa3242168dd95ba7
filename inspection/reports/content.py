"""What a report says and in which order, as blocks that the PDF and the HTML draw alike."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from inspection.calibration import relative_score
from inspection.findings import JointFinding, Naming
from inspection.measures import class_probabilities, name_class, name_measure, other_measures
from inspection.names import (
    JOINT_TITLE,
    OUTCOME_TITLES,
    UNFAMILIAR_TITLE,
    Outcome,
    describe_joint,
    describe_namings,
)
from inspection.products.identity import DetectorIdentity, Identity
from inspection.reports.records import Item, Report, flagged_share, region_row
from inspection.types import Finding, Verdict

VERDICTS = {Verdict.DEFECT: "Defect", Verdict.NORMAL: "Normal"}
MAX_REGIONS = 40  # per detector; a noisy map has a thousand, which nobody reads
SHORT_HASH = 16  # hex digits, where the whole hash stands elsewhere

Titles = Mapping[str, str]
"""Name of a detector -> its title."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of the report (level 1), of an image (2) or of a part (3)."""

    text: str
    level: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Lead:
    """An image with its outcome, and facts beside it: label and value."""

    picture: bytes | None
    outcome: Outcome
    title: str
    text: str
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures side by side, each with its caption."""

    pictures: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class TableBlock:
    """Rows of text below column names; `widths` are shares, numbers stand right."""

    columns: Sequence[str]
    widths: Sequence[float]
    rows: Sequence[Sequence[str]]
    num_left: int = 1  # columns that stand left


@dataclass(frozen=True, slots=True)
class Bars:
    """Labels with a share between 0 and 1 each."""

    bars: Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins on a new page, where there are pages."""


Block: TypeAlias = Heading | Paragraph | Lead | Gallery | TableBlock | Bars | NewPage


def lay_out(report: Report) -> Iterator[Block]:
    """Yield the blocks of a report: of many images a summary first, the checkpoints at the end."""
    identity = report.identity
    if len(report.items) > 1:
        yield Heading(f"Inspection of {len(report.items)} images", 1)
        yield Paragraph(_describe(report))
        yield from _summary(report)
        yield NewPage()
    for number, item in enumerate(report.items, 1):
        title = f"Image {number} of {len(report.items)}"
        yield Heading("Inspection report" if len(report.items) == 1 else title, 1)
        yield from _image(item, report)
        yield NewPage()
    yield Heading("Detectors and data", 1)
    yield from _identity(identity)


def _describe(report: Report) -> str:
    identity = report.identity
    return (
        f"{identity.dataset}/{identity.category} · at most {100 * report.false_alarm_rate:.3g} "
        f"false alarms per 100 good parts, jointly and for each detector · {_date(report)}"
    )


def _date(report: Report) -> str:
    return f"{report.created:%Y-%m-%d %H:%M} {report.created.tzname() or ''}".strip()


def _summary(report: Report) -> Iterator[Block]:
    counts = Counter(item.outcome for item in report.items)
    shown = [one for one in Outcome if one is not Outcome.NAMED or counts[one]]
    yield Paragraph(" · ".join(f"{OUTCOME_TITLES[one]}: {counts[one]}" for one in shown))
    titles = report.identity.titles
    yield TableBlock(
        columns=("No.", "Image", "Outcome", "Joint", *titles.values()),
        widths=(1, 6, 3, 2, *(2 for _ in titles)),
        rows=[
            (
                str(number),
                item.name,
                OUTCOME_TITLES[item.outcome],
                "–" if item.joint is None else _times(item.joint.relative_score),
                *_verdict_cells(item, titles),
            )
            for number, item in enumerate(report.items, 1)
        ],
        num_left=3,
    )
    yield Paragraph("Scores are given in multiples of their own thresholds.")


def _verdict_cells(item: Item, names: Iterable[str]) -> Sequence[str]:
    """Return what each detector says of an image."""
    said = {f.detector: f"{_times(f.relative_score)} {VERDICTS[f.verdict]}" for f in item.findings}
    for naming in item.namings:
        name, share = next(iter(class_probabilities(naming.measures).items()))
        said[naming.detector] = f"{name_class(name)} {100 * share:.0f} %"
    return [said.get(name, "not inspected") for name in names]


def _image(item: Item, report: Report) -> Iterator[Block]:
    identity = report.identity
    title, text = OUTCOME_TITLES[item.outcome], ""
    if item.findings:
        text = describe_joint(item, identity.titles)
    elif item.outcome is Outcome.UNFAMILIAR:
        title, text = UNFAMILIAR_TITLE.format(category=identity.category), "It was not inspected."
    elif item.outcome is Outcome.NAMED:
        text = describe_namings(item.namings, identity.titles)
    yield Lead(
        picture=None if item.pictures is None else item.pictures.image,
        outcome=item.outcome,
        title=title,
        text=text,
        facts=(
            ("Image", item.name),
            ("Size", f"{item.size[1]} × {item.size[0]} pixels"),
            ("Product", f"{identity.dataset}/{identity.category}"),
            *_allowed(item, report),
            ("Inspected", _date(report)),
            ("Pixel hash", item.pixel_hash[:SHORT_HASH]),
        ),
    )
    if item.note:
        yield Paragraph(item.note)
    if item.findings:
        yield from _findings(item, identity.titles)
    if item.namings:
        yield from _namings(item, identity.titles)


def _allowed(item: Item, report: Report) -> Sequence[tuple[str, str]]:
    """Return by which rule there are verdicts, if there are any."""
    if item.outcome is Outcome.NAMED:
        return ()
    return (("Allowed", f"{100 * report.false_alarm_rate:.3g} false alarms per 100 good parts"),)


def _namings(item: Item, titles: Titles) -> Iterator[Block]:
    if item.pictures is not None:
        captions = [f"{titles[one.detector]}: what its answer rests on" for one in item.namings]
        yield Gallery(list(zip(captions, item.pictures.namings, strict=True)))
    for naming in item.namings:
        yield from _classes(naming, titles)
        yield from _boxes(naming, titles)


def _findings(item: Item, titles: Titles) -> Iterator[Block]:
    yield _scores(item, titles)
    if item.joint is not None and len(item.findings) > 1:
        yield Paragraph(_describe_contributions(item.joint, titles))
    if item.pictures is not None:
        captions = [titles[finding.detector] for finding in item.findings]
        yield Gallery(list(zip(captions, item.pictures.overlays, strict=True)))
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


def _scores(item: Item, titles: Titles) -> TableBlock:
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
        _times(found.relative_score),
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
        _times(relative_score(region.peak, finding.threshold)),
        f"{row['peak_x']}, {row['peak_y']}",
        f"{region.elongation:.1f}",
    )


def _identity(identity: Identity) -> Iterator[Block]:
    facts = f"Dataset {identity.dataset}, category {identity.category}."
    if identity.split_hash:
        facts += f" SHA-256 of its split.json: {identity.split_hash}."
    if identity.familiarity_hash:
        facts += f" SHA-256 of its familiarity.npz: {identity.familiarity_hash}."
    yield Paragraph(facts)
    for detector in identity.detectors:
        yield Heading(detector.title, 3)
        yield TableBlock(
            columns=("What", "Value"), widths=(3.4, 8.6), rows=_identity_rows(detector), num_left=2
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


def _times(relative: float) -> str:
    return f"{relative:.2f}×" if relative < 1000 else "over 1000×"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if 0 < share < 0.001 else f"{100 * share:.1f} %"
