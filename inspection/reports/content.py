"""What a report says and in which order: plain words and one picture first, all numbers behind."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from inspection.calibration import relative_score
from inspection.findings import JointFinding
from inspection.joint import JOINT
from inspection.measures import class_probabilities, name_class
from inspection.names import (
    OUTCOME_TITLES,
    UNFAMILIAR_TITLE,
    Outcome,
    describe_namings,
    mark_standing,
)
from inspection.overlay import BOX, WHITE, colour_map
from inspection.reports.blocks import (
    Block,
    Heading,
    Lead,
    Legend,
    NewPage,
    Paragraph,
    Picture,
    TableBlock,
    Tile,
    Tiles,
)
from inspection.reports.details import (
    Titles,
    lay_out_appendix,
    lay_out_details,
    lay_out_scores,
    say_times,
)
from inspection.reports.extent import Extent
from inspection.reports.records import Item, Report
from inspection.reports.wording import (
    MOST_REGIONS,
    describe_regions,
    describe_truth,
    describe_votes,
    find_leading,
    say_place,
)
from inspection.types import Colour, Finding, Verdict

COLOURS = ((1.0, "at the threshold"), (2.0, "twice the threshold, or more"))
TOGETHER = "Together"
SHEET = (
    "Below each image stands how many held-out good parts it stands out from, by each detector and "
    "by all together; + counts spreads beyond all of them. Bold means flagged."
)
PROMISE = (
    "The rule: of 100 good parts, at most {rate} are flagged for nothing, by each detector and by "
    "all together."
)


def lay_out(report: Report) -> Iterator[Block]:
    """Yield the blocks of a report: of many images a contact sheet first, hashes at the very end.

    Each image has as many pages of its own as its extent says.
    """
    is_single = len(report.items) == 1 and report.items[0].extent is Extent.DETAILS
    if not is_single:
        yield Heading(f"Inspection of {len(report.items)} images", 1)
        yield from _summary(report)
        yield NewPage()
    for number, item in enumerate(report.items, 1):
        title = f"Image {number} of {len(report.items)}"
        if item.extent is Extent.THUMBNAIL:
            continue
        yield Heading("Inspection report" if is_single else title, 1)
        yield from _first_page(item, report)
        if item.extent is Extent.DETAILS and (item.findings or item.namings):
            yield NewPage()
            yield Heading("Details" if is_single else f"{title}: details", 2)
            yield from lay_out_details(item, report.identity.titles)
        yield NewPage()
    yield Heading("Appendix: images, detectors and data", 2)
    yield from lay_out_appendix(report)


def _date(report: Report) -> str:
    return f"{report.created:%Y-%m-%d %H:%M} {report.created.tzname() or ''}".strip()


def _product(report: Report) -> str:
    return f"{report.identity.dataset}/{report.identity.category}"


def _by(report: Report) -> Sequence[tuple[str, str]]:
    """Return who made the report and what they remark, where they say so."""
    said = (("Inspected by", report.author), ("Remark", report.remark))
    return [(label, text) for label, text in said if text]


def _promise(report: Report) -> str:
    return PROMISE.format(rate=f"{100 * report.false_alarm_rate:.3g}")


def _summary(report: Report) -> Iterator[Block]:
    counts = Counter(item.outcome for item in report.items)
    shown = [one for one in Outcome if one is not Outcome.NAMED or counts[one]]
    worst = next((one for one in Outcome if counts[one]), Outcome.NORMAL)
    yield Lead(
        outcome=Outcome.DEFECT if counts[Outcome.DEFECT] else worst,
        title=f"{counts[Outcome.DEFECT]} of {len(report.items)} parts have a defect",
        text=" · ".join(f"{OUTCOME_TITLES[one]}: {counts[one]}" for one in shown),
        facts=(("Product", _product(report)), ("Inspected", _date(report)), *_by(report)),
    )
    yield Paragraph(f"{_promise(report)} {SHEET}")
    titles = report.identity.titles
    yield Tiles(
        [
            Tile(
                item.pictures.thumbnail,
                f"{number}  {_stem(item.name)}",
                item.outcome,
                _mark_standings(item, titles),
            )
            for number, item in enumerate(report.items, 1)
            if item.pictures is not None
        ]
    )


def _stem(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def _mark_standings(item: Item, titles: Titles) -> Sequence[tuple[str, str, bool]]:
    """Return how far an image stands out by all together and by each, a dash without an answer."""
    said: dict[str, tuple[str, bool]] = {}
    levels: dict[str, Finding | JointFinding] = {one.detector: one for one in item.findings}
    if item.joint is not None and len(item.findings) > 1:
        levels[JOINT] = item.joint
    for name, level in levels.items():
        said[name] = (mark_standing(level.standing), level.verdict is Verdict.DEFECT)
    for naming in item.namings:
        kind, share = next(iter(class_probabilities(naming.measures).items()), ("nothing", 1.0))
        said[naming.detector] = (f"{name_class(kind)} {100 * share:.0f} %", False)
    rows = {JOINT: TOGETHER, **titles} if len(titles) > 1 else titles
    return [(title, *said.get(name, ("–", False))) for name, title in rows.items()]


def _first_page(item: Item, report: Report) -> Iterator[Block]:
    """Yield the answer in words, one large picture, and how to read it."""
    titles = report.identity.titles
    leading = find_leading(item)
    truth = describe_truth(item.truth, item)
    is_short = item.extent is Extent.PAGE  # then the contact sheet has the rest
    about = [("Product", _product(report))]
    made = [("Inspected", _date(report)), *_by(report)]
    yield Lead(
        outcome=item.outcome,
        title=_title(item, report),
        text=_say(item, report),
        facts=(
            ("Image", item.name),
            *([] if is_short else about),
            *((("In truth", truth),) if truth else ()),
            *([] if is_short else made),
        ),
    )
    if item.note:
        yield Paragraph(item.note)
    if item.pictures is not None:
        caption = "" if leading is None else f"What {titles[leading.detector]} sees in the image."
        yield Picture(item.pictures.main, caption, is_smaller=is_short)
        if leading is not None:
            yield Legend(_list_colours())
    if leading is not None:
        yield _list_regions(leading, item)
    if item.findings:
        yield lay_out_scores(item, titles) if is_short else Paragraph(_promise(report))


def _list_regions(leading: Finding, item: Item) -> TableBlock:
    """Return the regions that are numbered in the large picture."""
    return TableBlock(
        columns=("No.", "Where", "Size in pixels", "Strength, times the threshold"),
        widths=(1, 4, 3, 4),
        rows=[
            (
                str(number),
                say_place(region, item.size),
                f"{region.box.right - region.box.left} × {region.box.bottom - region.box.top}",
                say_times(relative_score(region.peak, leading.threshold)),
            )
            for number, region in enumerate(leading.regions[:MOST_REGIONS], 1)
        ],
        num_left=2,
    )


def _title(item: Item, report: Report) -> str:
    if item.outcome is Outcome.UNFAMILIAR:
        return UNFAMILIAR_TITLE.format(category=report.identity.category)
    return OUTCOME_TITLES[item.outcome]


def _say(item: Item, report: Report) -> str:
    """Return what was found and where, in sentences."""
    titles = report.identity.titles
    if item.outcome is Outcome.UNFAMILIAR:
        return "It was not inspected."
    if not item.findings:
        return describe_namings(item.namings, titles)
    leading = find_leading(item)
    title = "" if leading is None else titles[leading.detector]
    return f"{describe_votes(item)} {describe_regions(item, item.size, title)}".strip()


def _list_colours() -> list[tuple[Colour, str]]:
    """Return what the colours of the large picture mean."""
    levels = np.array([[level for level, _ in COLOURS]], np.float32)
    shades = [tuple(map(int, shade)) for shade in colour_map(levels)[0]]
    named = [((r, g, b), text) for (r, g, b), (_, text) in zip(shades, COLOURS, strict=True)]
    return [*named, (WHITE, "outline of what is flagged"), (BOX, "numbered region")]
